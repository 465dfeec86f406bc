"""Any sequence of operations, with a bank that does everything wrong: not a fen is lost.

A dictionary beside the town knows what each wallet must hold: it changes when a command succeeds
and when an order ends, never when something is refused.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from support.both_homes import Places, fewer
from support.wallet_town import Town
from venule.kit.errors import AppError
from venule.kit.money import Money
from venule.members import Freeze, Tier, Unfreeze, freeze, unfreeze
from venule.wallet import (
    Pay,
    PayoutState,
    RailFaults,
    RefundPayment,
    RequestTopUp,
    TopUpState,
    TransferMoney,
    Withdraw,
    open_cases,
    pay,
    payment,
    payout,
    refund,
    request_top_up,
    top_up,
    transfer,
    withdraw,
)

FAULTS = RailFaults(
    refuse_ppm=150_000,
    lose_answer_ppm=250_000,
    reject_ppm=250_000,
    return_ppm=300_000,
    duplicate_ppm=300_000,
    silent_ppm=150_000,
    stray_ppm=50_000,
    book_s_max=40_000,
    message_s_max=80_000,
    return_s_max=80_000,
)
PEOPLE = st.integers(0, 2)
MEMBERS = st.integers(0, 4)
FEN = st.sampled_from([-1, 0, 1, 7, 99, 100, 5_000, 60_000, 10**15, 10**16])


class WalletMachine(RuleBasedStateMachine):
    """Three persons on tiers I to III and two merchants, over the turn of a year."""

    def __init__(self, places: Places) -> None:
        super().__init__()
        self.places = places

    @initialize(seed=st.integers(0, 1_000))
    def open(self, seed: int) -> None:
        start = datetime(2017, 12, 30, 1, tzinfo=UTC)
        self.town = Town(self.places(), start, FAULTS, seed)
        tiers = (Tier.I, Tier.II, Tier.III)
        self.members = [self.town.person(tier, "700") for tier in tiers]
        self.members += [self.town.merchant("300"), self.town.merchant()]
        self.banks = [self.town.bank_account(m.id) for m in self.members[:3]]
        self.first_day = self.next_day = self.town.today
        self.wallets = {m.id: self.town.fen(m.id) for m in self.members}
        self.payments = []
        self.top_ups = {}
        self.payouts = {}
        self.count = 0

    def _try(self, fn, command):
        """Return the answer, or None if it is refused: then nothing has changed."""
        before = self.town.snapshot()
        self.count += 1
        key = f"key {self.count}"
        try:
            answer = self.town.run(fn, command, key=key)
        except AppError:
            assert before == self.town.snapshot()
            return None
        after = self.town.snapshot()
        assert answer == self.town.run(fn, command, key=key)
        assert after == self.town.snapshot()
        return answer

    @rule(payer=MEMBERS, payee=MEMBERS, fen=FEN)
    def send(self, payer, payee, fen):
        a, b = self.members[payer].id, self.members[payee].id
        if self._try(transfer, TransferMoney(a, b, Money(fen, "CNY"))):
            self.wallets[a] -= fen
            self.wallets[b] += fen

    @rule(payer=MEMBERS, payee=MEMBERS, fen=FEN, fee=st.sampled_from([None, 1, 50]))
    def pay(self, payer, payee, fen, fee):
        a, b = self.members[payer].id, self.members[payee].id
        fee_money = None if fee is None else Money(fee, "CNY")
        made = self._try(pay, Pay(a, b, Money(fen, "CNY"), fee_money))
        if made:
            self.payments.append(made.id)
            self.wallets[a] -= fen
            self.wallets[b] += fen - made.fee_minor

    @precondition(lambda self: self.payments)
    @rule(which=st.integers(0, 5), request=st.sampled_from("xyz"), fen=FEN)
    def refund(self, which, request, fen):
        paid = self.town.read(payment, self.payments[which % len(self.payments)])
        before = paid.refunded_minor
        made = self._try(refund, RefundPayment(paid.id, request, Money(fen, "CNY")))
        after = self.town.read(payment, paid.id).refunded_minor
        assert before <= after <= paid.amount_minor
        if made:
            assert after - before in (0, fen)
            self.wallets[paid.payer_id] += after - before
            self.wallets[paid.payee_id] -= after - before

    @rule(who=PEOPLE, fen=FEN)
    def ask(self, who, fen):
        member = self.members[who]
        made = self._try(
            request_top_up, RequestTopUp(member.id, self.banks[who], Money(fen, "CNY"))
        )
        if made:
            self.top_ups[made.id] = made.state

    @rule(who=PEOPLE, fen=FEN)
    def withdraw(self, who, fen):
        member = self.members[who]
        made = self._try(withdraw, Withdraw(member.id, self.banks[who], Money(fen, "CNY")))
        if made:
            self.payouts[made.id] = made.state
            self.wallets[member.id] -= fen

    @rule(who=MEMBERS, stop=st.booleans())
    def freeze(self, who, stop):
        member_id = self.members[who].id
        if stop:
            self._try(freeze, Freeze(member_id, "test"))
        else:
            self._try(unfreeze, Unfreeze(member_id, "test"))

    @rule(hours=st.sampled_from([1, 5, 17, 40]))
    def wait(self, hours):
        self.town.wait(hours=hours)

    @rule()
    def work(self):
        self.town.work()
        self._look()

    @rule()
    def poll(self):
        self.town.poll()
        self._look()

    @rule()
    def reconcile(self):
        while self.next_day < self.town.today:
            result = self.town.reconcile(self.next_day)
            explained = sum(item.amount_minor for item in result.in_transit)
            strange = sum(item.amount_minor for item in result.breaks)
            assert result.gap_minor == explained + strange
            self.next_day += timedelta(days=1)
        self._look()

    def _look(self):
        """Orders that have ended since we last looked change what wallets must hold."""
        for top_up_id, before in list(self.top_ups.items()):
            it = self.town.read(top_up, top_up_id)
            if it.state is TopUpState.CREDITED and before is not it.state:
                self.wallets[it.member_id] += it.amount_minor
            self.top_ups[top_up_id] = it.state
        back = (PayoutState.RETURNED, PayoutState.REFUSED)
        for payout_id, before in list(self.payouts.items()):
            it = self.town.read(payout, payout_id)
            if it.state in back and before not in back:
                self.wallets[it.member_id] += it.amount_minor
            self.payouts[payout_id] = it.state

    @invariant()
    def wallets_hold_what_they_must(self):
        if hasattr(self, "wallets"):
            held = {m.id: self.town.fen(m.id) for m in self.members}
            assert self.wallets == held
            assert min(held.values()) >= 0

    @invariant()
    def proofs_hold(self):
        if hasattr(self, "town"):
            assert [] == self.town.breaks()

    def teardown(self):
        if not hasattr(self, "town"):
            return
        try:
            self._settle()
        finally:
            self.town.home.close()
            self.places.drop()

    def _settle(self):
        """Let the bank finish: every order ends, and the reserve is what the bank says it is."""
        for _ in range(12):
            self.town.wait(days=1)
            self.work()
            self.poll()
            self.reconcile()
        assert [] == self.town.jobs.dead_jobs()
        assert {TopUpState.CREDITED, TopUpState.REJECTED} >= set(self.top_ups.values())
        assert {PayoutState.SETTLED, PayoutState.RETURNED, PayoutState.REFUSED} >= set(
            self.payouts.values()
        )
        yesterday = self.town.rail.statement("reserve", self.next_day - timedelta(days=1))
        house = self.town.house
        strangers = sum(case.amount_minor for case in self.town.read(open_cases))
        expected = sum(self.wallets.values()) + strangers + self.town.balance(house.fees_unswept)
        assert expected == yesterday.closing_minor == -self.town.balance(house.reserve)
        totals = defaultdict(int)
        for line in yesterday.lines:
            totals[line.bank_ref] += 1
        assert all(count == 1 for count in totals.values())


def test_any_sequence_of_operations(places):
    run_state_machine_as_test(
        lambda: WalletMachine(places),
        settings=settings(max_examples=fewer(15, places), stateful_step_count=25, deadline=None),
    )

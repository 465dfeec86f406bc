"""Any sequence of orders, days and losses: against a fund kept in dictionaries, every invariant."""

from __future__ import annotations

from datetime import date, timedelta

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

from support.both_homes import fewer
from support.fund_town import CODE, FundTown
from venule.fund import (
    AdvanceExhausted,
    CancelOrder,
    CashInsufficient,
    CloseDay,
    CutOffPassed,
    FreezeCause,
    FreezeShares,
    FrozenIncome,
    FundingInsufficient,
    IllegalTransition,
    OpenDay,
    OrderKind,
    OrderState,
    PayFromFund,
    ReverseFast,
    ScheduleKind,
    SetSweep,
    SharesInsufficient,
    Sweep,
    TailPolicy,
    Terms,
    UnfreezeShares,
    cancel_order,
    close_day,
    close_step,
    customers_balance,
    freeze_shares,
    open_day,
    pay_from_fund,
    reverse_fast,
    set_sweep,
    sweep,
    totals,
    unfreeze_shares,
)
from venule.wallet import available

FIRST = date(2014, 4, 28)  # the May holidays come in the first week
PEOPLE = st.integers(0, 4)
FEN = st.one_of(st.integers(1, 500), st.integers(1, 300_000))


class FundMachine(RuleBasedStateMachine):
    """Five people, one fund. `owned`: what each has in wallet, fund and on the way, in fen."""

    def __init__(self, places):
        super().__init__()
        self.places = places

    @initialize(
        schedule=st.sampled_from(list(ScheduleKind)),
        tail=st.sampled_from(list(TailPolicy)),
        frozen=st.sampled_from(list(FrozenIncome)),
        shards=st.sampled_from([1, 1, 2, 7]),
    )
    def begin(self, schedule, tail, frozen, shards):
        terms = Terms(schedule=schedule, tail=tail, frozen_income=frozen, shards=shards)
        self.town = FundTown(self.places(), on=FIRST, terms=terms, line=500_000)
        self.people = [self.town.member(cash=300_000, shares=200_000) for _ in range(5)]
        self.given = 5 * 500_000  # all that members ever brought
        self.income = 0  # all that they and the bank ever earned
        self.day = FIRST
        self.orders = []
        self.freezes = []

    def teardown(self):
        if hasattr(self, "town"):
            self.town.home.close()
            self.places.drop()

    # Members

    @rule(who=PEOPLE, fen=FEN)
    def buy(self, who, fen):
        self._try("buy", who, fen, self.town.cash, CashInsufficient)

    @rule(who=PEOPLE, fen=st.one_of(FEN, st.none()))
    def sell(self, who, fen):
        self._try("sell", who, fen, self._free, SharesInsufficient)

    @rule(who=PEOPLE, fen=FEN)
    def fast(self, who, fen):
        left = 500_000 - self.town.read(totals, CODE).advance_used
        if fen > left:
            self._try("fast", who, fen, lambda _: left, AdvanceExhausted)
        else:
            self._try("fast", who, fen, self._free, SharesInsufficient)

    def _free(self, who):
        return self.town.holding(who).available

    def _try(self, what, who, fen, room, refusal):
        person = self.people[who]
        enough = room(person) >= (1 if fen is None else fen)
        try:
            self.orders.append(getattr(self.town, what)(person, fen))
        except refusal:
            assert not enough
        else:
            assert enough

    @rule(who=PEOPLE, fen=FEN)
    def pay(self, who, fen):
        person, town = self.people[who], self.town
        cash, free = town.cash(person), self._free(person)
        left = 500_000 - town.read(totals, CODE).advance_used
        try:
            town.run(pay_from_fund, PayFromFund(CODE, person, town.merchant, fen))
        except FundingInsufficient:
            assert cash + free < fen
        except AdvanceExhausted:
            assert fen - cash > left
        else:
            assert cash + free == fen + town.cash(person) + self._free(person)

    @precondition(lambda self: self.orders)
    @rule(pick=st.integers(0, 10**6))
    def cancel_or_reverse(self, pick):
        placed = self.orders[pick % len(self.orders)]
        now = self.town.order(placed)
        cut_off = self.town.fund.schedule.cut_off(placed.trade_on)
        try:
            if placed.kind is OrderKind.FAST:
                self.town.run(reverse_fast, ReverseFast(placed.id, "failed"))
            else:
                self.town.run(cancel_order, CancelOrder(placed.id))
        except IllegalTransition:
            assert OrderState.ACCEPTED is not now.state
        except CutOffPassed:
            assert self.town.clock.now() >= cut_off
        except CashInsufficient:
            assert placed.kind is OrderKind.FAST
        else:
            assert OrderState.ACCEPTED is now.state

    @rule(who=PEOPLE, keep=st.one_of(st.none(), st.integers(0, 400_000)))
    def choose_sweep(self, who, keep):
        self.town.run(set_sweep, SetSweep(CODE, self.people[who], keep))

    @rule()
    def sweep(self):
        self.town.run(sweep, Sweep(CODE, self.town.today))

    @rule(who=PEOPLE, fen=FEN)
    def freeze(self, who, fen):
        command = FreezeShares(CODE, self.people[who], fen, FreezeCause.COURT)
        enough = self._free(self.people[who]) >= fen
        try:
            self.freezes.append(self.town.run(freeze_shares, command).id)
        except SharesInsufficient:
            assert not enough

    @precondition(lambda self: self.freezes)
    @rule()
    def unfreeze(self):
        self.town.run(unfreeze_shares, UnfreezeShares(self.freezes.pop()))

    # Time

    @rule(minutes=st.integers(1, 600))
    def wait(self, minutes):
        """Time passes, but not by more than the days that are closed."""
        ahead = self.town.clock.now() + timedelta(minutes=minutes)
        if ahead < self.town.fund.schedule.closes_from(self.day) + timedelta(hours=20):
            self.town.clock.set(ahead)

    @rule()
    def open_morning(self):
        if self.town.today >= self.day:
            open_day(self.town.home, OpenDay(CODE, self.day))

    @rule(
        ppm=st.one_of(st.integers(0, 300), st.integers(-2_000, 2_000), st.just(-1_100_000)),
        kill_after=st.integers(0, 7),
    )
    def close(self, ppm, kill_after):
        town = self.town
        net_income = ppm * town.read(totals, CODE).shares // 1_000_000
        town.publish(self.day, net_income)
        town.clock.set(max(town.clock.now(), town.fund.schedule.closes_from(self.day)))
        for _ in range(kill_after):
            town.run(close_step, CloseDay(CODE, self.day))
            assert [] == town.breaks()
        if kill_after:
            town.reopen()
        closed = close_day(town.home, CloseDay(CODE, self.day))
        assert closed == close_day(town.home, CloseDay(CODE, self.day))
        assert net_income == closed.net_income
        self.income += closed.credited
        self.day += timedelta(days=1)

    # What must hold

    @invariant()
    def all_proofs_hold(self):
        if hasattr(self, "town"):
            assert [] == self.town.breaks()

    @invariant()
    def nothing_is_lost(self):
        """Wallets, shop, fund and what is on the way: what was brought, and the income."""
        if not hasattr(self, "town"):
            return
        town = self.town
        now = town.read(totals, CODE)
        wallets = sum(town.cash(who) for who in [*self.people, town.bank])
        wallets += town.read(available, town.merchant).amount
        # A pledge is the bank's until it is redeemed; the money for it is in a wallet already.
        owned = wallets + now.shares - now.pledged + now.in_transit + now.payable
        assert self.given + self.income == owned
        assert owned - wallets - now.banks - now.reserved - now.payable == (
            town.read(customers_balance, CODE)
        )


def test_any_sequence_of_orders_days_and_losses(places):
    run_state_machine_as_test(
        lambda: FundMachine(places),
        settings=settings(max_examples=fewer(25, places), stateful_step_count=30),
    )

"""Any sequence of events on any number of trades, with crashes: not a fen is lost or had twice.

A dictionary beside the town knows what each wallet must hold. It changes by what a command says it
did, never when something is refused; what deadlines do is read off the trades, each once.
"""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from support.escrow_town import EscrowTown
from venule.app import verify
from venule.escrow import (
    AnswerCase,
    Appeal,
    AskRefund,
    BindReceivers,
    CloseTrade,
    Confirm,
    FeeOnRefund,
    FreezeFunds,
    Goods,
    OpenDispute,
    PayAuthorised,
    PayTrade,
    Receiver,
    RefundTrade,
    RoyaltyOnRefund,
    Rule,
    SendBack,
    Settle,
    Ship,
    Silence,
    Terms,
    TradeKind,
    TradeState,
    UnfreezeFunds,
    WithdrawCase,
    answer_case,
    appeal,
    ask_refund,
    bind_receivers,
    cancel_trade,
    cases,
    cases_to_rule,
    close_trade,
    confirm,
    freeze_funds,
    open_dispute,
    pay_authorised,
    pay_trade,
    refund_trade,
    send_back,
    settle,
    settlements,
    ship,
    trade,
    unfreeze_funds,
    withdraw_case,
)
from venule.escrow import rule as rule_on
from venule.kit.errors import AppError, CommitFailed
from venule.members import wallet_account

TERMS = (
    Terms(fee_ppm=6_000, two_people_minor=10**9, guaranteed_refund_s=86_400 * 9),
    Terms(fee_ppm=33_333, fee_on_refund=FeeOnRefund.KEPT, silence=Silence.AGREE),
)
FEN = st.sampled_from([1, 2, 7, 99, 100, 1_234, 5_000, 60_000])
WHICH = st.integers(0, 7)
NUMBERS = st.integers(0, 3)


class Killed(Exception):
    """The process ends here."""


class TradeMachine(RuleBasedStateMachine):
    """Two buyers, two shops and a partner; the clock goes by hours and weeks."""

    @initialize(terms=st.sampled_from(TERMS))
    def open(self, terms: Terms) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.town = EscrowTown(Path(self.folder.name) / "home", terms, date(2014, 1, 24))
        self.buyers = [self.town.buyer, self.town.person(70_000)]
        self.shops = [self.town.shop, self.town.merchant()]
        self.partner = self.town.merchant()
        for shop in self.shops:
            self.town.run(bind_receivers, BindReceivers(shop, [self.partner]))
        self.everyone = [*self.buyers, *self.shops, self.partner]
        self.all_money = sum(map(self.town.fen, self.everyone))
        self.trades = []
        self.frozen = []
        self.count = 0

    # What people do

    def _try(self, fn, command):
        """Return the answer, or None if it is refused: then nothing has changed. Twice is once."""
        before = self._everything()
        self.count += 1
        key = f"key {self.count}"
        try:
            answer = self.town.run(fn, command, key=key)
        except AppError:
            assert before == self._everything()
            return None
        after = self._everything()
        assert answer == self.town.run(fn, command, key=key)
        assert after == self._everything()
        return answer

    def _everything(self):
        def look(tx):
            names = [
                row[0]
                for row in tx.sql.rows("SELECT name FROM sqlite_master WHERE type = 'table'")
                if row[0].startswith(("escrow", "job", "event", "limit"))
            ]
            rows = [sorted(tx.sql.rows(f"SELECT * FROM {name}"), key=repr) for name in names]
            return tx.accounts_view().tobytes(), rows

        return self.town.home.read(look)

    def _trade(self, which):
        return self.town.read(trade, self.trades[which % len(self.trades)])

    @rule(
        buyer=st.integers(0, 1),
        shop=st.integers(0, 1),
        fen=FEN,
        goods=st.sampled_from(Goods),
        instant=st.booleans(),
        share=st.booleans(),
        paid=st.sampled_from([True, True, True, False]),
    )
    def order(self, buyer, shop, fen, goods, instant, share, paid):
        made = self.town.order(
            fen,
            buyer_id=self.buyers[buyer],
            seller_id=self.shops[shop],
            goods=goods,
            kind=TradeKind.INSTANT if instant else TradeKind.GUARANTEED,
            settle=share,
        )
        self.trades.append(made.id)
        if paid:
            self.pay(-1)

    def pay(self, which):
        it = self._trade(which)
        self._try(pay_trade, PayTrade(it.id, it.buyer_id))

    @precondition(lambda self: self.trades)
    @rule(which=WHICH)
    def pay_later(self, which):
        self.pay(which)

    @precondition(lambda self: self.trades)
    @rule(which=WHICH, fen=st.one_of(st.none(), FEN))
    def ship(self, which, fen):
        it = self._trade(which)
        self._try(ship, Ship(it.id, it.seller_id, "SF", "1", fen))

    @precondition(lambda self: self.trades)
    @rule(which=WHICH, number=st.one_of(st.none(), NUMBERS))
    def confirm(self, which, number):
        it = self._trade(which)
        self._try(confirm, Confirm(it.id, it.buyer_id, number))

    @precondition(lambda self: self.trades)
    @rule(
        which=WHICH, request=st.sampled_from("xyz"), fen=FEN, how=st.sampled_from(RoyaltyOnRefund)
    )
    def refund(self, which, request, fen, how):
        it = self._trade(which)
        made = self._try(
            refund_trade, RefundTrade(it.id, it.seller_id, request, fen, royalties=how)
        )
        after = self._trade(which)
        assert it.refunded_minor <= after.refunded_minor <= it.amount_minor
        if made:
            assert after.refunded_minor - it.refunded_minor in (0, fen)

    @precondition(lambda self: self.trades)
    @rule(which=WHICH, undo=st.booleans())
    def close(self, which, undo):
        it = self._trade(which)
        self._try(cancel_trade if undo else close_trade, CloseTrade(it.id, it.seller_id))

    @precondition(lambda self: self.trades)
    @rule(
        which=WHICH,
        fen=st.one_of(st.none(), FEN),
        ppm=st.sampled_from([1, 333_333, 1_000_000]),
        finish=st.booleans(),
    )
    def share(self, which, fen, ppm, finish):
        it = self._trade(which)
        self.count += 1
        to = Receiver(self.partner, fen, ppm if fen is None else None)
        self._try(settle, Settle(it.id, it.seller_id, f"S{self.count}", [to], finish))

    # Cases

    @precondition(lambda self: self.trades)
    @rule(which=WHICH, fen=st.one_of(st.none(), FEN), goods_back=st.booleans())
    def ask(self, which, fen, goods_back):
        it = self._trade(which)
        self.count += 1
        amount = it.held_minor if fen is None else fen
        command = AskRefund(
            it.id, it.buyer_id, f"C{self.count}", amount, "broken", goods_back=goods_back
        )
        self._try(ask_refund, command)

    @precondition(lambda self: self.trades)
    @rule(
        which=WHICH,
        word=st.sampled_from(
            ["agree", "refuse", "withdraw", "dispute", "send", "rule", "appeal", "dispute", "rule"]
        ),
        part=st.integers(0, 100),
        operator=st.sampled_from(["ann", "bob"]),
    )
    def speak(self, which, word, part, operator):
        it = self._trade(which)
        known = self.town.read(cases, it.id)
        if not known:
            return
        id_ = known[-1].id
        to_buyer = it.held_minor * part // 100
        commands = {
            "agree": (answer_case, AnswerCase(id_, it.seller_id, agree=True)),
            "refuse": (answer_case, AnswerCase(id_, it.seller_id, agree=False)),
            "withdraw": (withdraw_case, WithdrawCase(id_, it.buyer_id)),
            "dispute": (open_dispute, OpenDispute(id_, it.buyer_id)),
            "send": (send_back, SendBack(id_, it.buyer_id, "SF", "2")),
            "rule": (
                rule_on,
                Rule(id_, operator, to_buyer, it.held_minor - to_buyer, "so be it"),
            ),
            "appeal": (appeal, Appeal(id_, it.seller_id, "unjust")),
        }
        self._try(*commands[word])

    # Frozen money

    @rule(buyer=st.integers(0, 1), shop=st.integers(0, 1), fen=FEN)
    def freeze(self, buyer, shop, fen):
        self.count += 1
        command = FreezeFunds(
            "app 1", f"A{self.count}", "1", self.buyers[buyer], self.shops[shop], fen, "a room"
        )
        made = self._try(freeze_funds, command)
        if made:
            self.frozen.append(made)

    @precondition(lambda self: self.frozen)
    @rule(which=WHICH, fen=FEN, complete=st.booleans(), share=st.booleans())
    def pay_frozen(self, which, fen, complete, share):
        it = self.frozen[which % len(self.frozen)]
        self.count += 1
        command = PayAuthorised(
            it.id, it.payee_id, f"N{self.count}", fen, "a night", complete, share
        )
        made = self._try(pay_authorised, command)
        if made:
            self.trades.append(made.id)

    @precondition(lambda self: self.frozen)
    @rule(which=WHICH, fen=FEN, number=NUMBERS)
    def unfreeze(self, which, fen, number):
        it = self.frozen[which % len(self.frozen)]
        self._try(unfreeze_funds, UnfreezeFunds(it.id, it.payee_id, f"U{number}", fen))

    # Time and death

    @rule(hours=st.sampled_from([1, 20, 60, 24 * 8, 24 * 40]))
    def wait(self, hours):
        self.town.wait(hours=hours)
        assert [] == self.town.jobs.dead_jobs()

    @rule(at=st.integers(1, 25), hours=st.sampled_from([0, 24 * 11]))
    def die(self, at, hours):
        """Do what is due, and die before one of its statements; what is left is done later."""
        self.town.wait(hours=0)
        self.town.clock.advance(timedelta(hours=hours))
        count = 0

        def before(statement):
            nonlocal count
            count += 1
            if count == at:
                raise Killed(statement)

        self.town.home.sql.watch(before)
        try:
            if self.trades:
                self.town.refund(self._trade(0), 1)
            self.town.work()
        except (Killed, CommitFailed, AppError):
            pass
        self.town.home.sql.watch(lambda _: None)
        self.town.reopen()

    # What must hold

    @invariant()
    def not_a_fen_is_lost(self):
        if not hasattr(self, "trades"):
            return
        town = self.town
        wallets = [town.read(lambda tx, who=who: wallet_balance(tx, who)) for who in self.everyone]
        between = town.held + town.unsettled + town.fees
        assert self.all_money == sum(wallets) + between
        assert min(wallets) >= 0
        assert [] == town.breaks()

    @invariant()
    def no_two_parties_have_the_same_fen(self):
        """Each fen of a trade stands in one place: its parts are its amount, none below 0."""
        for trade_id in getattr(self, "trades", ()):
            it = self.town.read(trade, trade_id)
            parts = (
                it.unshipped_minor,
                it.shipped_minor,
                it.awarded_minor,
                it.refunded_minor - it.refunded_late_minor,
                it.released_minor,
            )
            assert min(parts) >= 0
            assert sum(parts) == (it.amount_minor if it.is_paid else 0)
            if it.state in (TradeState.FINISHED, TradeState.CLOSED):
                assert 0 == it.escrow_minor
            shared = sum(
                line.amount_minor - line.returned_minor
                for made in self.town.read(settlements, trade_id)
                for line in made.lines
            )
            assert shared == it.shared_minor <= it.released_minor - it.refunded_late_minor

    def teardown(self):
        if not hasattr(self, "town"):
            return
        try:
            self._end()
        finally:
            self.town.home.close()
            self.folder.cleanup()

    def _end(self):
        """Everybody is silent from here on, operators rule: every path ends at zero."""
        for _ in range(4):
            for it in self.town.read(cases_to_rule):
                held = self.town.read(trade, it.trade_id).held_minor
                half = held // 2
                for operator in ("eve", "mia"):
                    self._try(rule_on, Rule(it.id, operator, half, held - half, "so be it"))
            self.town.wait(days=100)
        assert [] == self.town.jobs.dead_jobs()
        assert (0, 0) == (self.town.held, self.town.unsettled)
        for trade_id in self.trades:
            it = self.town.read(trade, trade_id)
            assert it.state in (TradeState.FINISHED, TradeState.CLOSED), it
        self.not_a_fen_is_lost()
        self.town.home.close()
        report = verify(self.town.place)
        assert report.ok, report.faults


def wallet_balance(tx, who):
    return tx.account(wallet_account(tx, who)).balance


TestTradeMachine = TradeMachine.TestCase
TestTradeMachine.settings = settings(max_examples=15, stateful_step_count=30, deadline=None)

"""A town with shops, buyers, a bank that advances and a fund: for the tests of guaranteed trade."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from support.fund_town import CODE, UNIT
from venule import escrow, fund, wallet
from venule.app import open_home
from venule.escrow import (
    AskRefund,
    Case,
    Confirm,
    CreateTrade,
    PayTrade,
    Refund,
    RefundTrade,
    SetProduct,
    SetUpEscrow,
    Ship,
    Shipment,
    Terms,
    Trade,
    TradeKind,
    ask_refund,
    confirm,
    create_trade,
    escrow_jobs,
    pay_trade,
    refund_trade,
    set_product,
    set_up_escrow,
    ship,
)
from venule.kit.calendar import china
from venule.kit.home import Home
from venule.kit.ids import SeededIds
from venule.kit.jobs import JobRunner
from venule.kit.time import VirtualClock, china_date, china_instant
from venule.ledger import Tx
from venule.members import MemberId, MemberKind, NewMember, Tier, onboard
from venule.wallet import CreditLine, CreditTopUps, SetUp, available, credit_top_ups, set_up

R = TypeVar("R")

MONDAY = date(2014, 5, 12)
NOON = time(12)
APP = "app 1"
NO_FEE = Terms(fee_ppm=0)


class EscrowTown:
    """An open home of all rooms, at noon in China, with a fund, a shop and a buyer."""

    def __init__(
        self, place: Path | str, terms: Terms = NO_FEE, on: date = MONDAY, runs: int = 0
    ) -> None:
        self.place = place
        self.clock = VirtualClock(china_instant(on, NOON))
        self.runs = runs
        self.count = 1_000 * runs
        self.home = self._open()
        with suppress(wallet.HouseDiffers):  # a house that was there before
            self.run(set_up, SetUp())
        self.pools = self.run(set_up_escrow, SetUpEscrow(terms))
        self.house = self.read(wallet.house)
        self.shop = self.merchant()
        self.buyer = self.person(1_000_000)

    def _open(self) -> Home[Tx]:
        ids = SeededIds(f"escrow town {self.runs}", self.clock)
        home = open_home(self.place, clock=self.clock, ids=ids)
        self.jobs = JobRunner(home, escrow_jobs())
        return home

    def __enter__(self) -> EscrowTown:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.home.close()

    def reopen(self) -> None:
        """Open the home again, as after a crash of the process."""
        self.home.close()
        self.runs += 1
        self.home = self._open()

    def open_fund(self, line: int = 100_000_000) -> None:
        """Open a fund whose shares buyers can pay from."""
        on = self.today
        days = china(date(on.year - 1, 7, 1), date(on.year, 12, 31))[1]
        self.run(fund.load_calendar, fund.calendar_command(days))
        self.run(fund.open_fund, fund.OpenFund(CODE, "Fund", UNIT, on, "fund", fund.Terms()))
        bank = self.run(onboard, NewMember("bank", MemberKind.INSTITUTION, Tier.NONE)).id
        self.run(fund.open_advance_line, fund.OpenAdvanceLine(CODE, bank, "Bank", True, line, on))

    def hold_shares(self, who: MemberId, fen: int) -> None:
        self.run(fund.open_holding, fund.OpenHolding(CODE, who))
        self.run(fund.import_opening_balances, fund.ImportBalances(CODE, [who], [fen]))

    # Time

    @property
    def today(self) -> date:
        return china_date(self.clock.now())

    def at(self, on: date, at: time = NOON) -> None:
        self.clock.set(china_instant(on, at))

    def wait(self, **by: int) -> None:
        """Let time pass, and then do all that is due."""
        self.clock.advance(timedelta(**by))
        self.work()

    def work(self) -> None:
        while self.jobs.run_due():
            pass

    def pass_to(self, at: datetime) -> None:
        """Let time pass to an instant from one deadline to the next, doing what is due."""
        while True:
            self.work()
            due = self.jobs.next_due_at()
            if due is None or due > at:
                break
            self.clock.set(max(due, self.clock.now()))
        self.clock.set(max(at, self.clock.now()))

    # Members

    def run(self, fn: Callable[[Tx, Any], R], command: Any, key: str | None = None) -> R:
        return self.home.run(fn, command, key=key)

    def read(self, fn: Callable[..., R], *args: Any) -> R:
        return self.home.read(lambda tx: fn(tx, *args))

    def person(self, fen: int = 0) -> MemberId:
        return self._member(MemberKind.PERSON, Tier.III, fen)

    def merchant(self, fen: int = 0) -> MemberId:
        return self._member(MemberKind.MERCHANT, Tier.NONE, fen)

    def _member(self, kind: MemberKind, tier: Tier, fen: int) -> MemberId:
        self.count += 1
        who = self.run(onboard, NewMember(f"trading {kind.value} {self.count}", kind, tier)).id
        if fen:
            self.give(who, fen)
        return who

    def give(self, who: MemberId, fen: int) -> None:
        self.count += 1
        lines = [CreditLine(who, fen, f"trading line {self.count}")]
        self.run(credit_top_ups, CreditTopUps(lines, self.today))

    def fen(self, who: MemberId) -> int:
        return self.read(available, who).amount

    def balance(self, account: int) -> int:
        return self.read(lambda tx: tx.account(account).balance)

    @property
    def held(self) -> int:
        return self.balance(self.pools.held)

    @property
    def unsettled(self) -> int:
        return self.balance(self.pools.unsettled)

    @property
    def fees(self) -> int:
        return self.balance(self.house.fees_unswept)

    def product(self, name: str, terms: Terms) -> str:
        return self.run(set_product, SetProduct(name, terms)).name

    # Trades

    def order(self, amount: int = 10_000, **how: Any) -> Trade:
        self.count += 1
        wanted: dict[str, Any] = {"buyer_id": self.buyer, "seller_id": self.shop, "app": APP}
        wanted |= {"out_trade_no": f"T{self.count}", "subject": "tea", **how}
        return self.run(create_trade, CreateTrade(amount_minor=amount, **wanted))

    def pay(self, trade: Trade, buyer: MemberId | None = None, fund: str | None = None) -> Trade:
        return self.run(pay_trade, PayTrade(trade.id, buyer or self.buyer, fund))

    def paid(self, amount: int = 10_000, **how: Any) -> Trade:
        return self.pay(self.order(amount, **how), how.get("buyer_id"))

    def instant(self, amount: int = 10_000, **how: Any) -> Trade:
        return self.paid(amount, kind=TradeKind.INSTANT, **how)

    def shipped(self, amount: int = 10_000, **how: Any) -> Trade:
        trade = self.paid(amount, **how)
        self.ship(trade)
        return self.trade(trade)

    def ship(self, trade: Trade, amount: int | None = None) -> Shipment:
        return self.run(ship, Ship(trade.id, trade.seller_id, "SF", f"SF{self.count}", amount))

    def confirm(self, trade: Trade, shipment: int | None = None) -> Trade:
        return self.run(confirm, Confirm(trade.id, self.trade(trade).buyer_id, shipment))

    def refund(self, trade: Trade, amount: int, number: str = "", **how: Any) -> Refund:
        self.count += 1
        number = number or f"R{self.count}"
        command = RefundTrade(trade.id, trade.seller_id, number, amount, **how)
        return self.run(refund_trade, command)

    def ask(self, trade: Trade, amount: int | None = None, **how: Any) -> Case:
        self.count += 1
        fen = self.trade(trade).held_minor if amount is None else amount
        command = AskRefund(trade.id, trade.buyer_id, f"C{self.count}", fen, "broken", **how)
        return self.run(ask_refund, command)

    def trade(self, trade: Trade) -> Trade:
        return self.read(escrow.trade, trade.id)

    def breaks(self) -> list[str]:
        """All that does not hold, in any room."""
        return self.read(
            lambda tx: [
                str(each) for each in (*wallet.check(tx), *fund.check(tx), *escrow.check(tx))
            ]
        )

"""A fund, members with money, a bank that advances, and a clock that moves when told."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time
from types import TracebackType
from typing import Any, TypeVar

from support.both_homes import Place
from venule import fund as fund_room
from venule.fund import (
    CloseDay,
    DayClosed,
    FastRedeem,
    Holding,
    ImportBalances,
    LimitRule,
    OpenAdvanceLine,
    OpenDay,
    OpenFund,
    OpenHolding,
    Order,
    PublishIncome,
    Redeem,
    Subscribe,
    Terms,
    calendar_command,
    close_day,
    fast_redeem,
    holding,
    import_opening_balances,
    load_calendar,
    open_advance_line,
    open_day,
    open_fund,
    open_holding,
    publish_income,
    redeem,
    subscribe,
)
from venule.kit.calendar import china
from venule.kit.home import Home
from venule.kit.ids import SeededIds
from venule.kit.time import VirtualClock, china_date, china_instant
from venule.ledger import MIGRATIONS as LEDGER_MIGRATIONS
from venule.ledger import Book, Transfer, Tx
from venule.members import MIGRATIONS as MEMBERS_MIGRATIONS
from venule.members import Break, MemberId, MemberKind, NewMember, Tier, onboard
from venule.wallet import MIGRATIONS as WALLET_MIGRATIONS
from venule.wallet import CreditLine, CreditTopUps, SetUp, credit_top_ups, set_up
from venule.wallet import check as check_wallet

R = TypeVar("R")

MIGRATIONS = (
    LEDGER_MIGRATIONS,
    MEMBERS_MIGRATIONS,
    WALLET_MIGRATIONS,
    fund_room.MIGRATIONS,
)
CODE = "000198"
UNIT = 1198
NOON = time(12)


def open_home(place: Place, clock: VirtualClock, run: int = 0) -> Home[Tx]:
    return Home.open(
        place,
        clock=clock,
        ids=SeededIds(f"fund town {run}", clock),
        migrations=MIGRATIONS,
        participant=Book,
        tx=Tx,
    )


class FundTown:
    """An open home with one fund, opened on `on`, at noon of that day in China."""

    def __init__(
        self,
        place: Place,
        on: date = date(2014, 5, 12),
        terms: Terms | None = None,
        line: int = 100_000_000,
        calendar_days: tuple[date, date] | None = None,
        licensed: bool = True,
    ) -> None:
        self.place = place
        self.clock = VirtualClock(china_instant(on, time(9)))
        self.home = open_home(place, self.clock)
        self.opened_on = on
        self.runs = 0
        self.count = 0
        self.spoilt = False  # a test has broken the books on purpose
        first, last = calendar_days or (date(on.year - 1, 7, 1), date(on.year, 12, 31))
        self.run(set_up, SetUp())
        self.run(load_calendar, calendar_command(china(first, last)[1]))
        self.fund = self.run(open_fund, OpenFund(CODE, "Fund", UNIT, on, "fund", terms or Terms()))
        if line:
            bank = self.run(onboard, NewMember("bank", MemberKind.INSTITUTION, Tier.NONE))
            self.bank = bank.id
            self.line = self.run(
                open_advance_line,
                OpenAdvanceLine(CODE, bank.id, "Bank", licensed, line, on),
            )
        self.merchant = self.run(onboard, NewMember("shop", MemberKind.MERCHANT, Tier.NONE)).id
        self.at(on, NOON)

    def __enter__(self) -> FundTown:
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
        self.home = open_home(self.place, self.clock, self.runs)

    # Time

    def at(self, on: date, at: time = NOON) -> None:
        """Go to a time of day in China."""
        self.clock.set(china_instant(on, at))

    @property
    def today(self) -> date:
        return china_date(self.clock.now())

    # Members

    def run(self, fn: Callable[[Tx, Any], R], command: Any, key: str | None = None) -> R:
        return self.home.run(fn, command, key=key)

    def read(self, fn: Callable[..., R], *args: Any) -> R:
        return self.home.read(lambda tx: fn(tx, *args))

    def member(self, cash: int = 0, shares: int = 0, *, holding: bool = True) -> MemberId:
        """A person with fen of cash; with fen of shares taken over, before the first day is run."""
        self.count += 1
        who = self.run(onboard, NewMember(f"person {self.count}", MemberKind.PERSON, Tier.III)).id
        if holding or shares:
            self.run(open_holding, OpenHolding(CODE, who))
        if cash:
            self.give(who, cash)
        if shares:
            self.run(import_opening_balances, ImportBalances(CODE, [who], [shares]))
        return who

    def give(self, who: MemberId, fen: int) -> None:
        self.count += 1
        lines = [CreditLine(who, fen, f"bank line {self.runs}-{self.count}")]
        self.run(credit_top_ups, CreditTopUps(lines, self.today))

    def cash(self, who: MemberId) -> int:
        account = self.holding(who).cash_account
        return self.read(lambda tx: tx.account(account).available_credit)

    def holding(self, who: MemberId) -> Holding:
        return self.read(holding, CODE, who)

    def shares(self, who: MemberId) -> int:
        return self.holding(who).total

    # Orders and days

    def buy(self, who: MemberId, fen: int, number: str | None = None) -> Order:
        return self.run(subscribe, Subscribe(CODE, who, fen, number))

    def sell(self, who: MemberId, fen: int | None, number: str | None = None) -> Order:
        return self.run(redeem, Redeem(CODE, who, fen, number))

    def fast(self, who: MemberId, fen: int, number: str | None = None) -> Order:
        return self.run(fast_redeem, FastRedeem(CODE, who, fen, number))

    def order(self, order: Order) -> Order:
        return self.read(fund_room.order, order.id)

    def publish(self, on: date, net_income: int) -> None:
        self.run(publish_income, PublishIncome(CODE, on, net_income_minor=net_income))

    def close(self, on: date, net_income: int | None = 0, *, at: time = time(23)) -> DayClosed:
        """Publish the day's income and close it, late in the day if it is not later already."""
        if net_income is not None:
            self.publish(on, net_income)
        after = max(self.clock.now(), self.read(self._closes_from, on), china_instant(on, at))
        self.clock.set(after)
        return close_day(self.home, CloseDay(CODE, on))

    def _closes_from(self, tx: Tx, on: date) -> datetime:
        return fund_room.fund_of(tx, CODE).schedule.closes_from(on)

    def morning(self, on: date) -> None:
        """Confirm and pay what is due at nine in the morning."""
        self.clock.set(max(self.clock.now(), china_instant(on, time(9))))
        open_day(self.home, OpenDay(CODE, on))

    def breaks(self) -> list[Break]:
        """All that does not hold, of the fund's, the wallet's and the members' proofs."""
        return self.read(lambda tx: [*fund_room.check(tx), *check_wallet(tx)])

    def rogue(self, transfer: Transfer) -> None:
        """Post a transfer that no use case would."""
        self.spoilt = True
        self.run(lambda tx, _: tx.post_all((transfer,)), None)


__all__ = ["CODE", "NOON", "UNIT", "FundTown", "LimitRule", "open_home"]

"""A small house with a bank, members and a clock that moves when told: for the wallet's tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from types import TracebackType
from typing import Any, TypeVar

from support.both_homes import Place, tables
from venule.kit.home import Home
from venule.kit.ids import SeededIds
from venule.kit.jobs import JobRunner
from venule.kit.money import Money
from venule.kit.time import VirtualClock, china_instant
from venule.ledger import MIGRATIONS as LEDGER_MIGRATIONS
from venule.ledger import Book, Tx
from venule.members import MIGRATIONS as MEMBERS_MIGRATIONS
from venule.members import (
    BankAccountId,
    BindBankAccount,
    Member,
    MemberId,
    MemberKind,
    NewMember,
    Tier,
    bind_bank_account,
    onboard,
)
from venule.wallet import MIGRATIONS as WALLET_MIGRATIONS
from venule.wallet import (
    BankRailSimulator,
    CreditLine,
    CreditTopUps,
    House,
    RailFaults,
    ReconcileDay,
    Reconciliation,
    SetUp,
    Taken,
    available,
    check,
    credit_top_ups,
    house,
    poll_bank,
    reconcile_day,
    set_up,
    wallet_jobs,
)

R = TypeVar("R")

MIGRATIONS = (LEDGER_MIGRATIONS, MEMBERS_MIGRATIONS, WALLET_MIGRATIONS)


def yuan(amount: str) -> Money:
    return Money.parse(amount, "CNY")


def open_home(place: Place, clock: VirtualClock, run: int = 0) -> Home[Tx]:
    return Home.open(
        place,
        clock=clock,
        ids=SeededIds(f"town {run}", clock),
        migrations=MIGRATIONS,
        participant=Book,
        tx=Tx,
    )


class Town:
    """An open home that is set up, a simulated bank, and short ways to use them."""

    def __init__(
        self, place: Place, start: datetime, faults: RailFaults | None = None, seed: int = 1
    ):
        self.place = place
        self.clock = VirtualClock(start)
        self.home = open_home(place, self.clock)
        self.rail = BankRailSimulator(seed, self.clock, faults=faults)
        self.jobs = JobRunner(self.home, wallet_jobs(self.rail))
        self.home.run(set_up, SetUp())
        self.count = 0

    def __enter__(self) -> Town:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.home.close()

    def run(self, fn: Callable[[Tx, Any], R], command: Any, key: str | None = None) -> R:
        return self.home.run(fn, command, key=key)

    def read(self, fn: Callable[..., R], *args: Any) -> R:
        return self.home.read(lambda tx: fn(tx, *args))

    def person(self, tier: Tier = Tier.III, money: str = "0") -> Member:
        self.count += 1
        new = NewMember(f"person {self.count}", MemberKind.PERSON, tier)
        return self._with_money(self.run(onboard, new), money)

    def merchant(self, money: str = "0") -> Member:
        self.count += 1
        new = NewMember(f"merchant {self.count}", MemberKind.MERCHANT, Tier.NONE)
        return self._with_money(self.run(onboard, new), money)

    def _with_money(self, member: Member, money: str) -> Member:
        fen = yuan(money).amount
        if fen:
            self.give(member.id, fen)
        return member

    def give(self, member_id: MemberId, fen: int) -> None:
        """Let money come to a wallet at once; the bank's statement shows it."""
        ref = self.rail.book("reserve", fen)
        self.run(credit_top_ups, CreditTopUps([CreditLine(member_id, fen, ref)], self.today))

    def bank_account(self, member_id: MemberId) -> BankAccountId:
        self.count += 1
        return self.run(bind_bank_account, BindBankAccount(member_id, "ICBC", f"{self.count}")).id

    @property
    def today(self) -> date:
        return self.clock.now().astimezone(china_instant(date(2014, 1, 1), time()).tzinfo).date()

    @property
    def house(self) -> House:
        return self.read(house)

    def go_to(self, on: date, at: time = time()) -> None:
        self.clock.set(china_instant(on, at))

    def wait(self, **by: int) -> None:
        self.clock.advance(timedelta(**by))

    def fen(self, member_id: MemberId) -> int:
        return self.read(available, member_id).amount

    def balance(self, account: int) -> int:
        return self.read(lambda tx: tx.account(account).balance)

    def work(self) -> None:
        """Run every job that is due."""
        while self.jobs.run_due():
            pass

    def poll(self) -> Taken:
        """Take all the messages that the bank has sent by now."""
        applied = repeated = cases = 0
        while True:
            taken = poll_bank(self.home, self.rail)
            if taken == Taken(0, 0, 0):
                return Taken(applied, repeated, cases)
            applied += taken.applied
            repeated += taken.repeated
            cases += taken.cases

    def reconcile(self, on: date, reserve: str = "reserve") -> Reconciliation:
        return self.run(reconcile_day, ReconcileDay(self.rail.statement(reserve, on)))

    def snapshot(self) -> tuple[bytes, dict[str, list[Any]]]:
        """Everything a command could change: the ledger's accounts and every row of the rooms."""

        def look(tx: Tx) -> tuple[bytes, dict[str, list[Any]]]:
            aside = ("home_clock", "book", "journal")
            names = [name for name in tables(tx.sql) if name not in aside]
            rows = {name: sorted(tx.sql.rows(f"SELECT * FROM {name}"), key=repr) for name in names}
            return tx.accounts_view().tobytes(), rows

        return self.home.read(look)

    def breaks(self) -> list[str]:
        return [str(each) for each in self.read(check)]

"""Four books with wallets on one virtual clock: for the tests of the books room.

No threads: a door carries a command out at once. Between two books stands a `Line`, on which orders
and answers can be lost, and come late, as the test says.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any

from venule.app import open_home
from venule.books import (
    AddBook,
    Answer,
    BookIds,
    BookNumber,
    BookPayment,
    BookPaymentId,
    Directory,
    DoorPeer,
    HomeReader,
    House,
    HouseTotals,
    Order,
    PairDay,
    PaymentKind,
    SendBack,
    SendMoney,
    add_book,
    book_jobs,
    book_place,
    check,
    close_day,
    consistent_cut,
    directory,
    directory_place,
    house_totals,
    payment,
    send,
    send_back,
    shares,
)
from venule.kit.home import Home
from venule.kit.ids import SeededIds
from venule.kit.jobs import JobRunner
from venule.kit.money import Money
from venule.kit.time import VirtualClock, china_instant
from venule.ledger import Tx
from venule.members import Member, MemberKind, NewMember, Tier, onboard
from venule.wallet import (
    CreditLine,
    CreditTopUps,
    SetUp,
    available,
    credit_top_ups,
    house,
    set_up,
)
from venule.wallet import check as check_wallet

START = datetime(2020, 3, 2, 1, tzinfo=UTC)
BOOKS = 4
OPENING_FEN = 100_000


class LineDown(Exception):
    """The network between two books."""


class HomeDoor:
    """Carries a command out at once; what it raises is the future's."""

    def __init__(self, home: Callable[[], Home[Tx]]) -> None:
        self._home = home

    def submit(self, fn: Any, command: Any, key: str | None = None) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(self._home().run(fn, command, key=key))
        except Exception as error:
            future.set_exception(error)
        return future


class Line:
    """The way from one book to another.

    fate: says of each word what becomes of it: "ok", "lose" it, lose the "answer", or "late": it is
    lost, and comes to the other book when `deliver_late` is called.
    """

    def __init__(self, door: HomeDoor) -> None:
        self.peer = DoorPeer(door)
        self.fate: Callable[[], str] = lambda: "ok"
        self.late: list[Callable[[], Future[Answer]]] = []
        self.count = 0

    def deliver(self, order: Order, key: str) -> Future[Answer]:
        return self._tell(lambda: self.peer.deliver(order, key))

    def cancel(self, order: Order, key: str) -> Future[Answer]:
        return self._tell(lambda: self.peer.cancel(order, key))

    def _tell(self, tell: Callable[[], Future[Answer]]) -> Future[Answer]:
        self.count += 1
        fate = self.fate()
        future: Future[Answer] = Future()
        if fate == "ok":
            return tell()
        if fate == "late":
            self.late.append(tell)
        elif fate == "answer":
            tell()
        future.set_exception(LineDown(fate))
        return future

    def deliver_late(self) -> list[Answer]:
        """Let what was late come now; return the answers, which nobody waits for."""
        late, self.late = self.late, []
        futures = [tell() for tell in late]
        return [future.result() for future in futures if future.exception() is None]


class BookTown:
    """A house of books in this process; `run` counts the openings, for the ids' sake."""

    def __init__(self, root: Path | str, books: int = BOOKS, start: datetime = START) -> None:
        """root: a directory, or the address of a database."""
        self.root = root
        self.clock = VirtualClock(start)
        self.openings = 0
        self.homes: dict[int, Home[Tx]] = {}
        self.directory = self._open(directory_place(str(root)), 1, None)
        known = self.directory.read(directory)
        if not known.books:
            for first, last in shares(books):
                self.directory.run(add_book, AddBook(f"book {first}", first, last))
        self.known: Directory = self.directory.read(directory)
        for entry in self.known.books:
            self.open_book(entry.number)
            self.homes[entry.number].run(set_up, SetUp())
        self.lines = {
            (a, b): Line(HomeDoor(lambda b=b: self.homes[b]))
            for a in self.homes
            for b in self.homes
            if a != b
        }
        self.members: dict[int, list[Member]] = {number: [] for number in self.homes}

    def _open(self, place: str, number: int, slots: tuple[int, int] | None) -> Home[Tx]:
        self.openings += 1
        ids: Any = SeededIds(f"{number} {slots} {self.openings}", self.clock)
        if slots is not None:
            ids = BookIds(ids, *slots)
        return open_home(place, clock=self.clock, ids=ids, book=number)

    def path(self, number: int) -> Path:
        return Path(book_place(str(self.root), number))

    def open_book(self, number: int) -> Home[Tx]:
        [slots] = [(r.first, r.last) for r in self.known.ranges if r.book == number]
        place = book_place(str(self.root), number)
        self.homes[number] = self._open(place, number, slots)
        return self.homes[number]

    def __enter__(self) -> BookTown:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for home in [*self.homes.values(), self.directory]:
            home.close()

    # People

    def person(self, book: int, fen: int = OPENING_FEN, tier: Tier = Tier.III) -> Member:
        return self._member(book, MemberKind.PERSON, tier, fen)

    def merchant(self, book: int, fen: int = 0) -> Member:
        return self._member(book, MemberKind.MERCHANT, Tier.NONE, fen)

    def _member(self, book: int, kind: MemberKind, tier: Tier, fen: int) -> Member:
        home = self.homes[book]
        count = len(self.members[book])
        made = home.run(onboard, NewMember(f"{kind.value} {count}", kind, tier))
        self.members[book].append(made)
        if fen:
            line = CreditLine(made.id, fen, f"opening {made.id}")
            home.run(credit_top_ups, CreditTopUps([line], date(2020, 3, 2)))
        return made

    def fen(self, book: int, member: Member) -> int:
        return self.homes[book].read(lambda tx: available(tx, member.id)).amount

    # Payments

    def send(
        self, a: int, payer: Member, b: int, payee: Member, fen: int, **more: Any
    ) -> BookPayment:
        key = more.pop("key", None)
        command = SendMoney(payer.id, payee.id, BookNumber(b), Money(fen, "CNY"), **more)
        return self.homes[a].run(send, command, key=key)

    def send_back(self, b: int, payment_id: BookPaymentId, request: str, fen: int) -> BookPayment:
        command = SendBack(payment_id, request, Money(fen, "CNY"))
        return self.homes[b].run(send_back, command)

    def transfer(self, a: int, payer: Member, b: int, payee: Member, fen: int) -> BookPayment:
        return self.send(a, payer, b, payee, fen, kind=PaymentKind.TRANSFER)

    def payment(self, book: int, payment_id: BookPaymentId) -> BookPayment:
        return self.homes[book].read(lambda tx: payment(tx, payment_id))

    def runner(self, number: int) -> JobRunner[Tx]:
        peers: Any = {BookNumber(b): line for (a, b), line in self.lines.items() if a == number}
        return JobRunner(self.homes[number], book_jobs(peers, self.clock))

    def work(self, *numbers: int) -> int:
        """Run the jobs that are due in these books, in all without any."""
        count = 0
        for number in numbers or self.homes:
            while done := self.runner(number).run_due():
                count += done
        return count

    def wait(self, **by: int) -> None:
        self.clock.advance(timedelta(**by))

    def settle(self) -> None:
        """Let time go by and jobs run until nothing is due any more; lines should be up."""
        for _ in range(60):
            self.work()
            waiting = self.waiting()
            if not waiting:
                return
            self.clock.set(max(self.clock.now(), min(waiting)))
        raise AssertionError("jobs never come to an end")

    def waiting(self) -> list[datetime]:
        """When the next job of each book is due."""
        due = [self.runner(number).next_due_at() for number in self.homes]
        return [at for at in due if at is not None]

    # What holds

    def house(self) -> House:
        books = {
            n: (HomeReader(home), HomeDoor(lambda n=n: self.homes[n]))
            for n, home in self.homes.items()
        }
        return House((HomeReader(self.directory), HomeDoor(lambda: self.directory)), books)

    def totals(self) -> HouseTotals:
        readers = self.house().readers
        return house_totals(readers, consistent_cut(readers))

    def close_day(self, on: date) -> list[PairDay]:
        return close_day(self.house(), on)

    def go_to(self, on: date, at: time = time()) -> None:
        self.clock.set(china_instant(on, at))

    def reserves(self) -> int:
        """What lies at the banks in all: it changes by top-ups and withdrawals only."""
        return sum(
            home.read(lambda tx: tx.account(house(tx).reserve).debit_balance)
            for home in self.homes.values()
        )

    def breaks(self) -> list[str]:
        return [
            f"book {number}: {each}"
            for number, home in self.homes.items()
            for each in home.read(lambda tx: [*check_wallet(tx), *check(tx)])
        ]

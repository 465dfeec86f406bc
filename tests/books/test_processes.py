"""Four books in four processes with the relay between them; `kill -9` at random moments.

Every answered request is there; every payment ends the same on both sides; the money is where they
say, to the fen.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from pathlib import Path
from random import Random

import pytest

from support.book_processes import OPENING_FEN, Nursery, People, found
from venule.app import verify
from venule.books import (
    BookNumber,
    BookPayment,
    HomeReader,
    Listing,
    PaymentState,
    ReceiptState,
    Root,
    SendBack,
    SendMoney,
    askers,
    book_place,
    consistent_cut,
    house_totals,
    is_whole,
    payments,
    receipts,
    send,
    send_back,
)
from venule.kit.errors import AppError
from venule.kit.money import Money
from venule.wallet import available

BOOKS = 4
CALLERS = 6
SECONDS = 4.0
KILLS = 8
SETTLE_S_MAX = 60.0
ALL = Listing(limit=1_000)


class Caller(threading.Thread):
    """Pays and refunds without pause, each request with a key, until told to stop."""

    def __init__(self, number: int, doors: dict, people: People) -> None:
        super().__init__()
        self.number = number
        self.random = Random(number)
        self.doors = doors
        self.people = people
        self.stopping = threading.Event()
        self.answered: list[BookPayment] = []
        self.lost = 0

    def run(self) -> None:
        count = 0
        while not self.stopping.is_set():
            a, b = self.random.sample(sorted(self.people), 2)
            count += 1
            key = f"caller {self.number} request {count}"
            try:
                self.answered.append(self._ask(a, b, key).result())
            except AppError:
                self.lost += 1

    def _ask(self, a: int, b: int, key: str) -> Future[BookPayment]:
        if self.answered and self.random.random() < 0.2:
            first = self.random.choice(self.answered)
            if first.original_id is None:
                back = SendBack(first.id, key, Money(1, "CNY"), timeout_s=3)
                return self.doors[first.peer].submit(send_back, back, key)
        pay = SendMoney(
            self.people[a][0].id,
            self.people[b][1].id,
            BookNumber(b),
            Money(self.random.randint(1, 500), "CNY"),
            timeout_s=3,
        )
        return self.doors[a].submit(send, pay, key)


def waiting(doors: dict) -> int:
    """How many payments of all books are held."""
    held = Listing(PaymentState.HELD, 1_000)
    return sum(len(door.read(payments, held)) for door in doors.values())


def live(place: Path | str, root: Root, people: People, seed: int, kills: int) -> list[Caller]:
    """Let callers pay while books are killed and started again; wait until all has ended."""
    random = Random(seed)
    nursery = Nursery(place)
    pids = {number: nursery.start(number) for number in people}
    doors = askers(root, people, timeout_s=20)
    callers = [Caller(100 * seed + number, doors, people) for number in range(CALLERS)]
    try:
        for caller in callers:
            caller.start()
        for _ in range(kills):
            time.sleep(SECONDS / KILLS * random.random() * 2)
            victim = random.choice(sorted(pids))
            nursery.kill(pids.pop(victim))
            time.sleep(random.random() * 0.2)
            pids[victim] = nursery.start(victim)
        time.sleep(0.5)
        for caller in callers:
            caller.stopping.set()
        for caller in callers:
            caller.join()
        end = time.monotonic() + SETTLE_S_MAX
        while waiting(doors):
            assert time.monotonic() < end, "payments stay held"
            time.sleep(0.1)
        totals = house_totals(doors, consistent_cut(doors))
        assert is_whole(totals)
        assert BOOKS * OPENING_FEN == totals.client_minor
    finally:
        for caller in callers:
            caller.stopping.set()
        for door in doors.values():
            door.close()
        nursery.close()
    return callers


def check(place: Path | str, root: Root, people: People, callers: list[Caller]) -> None:
    homes = {number: root.open_book(number, patience_us=30_000_000) for number in people}
    try:
        made: dict = {}
        got: dict = {}
        for home in homes.values():
            rows = home.read(lambda tx: tx.sql.rows("SELECT COUNT(*) FROM book_payment"))
            assert rows[0][0] <= 100_000
            made |= {p.id: p for p in home.read(every(payments))}
            got |= {r.id: r for r in home.read(every(receipts))}
        for caller in callers:
            for answer in caller.answered:
                assert answer.id in made, "a request was answered"
        balance = {
            m.id: fen
            for each in people.values()
            for m, fen in zip(each, (OPENING_FEN, 0), strict=True)
        }
        for paid in made.values():
            received = got[paid.id].state is ReceiptState.RECEIVED
            assert PaymentState.HELD is not paid.state
            assert received == (paid.state is PaymentState.SETTLED), paid
            if received:
                balance[paid.payer_id] -= paid.amount_minor
                balance[paid.payee_id] += paid.amount_minor
        assert made.keys() == got.keys()
        found_ = {
            m.id: homes[n].read(lambda tx, m=m: available(tx, m.id)).amount
            for n, each in people.items()
            for m in each
        }
        assert balance == found_
        readers = {n: HomeReader(home) for n, home in homes.items()}
        totals = house_totals(readers, consistent_cut(readers))
        assert (BOOKS * OPENING_FEN, 0) == (totals.client_minor, totals.under_way_minor)
    finally:
        for home in homes.values():
            home.close()
    for number in people:
        report = verify(book_place(str(place), number))
        assert report.ok, report.faults


def every(fn):
    """Look at all rows, not only at a page of them."""
    from venule.books import store

    each = store.each_payment if fn is payments else store.each_receipt
    return lambda tx: list(each(tx.sql))


@pytest.fixture(params=["files", "database"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Path | str:
    if request.param == "files":
        return tmp_path / "house"
    return request.getfixturevalue("postgres").address(folder=str(tmp_path))


@pytest.mark.sim
def test_books_are_killed_while_money_goes_between_them(place: Path | str, seeds: range) -> None:
    root, people = found(place, BOOKS)
    callers: list[Caller] = []
    for seed in range(max(1, len(seeds) // 3)):
        callers += live(place, root, people, seed, KILLS)
    check(place, root, people, callers)
    answered = sum(len(caller.answered) for caller in callers)
    assert answered > 100, "the books hardly came to work"

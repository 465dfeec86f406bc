"""Payments within and between several books: durable payments a second, and how long each takes.

Each book is a process with its home, its desk, a relay server and a courier to each other book. In
each are as many callers (tasks) as its share of `--callers`; each pays a merchant, of its own book
or, with the probability `--cross-share`, of another one, and waits until the payment is settled:
within a book until its group is durable, between books until the hold is posted, after the other
book's receipt is durable. Then it pays again.

    python benchmarks/books.py --books 4 --cross-share 0.1
    python benchmarks/books.py --books 2 --home start
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import shutil
import sys
import time
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import quote

from common import percentile_ms, say
from places import HOME_HELP, durable, fresh, home_bytes, place_of
from venule.app import books_root, host_book
from venule.books import (
    AddBook,
    BookNumber,
    HomeReader,
    PaymentKind,
    ReceiptState,
    SendMoney,
    book_place,
    consistent_cut,
    directory_place,
    house_totals,
    is_whole,
    send,
    shares,
)
from venule.kit.money import Money
from venule.kit.place import is_address
from venule.kit.time import china_date
from venule.members import MemberId, MemberKind, NewMember, OnboardMany, Tier, onboard_many
from venule.wallet import CreditLine, CreditTopUps, Pay, SetUp, credit_top_ups, pay, set_up

OPENING_FEN = 1_000_000
AMOUNT_FEN_MAX = 50
ONBOARDED_AT_ONCE = 10_000

Members = tuple[list[MemberId], list[MemberId]]
"""Those who pay and those who are paid, of a book."""


def found(root: str, books: int, members: int) -> dict[int, Members]:
    """Make the house: persons with money, merchants without limits, in each book."""
    house = books_root(root)
    house.create()
    people: dict[int, Members] = {}
    for first, last in shares(books):
        entry = house.add(AddBook(f"slots from {first}", first, last))
        with house.open_book(entry.number) as home:
            home.run(set_up, SetUp())
            payers = onboard_some(home, members, MemberKind.MERCHANT, "payer")
            shops = onboard_some(home, max(1, members // 10), MemberKind.MERCHANT, "shop")
            today = china_date(home.clock.now())
            for start in range(0, len(payers), ONBOARDED_AT_ONCE):
                lines = [
                    CreditLine(each, OPENING_FEN, f"opening {each}")
                    for each in payers[start : start + ONBOARDED_AT_ONCE]
                ]
                home.run(credit_top_ups, CreditTopUps(lines, today))
        people[entry.number] = (payers, shops)
    return people


def onboard_some(home: Any, count: int, kind: MemberKind, name: str) -> list[MemberId]:
    made: list[MemberId] = []
    tier = Tier.III if kind is MemberKind.PERSON else Tier.NONE
    for start in range(0, count, ONBOARDED_AT_ONCE):
        stop = min(count, start + ONBOARDED_AT_ONCE)
        new = [NewMember(f"{name} {i}", kind, tier) for i in range(start, stop)]
        made += home.run(onboard_many, OnboardMany(new)).ids
    return made


class Caller:
    """One caller of a book; what each of its payments took, in seconds."""

    def __init__(self, host: Any, number: int, people: dict[int, Members], share: float) -> None:
        self.host = host
        self.random = Random(f"{host.number} {number}")
        self.number = number
        self.people = people
        self.others = [each for each in people if each != host.number]
        self.share = share if self.others else 0
        self.within: list[float] = []
        self.held: list[float] = []
        self.between: list[float] = []

    async def live(self, until: float) -> None:
        count = 0
        while (began := time.perf_counter()) < until:
            count += 1
            key = f"{self.host.number} {self.number} {count}"
            payer = self.random.choice(self.people[self.host.number][0])
            amount = Money(self.random.randint(1, AMOUNT_FEN_MAX), "CNY")
            if self.random.random() < self.share:
                other = self.random.choice(self.others)
                shop = self.random.choice(self.people[other][1])
                asked = SendMoney(payer, shop, BookNumber(other), amount, PaymentKind.PAYMENT)
                made = await self.host.desk.acall(send, asked, key)
                self.held.append(time.perf_counter() - began)
                word = await self.host.outcomes.wait(made.id)
                assert word is ReceiptState.RECEIVED, word
                self.between.append(time.perf_counter() - began)
            else:
                shop = self.random.choice(self.people[self.host.number][1])
                await self.host.desk.acall(pay, Pay(payer, shop, amount), key)
                self.within.append(time.perf_counter() - began)


def write(
    root: str, number: int, callers: int, share: float, people: Any, told: Connection
) -> None:
    """A book's process, with its callers."""

    async def live() -> None:
        host = host_book(books_root(root), number)
        try:
            endpoint = "tcp:127.0.0.1:0"
            await host.start(endpoint)
            told.send("ready")
            seconds = await asyncio.to_thread(told.recv)
            mine = [Caller(host, n, people, share) for n in range(callers)]
            cpu = time.process_time()
            until = time.perf_counter() + seconds
            await asyncio.gather(*(caller.live(until) for caller in mine))
            cpu = time.process_time() - cpu
            took = [[t for c in mine for t in getattr(c, k)] for k in ("within", "held", "between")]
            # In a thread: the others may still need our answers while nobody reads ours.
            await asyncio.to_thread(told.send, (*took, cpu))
            await asyncio.to_thread(told.recv)
        finally:
            await host.stop()

    asyncio.run(live())


def fresh_root(asked: str, books: int) -> str:
    """Return the root that `--home` names, with nothing left there of an earlier run."""
    place = place_of(asked)
    if isinstance(place, str):
        folder = Path("build/bench-books-files").absolute()
        shutil.rmtree(folder, ignore_errors=True)
        root = f"{place}{'&' if '?' in place else '?'}folder={quote(str(folder))}"
        for number in range(1, books + 1):
            fresh(book_place(root, number))
        fresh(directory_place(root))
        return root
    if place.exists():
        if not (place / "directory" / "venule.json").exists():
            sys.exit(f"{place} exists and is no house of ours: name another one with --home")
        shutil.rmtree(place)
    return str(place)


def house_bytes(root: str, books: int) -> int:
    """Bytes of all books."""
    places = [book_place(root, number) for number in range(1, books + 1)]
    return sum(home_bytes(each if is_address(each) else Path(each)) for each in places)


def run(root: str, args: argparse.Namespace, people: dict[int, Members]) -> tuple[Any, float]:
    """Let all books pay at once; return what each told, and how long it took."""
    start = multiprocessing.get_context("spawn")
    books = []
    for number in people:
        ours, theirs = start.Pipe()
        callers = args.callers // len(people)
        words = (root, number, callers, args.cross_share, people, theirs)
        process = start.Process(target=write, args=words)
        process.start()
        books.append((process, ours))
    for _, pipe in books:
        pipe.recv()
    began = time.perf_counter()
    for _, pipe in books:
        pipe.send(args.seconds)
    told = [pipe.recv() for _, pipe in books]
    elapsed = time.perf_counter() - began
    for _, pipe in books:
        pipe.send("stop")
    for process, _ in books:
        process.join()
    return told, elapsed


def check(root: str, people: dict[int, Members], between: int, within: int) -> dict[str, Any]:
    """Count what is there, and that no fen is missing; how long the totals take."""
    house = books_root(root)
    homes = {number: house.open_book(number, readonly=True) for number in people}
    readers = {number: HomeReader(home) for number, home in homes.items()}
    began = time.perf_counter()
    totals = house_totals(readers, consistent_cut(readers))
    took = time.perf_counter() - began
    assert is_whole(totals)
    members = sum(len(payers) for payers, _ in people.values())
    assert totals.client_minor == members * OPENING_FEN, totals
    assert not totals.under_way_minor
    for table, expected in (
        ("book_payment", between),
        ("book_receipt", between),
        ("payment", within),
    ):
        seen = sum(
            home.read(lambda tx, table=table: tx.sql.row(f"SELECT COUNT(*) FROM {table}")[0])  # noqa: S608
            for home in homes.values()
        )
        assert seen == expected, f"{table}: answered {expected}, found {seen}"
    for home in homes.values():
        home.close()
    return {"totals_s": round(took, 3)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--books", type=int, default=2)
    parser.add_argument("--cross-share", type=float, default=0.1)
    parser.add_argument("--callers", type=int, default=128, help="tasks, in all books together")
    parser.add_argument("--members", type=int, default=2_000, help="payers of each book")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--home", default="build/bench-books", help=HOME_HELP)
    args = parser.parse_args()
    root = fresh_root(args.home, args.books)
    people = found(root, args.books, args.members)
    before = house_bytes(root, args.books)
    told, elapsed = run(root, args, people)
    within, held, between = ([t for each in told for t in each[k]] for k in range(3))
    count = len(within) + len(between)
    result: dict[str, Any] = {
        "books": args.books,
        "cross_share": args.cross_share,
        "callers": args.callers,
        "payments": count,
        "payments_per_s": round(count / elapsed),
        "within_per_s": round(len(within) / elapsed),
        "between_per_s": round(len(between) / elapsed),
        "within_p50_ms": percentile_ms(within, 0.5),
        "within_p99_ms": percentile_ms(within, 0.99),
    }
    if between:
        result |= {
            "held_p50_ms": percentile_ms(held, 0.5),
            "held_p99_ms": percentile_ms(held, 0.99),
            "settled_p50_ms": percentile_ms(between, 0.5),
            "settled_p99_ms": percentile_ms(between, 0.99),
            "settled_max_ms": percentile_ms(between, 1),
        }
    result["cpu_us_per_payment"] = round(sum(each[3] for each in told) / count * 1e6, 1)
    result |= check(root, people, len(between), len(within))
    result["bytes_per_payment"] = round((house_bytes(root, args.books) - before) / count, 1)
    say(
        result
        | {
            "durable": f"{durable(root if is_address(root) else Path(root))}; within: key, row,"
            " transfer together; between: hold, receipt and posting, each before it is told",
        }
    )


if __name__ == "__main__":
    main()

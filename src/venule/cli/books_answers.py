"""What the commands about a house of books answer."""

import asyncio
import signal
import sys
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec

from venule.app import books_root, host_book
from venule.books import (
    AddBook,
    BookEntry,
    BookNumber,
    BookPayment,
    ExplainDay,
    Listing,
    PairDay,
    PairState,
    PaymentState,
    book_door,
    book_of_institution,
    close_day,
    consistent_cut,
    explain_day,
    file_readers,
    house_totals,
    is_whole,
    payments,
    shares,
    whole_house,
)
from venule.books import where as book_of
from venule.cli.errors import InstantMalformed, LimitOutOfRange, ReferenceMalformed, StateUnknown
from venule.cli.exits import Exit
from venule.cli.names import account_names
from venule.cli.show import amount, iso, print_json, print_line, print_table
from venule.kit.home import Home
from venule.kit.jobs import JobRunner, revive
from venule.kit.jobs_table import Job, JobId
from venule.ledger import Tx

YUAN_SCALE: Final = 2
LIMIT_MAX: Final = 1_000


def init(root: str, books: int) -> int:
    """Make a house."""
    house = books_root(root)
    house.create()
    for number, (first, last) in enumerate(shares(books), 1):
        entry = house.add(AddBook(f"book {number}", first, last))
        print_line(f"book {entry.number}: slots {first} to {last}")
    return Exit.OK


def add(
    root: str, name: str, slots: tuple[int, int], institutions: tuple[str, ...], *, json: bool
) -> int:
    """Take a book into a house."""
    entry = books_root(root).add(AddBook(name, *slots, institutions))
    if json:
        print_json(_entry(entry))
    else:
        print_line(f"book {entry.number}: slots {slots[0]} to {slots[1]}")
    return Exit.OK


def _entry(entry: BookEntry) -> dict[str, Any]:
    return {"number": entry.number, "name": entry.name, "opened_at": iso(entry.opened_at)}


def list_books(root: str, *, json: bool) -> int:
    """Show the directory."""
    house = books_root(root)
    known = house.directory()
    rows = []
    for entry in known.books:
        ranges = [f"{r.first}-{r.last}" for r in known.ranges if r.book == entry.number]
        theirs = [name for name, book in known.institutions.items() if book == entry.number]
        at = house.find_endpoint(entry.number) or ""
        rows.append((entry.number, entry.name, " ".join(ranges), " ".join(theirs), at))
    columns = ("book", "name", "slots", "institutions", "last served at")
    if json:
        names = ("book", "name", "slots", "institutions", "endpoint")
        books = [dict(zip(names, row, strict=True)) for row in rows]
        print_json({"version": known.version, "books": books})
    else:
        print_table(columns, rows, right=("book",))
    return Exit.OK


def where(root: str, member: str, *, json: bool) -> int:
    """Say which book a member is in, or an institution's new members go into."""
    known = books_root(root).directory()
    if member in known.institutions:
        found = book_of_institution(known, member)
    else:
        try:
            asked = UUID(member)
        except ValueError:
            found = book_of_institution(known, member)
        else:
            found = book_of(known, asked)
    if json:
        print_json({"book": found, "version": known.version})
    else:
        print_line(f"book {found}")
    return Exit.OK


def serve(root: str, book: int, endpoint: str) -> int:
    """Be the writer of a book until told to end."""

    async def live() -> None:
        host = host_book(books_root(root), book)
        try:
            taken = await host.start(endpoint)
            print_line(f"book {book} is served at {taken}")
            sys.stdout.flush()  # whoever started us waits for the line
            ended = asyncio.Event()
            for each in (signal.SIGTERM, signal.SIGINT):
                asyncio.get_running_loop().add_signal_handler(each, ended.set)
            await ended.wait()
        finally:
            await host.stop()

    asyncio.run(live())
    return Exit.OK


def list_payments(root: str, book: int, state: str | None, limit: int, *, json: bool) -> int:
    """Show a book's payments to others."""
    if not 1 <= limit <= LIMIT_MAX:
        raise LimitOutOfRange(limit, LIMIT_MAX)
    wanted = None
    if state is not None:
        try:
            wanted = PaymentState(state)
        except ValueError:
            raise StateUnknown(state, [each.value for each in PaymentState]) from None
    with books_root(root).open_book(book, readonly=True) as home:
        found = home.read(lambda tx: payments(tx, Listing(wanted, limit)))
    if json:
        print_json({"payments": [_payment(each) for each in found]})
        return Exit.OK
    print_table(
        ("payment", "kind", "to book", "amount", "refunded", "state", "reason", "made", "deadline"),
        [
            (
                each.id,
                each.kind.value,
                each.peer,
                amount(each.amount_minor, YUAN_SCALE),
                amount(each.refunded_minor, YUAN_SCALE),
                each.state.value,
                each.reason,
                iso(each.made_at),
                iso(each.deadline_at),
            )
            for each in found
        ],
        right=("to book", "amount", "refunded"),
    )
    return Exit.OK


def _payment(each: BookPayment) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(each)
    return plain


def dead(root: str, book: int, revived: tuple[str, ...], *, json: bool) -> int:
    """Show the orders that were given up; have some told again."""
    house = books_root(root)
    if revived:
        ids = [_job_id(each) for each in revived]
        with book_door(house, BookNumber(book)) as (_, door):
            for job_id in ids:
                door.submit(revive, job_id).result()
    with house.open_book(book, readonly=True) as home:
        jobs = _dead_jobs(home)
    if json:
        rows = [
            {
                "job": str(j.id),
                "kind": j.kind,
                "error": j.last_error,
                "ended_at": iso(j.ended_at or 0),
            }
            for j in jobs
        ]
        print_json({"dead": rows})
    else:
        print_table(
            ("job", "kind", "attempts", "ended", "last error"),
            [(j.id, j.kind, j.attempts, iso(j.ended_at or 0), j.last_error or "") for j in jobs],
            right=("attempts",),
        )
    return Exit.OK


def _dead_jobs(home: Home[Tx]) -> list[Job]:
    return JobRunner(home, {}).dead_jobs()


def _job_id(text: str) -> JobId:
    try:
        return JobId(UUID(text))
    except ValueError:
        raise ReferenceMalformed("--revive", text) from None


def totals(root: str, *, json: bool) -> int:
    """Sum up all books at a consistent cut; REFUSED if a fen is missing."""
    readers = file_readers(books_root(root))
    found = house_totals(readers, consistent_cut(readers))
    whole = is_whole(found)
    if json:
        print_json({"whole": whole, **msgspec.to_builtins(found, str_keys=True)})
        return Exit.OK if whole else Exit.REFUSED
    names = account_names()
    print_table(
        ("unit", "code", "name", "balance"),
        [
            (each.unit, each.code, names.get(each.code, ""), each.balance_minor)
            for each in found.totals
        ],
        right=("unit", "code", "balance"),
    )
    at = ", ".join(f"book {book} at {seq}" for book, seq in sorted(found.positions.items()))
    print_line(f"positions: {at}")
    print_line(f"under way between books: {amount(found.under_way_minor, YUAN_SCALE)}")
    print_line(f"owed to clients: {amount(found.client_minor, YUAN_SCALE)}")
    print_line("ok" if whole else "not ok: clearing accounts and what is under way differ")
    return Exit.OK if whole else Exit.REFUSED


def reconcile(root: str, on: str, *, json: bool) -> int:
    """Close a day between the books; REFUSED if a pair has an alarm."""
    day = _day(on)
    with whole_house(books_root(root)) as house:
        days = close_day(house, day)
    alarm = any(each.state is PairState.ALARM for each in days)
    if json:
        print_json({"alarm": alarm, "pairs": msgspec.to_builtins(days)})
        return Exit.REFUSED if alarm else Exit.OK
    print_table(
        ("books", "balance", "the other's", "under way", "unexplained", "matched", "state"),
        [_pair(each) for each in days],
        right=("balance", "the other's", "under way", "unexplained", "matched"),
    )
    for each in days:
        for item in each.items:
            print_line(
                f"book {item.payer_book} paid {amount(item.amount_minor, YUAN_SCALE)}, "
                f"payment {item.id}: {item.kind.value} {item.detail}".rstrip()
            )
    return Exit.REFUSED if alarm else Exit.OK


def _pair(each: PairDay) -> tuple[object, ...]:
    return (
        f"{each.book} and {each.peer}",
        amount(each.balance_minor, YUAN_SCALE),
        amount(each.peer_balance_minor, YUAN_SCALE),
        amount(each.under_way_minor, YUAN_SCALE),
        amount(each.unexplained_minor, YUAN_SCALE),
        each.matched,
        each.state.value,
    )


def explain(root: str, pair: tuple[int, int], on: str, note: str, *, json: bool) -> int:
    """Note why a pair did not balance."""
    command = ExplainDay(BookNumber(pair[1]), _day(on), note)
    with book_door(books_root(root), BookNumber(pair[0])) as (_, door):
        found = door.submit(explain_day, command).result()
    if json:
        print_json(msgspec.to_builtins(found))
    else:
        print_line(f"{found.day_on}: {found.state.value}")
    return Exit.OK


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InstantMalformed("ON", text) from None

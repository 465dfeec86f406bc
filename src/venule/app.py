"""The composition root: joins the rooms over one home."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path
from typing import Any, Final

import msgspec

from venule import (
    access,
    books,
    escrow,
    fund,
    gateway,
    ledger,
    members,
    partners,
    replay,
    wallet,
    webhooks,
)
from venule.kit.backup import backup
from venule.kit.errors import AppError, HomeDamaged, NotAHome
from venule.kit.home import Home
from venule.kit.home_store import cut_of, identity
from venule.kit.ids import Ids
from venule.kit.migrate import KIT_MIGRATIONS, Migrations, definition_faults, rooms_in
from venule.kit.moving import MoveReport, Tick, move
from venule.kit.moving_errors import MoveNotProven
from venule.kit.place import is_address, shown
from venule.kit.reader import structure_faults, value_faults
from venule.kit.relay import (
    Procedures,
    Relay,
    SecretNotNamed,
    make_secret,
    parse_endpoint,
    read_secret,
)
from venule.kit.relay.client import TIMEOUT_S
from venule.kit.seal import check_seal
from venule.kit.sql import Sql, open_readonly
from venule.kit.sqlite import DATABASE_FILE, SqliteSql
from venule.kit.time import Clock, SystemClock
from venule.kit.writing import Turn, Writer, find_writer, make_turn
from venule.ledger import Book, CheckpointDamaged, Fault, JournalDamaged, Tx
from venule.procedures import COMMANDS, READERS

__all__ = [
    "ROOMS",
    "VerifyReport",
    "backup",
    "books_root",
    "connect",
    "host_book",
    "make_writer",
    "move_home",
    "open_books",
    "open_home",
    "verify",
]

ROOMS: Final[tuple[Migrations, ...]] = (
    ledger.MIGRATIONS,
    members.MIGRATIONS,
    access.MIGRATIONS,
    wallet.MIGRATIONS,
    books.MIGRATIONS,
    fund.MIGRATIONS,
    escrow.MIGRATIONS,
    partners.MIGRATIONS,
    gateway.MIGRATIONS,
    webhooks.MIGRATIONS,
    replay.MIGRATIONS,
)
"""The rooms that keep rows, in floor order; the kit's own come first by themselves."""

FAULTS_SHOWN_MAX: Final = 100
SHARED_FILE: Final = "relay-secret"
SOCKET_FILE: Final = "socket"
SOCKET_BYTES_MAX: Final = 104
"""The system takes no longer path for a socket."""

SERVED_COMMANDS: Final[tuple[Callable[..., Any], ...]] = (
    members.onboard,
    members.onboard_many,
    members.freeze,
    members.unfreeze,
    wallet.set_up,
    wallet.credit_top_ups,
    wallet.pay,
    wallet.transfer,
    wallet.refund,
)
SERVED_READERS: Final[tuple[Callable[..., Any], ...]] = (
    members.member,
    members.member_by_ref,
    wallet.available,
    wallet.wallet_statement,
    wallet.payment,
)
"""What a book's process serves to others, besides what payments between books need."""


def books_root(root: Path | str, clock: Clock | None = None) -> books.Root:
    """Return the house of books at a place. Raises: PlaceMalformed."""
    return books.Root(str(root), open_home, clock)


def host_book(root: books.Root, number: int) -> books.BookHost:
    """Open a book of a house, to be served in a process of its own. Raises: as `open_home`."""
    return books.BookHost(root, books.BookNumber(number), SERVED_COMMANDS, SERVED_READERS)


class VerifyReport(msgspec.Struct, frozen=True):
    """What `verify` found: `ok`, or the faults, the first one first; and what was looked at."""

    ok: bool
    faults: list[Fault]
    checked: dict[str, int | str]


def open_home(
    place: Path | str,
    *,
    readonly: bool = False,
    clock: Clock | None = None,
    ids: Ids | None = None,
    book: int | None = None,
    endpoint: str = "",
    patience_us: int = 0,
    follower: ledger.Follower | None = None,
) -> Home[Tx]:
    """Open the home of all rooms; for writing, make it if nothing is there.

    place: a directory, or an address `postgresql://...`. A reader sees the home as it was when it
    opened, while a writer goes on. Of a home that was restored to a point, it sees the ledger.
    book: the number of the home's book; without one that of the journal there, or 1. endpoint,
    patience_us: see `Home.open`. follower: has kept a copy of the book, so that less needs to be
    loaded.
    Raises: what `Home.open` does; JournalDamaged, CheckpointDamaged.
    """
    return Home.open(
        place,
        clock=SystemClock() if clock is None else clock,
        ids=ids,
        migrations=(ledger.MIGRATIONS,) if readonly and is_cut(place) else ROOMS,
        participant=partial(_book, number=book, snapshot=readonly, follower=follower),
        tx=Tx,
        readonly=readonly,
        book=_lease(place) if book is None and not readonly else book or 1,
        endpoint=endpoint,
        patience_us=patience_us,
    )


def make_writer(
    place: Path | str,
    listen: str = "",
    *,
    announce: str = "",
    secret: Path | None = None,
    book: int | None = None,
    procedures: Procedures | None = None,
    beside: Callable[[Home[Tx]], AbstractContextManager[object]] = nullcontext,
) -> Writer[Tx]:
    """Return what writes to a home for other processes, once it is its turn; see `Writer.run`.

    listen: where to take commands, such as `tcp:10.0.0.7:7001` or `unix:PATH`; if not said, a
    socket in the home's directory, or any port of this machine's own. announce: what to tell
    others instead. secret: a file of 32 to 64 bytes; if not named, one in the home's directory,
    which is made. book: see `open_home`. procedures: what to serve, if not all of the rooms.
    beside: see `Writer`.
    Raises: EndpointMalformed, SecretNotNamed, RelaySecretUnfit, AddressMalformed.
    """
    place = place if is_address(place) else Path(place)
    if not isinstance(place, Path):
        shown(place)  # what is malformed is told at once
    if secret is not None or not isinstance(place, Path):
        _secret_for(place, secret)
    if announce:
        parse_endpoint(announce)
    turns = _Turns(place, book)
    return Writer(
        turns.open_home,
        turns.wait,
        Procedures(COMMANDS, READERS) if procedures is None else procedures,
        partial(_secret_for, place, secret, make=True),
        parse_endpoint(listen or _endpoint_in(place)),
        announce=announce,
        beside=beside,
    )


class _Turns:
    """One process's turns at a book, whose number is known when the home can be asked for it."""

    def __init__(self, place: Path | str, book: int | None) -> None:
        self._place = place
        self._book = book
        self._follower: ledger.Follower | None = None

    def wait(self) -> Turn:
        book = _lease(self._place) if self._book is None else self._book
        if self._follower is None or self._follower.book != book:
            self._follower = ledger.Follower(book)
        return make_turn(self._place, book, self._follower)

    def open_home(self) -> Home[Tx]:
        return open_home(self._place, book=self._book, follower=self._follower)


def connect(
    place: Path | str,
    secret: Path | None = None,
    *,
    book: int | None = None,
    timeout_s: float = TIMEOUT_S,
) -> Relay:
    """Return a desk whose writer is another process; it finds it, and the next one after it.

    secret: as of the writer. book: without one, the lowest that has had a writer.
    Raises: RelaySecretUnfit, SecretNotNamed.
    """
    place = place if is_address(place) else Path(place)
    if not isinstance(place, Path):
        shown(place)
    return Relay(partial(find_writer, place, book), _secret_for(place, secret), timeout_s=timeout_s)


def _secret_for(place: Path | str, file: Path | None, *, make: bool = False) -> bytes:
    if file is None:
        if not isinstance(place, Path):
            raise SecretNotNamed(shown(place))
        file = place / SHARED_FILE
        if make:
            return make_secret(file)
    return read_secret(file)


def _endpoint_in(place: Path | str) -> str:
    if isinstance(place, Path):
        socket = str(place.absolute() / SOCKET_FILE)
        if len(socket.encode()) < SOCKET_BYTES_MAX:
            return f"unix:{socket}"
    return "tcp:127.0.0.1:0"


def move_home(
    source: Path | str,
    target: Path | str,
    *,
    clock: Clock | None = None,
    tick: Callable[[Tick], None] = lambda _: None,
) -> MoveReport:
    """Move a home with all its rooms to a place where there is nothing; see `kit.moving`.

    Raises: what `moving.move` does; MoveNotProven.
    """
    clock = SystemClock() if clock is None else clock
    return move(
        source, target, rooms=ROOMS, clock=clock, prove=_prove, books_in=ledger.books, tick=tick
    )


def _prove(place: Path | str) -> None:
    report = verify(place)
    if not report.ok:
        first = report.faults[0]
        faults, said = len(report.faults), f"{first.where}: {first.message}"
        raise MoveNotProven(shown(place), faults, said)


def is_cut(place: Path | str) -> bool:
    """Whether a home was restored to a point and has the ledger alone. Raises as `verify`."""
    sql = open_readonly(place)
    try:
        return cut_of(sql) is not None
    finally:
        sql.close()


def open_books(place: Path | str, *, readonly: bool = True, book: int | None = None) -> Home[Tx]:
    """Open the books of a home, which may be the work of the ledger on its own: it stays that.

    Raises as `open_home`.
    """
    if has_rooms(place):
        return open_home(place, readonly=readonly, book=book)
    return Home.open(
        place,
        clock=SystemClock(),
        migrations=(ledger.MIGRATIONS,),
        participant=partial(_book, number=book, snapshot=readonly),
        tx=Tx,
        readonly=readonly,
        book=_lease(place) if book is None and not readonly else book or 1,
    )


def has_rooms(place: Path | str) -> bool:
    """Whether a room above the ledger has ever opened a home. Raises as `verify`."""
    sql = open_readonly(place)
    try:
        return not rooms_in(sql).isdisjoint(room.room for room in ROOMS[1:])
    finally:
        sql.close()


def _book(
    sql: Sql, number: int | None, *, snapshot: bool, follower: ledger.Follower | None = None
) -> Book:
    if snapshot:
        sql.begin_read()  # pages, journal and rows of one moment
    if number is None:
        number = ledger.first_book(sql) or 1
    return Book(sql, number, follower)


def verify(place: Path | str) -> VerifyReport:
    """Recompute everything from what is stored alone and say ok, or what does not hold.

    In this order: the seal of a well-closed home over every byte, which says where the file has
    changed; then, to say what has, SQLite's own structure and the definitions of its tables, the
    ledger's proof (archive files, hash chain, sums, chains, checkpoints) and the book as a writer
    would open it against the replayed one. If the book is whole, every room's own checks against it
    (register = ledger, client liabilities = client assets, every order's entries, and so on); and
    if anything but the book is wrong, every value of every row. A PostgreSQL home has no seal, and
    its tables' definitions and its values' kinds are the database's own business.
    Raises: NotAHome, HomeTooNew, HomeNotMigrated, StorageFailed if there is nothing to verify.
    """
    if not is_address(place):
        place = Path(place)
    checked: dict[str, int | str] = {}
    faults = _seal_faults(place, checked) if isinstance(place, Path) else []
    try:
        found = _book_faults(place, checked)
        if not found:
            found = _room_faults(place, checked)
            if isinstance(place, Path) and (found or faults):
                found += _value_faults(place)
        faults += found
    except (HomeDamaged, JournalDamaged, CheckpointDamaged) as error:
        faults.append(Fault(where=shown(place), message=error.message))
    return VerifyReport(ok=not faults, faults=faults[:FAULTS_SHOWN_MAX], checked=checked)


def _seal_faults(path: Path, checked: dict[str, int | str]) -> list[Fault]:
    try:
        damaged = check_seal(path)
    except HomeDamaged as error:
        return [Fault(where=str(path), message=error.message)]
    if damaged is None:
        checked["seal"] = "absent: not closed well, or open now"
    else:
        checked["seal"] = "broken" if damaged else "whole"
    return [
        Fault(f"{DATABASE_FILE}, bytes {first} to {last}", "they changed after the home was closed")
        for first, last in damaged or []
    ]


def _book_faults(place: Path | str, checked: dict[str, int | str]) -> list[Fault]:
    sql = open_readonly(place)
    try:
        sql.begin_read()
        faults: list[Fault] = []
        if isinstance(sql, SqliteSql):
            wrong = structure_faults(sql) or definition_faults(sql, (KIT_MIGRATIONS, *ROOMS))
            faults = [Fault(DATABASE_FILE, said) for said in wrong]
        try:
            return faults + _ledger_faults(sql, checked)
        except Exception as error:
            if isinstance(error, AppError) and not faults:
                raise
            said = f"{type(error).__name__}: {error}"
            return [*faults, Fault("ledger", f"its proof ended before it was done: {said}")]
    finally:
        sql.close()


def _ledger_faults(sql: Sql, checked: dict[str, int | str]) -> list[Fault]:
    faults: list[Fault] = []
    for book in ledger.books(sql) or [1]:
        proof, memory = ledger.prove(sql, book)
        checked |= {
            "transfers": proof.transfers,
            "accounts": proof.accounts,
            "journal_rows": proof.rows,
            "archive_files": proof.archives,
            "checkpoint_pages": proof.pages,
            "open_holds": proof.pending,
            "journal_hash": proof.hash,
        }
        faults += proof.faults
        if not faults and not memory.equals(Book(sql, book).memory):
            faults.append(Fault(f"book {book}", "checkpoint and tail do not give the replay"))
        if not faults and len(ledger.books(sql)) == 1:
            faults += _mark_faults(sql, proof.transfers, proof.hash)
    return faults


def _mark_faults(sql: Sql, transfers: int, digest: str) -> list[Fault]:
    """See whether the journal ends where the home's last group left it."""
    mark = identity(sql)[1]
    if (
        not mark.commits
        or cut_of(sql) is not None
        or (mark.seq, mark.hash.hex())
        == (
            transfers,
            digest,
        )
    ):
        return []
    left = f"transfer {mark.seq}, hash {mark.hash.hex()}"
    return [
        Fault("home_clock", f"expected the end at {left}, seen transfer {transfers}, hash {digest}")
    ]


def _value_faults(path: Path) -> list[Fault]:
    sql = open_readonly(path)
    assert isinstance(sql, SqliteSql)
    try:
        sql.begin_read()
        return [Fault("rows", said) for said in value_faults(sql)]
    finally:
        sql.close()


def _room_faults(place: Path | str, checked: dict[str, int | str]) -> list[Fault]:
    if is_cut(place):
        checked["room_checks"] = "none: the home was restored to a point, with the ledger alone"
        return []
    if not has_rooms(place):
        checked["room_checks"] = "none: no room above the ledger has opened this home"
        return []
    with open_home(place, readonly=True) as home:
        breaks = home.read(
            lambda tx: [
                *wallet.check(tx),
                *access.check(tx),
                *books.check(tx),
                *fund.check(tx),
                *escrow.check(tx),
                *gateway.check(tx),
            ]
        )
        checked["room_checks"] = "wallet, members, access, books, fund, escrow, gateway"
    return [
        Fault(
            f"{found.room}: {found.rule}",
            f"{found.subject}: expected {found.expected}, seen {found.actual}",
        )
        for found in breaks
    ]


def _lease(place: Path | str) -> int:
    """Return the book whose lease a writer takes that does not say which: the one there, or 1."""
    if not is_address(place):
        return 1
    try:
        sql = open_readonly(place)
    except NotAHome:
        return 1
    try:
        return ledger.first_book(sql) or 1
    finally:
        sql.close()

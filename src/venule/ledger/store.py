"""Every SQL statement of the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

import msgspec

from venule.kit.errors import HomeDamaged
from venule.kit.migrate import Migrations
from venule.kit.sql import Row, Sql
from venule.ledger.archive_store import archived_before, archived_to
from venule.ledger.errors import CheckpointDamaged, JournalDamaged
from venule.ledger.legible import legible, wrong_kind
from venule.ledger.model import Unit

MIGRATIONS: Final = Migrations("ledger", package="venule.ledger")

ROWS_AT_ONCE_MAX: Final = 64
BYTES_AT_ONCE: Final = 4 << 20
"""The journal is read in strides: where the database is another process, each is a round trip."""


class JournalRow(msgspec.Struct, frozen=True):
    """One row of the journal; `codec` tells how `transfers` and `openings` are written."""

    book: int
    first_seq: int
    transfer_count: int
    first_account: int
    account_count: int
    first_at: int
    last_at: int
    previous_hash: bytes
    hash: bytes
    openings: bytes
    transfers: bytes
    codec: int


class _End(msgspec.Struct, frozen=True):
    """Of a journal row, what the next one follows on."""

    first_seq: int
    transfer_count: int
    hash: bytes


class _Place(msgspec.Struct, frozen=True):
    """Of a journal row, which transfers it holds."""

    first_seq: int
    transfer_count: int


class _Blob(msgspec.Struct, frozen=True):
    """Of a journal row, its transfers."""

    codec: int
    transfers: bytes


class PageRow(msgspec.Struct, frozen=True):
    """One page of accounts as of transfer `seq`."""

    book: int
    page: int
    seq: int
    hash: bytes
    accounts: bytes
    codec: int


class CheckpointRow(msgspec.Struct, frozen=True):
    """Where replay starts, and the open holds there."""

    book: int
    next_seq: int
    last_account: int
    hash: bytes
    pending: bytes


_ROW: Final = (
    "book, first_seq, transfer_count, first_account, account_count, first_at, last_at, "
    "previous_hash, hash, openings, transfers, codec"
)


def append_row(sql: Sql, row: JournalRow) -> None:
    """Append one group; its primary key is the fence against a second writer."""
    sql.run(
        "INSERT INTO journal (book, first_seq, transfer_count, first_account, account_count,"
        " first_at, last_at, previous_hash, hash, openings, transfers, codec)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            row.book,
            row.first_seq,
            row.transfer_count,
            row.first_account,
            row.account_count,
            row.first_at,
            row.last_at,
            row.previous_hash,
            row.hash,
            row.openings,
            row.transfers,
            row.codec,
        ),
    )


def last_position(sql: Sql, book: int) -> tuple[int, bytes] | None:
    """Return (last sequence number, hash) of the newest row, archived ones too; None if there is
    none."""
    row = sql.row(
        "SELECT first_seq, transfer_count, hash FROM journal WHERE book = ?"
        " ORDER BY first_seq DESC LIMIT 1",
        (book,),
    )
    return archived_to(sql, book) if row is None else _end_of(book, row)


def position_before(sql: Sql, book: int, seq: int) -> tuple[int, bytes] | None:
    """Return (last sequence number, hash) of the row before the one that begins at `seq`; of the
    archive file that ends there, if its rows have gone from the journal."""
    row = sql.row(
        "SELECT first_seq, transfer_count, hash FROM journal WHERE book = ? AND first_seq < ?"
        " ORDER BY first_seq DESC LIMIT 1",
        (book, seq),
    )
    return archived_before(sql, book, seq) if row is None else _end_of(book, row)


def _end_of(book: int, found: Row) -> tuple[int, bytes]:
    end = _End(*found)
    if wrong := wrong_kind(end):
        raise JournalDamaged(book, end.first_seq, wrong)
    return end.first_seq + end.transfer_count - 1, end.hash


def rows_from(sql: Sql, book: int, seq: int) -> Iterator[JournalRow]:
    """Yield journal rows in order, beginning with the one that holds transfer `seq`.

    Raises: JournalDamaged for one that cannot be read, or has a value that is not of its kind.
    """
    start = row_start(sql, book, seq)
    first = expected = seq if start is None else start
    count = 1
    while True:
        try:
            found = _rows_at(sql, book, first, expected, count)
        except JournalDamaged:
            if count == 1:
                raise
            count = 1  # so that the row that cannot be read is known
            continue
        if not found:
            return
        size = 0
        for values in found:
            row = JournalRow(*values)
            if wrong := wrong_kind(row):
                raise JournalDamaged(book, row.first_seq, wrong)
            size += len(row.transfers) + len(row.openings)
            yield row
            first = row.first_seq + 1
            expected = row.first_seq + row.transfer_count
        room = BYTES_AT_ONCE * len(found) // max(1, size)
        count = max(1, min(2 * count, ROWS_AT_ONCE_MAX, room))


def _rows_at(sql: Sql, book: int, first: int, expected: int, count: int) -> list[Row]:
    with legible(partial(JournalDamaged, book, expected)):
        return sql.rows(
            f"SELECT {_ROW} FROM journal WHERE book = ? AND first_seq >= ?"  # noqa: S608 (constants)
            " ORDER BY first_seq LIMIT ?",
            (book, first, count),
        )


def next_rows(sql: Sql, book: int, seq: int, limit: int) -> list[JournalRow]:
    """Return the first journal rows that begin at transfer `seq` or later, in order."""
    found = sql.rows(
        f"SELECT {_ROW} FROM journal WHERE book = ? AND first_seq >= ?"  # noqa: S608 (constants)
        " ORDER BY first_seq LIMIT ?",
        (book, seq, limit),
    )
    return [JournalRow(*row) for row in found]


def row_start(sql: Sql, book: int, seq: int) -> int | None:
    """Return first_seq of the row that holds transfer `seq`. Raises: JournalDamaged."""
    with legible(partial(JournalDamaged, book, seq)):
        found = sql.row(
            "SELECT first_seq, transfer_count FROM journal WHERE book = ? AND first_seq <= ?"
            " ORDER BY first_seq DESC LIMIT 1",
            (book, seq),
        )
    if found is None:
        return None
    place = _Place(*found)
    if wrong := wrong_kind(place):
        raise JournalDamaged(book, place.first_seq, wrong)
    return place.first_seq if seq < place.first_seq + place.transfer_count else None


def transfers_of_row(sql: Sql, book: int, first_seq: int) -> tuple[int, bytes] | None:
    """Return (codec, records) of one row. Raises: JournalDamaged."""
    found = sql.row(
        "SELECT codec, transfers FROM journal WHERE book = ? AND first_seq = ?", (book, first_seq)
    )
    if found is None:
        return None
    blob = _Blob(*found)
    if wrong := wrong_kind(blob):
        raise JournalDamaged(book, first_seq, wrong)
    return blob.codec, blob.transfers


def row_at(sql: Sql, book: int, at: int) -> int | None:
    """Return first_seq of the first row that ends at or after instant `at`."""
    found = sql.row(
        "SELECT first_seq FROM journal WHERE book = ? AND last_at >= ?"
        " ORDER BY last_at, first_seq LIMIT 1",
        (book, at),
    )
    return None if found is None else int(found[0])


def save_page(sql: Sql, row: PageRow) -> None:
    """Write one page of accounts, in place of its older image."""
    sql.run(
        "INSERT INTO ledger_page (book, page, seq, hash, accounts, codec) VALUES (?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (book, page) DO UPDATE SET seq = excluded.seq, hash = excluded.hash,"
        " accounts = excluded.accounts, codec = excluded.codec",
        (row.book, row.page, row.seq, row.hash, row.accounts, row.codec),
    )


def page_seqs(sql: Sql, book: int) -> list[tuple[int, int]]:
    """Return (page, seq) of every page, ordered by seq. Raises: CheckpointDamaged."""
    pages = sql.rows("SELECT page, seq FROM ledger_page WHERE book = ? ORDER BY seq, page", (book,))
    for page, seq in pages:
        if type(page) is not int or type(seq) is not int:
            raise CheckpointDamaged(book, -1, f"page {page!r}, written after transfer {seq!r}")
    return [(page, seq) for page, seq in pages]


def page(sql: Sql, book: int, number: int) -> PageRow:
    """Return one page. Raises: CheckpointDamaged."""
    with legible(partial(CheckpointDamaged, book, number)):
        found = sql.row(
            "SELECT book, page, seq, hash, accounts, codec FROM ledger_page"
            " WHERE book = ? AND page = ?",
            (book, number),
        )
    assert found is not None
    row = PageRow(*found)
    if wrong := wrong_kind(row):
        raise CheckpointDamaged(book, number, wrong)
    return row


def save_checkpoint(sql: Sql, row: CheckpointRow) -> None:
    """State where replay may start from now on."""
    sql.run(
        "INSERT INTO ledger_checkpoint (book, next_seq, last_account, hash, pending)"
        " VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (book) DO UPDATE SET next_seq = excluded.next_seq,"
        " last_account = excluded.last_account, hash = excluded.hash, pending = excluded.pending",
        (row.book, row.next_seq, row.last_account, row.hash, row.pending),
    )


def checkpoint(sql: Sql, book: int) -> CheckpointRow | None:
    """Return the last complete checkpoint. Raises: CheckpointDamaged."""
    with legible(partial(CheckpointDamaged, book, -1)):
        found = sql.row(
            "SELECT book, next_seq, last_account, hash, pending FROM ledger_checkpoint"
            " WHERE book = ?",
            (book,),
        )
    if found is None:
        return None
    row = CheckpointRow(*found)
    if wrong := wrong_kind(row):
        raise CheckpointDamaged(book, -1, wrong)
    return row


def checkpoint_start(sql: Sql, book: int) -> int:
    """Return the first transfer that the last complete checkpoint does not contain."""
    found = sql.row("SELECT next_seq FROM ledger_checkpoint WHERE book = ?", (book,))
    return 1 if found is None else int(found[0])


def units(sql: Sql) -> list[Unit]:
    """Return every defined unit. Raises: HomeDamaged."""
    with legible(partial(HomeDamaged, sql.path, "units", "what was defined")):
        found = sql.rows("SELECT unit, name, scale FROM ledger_unit ORDER BY unit")
    defined = [Unit(*row) for row in found]
    for unit in defined:
        if wrong := wrong_kind(unit):
            raise HomeDamaged(sql.path, f"unit {unit.unit!r}", "what was defined", wrong)
    return defined


def add_unit(sql: Sql, unit: Unit, digest: bytes) -> None:
    """Define a unit."""
    sql.run(
        "INSERT INTO ledger_unit (unit, name, scale, hash) VALUES (?, ?, ?, ?)",
        (unit.unit, unit.name, unit.scale, digest),
    )


def unit_hashes(sql: Sql) -> dict[int, bytes]:
    """Return the hash of every unit that has one: those defined before hashes were kept do not."""
    found = sql.rows("SELECT unit, hash FROM ledger_unit")
    return {unit: digest for unit, digest in found if digest is not None}


def books(sql: Sql) -> list[int]:
    """Return the numbers of all books that have a journal."""
    found = sql.rows("SELECT DISTINCT book FROM journal")
    found += sql.rows("SELECT DISTINCT book FROM journal_archive")
    return sorted({book for (book,) in found if type(book) is int})


def first_book(sql: Sql) -> int | None:
    """Return the lowest number of a book that has a journal, None if there is none."""
    row = sql.row(
        "SELECT MIN(book) FROM (SELECT MIN(book) AS book FROM journal"
        " UNION ALL SELECT MIN(book) FROM journal_archive) AS found"
    )
    return row[0] if row is not None and type(row[0]) is int else None

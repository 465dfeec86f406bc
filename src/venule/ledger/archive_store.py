"""The SQL of the archive: its catalog, and deleting the journal rows that it holds."""

from __future__ import annotations

from functools import partial
from typing import Final

import msgspec

from venule.kit.sql import Row, Sql
from venule.ledger.errors import ArchiveEntryDamaged
from venule.ledger.legible import legible, wrong_kind


class ArchiveRow(msgspec.Struct, frozen=True):
    """One archive file: whole journal rows, transfers `first_seq` to `last_seq`.

    previous_hash, hash: of the journal row before the first one, and of the last one.
    file: below the home, with slashes. size: its bytes; sha256: of them; chunks: of its parts.
    entry_hash: over all of this.
    """

    book: int
    first_seq: int
    last_seq: int
    first_at: int
    last_at: int
    previous_hash: bytes
    hash: bytes
    file: str
    size: int
    sha256: bytes
    chunks: bytes
    entry_hash: bytes

    @property
    def transfers(self) -> int:
        return self.last_seq - self.first_seq + 1


class _End(msgspec.Struct, frozen=True):
    """Of a row of the catalog, what the next one follows on."""

    last_seq: int
    hash: bytes


_ARCHIVE: Final = (
    "book, first_seq, last_seq, first_at, last_at, previous_hash, hash, file, bytes, sha256,"
    " chunks, entry_hash"
)


def add_archive(sql: Sql, row: ArchiveRow) -> None:
    """Enter a file into the catalog."""
    sql.run(
        f"INSERT INTO journal_archive ({_ARCHIVE})"  # noqa: S608 (constants)
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        msgspec.structs.astuple(row),
    )


def archives(sql: Sql, book: int) -> list[ArchiveRow]:
    """Return the whole catalog of a book, oldest first. Raises: ArchiveEntryDamaged."""
    with legible(partial(ArchiveEntryDamaged, book, 0)):
        found = sql.rows(
            f"SELECT {_ARCHIVE} FROM journal_archive WHERE book = ? ORDER BY first_seq",  # noqa: S608 (constants)
            (book,),
        )
    return [_entry(book, row) for row in found]


def archive(sql: Sql, book: int, first_seq: int) -> ArchiveRow:
    """Return one row of the catalog. Raises: ArchiveEntryDamaged."""
    with legible(partial(ArchiveEntryDamaged, book, first_seq)):
        found = sql.row(
            f"SELECT {_ARCHIVE} FROM journal_archive WHERE book = ? AND first_seq = ?",  # noqa: S608 (constants)
            (book, first_seq),
        )
    assert found is not None
    return _entry(book, found)


def _entry(book: int, found: Row) -> ArchiveRow:
    row = ArchiveRow(*found)
    if wrong := wrong_kind(row):
        raise ArchiveEntryDamaged(book, row.first_seq, wrong)
    return row


def archive_files(sql: Sql, book: int) -> list[tuple[int, int, str, int]]:
    """Return (first_seq, last_seq, file, bytes) of the whole catalog, oldest first."""
    return [
        (int(first), int(last), str(file), int(size))
        for first, last, file, size in sql.rows(
            "SELECT first_seq, last_seq, file, bytes FROM journal_archive WHERE book = ?"
            " ORDER BY first_seq",
            (book,),
        )
    ]


def archive_footers(sql: Sql, book: int, chunk_bytes: int) -> dict[str, tuple[bytes, bytes]]:
    """Return by file its hash and its last chunk, which is the footer's."""
    return {
        str(file): (bytes(end), bytes(chunk))
        for file, end, chunk in sql.rows(
            "SELECT file, hash, substr(chunks, 1 + length(chunks) - CAST(? AS INTEGER))"
            " FROM journal_archive"
            " WHERE book = ?",
            (chunk_bytes, book),
        )
    }


def archive_holding(sql: Sql, book: int, seq: int) -> int | None:
    """Return first_seq of the file that holds a transfer."""
    found = sql.row(
        "SELECT first_seq, last_seq FROM journal_archive WHERE book = ? AND first_seq <= ?"
        " ORDER BY first_seq DESC LIMIT 1",
        (book, seq),
    )
    return None if found is None or seq > found[1] else int(found[0])


def archive_at(sql: Sql, book: int, at: int) -> int | None:
    """Return first_seq of the first file that ends at or after instant `at`."""
    found = sql.row(
        "SELECT first_seq FROM journal_archive WHERE book = ? AND last_at >= ?"
        " ORDER BY last_at, first_seq LIMIT 1",
        (book, at),
    )
    return None if found is None else int(found[0])


def archived_to(sql: Sql, book: int) -> tuple[int, bytes] | None:
    """Return (last sequence number, hash) of the newest file."""
    found = sql.row(
        "SELECT last_seq, hash FROM journal_archive WHERE book = ? ORDER BY first_seq DESC LIMIT 1",
        (book,),
    )
    return None if found is None else _end_of(book, found)


def archived_before(sql: Sql, book: int, seq: int) -> tuple[int, bytes] | None:
    """Return (last sequence number, hash) of the newest file that ends before a transfer."""
    found = sql.row(
        "SELECT last_seq, hash FROM journal_archive WHERE book = ? AND last_seq < ?"
        " ORDER BY first_seq DESC LIMIT 1",
        (book, seq),
    )
    return None if found is None else _end_of(book, found)


def _end_of(book: int, found: Row) -> tuple[int, bytes]:
    end = _End(*found)
    if wrong := wrong_kind(end):
        raise ArchiveEntryDamaged(book, end.last_seq, wrong)
    return end.last_seq, end.hash


def oldest_rows(sql: Sql, book: int, to_seq: int, limit: int) -> list[tuple[int, int, int]]:
    """Return (first_seq, transfers, openings) of the oldest journal rows that begin by `to_seq`."""
    return [
        (int(seq), int(transfers), int(accounts))
        for seq, transfers, accounts in sql.rows(
            "SELECT first_seq, transfer_count, account_count FROM journal"
            " WHERE book = ? AND first_seq <= ? ORDER BY first_seq LIMIT ?",
            (book, to_seq, limit),
        )
    ]


def drop_rows(sql: Sql, book: int, to_seq: int) -> int:
    """Delete the journal rows that begin by `to_seq`, but none that no file of the catalog holds.

    Returns how many.
    """
    return sql.run(
        "DELETE FROM journal WHERE book = ? AND first_seq <= ? AND first_seq <="
        " (SELECT MAX(last_seq) FROM journal_archive WHERE book = ?)",
        (book, to_seq, book),
    )

"""The books as they were after one transfer: a journal that ends there, made from a longer one.

Archive files that end by then go along as they are; every row after them is checked against its
hash and the row before, and written again. The row in which the point lies is cut there and gets a
hash of its own. The new history is replayed and gets a checkpoint of its own. Units are all kept,
and so are accounts that the very same group opened later, empty: they are not of one moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from venule.kit.errors import BadInput
from venule.kit.sql import Sql
from venule.ledger import archive_store, store
from venule.ledger.archive_proof import checked_rows
from venule.ledger.archive_reader import ArchivedRow, open_archive
from venule.ledger.checkpoint import Checkpointer, apply_row, check_row
from venule.ledger.journal import GENESIS_HASH, make_row, unit_hash
from venule.ledger.memory import Memory
from venule.ledger.model import RecordArray, TransferFlags

BYTES_AT_ONCE: Final = 16 << 20
_OPENS: Final = int(TransferFlags.OPENS)


@dataclass(eq=False)
class PointUnknown(BadInput):
    """There is no such point in the history that was given."""

    seq: int
    end: int
    slug = "point-unknown"

    @property
    def message(self) -> str:
        return f"expected a sequence number from 1 to {self.end}, seen {self.seq}"


@dataclass(eq=False)
class BooksTooMany(BadInput):
    """A point is a point of one book."""

    books: int
    slug = "books-too-many"

    @property
    def message(self) -> str:
        return f"expected a history of one book, seen {self.books} books"


def only_book(sql: Sql) -> int:
    """Return the number of the only book there is, 1 if there is none. Raises: BooksTooMany."""
    found = store.books(sql)
    if len(found) > 1:
        raise BooksTooMany(len(found))
    return found[0] if found else 1


def last_seq(sql: Sql) -> int:
    """Return the last sequence number of the only book; 0 if nothing happened in it."""
    position = store.last_position(sql, only_book(sql))
    return 0 if position is None else position[0]


def files_up_to(sql: Sql, seq: int) -> tuple[list[str], list[str]]:
    """Return the archive files that end by a transfer, and the one in which it lies, if any.

    Names are below the home.
    """
    files = archive_store.archive_files(sql, only_book(sql))
    whole = [name for _, last, name, _ in files if last <= seq]
    return whole, [name for first, last, name, _ in files if first <= seq < last]


def copy_up_to(source: Sql, target: Sql, seq: int) -> tuple[bytes, int]:
    """Write a book's history up to a transfer into a database that has the ledger's empty tables.

    source: its `path` is where the archive's files lie. Returns the hash of the last row, and when
    the last transfer was, in microseconds since the Unix epoch.
    Raises: PointUnknown, BooksTooMany; JournalDamaged; ArchiveMissing, ArchiveCut, ArchiveDamaged.
    """
    end = last_seq(source)
    if not 0 < seq <= end:
        raise PointUnknown(seq, end)
    book = only_book(source)
    target.begin()
    for unit in store.units(source):
        store.add_unit(target, unit, unit_hash(unit))
    digest, at = GENESIS_HASH, 0
    for entry in archive_store.archives(source, book):
        if entry.last_seq <= seq:
            archive_store.add_archive(target, entry)
            digest, at = entry.hash, entry.last_at
    held = 0
    for row, openings, records in _rows_after(source, book, digest, seq):
        kept, opened = _cut(openings, records, row.first_account, seq)
        whole = len(kept) == len(records)
        first = row.first_account if len(opened) else 0
        parts = (opened,) if len(opened) else ()
        new = make_row(book, row.first_seq, first, parts, kept, digest)
        assert not whole or new.hash == row.hash, "a row is what its content says"
        store.append_row(target, new)
        digest, at = new.hash, new.last_at
        held += len(new.transfers) + len(new.openings)
        if held > BYTES_AT_ONCE:
            target.commit()
            target.begin()
            held = 0
    _write_checkpoint(target, book)
    target.commit()
    return digest, at


def _write_checkpoint(target: Sql, book: int) -> None:
    """Replay the new history, which proves it, and write the accounts down."""
    memory = Memory()
    for row, openings, records in checked_rows(target, book):
        apply_row(row, openings, records, memory)
    checkpointer = Checkpointer(book, memory)
    checkpointer.write_all(target)
    checkpointer.committed()


def _cut(
    openings: RecordArray, records: RecordArray, first_account: int, seq: int
) -> tuple[RecordArray, RecordArray]:
    """Return a row's records up to a transfer, and the openings of accounts that these opened."""
    kept = records[: int(np.searchsorted(records["seq"], seq, side="right"))]
    if len(kept) == len(records) or not len(openings):
        return kept, openings
    opens = kept[(kept["flags"] & _OPENS) != 0]
    last = int(opens["credit"][-1]) if len(opens) else first_account - 1
    return kept, openings[: last - first_account + 1]


def _rows_after(source: Sql, book: int, digest: bytes, seq: int) -> Iterator[ArchivedRow]:
    """Yield the rows that follow on a hash at which an archive file ends, or on nothing, up to the
    one that has a transfer. What comes later is not looked at."""
    next_seq, last_account, going = 1, None, digest == GENESIS_HASH
    for entry in archive_store.archives(source, book):
        if going and entry.first_seq <= seq:
            for row, openings, records in open_archive(source, entry).rows():
                if row.first_seq > seq:
                    return
                before = row.first_account - 1 if last_account is None else last_account
                check_row(row, digest, next_seq, before, (openings, records))
                yield row, openings, records
                digest, next_seq = row.hash, next_seq + row.transfer_count
                if row.account_count:
                    last_account = before + row.account_count
        elif not going:
            going = entry.hash == digest
            next_seq = entry.last_seq + 1
    for row in store.rows_from(source, book, next_seq):
        if row.first_seq > seq:
            return
        if row.first_seq < next_seq:
            continue  # it is in the archive as well
        before = row.first_account - 1 if last_account is None else last_account
        openings, records = check_row(row, digest, next_seq, before)
        yield row, openings, records
        digest, next_seq = row.hash, next_seq + row.transfer_count
        if row.account_count:
            last_account = before + row.account_count

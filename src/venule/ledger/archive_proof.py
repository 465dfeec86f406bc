"""The journal as a whole: what lies in the archive, then what lies in the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from venule.kit.errors import HomeError
from venule.kit.sql import Sql
from venule.ledger import archive_store, store
from venule.ledger.archive_damage import find_damage
from venule.ledger.archive_reader import ArchivedRow, open_archive
from venule.ledger.checkpoint import check_row
from venule.ledger.errors import ArchiveEntryDamaged, JournalDamaged
from venule.ledger.journal import GENESIS_HASH, openings_of, records_of, row_hash
from venule.ledger.model import RecordArray
from venule.ledger.store import JournalRow

Content: TypeAlias = tuple[RecordArray, RecordArray]


def checked_rows(sql: Sql, book: int) -> Iterator[ArchivedRow]:
    """Yield every journal row with its openings and transfers, from the first transfer on, each
    checked against its hash and the row before.

    A row that is in the archive and still in the journal must be the same in both.
    Raises: JournalDamaged; ArchiveMissing, ArchiveCut, ArchiveDamaged, ArchiveEntryDamaged.
    """
    digest, next_seq, last_account = GENESIS_HASH, 1, 0
    for row, content in _rows(sql, book):
        openings, records = check_row(row, digest, next_seq, last_account, content)
        yield row, openings, records
        digest = row.hash
        next_seq += row.transfer_count
        last_account += row.account_count


def _rows(sql: Sql, book: int) -> Iterator[tuple[JournalRow, Content | None]]:
    left = store.rows_from(sql, book, 1)
    ahead, digest = next(left, None), GENESIS_HASH
    for entry in archive_store.archives(sql, book):
        for row, openings, records in open_archive(sql, entry).rows():
            if ahead is not None and ahead.first_seq <= row.first_seq:
                _check_twin(ahead, row)
                ahead = next(left, None)
            yield row, (openings, records)
            digest = row.hash
        if digest != entry.hash:
            raise ArchiveEntryDamaged(book, entry.first_seq, "its hash is not its last row's")
    if ahead is not None:
        yield ahead, None
        yield from ((row, None) for row in left)


def _check_twin(row: JournalRow, archived: JournalRow) -> None:
    if (row.first_seq, row.hash) != (archived.first_seq, archived.hash):
        raise JournalDamaged(row.book, row.first_seq, "it is not as it stands in the archive")
    if row_hash(row, openings_of(row), records_of(row)) != row.hash:
        raise JournalDamaged(row.book, row.first_seq, "its content does not match its hash")


def archive_damages(sql: Sql, book: int) -> Iterator[HomeError]:
    """Read every byte of every archive file of a book; yield what is wrong, oldest file first."""
    next_seq, digest = 1, GENESIS_HASH
    try:
        entries = archive_store.archives(sql, book)
    except ArchiveEntryDamaged as error:
        yield error
        return
    for entry in entries:
        if entry.first_seq != next_seq or entry.previous_hash != digest:
            reason = f"expected a file from transfer {next_seq} that chains to the one before"
            yield ArchiveEntryDamaged(book, entry.first_seq, reason)
        next_seq, digest = entry.last_seq + 1, entry.hash
        try:
            file = open_archive(sql, entry)
        except ArchiveEntryDamaged as error:
            yield error
        else:
            yield from find_damage(file)

"""Reading and chaining the journal: fixed records in blobs, one blob a group."""

from __future__ import annotations

import hashlib
import struct
from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import msgspec
import numpy as np

from venule.kit.sql import Sql
from venule.ledger import store
from venule.ledger.archive_reader import ArchiveFile, Archives
from venule.ledger.archive_store import oldest_rows
from venule.ledger.columns import PACKED, RAW, PackDamaged, pack, unpack
from venule.ledger.errors import JournalDamaged, TransferNotFound
from venule.ledger.model import (
    OPENING,
    TRANSFER,
    RecordArray,
    TransferFlags,
    TransferRecord,
    Unit,
)
from venule.ledger.store import JournalRow

GENESIS_HASH: Final = bytes(32)
ROW_TRANSFERS_MAX: Final = 1 << 16
"""Most records of one journal row (8 MiB); a larger group becomes several rows of one commit."""

CACHE_BYTES_MAX: Final = 64 << 20
_NO_OPENINGS: Final = np.zeros(0, dtype=OPENING)
_HEADER: Final = struct.Struct("<7q")
_RECORD: Final = struct.Struct("<4q16sIIIHH8q")


def row_hash(row: JournalRow, openings: RecordArray, transfers: RecordArray) -> bytes:
    """Chain a row to the one before: SHA-256 over its hash, the row's numbers and the raw records.

    It does not depend on how the records are written.
    """
    digest = hashlib.sha256(row.previous_hash)
    digest.update(
        _HEADER.pack(
            row.book,
            row.first_seq,
            row.transfer_count,
            row.first_account,
            row.account_count,
            row.first_at,
            row.last_at,
        )
    )
    digest.update(openings.view(np.uint8).data)
    digest.update(transfers.view(np.uint8).data)
    return digest.digest()


def unit_hash(unit: Unit) -> bytes:
    """SHA-256 over what a unit number counts."""
    return hashlib.sha256(b"unit %d %d " % (unit.unit, unit.scale) + unit.name.encode()).digest()


def make_row(
    book: int,
    first_seq: int,
    first_account: int,
    opened: Sequence[RecordArray],
    records: RecordArray,
    previous_hash: bytes,
) -> JournalRow:
    """Return the journal row of a group's transfers and of the accounts that it opens."""
    openings = np.concatenate(opened) if opened else _NO_OPENINGS
    row = JournalRow(
        book=book,
        first_seq=first_seq,
        transfer_count=len(records),
        first_account=first_account if opened else 0,
        account_count=len(openings),
        first_at=int(records[0]["at"]),
        last_at=int(records[-1]["at"]),
        previous_hash=previous_hash,
        hash=b"",
        openings=pack(openings) if opened else b"",
        transfers=pack(records),
        codec=PACKED,
    )
    return msgspec.structs.replace(row, hash=row_hash(row, openings, records))


def records_of(row: JournalRow) -> RecordArray:
    """Return a row's transfers. Raises: JournalDamaged."""
    return _decode(row, row.transfers, TRANSFER, "transfers")


def openings_of(row: JournalRow) -> RecordArray:
    """Return a row's opened accounts. Raises: JournalDamaged."""
    return _decode(row, row.openings, OPENING, "openings")


def _decode(row: JournalRow, raw: bytes, dtype: np.dtype[Any], what: str) -> RecordArray:
    try:
        return decode(row.codec, raw, dtype)
    except PackDamaged as error:
        raise JournalDamaged(row.book, row.first_seq, f"its {what}: {error}") from error


def decode(codec: int, raw: bytes, dtype: np.dtype[Any]) -> RecordArray:
    """Return the records of a blob. Raises: PackDamaged."""
    if codec == PACKED:
        return unpack(raw, dtype) if raw else np.zeros(0, dtype=dtype)
    if codec != RAW:
        raise PackDamaged(f"expected a codec {RAW} or {PACKED}, seen {codec}")
    if len(raw) % dtype.itemsize:
        raise PackDamaged(f"expected records of {dtype.itemsize} bytes, seen {len(raw)} bytes")
    return np.frombuffer(raw, dtype=dtype)


def to_record(raw: bytes | memoryview) -> TransferRecord:
    """Read one 128-byte record."""
    seq, at, amount, related, ref, debit, credit, timeout_s, code, flags, *rest = _RECORD.unpack(
        raw
    )
    return TransferRecord(
        seq=seq,
        at=at,
        debit=debit,
        credit=credit,
        amount=amount,
        code=code,
        flags=TransferFlags(flags),
        ref=ref,
        related=related,
        timeout_s=timeout_s,
        prev_debit=rest[0],
        prev_credit=rest[1],
    )


class JournalReader:
    """Blocks of records from the journal or, where its rows have gone there, from the archive; the
    most recently used of them are kept in memory."""

    def __init__(self, sql: Sql, book: int) -> None:
        self._sql = sql
        self._book = book
        self._archives = Archives(sql, book)
        self._cache: OrderedDict[int, RecordArray] = OrderedDict()  # archived: under minus its seq
        self._bytes = 0

    def block(self, seq: int) -> tuple[int, RecordArray]:
        """Return the records around `seq` and the number of the first: a journal row, or a row
        group of an archive file. Blocks do not overlap, also while rows are in both.

        Raises: TransferNotFound, JournalDamaged, ArchiveMissing, ArchiveCut, ArchiveDamaged.
        """
        start = store.row_start(self._sql, self._book, seq)
        if start is not None:
            return start, self._cached(start, partial(self._read, start))
        place = self._archives.find(seq) if seq > 0 else None
        if place is None:
            position = store.last_position(self._sql, self._book)
            raise TransferNotFound(seq, 0 if position is None else position[0])
        start, records = self._group(*place)
        left = oldest_rows(self._sql, self._book, start + len(records) - 1, 1)
        return start, records[: left[0][0] - start] if left else records

    def _group(self, file: ArchiveFile, group: int) -> tuple[int, RecordArray]:
        start = file.first_seq(group)
        return start, self._cached(-start, lambda: file.transfers(group))

    def _cached(self, key: int, read: Callable[[], RecordArray]) -> RecordArray:
        found = self._cache.get(key)
        if found is None:
            found = read()
            self._cache[key] = found
            self._bytes += found.nbytes
            while self._bytes > CACHE_BYTES_MAX and len(self._cache) > 1:
                self._bytes -= self._cache.popitem(last=False)[1].nbytes
        else:
            self._cache.move_to_end(key)
        return found

    def _read(self, start: int) -> RecordArray:
        found = store.transfers_of_row(self._sql, self._book, start)
        assert found is not None, "the row was just looked up"
        try:
            return decode(*found, TRANSFER)
        except PackDamaged as error:
            raise JournalDamaged(self._book, start, f"its transfers: {error}") from error

    def forget(self) -> None:
        """Drop the cache: the journal may have lost its newest rows."""
        self._cache.clear()
        self._bytes = 0
        self._archives.forget()

    def first_seq_at(self, at: int) -> int | None:
        """Return a transfer in whose block is the first one at or after an instant; None when all
        are older."""
        place = self._archives.find_at(at)
        if place is None:
            return store.row_at(self._sql, self._book, at)
        first, records = self._group(*place)
        return first + int(np.searchsorted(records["at"], at, side="left"))

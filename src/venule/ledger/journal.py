"""Reading and chaining the journal: fixed records in blobs, one blob a group."""

from __future__ import annotations

import hashlib
import struct
from collections import OrderedDict
from typing import Final

import numpy as np

from venule.kit.sql import Sql
from venule.ledger import store
from venule.ledger.errors import TransferNotFound
from venule.ledger.model import (
    TRANSFER,
    RecordArray,
    TransferFlags,
    TransferRecord,
)
from venule.ledger.store import JournalRow

GENESIS_HASH: Final = bytes(32)
ROW_TRANSFERS_MAX: Final = 1 << 16
"""Most records of one journal row (8 MiB); a larger group becomes several rows of one commit."""

CACHE_BYTES_MAX: Final = 64 << 20
_HEADER: Final = struct.Struct("<7q")
_RECORD: Final = struct.Struct("<4q16sIIIHH8q")


def row_hash(row: JournalRow) -> bytes:
    """Chain a row to the one before: SHA-256 over its hash, the row's numbers and both blobs."""
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
    digest.update(row.openings)
    digest.update(row.transfers)
    return digest.digest()


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
    """Blocks of records from the database, the most recently used of them kept in memory."""

    def __init__(self, sql: Sql, book: int) -> None:
        self._sql = sql
        self._book = book
        self._cache: OrderedDict[int, RecordArray] = OrderedDict()
        self._bytes = 0

    def block(self, seq: int) -> tuple[int, RecordArray]:
        """Return the journal row that holds `seq`. Raises: TransferNotFound."""
        start = store.row_start(self._sql, self._book, seq)
        if start is None:
            position = store.last_position(self._sql, self._book)
            raise TransferNotFound(seq, 0 if position is None else position[0])
        cached = self._cache.get(start)
        if cached is None:
            raw = store.transfers_of_row(self._sql, self._book, start)
            cached = np.frombuffer(raw, dtype=TRANSFER)
            self._cache[start] = cached
            self._bytes += cached.nbytes
            while self._bytes > CACHE_BYTES_MAX and len(self._cache) > 1:
                self._bytes -= self._cache.popitem(last=False)[1].nbytes
        else:
            self._cache.move_to_end(start)
        return start, cached

    def forget(self) -> None:
        """Drop the cache: the journal may have lost its newest rows."""
        self._cache.clear()
        self._bytes = 0

    def first_seq_at(self, at: int) -> int | None:
        """Return the first row that ends at or after an instant; None when all rows are older."""
        return store.row_at(self._sql, self._book, at)

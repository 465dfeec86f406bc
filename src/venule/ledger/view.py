"""A read-only view of a book: one state of it, while the writer goes on.

It reads the journal where it lies and loads no accounts, so it opens at once however large the book
is; only what asks for all accounts loads them. While a view is open the writer's log cannot shrink:
close it when you have what you wanted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np

from venule.kit.errors import HomeClosed, HomeDamaged, HomeTooNew
from venule.kit.migrate import HomeNotMigrated
from venule.kit.sql import Sql
from venule.kit.sql import open_readonly as open_sql
from venule.kit.time import to_us
from venule.ledger import looking_store, store
from venule.ledger.book import Book
from venule.ledger.directory import Directory, Ids
from venule.ledger.errors import AccountNotFound, TransferNotFound
from venule.ledger.journal import GENESIS_HASH, JournalReader
from venule.ledger.model import RecordArray, TransferFlags

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK_RECORDS: Final = 1 << 16
_CHUNK_RECORDS_MIN: Final = 1 << 8
_OPENS: Final = int(TransferFlags.OPENS)


class Position(msgspec.Struct, frozen=True):
    """Where a journal stands: its last transfer (0: none yet) and the hash that vouches for all up
    to it."""

    seq: int
    hash: bytes


class Exported(msgspec.Struct, frozen=True):
    """What went into a file."""

    rows: int
    bytes: int


def open_readonly(home: Path | str, book: int | None = None) -> View:
    """Open a book for looking; use it with `with`. A writer may be at work in another process.

    book: its number; without one that of the journal there, or 1.

    Raises: NotAHome, HomeTooNew, HomeDamaged, HomeNotMigrated, StorageFailed.
    """
    sql = open_sql(home)
    try:
        sql.begin_read()
        _check_schema(sql)
        return View(sql, store.first_book(sql) or 1 if book is None else book)
    except BaseException:
        sql.close()
        raise


def _check_schema(sql: Sql) -> None:
    known = {migration.number: migration for migration in store.MIGRATIONS.load(sql.dialect)}
    applied = dict(looking_store.applied_migrations(sql, store.MIGRATIONS.room))
    for number, digest in applied.items():
        if number not in known:
            raise HomeTooNew(sql.path, "migrations of 'ledger'", max(known), number)
        if digest != known[number].sha256:
            what = f"migration ledger {number} ({known[number].name})"
            raise HomeDamaged(sql.path, what, known[number].sha256, digest)
    for number in known:
        if number not in applied:
            raise HomeNotMigrated(sql.path, f"ledger {number}")


class View:
    """One state of a book, for reading. Threads may share it."""

    def __init__(self, sql: Sql, book: int) -> None:
        self.path = sql.path
        self.book = book
        self.units = {unit.unit: unit for unit in store.units(sql)}
        position = store.last_position(sql, book)
        self._position = Position(0, GENESIS_HASH) if position is None else Position(*position)
        self._sql = sql
        self._reader = JournalReader(sql, book)
        self._directory: Directory | None = None
        self._loaded: Book | None = None
        self._gate = RLock()  # Arrow's readers come from threads of their own
        self._closed = False

    # ------------------------------------------------------------ for DuckDB, pandas and Parquet

    def position(self) -> Position:
        """Return what this view sees: all transfers up to here and none after."""
        return self._position

    def transfers(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        first_seq: int | None = None,
        last_seq: int | None = None,
        columns: Sequence[str] | None = None,
    ) -> pa.RecordBatchReader:
        """Stream transfers as Arrow, oldest first; memory stays bounded however many they are.

        since is inclusive, until exclusive, both sequence numbers inclusive. columns: only these,
        which is faster. DuckDB takes the reader as a table: `duckdb.from_arrow(view.transfers())`;
        `.read_all()` makes a table, `.read_pandas()` a frame. A reader can be read once: for a
        second question ask for it again, or keep the table.
        Raises: KeyError for a column that there is not.
        """
        from venule.ledger import arrow

        return arrow.transfers(self, *self.span(since, until, first_seq, last_seq), columns)

    def accounts(self) -> pa.Table:
        """Return all accounts as an Arrow table. Loads them: 64 bytes each, and the table."""
        return self.account_batches().read_all()

    def account_batches(self) -> pa.RecordBatchReader:
        """Stream all accounts as Arrow, by number. Loads them: 64 bytes each."""
        from venule.ledger import arrow

        return arrow.accounts(self)

    def export_transfers(
        self,
        file: Path | str,
        since: datetime | None = None,
        until: datetime | None = None,
        first_seq: int | None = None,
        last_seq: int | None = None,
    ) -> Exported:
        """Write transfers into a new Parquet file: whole and durable when this returns, or not
        there.

        Raises: ExportExists, DiskFull, HomeReadOnly, StorageFailed.
        """
        from venule.ledger import arrow

        return arrow.export(self.transfers(since, until, first_seq, last_seq), file)

    def export_accounts(self, file: Path | str) -> Exported:
        """Write all accounts into a new Parquet file, as `export_transfers` does."""
        from venule.ledger import arrow

        return arrow.export(self.account_batches(), file)

    # ------------------------------------------------------------ records

    @property
    def last_seq(self) -> int:
        """Number of the last transfer, 0 if there is none."""
        return self._position.seq

    def span(
        self,
        since: datetime | None = None,
        until: datetime | None = None,
        first_seq: int | None = None,
        last_seq: int | None = None,
    ) -> tuple[int, int]:
        """Return the first and the last transfer inside all bounds; last < first if there is
        none."""
        first = max(1, 1 if first_seq is None else first_seq)
        last = self.last_seq if last_seq is None else min(last_seq, self.last_seq)
        if since is not None:
            first = max(first, self.seq_at(since))
        if until is not None:
            last = min(last, self.seq_at(until) - 1)
        return first, last

    def seq_at(self, at: datetime) -> int:
        """Return the first transfer at or after an instant, or one past the last."""
        with self._gate:
            self._check_open()
            at_us = to_us(at)
            start = self._reader.first_seq_at(at_us)
            if start is None:
                return self.last_seq + 1
            first, records = self._reader.block(start)
        return first + int(np.searchsorted(records["at"], at_us, side="left"))

    def block(self, seq: int) -> tuple[int, RecordArray]:
        """Return the records around `seq` and the number of the first. Raises: TransferNotFound."""
        if not 0 < seq <= self.last_seq:
            raise TransferNotFound(seq, self.last_seq)
        with self._gate:
            self._check_open()
            return self._reader.block(seq)

    def block_before(self, first_seq: int) -> tuple[int, RecordArray] | None:
        """Return the records before the block that begins at `first_seq`."""
        return None if first_seq <= 1 else self.block(first_seq - 1)

    def record(self, seq: int) -> np.void:
        """Return one transfer, of layout TRANSFER. Raises: TransferNotFound."""
        first, records = self.block(seq)
        record: np.void = records[seq - first]
        return record

    def chunks(
        self, first: int, last: int, *, newest_first: bool = False, records: int = CHUNK_RECORDS
    ) -> Iterator[RecordArray]:
        """Yield the transfers from `first` to `last` in chunks, each in journal order.

        A chunk holds about `records` of them, the first ones fewer, so that a short answer is quick
        even if the journal's rows are short.
        """
        goal = min(_CHUNK_RECORDS_MIN, records)
        parts: list[RecordArray] = []
        size = 0
        for part in self._parts(first, last, newest_first):
            parts.append(part)
            size += len(part)
            if size >= goal:
                yield _joined(parts, newest_first)
                parts, size, goal = [], 0, min(2 * goal, records)
        if parts:
            yield _joined(parts, newest_first)

    def _parts(self, first: int, last: int, newest_first: bool) -> Iterator[RecordArray]:
        while first <= last:
            start, block = self.block(last if newest_first else first)
            low, high = max(first, start), min(last, start + len(block) - 1)
            yield block[low - start : high + 1 - start]
            if newest_first:
                last = low - 1
            else:
                first = high + 1

    # ------------------------------------------------------------ accounts

    @property
    def last_account(self) -> int:
        """Highest number of an account, 0 if there is none."""
        return self._known().last_account

    def kinds(self, ids: Ids) -> RecordArray:
        """Return what accounts were opened as: an OPENING each, unit 0 for one that there is
        not."""
        with self._gate:
            self._check_open()
            return self._known().kinds(ids)

    def kind(self, account: int) -> np.void:
        """Return what an account was opened as. Raises: AccountNotFound."""
        kind: np.void = self.kinds(np.array([account]))[0]
        if not kind["unit"]:
            raise AccountNotFound(account, self.last_account)
        return kind

    def owned_by(self, ref: bytes) -> list[int]:
        """Return the accounts that were opened for an owner. Looks at all accounts."""
        found: list[int] = []
        for start in range(1, self.last_account + 1, CHUNK_RECORDS):
            ids = np.arange(start, min(start + CHUNK_RECORDS, self.last_account + 1))
            found += ids[self.kinds(ids)["ref"] == np.void(ref)].tolist()
        return found

    def head(self, account: int) -> tuple[int, int]:
        """Return an account's last transfer (0: none), and how many were looked at to find it.

        Looks back from the end, at most to where the account's checkpoint page was written.
        """
        with self._gate:
            self._check_open()
            page_seq, head = self._known().image(account)
        looked = 0
        for chunk in self.chunks(page_seq + 1, self.last_seq, newest_first=True):
            looked += len(chunk)
            mine = np.flatnonzero(touches(chunk, account))
            if len(mine):
                return int(chunk["seq"][mine[-1]]), looked
            opens = (chunk["flags"] & _OPENS) != 0
            if (opens & (chunk["debit"] <= account) & (account <= chunk["credit"])).any():
                return 0, looked
        return head, looked

    def load_accounts(self) -> RecordArray:
        """Return all accounts as they stand (index = number; 0 is empty); 64 bytes of memory
        each.

        Raises: CheckpointDamaged, JournalDamaged.
        """
        with self._gate:
            self._check_open()
            if self._loaded is None:
                self._loaded = Book(self._sql, self.book)
            memory = self._loaded.memory
        view = memory.accounts[: memory.last_account + 1].view()
        view.flags.writeable = False
        return view

    def _known(self) -> Directory:
        if self._directory is None:
            self._directory = Directory(self._sql, self.book)
        return self._directory

    # ------------------------------------------------------------ its end

    def _check_open(self) -> None:
        if self._closed:
            raise HomeClosed(self.path)

    def close(self) -> None:
        """Let go of the state. Again is harmless."""
        with self._gate:
            if not self._closed:
                self._closed = True
                self._sql.close()

    def __enter__(self) -> View:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def touches(records: RecordArray, account: int) -> RecordArray:
    """Return which records changed an account. Its opening does not count."""
    mine: RecordArray = (records["debit"] == account) | (records["credit"] == account)
    mine &= (records["flags"] & _OPENS) == 0
    return mine


def _joined(parts: list[RecordArray], newest_first: bool) -> RecordArray:
    if len(parts) == 1:
        return parts[0]
    if newest_first:
        parts.reverse()
    words = np.concatenate([part.view(np.int64) for part in parts])  # 20 times as fast as records
    return words.view(parts[0].dtype)

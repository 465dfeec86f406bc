"""Checkpoints: accounts written in pages beside the journal, and the way back into memory.

A cycle notes where replay may start and which holds are open there, then writes the changed pages,
a few with each commit. A page may be newer than the cycle's start: every account names the last
transfer that it contains (`head`), so replay knows what to leave out. When the last page is
written, the checkpoint row moves, in the same transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from functools import partial
from typing import Final

import numpy as np

from venule.kit.ahead import ahead
from venule.kit.sql import Sql
from venule.ledger import kernel, replaying, store
from venule.ledger.columns import PACKED, PackDamaged, pack
from venule.ledger.damage import page_damage, row_damage
from venule.ledger.errors import CheckpointDamaged, JournalDamaged
from venule.ledger.journal import GENESIS_HASH, decode, openings_of, records_of, row_hash
from venule.ledger.memory import PAGE_ACCOUNTS, Memory
from venule.ledger.model import ACCOUNT, PENDING, TRANSFER, TRANSFER_KERNEL, RecordArray
from venule.ledger.store import CheckpointRow, JournalRow, PageRow

CYCLE_RECORDS_MIN: Final = 8_000_000
"""A cycle starts after this many records (1 GiB of journal), or half as many as there are accounts
if that is more: the pages then cost about as many bytes as the journal that they shorten."""

RECORDS_PER_PAGE: Final = 4_096
"""A cycle under way writes one page for so many records of a commit, at least one."""

CLOSE_RECORDS_MIN: Final = 200_000
"""Closing writes a checkpoint only if reopening would replay at least this many records."""

AHEAD_ROWS: Final = 16
AHEAD_PAGES: Final = 64
"""Journal rows and pages that opening a book has read and checked before it needs them."""

PAGE_BYTES: Final = PAGE_ACCOUNTS * ACCOUNT.itemsize

FAULTS: Final = {
    replaying.REPLAY_SEQ: "the sequence number is not the next one",
    replaying.REPLAY_ACCOUNT: "an account that does not exist",
    replaying.REPLAY_PENDING: "it resolves a hold that is not open, or for another amount",
    replaying.REPLAY_HEAD: "the chain to the account's previous transfer is broken",
    replaying.REPLAY_BALANCE: "the balances it states are not those that follow from the journal",
}


class Checkpointer:
    """When to write which pages. One for each writer."""

    def __init__(self, book: int, memory: Memory) -> None:
        self._book = book
        self._memory = memory
        self._since = 0
        self._flushed = 0
        self._pages: list[int] | None = None
        self._cycle_pages: list[int] = []
        self._row: CheckpointRow | None = None
        self._finished = False
        self.replayed = 0

    def loaded(self, tail: int, *, replayed: int | None = None) -> None:
        """Start counting: the journal has `tail` records after the last checkpoint. replayed: of
        which so many had to be replayed, if not all."""
        self._since = tail
        self.replayed = tail if replayed is None else replayed

    @property
    def pages_left(self) -> int:
        """Pages that the cycle under way has yet to write."""
        return len(self._pages) if self._pages is not None else 0

    def flush(self, sql: Sql, records: int) -> None:
        """Do this commit's part of a cycle; start one when it is time."""
        self._flushed = records
        if self._pages is None:
            if self._since + records < max(CYCLE_RECORDS_MIN, self._memory.last_account // 2):
                return
            self._start()
        assert self._pages is not None
        share = 1 + records // RECORDS_PER_PAGE
        for page in self._pages[-share:]:
            self._write(sql, page)
        del self._pages[-share:]
        if not self._pages:
            self._finish(sql)

    def write_all(self, sql: Sql) -> None:
        """Write a whole checkpoint at once."""
        if self._pages is not None:
            self.abandoned()
        self._start()
        assert self._pages is not None
        for page in self._pages:
            self._write(sql, page)
        self._pages = []
        self._finish(sql)

    def wanted_at_close(self) -> bool:
        """Whether writing the changed pages costs less than reading the tail again."""
        pages = int(np.count_nonzero(self._memory.dirty))
        return (
            self._since >= CLOSE_RECORDS_MIN
            and pages * PAGE_BYTES <= 2 * self._since * TRANSFER.itemsize
        )

    def _start(self) -> None:
        memory = self._memory
        last_page = memory.last_account >> kernel.PAGE_SHIFT
        self._pages = np.flatnonzero(memory.dirty[: last_page + 1])[::-1].tolist()
        self._cycle_pages = list(self._pages)
        memory.dirty[:] = 0
        pending = memory.open_holds().tobytes()
        self._row = CheckpointRow(
            book=self._book,
            next_seq=memory.next_seq,
            last_account=memory.last_account,
            hash=checkpoint_hash(self._book, memory.next_seq, memory.last_account, pending),
            pending=pending,
        )

    def _write(self, sql: Sql, page: int) -> None:
        accounts = page_of(self._memory, page)
        seq = self._memory.next_seq - 1
        digest = page_hash(self._book, page, seq, accounts)
        store.save_page(sql, PageRow(self._book, page, seq, digest, pack(accounts), PACKED))

    def _finish(self, sql: Sql) -> None:
        assert self._row is not None
        store.save_checkpoint(sql, self._row)
        self._finished = True

    def committed(self) -> None:
        """What was written is durable."""
        self._since += self._flushed
        self._flushed = 0
        if self._finished:
            assert self._row is not None
            self._since = self._memory.next_seq - self._row.next_seq
            self._pages = None
            self._cycle_pages = []
            self._row = None
            self._finished = False

    def abandoned(self) -> None:
        """What was written is gone: its pages are to be written again."""
        self._memory.dirty[self._cycle_pages] = 1
        self._pages = None
        self._cycle_pages = []
        self._row = None
        self._finished = False
        self._flushed = 0


def page_of(memory: Memory, page: int) -> RecordArray:
    """Return a page's accounts, also past the last one."""
    start = page << kernel.PAGE_SHIFT
    return memory.accounts[start : start + PAGE_ACCOUNTS]


def page_hash(book: int, page: int, seq: int, accounts: RecordArray) -> bytes:
    """SHA-256 over what the page is and the raw accounts that it holds."""
    digest = hashlib.sha256(b"page %d %d %d\n" % (book, page, seq))
    digest.update(accounts.view(np.uint8).data)
    return digest.digest()


def checkpoint_hash(book: int, next_seq: int, last_account: int, pending: bytes) -> bytes:
    """SHA-256 over what the checkpoint says."""
    digest = hashlib.sha256(b"checkpoint %d %d %d\n" % (book, next_seq, last_account))
    digest.update(pending)
    return digest.digest()


# ---------------------------------------------------------------- the way back


def load(sql: Sql, book: int, memory: Memory, checkpointer: Checkpointer) -> bytes:
    """Fill an empty memory from pages and the journal's tail; return the newest row's hash.

    Raises: CheckpointDamaged, JournalDamaged.
    """
    row = store.checkpoint(sql, book)
    if row is not None:
        take_checkpoint(row, memory)
    with ahead(_checked_pages(sql, book), AHEAD_PAGES) as pages:
        for page, accounts in pages:
            page_of(memory, page)[:] = accounts
    start = memory.next_seq
    digest = _hash_before(sql, book, start)
    with ahead(_checked_rows(sql, book, memory, digest), AHEAD_ROWS) as rows:
        for journal_row, openings, records in rows:
            apply_row(journal_row, openings, records, memory)
            digest = journal_row.hash
    if row is not None and digest == GENESIS_HASH:
        raise JournalDamaged(book, start, "the journal is empty, the checkpoint is not")
    checkpointer.loaded(memory.next_seq - start)
    return digest


def _checked_pages(sql: Sql, book: int) -> Generator[tuple[int, RecordArray], None, None]:
    for page, _ in store.page_seqs(sql, book):
        yield page, accounts_of(store.page(sql, book, page))


def _checked_rows(
    sql: Sql, book: int, memory: Memory, digest: bytes
) -> Generator[tuple[JournalRow, RecordArray, RecordArray], None, None]:
    """Read, unpack and check the tail: half of the work of replaying it."""
    next_seq, last_account = memory.next_seq, memory.last_account
    for row in store.rows_from(sql, book, next_seq):
        openings, records = check_row(row, digest, next_seq, last_account)
        yield row, openings, records
        digest = row.hash
        next_seq += row.transfer_count
        last_account += row.account_count


def _hash_before(sql: Sql, book: int, seq: int) -> bytes:
    if seq == 1:
        return GENESIS_HASH
    position = store.position_before(sql, book, seq)
    if position is None or position[0] != seq - 1:
        raise JournalDamaged(book, seq, f"the checkpoint needs transfer {seq - 1}, it is not there")
    return position[1]


def take_checkpoint(row: CheckpointRow, memory: Memory) -> None:
    """Start from a checkpoint row. Raises: CheckpointDamaged."""
    seen = checkpoint_hash(row.book, row.next_seq, row.last_account, row.pending)
    if seen != row.hash:
        raise CheckpointDamaged(row.book, -1, "the checkpoint row does not match its hash")
    memory.take_holds(np.frombuffer(row.pending, dtype=PENDING))
    memory.state[kernel.NEXT_SEQ] = row.next_seq
    memory.state[kernel.LAST_ACCOUNT] = row.last_account


def accounts_of(row: PageRow) -> RecordArray:
    """Return a page's accounts. Raises: CheckpointDamaged if it does not match its hash."""
    try:
        accounts = decode(row.codec, row.accounts, ACCOUNT)
    except PackDamaged as error:
        reason = page_damage(row, str(error), partial(_is_right, row))
        raise CheckpointDamaged(row.book, row.page, reason) from error
    if len(accounts) != PAGE_ACCOUNTS:
        raise CheckpointDamaged(
            row.book, row.page, f"expected {PAGE_ACCOUNTS} accounts, saw {len(accounts)}"
        )
    if not _is_right(row, accounts):
        raise CheckpointDamaged(row.book, row.page, "the page does not match its hash")
    return accounts


def _is_right(row: PageRow, accounts: RecordArray) -> bool:
    return page_hash(row.book, row.page, row.seq, accounts) == row.hash


def check_row(
    row: JournalRow,
    previous_hash: bytes,
    next_seq: int,
    last_account: int,
    content: tuple[RecordArray, RecordArray] | None = None,
) -> tuple[RecordArray, RecordArray]:
    """Return a row's openings and transfers; they are `content`, if the archive keeps them.

    Raises: JournalDamaged if the row does not follow on the one before or on its own hash.
    """
    if row.first_seq != next_seq:
        raise JournalDamaged(
            row.book, row.first_seq, f"expected a row that begins at transfer {next_seq}"
        )
    if row.previous_hash != previous_hash:
        raise JournalDamaged(row.book, row.first_seq, "it does not chain to the row before")
    try:
        openings, transfers = content or (openings_of(row), records_of(row))
    except JournalDamaged as error:
        raise JournalDamaged(row.book, row.first_seq, row_damage(row, error.reason)) from error
    if row_hash(row, openings, transfers) != row.hash:
        reason = row_damage(row, "its content does not match its hash")
        raise JournalDamaged(row.book, row.first_seq, reason)
    if len(transfers) != row.transfer_count:
        raise JournalDamaged(row.book, row.first_seq, "its length does not match its count")
    if len(openings) != row.account_count:
        raise JournalDamaged(row.book, row.first_seq, "its openings do not match their count")
    if row.account_count and row.first_account != last_account + 1:
        raise JournalDamaged(row.book, row.first_seq, f"expected account {last_account + 1} next")
    return openings, transfers


def take_row(row: JournalRow, previous_hash: bytes, memory: Memory) -> bytes:
    """Replay one journal row; return its hash. Raises: JournalDamaged."""
    openings, records = check_row(row, previous_hash, memory.next_seq, memory.last_account)
    apply_row(row, openings, records, memory)
    return row.hash


def apply_row(row: JournalRow, openings: RecordArray, records: RecordArray, memory: Memory) -> None:
    """Replay a checked row. Raises: JournalDamaged if it contradicts what stands in memory."""
    if row.account_count:
        _take_openings(row, openings, memory)
    memory.make_table_room(len(records))
    fault = np.zeros(2, dtype=np.int64)
    replaying.replay(
        memory.accounts_kernel,
        memory.table,
        records.view(TRANSFER_KERNEL),
        memory.dirty,
        memory.state,
        fault,
    )
    if fault[0] != replaying.REPLAY_OK:
        reason = f"transfer {int(fault[1])}: {FAULTS[int(fault[0])]}"
        raise JournalDamaged(row.book, row.first_seq, reason)


def _take_openings(row: JournalRow, spec: RecordArray, memory: Memory) -> None:
    first, last = row.first_account, row.first_account + row.account_count - 1
    target = memory.accounts[first : last + 1]
    new = target["unit"] == 0  # a page newer than this row has them already
    for field in ("unit", "code", "flags", "ref"):
        target[field][new] = spec[field][new]
    memory.state[kernel.LAST_ACCOUNT] = last
    memory.dirty[first >> kernel.PAGE_SHIFT : (last >> kernel.PAGE_SHIFT) + 1] = 1

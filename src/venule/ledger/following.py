"""A copy of a book in the memory of a process that may have to write to it next.

It is loaded once, and then takes the journal's rows as they are committed, checked as on opening: a
row must follow on the one before and on its own hash. When its process becomes the writer, and no
commit of the last one counts any more, the book takes the copy with what is still missing, instead
of loading all of it. Whatever does not fit, the copy is dropped and everything loaded anew.
"""

from __future__ import annotations

from logging import getLogger
from typing import Final

import numpy as np

from venule.kit.errors import HomeError
from venule.kit.sql import Sql
from venule.ledger import kernel, store
from venule.ledger.checkpoint import Checkpointer, apply_row, check_row, load
from venule.ledger.columns import pack
from venule.ledger.errors import CheckpointDamaged, JournalDamaged
from venule.ledger.memory import Memory
from venule.ledger.model import REQUEST_KERNEL, TRANSFER_REQUEST, TRANSFER_RESULT

ROWS_AT_ONCE: Final = 16
"""Journal rows that one statement brings."""

_log: Final = getLogger("venule.ledger")


class Follower:
    """Keeps a copy of a book up to date. Not for two threads at once."""

    def __init__(self, book: int = 1) -> None:
        self.book = book
        self._memory: Memory | None = None
        self._hash = b""
        self._touched = np.zeros(0, dtype=np.int64)  # by page: the last transfer that changed it

    @property
    def seq(self) -> int:
        """The last transfer of the copy; 0 if there is none."""
        return 0 if self._memory is None else self._memory.next_seq - 1

    def follow(self, sql: Sql) -> None:
        """Take what was committed since; load everything if there is no copy yet.

        sql: a reader's handle; no transaction is open.
        """
        try:
            if self._memory is None:
                self._load(sql)
            else:
                self._take_rows(sql)
        except (JournalDamaged, CheckpointDamaged) as error:
            # Rows went to the archive, or the database was set back; if it is damage, whoever
            # becomes the writer says so.
            _log.warning("following anew: %s", error.message)
            self._memory = None
        except HomeError:
            raise
        except Exception as error:  # such as a table of a later version
            _log.warning("not following: %s: %s", type(error).__name__, error)
            self._memory = None

    def _load(self, sql: Sql) -> None:
        memory = Memory()
        _warm_up()
        sql.begin_read()  # pages and journal of one moment
        try:
            digest = load(sql, self.book, memory, Checkpointer(self.book, memory))
        finally:
            sql.rollback()
        self._touched = np.where(memory.dirty != 0, memory.next_seq - 1, 0)
        memory.dirty[:] = 0
        self._memory, self._hash = memory, digest

    def _take_rows(self, sql: Sql) -> int:
        """Replay all rows after the copy; return how many transfers they had."""
        memory = self._memory
        assert memory is not None
        before = memory.next_seq
        while True:
            rows = store.next_rows(sql, self.book, memory.next_seq, ROWS_AT_ONCE)
            for row in rows:
                content = check_row(row, self._hash, memory.next_seq, memory.last_account)
                apply_row(row, *content, memory)
                self._hash = row.hash
                self._note_pages(memory)
            if len(rows) < ROWS_AT_ONCE:
                return memory.next_seq - before

    def _note_pages(self, memory: Memory) -> None:
        pages = np.flatnonzero(memory.dirty[: (memory.last_account >> kernel.PAGE_SHIFT) + 1])
        self._touched[pages] = memory.next_seq - 1
        memory.dirty[pages] = 0

    def surrender(self, sql: Sql) -> tuple[Memory, Checkpointer, bytes] | None:
        """Give the copy away, with the last rows, to the new writer; None if it does not do.

        sql: the writer's handle, now that no commit of an earlier writer counts any more.
        """
        memory = self._memory
        if memory is None:
            return None
        try:
            caught_up = self._take_rows(sql)
            position = store.position_before(sql, self.book, memory.next_seq)
            expected = (memory.next_seq - 1, self._hash) if memory.next_seq > 1 else None
            if position != expected:
                raise JournalDamaged(self.book, memory.next_seq, f"seen {position} before it")
            self._mark_dirty(sql, memory)
        except (JournalDamaged, CheckpointDamaged) as error:
            _log.warning("loading instead of going on with what was followed: %s", error.message)
            return None
        finally:
            self._memory = None
        checkpointer = Checkpointer(self.book, memory)
        tail = memory.next_seq - store.checkpoint_start(sql, self.book)
        checkpointer.loaded(tail, replayed=caught_up)
        return memory, checkpointer, self._hash

    def _mark_dirty(self, sql: Sql, memory: Memory) -> None:
        """Mark the pages that have changed since their image was written."""
        for page, seq in store.page_seqs(sql, self.book):
            if self._touched[page] <= seq:
                self._touched[page] = 0
        memory.dirty[:] = self._touched != 0


def open_memory(
    sql: Sql, book: int, follower: Follower | None
) -> tuple[Memory, Checkpointer, bytes]:
    """Return a book's memory with its checkpointer, and the hash of the newest row.

    Raises: CheckpointDamaged, JournalDamaged.
    """
    followed = None if follower is None else follower.surrender(sql)
    if followed is not None:
        return followed
    memory = Memory()
    checkpointer = Checkpointer(book, memory)
    return memory, checkpointer, load(sql, book, memory, checkpointer)


def _warm_up() -> None:
    """Load what is compiled, so that the first group after a takeover need not wait for it."""
    memory = Memory()
    requests = np.zeros(0, dtype=TRANSFER_REQUEST).view(REQUEST_KERNEL)
    kernel.apply(memory.world, requests, np.zeros(0, dtype=TRANSFER_RESULT), 0, False)
    kernel.undo(memory.world, 0)
    pack(memory.out[:1])

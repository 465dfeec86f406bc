"""The writer's memory of a book: accounts, open holds, and the records of the group in progress."""

from __future__ import annotations

import mmap
from typing import Final

import numpy as np

from venule.ledger import holds, kernel
from venule.ledger.errors import HoldsTooMany
from venule.ledger.model import (
    ACCOUNT,
    ACCOUNT_KERNEL,
    ACCOUNTS_MAX,
    PENDING,
    TRANSFER,
    TRANSFER_KERNEL,
    RecordArray,
)

PAGE_ACCOUNTS: Final = 1 << kernel.PAGE_SHIFT
GROUP_TRANSFERS_MAX: Final = 1 << 22
"""Most transfers of one group (512 MiB of journal records)."""

HOLDS_MAX: Final = 1 << 24
"""Most holds open at a time: a checkpoint's row keeps 32 bytes of each, and a value in SQLite has
1,000,000,000 bytes at most."""

_RESERVE_BYTES: Final = 64 << 30
_MAP_NORESERVE: Final = 0x4000
_TABLE_MIN: Final = 1 << 12
_OUT_MIN: Final = 1 << 14


class Memory:
    """Arrays that the kernel works on. The accounts lie in reserved, unbacked address space:
    growing costs nothing and moves nothing, and a page of memory exists once an account on it
    does."""

    def __init__(self) -> None:
        self._map = _reserve()
        whole = len(self._map) // ACCOUNT.itemsize
        self.accounts_max = min(whole - 1, ACCOUNTS_MAX)
        self.accounts: RecordArray = np.frombuffer(self._map, dtype=ACCOUNT)
        self.accounts_kernel: RecordArray = self.accounts.view(ACCOUNT_KERNEL)
        self.dirty = np.zeros((whole >> kernel.PAGE_SHIFT) + 1, dtype=np.uint8)
        self.table: RecordArray = np.zeros(_TABLE_MIN, dtype=PENDING)
        self.state = np.zeros(kernel.STATE_LEN, dtype=np.int64)
        self.state[kernel.NEXT_SEQ] = 1
        self._allocate_out(_OUT_MIN)

    def _allocate_out(self, room: int) -> None:
        self.out: RecordArray = np.zeros(room, dtype=TRANSFER)
        self.out_kernel: RecordArray = self.out.view(TRANSFER_KERNEL)
        self.aux = np.zeros((room, 2), dtype=np.int64)

    @property
    def next_seq(self) -> int:
        return int(self.state[kernel.NEXT_SEQ])

    @property
    def last_account(self) -> int:
        return int(self.state[kernel.LAST_ACCOUNT])

    @property
    def out_count(self) -> int:
        return int(self.state[kernel.OUT_COUNT])

    @property
    def pending_count(self) -> int:
        return int(self.state[kernel.PENDING_COUNT])

    @property
    def group_first_seq(self) -> int:
        """Sequence number of the first record of the group in progress."""
        return self.next_seq - self.out_count

    @property
    def world(self) -> kernel.World:
        """What the kernel takes. Ask again after room was made: arrays may have moved."""
        return (
            self.accounts_kernel,
            self.table,
            self.out_kernel,
            self.aux,
            self.dirty,
            self.state,
        )

    def make_room(self, records: int) -> None:
        """Make sure that `records` more transfers fit the output and the table of holds."""
        need = self.out_count + records
        if need > len(self.out):
            old, old_aux, count = self.out, self.aux, self.out_count
            self._allocate_out(max(need, 2 * len(old)))
            self.out[:count] = old[:count]
            self.aux[:count] = old_aux[:count]
        self.make_table_room(records)

    def check_holds(self, more: int) -> None:
        """Raises: HoldsTooMany if `more` holds besides those that are open would be too many."""
        if self.pending_count + more > HOLDS_MAX:
            raise HoldsTooMany(HOLDS_MAX, self.pending_count, more)

    def make_table_room(self, more: int) -> None:
        """Keep the table of holds at most half full after `more` entries."""
        need = 2 * (self.pending_count + more)
        if need > len(self.table):
            table = np.zeros(1 << (need - 1).bit_length(), dtype=PENDING)
            holds.rehash(self.table, table)
            self.table = table

    def shrink_out(self) -> None:
        """Give back a large group's memory."""
        if len(self.out) > 64 * _OUT_MIN:
            self._allocate_out(_OUT_MIN)

    def open_holds(self) -> RecordArray:
        """Return the open pending transfers, ordered by sequence number."""
        found = self.table[self.table["seq"] != 0]
        ordered: RecordArray = found[np.argsort(found["seq"])]
        return ordered

    def take_holds(self, found: RecordArray) -> None:
        """Put open pending transfers (of a checkpoint) into the empty table."""
        size = max(_TABLE_MIN, 1 << max(1, 2 * len(found) - 1).bit_length())
        self.table = np.zeros(size, dtype=PENDING)
        self.state[kernel.PENDING_COUNT] = holds.rehash(found, self.table) if len(found) else 0

    def equals(self, other: Memory) -> bool:
        """Whether both hold the same accounts, holds and position."""
        end = self.last_account + 1
        return (
            np.array_equal(self.state[:2], other.state[:2])
            and np.array_equal(self.accounts_kernel[:end], other.accounts_kernel[:end])
            and np.array_equal(self.open_holds(), other.open_holds())
        )


def _reserve() -> mmap.mmap:
    size = _RESERVE_BYTES
    while True:
        try:
            area = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_NORESERVE)
        except OSError:
            if size <= 1 << 30:
                raise
            size //= 2
        else:
            area.madvise(mmap.MADV_HUGEPAGE)
            return area

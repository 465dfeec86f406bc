"""The table of open pending transfers, in compiled code: open addressing, keyed by sequence number.

Its length is a power of two and it is at most half full.
"""

from __future__ import annotations

from typing import Any, Final, TypeAlias

import numpy as np
from numba import njit

Int: TypeAlias = Any
"""An int64: a Python int outside, a machine integer inside compiled code."""

_HASH: Final = np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True)
def slot(table: Any, seq: Int) -> Int:
    """Index of `seq` in the table, or of the free slot where it would go."""
    mask = len(table) - 1
    i = np.int64((np.uint64(seq) * _HASH) >> np.uint64(20)) & mask
    while table[i].seq != 0 and table[i].seq != seq:
        i = (i + 1) & mask
    return i


@njit(cache=True)
def hold(table: Any, seq: Int, amount: Int, expires_at: Int, debit: Int, credit: Int) -> None:
    """Enter an open pending transfer."""
    i = slot(table, seq)
    table[i].seq = seq
    table[i].amount = amount
    table[i].expires_at = expires_at
    table[i].debit = debit
    table[i].credit = credit


@njit(cache=True)
def unhold(table: Any, seq: Int) -> None:
    """Remove `seq`, moving later entries of its run back so that no tombstone is needed."""
    mask = len(table) - 1
    i = slot(table, seq)
    if table[i].seq == 0:
        return
    j = i
    while True:
        j = (j + 1) & mask
        if table[j].seq == 0:
            break
        home = np.int64((np.uint64(table[j].seq) * _HASH) >> np.uint64(20)) & mask
        if ((j - home) & mask) >= ((j - i) & mask):
            table[i] = table[j]
            i = j
    table[i].seq = 0


@njit(cache=True)
def find_pending(table: Any, seq: Int) -> Int:
    """Index of an open pending transfer in the table, -1 when it is not open."""
    i = slot(table, seq)
    return i if table[i].seq == seq and seq > 0 else -1


@njit(cache=True)
def rehash(old: Any, new: Any) -> Int:
    """Copy all open pending transfers into a larger, empty table; return how many."""
    count = 0
    for k in range(len(old)):
        if old[k].seq != 0:
            new[slot(new, old[k].seq)] = old[k]
            count += 1
    return count

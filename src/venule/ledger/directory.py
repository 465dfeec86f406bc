"""What accounts are, found without loading them all: from checkpoint pages, or where the journal's
tail opened them.

Unit, code, limits and owner of an account never change, so any image of it tells them. Balances are
not told here: they stand in the account's last record.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, TypeVar

import numpy as np
import numpy.typing as npt

from venule.kit.sql import Sql
from venule.ledger import kernel, looking_store, store
from venule.ledger.checkpoint import accounts_of
from venule.ledger.journal import openings_of
from venule.ledger.model import OPENING, AccountFlags, RecordArray

Ids = npt.NDArray[np.int64]
V = TypeVar("V")

PAGES_KEPT_MAX: Final = 64
"""Pages (256 KiB each) kept in memory."""

OPENINGS_KEPT_MAX: Final = 4
"""Decoded openings of journal rows (up to 96 MiB each) kept in memory."""

_IN_PAGE: Final = (1 << kernel.PAGE_SHIFT) - 1
_FIXED: Final = ~int(AccountFlags.CLOSED) & 0xFFFF


class Directory:
    """The accounts of a book as they were opened."""

    def __init__(self, sql: Sql, book: int) -> None:
        self._sql = sql
        self._book = book
        self._page_seqs = dict(store.page_seqs(sql, book))
        checkpoint = store.checkpoint(sql, book)
        start = 1 if checkpoint is None else checkpoint.next_seq
        spans = np.array(looking_store.opening_spans(sql, book, start), dtype=np.int64).reshape(
            -1, 3
        )
        self._row_seqs, self._firsts, self._counts = spans.T
        self._pages: OrderedDict[int, RecordArray] = OrderedDict()
        self._openings: OrderedDict[int, RecordArray] = OrderedDict()
        known = 0 if checkpoint is None else checkpoint.last_account
        self.last_account = int(max(known, (self._firsts + self._counts - 1).max(initial=0)))

    def kinds(self, ids: Ids) -> RecordArray:
        """Return an OPENING for each account; its unit is 0 where there is no such account.

        Raises: CheckpointDamaged, JournalDamaged.
        """
        order = np.argsort(ids, kind="stable")
        ordered = np.asarray(ids, dtype=np.int64)[order]
        found = np.zeros(len(ordered), dtype=OPENING)
        for page, start, end in _runs(ordered >> kernel.PAGE_SHIFT):
            if page in self._page_seqs:
                rows = self._page(page)[ordered[start:end] & _IN_PAGE]
                for field in ("ref", "unit", "code"):
                    found[field][start:end] = rows[field]
                found["flags"][start:end] = rows["flags"] & _FIXED
        self._fill_from_tail(ordered, found)
        answer = np.zeros(len(ordered), dtype=OPENING)
        answer[order] = found
        return answer

    def _fill_from_tail(self, ordered: Ids, found: RecordArray) -> None:
        missing = np.flatnonzero(found["unit"] == 0)
        span = np.searchsorted(self._firsts, ordered[missing], side="right") - 1
        known = span >= 0
        known[known] &= ordered[missing[known]] < (self._firsts + self._counts)[span[known]]
        missing, span = missing[known], span[known]
        for k, start, end in _runs(span):
            here = missing[start:end]
            openings = self._openings_of(int(self._row_seqs[k]))
            found[here] = openings[ordered[here] - self._firsts[k]]

    def image(self, account: int) -> tuple[int, int]:
        """Return (the transfer up to which the account's page counts, its last transfer by then).

        (0, 0) when no page knows the account.
        """
        page = account >> kernel.PAGE_SHIFT
        if page not in self._page_seqs:
            return 0, 0
        row = self._page(page)[account & _IN_PAGE]
        return (self._page_seqs[page], int(row["head"])) if row["unit"] else (0, 0)

    def _page(self, number: int) -> RecordArray:
        page = self._pages.get(number)
        if page is None:
            page = accounts_of(store.page(self._sql, self._book, number))
        return _keep(self._pages, number, page, PAGES_KEPT_MAX)

    def _openings_of(self, row_seq: int) -> RecordArray:
        openings = self._openings.get(row_seq)
        if openings is None:
            openings = openings_of(next(store.rows_from(self._sql, self._book, row_seq)))
        return _keep(self._openings, row_seq, openings, OPENINGS_KEPT_MAX)


def _keep(kept: OrderedDict[int, V], key: int, value: V, most: int) -> V:
    kept[key] = value
    kept.move_to_end(key)
    if len(kept) > most:
        kept.popitem(last=False)
    return value


def _runs(values: Ids) -> list[tuple[int, int, int]]:
    """Return (value, start, end) of each run of equal values."""
    if not len(values):
        return []
    starts = np.flatnonzero(np.concatenate(([True], values[1:] != values[:-1])))
    ends = np.append(starts[1:], len(values))
    return list(zip(values[starts].tolist(), starts.tolist(), ends.tolist(), strict=True))

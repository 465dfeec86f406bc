"""Cursors over long results: how many rows to fetch at a time, and which are to be closed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from venule.kit.sqlite import Row

FETCH_FIRST_ROWS: Final = 16
FETCH_ROWS_MAX: Final = 2_048
FETCH_BYTES: Final = 4 << 20
"""About so much of a result is in memory at a time: rows of the journal may be a megabyte each."""

SAMPLE_ROWS: Final = 16
BEYOND: Final = -1
"""The epoch of a cursor that outlives transactions."""


class Cursors:
    """The cursors of a connection, by name.

    epoch: changes whenever those that do not outlive their transaction may have gone.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self._count = 0
        self._ended: list[tuple[str, int]] = []

    def new(self, *, beyond: bool) -> tuple[str, int]:
        """Return a name, and the epoch that the cursor lives in."""
        self._count += 1
        return f"each_{self._count}", BEYOND if beyond else self.epoch

    def end(self, name: str, epoch: int) -> None:
        """Nobody needs it any more."""
        self._ended.append((name, epoch))

    def take_ended(self) -> list[str]:
        """Return the names of those to be closed, each once."""
        ended, self._ended = self._ended, []
        return [name for name, epoch in ended if epoch in (BEYOND, self.epoch)]


def next_fetch(rows: Sequence[Row]) -> int:
    """Return how many rows to read next of a result that began with these."""
    sample = rows[:: -(-len(rows) // SAMPLE_ROWS)]
    sizes = [sum(len(value) for value in row if isinstance(value, bytes | str)) for row in sample]
    return max(1, min(FETCH_ROWS_MAX, FETCH_BYTES * len(sizes) // max(1, sum(sizes))))

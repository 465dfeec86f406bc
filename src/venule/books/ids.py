"""The ids of a book: the last 16 bits of each are one of the book's slots.

So every id says which book made it: of a member, a payment, a job.
"""

from __future__ import annotations

from uuid import UUID

from venule.books.model import SLOTS
from venule.kit.ids import Ids


class BookIds:
    """Takes ids of another source into the slots of a book; in order, and none twice."""

    def __init__(self, ids: Ids, first_slot: int, last_slot: int) -> None:
        self._ids = ids
        self._first = first_slot
        self._count = last_slot - first_slot + 1
        self._last = 0

    def new(self) -> UUID:
        """Return an id never given before, greater than every earlier one of this source."""
        while True:
            raw = self._ids.new().int
            number = raw - raw % SLOTS + self._first + raw % self._count
            if number > self._last:
                self._last = number
                return UUID(int=number)

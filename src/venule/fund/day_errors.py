"""What can go wrong when one asks for a day of a fund: it is not closed (NotFound)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from venule.kit.errors import NotFound


@dataclass(eq=False)
class DayNotClosed(NotFound):
    """A fund's day is not closed: nothing can be told of it yet."""

    fund: str
    on: date
    slug = "fund-day-not-closed"

    @property
    def message(self) -> str:
        return f"fund {self.fund}: expected a closed day, seen {self.on}"

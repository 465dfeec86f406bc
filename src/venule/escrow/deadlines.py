"""When a deadline is over.

A span runs on, over midnight and holidays, to the microsecond. The time for shipping is counted in
bank business days and ends with the last of them, at midnight in China. After the last day that the
calendar knows (next year's holidays are published late in this one), Mondays to Fridays count.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Final

from venule.kit.calendar import Calendar, china
from venule.kit.errors import CalendarExhausted
from venule.kit.time import china_date, china_instant

TICK: Final = timedelta(minutes=1)
"""Deadlines are looked at once a minute: what is due within a minute is raised at its end."""

_DAY: Final = timedelta(days=1)
_FIRST: Final = date(2013, 1, 1)


def after(now: datetime, seconds: int) -> datetime:
    """Return the end of a span."""
    return now + timedelta(seconds=seconds)


def end_of_business_days(now: datetime, count: int) -> datetime:
    """Return midnight in China after so many bank business days; today is not counted."""
    on = china_date(now)
    left = count
    while left:
        on += _DAY
        left -= is_business_day(on)
    return china_instant(on + _DAY, time())


def is_business_day(on: date) -> bool:
    """Say whether banks work on a day, as far as is known; else whether it is in the week."""
    try:
        return _bank_days().is_open(on)
    except CalendarExhausted:
        return on.isoweekday() <= 5


@cache
def _bank_days() -> Calendar:
    last = _FIRST
    for year in range(_FIRST.year, 2200):
        last = date(year, 12, 31)
        try:
            china(_FIRST, last)
        except CalendarExhausted:
            return china(_FIRST, date(year - 1, 12, 31))[0]
    raise AssertionError("the table of holidays has an end")


def tick_of(due_at: datetime, now: datetime) -> datetime:
    """Return the tick at which a deadline is raised: the first at or after it that is to come."""
    ticks = -((due_at - _EPOCH) // -TICK)
    next_ = (now - _EPOCH) // TICK + 1
    return _EPOCH + max(ticks, next_) * TICK


_EPOCH: Final = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

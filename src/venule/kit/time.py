"""Clocks, and the only ways between instants, microseconds and China's civil time.

An instant is an aware `datetime` in UTC; it is stored as microseconds since 1970-01-01T00:00Z
(`..._at`). A business day is a `date` (`..._on`) and comes from a calendar, never from an instant
by hand.
"""

from __future__ import annotations

import datetime as dt
from typing import Final, Protocol

from venule.kit.errors import ClockMovedBack

EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND: Final = dt.timedelta(microseconds=1)

CHINA: Final = dt.timezone(dt.timedelta(hours=8), "China")
"""China's civil time: one zone, and no daylight saving time since 1991."""


class Clock(Protocol):
    """Tells the time. Comes in through the constructor; nobody else asks the machine."""

    def now(self) -> dt.datetime:
        """Return the present instant, aware, in UTC."""
        ...


class SystemClock:
    """The machine's clock. It can be set back from outside: order comes from sequence numbers."""

    def now(self) -> dt.datetime:
        return dt.datetime.now(dt.UTC)


class FixedClock:
    """A clock that stands still."""

    def __init__(self, at: dt.datetime) -> None:
        self._now = _utc(at)

    def now(self) -> dt.datetime:
        return self._now


class VirtualClock:
    """A clock that moves when told, and only forward: a year passes in a second."""

    def __init__(self, start: dt.datetime) -> None:
        self._now = _utc(start)

    def now(self) -> dt.datetime:
        return self._now

    def set(self, at: dt.datetime) -> None:
        """Go to an instant, or stay. Raises: ClockMovedBack if it lies before now."""
        at = _utc(at)
        if at < self._now:
            raise ClockMovedBack(self._now, at)
        self._now = at

    def advance(self, by: dt.timedelta) -> None:
        """Go forward. Raises: ClockMovedBack if `by` is negative."""
        self.set(self._now + by)


def to_us(at: dt.datetime) -> int:
    """Return microseconds since the Unix epoch, exactly; `at` must be aware."""
    return (_aware(at) - EPOCH) // MICROSECOND


def from_us(at_us: int) -> dt.datetime:
    """Return the instant, aware and in UTC, of microseconds since the Unix epoch."""
    return EPOCH + dt.timedelta(microseconds=at_us)


def china_date(at: dt.datetime) -> dt.date:
    """Return the natural day in China at an instant. It may not be a business day."""
    return _aware(at).astimezone(CHINA).date()


def china_instant(on: dt.date, at: dt.time) -> dt.datetime:
    """Return the instant, in UTC, when China's clocks show `at` (without a zone) on day `on`."""
    if at.tzinfo is not None:
        raise ValueError(f"expected a time of day without a zone, seen {at!r}")
    return dt.datetime.combine(on, at, CHINA).astimezone(dt.UTC)


def _aware(at: dt.datetime) -> dt.datetime:
    if at.utcoffset() is None:
        raise ValueError(f"expected an aware instant, seen {at!r}")
    return at


def _utc(at: dt.datetime) -> dt.datetime:
    return _aware(at).astimezone(dt.UTC)

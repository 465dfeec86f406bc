"""Which day an order belongs to, when it is confirmed, and who earns a day: pure rules over a
calendar.

Two schedules: `OpenDays` is the production rule (cut-off on open days, T+1 the next open day);
`WeekdaySchedule` is the simplified natural-day rule of the publisher of the replayed data.
All civil times are China's.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Final, Protocol

from venule.kit.calendar import Calendar
from venule.kit.errors import CalendarExhausted
from venule.kit.time import china_instant

DAY: Final = timedelta(days=1)
CHINA_OFFSET: Final = timedelta(hours=8)
MIDNIGHT: Final = time(0, 0)
CUT_OFF: Final = time(15, 0)
"""15:00:00.000 belongs to the next open day. Source: published practice of money funds."""


class Schedule(Protocol):
    """Turns instants into days. Every method raises CalendarExhausted past the loaded calendar."""

    def trade_on(self, at: datetime) -> date:
        """Return T, the day that an application accepted at `at` belongs to."""

    def subscription_confirm_on(self, trade_on: date) -> date:
        """Return the day on which a subscription of T is confirmed; it earns from that day on."""

    def redemption_confirm_on(self, trade_on: date) -> date:
        """Return the day on which a redemption of T is confirmed; it earns up to the day before."""

    def cut_off(self, trade_on: date) -> datetime:
        """Return the instant from which on an application no longer belongs to T."""

    def leaves_on(self, at: datetime) -> date:
        """Return the first natural day whose income a holder misses who takes money at `at`."""

    def closes_from(self, on: date) -> datetime:
        """Return the earliest instant at which the natural day may be closed."""

    def is_trading(self, on: date) -> bool:
        """Tell whether the day is a T."""


class OpenDays:
    """T is an open day until the cut-off; both sides are confirmed on the next open day.

    Source: CSRC notice on money funds, 25 March 2005; fund-clearing reference, section 2.
    """

    def __init__(self, calendar: Calendar, cut_off: time = CUT_OFF) -> None:
        self.calendar = calendar
        self.cut_off_time = cut_off
        self._last = (date.min, False, date.min)  # day, past the cut-off, T: a day has many orders

    def trade_on(self, at: datetime) -> date:
        """Return T: the same day before the cut-off of an open day, else the next open day."""
        on, past = self._day_and_side(at)
        last_on, last_past, last_trade_on = self._last
        if on == last_on and past == last_past:
            return last_trade_on
        calendar = self.calendar
        trade_on = calendar.next_open(on) if past else calendar.next_open_or_same(on)
        self._last = (on, past, trade_on)
        return trade_on

    def subscription_confirm_on(self, trade_on: date) -> date:
        """Return T+1, the next open day."""
        return self.calendar.next_open(trade_on)

    redemption_confirm_on = subscription_confirm_on

    def cut_off(self, trade_on: date) -> datetime:
        """Return the cut-off on T itself."""
        return china_instant(trade_on, self.cut_off_time)

    def leaves_on(self, at: datetime) -> date:
        """Return the same natural day before the hour of the cut-off, else the next one."""
        on, past = self._day_and_side(at)
        return on + DAY if past else on

    def closes_from(self, on: date) -> datetime:
        """Return the hour of the cut-off on that natural day, open or not."""
        self.calendar.is_open(on)
        return china_instant(on, self.cut_off_time)

    def is_trading(self, on: date) -> bool:
        """Tell whether the calendar has the day open."""
        return self.calendar.is_open(on)

    def _day_and_side(self, at: datetime) -> tuple[date, bool]:
        local = at + CHINA_OFFSET  # `at` is in UTC; astimezone would give the same, slower
        return local.date(), local.time() >= self.cut_off_time


_FIRST_INCOME_DAYS: Final = {1: 2, 2: 2, 3: 2, 4: 2, 5: 4, 6: 4, 7: 3}
"""Days from the purchase to its first income, by ISO weekday. Friday's comes on Tuesday; Saturday's
and Sunday's on Wednesday. Source: fund-clearing reference, section 13."""


class WeekdaySchedule:
    """The publisher's simplified rule: T is the natural day, holidays are ignored.

    A purchase begins to earn by the weekday table; a redemption still earns its own day. `calendar`
    only bounds the days; without one there is no end.
    """

    def __init__(self, calendar: Calendar | None = None) -> None:
        self.calendar = calendar

    def trade_on(self, at: datetime) -> date:
        """Return the natural day in China."""
        return self._within((at + CHINA_OFFSET).date())

    def subscription_confirm_on(self, trade_on: date) -> date:
        """Return the first income day by the weekday table."""
        return self._within(trade_on + timedelta(days=_FIRST_INCOME_DAYS[trade_on.isoweekday()]))

    def redemption_confirm_on(self, trade_on: date) -> date:
        """Return the next natural day."""
        return self._within(trade_on + DAY)

    def cut_off(self, trade_on: date) -> datetime:
        """Return the midnight that ends T."""
        return china_instant(trade_on + DAY, MIDNIGHT)

    def leaves_on(self, at: datetime) -> date:
        """Return the next natural day: whoever takes money still earns that day."""
        return (at + CHINA_OFFSET).date() + DAY

    def closes_from(self, on: date) -> datetime:
        """Return the midnight that ends the day."""
        return china_instant(self._within(on) + DAY, MIDNIGHT)

    def is_trading(self, on: date) -> bool:
        """Every natural day is a T."""
        self._within(on)
        return True

    def _within(self, on: date) -> date:
        calendar = self.calendar
        if calendar is not None and not calendar.first <= on <= calendar.last:
            raise CalendarExhausted(calendar.name, on, calendar.first, calendar.last)
        return on


@lru_cache(maxsize=16)
def calendar_of(name: str, first_on: str, days: str) -> Calendar:
    """Build a calendar from its row: one character a natural day, `1` open and `0` closed."""
    first = date.fromisoformat(first_on)
    last = first + (len(days) - 1) * DAY
    opened = frozenset(first + i * DAY for i, mark in enumerate(days) if mark == "1")
    return Calendar(name, first, last, opened)

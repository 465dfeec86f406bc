"""Business days as data with an end: bank business days and fund open days.

A calendar answers only for the days it was loaded for. Past them it refuses, because next year's
holidays are not known before they are published late in this year.
"""

from __future__ import annotations

import datetime as dt
import re
import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from venule.kit.errors import (
    BadFile,
    CalendarDateWrong,
    CalendarDayMissing,
    CalendarDaysOutOfOrder,
    CalendarExhausted,
    CalendarFlagWrong,
    CalendarWeekdayWrong,
    FileColumnsWrong,
    FileEmpty,
    FileRowWrong,
    FileTooLarge,
    FileUnreadable,
    shorten,
)

COLUMNS: Final = ("date", "weekday", "bank_business_day", "fund_open_day")
FILE_BYTES_MAX: Final = 1 << 20  # a century of days takes 650 kB
DAY: Final = dt.timedelta(days=1)
_ISO_DATE: Final = re.compile(r"(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Calendar:
    """The open days from `first` to `last`, both included; every other day there is closed.

    All methods raise CalendarExhausted for a day outside, and when the answer would lie outside.
    """

    name: str
    first: dt.date
    last: dt.date
    open_days: frozenset[dt.date] = field(repr=False)
    _in_order: tuple[dt.date, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        in_order = tuple(sorted(self.open_days))
        if self.last < self.first:
            raise ValueError(f"expected first <= last, seen {self.first} and {self.last}")
        if in_order and not (self.first <= in_order[0] and in_order[-1] <= self.last):
            raise ValueError(
                f"expected open days from {self.first} to {self.last}, "
                f"seen {in_order[0]} to {in_order[-1]}"
            )
        object.__setattr__(self, "_in_order", in_order)

    def is_open(self, on: dt.date) -> bool:
        """Tell whether a day is open."""
        self._covers(on)
        return on in self.open_days

    def next_open(self, on: dt.date) -> dt.date:
        """Return the first open day strictly after `on`."""
        return self.add_open(on, 1)

    def next_open_or_same(self, on: dt.date) -> dt.date:
        """Return `on` if it is open, else the next open day."""
        return self.add_open(on, 0)

    def previous_open(self, on: dt.date) -> dt.date:
        """Return the last open day strictly before `on`."""
        return self.add_open(on, -1)

    def add_open(self, on: dt.date, count: int) -> dt.date:
        """Return the `count`-th open day after `on`; before it, if `count` is negative.

        `on` itself is never counted. A `count` of 0 gives `on`, or if that is closed the next open
        day: so T+0 of a Saturday is Monday, and its T+1 is Monday too.
        """
        self._covers(on)
        if count > 0:
            index = bisect_right(self._in_order, on) + count - 1
        else:
            index = bisect_left(self._in_order, on) + count
        if index < 0:
            raise self._exhausted(self.first - DAY)
        if index >= len(self._in_order):
            raise self._exhausted(self.last + DAY)
        return self._in_order[index]

    def _covers(self, on: dt.date) -> None:
        if not self.first <= on <= self.last:
            raise self._exhausted(on)

    def _exhausted(self, asked: dt.date) -> CalendarExhausted:
        return CalendarExhausted(self.name, asked, self.first, self.last)


def china(first: dt.date, last: dt.date) -> tuple[Calendar, Calendar]:
    """Return China's bank days and fund open days, from the table that ships with the package.

    Banks open from Monday to Friday but on holidays, and on the weekends made up for these. Funds
    open when the exchanges trade: on bank business days that are no weekend, but for the days that
    the exchanges take off besides.
    Raises: CalendarExhausted if the table does not reach that far.
    Source: the yearly notices of the State Council's General Office, see data/china_days.toml.
    """
    bank, fund = _china_all()
    for day in (first, last):
        bank.is_open(day)  # raises for a day outside the table
    return _cut(bank, first, last), _cut(fund, first, last)


def china_2013_2014() -> tuple[Calendar, Calendar]:
    """Return the bank days and fund open days of 2013-07-01 to 2014-08-31."""
    return china(dt.date(2013, 7, 1), dt.date(2014, 8, 31))


@cache
def _china_all() -> tuple[Calendar, Calendar]:
    table = tomllib.loads(
        resources.files("venule.kit").joinpath("data/china_days.toml").read_text("utf-8")
    )
    first, last = table.pop("first"), table.pop("last")
    holidays = {day for year in table.values() for day in year["holidays"]}
    working_weekends = {day for year in table.values() for day in year["working_weekends"]}
    exchange_closed = {day for year in table.values() for day in year.get("exchange_closed", ())}
    weekdays = {day for day in _days(first, last) if day.isoweekday() <= 5}
    fund_open = weekdays - holidays - exchange_closed
    bank_open = (weekdays - holidays) | working_weekends
    return (
        Calendar("bank", first, last, frozenset(bank_open)),
        Calendar("fund", first, last, frozenset(fund_open)),
    )


def _cut(calendar: Calendar, first: dt.date, last: dt.date) -> Calendar:
    days = frozenset(day for day in calendar.open_days if first <= day <= last)
    return Calendar(calendar.name, first, last, days)


def _days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    return (first + index * DAY for index in range((last - first).days + 1))


def load_calendars(path: Path) -> tuple[Calendar, Calendar]:
    """Read the bank days and fund open days of a CSV file; refuse it whole at the first fault.

    One row a natural day, without gaps, in order; the columns `COLUMNS`, in any order; `weekday`
    is ISO's (Monday 1, Sunday 7), the flags are 0 or 1. UTF-8, plain commas, no quotes.
    Raises, in this order of precedence: FileUnreadable, FileTooLarge, FileColumnsWrong, FileEmpty;
    then row by row FileRowWrong, CalendarDateWrong, CalendarWeekdayWrong, CalendarDaysOutOfOrder,
    CalendarDayMissing, CalendarFlagWrong. Each names the line, what was expected and what was seen.
    """
    lines = _read_lines(path)
    header = _columns(path, lines[0])
    if len(lines) == 1:
        raise FileEmpty(str(path), 0, "at least one day", "only the header")
    bank_open, fund_open = set(), set()
    first = previous = None
    for number, line in enumerate(lines[1:], start=2):
        on, is_bank_day, is_fund_day = _row(path, number, line, header, previous)
        first, previous = first or on, on
        if is_bank_day:
            bank_open.add(on)
        if is_fund_day:
            fund_open.add(on)
    assert first is not None
    assert previous is not None
    return (
        Calendar("bank", first, previous, frozenset(bank_open)),
        Calendar("fund", first, previous, frozenset(fund_open)),
    )


def _read_lines(path: Path) -> list[str]:
    """Return the lines without their ends (LF or CR LF); the last one needs none."""
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        seen = error.strerror or str(error)
        raise FileUnreadable(str(path), 0, "a readable file", seen) from error
    if len(data) > FILE_BYTES_MAX:
        raise FileTooLarge(str(path), 0, f"at most {FILE_BYTES_MAX} bytes", "more")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        seen = f"byte 0x{data[error.start]:02x}"
        raise FileUnreadable(str(path), line, "UTF-8 text", seen) from error
    return [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]


def _columns(path: Path, line: str) -> list[str]:
    header = line.split(",")
    for name in COLUMNS:
        if header.count(name) != 1:
            seen = f"{name} {header.count(name)} times in {shorten(line)}"
            raise FileColumnsWrong(str(path), 1, f"column {name} once", seen)
    if len(header) != len(COLUMNS):
        expected = f"only the columns {', '.join(COLUMNS)}"
        raise FileColumnsWrong(str(path), 1, expected, shorten(line))
    return header


def _row(
    path: Path, number: int, line: str, header: list[str], previous: dt.date | None
) -> tuple[dt.date, bool, bool]:
    """Read one day. `previous` is the day of the row before it, if there is one."""

    def fault(kind: type[BadFile], expected: str, seen: str) -> BadFile:
        return kind(str(path), number, expected, seen)

    cells = line.split(",")
    if len(cells) != len(header):
        raise fault(FileRowWrong, f"{len(header)} values", f"{len(cells)} in {shorten(line)}")
    row = dict(zip(header, cells, strict=True))
    on = _date(row["date"])
    if on is None:
        raise fault(
            CalendarDateWrong, "a day of 1900 to 2199 written YYYY-MM-DD", shorten(row["date"])
        )
    if row["weekday"] != str(on.isoweekday()):
        expected = f"weekday {on.isoweekday()} for {on}"
        raise fault(CalendarWeekdayWrong, expected, shorten(row["weekday"]))
    if previous is not None and on != previous + DAY:
        kind = CalendarDayMissing if on > previous else CalendarDaysOutOfOrder
        raise fault(kind, f"{previous + DAY}, the day after {previous}", str(on))
    for name in ("bank_business_day", "fund_open_day"):
        if row[name] not in ("0", "1"):
            raise fault(CalendarFlagWrong, f"{name} 0 or 1", shorten(row[name]))
    return on, row["bank_business_day"] == "1", row["fund_open_day"] == "1"


def _date(text: str) -> dt.date | None:
    if not _ISO_DATE.fullmatch(text):  # fromisoformat also reads 20130701 and 2013-W27-1
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None

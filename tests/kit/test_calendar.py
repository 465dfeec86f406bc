"""Calendars: real days from facts, exact answers inside, refusals outside, strict reading."""

import datetime as dt
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venule.kit.calendar import (
    FILE_BYTES_MAX,
    Calendar,
    china,
    china_2013_2014,
    load_calendars,
)
from venule.kit.errors import (
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
)

DAY = dt.timedelta(days=1)
FIRST, LAST = dt.date(2013, 1, 1), dt.date(2026, 12, 31)


def d(text):
    return dt.date.fromisoformat(text)


def _days(first, last):
    return [first + n * DAY for n in range((last - first).days + 1)]


# The facts


def test_the_shipped_days_are_those_of_the_shared_file(fund_data):
    assert load_calendars(fund_data / "calendar.csv") == china_2013_2014()


def test_bank_days_are_those_of_chinesecalendar():
    chinese_calendar = pytest.importorskip("chinese_calendar")
    bank, _ = china(FIRST, LAST)

    differing = [
        on for on in _days(FIRST, LAST) if chinese_calendar.is_workday(on) != bank.is_open(on)
    ]
    assert [] == differing


def test_fund_days_are_bank_days_that_are_no_weekend_but_for_one_eve():
    bank, fund = china(FIRST, LAST)

    by_rule = {on for on in bank.open_days if on.isoweekday() <= 5}
    assert {d("2024-02-09")} == by_rule ^ fund.open_days


def test_fund_days_are_the_sessions_of_shanghai():
    exchange_calendars = pytest.importorskip("exchange_calendars")
    _, fund = china(FIRST, LAST)

    sessions = exchange_calendars.get_calendar("XSHG", start=FIRST, end=LAST).sessions
    assert {session.date() for session in sessions} == fund.open_days


def test_the_14_months_in_figures():
    bank, fund = china_2013_2014()

    assert ("bank", "fund") == (bank.name, fund.name)
    assert (d("2013-07-01"), d("2014-08-31")) == (bank.first, bank.last) == (fund.first, fund.last)
    assert (427, 294, 288) == (
        len(_days(fund.first, fund.last)), len(bank.open_days), len(fund.open_days)
    )  # fmt: skip
    made_up = "2013-09-22 2013-09-29 2013-10-12 2014-01-26 2014-02-08 2014-05-04"
    assert {d(on) for on in made_up.split()} == bank.open_days - fund.open_days


def test_around_the_first_of_may_2014():
    bank, fund = china_2013_2014()

    assert [True, False, False, False, True] == [
        bank.is_open(on) for on in _days(d("2014-04-30"), d("2014-05-04"))
    ]
    assert not fund.is_open(d("2014-05-04"))
    assert d("2014-05-05") == fund.next_open(d("2014-04-30"))
    assert d("2014-05-04") == bank.next_open(d("2014-04-30"))
    assert d("2014-05-06") == fund.add_open(d("2014-04-30"), 2)
    assert d("2014-04-30") == fund.previous_open(d("2014-05-05"))
    assert d("2014-05-05") == fund.next_open_or_same(d("2014-05-01"))
    assert d("2014-04-30") == fund.next_open_or_same(d("2014-04-30"))


@pytest.mark.parametrize(
    "first, last, asked",
    [
        ("2012-12-31", "2014-01-01", "2012-12-31"),
        ("2026-01-01", "2027-01-01", "2027-01-01"),
        ("2030-01-01", "2031-01-01", "2030-01-01"),
    ],
)
def test_china_ends_with_its_table(first, last, asked):
    with pytest.raises(CalendarExhausted) as caught:
        china(d(first), d(last))
    assert (d(asked), FIRST, LAST) == (caught.value.asked, caught.value.first, caught.value.last)


def test_china_may_be_one_day():
    bank, fund = china(d("2014-05-04"), d("2014-05-04"))

    assert (1, 0) == (len(bank.open_days), len(fund.open_days))


# The answers

WEEK = Calendar("week", d("2014-05-05"), d("2014-05-11"), frozenset(map(d, [
    "2014-05-06", "2014-05-07", "2014-05-09",
])))  # fmt: skip


@pytest.mark.parametrize(
    "on, count, expected",
    [
        ("2014-05-05", 0, "2014-05-06"),
        ("2014-05-05", 1, "2014-05-06"),
        ("2014-05-05", 3, "2014-05-09"),
        ("2014-05-06", 0, "2014-05-06"),
        ("2014-05-06", 1, "2014-05-07"),
        ("2014-05-06", 2, "2014-05-09"),
        ("2014-05-08", -1, "2014-05-07"),
        ("2014-05-08", -2, "2014-05-06"),
        ("2014-05-09", -1, "2014-05-07"),
        ("2014-05-11", -3, "2014-05-06"),
    ],
)
def test_counting_open_days(on, count, expected):
    assert d(expected) == WEEK.add_open(d(on), count)


OUTSIDE = [
    ("is_open", ["2014-05-04"], "2014-05-04"),
    ("is_open", ["2014-05-12"], "2014-05-12"),
    ("next_open", ["2014-05-04"], "2014-05-04"),
    ("next_open", ["2014-05-09"], "2014-05-12"),
    ("next_open", ["2014-05-11"], "2014-05-12"),
    ("next_open_or_same", ["2014-05-10"], "2014-05-12"),
    ("next_open_or_same", ["2014-05-12"], "2014-05-12"),
    ("previous_open", ["2014-05-05"], "2014-05-04"),
    ("previous_open", ["2014-05-06"], "2014-05-04"),
    ("previous_open", ["2014-05-12"], "2014-05-12"),
    ("add_open", ["2014-05-05", 4], "2014-05-12"),
    ("add_open", ["2014-05-11", -4], "2014-05-04"),
    ("add_open", ["2014-05-06", 10**30], "2014-05-12"),
]


@pytest.mark.parametrize("method, arguments, asked", OUTSIDE)
def test_outside_is_refused(method, arguments, asked):
    with pytest.raises(CalendarExhausted) as caught:
        getattr(WEEK, method)(d(arguments[0]), *arguments[1:])

    expected = {"calendar": "week", "asked": d(asked), "first": WEEK.first, "last": WEEK.last}
    assert expected == caught.value.facts()


def test_a_calendar_must_be_possible():
    with pytest.raises(ValueError, match="first <= last"):
        Calendar("bad", d("2014-05-05"), d("2014-05-04"), frozenset())
    for outside in ("2014-05-04", "2014-05-12"):
        with pytest.raises(ValueError, match="expected open days from"):
            Calendar("bad", WEEK.first, WEEK.last, frozenset([d(outside)]))


@st.composite
def calendars(draw):
    first = draw(st.dates(dt.date(2000, 1, 1), dt.date(2030, 1, 1)))
    flags = draw(st.lists(st.booleans(), min_size=1, max_size=60))
    days = [first + n * DAY for n in range(len(flags))]
    opened = frozenset(on for on, flag in zip(days, flags, strict=True) if flag)
    return Calendar("drawn", first, days[-1], opened)


@given(calendars(), st.integers(0, 59), st.integers(-8, 8))
def test_counting_agrees_with_walking(calendar, offset, count):
    """The oracle walks day by day."""
    on = calendar.first + offset % len(_days(calendar.first, calendar.last)) * DAY
    step = -DAY if count < 0 else DAY
    day, left = on, abs(count)
    if count == 0:
        day, left = on - DAY, 1
    while left and calendar.first - DAY <= day <= calendar.last:
        day += step
        left -= day in calendar.open_days

    if left:
        with pytest.raises(CalendarExhausted):
            calendar.add_open(on, count)
    else:
        assert day == calendar.add_open(on, count)


@given(calendars())
def test_next_and_previous_undo_each_other(calendar):
    for before, after in pairwise(sorted(calendar.open_days)):
        assert (after, before) == (calendar.next_open(before), calendar.previous_open(after))
        assert calendar.is_open(before)


# The file

GOOD = [
    "date,weekday,bank_business_day,fund_open_day",
    "2014-04-30,3,1,1",
    "2014-05-01,4,0,0",
    "2014-05-02,5,0,0",
    "2014-05-03,6,0,0",
    "2014-05-04,7,1,0",
    "2014-05-05,1,1,1",
]


@pytest.fixture
def load(tmp_path):
    def _load(content):
        path = tmp_path / "calendar.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load_calendars(path)

    return _load


@pytest.mark.parametrize("text", ["\n".join(GOOD), "\n".join(GOOD) + "\n", "\r\n".join(GOOD)])
def test_a_good_file(load, text):
    assert china(d("2014-04-30"), d("2014-05-05")) == load(text)


def test_columns_may_come_in_any_order(load):
    lines = [",".join(reversed(line.split(","))) for line in GOOD]

    assert china(d("2014-04-30"), d("2014-05-05")) == load("\n".join(lines))


@given(calendars(), calendars())
def test_what_is_written_is_read_again(tmp_path_factory, bank, fund):
    last = min(bank.last, bank.first + (fund.last - fund.first))
    shift = bank.first - fund.first
    bank = Calendar("bank", bank.first, last, frozenset(x for x in bank.open_days if x <= last))
    moved = frozenset(x + shift for x in fund.open_days if x + shift <= last)
    fund = Calendar("fund", bank.first, last, moved)
    rows = [
        f"{on},{on.isoweekday()},{bank.is_open(on):d},{fund.is_open(on):d}"
        for on in _days(bank.first, last)
    ]
    path = tmp_path_factory.mktemp("calendar") / "c.csv"
    path.write_text("\n".join([GOOD[0], *rows]) + "\n")

    assert (bank, fund) == load_calendars(path)


def _with(line, text):
    """The good file with one line (from 1) replaced; None leaves it out."""
    lines = [*GOOD[: line - 1], *([] if text is None else [text]), *GOOD[line:]]
    return "\n".join(lines)


HEAD = "date,weekday,bank_business_day,fund_open_day"
FAULTS = {
    "column missing": (_with(1, "date,weekday,bank_business_day"), FileColumnsWrong, 1,
        "column fund_open_day once", "fund_open_day 0 times"),
    "column doubled": (_with(1, HEAD + ",date"), FileColumnsWrong, 1,
        "column date once", "date 2 times"),
    "column too many": (_with(1, HEAD + ",note"), FileColumnsWrong, 1,
        "only the columns date, weekday", "note"),
    "column misspelt": (_with(1, HEAD.replace("weekday", "Weekday")), FileColumnsWrong, 1,
        "column weekday once", "Weekday"),
    "byte order mark": ("\ufeff" + "\n".join(GOOD), FileColumnsWrong, 1,
        "column date once", "date 0 times"),
    "no header": (_with(1, None), FileColumnsWrong, 1, "column date once", "2014-04-30"),
    "nothing": ("", FileColumnsWrong, 1, "column date once", "''"),
    "only a header": (HEAD + "\n", FileEmpty, 0, "at least one day", "only the header"),
    "value missing": (_with(3, "2014-05-01,4,0"), FileRowWrong, 3, "4 values", "3 in"),
    "value too many": (_with(3, "2014-05-01,4,0,0,0"), FileRowWrong, 3, "4 values", "5 in"),
    "blank line": (_with(3, ""), FileRowWrong, 3, "4 values", "1 in ''"),
    "two ends": ("\n".join(GOOD) + "\n\n", FileRowWrong, 8, "4 values", "1 in ''"),
    "date basic": (_with(3, "20140501,4,0,0"), CalendarDateWrong, 3, "YYYY-MM-DD", "'20140501'"),
    "date by week": (_with(3, "2014-W18-4,4,0,0"), CalendarDateWrong, 3, "YYYY-MM-DD", "W18"),
    "date impossible": (_with(3, "2014-04-31,4,0,0"), CalendarDateWrong, 3, "YYYY-MM-DD", "04-31"),
    "date far": (_with(3, "9999-12-31,5,0,0"), CalendarDateWrong, 3, "1900 to 2199", "9999"),
    "date spaced": (_with(3, " 2014-05-01,4,0,0"), CalendarDateWrong, 3, "YYYY-MM-DD", "' 2014"),
    "weekday wrong": (_with(3, "2014-05-01,5,0,0"), CalendarWeekdayWrong, 3,
        "weekday 4 for 2014-05-01", "'5'"),
    "weekday named": (_with(3, "2014-05-01,Thu,0,0"), CalendarWeekdayWrong, 3,
        "weekday 4", "'Thu'"),
    "gap": (_with(3, None), CalendarDayMissing, 3,
        "2014-05-01, the day after 2014-04-30", "2014-05-02"),
    "day twice": (_with(3, GOOD[1]), CalendarDaysOutOfOrder, 3, "2014-05-01", "2014-04-30"),
    "day before": (_with(3, "2014-04-29,2,1,1"), CalendarDaysOutOfOrder, 3,
        "2014-05-01", "2014-04-29"),
    "flag 2": (_with(3, "2014-05-01,4,2,0"), CalendarFlagWrong, 3,
        "bank_business_day 0 or 1", "'2'"),
    "flag empty": (_with(3, "2014-05-01,4,0,"), CalendarFlagWrong, 3, "fund_open_day 0 or 1", "''"),
    "flag true": (_with(3, "2014-05-01,4,0,true"), CalendarFlagWrong, 3, "0 or 1", "'true'"),
    "flag wide": (_with(7, "2014-05-05,1,1,１"), CalendarFlagWrong, 7, "0 or 1", "'１'"),
    "not text": ("\n".join(GOOD[:3]).encode() + b"\n\xff", FileUnreadable, 4, "UTF-8", "byte 0xff"),
}  # fmt: skip


@pytest.mark.parametrize("content, kind, line, expected, seen", FAULTS.values(), ids=FAULTS)
def test_a_bad_file_is_refused(load, content, kind, line, expected, seen):
    with pytest.raises(kind) as caught:
        load(content)

    error = caught.value
    assert (kind, line) == (type(error), error.line)
    assert expected in error.expected
    assert seen in error.seen
    assert "calendar.csv" in error.path


def test_a_file_that_cannot_be_opened(tmp_path):
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(FileUnreadable) as caught:
            load_calendars(path)
        assert (str(path), 0) == (caught.value.path, caught.value.line)


def test_a_file_without_end_is_not_read(load):
    with pytest.raises(FileTooLarge):
        load(b"x" * (FILE_BYTES_MAX + 1))


@given(st.integers(0, len("\n".join(GOOD)) - 1), st.sampled_from("0123456789,-\nx"))
def test_one_changed_character_never_passes_for_another_day(tmp_path_factory, position, character):
    """Only a flag of 0 or 1 can change unseen: every other change is refused."""
    text = "\n".join(GOOD)
    changed = text[:position] + character + text[position + 1 :]
    path = tmp_path_factory.mktemp("calendar") / "c.csv"
    path.write_text(changed)
    line_start = changed.rfind("\n", 0, position) + 1
    is_flag = position - line_start in (13, 15) and line_start > 0

    if changed == text:
        assert china(d("2014-04-30"), d("2014-05-05")) == load_calendars(path)
    elif is_flag and character in "01":
        bank, fund = load_calendars(path)
        assert (d("2014-04-30"), d("2014-05-05")) == (bank.first, fund.last)
    else:
        with pytest.raises(
            (FileColumnsWrong, FileRowWrong, CalendarDateWrong, CalendarWeekdayWrong,
             CalendarDayMissing, CalendarDaysOutOfOrder, CalendarFlagWrong)
        ):  # fmt: skip
            load_calendars(path)

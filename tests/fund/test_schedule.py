"""Which day an order belongs to: tables and worked holidays of the reference, to the instant."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venule.fund import OpenDays, WeekdaySchedule
from venule.kit.calendar import china
from venule.kit.errors import CalendarExhausted
from venule.kit.time import CHINA, china_instant

FUND = china(date(2013, 7, 1), date(2014, 12, 31))[1]
SCHEDULE = OpenDays(FUND)
WEEKDAY = WeekdaySchedule(FUND)
MICROSECOND = timedelta(microseconds=1)
BEGIN = datetime(2013, 7, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA).astimezone(UTC)


# Section 2: what a customer sees without a holiday. 2014-05-12 is a Monday.
@pytest.mark.parametrize(
    "first, last, trade_on, earns_from",
    [
        ("2014-05-12 15:00", "2014-05-13 14:59:59.999999", date(2014, 5, 13), date(2014, 5, 14)),
        ("2014-05-14 15:00", "2014-05-15 14:59:59.999999", date(2014, 5, 15), date(2014, 5, 16)),
        ("2014-05-15 15:00", "2014-05-16 14:59:59.999999", date(2014, 5, 16), date(2014, 5, 19)),
        ("2014-05-16 15:00", "2014-05-19 14:59:59.999999", date(2014, 5, 19), date(2014, 5, 20)),
    ],
)
def test_a_week_without_holiday(first, last, trade_on, earns_from):
    for instant in (at(first), at(last)):
        assert trade_on == SCHEDULE.trade_on(instant)
    assert trade_on != SCHEDULE.trade_on(at(first) - MICROSECOND)
    assert trade_on != SCHEDULE.trade_on(at(last) + MICROSECOND)
    assert earns_from == SCHEDULE.subscription_confirm_on(trade_on)
    assert earns_from == SCHEDULE.redemption_confirm_on(trade_on)


# Section 2, worked: 05-01 and 05-02 are holidays, 05-04 a Sunday on which banks work.
@pytest.mark.parametrize(
    "instant, trade_on, confirm_on",
    [
        ("2014-04-30 14:59", date(2014, 4, 30), date(2014, 5, 5)),
        ("2014-04-30 15:00", date(2014, 5, 5), date(2014, 5, 6)),
        ("2014-05-01 10:00", date(2014, 5, 5), date(2014, 5, 6)),
        ("2014-05-04 10:00", date(2014, 5, 5), date(2014, 5, 6)),
        ("2014-05-05 14:59:59.999999", date(2014, 5, 5), date(2014, 5, 6)),
        ("2014-01-30 15:00", date(2014, 2, 7), date(2014, 2, 10)),
        ("2013-09-30 15:00", date(2013, 10, 8), date(2013, 10, 9)),
    ],
)
def test_holidays(instant, trade_on, confirm_on):
    assert trade_on == SCHEDULE.trade_on(at(instant))
    assert confirm_on == SCHEDULE.subscription_confirm_on(trade_on)


def test_working_weekends_of_the_banks_are_no_open_days():
    for on in (
        date(2013, 9, 22),
        date(2013, 9, 29),
        date(2013, 10, 12),
        date(2014, 1, 26),
        date(2014, 2, 8),
        date(2014, 5, 4),
    ):
        assert not SCHEDULE.is_trading(on)


def test_the_cut_off_ends_the_day_and_begins_the_next():
    cut_off = SCHEDULE.cut_off(date(2014, 5, 13))

    assert at("2014-05-13 15:00") == cut_off
    assert date(2014, 5, 13) == SCHEDULE.trade_on(cut_off - MICROSECOND)
    assert date(2014, 5, 14) == SCHEDULE.trade_on(cut_off)


@pytest.mark.parametrize(
    "instant, leaves_on",
    [
        ("2014-05-13 14:59:59.999999", date(2014, 5, 13)),
        ("2014-05-13 15:00", date(2014, 5, 14)),
        ("2014-05-17 14:59", date(2014, 5, 17)),  # a Saturday has the same hour
        ("2014-05-17 15:00", date(2014, 5, 18)),
        ("2014-05-13 00:00", date(2014, 5, 13)),
        ("2014-05-13 23:59:59.999999", date(2014, 5, 14)),
    ],
)
def test_who_takes_money_before_the_hour_misses_the_day(instant, leaves_on):
    assert leaves_on == SCHEDULE.leaves_on(at(instant))


def test_the_calendar_ends():
    with pytest.raises(CalendarExhausted):
        SCHEDULE.trade_on(at("2015-01-01 10:00"))
    with pytest.raises(CalendarExhausted):
        SCHEDULE.trade_on(at("2014-12-31 15:00"))
    with pytest.raises(CalendarExhausted):
        SCHEDULE.subscription_confirm_on(date(2014, 12, 31))
    with pytest.raises(CalendarExhausted):
        SCHEDULE.closes_from(date(2013, 6, 30))
    with pytest.raises(CalendarExhausted):
        WEEKDAY.trade_on(at("2015-01-01 00:00"))


# Section 13: the publisher's rule, one week from Monday on; holidays count for nothing.
@pytest.mark.parametrize(
    "weekday, days",
    [(0, 2), (1, 2), (2, 2), (3, 2), (4, 4), (5, 4), (6, 3)],
)
@pytest.mark.parametrize("monday", [date(2014, 5, 12), date(2014, 4, 28), date(2013, 9, 30)])
def test_the_weekday_table(monday, weekday, days):
    on = monday + timedelta(days=weekday)

    assert on + timedelta(days=days) == WEEKDAY.subscription_confirm_on(on)
    assert on + timedelta(days=1) == WEEKDAY.redemption_confirm_on(on)


def test_natural_days_run_from_midnight():
    on = date(2014, 5, 17)
    begins, ends = china_instant(on, time()), china_instant(on + timedelta(days=1), time())

    assert on == WEEKDAY.trade_on(begins)
    assert on == WEEKDAY.trade_on(ends - MICROSECOND)
    assert on + timedelta(days=1) == WEEKDAY.trade_on(ends)
    assert ends == WEEKDAY.cut_off(on) == WEEKDAY.closes_from(on)
    for instant in (begins, ends - MICROSECOND):
        assert on + timedelta(days=1) == WEEKDAY.leaves_on(instant)
    assert WEEKDAY.is_trading(on)


@given(st.integers(0, 537 * 86_400 * 10**6))
def test_an_order_is_never_late_and_never_for_a_closed_day(microseconds):
    instant = BEGIN + microseconds * MICROSECOND
    trade_on = SCHEDULE.trade_on(instant)

    assert instant < SCHEDULE.cut_off(trade_on)
    assert FUND.is_open(trade_on)
    assert SCHEDULE.subscription_confirm_on(trade_on) > trade_on
    before = FUND.previous_open(trade_on) if trade_on > date(2013, 7, 1) else None
    assert before is None or instant >= SCHEDULE.cut_off(before)
    assert OpenDays(FUND).trade_on(instant) == trade_on  # what is remembered changes nothing


@given(st.integers(0, 518 * 86_400 * 10**6))
def test_shares_pledged_earn_for_the_bank_before_they_are_redeemed(microseconds):
    """What the run of a day looks at begins with the day of confirmation."""
    instant = BEGIN + microseconds * MICROSECOND
    for schedule in (SCHEDULE, WEEKDAY):
        trade_on = schedule.trade_on(instant)
        assert schedule.leaves_on(instant) <= schedule.redemption_confirm_on(trade_on)
        assert schedule.leaves_on(instant) <= trade_on + timedelta(days=1)

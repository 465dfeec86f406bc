"""Clocks, and exact ways between instants, microseconds and China's civil time."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venule.kit.errors import ClockMovedBack
from venule.kit.time import (
    CHINA,
    Clock,
    FixedClock,
    SystemClock,
    VirtualClock,
    china_date,
    china_instant,
    from_us,
    to_us,
)

START = dt.datetime(2013, 7, 1, tzinfo=dt.UTC)
SECOND = dt.timedelta(seconds=1)
zones = st.integers(-1439, 1439).map(lambda m: dt.timezone(dt.timedelta(minutes=m)))
instants = st.datetimes(
    dt.datetime(1900, 1, 1),  # noqa: DTZ001  hypothesis adds the zone
    dt.datetime(2199, 12, 31),  # noqa: DTZ001
    timezones=zones,
)


@given(instants)
def test_microseconds_are_exact(at):
    assert at == from_us(to_us(at))
    assert dt.UTC == from_us(to_us(at)).tzinfo


@given(instants, instants)
def test_microseconds_keep_order_and_distance(a, b):
    assert (a < b) == (to_us(a) < to_us(b))
    assert dt.timedelta(microseconds=to_us(b) - to_us(a)) == b - a


@pytest.mark.parametrize(
    "at, at_us",
    [
        (dt.datetime(1970, 1, 1, tzinfo=dt.UTC), 0),
        (dt.datetime(1970, 1, 1, 8, tzinfo=CHINA), 0),
        (dt.datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=dt.UTC), -1),
        (dt.datetime(2013, 7, 1, 0, 0, 0, 1, tzinfo=dt.UTC), 1_372_636_800_000_001),
    ],
)
def test_known_instants(at, at_us):
    assert (at_us, at) == (to_us(at), from_us(at_us))


NAIVE = dt.datetime(2013, 7, 1)  # noqa: DTZ001  the very thing to refuse


@pytest.mark.parametrize(
    "use", [to_us, china_date, FixedClock, VirtualClock, lambda at: VirtualClock(START).set(at)]
)
def test_a_naive_instant_is_a_bug(use):
    with pytest.raises(ValueError, match="expected an aware instant"):
        use(NAIVE)


def test_the_day_changes_at_midnight_in_china():
    assert dt.date(2014, 4, 30) == china_date(dt.datetime(2014, 4, 30, 15, 59, 59, tzinfo=dt.UTC))
    assert dt.date(2014, 5, 1) == china_date(dt.datetime(2014, 4, 30, 16, tzinfo=dt.UTC))


def test_three_in_the_afternoon_in_china():
    at = china_instant(dt.date(2014, 4, 30), dt.time(15))

    assert (dt.datetime(2014, 4, 30, 7, tzinfo=dt.UTC), dt.UTC) == (at, at.tzinfo)


@given(st.dates(dt.date(1900, 1, 1), dt.date(2199, 12, 31)), st.times())
def test_an_instant_of_a_day_is_on_that_day(on, at):
    assert on == china_date(china_instant(on, at))


def test_a_time_of_day_has_no_zone():
    with pytest.raises(ValueError, match="without a zone"):
        china_instant(dt.date(2014, 4, 30), dt.time(15, tzinfo=CHINA))


def test_the_system_clock_is_aware_and_now():
    before = dt.datetime.now(dt.UTC)
    now = SystemClock().now()

    assert dt.UTC == now.tzinfo
    assert before - SECOND <= now <= dt.datetime.now(dt.UTC) + SECOND


def test_a_fixed_clock_stands_still_in_utc():
    clock: Clock = FixedClock(dt.datetime(2013, 7, 1, 8, tzinfo=CHINA))

    assert START == clock.now() == clock.now()
    assert dt.UTC == clock.now().tzinfo


def test_a_virtual_clock_moves_when_told():
    clock = VirtualClock(START)
    seen = [clock.now()]
    clock.advance(SECOND)
    seen.append(clock.now())
    clock.set((START + 2 * SECOND).astimezone(CHINA))
    seen.append(clock.now())
    clock.set(clock.now())
    clock.advance(dt.timedelta(0))
    seen.append(clock.now())

    assert [START, START + SECOND, START + 2 * SECOND, START + 2 * SECOND] == seen
    assert dt.UTC == clock.now().tzinfo


@pytest.mark.parametrize(
    "move",
    [
        lambda clock: clock.set(START - dt.timedelta(microseconds=1)),
        lambda clock: clock.advance(-dt.timedelta(microseconds=1)),
    ],
)
def test_a_virtual_clock_never_goes_back(move):
    clock = VirtualClock(START)

    with pytest.raises(ClockMovedBack) as caught:
        move(clock)
    assert (START, START - dt.timedelta(microseconds=1)) == (caught.value.now, caught.value.asked)
    assert START == clock.now()

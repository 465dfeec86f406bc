"""Arithmetic of the replay: sharing out, concentration, income by both rules, breaks."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from venule.kit.calendar import china_2013_2014
from venule.replay import Break
from venule.replay.inputs import read_flows, read_yields
from venule.replay.model import Flows
from venule.replay.rules import (
    PUBLISHED_SHARES,
    fill,
    find_breaks,
    first_income_day,
    first_income_day_by_calendar,
    modelled_income,
    round_down,
    top_shares,
    within_1_percent,
)

AMOUNT = st.integers(0, 10**12)


@st.composite
def shares(draw):
    room = draw(st.lists(AMOUNT, min_size=1, max_size=30))
    weights = draw(
        st.lists(st.floats(0, 1e12, allow_nan=False), min_size=len(room), max_size=len(room))
    )
    return draw(st.integers(0, sum(room))), np.array(weights), np.array(room, dtype=np.int64)


@given(shares())
def test_parts_sum_to_the_whole_and_nobody_gets_more_than_his_room(case):
    whole, weights, room = case

    parts = fill(whole, weights, room)

    assert parts is not None
    assert whole == parts.sum()
    assert (parts >= 0).all()
    assert (parts <= room).all()


@given(shares(), st.sampled_from([1, 100, 1000]))
def test_rounding_keeps_sum_and_room(case, step):
    whole, weights, room = case
    parts = fill(whole, weights, room)

    rounded = round_down(parts, step, whole, room)

    assert whole == rounded.sum()
    assert (rounded >= 0).all()
    assert (rounded <= room).all()


@pytest.mark.parametrize(
    "whole, weights, room, expected",
    [
        (100, [1, 1, 2], [1000, 1000, 1000], [25, 25, 50]),
        (100, [1, 1, 2], [10, 1000, 1000], [10, 30, 60]),
        (100, [1, 1, 1], [1000, 1000, 1000], [34, 33, 33]),  # the odd fen to the first of equals
        (100, [5, 3, 1], [50, 50, 50], [50, 38, 12]),
        (60, [5, 3, 1], [20, 20, 20], [20, 20, 20]),
        (7, [0, 0], [5, 5], [4, 3]),
        (0, [1, 2], [5, 5], [0, 0]),
    ],
)
def test_fill(whole, weights, room, expected, ints):
    assert expected == fill(whole, np.array(weights, dtype=float), ints(*room)).tolist()


def test_fill_says_when_there_is_no_room(ints):
    assert fill(61, np.ones(3), ints(20, 20, 20)) is None
    assert fill(1, np.zeros(0), ints()) is None


@pytest.mark.parametrize(
    "bought, earns",
    [
        ("2014-05-12", "2014-05-14"),  # Monday
        ("2014-05-15", "2014-05-17"),  # Thursday
        ("2014-05-16", "2014-05-20"),  # Friday
        ("2014-05-17", "2014-05-21"),
        ("2014-05-18", "2014-05-21"),  # Sunday
        ("2014-04-30", "2014-05-02"),  # holidays do not count
    ],
)
def test_first_income_by_the_rule_of_natural_days(bought, earns):
    assert date.fromisoformat(earns) == first_income_day(date.fromisoformat(bought))


def test_first_income_by_the_calendar():
    """The reference page's worked example: May Day, and a working Sunday of the banks."""
    _, fund_days = china_2013_2014()

    assert date(2014, 5, 5) == first_income_day_by_calendar(date(2014, 4, 30), fund_days)
    assert date(2014, 5, 6) == first_income_day_by_calendar(date(2014, 5, 3), fund_days)


def test_top_shares(ints):
    by_user = np.ones(28_041, dtype=np.int64)
    by_user[17] = 28_041 * 3

    shares = top_shares(by_user, 28_041)

    assert len(PUBLISHED_SHARES) == len(shares)
    assert shares[0] == pytest.approx(0.75, abs=0.001)
    assert shares == sorted(shares)
    assert [0.0] * 6 == top_shares(ints(0, 0), 2)


def test_within_1_percent_is_exact(ints):
    real = ints(10_000, 10_000, 10_000, 10_000, 0, 0)
    ours = ints(10_100, 10_101, 9_900, 9_899, 0, 1)

    assert [True, False, True, False, True, False] == within_1_percent(ours, real).tolist()


def test_breaks_are_what_the_source_has_more_than_the_books(ints):
    days = (date(2013, 8, 12), date(2013, 8, 13), date(2013, 8, 14))
    columns = {"balance_fen": ints(150, 250, 260), "prev_balance_fen": ints(100, 150, 250)}

    breaks = find_breaks(Flows(days, columns, "test"), ints(50, 200, 7))

    assert [Break(days[1], -100), Break(days[2], 3)] == breaks


def test_income_of_the_reference_pages_example(fund_data):
    """2014-05-14: 219,775,004.70 yuan earn, 1.2986 per 10,000, 28,539.98 yuan."""
    flows = read_flows(fund_data / "daily_flows.csv")
    yields = read_yields(fund_data / "daily_yield.csv")
    day = flows.days.index(date(2014, 5, 14))

    income = modelled_income(flows, yields, flows["purchase_direct_fen"])

    assert 2_853_998 == income[day]
    assert 2_852_527 == flows["income_fen"][day]
    near = within_1_percent(income, flows["income_fen"])
    assert (315, 293) == (near.sum(), near[31:].sum())  # 86.3 % of all, 87.7 % since August
    assert 1.0027 == round(int(flows["income_fen"].sum()) / int(income.sum()), 4)

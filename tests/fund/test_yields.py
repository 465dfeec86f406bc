"""Yields: the worked day, the published series, few days."""

from __future__ import annotations

import csv
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venule.fund import (
    Carry,
    annualised_yield,
    four_week_yield,
    growth_since_inception,
    net_income_of,
    per_10k_e4,
    seven_day_yield,
)
from venule.fund.yields import annual_rate

WEEK = [13221, 13244, 13117, 13115, 13083, 13022, 12986]  # up to 2014-05-14


@pytest.fixture(scope="module")
def published(fund_data):
    with (fund_data / "daily_yield.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [
        (int(Decimal(row["income_per_10k"]) * 10_000), int(Decimal(row["yield_7d_pct"]) * 1_000))
        for row in rows
    ]


def test_worked_day():
    assert 4902 == seven_day_yield(WEEK)
    assert 4786 == seven_day_yield(WEEK, Carry.MONTHLY)
    assert str(annual_rate(WEEK)).startswith("4.90214192")


def test_the_published_yield_on_all_windows(published):
    windows = range(6, len(published))
    wrong = [
        i
        for i in windows
        if seven_day_yield([p for p, _ in published[i - 6 : i + 1]]) != published[i][1]
    ]

    assert 359 == len(windows)
    assert [] == wrong


def test_the_monthly_formula_is_another_one(published):
    """Section 5: it gives the published value on no day."""
    for i in range(6, len(published)):
        window = [p for p, _ in published[i - 6 : i + 1]]
        assert published[i][1] != seven_day_yield(window, Carry.MONTHLY)


def test_only_the_last_seven_days_count():
    assert seven_day_yield(WEEK) == seven_day_yield([99999, 1, *WEEK])


def test_a_young_fund_counts_the_days_it_has():
    one = annual_rate(WEEK[-1:])

    assert 4854 == seven_day_yield(WEEK[-1:])
    assert (1 + Decimal("0.00012986")) ** 365 - 1 == pytest.approx(one / 100, abs=Decimal("1e-24"))
    with pytest.raises(ValueError, match="at least one day"):
        seven_day_yield([])


def test_monthly_of_a_young_fund():
    # (1.0 + 1.1) / 2 * 365 / 10000 = 3.8325 %, half up
    assert 3833 == seven_day_yield([10000, 11000], Carry.MONTHLY)


def test_four_weeks_and_since_inception():
    days = [13000] * 28

    assert 4859 == four_week_yield([5, *days]) == annualised_yield(days)
    assert 365 == growth_since_inception(days)  # 1.00013 ** 28 - 1 = 0.3646 %
    assert 0 == growth_since_inception([])


def test_zero_and_negative_days():
    assert 0 == seven_day_yield([0] * 7)
    assert -473 == seven_day_yield([-1300] * 7)
    assert -475 == seven_day_yield([-1300] * 7, Carry.MONTHLY)  # -0.4745: away from zero


@pytest.mark.parametrize(
    "net_income, shares, expected",
    [
        (168, 1292257, 13001),  # section 4: 1.68 yuan on 12,922.57 shares
        (0, 1, 0),
        (1, 20_000 * 10_000, 1),  # 0.00005: half up
        (-1, 20_000 * 10_000, -1),  # the mirror image
        (1, 20_000 * 10_000 + 1, 0),
    ],
)
def test_income_per_10k(net_income, shares, expected):
    assert expected == per_10k_e4(net_income, shares)


def test_net_income_of_the_published_figure():
    """Section 13, worked: 219,775,004.70 at 1.2986 is 28,539.98."""
    assert 2853998 == net_income_of(12986, 21977500470)


@given(st.integers(1, 10**13), st.integers(-(10**6), 10**6))
def test_net_income_and_back(shares, per_10k):
    net_income = net_income_of(per_10k, shares)

    if shares >= 10**8:  # half a fen is then less than half a unit of the last decimal
        assert per_10k == per_10k_e4(net_income, shares)

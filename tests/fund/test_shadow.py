"""Shadow pricing: the table of section 8, its comparisons, the two-days rule."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from venule.fund import ShadowBounds, ShadowState
from venule.fund.model import MEASURES_2015
from venule.fund.shadow import Valuation, bounds_on, judge

DAY = date(2016, 3, 1)
BASE = 10**9  # one part per million is 1,000

S = ShadowState


def values(*deviations_e9):
    return [
        Valuation(DAY + timedelta(days=i), BASE, BASE + deviation)
        for i, deviation in enumerate(deviations_e9)
    ]


def verdict(*deviations_e9, state=S.INSIDE, bounds=(MEASURES_2015,), liquidate=True):
    return judge(values(*deviations_e9), bounds, state, liquidate=liquidate)


# deviation in 1e-9: -0.25 % is -2,500,000
@pytest.mark.parametrize(
    "deviation, state, stops",
    [
        (0, S.INSIDE, False),
        (-2_499_999, S.INSIDE, False),
        (-2_500_000, S.LOW, False),  # <= -0.25 %
        (-4_999_999, S.LOW, False),
        (-5_000_000, S.VERY_LOW, False),  # <= -0.50 %
        (-5_000_001, S.VERY_LOW, False),
        (4_999_999, S.INSIDE, False),
        (5_000_000, S.HIGH, True),  # >= +0.50 %
        (9_000_000, S.HIGH, True),
    ],
)
def test_one_day(deviation, state, stops):
    seen = verdict(deviation)

    assert (state, stops, False) == (seen.state, seen.stop_subscriptions, seen.stop_redemptions)


@pytest.mark.parametrize(
    "deviations, state",
    [
        ((-5_000_001, -5_000_001), S.LIQUIDATING),
        ((-5_000_000, -5_000_001), S.VERY_LOW),  # the second rule is strict
        ((-5_000_001, -5_000_000), S.VERY_LOW),
        ((-6_000_000, 0, -6_000_000), S.VERY_LOW),  # not in a row
        ((-6_000_000,), S.VERY_LOW),
    ],
)
def test_two_trading_days_in_a_row(deviations, state):
    seen = verdict(*deviations)

    assert state is seen.state
    assert (state is S.LIQUIDATING) is seen.stop_redemptions is seen.stop_subscriptions


def test_the_other_way_out_is_fair_value():
    seen = verdict(-6_000_000, -6_000_000, liquidate=False)

    assert (S.FAIR_VALUE, False, False) == (
        seen.state,
        seen.stop_subscriptions,
        seen.stop_redemptions,
    )


def test_back_inside_opens_again_but_liquidation_stays():
    assert S.INSIDE is verdict(5_000_000, 4_000_000, state=S.HIGH).state
    assert not verdict(5_000_000, 4_000_000, state=S.HIGH).stop_subscriptions
    assert S.LIQUIDATING is verdict(0, state=S.LIQUIDATING).state
    assert verdict(0, state=S.LIQUIDATING).stop_redemptions


def test_five_trading_days_to_be_back_inside():
    low = -3_000_000
    seen = [verdict(*([low] * days)).mend_days for days in range(1, 8)]

    assert [5, 4, 3, 2, 1, 0, 0] == seen
    assert verdict(low, 0).mend_days is None
    assert 5 == verdict(low, 0, low).mend_days


def test_before_the_measures_nothing_is_asked():
    early = [Valuation(date(2014, 3, 3), BASE, BASE // 2)]

    assert bounds_on((MEASURES_2015,), date(2016, 1, 31)) is None
    assert MEASURES_2015 == bounds_on((MEASURES_2015,), date(2016, 2, 1))
    seen = judge(early, (MEASURES_2015,), S.INSIDE, liquidate=True)
    assert (S.INSIDE, -500_000, None) == (seen.state, seen.deviation_ppm, seen.mend_days)


def test_days_before_the_rule_do_not_count_as_the_first_of_two():
    last_day = [
        Valuation(date(2016, 1, 29), BASE, BASE - 6_000_000),
        Valuation(date(2016, 2, 1), BASE, BASE - 6_000_000),
    ]

    assert S.VERY_LOW is judge(last_day, (MEASURES_2015,), S.INSIDE, liquidate=True).state


def test_comparisons_are_dated_parameters():
    strict = ShadowBounds(
        from_on=DAY, low_inclusive=False, high_inclusive=False, very_low_inclusive=False
    )
    later = ShadowBounds(from_on=DAY + timedelta(days=1), twice_inclusive=True)

    assert S.INSIDE is verdict(-2_500_000, bounds=(strict,)).state
    assert S.INSIDE is verdict(5_000_000, bounds=(strict,)).state
    assert S.LOW is verdict(-5_000_000, bounds=(strict,)).state
    assert S.LOW is verdict(-2_500_000, bounds=(MEASURES_2015, strict)[:1]).state
    assert S.VERY_LOW is verdict(-5_000_000, -5_000_000, bounds=(strict, later)).state
    assert S.LIQUIDATING is verdict(0, -5_000_000, -5_000_000, bounds=(strict, later)).state


def test_comparison_is_exact_for_any_size():
    huge = 3 * 10**14 + 1  # 0.25 % of it is no whole number
    bound = -(huge * 2_500) // 1_000_000
    for shadow, state in ((huge + bound, S.LOW), (huge + bound + 1, S.INSIDE)):
        seen = judge([Valuation(DAY, huge, shadow)], (MEASURES_2015,), S.INSIDE, liquidate=True)
        assert state is seen.state

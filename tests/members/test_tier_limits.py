"""Limits are dated rows: what the regulator wrote, from when to when."""

from datetime import date, timedelta

import pytest

from venule.kit.errors import INT64_MAX
from venule.members import (
    LimitRule,
    SetTierLimit,
    TextMalformed,
    Tier,
    TierLimitMalformed,
    TierLimitOutOfOrder,
    party,
    set_tier_limit,
    tier_limits,
)

FIRST = date(2016, 7, 1)


def _amounts(town, on):
    return {(x.rule, x.tier): x.amount_minor for x in town.read(tier_limits, on)}


def test_before_2016_07_01_there_is_no_limit(town):
    assert {} == _amounts(town, FIRST - timedelta(days=1))
    assert {} == _amounts(town, date(2013, 7, 1))


def test_from_2016_07_01_the_measures_of_2015_hold(town):
    expected = {
        (LimitRule.BALANCE_OUT_LIFETIME, Tier.I): 1_000_00,
        (LimitRule.BALANCE_OUT_YEAR, Tier.II): 100_000_00,
        (LimitRule.BALANCE_OUT_YEAR, Tier.III): 200_000_00,
        (LimitRule.INVESTMENT_SINGLE, Tier.I): 0,
        (LimitRule.INVESTMENT_SINGLE, Tier.II): 0,
    }

    assert expected == _amounts(town, FIRST)
    assert expected == _amounts(town, date(2030, 1, 1))


def test_a_new_limit_takes_over_on_its_day(town):
    rule, tier = LimitRule.BALANCE_OUT_YEAR, Tier.III
    day = date(2020, 1, 1)

    town.run(set_tier_limit, SetTierLimit(rule, tier, 300_000_00, day, "a later order"))

    assert 200_000_00 == _amounts(town, day - timedelta(days=1))[rule, tier]
    assert 300_000_00 == _amounts(town, day)[rule, tier]


def test_a_limit_can_end(town):
    rule, tier = LimitRule.INVESTMENT_SINGLE, Tier.I
    day = date(2020, 1, 1)

    town.run(set_tier_limit, SetTierLimit(rule, tier, None, day, "lifted"))

    assert 0 == _amounts(town, day - timedelta(days=1))[rule, tier]
    assert (rule, tier) not in _amounts(town, day)
    with pytest.raises(TierLimitOutOfOrder) as raised:
        town.run(set_tier_limit, SetTierLimit(rule, tier, 5, day - timedelta(days=1), "back"))
    assert day == raised.value.last_from_on
    town.run(set_tier_limit, SetTierLimit(rule, tier, INT64_MAX, day, "on again"))
    assert INT64_MAX == _amounts(town, day)[rule, tier]


@pytest.mark.parametrize("days", [0, -1])
def test_the_past_is_not_rewritten(town, days):
    command = SetTierLimit(
        LimitRule.BALANCE_OUT_YEAR, Tier.III, 1, FIRST + timedelta(days=days), "too early"
    )
    with pytest.raises(TierLimitOutOfOrder) as raised:
        town.run(set_tier_limit, command)
    assert FIRST == raised.value.last_from_on


@pytest.mark.parametrize(
    "tier, amount", [(Tier.NONE, 1), (Tier.I, -1), (Tier.I, INT64_MAX + 1), (Tier.I, 10**30)]
)
def test_a_limit_is_of_a_tier_and_an_amount(town, tier, amount):
    with pytest.raises(TierLimitMalformed):
        town.run(
            set_tier_limit,
            SetTierLimit(LimitRule.BALANCE_OUT_DAY, tier, amount, date(2020, 1, 1), "x"),
        )


def test_a_limit_names_its_source(town):
    with pytest.raises(TextMalformed):
        town.run(
            set_tier_limit,
            SetTierLimit(LimitRule.BALANCE_OUT_DAY, Tier.I, 1, date(2020, 1, 1), ""),
        )


def test_a_party_knows_the_limits_of_its_tier_today(town, town_2017):
    early, late, shop = town.person(Tier.I), town_2017.person(Tier.I), town_2017.merchant()

    assert ({}, False) == (
        town.read(party, early.id).limits,
        town.read(party, early.id).counting,
    )
    assert (
        {LimitRule.BALANCE_OUT_LIFETIME: 1_000_00, LimitRule.INVESTMENT_SINGLE: 0},
        True,
    ) == (town_2017.read(party, late.id).limits, town_2017.read(party, late.id).counting)
    assert {} == town_2017.read(party, shop.id).limits

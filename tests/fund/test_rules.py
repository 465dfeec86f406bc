"""Decisions without a ledger: dated limits, who may advance, how a payment and a loss are split."""

from __future__ import annotations

from datetime import date, time, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venule.fund import (
    REGULATOR_LIMITS,
    AdvanceLine,
    AmountOutOfFund,
    BelowMinimum,
    Carry,
    FrozenIncome,
    FundingInsufficient,
    FundingOrder,
    Limit,
    LimitExceeded,
    LimitRule,
    NumberMalformed,
    ShadowBounds,
    Terms,
    TermsWrong,
    rules,
)

OLD, NEW = date(2013, 6, 13), date(2018, 6, 15)
FAST = LimitRule.FAST_DAILY


# Section 6: from 1 June 2018, one month of transition for whoever was there before.
@pytest.mark.parametrize(
    "on, since, expected",
    [
        (date(2014, 5, 14), OLD, None),
        (date(2018, 5, 31), OLD, None),
        (date(2018, 6, 1), OLD, None),
        (date(2018, 6, 30), OLD, None),
        (date(2018, 7, 1), OLD, 1_000_000),
        (date(2024, 1, 1), OLD, 1_000_000),
        (date(2018, 6, 15), NEW, 1_000_000),
        (date(2018, 6, 1), date(2018, 6, 1), 1_000_000),
    ],
)
def test_the_regulators_limit_on_fast_redemption(on, since, expected):
    assert expected == rules.limit_on(REGULATOR_LIMITS, FAST, on, since)


def test_limits_follow_each_other():
    cap = LimitRule.HOLDING_CAP
    limits = (
        Limit(cap, 100_000_000, date(2013, 6, 13)),
        Limit(cap, 25_000_000, date(2017, 5, 27)),
        Limit(cap, 10_000_000, date(2017, 8, 14), to_on=date(2018, 1, 31)),
        Limit(cap, 7, date(2013, 6, 13), subject="a bank"),
    )
    seen = [
        rules.limit_on(limits, cap, on, OLD)
        for on in (
            date(2013, 6, 12),
            date(2013, 6, 13),
            date(2017, 5, 27),
            date(2017, 8, 13),
            date(2017, 8, 14),
            date(2018, 1, 31),
            date(2018, 2, 1),
        )
    ]

    assert [None, 100_000_000, 25_000_000, 25_000_000, 10_000_000, 10_000_000, 25_000_000] == seen
    assert 7 == rules.limit_on(limits, cap, OLD, OLD, "a bank")
    assert rules.limit_on(limits, FAST, OLD, OLD) is None


def test_a_limit_may_be_reached_and_not_passed():
    rules.check_limit("F", FAST, 1_000_000, 400_000, 600_000, NEW)
    rules.check_limit("F", FAST, None, 400_000, 10**12, NEW)
    with pytest.raises(LimitExceeded) as refused:
        rules.check_limit("F", FAST, 1_000_000, 400_000, 600_001, NEW)
    assert (1_000_000, 400_000, 600_001) == (
        refused.value.limit,
        refused.value.used,
        refused.value.asked,
    )

    rules.check_minimum("F", 100, 100)
    rules.check_minimum("F", None, 1)
    with pytest.raises(BelowMinimum):
        rules.check_minimum("F", 100, 99)


@pytest.mark.parametrize(
    "licensed, on, since, expected",
    [
        (True, date(2020, 1, 1), OLD, True),
        (False, date(2014, 1, 1), OLD, True),
        (False, date(2018, 6, 30), OLD, True),
        (False, date(2018, 7, 1), OLD, False),
        (False, date(2018, 6, 15), NEW, False),
    ],
)
def test_only_a_licensed_bank_may_advance(licensed, on, since, expected):
    line = AdvanceLine(UUID(int=1), "Bank", licensed, 1, 2, 3, 4, 5)

    assert expected is rules.may_advance(line, on, since)


@pytest.mark.parametrize(
    "funding, cash, shares, expected",
    [
        (FundingOrder.CASH_THEN_SHARES, 60, 100, (60, 40)),
        (FundingOrder.CASH_THEN_SHARES, 100, 0, (100, 0)),
        (FundingOrder.CASH_THEN_SHARES, 60, 39, None),
        (FundingOrder.SHARES_THEN_CASH, 60, 50, (50, 50)),
        (FundingOrder.SHARES_THEN_CASH, 0, 100, (0, 100)),
        (FundingOrder.SHARES_THEN_CASH, 49, 50, None),
        (FundingOrder.CASH_ONLY, 100, 0, (100, 0)),
        (FundingOrder.CASH_ONLY, 99, 1000, None),
        (FundingOrder.SHARES_ONLY, 1000, 100, (0, 100)),
        (FundingOrder.SHARES_ONLY, 1000, 99, None),
    ],
)
def test_a_payment_of_100_is_whole_or_not_at_all(funding, cash, shares, expected):
    if expected is None:
        with pytest.raises(FundingInsufficient) as refused:
            rules.split_payment(100, cash, shares, funding)
        assert (100, cash, shares) == (
            refused.value.needed,
            refused.value.cash,
            refused.value.shares,
        )
    else:
        assert expected == rules.split_payment(100, cash, shares, funding)


FEN = st.integers(0, 10**12)


@given(FEN, FEN, FEN, st.sampled_from(list(FundingOrder)))
def test_a_payment_never_takes_more_than_is_there(amount, cash, shares, funding):
    try:
        from_cash, from_shares = rules.split_payment(amount, cash, shares, funding)
    except FundingInsufficient:
        return
    assert amount == from_cash + from_shares
    assert 0 <= from_cash <= cash
    assert 0 <= from_shares <= shares


def test_income_of_frozen_shares():
    assert (10, 0) == rules.split_frozen(10, 500, 1000, FrozenIncome.FREE)
    assert (5, 5) == rules.split_frozen(10, 500, 1000, FrozenIncome.FROZEN)
    assert (7, 3) == rules.split_frozen(10, 333, 1000, FrozenIncome.FROZEN)
    assert (0, 10) == rules.split_frozen(10, 1000, 1000, FrozenIncome.FROZEN)


@given(FEN, FEN, st.lists(FEN, max_size=4), FEN, FEN)
def test_a_loss_is_taken_in_order_and_in_whole(loss, free, reserved, frozen, away):
    *parts, left = rules.take_loss(loss, free, reserved, frozen, away)
    rooms = [free, *reserved, frozen]

    assert loss == sum(parts) + left
    assert all(0 <= part <= room for part, room in zip(parts, rooms, strict=True))
    assert left == max(0, loss - max(0, sum(rooms) - away))
    stays = [room - part for part, room in zip(parts, rooms, strict=True)]
    assert min(away, free) <= stays[0]
    assert min(away, free + frozen) <= stays[0] + stays[-1]
    if not away:
        for i, part in enumerate(parts):
            if part < rooms[i]:
                assert not any(parts[i + 1 :])


def test_shares_are_away_while_another_earns_on_them():
    days = [date(2014, 5, 12) + timedelta(days=i) for i in range(6)]
    absences = [(days[0], days[2], 5), (days[1], days[3], 7), (days[4], days[5], 11)]

    seen = [rules.most_away(absences, day) for day in days]

    assert [12, 12, 11, 11, 11, 0] == seen
    assert [12, 12, 7, 0] == [rules.most_away(absences[:2], day) for day in days[:4]]


@pytest.mark.parametrize("amount", [0, -1, 10**15 + 1, 10**30])
def test_amounts_out_of_range(amount):
    with pytest.raises(AmountOutOfFund):
        rules.require_amount(amount, "subscription")


def test_amounts_are_ints():
    assert 10**15 == rules.require_amount(10**15, "subscription")
    for wrong in (True, 1.0, "1"):
        with pytest.raises(TypeError):
            rules.require_amount(wrong, "subscription")


@pytest.mark.parametrize("number", ["", "x" * 65, "a\nb", "\x00"])
def test_malformed_numbers(number):
    with pytest.raises(NumberMalformed):
        rules.require_number(number)


def test_terms():
    assert time(15) == rules.require_terms(Terms(), 1000)
    assert time(14, 30) == rules.cut_off_time("14:30:00")
    wrong = (
        (Terms(), 156),
        (Terms(), 65536),
        (Terms(shards=0), 1000),
        (Terms(shards=4097), 1000),
        (Terms(carry=Carry.MONTHLY), 1000),
        (Terms(cut_off="15:00"), 1000),
        (Terms(cut_off="25:00:00"), 1000),
        (Terms(cut_off="15:00:00+08:00"), 1000),
        (Terms(shadow=(ShadowBounds(OLD, low_ppm=1),)), 1000),
        (Terms(shadow=(ShadowBounds(OLD, twice_days=0),)), 1000),
    )
    for terms, unit in wrong:
        with pytest.raises(TermsWrong):
            rules.require_terms(terms, unit)

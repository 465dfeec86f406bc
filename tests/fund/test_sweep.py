"""The daily sweep: by choice, above what is kept, once a day."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from support.fund_town import CODE
from venule.fund import (
    AmountOutOfFund,
    HolderUnknown,
    Limit,
    LimitRule,
    SetLimit,
    SetSales,
    SetSweep,
    SubscriptionsStopped,
    Sweep,
    SweepNotToday,
    Swept,
    set_limit,
    set_sales,
    set_sweep,
    sweep,
)
from venule.members import Freeze, Tier, freeze
from venule.members import LimitRule as TierRule
from venule.wallet import Spend, Use, spend

MON, TUE, WED = (date(2014, 5, 12) + timedelta(days=i) for i in range(3))


def choose(town, who, keep):
    town.run(set_sweep, SetSweep(CODE, who, keep))


def test_what_is_above_the_kept_sum_goes_in(town):
    rich, poor, left = town.member(cash=100_00), town.member(cash=30_00), town.member(cash=100_00)
    ended = town.member(cash=100_00)
    choose(town, rich, 40_00)
    choose(town, poor, 30_00)
    choose(town, ended, 0)
    choose(town, ended, None)

    swept = town.run(sweep, Sweep(CODE, MON))

    assert Swept(1, 60_00) == swept
    assert [40_00, 30_00, 100_00, 100_00] == [town.cash(w) for w in (rich, poor, left, ended)]
    assert 60_00 == town.holding(rich).in_transit
    town.close(MON)
    town.close(TUE)
    assert 60_00 == town.shares(rich)


def test_once_a_natural_day(town):
    who = town.member(cash=100_00)
    choose(town, who, 0)
    first = town.run(sweep, Sweep(CODE, MON))
    town.give(who, 50_00)

    assert first == town.run(sweep, Sweep(CODE, MON)) == Swept(1, 100_00)
    with pytest.raises(SweepNotToday):
        town.run(sweep, Sweep(CODE, TUE))
    town.at(TUE, time(0))
    assert Swept(1, 50_00) == town.run(sweep, Sweep(CODE, TUE))
    town.at(WED)
    assert Swept(0, 0) == town.run(sweep, Sweep(CODE, WED))


def test_limits_cut_the_sweep(town):
    who, held, bought = (town.member(cash=100_00, shares=s) for s in (0, 70_00, 0))
    for member in (who, held, bought):
        choose(town, member, 0)
    town.buy(bought, 45_00)
    for rule, amount in (
        (LimitRule.SUBSCRIBE_MIN, 5_01),
        (LimitRule.SUBSCRIBE_DAILY, 50_00),
        (LimitRule.HOLDING_CAP, 80_00),
    ):
        town.run(set_limit, SetLimit(CODE, Limit(rule, amount, MON)))

    assert Swept(2, 50_00 + 10_00) == town.run(sweep, Sweep(CODE, MON))
    assert 55_00 == town.cash(bought)  # five yuan are left of the day, less than the minimum


def test_what_was_bought_counts_to_the_cap_until_it_is_confirmed_however_late_that_is(town):
    who = town.member(cash=100_00)
    town.buy(who, 45_00)
    choose(town, who, 0)
    town.run(set_limit, SetLimit(CODE, Limit(LimitRule.HOLDING_CAP, 80_00, MON)))
    town.at(WED)  # Monday and Tuesday have not been closed

    assert Swept(1, 35_00) == town.run(sweep, Sweep(CODE, WED))


def test_who_may_not_pay_is_left_out(town):
    who, other = town.member(cash=100_00), town.member(cash=100_00)
    choose(town, who, 0)
    choose(town, other, 0)
    town.run(freeze, Freeze(who, "court"))

    assert Swept(1, 100_00) == town.run(sweep, Sweep(CODE, MON))
    assert 100_00 == town.cash(who)


def test_the_tier_limits_of_the_wallet_cut_the_sweep(make_town):
    """One member at the limit does not keep the others from being swept."""
    town = make_town(on=date(2017, 5, 15))
    who, other = town.member(cash=300_000_00), town.member(cash=300_000_00)
    choose(town, who, 0)
    choose(town, other, 0)
    from venule.members import party

    limits = town.read(party, who).limits
    year = limits[TierRule.BALANCE_OUT_YEAR]
    assert Tier.III is town.read(party, who).tier
    town.run(_spend, Spend(who, year - 7_00, Use.PAYMENT, b"x" * 16))

    swept = town.run(sweep, Sweep(CODE, town.today))

    most = min([300_000_00, year, *([limits[r] for r in limits if "single" in r.value])])
    assert (2, 7_00 + most) == (swept.orders, swept.amount_minor)


def _spend(tx, command):
    spend(tx, command)


def test_a_stopped_fund_does_not_sweep(town):
    choose(town, town.member(cash=100_00), 0)
    town.run(set_sales, SetSales(CODE, False, True, "full"))

    with pytest.raises(SubscriptionsStopped):
        town.run(sweep, Sweep(CODE, MON))


def test_a_choice_needs_a_holding_and_a_sum(town):
    with pytest.raises(HolderUnknown):
        choose(town, town.member(holding=False), 0)
    with pytest.raises(AmountOutOfFund):
        choose(town, town.member(), -1)


def test_many_at_once(town):
    for i in range(300):
        choose(town, town.member(cash=100 + i), 100)

    assert Swept(299, sum(range(300))) == town.run(sweep, Sweep(CODE, MON))
    town.close(MON)
    assert 299 == town.close(TUE).holders

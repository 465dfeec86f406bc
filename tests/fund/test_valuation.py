"""Shadow values taken in: sales stop and open by themselves."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from support.fund_town import CODE
from venule.fund import (
    AmountOutOfFund,
    RedemptionsStopped,
    ReportValuation,
    SetSales,
    ShadowState,
    SubscriptionsStopped,
    Terms,
    ValuationNotDue,
    fund_of,
    report_valuation,
    set_sales,
)

FRI = date(2017, 5, 12)
MON, TUE, WED = (date(2017, 5, 15) + timedelta(days=i) for i in range(3))
BASE = 10**9


@pytest.fixture
def town(make_town):
    return make_town(on=FRI)


def report(town, on, deviation):
    return town.run(report_valuation, ReportValuation(CODE, on, BASE, BASE + deviation))


def test_a_high_deviation_stops_subscriptions_until_it_is_over(town):
    who = town.member(cash=10, shares=10)
    assert report(town, FRI, 5_000_000).stop_subscriptions
    with pytest.raises(SubscriptionsStopped):
        town.buy(who, 1)
    town.sell(who, 1)
    report(town, MON, 4_999_999)
    town.buy(who, 1)


def test_two_days_very_low_stop_everything_for_good(town):
    who = town.member(cash=10, shares=10)
    report(town, FRI, -5_000_001)
    town.buy(who, 1)
    assert ShadowState.LIQUIDATING is report(town, MON, -5_000_001).state  # no Saturday between
    with pytest.raises(SubscriptionsStopped):
        town.buy(who, 1)
    for refused in (town.sell, town.fast):
        with pytest.raises(RedemptionsStopped):
            refused(who, 1)
    report(town, TUE, 0)
    with pytest.raises(RedemptionsStopped):
        town.sell(who, 1)


def test_fair_value_is_the_other_choice(make_town):
    town = make_town(on=FRI, terms=Terms(liquidate_on_second_day=False))
    report(town, FRI, -6_000_000)
    assert ShadowState.FAIR_VALUE is report(town, MON, -6_000_000).state
    town.sell(town.member(shares=10), 1)


def test_a_stop_by_hand_stays(town):
    report(town, FRI, 5_000_000)
    town.run(set_sales, SetSales(CODE, False, True, "by hand"))
    report(town, MON, 0)
    assert not town.read(fund_of, CODE).subscriptions_open


def test_days_to_mend_end_on_a_trading_day(town):
    report(town, FRI, -3_000_000)
    rows = town.read(lambda tx: tx.sql.rows("SELECT mend_by_on FROM fund_valuation"))
    assert [("2017-05-19",)] == rows


def test_an_overdue_deviation_is_told(town):
    on = FRI
    for _ in range(6):
        seen = report(town, on, -3_000_000)
        on += timedelta(days=3 if on.isoweekday() == 5 else 1)
    assert 0 == seen.mend_days
    names = town.read(lambda tx: [r[0] for r in tx.sql.rows("SELECT name FROM event")])
    assert (6, 1) == (names.count("fund.deviation"), names.count("fund.deviation_overdue"))


def test_values_come_trading_day_by_trading_day(town):
    with pytest.raises(ValuationNotDue):
        report(town, date(2017, 5, 13), 0)
    first = report(town, FRI, 7)
    assert first == report(town, FRI, 7)
    for on, deviation in ((FRI, 8), (date(2017, 5, 11), 0), (TUE, 0)):
        with pytest.raises(ValuationNotDue):
            report(town, on, deviation)
    report(town, MON, 0)
    report(town, TUE, 0)
    assert ShadowState.INSIDE is report(town, WED, 0).state
    with pytest.raises(AmountOutOfFund):
        town.run(report_valuation, ReportValuation(CODE, date(2017, 5, 18), 0, 1))

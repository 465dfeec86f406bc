"""Orders on the real home: money and shares, cut-off, cancelling, numbers, limits."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from support.fund_town import CODE, NOON
from venule import wallet
from venule.fund import (
    AmountOutOfFund,
    BelowMinimum,
    CancelOrder,
    CashInsufficient,
    CutOffPassed,
    FundNotOpen,
    FundUnknown,
    HolderUnknown,
    IllegalTransition,
    Limit,
    LimitExceeded,
    LimitRule,
    NumberMalformed,
    OrderId,
    OrderKind,
    OrderNotPayable,
    OrderNumberReused,
    OrderState,
    OrderUnknown,
    PayOrder,
    Redeem,
    RedemptionsStopped,
    RejectOrder,
    SetLimit,
    SetSales,
    SharesInsufficient,
    Subscribe,
    SubscriptionsStopped,
    cancel_order,
    holding,
    order,
    pay_order,
    redeem,
    reject_order,
    set_limit,
    set_sales,
    subscribe,
)
from venule.members import Freeze, MemberFrozen, freeze

MON, TUE, WED, THU, FRI = (date(2014, 5, 12) + timedelta(days=i) for i in range(5))
JUST_BEFORE = time(14, 59, 59, 999999)
CUT_OFF = time(15)


def test_a_subscription_from_payment_to_shares(town):
    who = town.member(cash=100_00)

    bought = town.buy(who, 60_00)

    assert (OrderKind.SUBSCRIBE, OrderState.ACCEPTED, MON, TUE, True) == (
        bought.kind,
        bought.state,
        bought.trade_on,
        bought.confirm_on,
        bought.paid,
    )
    assert (40_00, 0, 60_00) == (town.cash(who), town.shares(who), town.holding(who).in_transit)
    town.close(MON)
    assert OrderState.SENT is town.order(bought).state
    closed = town.close(TUE)
    assert (60_00, 60_00) == (closed.confirmed_in, closed.shares_total)
    assert (OrderState.CONFIRMED, 60_00) == _outcome(town, bought)
    assert (60_00, 0) == (town.shares(who), town.holding(who).in_transit)


def _outcome(town, placed):
    now = town.order(placed)
    return now.state, now.confirmed


def test_a_redemption_reserves_and_is_paid_on_the_next_open_day(town):
    who = town.member(shares=100_00)

    sold = town.sell(who, 70_00)

    held = town.holding(who)
    assert (100_00, 30_00, 70_00) == (held.total, held.available, held.reserved)
    with pytest.raises(SharesInsufficient) as refused:
        town.sell(who, 30_01)
    assert (30_01, 30_00) == (refused.value.needed, refused.value.available)
    town.close(MON)
    assert 0 == town.cash(who)
    town.close(TUE)
    assert (OrderState.CONFIRMED, 70_00) == _outcome(town, sold)
    assert (70_00, 30_00) == (town.cash(who), town.shares(who))
    assert town.order(sold).paid


@pytest.mark.parametrize(
    "on, at, trade_on, confirm_on",
    [
        (MON, JUST_BEFORE, MON, TUE),
        (MON, CUT_OFF, TUE, WED),
        (THU, CUT_OFF, FRI, date(2014, 5, 19)),
        (FRI, CUT_OFF, date(2014, 5, 19), date(2014, 5, 20)),
        (date(2014, 5, 17), time(0), date(2014, 5, 19), date(2014, 5, 20)),
    ],
)
def test_the_cut_off_decides_the_day(town, on, at, trade_on, confirm_on):
    who = town.member(cash=10, shares=10)
    town.at(on, at)

    for placed in (town.buy(who, 1), town.sell(who, 1)):
        assert (trade_on, confirm_on) == (placed.trade_on, placed.confirm_on)


@pytest.mark.parametrize("kind", ["buy", "sell"])
def test_cancel_until_the_cut_off_and_never_after(town, kind):
    who = town.member(cash=50_00, shares=50_00)
    first, second = (getattr(town, kind)(who, 20_00) for _ in range(2))

    town.at(MON, JUST_BEFORE)
    cancelled = town.run(cancel_order, CancelOrder(first.id))

    assert OrderState.CANCELLED is cancelled.state is town.order(first).state
    spent = (town.cash(who), town.holding(who).available)
    assert (30_00, 50_00) == spent if kind == "buy" else (50_00, 30_00) == spent
    with pytest.raises(IllegalTransition):
        town.run(cancel_order, CancelOrder(first.id))
    town.at(MON, CUT_OFF)
    with pytest.raises(CutOffPassed):
        town.run(cancel_order, CancelOrder(second.id))
    assert OrderState.ACCEPTED is town.order(second).state


def test_an_order_for_the_next_day_can_be_cancelled_until_its_own_cut_off(town):
    who = town.member(cash=50_00)
    town.at(FRI, CUT_OFF)
    placed = town.buy(who, 20_00)
    town.at(date(2014, 5, 19), JUST_BEFORE)

    assert OrderState.CANCELLED is town.run(cancel_order, CancelOrder(placed.id)).state
    assert 50_00 == town.cash(who)


def test_only_paid_orders_are_sent(town):
    who = town.member(cash=50_00)
    unpaid, paid = (town.run(subscribe, Subscribe(CODE, who, 20_00, paid=False)) for _ in range(2))
    assert (50_00, 0) == (town.cash(who), town.holding(who).in_transit)
    assert town.run(pay_order, PayOrder(paid.id)).paid
    assert 30_00 == town.cash(who)
    with pytest.raises(OrderNotPayable):
        town.run(pay_order, PayOrder(paid.id))
    town.at(MON, CUT_OFF)
    with pytest.raises(CutOffPassed):
        town.run(pay_order, PayOrder(unpaid.id))

    town.close(MON)

    assert (OrderState.CANCELLED, None) == _outcome(town, unpaid)
    assert OrderState.SENT is town.order(paid).state
    with pytest.raises(OrderNotPayable):
        town.run(pay_order, PayOrder(unpaid.id))
    town.close(TUE)
    assert 20_00 == town.shares(who)


def test_an_unpaid_order_can_be_cancelled(town):
    who = town.member(cash=50_00)
    placed = town.run(subscribe, Subscribe(CODE, who, 20_00, paid=False))

    assert OrderState.CANCELLED is town.run(cancel_order, CancelOrder(placed.id)).state
    assert 50_00 == town.cash(who)


@pytest.mark.parametrize("kind", ["buy", "sell"])
def test_the_fund_may_reject_what_was_sent(town, kind):
    who = town.member(cash=50_00, shares=50_00)
    placed = getattr(town, kind)(who, 20_00)
    with pytest.raises(IllegalTransition):
        town.run(reject_order, RejectOrder(placed.id, "too early"))
    town.close(MON)

    rejected = town.run(reject_order, RejectOrder(placed.id, "0010 other"))

    assert (OrderState.REJECTED, "0010 other") == (rejected.state, town.order(placed).reason)
    town.close(TUE)
    held = town.holding(who)
    assert (50_00, 50_00, 50_00) == (town.cash(who), held.total, held.available)


@pytest.mark.parametrize("kind", ["buy", "sell", "fast"])
def test_a_number_is_unique_for_ever(town, kind):
    who, other = town.member(cash=50_00, shares=50_00), town.member(cash=50_00, shares=50_00)
    place = getattr(town, kind)
    first = place(who, 20_00, "A-1")

    assert first == place(who, 20_00, "A-1")
    assert first.id != place(who, 20_00, "A-2").id
    for person, amount in ((who, 20_01), (other, 20_00)):
        with pytest.raises(OrderNumberReused) as refused:
            place(person, amount, "A-1")
        assert first.id == refused.value.first_order
    for another in {"buy", "sell", "fast"} - {kind}:
        with pytest.raises(OrderNumberReused):
            getattr(town, another)(who, 20_00, "A-1")
    town.close(MON)
    town.close(TUE)
    again = place(who, 20_00, "A-1")
    assert (first.id, OrderState.CONFIRMED) == (again.id, again.state)
    if kind == "buy":
        assert 90_00 == town.shares(who)


def test_a_number_of_a_redemption_of_all_shares(town):
    who = town.member(shares=50_00)
    first = town.sell(who, None, "all")

    assert first == town.sell(who, None, "all")
    with pytest.raises(OrderNumberReused):
        town.sell(who, 50_00, "all")
    with pytest.raises(NumberMalformed):
        town.sell(who, None, "")


def test_distributors_number_their_orders_by_themselves(town):
    who = town.member(cash=50_00, holding=False)
    from venule.fund import OpenHolding, open_holding

    for distributor in ("north", "south"):
        town.run(open_holding, OpenHolding(CODE, who, distributor))
    placed = [
        town.run(subscribe, Subscribe(CODE, who, 1_00, "1", distributor=distributor))
        for distributor in ("north", "south")
    ]

    assert placed[0].id != placed[1].id
    assert placed[0].holder != placed[1].holder


def test_the_same_idempotency_key_does_not_buy_twice(town):
    who = town.member(cash=50_00)
    command = Subscribe(CODE, who, 20_00)

    first, again = (town.run(subscribe, command, key="k") for _ in range(2))

    assert first == again
    assert 30_00 == town.cash(who)


def test_what_is_not_there_cannot_be_spent(town):
    who = town.member(cash=50_00, shares=10_00)

    with pytest.raises(CashInsufficient) as refused:
        town.buy(who, 50_01)
    assert (50_01, 50_00) == (refused.value.needed, refused.value.available)
    with pytest.raises(SharesInsufficient):
        town.sell(who, 10_01)
    with pytest.raises(SharesInsufficient):
        town.sell(town.member(), None)
    for amount in (0, -5, 10**30):
        with pytest.raises(AmountOutOfFund):
            town.buy(who, amount)
        with pytest.raises(AmountOutOfFund):
            town.sell(who, amount)


def test_who_is_not_known_is_refused(town):
    stranger = town.member(cash=50_00, holding=False)

    with pytest.raises(HolderUnknown):
        town.buy(stranger, 1)
    with pytest.raises(HolderUnknown):
        town.read(holding, CODE, stranger)
    with pytest.raises(FundUnknown):
        town.run(subscribe, Subscribe("nope", stranger, 1))
    with pytest.raises(FundUnknown):
        town.run(redeem, Redeem("nope", stranger, 1))
    with pytest.raises(OrderUnknown):
        town.read(order, OrderId(stranger))


def test_a_frozen_member_cannot_buy(town):
    who = town.member(cash=50_00)
    town.run(freeze, Freeze(who, "court"))

    with pytest.raises(MemberFrozen):
        town.buy(who, 1)


def test_before_the_first_day_nothing_is_sold(make_town):
    town = make_town(on=date(2014, 5, 12))
    from venule.fund import OpenFund, OpenHolding, open_fund, open_holding

    town.run(open_fund, OpenFund("2", "Later", 2000, WED, "fund"))
    who = town.member(cash=10)
    town.run(open_holding, OpenHolding("2", who))

    with pytest.raises(FundNotOpen):
        town.run(subscribe, Subscribe("2", who, 1))


def test_sales_can_be_stopped_by_hand(town):
    who = town.member(cash=50_00, shares=50_00)
    town.run(set_sales, SetSales(CODE, False, True, "capacity"))
    with pytest.raises(SubscriptionsStopped):
        town.buy(who, 1)
    town.sell(who, 1)
    town.run(set_sales, SetSales(CODE, True, False, "liquidity"))
    town.buy(who, 1)
    for refused in (town.sell, town.fast):
        with pytest.raises(RedemptionsStopped):
            refused(who, 1)


def test_limits_on_subscriptions(town):
    who, other = town.member(cash=1000_00, shares=60_00), town.member(cash=1000_00)
    for rule, amount in (
        (LimitRule.SUBSCRIBE_MIN, 1_00),
        (LimitRule.SUBSCRIBE_DAILY, 50_00),
        (LimitRule.HOLDING_CAP, 100_00),
    ):
        town.run(set_limit, SetLimit(CODE, Limit(rule, amount, MON, to_on=TUE)))

    with pytest.raises(BelowMinimum):
        town.buy(who, 99)
    with pytest.raises(LimitExceeded) as refused:
        town.buy(other, 50_01)
    assert LimitRule.SUBSCRIBE_DAILY.value == refused.value.rule
    town.buy(who, 40_00)
    with pytest.raises(LimitExceeded) as refused:
        town.buy(who, 1_00)
    assert (LimitRule.HOLDING_CAP.value, 100_00) == (refused.value.rule, refused.value.used)
    first = town.buy(other, 30_00)
    with pytest.raises(LimitExceeded):
        town.buy(other, 20_01)
    town.run(cancel_order, CancelOrder(first.id))  # what is cancelled does not count
    town.buy(other, 50_00)
    town.at(WED, time(0))
    town.buy(who, 1)


def test_the_tier_limits_of_the_wallet_count_and_are_given_back(make_town):
    """Since July 2016 the wallet counts what a member spends."""
    from venule.wallet import limits_used

    town = make_town(on=date(2017, 5, 15))
    who = town.member(cash=100_00)
    placed = town.buy(who, 60_00)
    assert 60_00 == town.read(limits_used, who).day_minor

    town.run(cancel_order, CancelOrder(placed.id))

    assert 0 == town.read(limits_used, who).day_minor


def test_a_refused_order_has_no_effect(town):
    who = town.member(cash=50_00, shares=50_00)
    before = (town.cash(who), town.holding(who), town.read(_last_transfer))

    for attempt in (
        lambda: town.buy(who, 50_01),
        lambda: town.sell(who, 50_01),
        lambda: town.fast(who, 50_01),
    ):
        with pytest.raises((CashInsufficient, SharesInsufficient)):
            attempt()

    assert before == (town.cash(who), town.holding(who), town.read(_last_transfer))


def _last_transfer(tx):
    return tx.seq_at(tx.now + timedelta(days=1))


def test_client_money_stays_whole_all_the_way(town):
    """What members own in all is what lies in reserve: before, between and after."""
    who = town.member(cash=100_00)
    town.buy(who, 60_00)
    for on in (MON, TUE):
        town.close(on)
        assert [] == town.read(wallet.check)
    town.at(WED, NOON)
    town.sell(who, 30_00)
    for on in (WED, THU):
        town.close(on)
        assert [] == town.read(wallet.check)
    assert (70_00, 30_00) == (town.cash(who), town.shares(who))

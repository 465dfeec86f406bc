"""Goods in parts, receipts in parts, and what silence and time do, over midnight and holidays."""

from datetime import date, time, timedelta

import pytest

from support.escrow_town import NOON
from venule.escrow import (
    CarrierMissing,
    CaseStillOpen,
    Confirm,
    EscrowTransitionIllegal,
    ExceedsUnshipped,
    Extend,
    ExtendedAlready,
    Goods,
    NotTheParty,
    Ship,
    ShipmentUnknown,
    Terms,
    TradeState,
    WithdrawCase,
    confirm,
    extend,
    refunds,
    ship,
    shipments,
    withdraw_case,
)
from venule.escrow.deadlines import TICK, end_of_business_days, tick_of
from venule.kit.time import china_instant

LIFE = """
ship 3000    | part_shipped | 10000    0
ship 2000    | part_shipped | 10000    0
confirm 1    | part_shipped |  7000 3000
ship rest    | shipped      |  7000 3000
confirm 3    | shipped      |  2000 8000
refund 500   | shipped      |  1500 8000
confirm 2    | finished     |     0 9500
"""


def test_parts_in_any_order(town):
    """One line a step: what is done, the state after it, what is held, what the seller has."""
    trade = town.paid(10_000)
    for line in LIFE.strip().splitlines():
        step, state, sums = (cell.strip() for cell in line.split("|"))
        what, _, number = step.partition(" ")
        if what == "ship":
            town.ship(trade, None if number == "rest" else int(number))
        elif what == "confirm":
            town.confirm(trade, int(number))
        else:
            town.refund(trade, int(number))
        seen = (town.trade(trade).state.value, town.held, town.fen(town.shop))
        assert (state, *map(int, sums.split())) == seen, line


def test_all_under_way_is_confirmed_at_once(town):
    trade = town.paid(10_000)
    town.ship(trade, 3_000)
    town.ship(trade, 3_000)

    assert TradeState.PART_SHIPPED is town.confirm(trade).state
    assert (4_000, 6_000) == (town.held, town.fen(town.shop))
    with pytest.raises(ShipmentUnknown):
        town.confirm(trade)


def test_who_may_ship_what(town):
    trade = town.paid(10_000)
    with pytest.raises(NotTheParty):
        town.run(ship, Ship(trade.id, town.buyer, "SF", "1"))
    with pytest.raises(CarrierMissing):
        town.run(ship, Ship(trade.id, town.shop))
    with pytest.raises(ExceedsUnshipped):
        town.ship(trade, 10_001)
    with pytest.raises(EscrowTransitionIllegal):
        town.ship(town.order())
    virtual = town.paid(goods=Goods.VIRTUAL)
    town.run(ship, Ship(virtual.id, town.shop))
    with pytest.raises(NotTheParty):
        town.run(confirm, Confirm(virtual.id, town.shop))
    with pytest.raises(ShipmentUnknown):
        town.confirm(virtual, 2)


@pytest.mark.parametrize("goods, days", [(Goods.EXPRESS, 10), (Goods.POST, 30), (Goods.VIRTUAL, 3)])
def test_silence_confirms_after_a_time_that_depends_on_the_goods(town, goods, days):
    trade = town.shipped(goods=goods)

    town.pass_to(town.clock.now() + timedelta(days=days) - TICK)
    assert TradeState.SHIPPED is town.trade(trade).state
    town.pass_to(town.clock.now() + TICK)

    assert (TradeState.FINISHED, 10_000) == (town.trade(trade).state, town.fen(town.shop))
    assert "confirmed" == town.read(shipments, trade.id)[0].state.value


def test_the_buyer_may_ask_for_more_time_once(town):
    trade = town.shipped()
    with pytest.raises(NotTheParty):
        town.run(extend, Extend(trade.id, town.shop))
    town.wait(days=9)

    town.run(extend, Extend(trade.id, town.buyer))
    with pytest.raises(ExtendedAlready):
        town.run(extend, Extend(trade.id, town.buyer))

    town.wait(days=3, hours=23)
    assert TradeState.SHIPPED is town.trade(trade).state
    town.wait(hours=1)
    assert TradeState.FINISHED is town.trade(trade).state


def test_each_shipment_has_its_own_deadline(town):
    trade = town.paid(10_000)
    town.ship(trade, 4_000)
    town.wait(days=3)
    town.ship(trade)
    town.wait(days=7)
    assert (6_000, 4_000) == (town.held, town.fen(town.shop))
    town.wait(days=3)
    assert (0, 10_000) == (town.held, town.fen(town.shop))


def test_a_silent_seller_refunds(town):
    trade = town.paid(10_000)

    town.pass_to(trade.due_at - TICK)
    assert TradeState.PAID is town.trade(trade).state
    town.pass_to(trade.due_at)

    assert (TradeState.CLOSED, 0) == (town.trade(trade).state, town.held)
    assert ["ship_due"] == [each.cause.value for each in town.read(refunds, trade.id)]


def test_a_seller_who_ships_a_part_refunds_the_rest(town):
    trade = town.paid(10_000)
    town.ship(trade, 3_000)
    town.confirm(trade, 1)

    town.pass_to(trade.due_at)

    after = town.trade(trade)
    assert (TradeState.FINISHED, 7_000, 3_000) == (
        after.state,
        after.refunded_minor,
        town.fen(town.shop),
    )


def test_the_rest_is_refunded_and_what_is_under_way_goes_on(town):
    trade = town.paid(10_000)
    town.wait(days=5)
    town.ship(trade, 3_000)
    town.pass_to(trade.due_at)
    assert (TradeState.SHIPPED, 3_000) == (town.trade(trade).state, town.held)
    town.wait(days=10)
    assert (TradeState.FINISHED, 3_000) == (town.trade(trade).state, town.fen(town.shop))


def test_an_order_is_closed_when_its_time_is_over(town):
    trade = town.order()
    town.wait(days=15)
    assert TradeState.CLOSED is town.trade(trade).state


@pytest.mark.parametrize(
    "on, at, days, end",
    [
        # Saturday 2014-01-25 is no bank day, Sunday 26 is, made up for the Spring Festival of
        # 31 January to 6 February; Saturday 8 February is one, too.
        ((2014, 1, 24), time(23, 59, 59, 999_999), 1, (2014, 1, 27)),
        ((2014, 1, 30), NOON, 1, (2014, 2, 8)),
        ((2014, 1, 30), NOON, 2, (2014, 2, 9)),
        ((2014, 2, 6), time(0), 7, (2014, 2, 15)),
        # Across the turn of the year, and on a working day.
        ((2013, 12, 31), time(23, 59), 1, (2014, 1, 3)),
        ((2014, 5, 12), time(0), 1, (2014, 5, 14)),
        # After the table's end weeks have five days.
        ((2030, 5, 3), NOON, 1, (2030, 5, 7)),
    ],
)
def test_days_for_shipping_are_bank_days_and_end_at_midnight(on, at, days, end):
    assert china_instant(date(*end), time()) == end_of_business_days(
        china_instant(date(*on), at), days
    )


def test_a_span_runs_on_over_midnight_and_holidays(make_town):
    town = make_town(on=date(2014, 1, 28))
    town.at(date(2014, 1, 28), time(23, 59, 30))
    trade = town.shipped()

    [it] = town.read(shipments, trade.id)
    assert china_instant(date(2014, 2, 7), time(23, 59, 30)) == it.due_at
    town.pass_to(it.due_at)
    assert TradeState.SHIPPED is town.trade(trade).state, "raised at the end of its minute"
    town.pass_to(china_instant(date(2014, 2, 8), time()))
    assert TradeState.FINISHED is town.trade(trade).state


def test_a_minute_is_looked_at_once_and_never_in_the_past(town):
    now = town.clock.now()
    assert now + TICK == tick_of(now, now)
    assert now + TICK == tick_of(now + timedelta(microseconds=1), now)
    assert now + TICK == tick_of(now - timedelta(days=1), now)
    assert now + 2 * TICK == tick_of(now + TICK + timedelta(microseconds=1), now)
    for _ in range(5):
        town.shipped()

    def ticks(tx):
        return tx.sql.rows("SELECT COUNT(*) FROM job WHERE kind = 'escrow.look_at_deadlines'")

    assert [(3,)] == town.read(ticks), "unpaid, unshipped, unconfirmed"


def test_many_deadlines_of_one_minute(town, monkeypatch):
    monkeypatch.setattr("venule.escrow.jobs.DUE_AT_ONCE_MAX", 3)
    trades = [town.shipped(100) for _ in range(8)] + [town.paid(100) for _ in range(4)]
    town.wait(days=40)
    assert {TradeState.FINISHED, TradeState.CLOSED} == {town.trade(t).state for t in trades}
    assert (0, 800) == (town.held, town.fen(town.shop))


def test_time_stands_still_while_a_case_is_open(town):
    trade = town.paid(10_000)
    town.ship(trade, 4_000)
    town.wait(days=6)
    case = town.ask(trade, 1_000)
    with pytest.raises(CaseStillOpen):
        town.confirm(trade)
    town.wait(days=3)
    town.run(withdraw_case, WithdrawCase(case.id, town.buyer))
    later = trade.due_at + timedelta(days=3)
    assert later == town.trade(trade).due_at
    town.pass_to(later - TICK)
    assert (10_000, 0) == (town.held, town.fen(town.shop))
    town.pass_to(later)
    assert (4_000, 0) == (town.held, town.fen(town.shop))
    town.wait(hours=12)
    assert (0, 4_000, TradeState.FINISHED) == (
        town.held,
        town.fen(town.shop),
        town.trade(trade).state,
    )


def test_a_case_at_the_very_instant_of_a_deadline(town):
    trade = town.paid(10_000)
    town.pass_to(trade.due_at - TICK)
    town.clock.set(trade.due_at)  # midnight, and nobody has looked yet
    case = town.ask(trade, 1_000)
    town.work()
    assert TradeState.PAID is town.trade(trade).state
    town.run(withdraw_case, WithdrawCase(case.id, town.buyer))
    town.wait(minutes=1)
    assert TradeState.CLOSED is town.trade(trade).state


def test_fees_of_parts_are_the_fee_of_the_whole(make_town):
    town = make_town(terms=Terms(fee_ppm=6_000))
    for parts in ([10_000], [1] * 10 + [9_990], [83, 83, 83, 1, 9_750], [3_333, 3_333, 3_334]):
        before = town.fees
        trade = town.paid(10_000)
        for number, part in enumerate(parts, 1):
            town.ship(trade, part)
            town.confirm(trade, number)
        assert 60 == town.fees - before == town.trade(trade).fee_minor

"""Orders: created, paid, closed; who may do what, and what is refused leaves nothing behind."""

from datetime import date, timedelta

import pytest

from support.escrow_town import APP
from venule.escrow import (
    AMOUNT_MINOR_MAX,
    BuyerIsSeller,
    CloseTrade,
    DeadlineInThePast,
    EscrowTextMalformed,
    EscrowTransitionIllegal,
    NotTheParty,
    OutTradeNoReused,
    PayTrade,
    ProductTermsWrong,
    ProductUnknown,
    SellerNotAMerchant,
    SetProduct,
    SetUpEscrow,
    Terms,
    TradeAmountOutOfRange,
    TradeExpired,
    TradeKind,
    TradesOpen,
    TradeState,
    TradeUnknown,
    cancel_trade,
    close_member,
    close_trade,
    pay_trade,
    product,
    set_product,
    set_up_escrow,
    terms_of,
    trade_by_number,
    trades_paid,
)
from venule.kit.errors import IdempotencyKeyReused
from venule.ledger import INT64_MAX
from venule.members import (
    CloseMember,
    Freeze,
    LimitRule,
    MemberClosed,
    MemberFrozen,
    SetTierLimit,
    Tier,
    freeze,
    set_tier_limit,
)
from venule.wallet import InsufficientFunds, LimitExceeded, limits_used


def test_money_waits_in_escrow(town):
    trade = town.paid(10_000)

    assert (TradeState.PAID, 10_000, 10_000) == (trade.state, trade.held_minor, town.held)
    assert (990_000, 0) == (town.fen(town.buyer), town.fen(town.shop))


def test_an_instant_trade_is_the_sellers_at_once(make_town):
    town = make_town(terms=Terms(fee_ppm=6_000))

    trade = town.instant(10_000)

    assert (TradeState.SUCCESS, 0, 9_940, 60) == (
        trade.state,
        town.held,
        town.fen(town.shop),
        town.fees,
    )


def test_a_product_without_refunds_is_finished_when_it_is_paid(town):
    town.product("final", Terms(instant_refund_s=0))

    trade = town.instant(100, product="final")

    assert (TradeState.FINISHED, None) == (trade.state, trade.due_at)


def test_the_same_number_gives_the_same_trade(town):
    first = town.order(out_trade_no="A1")
    paid = town.pay(first)

    assert paid == town.order(out_trade_no="A1")
    with pytest.raises(OutTradeNoReused) as raised:
        town.order(10_001, out_trade_no="A1")
    assert "amount" == raised.value.field
    other = town.order(10_001, out_trade_no="A1", app="app 2")
    assert other.id != first.id
    assert paid == town.read(trade_by_number, APP, "A1")
    with pytest.raises(TradeUnknown):
        town.read(trade_by_number, APP, "A2")


def test_a_key_pays_once(town):
    trade = town.order()
    command = PayTrade(trade.id, town.buyer)

    first = town.run(pay_trade, command, key="k")

    assert first == town.run(pay_trade, command, key="k")
    assert 10_000 == town.held
    with pytest.raises(IdempotencyKeyReused):
        town.run(pay_trade, PayTrade(trade.id, town.shop), key="k")
    with pytest.raises(EscrowTransitionIllegal):
        town.run(pay_trade, command, key="another")


def test_whoever_takes_an_order_up_is_its_buyer(town):
    trade = town.order(buyer_id=None)
    other = town.person(50_000)

    paid = town.pay(trade, other)

    assert (other, 40_000) == (paid.buyer_id, town.fen(other))
    with pytest.raises(NotTheParty):
        town.pay(town.order(), other)


@pytest.mark.parametrize("kind", TradeKind)
def test_nobody_trades_with_themselves(town, kind):
    with pytest.raises(BuyerIsSeller):
        town.order(buyer_id=town.shop, kind=kind)
    trade = town.order(buyer_id=None, kind=kind)
    with pytest.raises(BuyerIsSeller):
        town.pay(trade, town.shop)


def test_a_person_sells_under_guarantee_only(town):
    seller = town.person()

    assert TradeState.PAID is town.paid(seller_id=seller).state
    with pytest.raises(SellerNotAMerchant):
        town.order(seller_id=seller, kind=TradeKind.INSTANT)


@pytest.mark.parametrize(
    "how, error",
    [
        ({"app": ""}, EscrowTextMalformed),
        ({"out_trade_no": "x" * 65}, EscrowTextMalformed),
        ({"out_trade_no": "a\nb"}, EscrowTextMalformed),
        ({"subject": " tea"}, EscrowTextMalformed),
        ({"amount": 0}, TradeAmountOutOfRange),
        ({"amount": -1}, TradeAmountOutOfRange),
        ({"amount": AMOUNT_MINOR_MAX + 1}, TradeAmountOutOfRange),
        ({"amount": INT64_MAX + 1}, TradeAmountOutOfRange),
        ({"amount": True}, TypeError),
        ({"product": "none"}, ProductUnknown),
    ],
)
def test_what_is_malformed_is_refused(town, how, error):
    amount = how.pop("amount", 1)
    with pytest.raises(error):
        town.order(amount, **how)


def test_the_callers_own_deadline_lies_before_the_products(town):
    now = town.clock.now()
    for until in (now, now - timedelta(days=1), now + timedelta(days=15, microseconds=1)):
        with pytest.raises(DeadlineInThePast):
            town.order(pay_until=until)
    trade = town.order(pay_until=now + timedelta(minutes=1))
    town.clock.advance(timedelta(minutes=1))
    with pytest.raises(TradeExpired):
        town.pay(trade)


def test_what_is_not_paid_is_closed(town):
    trade = town.order()
    stranger = town.person()
    with pytest.raises(NotTheParty):
        town.run(close_trade, CloseTrade(trade.id, stranger))

    closed = town.run(close_trade, CloseTrade(trade.id, town.shop))

    assert TradeState.CLOSED is closed.state
    assert closed == town.run(close_trade, CloseTrade(trade.id, town.buyer))
    with pytest.raises(EscrowTransitionIllegal):
        town.pay(trade)
    with pytest.raises(EscrowTransitionIllegal):
        town.run(close_trade, CloseTrade(town.paid().id, town.shop))


def test_a_cancelled_trade_is_closed_or_refunded_whole(town):
    unpaid, paid, shipped, instant = town.order(), town.paid(), town.shipped(), town.instant()
    town.refund(paid, 1_000)
    for trade in (unpaid, paid, shipped, instant):
        closed = town.run(cancel_trade, CloseTrade(trade.id, town.shop))
        assert closed == town.run(cancel_trade, CloseTrade(trade.id, town.shop))
        assert TradeState.CLOSED is closed.state
    assert (1_000_000, 0) == (town.fen(town.buyer), town.held)


def test_without_money_nothing_happens(town):
    poor = town.person(9_999)
    trade = town.order(buyer_id=poor)

    with pytest.raises(InsufficientFunds):
        town.pay(trade, poor)

    assert (9_999, TradeState.CREATED) == (town.fen(poor), town.trade(trade).state)
    town.give(poor, 1)
    assert TradeState.PAID is town.pay(trade, poor).state


def test_the_payers_limits_apply_and_are_released_by_refunds(make_town):
    town = make_town(on=date(2017, 3, 10))
    rule = SetTierLimit(LimitRule.BALANCE_OUT_YEAR, Tier.III, 15_000, town.today, "a test")
    town.run(set_tier_limit, rule)
    trade = town.paid(10_000)

    with pytest.raises(LimitExceeded):
        town.paid(5_001)
    assert 10_000 == town.read(limits_used, town.buyer).year_minor
    town.refund(trade, 1)
    assert 9_999 == town.read(limits_used, town.buyer).year_minor
    town.paid(5_001)


def test_a_frozen_member_gets_and_does_not_pay(town):
    town.run(freeze, Freeze(town.shop, "a court"))
    trade = town.shipped()
    town.confirm(trade)
    instant = town.instant(500)
    with pytest.raises(MemberFrozen):
        town.refund(instant, 1)
    town.run(freeze, Freeze(town.buyer, "a court"))
    with pytest.raises(MemberFrozen):
        town.paid()


def test_nobody_leaves_while_money_stands_between_parties(town):
    buyer = town.person(500)
    seller = town.merchant()
    trade = town.paid(500, buyer_id=buyer, seller_id=seller)
    for who in (buyer, seller):
        with pytest.raises(TradesOpen):
            town.run(close_member, CloseMember(who))
    town.refund(trade, 500)
    town.run(close_member, CloseMember(seller))
    with pytest.raises(MemberClosed):
        town.order(seller_id=seller)


def test_a_trade_keeps_the_terms_it_was_created_under(town):
    before = town.order()
    town.product("standard", Terms(fee_ppm=100_000))
    after = town.order()

    assert (0, 100_000) == (
        town.read(terms_of, before).fee_ppm,
        town.read(terms_of, after).fee_ppm,
    )
    for trade, fee in ((before, 0), (after, 1_000)):
        town.pay(trade)
        town.ship(trade)
        assert fee == town.confirm(trade).fee_minor


@pytest.mark.parametrize(
    "terms", [Terms(fee_ppm=-1), Terms(fee_ppm=500_001), Terms(pay_s=59), Terms(ship_days=0)]
)
def test_terms_that_make_no_sense_are_refused(town, terms):
    with pytest.raises(ProductTermsWrong):
        town.run(set_product, SetProduct("odd", terms))


def test_a_sellers_day(town):
    began = town.clock.now()
    first = town.paid(100)
    town.clock.advance(timedelta(hours=1))
    second = town.instant(200)
    town.order(300)

    assert [first.id, second.id] == [
        each.id for each in town.read(trades_paid, town.shop, began, began + timedelta(days=1))
    ]
    until = began + timedelta(hours=1)
    assert [first.id] == [t.id for t in town.read(trades_paid, town.shop, began, until)]


def test_set_up_again_changes_nothing(town):
    town.paid()
    town.reopen()

    assert town.pools == town.run(set_up_escrow, SetUpEscrow(Terms()))
    assert 1 == town.read(product, "standard").version

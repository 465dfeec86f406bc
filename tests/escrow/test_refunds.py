"""Refunds in parts, settlement and royalties: exact to the fen, never more than was paid."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from support.escrow_pieces import line
from support.escrow_pieces import trade as made_trade
from support.fund_town import CODE
from venule.escrow import (
    BindReceivers,
    BuyerIsSeller,
    EscrowTextMalformed,
    EscrowTransitionIllegal,
    FeeOnRefund,
    FeesSweptAway,
    NotForSettlement,
    NotTheParty,
    Receiver,
    ReceiverNotBound,
    RefundExceedsTrade,
    RefundTo,
    RefundTrade,
    RequestNoReused,
    RoyaltyBack,
    RoyaltyMalformed,
    RoyaltyOnRefund,
    Settle,
    SettlementExceedsRest,
    Terms,
    TooManyOfTrade,
    TradeState,
    UnbindReceivers,
    bind_receivers,
    receivers,
    refund_by_number,
    refund_trade,
    refunds,
    settle,
    settlement_by_number,
    settlements,
    unbind_receivers,
)
from venule.escrow.rules import bear, bear_pro_rata, fee_of
from venule.fund import SetSales, holding, set_sales
from venule.wallet import InsufficientFunds, SweepFees, sweep_fees

PRO_RATA = RoyaltyOnRefund.PRO_RATA


def test_in_parts_and_never_more_than_was_paid(town):
    trade = town.paid(10_000)
    for part in (1, 3_333, 6_665):
        town.refund(trade, part)
    with pytest.raises(RefundExceedsTrade):
        town.refund(trade, 2)
    town.refund(trade, 1)
    assert (TradeState.CLOSED, 1_000_000, 0) == (
        town.trade(trade).state,
        town.fen(town.buyer),
        town.held,
    )
    with pytest.raises(EscrowTransitionIllegal):
        town.refund(trade, 1)
    assert [1, 3_334, 9_999, 10_000] == [
        each.refunded_minor for each in town.read(refunds, trade.id)
    ]


@pytest.mark.parametrize("how", ["paid", "shipped", "instant"])
def test_the_same_number_refunds_once(town, how):
    trade = getattr(town, how)(10_000)
    first = town.refund(trade, 4_000, "R")

    assert first == town.refund(trade, 4_000, "R") == town.read(refund_by_number, trade.id, "R")
    assert 994_000 == town.fen(town.buyer)
    with pytest.raises(RequestNoReused):
        town.refund(trade, 4_001, "R")
    town.refund(trade, 6_000, "R2")
    assert first == town.refund(trade, 4_000, "R"), "known even when all is over"


def test_who_may_refund_and_under_what_number(town):
    trade = town.paid()
    with pytest.raises(NotTheParty):
        town.run(refund_trade, RefundTrade(trade.id, town.buyer, "R", 1))
    for number in ("", "#ship-due", "x" * 65):
        with pytest.raises(EscrowTextMalformed):
            town.run(refund_trade, RefundTrade(trade.id, town.shop, number, 1))
    with pytest.raises(EscrowTransitionIllegal):
        town.refund(town.order(), 1)


def test_a_refund_of_a_shipment_is_taken_from_that_shipment(town):
    trade = town.paid(10_000)
    town.ship(trade, 4_000)
    town.ship(trade, 5_000)
    town.refund(trade, 3_000, shipment=1)
    with pytest.raises(RefundExceedsTrade):
        town.refund(trade, 1_001, shipment=1)
    town.refund(trade, 1_500)  # the unshipped 1,000, then the last one shipped
    town.confirm(trade, 1)
    assert 1_000 == town.fen(town.shop)
    town.confirm(trade, 2)
    assert (5_500, TradeState.FINISHED) == (town.fen(town.shop), town.trade(trade).state)


def test_a_shipment_that_is_refunded_whole_is_over(town):
    trade = town.paid(10_000)
    town.ship(trade, 4_000)
    town.ship(trade)
    town.refund(trade, 4_000, shipment=1)
    with pytest.raises(EscrowTransitionIllegal):
        town.confirm(trade, 1)
    town.refund(trade, 6_000)
    assert TradeState.CLOSED is town.trade(trade).state


def test_fees_go_back_with_what_is_refunded(make_town):
    town = make_town(terms=Terms(fee_ppm=6_000))
    trade = town.instant(10_000)
    for part in (1, 83, 4_916, 5_000):
        town.refund(trade, part)
        it = town.trade(trade)
        left = 10_000 - it.refunded_minor
        assert fee_of(left, 6_000) == it.fee_minor - it.fee_returned_minor == town.fees
        assert left - town.fees == town.fen(town.shop)
    assert (0, 0, TradeState.CLOSED) == (town.fees, town.fen(town.shop), town.trade(trade).state)


def test_or_are_kept(make_town):
    town = make_town(terms=Terms(fee_ppm=6_000, fee_on_refund=FeeOnRefund.KEPT))
    trade = town.instant(10_000)
    with pytest.raises(InsufficientFunds):
        town.refund(trade, 10_000)
    town.give(town.shop, 60)
    town.refund(trade, 10_000)
    assert (60, 0) == (town.fees, town.fen(town.shop))


def test_a_fee_that_was_swept_away_cannot_come_back(make_town):
    town = make_town(terms=Terms(fee_ppm=6_000))
    trade = town.instant(10_000)
    town.run(sweep_fees, SweepFees("sweep", town.today))
    with pytest.raises(FeesSweptAway):
        town.refund(trade, 10_000)
    town.instant(10_000)
    town.refund(trade, 10_000)


def test_a_guaranteed_trade_can_be_refunded_after_its_end_if_the_product_says_so(make_town):
    town = make_town(terms=Terms(fee_ppm=0, guaranteed_refund_s=86_400))
    trade = town.shipped(10_000)
    town.refund(trade, 1_000)
    assert TradeState.SUCCESS is town.confirm(trade).state
    town.refund(trade, 4_000)
    assert 5_000 == town.fen(town.shop)
    town.wait(days=1)
    assert TradeState.FINISHED is town.trade(trade).state
    with pytest.raises(EscrowTransitionIllegal):
        town.refund(trade, 1)


# Royalties


@pytest.fixture
def partners(town):
    who = [town.merchant(), town.person(), town.merchant()]
    town.run(bind_receivers, BindReceivers(town.shop, who))
    return who


def share(town, trade, number, *parts, finish=False):
    command = Settle(trade.id, town.shop, number, list(parts), finish)
    return town.run(settle, command)


def test_the_last_fen_of_a_split(town, partners):
    """Three thirds of a sum that three does not divide, and the same in ratios that do not."""
    for amount in (1_000, 1_001, 1_002, 7):
        before = [town.fen(who) for who in partners]
        trade = town.instant(amount, settle=True)
        thirds = (333_333, 333_333, 333_334)
        parts = [
            Receiver(who, ratio_ppm=ratio) for who, ratio in zip(partners, thirds, strict=True)
        ]
        made = share(town, trade, f"S{amount}", *parts)
        got = [town.fen(who) - had for who, had in zip(partners, before, strict=True)]
        assert (amount, 0) == (sum(got), town.unsettled)
        assert max(got) - min(got) <= 1
        assert got == [line.amount_minor for line in made.lines]


def test_amounts_ratios_and_the_rest(town, partners):
    trade = town.instant(10_001, settle=True)
    assert (0, 10_001) == (town.fen(town.shop), town.unsettled)

    share(town, trade, "S1", Receiver(partners[0], 1_000), Receiver(partners[1], ratio_ppm=500_000))
    assert (1_000, 5_000, 4_001) == (*map(town.fen, partners[:2]), town.unsettled)
    last = share(town, trade, "S2", Receiver(partners[0], 1), finish=True)

    assert (4_000, 0, 4_000) == (last.seller_minor, town.unsettled, town.fen(town.shop))
    assert last == town.read(settlement_by_number, trade.app, "S2")
    assert 2 == len(town.read(settlements, trade.id))
    assert TradeState.SUCCESS is town.trade(trade).state


def test_a_settlement_is_made_once(town, partners):
    trade = town.instant(1_000, settle=True)
    first = share(town, trade, "S", Receiver(partners[0], 600))
    assert first == share(town, trade, "S", Receiver(partners[0], 600))
    with pytest.raises(RequestNoReused):
        share(town, trade, "S", Receiver(partners[0], 601))
    assert 600 == town.fen(partners[0])


@pytest.mark.parametrize(
    "parts, error",
    [
        ([(0, 1_001, None)], SettlementExceedsRest),
        ([(0, 600, None), (1, None, 500_000)], SettlementExceedsRest),
        ([(0, None, 600_000), (1, None, 500_000)], RoyaltyMalformed),
        ([(0, None, None)], RoyaltyMalformed),
        ([(0, 1, 1)], RoyaltyMalformed),
        ([(0, None, 0)], RoyaltyMalformed),
        ([(0, None, 999)], RoyaltyMalformed),
        ([(0, 1, None)] * 21, TooManyOfTrade),
        ([(3, 1, None)], ReceiverNotBound),
    ],
)
def test_a_settlement_that_is_refused_leaves_nothing(town, partners, parts, error):
    trade = town.instant(1_000, settle=True)
    who = [*partners, town.person()]
    with pytest.raises(error):
        share(town, trade, "S", *(Receiver(who[i], fen, ppm) for i, fen, ppm in parts))
    assert 1_000 == town.unsettled


def test_receivers_are_named_before(town, partners):
    stranger = town.person()
    assert partners == [each.receiver_id for each in town.read(receivers, town.shop)]
    for _ in range(2):
        left = town.run(unbind_receivers, UnbindReceivers(town.shop, partners[:1]))
        assert partners[1:] == [each.receiver_id for each in left]
    with pytest.raises(BuyerIsSeller):
        town.run(bind_receivers, BindReceivers(town.shop, [town.shop]))
    town.run(bind_receivers, BindReceivers(town.shop, [town.buyer, stranger]))
    trade = town.instant(100, settle=True)
    with pytest.raises(BuyerIsSeller):
        share(town, trade, "S", Receiver(town.buyer, 1))
    with pytest.raises(NotForSettlement):
        share(town, town.instant(100), "S", Receiver(stranger, 1))


def test_what_is_not_settled_goes_to_the_seller_in_the_end(make_town):
    town = make_town(terms=Terms(fee_ppm=6_000, instant_refund_s=0, settle_s=86_400))
    trade = town.instant(10_000, settle=True)
    assert (TradeState.SUCCESS, 9_940) == (trade.state, town.unsettled)
    town.wait(days=1)
    assert (TradeState.FINISHED, 0, 9_940) == (
        town.trade(trade).state,
        town.unsettled,
        town.fen(town.shop),
    )


def test_a_guaranteed_trade_is_shared_out_when_it_is_confirmed(town, partners):
    trade = town.shipped(10_000, settle=True)
    with pytest.raises(EscrowTransitionIllegal):
        share(town, trade, "S", Receiver(partners[0], 1))
    assert TradeState.SUCCESS is town.confirm(trade).state
    share(town, trade, "S", Receiver(partners[0], 4_000), finish=True)
    assert (4_000, 6_000) == (town.fen(partners[0]), town.fen(town.shop))


def test_receivers_bear_a_refund_pro_rata(town, partners):
    trade = town.instant(10_000, settle=True)
    share(town, trade, "S", Receiver(partners[0], 3_000), Receiver(partners[1], 1), finish=True)
    town.refund(trade, 5_000, royalties=PRO_RATA)
    assert (1_500, 1, 3_499) == (*map(town.fen, partners[:2]), town.fen(town.shop))
    town.refund(trade, 5_000, royalties=PRO_RATA)
    assert [0, 0, 0] == [town.fen(who) for who in (*partners[:2], town.shop)]
    assert (TradeState.CLOSED, 0) == (town.trade(trade).state, town.trade(trade).shared_minor)


def test_what_was_shared_must_be_given_back_first(town, partners):
    trade = town.instant(10_000, settle=True)
    made = share(town, trade, "S", Receiver(partners[0], 3_000))
    with pytest.raises(RefundExceedsTrade):
        town.refund(trade, 7_001)
    back = RoyaltyBack(made.id, 0, 3_001)
    with pytest.raises(RefundExceedsTrade):
        town.refund(trade, 10_000, lines=[back])
    with pytest.raises(RoyaltyMalformed):
        town.refund(trade, 10_000, lines=[RoyaltyBack(made.id, 1, 1)])
    with pytest.raises(RefundExceedsTrade):
        town.refund(trade, 1, lines=[RoyaltyBack(made.id, 0, 2)])
    town.refund(trade, 10_000, lines=[RoyaltyBack(made.id, 0, 3_000)])
    assert TradeState.CLOSED is town.trade(trade).state


def test_a_receiver_that_has_spent_it_stops_the_refund(town, partners):
    trade = town.instant(10_000, settle=True)
    share(town, trade, "S", Receiver(partners[1], 3_000))
    town.paid(2_000, buyer_id=partners[1])
    with pytest.raises(InsufficientFunds):
        town.refund(trade, 10_000, royalties=PRO_RATA)
    assert (1_000, 7_000) == (town.fen(partners[1]), town.unsettled)
    town.refund(trade, 7_000)


@given(
    amount=st.integers(1, 10**7),
    weights=st.lists(st.integers(1, 400_000), min_size=1, max_size=5),
    cuts=st.lists(st.integers(1, 10**7), min_size=1, max_size=6),
)
def test_pro_rata_takes_back_exactly_what_was_given(amount, weights, cuts):
    """The parts of any row of refunds: none below 0, none more than a receiver has, in all all."""
    parts = [amount * weight // 2_000_000 for weight in weights]
    lines = [line(index, part) for index, part in enumerate(parts) if part]
    it = made_trade(amount, shared_minor=sum(each.amount_minor for each in lines))
    for cut in chain(cuts, [amount]):
        refund = min(cut, amount - it.refunded_minor)
        if not refund:
            break
        returned = bear_pro_rata(it, lines, refund)
        borne = bear(it, lines, returned, refund)
        assert min([0, *returned]) == 0
        assert refund == sum(returned) + borne.seller_minor + borne.unsettled_minor
        lines = [
            replace(each, returned_minor=each.returned_minor + part)
            for each, part in zip(lines, returned, strict=True)
        ]
        assert all(each.returned_minor <= each.amount_minor for each in lines)
        it = replace(
            it,
            refunded_minor=it.refunded_minor + refund,
            shared_minor=it.shared_minor - sum(returned),
        )
    assert amount != it.refunded_minor or 0 == it.shared_minor


# From a fund's shares


def test_cash_first_then_shares_and_back_the_way_the_product_says(town):
    town.open_fund()
    who = town.person(3_000)
    town.hold_shares(who, 20_000)

    trade = town.pay(town.order(10_000, buyer_id=who), who, CODE)

    assert (7_000, 0, 13_000) == (
        trade.shares_minor,
        town.fen(who),
        town.read(holding, CODE, who).available,
    )
    first = town.refund(trade, 2_000)
    town.work()
    assert (2_000, 0) == (first.to_fund_minor, town.fen(who))
    assert 2_000 == town.read(holding, CODE, who).in_transit
    second = town.refund(trade, 8_000)
    town.work()
    assert (5_000, 3_000) == (second.to_fund_minor, town.fen(who))
    assert 7_000 == town.read(holding, CODE, who).in_transit


def test_or_into_the_wallet(make_town):
    town = make_town(terms=Terms(fee_ppm=0, refund_to=RefundTo.WALLET))
    town.open_fund()
    who = town.person()
    town.hold_shares(who, 10_000)
    trade = town.pay(town.order(10_000, buyer_id=who), who, CODE)
    town.refund(trade, 10_000)
    town.work()
    assert 10_000 == town.fen(who)


def test_cash_that_suffices_leaves_the_shares_alone(town):
    town.open_fund()
    town.hold_shares(town.buyer, 10_000)
    trade = town.pay(town.order(10_000), fund=CODE)
    assert (0, None) == (trade.shares_minor, trade.fund)


def test_what_cannot_be_bought_again_stays_in_the_wallet(town):
    town.open_fund()
    who = town.person()
    town.hold_shares(who, 10_000)
    trade = town.pay(town.order(10_000, buyer_id=who), who, CODE)
    town.run(set_sales, SetSales(CODE, False, True, "a test"))
    town.refund(trade, 10_000)
    for _ in range(5):
        town.wait(hours=1)
    [dead] = town.jobs.dead_jobs()
    assert ("escrow.return_shares", 10_000) == (dead.kind, town.fen(who))

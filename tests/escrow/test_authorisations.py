"""Money frozen in a wallet: paid in parts, let go in parts, and never used twice."""

from datetime import date, timedelta

import pytest

from support.fund_town import CODE
from venule.escrow import (
    AuthorisationExceeded,
    AuthorisationState,
    AuthorisationUnknown,
    BuyerIsSeller,
    DeadlineInThePast,
    EscrowTransitionIllegal,
    FreezeFunds,
    NotTheParty,
    OutTradeNoReused,
    PayAuthorised,
    RequestNoReused,
    SellerNotAMerchant,
    Terms,
    TradesOpen,
    TradeState,
    TradeUnknown,
    UnfreezeFunds,
    authorisation,
    authorisation_by_number,
    close_member,
    freeze_funds,
    operations,
    pay_authorised,
    unfreeze_funds,
)
from venule.ledger import INT64_MAX
from venule.members import CloseMember
from venule.wallet import InsufficientFunds, limits_used

APP = "app 1"


def freeze(town, amount=50_000, number="A1", **how):
    wanted = {"payer_id": town.buyer, "payee_id": town.shop, "title": "a room", **how}
    command = FreezeFunds(APP, number, "1", amount_minor=amount, **wanted)
    return town.run(freeze_funds, command)


def pay(town, of, amount, number, **how):
    command = PayAuthorised(of.id, town.shop, number, amount, "a night", **how)
    return town.run(pay_authorised, command)


def unfreeze(town, of, amount, number):
    return town.run(unfreeze_funds, UnfreezeFunds(of.id, town.shop, number, amount))


def rest(town, of):
    it = town.read(authorisation, of.id)
    account = town.read(lambda tx: tx.account(it.payer_account))
    assert it.rest_minor == account.debits_pending
    return it.rest_minor


def test_frozen_paid_in_parts_and_let_go(make_town):
    town = make_town(terms=Terms(fee_ppm=6_000))
    of = freeze(town)
    assert (950_000, 50_000, 0) == (town.fen(town.buyer), rest(town, of), town.held)

    trade = pay(town, of, 20_000, "N1")
    assert (TradeState.SUCCESS, 30_000) == (trade.state, rest(town, of))
    unfreeze(town, of, 10_000, "U1")
    assert (960_000, 20_000) == (town.fen(town.buyer), rest(town, of))
    pay(town, of, 15_000, "N2", complete=True)

    assert (965_000, 0, 34_790, 210) == (
        town.fen(town.buyer),
        rest(town, of),
        town.fen(town.shop),
        town.fees,
    )
    after = town.read(authorisation_by_number, APP, "A1", "1")
    assert (AuthorisationState.ENDED, 35_000, 15_000) == (
        after.state,
        after.paid_minor,
        after.unfrozen_minor,
    )
    assert ["freeze", "pay", "unfreeze", "pay", "unfreeze"] == [
        each.kind.value for each in town.read(operations, of.id)
    ]
    town.refund(trade, 20_000)
    assert 985_000 == town.fen(town.buyer)


def test_each_number_acts_once(town):
    of = freeze(town)
    assert of == freeze(town)
    with pytest.raises(RequestNoReused):
        freeze(town, 50_001)
    first = pay(town, of, 100, "N1")
    assert first == pay(town, of, 100, "N1")
    with pytest.raises(OutTradeNoReused):
        pay(town, of, 101, "N1")
    let_go = unfreeze(town, of, 100, "U1")
    assert let_go == unfreeze(town, of, 100, "U1")
    with pytest.raises(RequestNoReused):
        unfreeze(town, of, 101, "U1")
    assert 49_800 == rest(town, of)
    other = freeze(town, number="A2")
    with pytest.raises(TradeUnknown):
        pay(town, other, 100, "N1")


def test_never_more_than_is_frozen(town):
    of = freeze(town)
    for amount in (50_001, 10_000_000_000):
        with pytest.raises(AuthorisationExceeded):
            pay(town, of, amount, "N1")
        with pytest.raises(AuthorisationExceeded):
            unfreeze(town, of, amount, "U1")
    pay(town, of, 50_000, "N1")
    with pytest.raises(EscrowTransitionIllegal):
        pay(town, of, 1, "N2")
    with pytest.raises(EscrowTransitionIllegal):
        unfreeze(town, of, 1, "U1")


def test_what_is_frozen_cannot_be_spent(town):
    freeze(town, 999_999)
    with pytest.raises(InsufficientFunds):
        town.paid(2)
    town.paid(1)
    with pytest.raises(InsufficientFunds):
        freeze(town, 1, "A2")


def test_it_is_let_go_when_its_time_is_over(town):
    until = town.clock.now() + timedelta(hours=30)
    of = freeze(town, until=until)
    pay(town, of, 1, "N1")
    town.pass_to(until - timedelta(minutes=1))
    assert 49_999 == rest(town, of)
    town.pass_to(until)
    assert (0, 999_999) == (rest(town, of), town.fen(town.buyer))
    for wrong in (town.clock.now(), town.clock.now() + timedelta(days=31)):
        with pytest.raises(DeadlineInThePast):
            freeze(town, number="A2", until=wrong)


def test_who_may_freeze_for_whom(town):
    with pytest.raises(SellerNotAMerchant):
        freeze(town, payee_id=town.person())
    with pytest.raises(BuyerIsSeller):
        freeze(town, payee_id=town.buyer)
    of = freeze(town)
    with pytest.raises(NotTheParty):
        town.run(unfreeze_funds, UnfreezeFunds(of.id, town.buyer, "U", 1))
    with pytest.raises(NotTheParty):
        town.run(pay_authorised, PayAuthorised(of.id, town.buyer, "N", 1, "x"))
    with pytest.raises(TradesOpen):
        town.run(close_member, CloseMember(town.shop))
    with pytest.raises(AuthorisationUnknown):
        town.read(authorisation_by_number, APP, "A9", "1")
    assert of.frozen_minor < INT64_MAX


def test_limits_are_used_by_the_freezing_and_released_with_what_comes_back(make_town):
    town = make_town(on=date(2017, 3, 10))
    of = freeze(town)
    assert 50_000 == town.read(limits_used, town.buyer).year_minor
    trade = pay(town, of, 20_000, "N1", complete=True)
    assert 20_000 == town.read(limits_used, town.buyer).year_minor
    town.refund(trade, 5_000)
    assert 15_000 == town.read(limits_used, town.buyer).year_minor


def test_from_shares_and_for_settlement(town):
    town.open_fund()
    who = town.person(10)
    town.hold_shares(who, 1_000)
    of = freeze(town, 1_000, payer_id=who, fund=CODE)
    trade = pay(town, of, 400, "N1", settle=True, complete=True)
    assert (600, 400) == (town.fen(who), town.unsettled)
    assert TradeState.SUCCESS is trade.state

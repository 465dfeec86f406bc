"""The proofs hold for a busy house, and find each single fault that is put into it."""

import pytest

from support.both_homes import spoil
from support.wallet_town import yuan
from venule.ledger import Transfer
from venule.members import CloseMember
from venule.wallet import (
    Pay,
    RailAnswer,
    RefundPayment,
    RequestTopUp,
    Spend,
    Use,
    Withdraw,
    check,
    close_member,
    pay,
    payout_answered,
    refund,
    request_top_up,
    spend,
    top_up_answered,
    withdraw,
)


@pytest.fixture
def busy(town_2017):
    """Something of everything is open."""
    town = town_2017
    alice, shop = town.person(money="100"), town.merchant()
    bank = town.bank_account(alice.id)
    paid = town.run(pay, Pay(alice.id, shop.id, yuan("10"), fee=yuan("1")))
    town.run(refund, RefundPayment(paid.id, "r", yuan("2")))
    coming = town.run(request_top_up, RequestTopUp(alice.id, bank, yuan("3")))
    town.run(lambda tx, a: top_up_answered(tx, coming.id, a), RailAnswer(True))
    town.run(withdraw, Withdraw(alice.id, bank, yuan("4")))
    sent = town.run(withdraw, Withdraw(alice.id, bank, yuan("5")))
    town.run(lambda tx, a: payout_answered(tx, sent.id, a), RailAnswer(True))
    town.run(spend, Spend(alice.id, 600, Use.INVESTMENT, bytes(16)))
    town.run(close_member, CloseMember(town.person().id))
    return town


NOBODYS_CASE = (
    "INSERT INTO bank_case"
    " VALUES (x'00', 'late_money', 'reserve', 'x', NULL, 1, '', 'open', 1, NULL)"
)


def _rules(town):
    return {each.rule for each in town.read(check)}


def test_all_is_well(busy):
    assert [] == busy.breaks()


def test_an_empty_home_is_well(town):
    assert [] == town.breaks()


@pytest.mark.parametrize(
    "sql, rules",
    [
        ("UPDATE member SET account = 999", {"wallet exists"}),
        ("UPDATE payment SET refunded = 201", {"refunded = sum of refunds <= paid"}),
        ("DELETE FROM refund", {"refunded = sum of refunds <= paid"}),
        ("UPDATE top_up SET amount = 301 WHERE state = 'in_transit'", {"top-up in transit"}),
        ("UPDATE top_up SET told_seq = 1 WHERE state = 'in_transit'", {"top-up in transit"}),
        (
            "UPDATE top_up SET state = 'credited', ended_at = 1 WHERE state = 'in_transit'",
            {"TOP_UP_IN_TRANSIT = open top-ups", "TOP_UP_UNCLEARED = open top-ups"},
        ),
        ("UPDATE payout SET amount = 401 WHERE state = 'reserved'", {"withdrawal held"}),
        ("UPDATE payout SET held_seq = 99999 WHERE state = 'sent'", {"withdrawal held"}),
        (
            "UPDATE payout SET state = 'sent' WHERE state = 'reserved'",
            {
                "PAYOUT_IN_TRANSIT = withdrawals sent",
                "PAYOUT_IN_TRANSIT holds = withdrawals reserved",
            },
        ),
        (
            "UPDATE payout SET state = 'returning' WHERE state = 'sent'",
            {"PAYOUT_IN_TRANSIT = withdrawals sent"},
        ),
        ("UPDATE house_account SET account = 999 WHERE name = 'fees'", {"house account"}),
        (
            "UPDATE house_account SET code = 2050 WHERE name = 'fees'",
            {"house account"},
        ),
        ("UPDATE limit_counter SET day_used = day_used - 1", {"limit counters"}),
        ("UPDATE limit_counter SET year_used = year_used + 1", {"limit counters"}),
        ("UPDATE limit_counter SET life_used = life_used + 1", {"limit counters"}),
        ("DELETE FROM limit_counter", {"limit counters"}),
        ("DELETE FROM limit_use", {"limit counters"}),
        ("UPDATE payment SET counted_on = NULL", {"limit counters"}),
        (
            NOBODYS_CASE,
            {"suspense = open cases"},
        ),
    ],
)
def test_each_fault_in_the_rows_is_named(busy, sql, rules):
    assert busy.run(lambda tx, _: spoil(tx.sql, sql), None) > 0

    assert rules <= _rules(busy)


@pytest.mark.parametrize(
    "debit, credit, rules",
    [
        ("fees_unswept", "fees", {"client assets = client liabilities", "own books"}),
        ("own_bank", "reserve", {"client assets = client liabilities", "own books"}),
        ("suspense", "fees_unswept", {"suspense = open cases"}),
        ("top_up_uncleared", "top_up_in_transit", {"TOP_UP_UNCLEARED = open top-ups"}),
        ("payout_in_transit", "reserve", {"PAYOUT_IN_TRANSIT = withdrawals sent"}),
    ],
)
def test_each_posting_that_no_flow_makes_is_named(busy, debit, credit, rules):
    house = busy.house
    account = {name: getattr(house, name) for name in (debit, credit)}

    busy.run(lambda tx, _: tx.post_all([Transfer(account[debit], account[credit], 1, 199)]), None)

    found = _rules(busy)
    assert all(any(rule.startswith(wanted) for rule in found) for wanted in rules)

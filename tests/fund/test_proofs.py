"""The proofs see what is wrong in the rows as well as in the ledger."""

from __future__ import annotations

from datetime import date, time, timedelta

import pytest

from support.both_homes import spoil
from support.fund_town import CODE
from venule.fund import check

MON, TUE, WED = (date(2014, 5, 12) + timedelta(days=i) for i in range(3))


# What is done to a row behind the room's back -> the rule that no longer holds.
WRONG = """
UPDATE fund_order SET amount = 1 WHERE kind = 'subscribe' AND state = 'accepted'
    -> collection = unconfirmed
UPDATE fund_order SET state = 'cancelled' WHERE kind = 'redeem' AND state = 'accepted'
    -> holds = reserved by orders
UPDATE fund_order SET amount = 1 WHERE kind = 'fast' AND state = 'accepted' -> pledge = fast orders
UPDATE fund_order SET state = 'sent', confirmed = NULL WHERE confirmed > 0 -> due orders are final
UPDATE fund_order SET state = 'confirmed', confirmed = 1 WHERE state = 'accepted'
    -> no order is confirmed early
UPDATE fund_order SET confirmed = 1 WHERE kind = 'subscribe' AND confirmed > 0
    -> shares = taken over + income + subscribed - redeemed
UPDATE fund_order SET confirmed = 5 + amount WHERE confirmed > 0
    -> amounts confirmed are within bounds
UPDATE fund_run SET credited = 49 WHERE run_on = '2014-05-12' -> credits + residue = net income
UPDATE fund_run SET net_income = 59 WHERE run_on = '2014-05-13' -> credits + residue = net income
UPDATE fund_run SET residue = 5 WHERE run_on = '2014-05-13' -> income accounts = residue - losses
DELETE FROM fund_run WHERE run_on = '2014-05-12' -> days without a gap
UPDATE fund_run SET closed_at = NULL WHERE run_on = '2014-05-12' -> only the last day is open
INSERT INTO fund_unpaid VALUES (X'00', '000198', 5, 'X', 0) -> payable = confirmed, unpaid
UPDATE fund_import SET shares = shares + 1 -> shares = taken over + income + subscribed - redeemed
DELETE FROM fund_holder WHERE sweep_keep IS NULL -> an account of its own
UPDATE fund_holder SET member = X'00112233445566778899aabbccddeeff' WHERE cash = 28 -> owner
UPDATE fund_run_part SET credits = shares -> shares after income = shares + income
"""


@pytest.fixture
def lived(town):
    """A fund with two closed days and one of everything still open."""
    who, other = town.member(cash=100_00, shares=500_00), town.member(shares=70_00)
    town.buy(who, 10_00)
    town.sell(who, 20_00)
    town.fast(who, 30_00)
    town.close(MON, 50)
    town.close(TUE, 60)
    town.at(WED)
    town.buy(who, 11_00)
    town.sell(other, 12_00)
    town.fast(other, 13_00)
    assert [] == town.breaks()
    town.spoilt = True
    return town


@pytest.mark.parametrize("case", WRONG.strip().replace("\n    ->", " ->").split("\n"))
def test_a_wrong_row_is_seen(lived, case):
    statement, rule = case.split(" -> ")
    lived.run(lambda tx, _: spoil(tx.sql, statement), None)

    found = lived.read(check)

    assert rule in {each.rule for each in found}
    assert all(each.room == "fund" for each in found)
    of_the_ledger = "entries of an order"
    assert all(CODE in each.subject for each in found if each.rule != of_the_ledger)


def test_proofs_hold_between_the_steps_of_a_day(lived):
    from venule.fund import CloseDay, close_step

    lived.publish(WED, -40)
    lived.at(WED, time(23))
    for _ in range(6):
        lived.run(close_step, CloseDay(CODE, WED))
        assert [] == lived.breaks()

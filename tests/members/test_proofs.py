"""The proofs find each way in which members and ledger can disagree."""

import pytest

from venule.ledger import AccountFlags
from venule.members import CloseMember, check, end_membership


def _do(town, sql):
    town.run(lambda tx, _: tx.sql.run(sql), None)


def test_all_is_well_at_first(town):
    town.person()
    town.merchant()
    town.run(end_membership, CloseMember(town.person().id))

    assert [] == town.read(check)


@pytest.mark.parametrize(
    "sql, rules",
    [
        ("UPDATE member SET account = 999 WHERE kind = 'person'", {"wallet exists"}),
        (
            "UPDATE member SET account = 1 WHERE kind = 'person'",
            {"wallet's code", "wallet's ref", "wallet cannot be overdrawn"},
        ),
        (
            "UPDATE member SET account = (SELECT account FROM member WHERE kind = 'merchant')",
            {"one wallet each", "wallet's code", "wallet's ref"},
        ),
        ("UPDATE member SET state = 'closed'", {"wallet closed with its member"}),
        ("UPDATE member SET kind = 'person', tier = 1", {"wallet's code"}),
    ],
)
def test_each_fault_is_named(town, sql, rules):
    town.person()
    town.merchant()

    _do(town, sql)

    assert rules <= {each.rule for each in town.read(check)}


def test_a_wallet_of_another_unit_is_found(town):
    alice = town.person()

    def swap(tx, _):
        tx.define_unit(840, "USD", 2)
        flags = AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS
        other = tx.open_account(840, 2010, flags=flags, ref=alice.id)
        tx.sql.run("UPDATE member SET account = ?", (other,))

    town.run(swap, None)

    assert ["wallet's unit"] == [each.rule for each in town.read(check)]

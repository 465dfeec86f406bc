"""The table of a member's states is whole, and the database knows the same lists."""

import re
from importlib.resources import files

import pytest

from venule.members import (
    BankAccountState,
    LimitRule,
    MemberKind,
    MemberState,
    MemberTransitionIllegal,
    Tier,
)
from venule.members.model import MemberEvent
from venule.members.states import FINAL_STATES, TRANSITIONS, advance

MIGRATION = files("venule.members").joinpath("migrations/0001_members.sql").read_text("utf-8")


@pytest.mark.parametrize("state", MemberState)
@pytest.mark.parametrize("event", MemberEvent)
def test_every_pair_is_legal_or_refused(state, event):
    if (state, event) in TRANSITIONS:
        assert advance(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(MemberTransitionIllegal) as raised:
            advance(state, event)
        assert (raised.value.state, raised.value.event) == (state, event)


def test_every_state_is_reached_and_final_ones_have_no_way_out():
    reached = {MemberState.ACTIVE} | set(TRANSITIONS.values())

    assert set(MemberState) == reached
    assert FINAL_STATES == set(MemberState) - {state for state, _ in TRANSITIONS}


@pytest.mark.parametrize(
    "table, column, values",
    [
        ("member", "kind", [kind.value for kind in MemberKind]),
        ("member", "state", [state.value for state in MemberState]),
        ("member", "tier", [str(int(tier)) for tier in Tier]),
        ("bank_account", "state", [state.value for state in BankAccountState]),
        ("tier_limit", "rule", [rule.value for rule in LimitRule]),
        ("tier_limit", "tier", [str(int(tier)) for tier in Tier if tier]),
    ],
)
def test_the_check_of_the_migration_has_the_same_list(table, column, values):
    body = re.search(rf"CREATE TABLE {table} \((.*?)\n\);", MIGRATION, re.DOTALL)[1]
    found = re.search(rf"CHECK \({column} IN \(([^)]*)\)\)", body)[1]

    assert values == re.findall(r"[\w_]+", found)

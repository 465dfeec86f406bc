"""Each table of states is whole, and the database knows the same lists."""

import re
from importlib.resources import files

import pytest

from venule.wallet import (
    CaseKind,
    CaseState,
    PaymentKind,
    PaymentState,
    PayoutState,
    TopUpState,
    TransitionIllegal,
    Use,
)
from venule.wallet import states as s
from venule.wallet.model import CaseEvent, PaymentEvent, PayoutEvent, TopUpEvent

MIGRATION = files("venule.wallet").joinpath("migrations/0001_wallet.sql").read_text("utf-8")
MACHINES = [
    (s.TOP_UP, TopUpState, TopUpEvent, TopUpState.REQUESTED, s.TOP_UP_OVER),
    (s.PAYOUT, PayoutState, PayoutEvent, PayoutState.RESERVED, s.PAYOUT_OVER),
    (s.PAYMENT, PaymentState, PaymentEvent, PaymentState.PAID, s.PAYMENT_OVER),
    (s.CASE, CaseState, CaseEvent, CaseState.OPEN, s.CASE_OVER),
]


@pytest.mark.parametrize("table, states, events, first, over", MACHINES)
def test_every_pair_is_legal_or_refused(table, states, events, first, over):
    for state in states:
        for event in events:
            if (state, event) in table:
                assert s.advance(table, state, event) is table[state, event]
            else:
                with pytest.raises(TransitionIllegal) as raised:
                    s.advance(table, state, event)
                assert (state.value, event.value) == (raised.value.state, raised.value.event)


@pytest.mark.parametrize("table, states, events, first, over", MACHINES)
def test_every_state_is_reached(table, states, events, first, over):
    reached = {first}
    while more := {table[a, e] for a, e in table if a in reached} - reached:
        reached |= more

    assert set(states) == reached


@pytest.mark.parametrize("table, states, events, first, over", MACHINES)
def test_final_states_have_no_way_out(table, states, events, first, over):
    leaving = {state for (state, _), after in table.items() if after is not state}

    assert over == set(states) - leaving


@pytest.mark.parametrize(
    "table, column, values",
    [
        ("top_up", "state", TopUpState),
        ("payment", "kind", PaymentKind),
        ("payment", "state", PaymentState),
        ("payout", "state", PayoutState),
        ("limit_use", "purpose", Use),
        ("bank_case", "kind", CaseKind),
        ("bank_case", "state", CaseState),
    ],
)
def test_the_check_of_the_migration_has_the_same_list(table, column, values):
    body = re.search(rf"CREATE TABLE {table} \((.*?)\n\);", MIGRATION, re.DOTALL)[1]
    found = re.search(rf"CHECK \({column} IN \(([^)]*)\)\)", body)[1]

    assert [each.value for each in values] == re.findall(r"\w+", found)


@pytest.mark.parametrize(
    "table, over", [("top_up", s.TOP_UP_OVER), ("payout", s.PAYOUT_OVER | {PayoutState.SETTLED})]
)
def test_the_end_of_an_order_has_its_instant(table, over):
    body = re.search(rf"CREATE TABLE {table} \((.*?)\n\);", MIGRATION, re.DOTALL)[1]
    still_open = re.search(r"\(ended_at IS NULL\) = \(state IN \(([^)]*)\)", body)[1]
    states = TopUpState if table == "top_up" else PayoutState

    assert {each.value for each in set(states) - over} == set(re.findall(r"\w+", still_open))

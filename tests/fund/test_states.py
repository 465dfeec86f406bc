"""The table of an order's states: every pair is legal or refused, and final means final."""

from __future__ import annotations

import itertools

import pytest

from venule.fund import IllegalTransition, OrderEvent, OrderState, ShadowState
from venule.fund.states import (
    FINAL_STATES,
    OPEN_STATES,
    SHADOW_TRANSITIONS,
    TRANSITIONS,
    ShadowReading,
    advance,
)

S, E = OrderState, OrderEvent

# Section 3, with what the cut does to an order that was never paid.
LEGAL = {
    (S.ACCEPTED, E.CANCEL): S.CANCELLED,
    (S.ACCEPTED, E.LAPSE): S.CANCELLED,
    (S.ACCEPTED, E.SEND): S.SENT,
    (S.SENT, E.CONFIRM): S.CONFIRMED,
    (S.SENT, E.CONFIRM_PART): S.PARTLY_CONFIRMED,
    (S.SENT, E.REJECT): S.REJECTED,
}


@pytest.mark.parametrize("state, event", list(itertools.product(OrderState, OrderEvent)))
def test_every_pair_is_legal_or_refused(state, event):
    if (state, event) in LEGAL:
        assert LEGAL[state, event] is advance(state, event)
    else:
        with pytest.raises(IllegalTransition):
            advance(state, event)


def test_every_state_can_be_reached():
    reached = {S.ACCEPTED}
    for _ in OrderState:
        reached |= {after for (state, _), after in TRANSITIONS.items() if state in reached}

    assert set(OrderState) == reached


def test_final_states_have_no_way_out():
    leaving = {state for state, _ in TRANSITIONS}

    assert leaving == OPEN_STATES
    assert FINAL_STATES == set(OrderState) - leaving


def test_sql_knows_the_states_and_kinds():
    from importlib.resources import files

    from venule.fund import OrderKind

    text = files("venule.fund").joinpath("migrations/0001_register.sql").read_text("utf-8")
    for name, members in (("state", OrderState), ("kind", OrderKind)):
        listed = text.split(f"CHECK ({name} IN (")[1].split("))")[0]
        assert [member.value for member in members] == [x.strip(" '") for x in listed.split(",")]


def test_the_shadow_table_is_whole_and_its_ends_stay():
    assert set(itertools.product(ShadowState, ShadowReading)) == set(SHADOW_TRANSITIONS)
    for end in (ShadowState.FAIR_VALUE, ShadowState.LIQUIDATING):
        assert {end} == {SHADOW_TRANSITIONS[end, reading] for reading in ShadowReading}

"""Each table of states is whole, and the database knows the same lists."""

import re
from importlib.resources import files

import pytest

from venule.escrow import MACHINES, EscrowTransitionIllegal
from venule.escrow.model import (
    AuthorisationState,
    CaseState,
    Cause,
    Goods,
    OperationKind,
    RulingState,
    ShipmentState,
    Side,
    TradeKind,
    TradeState,
)
from venule.escrow.states import CASE, SHIPMENT, TRADE, advance

MIGRATION = files("venule.escrow").joinpath("migrations/0001_escrow.sql").read_text("utf-8")
PAIRS = [
    pytest.param(machine, state, event, id=f"{name}: {state.value}, {event.value}")
    for name, machine in MACHINES.items()
    for state in machine.states
    for event in machine.events
]


@pytest.mark.parametrize("machine, state, event", PAIRS)
def test_every_pair_is_legal_or_refused(machine, state, event):
    if (state, event) in machine.table:
        assert advance(machine.table, state, event) is machine.table[state, event]
    else:
        with pytest.raises(EscrowTransitionIllegal) as raised:
            advance(machine.table, state, event)
        assert (state.value, event.value) == (raised.value.state, raised.value.event)


@pytest.mark.parametrize("name", MACHINES)
def test_every_state_is_reached_and_every_event_is_used(name):
    machine = MACHINES[name]
    reached = set(machine.first)
    while more := {machine.table[a, e] for a, e in machine.table if a in reached} - reached:
        reached |= more

    assert set(machine.states) == reached
    assert set(machine.events) == {event for _, event in machine.table}


@pytest.mark.parametrize("name", MACHINES)
def test_final_states_have_no_way_out_and_every_other_leads_to_one(name):
    machine = MACHINES[name]
    assert machine.over == set(machine.states) - {state for state, _ in machine.table}
    ends = set(machine.over)
    while more := {a for (a, _), after in machine.table.items() if after in ends} - ends:
        ends |= more
    assert set(machine.states) == ends


@pytest.mark.parametrize(
    "table, column, values",
    [
        ("escrow_trade", "kind", TradeKind),
        ("escrow_trade", "goods", Goods),
        ("escrow_trade", "state", TradeState),
        ("escrow_shipment", "state", ShipmentState),
        ("escrow_refund", "cause", Cause),
        ("escrow_case", "state", CaseState),
        ("escrow_ruling", "state", RulingState),
        ("escrow_evidence", "side", Side),
        ("escrow_authorisation", "state", AuthorisationState),
        ("escrow_operation", "kind", OperationKind),
    ],
)
def test_the_check_of_the_migration_has_the_same_list(table, column, values):
    body = re.search(rf"CREATE TABLE {table} \((.*?)\n\);", MIGRATION, re.DOTALL)[1]
    found = re.search(rf"CHECK \({column} IN \(([^)]*)\)\)", body)[1]

    assert [each.value for each in values] == re.findall(r"\w+", found)


@pytest.mark.parametrize("table, name", [("escrow_trade", "trade"), ("escrow_case", "case")])
def test_the_end_has_its_instant(table, name):
    body = re.search(rf"CREATE TABLE {table} \((.*?)\n\);", MIGRATION, re.DOTALL)[1]
    over = re.search(r"\(ended_at IS NULL\) = \(state NOT IN \(([^)]*)\)", body)[1]

    assert {state.value for state in MACHINES[name].over} == set(re.findall(r"\w+", over))


def test_money_that_is_held_goes_to_an_end_by_silence_alone():
    """From each state in which a trade waits for somebody, a deadline or the others lead on."""
    silent = {event for _, event in TRADE if event.value.startswith(("refund", "release", "end"))}
    ends = set(MACHINES["trade"].over)
    while more := {a for (a, e), after in TRADE.items() if e in silent and after in ends} - ends:
        ends |= more
    assert {"paid", "part_shipped", "shipped", "success"} <= {state.value for state in ends}
    waits = {state for (state, event) in SHIPMENT if event.value.endswith("_due")}
    assert waits == {state for state, _ in SHIPMENT}
    assert {"disputed", "proposed", "appealed", "appeal_proposed"} == {
        state.value
        for state in CaseState
        if state not in MACHINES["case"].over
        and not any(s is state and "due" in e.value for s, e in CASE)
    }, "only an operator may be waited for without end"

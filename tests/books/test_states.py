"""The table of states is whole, and the database knows the same lists."""

import re
from importlib.resources import files

import pytest

from venule.books import (
    BookPaymentTransitionIllegal,
    ItemKind,
    PairState,
    PaymentKind,
    PaymentState,
    ReceiptState,
)
from venule.books.states import FINAL_STATES, TRANSITIONS, advance

MIGRATION = files("venule.books").joinpath("migrations/0001_books.sql").read_text("utf-8")


@pytest.mark.parametrize("state", PaymentState)
@pytest.mark.parametrize("event", ReceiptState)
def test_every_pair_is_legal_or_refused(state, event):
    if (state, event) in TRANSITIONS:
        assert advance(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(BookPaymentTransitionIllegal) as raised:
            advance(state, event)
        assert (state.value, event.value) == (raised.value.state, raised.value.event)


def test_every_state_is_reached_and_final_ones_have_no_way_out():
    reached = {PaymentState.HELD}
    while more := {TRANSITIONS[a, e] for a, e in TRANSITIONS if a in reached} - reached:
        reached |= more
    leaving = {state for (state, _), after in TRANSITIONS.items() if after is not state}

    assert set(PaymentState) == reached
    assert FINAL_STATES == set(PaymentState) - leaving


def test_a_word_leads_to_the_same_state_every_time():
    for (state, event), after in TRANSITIONS.items():
        assert (after, event) in TRANSITIONS, (state, event)
        assert after is advance(after, event)


@pytest.mark.parametrize(
    "table, column, values",
    [
        ("book_payment", "kind", PaymentKind),
        ("book_payment", "state", PaymentState),
        ("book_receipt", "kind", PaymentKind),
        ("book_receipt", "state", ReceiptState),
        ("book_pair_day", "state", PairState),
        ("book_pair_item", "kind", ItemKind),
    ],
)
def test_the_check_of_the_migration_has_the_same_list(table, column, values):
    body = re.search(rf"CREATE TABLE {table} \((.*?)\n\);", MIGRATION, re.DOTALL)[1]
    found = re.search(rf"CHECK \({column} IN \(([^)]*)\)\)", body)[1]

    assert [each.value for each in values] == re.findall(r"\w+", found)

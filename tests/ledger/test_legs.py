"""Entries asked for against entries seen: every difference, by its reference."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from venule.ledger import LEG, Leg, Legs, leg_differences

LEGS = st.lists(
    st.tuples(
        st.sampled_from([bytes(16), bytes(15) + b"\x01", b"\xff" * 16, b"\x80" + bytes(15)]),
        st.integers(1, 3),
        st.integers(1, 3),
        st.integers(1, 3),
        st.sampled_from([1, 2**62]),
    ),
    max_size=12,
)


def array_of(entries):
    legs = Legs()
    for ref, *leg in entries:
        legs.add(ref, tuple(leg))
    return legs.array()


@given(LEGS, LEGS)
def test_differences_are_those_of_two_bags(expected, seen):
    differences = leg_differences(array_of(expected), array_of(seen))

    missing, more = Counter(expected), Counter(seen)
    assert missing - more == Counter((r, *leg) for r, legs, _ in differences for leg in legs)
    assert more - missing == Counter((r, *leg) for r, _, legs in differences for leg in legs)


def test_no_more_than_asked_for_are_told():
    expected = [(n.to_bytes(16, "big"), 1, 2, 3, 4) for n in range(500)]
    assert 7 == len(leg_differences(array_of(expected), np.empty(0, LEG), most=7))


def test_a_reference_that_is_none_is_refused():
    with pytest.raises(ValueError, match="16 bytes, seen 00ff"):
        Legs().add(b"\x00\xff", (1, 2, 3, 4))


def test_many_are_packed_away():
    legs = Legs()
    for n in range(70_000):
        legs.add(n.to_bytes(16, "big"), (1, 2, 3, n))
    assert [] == leg_differences(legs.array(), legs.array()[::-1])
    assert "7 from account 2 to 3 for code 1" == str(Leg(1, 2, 3, 7))

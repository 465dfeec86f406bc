"""The states of an order and of the shadow price, as tables: the only way to change a state."""

from __future__ import annotations

from enum import Enum
from typing import Final

from venule.fund.errors import IllegalTransition
from venule.fund.model import OrderEvent, OrderState, ShadowState
from venule.fund.model import OrderEvent as E
from venule.fund.model import OrderState as S

TRANSITIONS: Final[dict[tuple[OrderState, OrderEvent], OrderState]] = {
    (S.ACCEPTED, E.CANCEL): S.CANCELLED,  # by the customer, until the cut-off of T
    (S.ACCEPTED, E.LAPSE): S.CANCELLED,  # not paid at the cut-off
    (S.ACCEPTED, E.SEND): S.SENT,
    (S.SENT, E.CONFIRM): S.CONFIRMED,
    (S.SENT, E.CONFIRM_PART): S.PARTLY_CONFIRMED,
    (S.SENT, E.REJECT): S.REJECTED,
}

FINAL_STATES: Final = frozenset(OrderState) - {S.ACCEPTED, S.SENT}
OPEN_STATES: Final = frozenset({S.ACCEPTED, S.SENT})


def advance(state: OrderState, event: OrderEvent) -> OrderState:
    """Return the state after an event. Raises: IllegalTransition."""
    after = TRANSITIONS.get((state, event))
    if after is None:
        raise IllegalTransition(state.value, event.value)
    return after


class ShadowReading(Enum):
    """What a trading day's deviation says by itself; TWICE: the last of too many days in a row."""

    INSIDE = "inside"
    LOW = "low"
    HIGH = "high"
    VERY_LOW = "very_low"
    TWICE_FAIR_VALUE = "twice_fair_value"
    TWICE_LIQUIDATE = "twice_liquidate"


_FREE: Final = (ShadowState.INSIDE, ShadowState.LOW, ShadowState.HIGH, ShadowState.VERY_LOW)
_AFTER: Final = {
    ShadowReading.INSIDE: ShadowState.INSIDE,
    ShadowReading.LOW: ShadowState.LOW,
    ShadowReading.HIGH: ShadowState.HIGH,
    ShadowReading.VERY_LOW: ShadowState.VERY_LOW,
    ShadowReading.TWICE_FAIR_VALUE: ShadowState.FAIR_VALUE,
    ShadowReading.TWICE_LIQUIDATE: ShadowState.LIQUIDATING,
}
SHADOW_TRANSITIONS: Final[dict[tuple[ShadowState, ShadowReading], ShadowState]] = {
    (state, reading): after for state in _FREE for reading, after in _AFTER.items()
} | {
    (state, reading): state
    for state in (ShadowState.FAIR_VALUE, ShadowState.LIQUIDATING)
    for reading in ShadowReading
}

STOPS_SUBSCRIPTIONS: Final = frozenset({ShadowState.HIGH, ShadowState.LIQUIDATING})
STOPS_REDEMPTIONS: Final = frozenset({ShadowState.LIQUIDATING})

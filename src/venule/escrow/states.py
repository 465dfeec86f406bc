"""Every state machine of guaranteed trade, as tables: the only way to change a state.

The CHECKs of the migration and the diagrams of docs/escrow.md are made from, or tested against,
`MACHINES`. A pair that is not in its table is illegal: `advance` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final, NamedTuple, TypeVar

from venule.escrow.errors import EscrowTransitionIllegal
from venule.escrow.model import (
    AuthorisationEvent,
    AuthorisationState,
    CaseEvent,
    CaseState,
    RulingEvent,
    RulingState,
    ShipmentEvent,
    ShipmentState,
    TradeEvent,
    TradeState,
)

S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)

_T, _TE = TradeState, TradeEvent

TRADE: Final[Mapping[tuple[TradeState, TradeEvent], TradeState]] = {
    (_T.CREATED, _TE.PAY): _T.PAID,
    (_T.CREATED, _TE.PAY_INSTANT): _T.SUCCESS,
    (_T.CREATED, _TE.PAY_FINAL): _T.FINISHED,
    (_T.CREATED, _TE.CLOSE): _T.CLOSED,
    (_T.CREATED, _TE.PAY_DUE): _T.CLOSED,
    (_T.PAID, _TE.SHIP_PART): _T.PART_SHIPPED,
    (_T.PAID, _TE.SHIP_REST): _T.SHIPPED,
    (_T.PAID, _TE.REFUND_PART): _T.PAID,
    (_T.PAID, _TE.REFUND_ALL): _T.CLOSED,  # the seller's will, or its silence
    (_T.PART_SHIPPED, _TE.SHIP_PART): _T.PART_SHIPPED,
    (_T.PART_SHIPPED, _TE.SHIP_REST): _T.SHIPPED,
    (_T.PART_SHIPPED, _TE.RELEASE_PART): _T.PART_SHIPPED,
    (_T.PART_SHIPPED, _TE.REFUND_PART): _T.PART_SHIPPED,
    (_T.PART_SHIPPED, _TE.REFUND_UNSHIPPED): _T.SHIPPED,
    (_T.PART_SHIPPED, _TE.REFUND_ALL): _T.CLOSED,
    (_T.SHIPPED, _TE.RELEASE_PART): _T.SHIPPED,
    (_T.SHIPPED, _TE.RELEASE_REST): _T.FINISHED,
    (_T.SHIPPED, _TE.RELEASE_REST_OPEN): _T.SUCCESS,
    (_T.SHIPPED, _TE.REFUND_PART): _T.SHIPPED,
    (_T.SHIPPED, _TE.REFUND_ALL): _T.CLOSED,
    (_T.SUCCESS, _TE.SETTLE): _T.SUCCESS,
    (_T.SUCCESS, _TE.REFUND_PART): _T.SUCCESS,
    (_T.SUCCESS, _TE.REFUND_ALL): _T.CLOSED,
    (_T.SUCCESS, _TE.END_DUE): _T.FINISHED,
} | {
    # The last that is held goes back, or an operator splits it; others have had a part.
    (state, event): after
    for state in (_T.PAID, _T.PART_SHIPPED, _T.SHIPPED)
    for event, after in (
        (_TE.REFUND_REST, _T.FINISHED),
        (_TE.REFUND_REST_OPEN, _T.SUCCESS),
    )
}

_H, _HE = ShipmentState, ShipmentEvent

SHIPMENT: Final[Mapping[tuple[ShipmentState, ShipmentEvent], ShipmentState]] = {
    (_H.SHIPPED, _HE.CONFIRM): _H.CONFIRMED,
    (_H.SHIPPED, _HE.CONFIRM_DUE): _H.CONFIRMED,
    (_H.SHIPPED, _HE.REFUND): _H.REFUNDED,
    (_H.SHIPPED, _HE.RULE): _H.RULED,
}

_C, _CE = CaseState, CaseEvent

CASE: Final[Mapping[tuple[CaseState, CaseEvent], CaseState]] = {
    (_C.ASKED, _CE.AGREE): _C.REFUNDED,
    (_C.ASKED, _CE.AGREE_RETURN): _C.RETURNING,
    (_C.ASKED, _CE.REFUSE): _C.REFUSED,
    (_C.ASKED, _CE.WITHDRAW): _C.CLOSED,
    (_C.ASKED, _CE.ANSWER_DUE_REFUND): _C.REFUNDED,
    (_C.ASKED, _CE.ANSWER_DUE_DISPUTE): _C.DISPUTED,
    (_C.REFUSED, _CE.AGREE): _C.REFUNDED,
    (_C.REFUSED, _CE.DISPUTE): _C.DISPUTED,
    (_C.REFUSED, _CE.WITHDRAW): _C.CLOSED,
    (_C.REFUSED, _CE.DISPUTE_DUE): _C.CLOSED,
    (_C.RETURNING, _CE.AGREE): _C.REFUNDED,
    (_C.RETURNING, _CE.SEND_BACK): _C.RETURNED,
    (_C.RETURNING, _CE.WITHDRAW): _C.CLOSED,
    (_C.RETURNING, _CE.SEND_BACK_DUE): _C.CLOSED,
    (_C.RETURNED, _CE.AGREE): _C.REFUNDED,
    (_C.RETURNED, _CE.RECEIVE_DUE): _C.REFUNDED,
    (_C.RETURNED, _CE.REFUSE): _C.DISPUTED,
    (_C.DISPUTED, _CE.AGREE): _C.REFUNDED,
    (_C.DISPUTED, _CE.WITHDRAW): _C.CLOSED,
    (_C.DISPUTED, _CE.PROPOSE): _C.PROPOSED,
    (_C.DISPUTED, _CE.RULE): _C.RULED,
    (_C.PROPOSED, _CE.APPROVE): _C.RULED,
    (_C.PROPOSED, _CE.REJECT): _C.DISPUTED,
    (_C.RULED, _CE.APPEAL): _C.APPEALED,
    (_C.RULED, _CE.APPEAL_DUE): _C.EXECUTED,
    (_C.APPEALED, _CE.PROPOSE): _C.APPEAL_PROPOSED,
    (_C.APPEALED, _CE.RULE): _C.EXECUTED,
    (_C.APPEAL_PROPOSED, _CE.APPROVE): _C.EXECUTED,
    (_C.APPEAL_PROPOSED, _CE.REJECT): _C.APPEALED,
}

_R, _RE = RulingState, RulingEvent

RULING: Final[Mapping[tuple[RulingState, RulingEvent], RulingState]] = {
    (_R.PROPOSED, _RE.APPROVE): _R.RULED,
    (_R.PROPOSED, _RE.REJECT): _R.REJECTED,
    (_R.RULED, _RE.APPEAL): _R.APPEALED,
    (_R.RULED, _RE.EXECUTE): _R.EXECUTED,
}

_A, _AE = AuthorisationState, AuthorisationEvent

AUTHORISATION: Final[Mapping[tuple[AuthorisationState, AuthorisationEvent], AuthorisationState]] = {
    (_A.FROZEN, _AE.PAY_PART): _A.FROZEN,
    (_A.FROZEN, _AE.PAY_REST): _A.ENDED,
    (_A.FROZEN, _AE.UNFREEZE_PART): _A.FROZEN,
    (_A.FROZEN, _AE.UNFREEZE_REST): _A.ENDED,
    (_A.FROZEN, _AE.UNFREEZE_DUE): _A.ENDED,
}


class Machine(NamedTuple):
    """A table, where it begins, and where it ends."""

    table: Mapping[tuple[Any, Any], Any]
    states: type[Enum]
    events: type[Enum]
    first: tuple[Enum, ...]
    over: frozenset[Any]


MACHINES: Final = {
    "trade": Machine(
        TRADE, TradeState, TradeEvent, (_T.CREATED,), frozenset({_T.FINISHED, _T.CLOSED})
    ),
    "shipment": Machine(
        SHIPMENT,
        ShipmentState,
        ShipmentEvent,
        (_H.SHIPPED,),
        frozenset({_H.CONFIRMED, _H.REFUNDED, _H.RULED}),
    ),
    "case": Machine(
        CASE,
        CaseState,
        CaseEvent,
        (_C.ASKED,),
        frozenset({_C.REFUNDED, _C.EXECUTED, _C.CLOSED}),
    ),
    "ruling": Machine(
        RULING,
        RulingState,
        RulingEvent,
        (_R.PROPOSED, _R.RULED),
        frozenset({_R.REJECTED, _R.APPEALED, _R.EXECUTED}),
    ),
    "authorisation": Machine(
        AUTHORISATION,
        AuthorisationState,
        AuthorisationEvent,
        (_A.FROZEN,),
        frozenset({_A.ENDED}),
    ),
}
"""All machines, by the noun they are about."""

HOLDING: Final = frozenset({_T.PAID, _T.PART_SHIPPED, _T.SHIPPED})
"""States of a trade in which money is held for goods."""


def advance(table: Mapping[tuple[S, E], S], state: S, event: E) -> S:
    """Return the state after an event. Raises: EscrowTransitionIllegal."""
    after = table.get((state, event))
    if after is None:
        raise EscrowTransitionIllegal(type(state).__name__, state.value, event.value)
    return after

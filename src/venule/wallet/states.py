"""Every state machine of the wallet, as tables.

The CHECKs of the migration and the diagrams of the documentation are made from, or tested against,
these. A pair that is not in its table is illegal: `advance` says so. A pair that leads to where
it came from is the same word said twice, or a late answer: harmless.

    top-up:  requested -accept-> in_transit -confirm-> credited
                                            -reject--> rejected
    payout:  reserved -accept-> sent -settle-> settled -return-> returned
                 |                |-reject-> returned
                 |-refuse, reject-> refused
             (a return told before the debit: returning, until the debit is told)
    payment: paid -refund_part-> partly_refunded -refund_rest-> refunded
    case:    open -credit | offset | cover | dismiss-> over
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final, TypeVar

from venule.wallet.errors import TransitionIllegal
from venule.wallet.model import (
    CaseEvent,
    CaseState,
    PaymentEvent,
    PaymentState,
    PayoutEvent,
    PayoutState,
    TopUpEvent,
    TopUpState,
)

S = TypeVar("S", bound=Enum)
E = TypeVar("E", bound=Enum)

_T, _TE = TopUpState, TopUpEvent

TOP_UP: Final[Mapping[tuple[TopUpState, TopUpEvent], TopUpState]] = {
    (_T.REQUESTED, _TE.ACCEPT): _T.IN_TRANSIT,
    (_T.REQUESTED, _TE.REFUSE): _T.REJECTED,
    (_T.REQUESTED, _TE.CONFIRM): _T.CREDITED,  # the bank was faster than the answer to our order
    (_T.REQUESTED, _TE.REJECT): _T.REJECTED,
    (_T.IN_TRANSIT, _TE.ACCEPT): _T.IN_TRANSIT,
    (_T.IN_TRANSIT, _TE.CONFIRM): _T.CREDITED,
    (_T.IN_TRANSIT, _TE.REJECT): _T.REJECTED,
    (_T.CREDITED, _TE.ACCEPT): _T.CREDITED,
    (_T.CREDITED, _TE.CONFIRM): _T.CREDITED,
    (_T.REJECTED, _TE.ACCEPT): _T.REJECTED,
    (_T.REJECTED, _TE.REFUSE): _T.REJECTED,
    (_T.REJECTED, _TE.REJECT): _T.REJECTED,
}

_P, _PE = PayoutState, PayoutEvent

PAYOUT: Final[Mapping[tuple[PayoutState, PayoutEvent], PayoutState]] = {
    (_P.RESERVED, _PE.ACCEPT): _P.SENT,
    (_P.RESERVED, _PE.REFUSE): _P.REFUSED,
    (_P.RESERVED, _PE.SETTLE): _P.SETTLED,
    (_P.RESERVED, _PE.REJECT): _P.REFUSED,
    (_P.RESERVED, _PE.RETURN): _P.RETURNING,
    (_P.SENT, _PE.ACCEPT): _P.SENT,
    (_P.SENT, _PE.SETTLE): _P.SETTLED,
    (_P.SENT, _PE.REJECT): _P.RETURNED,
    (_P.SENT, _PE.RETURN): _P.RETURNING,
    (_P.SETTLED, _PE.ACCEPT): _P.SETTLED,
    (_P.SETTLED, _PE.SETTLE): _P.SETTLED,
    (_P.SETTLED, _PE.RETURN): _P.RETURNED,
    (_P.RETURNING, _PE.ACCEPT): _P.RETURNING,
    (_P.RETURNING, _PE.SETTLE): _P.RETURNED,
    (_P.RETURNING, _PE.RETURN): _P.RETURNING,
    (_P.RETURNED, _PE.ACCEPT): _P.RETURNED,
    (_P.RETURNED, _PE.SETTLE): _P.RETURNED,
    (_P.RETURNED, _PE.REJECT): _P.RETURNED,
    (_P.RETURNED, _PE.RETURN): _P.RETURNED,
    (_P.REFUSED, _PE.ACCEPT): _P.REFUSED,
    (_P.REFUSED, _PE.REFUSE): _P.REFUSED,
    (_P.REFUSED, _PE.REJECT): _P.REFUSED,
}

_Y, _YE = PaymentState, PaymentEvent

PAYMENT: Final[Mapping[tuple[PaymentState, PaymentEvent], PaymentState]] = {
    (_Y.PAID, _YE.REFUND_PART): _Y.PARTLY_REFUNDED,
    (_Y.PAID, _YE.REFUND_REST): _Y.REFUNDED,
    (_Y.PARTLY_REFUNDED, _YE.REFUND_PART): _Y.PARTLY_REFUNDED,
    (_Y.PARTLY_REFUNDED, _YE.REFUND_REST): _Y.REFUNDED,
}

_C, _CE = CaseState, CaseEvent

CASE: Final[Mapping[tuple[CaseState, CaseEvent], CaseState]] = {
    (_C.OPEN, _CE.CREDIT): _C.CREDITED,
    (_C.OPEN, _CE.OFFSET): _C.OFFSET,
    (_C.OPEN, _CE.COVER): _C.COVERED,
    (_C.OPEN, _CE.DISMISS): _C.DISMISSED,
}

TOP_UP_OVER: Final = frozenset({_T.CREDITED, _T.REJECTED})
PAYOUT_OVER: Final = frozenset({_P.RETURNED, _P.REFUSED})
PAYMENT_OVER: Final = frozenset({_Y.REFUNDED})
CASE_OVER: Final = frozenset({_C.CREDITED, _C.OFFSET, _C.COVERED, _C.DISMISSED})


def advance(table: Mapping[tuple[S, E], S], state: S, event: E) -> S:
    """Return the state after an event. Raises: TransitionIllegal."""
    after = table.get((state, event))
    if after is None:
        raise TransitionIllegal(type(state).__name__, state.value, event.value)
    return after

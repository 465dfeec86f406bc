"""The life of a payment between books, in the paying book, as a table.

    held --received--> settled
         --rejected--> returned
         --cancelled-> cancelled

The events are the receiving book's word, and its word never changes. The same word again is
harmless; another one is a contradiction: it is refused, and somebody must look.
"""

from __future__ import annotations

from typing import Final

from venule.books.errors import BookPaymentTransitionIllegal
from venule.books.model import PaymentState as S
from venule.books.model import ReceiptState as E

TRANSITIONS: Final[dict[tuple[S, E], S]] = {
    (S.HELD, E.RECEIVED): S.SETTLED,
    (S.HELD, E.REJECTED): S.RETURNED,
    (S.HELD, E.CANCELLED): S.CANCELLED,
    (S.SETTLED, E.RECEIVED): S.SETTLED,
    (S.RETURNED, E.REJECTED): S.RETURNED,
    (S.CANCELLED, E.CANCELLED): S.CANCELLED,
}

FINAL_STATES: Final = frozenset({S.SETTLED, S.RETURNED, S.CANCELLED})


def advance(state: S, event: E) -> S:
    """Return the state after the other book's word. Raises: BookPaymentTransitionIllegal."""
    after = TRANSITIONS.get((state, event))
    if after is None:
        raise BookPaymentTransitionIllegal(state.value, event.value)
    return after

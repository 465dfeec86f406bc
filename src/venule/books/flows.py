"""Every movement of money between books, as transfers, and the codes of their accounts and reasons.

A book has one clearing account for each other book. It is a client liability and may be below zero:
above zero, clients' money of ours that has become the other book's clients'; below, the other way.

    client assets = client liabilities, clearing accounts included, holds in every book at any time;
    over all books the clearing accounts' sum is minus what is under way.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from venule.books.model import PaymentKind
from venule.ledger import Transfer, TransferFlags

_PENDING: Final = int(TransferFlags.PENDING)
_POST: Final = int(TransferFlags.POST_PENDING)
_VOID: Final = int(TransferFlags.VOID_PENDING)


class BooksAccountCode(IntEnum):
    """The room's line in the chart of accounts."""

    BOOK_CLEARING = 2900


class BooksTransferCode(IntEnum):
    """Why money moved: the books room has 700 to 719."""

    BOOK_PAYMENT_HELD = 700
    BOOK_PAYMENT_SETTLED = 701
    BOOK_PAYMENT_RELEASED = 702
    BOOK_PAYMENT_RECEIVED = 703
    BOOK_REFUND_HELD = 710
    BOOK_REFUND_SETTLED = 711
    BOOK_REFUND_RELEASED = 712
    BOOK_REFUND_RECEIVED = 713


_REFUND: Final = BooksTransferCode.BOOK_REFUND_HELD - BooksTransferCode.BOOK_PAYMENT_HELD


def code(why: BooksTransferCode, kind: PaymentKind) -> int:
    """Return the code of a payment's step for its kind."""
    return why + _REFUND if kind is PaymentKind.REFUND else int(why)


def hold(wallet: int, clearing: int, amount: int, ref: bytes, kind: PaymentKind) -> list[Transfer]:
    """Reserve a payment to another book in the payer's wallet, without end.

    Only the other book's word ends it: our own clock says nothing of what has happened there.
    """
    why = code(BooksTransferCode.BOOK_PAYMENT_HELD, kind)
    return [Transfer(wallet, clearing, amount, why, ref, _PENDING)]


def settle(held_seq: int, ref: bytes, kind: PaymentKind) -> list[Transfer]:
    """The other book has received it: the hold is posted."""
    why = code(BooksTransferCode.BOOK_PAYMENT_SETTLED, kind)
    return [Transfer(0, 0, 0, why, ref, _POST, held_seq)]


def release(held_seq: int, ref: bytes, kind: PaymentKind) -> list[Transfer]:
    """The other book has refused it, or cancelled it: the hold is released."""
    why = code(BooksTransferCode.BOOK_PAYMENT_RELEASED, kind)
    return [Transfer(0, 0, 0, why, ref, _VOID, held_seq)]


def take(clearing: int, wallet: int, amount: int, ref: bytes, kind: PaymentKind) -> list[Transfer]:
    """A payment from another book goes into the payee's wallet."""
    why = code(BooksTransferCode.BOOK_PAYMENT_RECEIVED, kind)
    return [Transfer(clearing, wallet, amount, why, ref)]

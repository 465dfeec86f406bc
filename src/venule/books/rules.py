"""Decisions between books: pure functions, facts in, answer out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise
from typing import Final
from uuid import UUID

from venule.books.errors import (
    BookNumberOutOfRange,
    BookOrderDiffers,
    BookRefundExceeds,
    BookUnknown,
    InstitutionUnknown,
    NotReceived,
    SameBook,
    SlotsOutOfRange,
    SlotUnassigned,
    TimeoutOutOfRange,
    WrongBook,
)
from venule.books.model import (
    BOOK_NUMBER_MAX,
    SLOTS,
    TIMEOUT_S_MAX,
    Answer,
    BookEntry,
    BookNumber,
    BookPayment,
    Directory,
    HouseTotals,
    Item,
    ItemKind,
    Order,
    PairState,
    PaymentKind,
    PaymentState,
    Receipt,
    ReceiptState,
)

# The directory


def slot(member_id: UUID) -> int:
    """Return a member's slot: the last 16 bits of the id."""
    return member_id.int % SLOTS


def where(directory: Directory, member_id: UUID) -> BookNumber:
    """Return the book that a member is in. Raises: SlotUnassigned."""
    wanted = slot(member_id)
    place = bisect_right(directory.ranges, wanted, key=lambda each: each.first) - 1
    if place < 0 or wanted > directory.ranges[place].last:
        raise SlotUnassigned(member_id, wanted, directory.version)
    return directory.ranges[place].book


def book_of_institution(directory: Directory, institution: str) -> BookNumber:
    """Return the book that an institution's new members go into. Raises: InstitutionUnknown."""
    found = directory.institutions.get(institution)
    if found is None:
        raise InstitutionUnknown(institution)
    return found


def book_entry(directory: Directory, number: int) -> BookEntry:
    """Return a book of the directory. Raises: BookUnknown."""
    for entry in directory.books:
        if entry.number == number:
            return entry
    raise BookUnknown(number)


def check_slots(first: int, last: int) -> None:
    """Raises: SlotsOutOfRange."""
    if not 0 <= first <= last < SLOTS:
        raise SlotsOutOfRange(first, last, SLOTS)


def check_number(number: int) -> None:
    """Raises: BookNumberOutOfRange."""
    if not 1 <= number <= BOOK_NUMBER_MAX:
        raise BookNumberOutOfRange(number, BOOK_NUMBER_MAX)


def shares(count: int) -> list[tuple[int, int]]:
    """Return all slots in `count` ranges of about the same size, first and last included."""
    edges = [SLOTS * i // count for i in range(count + 1)]
    return [(a, b - 1) for a, b in pairwise(edges)]


# Payments

_BACKOFF_MAX_S: Final = 3_600
_ATTEMPTS_TO_CANCEL: Final = 8


def check_timeout(timeout_s: int) -> None:
    """Raises: TimeoutOutOfRange."""
    if not 1 <= timeout_s <= TIMEOUT_S_MAX:
        raise TimeoutOutOfRange(timeout_s, TIMEOUT_S_MAX)


def attempts_max(timeout_s: int) -> int:
    """Return how often an order is tried: past its deadline, and some times to cancel it.

    The job table waits 1 s after the first attempt, twice as long after each, an hour at most.
    """
    attempts, waited, pause = 1, 0, 1
    while waited <= timeout_s:
        attempts += 1
        waited += pause
        pause = min(2 * pause, _BACKOFF_MAX_S)
    return attempts + _ATTEMPTS_TO_CANCEL


def check_other_book(own: int, other: int) -> None:
    """Raises: BookNumberOutOfRange, SameBook."""
    check_number(other)
    if own == other:
        raise SameBook(own)


def check_order(own: int, order: Order) -> None:
    """Check that an order is one for this book. Raises: WrongBook, as `check_other_book`."""
    if order.to_book != own:
        raise WrongBook(own, order.to_book)
    check_other_book(own, order.from_book)


def check_same(known: Receipt, order: Order) -> None:
    """Check that an order that came before is the same again. Raises: BookOrderDiffers."""
    expected = (
        known.kind.value,
        known.peer,
        known.payer_id,
        known.payee_id,
        known.amount_minor,
        known.original_id,
        known.peer_seq,
    )
    seen = (
        order.kind.value,
        order.from_book,
        order.payer_id,
        order.payee_id,
        order.amount_minor,
        order.original_id,
        order.held_seq,
    )
    if expected != seen:
        raise BookOrderDiffers(order.id, str(expected), str(seen))


def check_refundable(known: Receipt, amount_minor: int) -> None:
    """Check that so much of a receipt can be sent back. Raises: NotReceived, BookRefundExceeds."""
    if known.kind is not PaymentKind.PAYMENT or known.state is not ReceiptState.RECEIVED:
        raise NotReceived(known.id, known.kind.value, known.state.value)
    if known.refunded_minor + amount_minor > known.amount_minor:
        raise BookRefundExceeds(known.id, known.amount_minor, known.refunded_minor, amount_minor)


def check_refund_of(paid: BookPayment, order: Order) -> None:
    """Check a refund that comes back against what we have paid.

    A payment still held is good enough: who sends it back has received it, and will say so.
    Raises: NotReceived, BookOrderDiffers, BookRefundExceeds.
    """
    lively = (PaymentState.HELD, PaymentState.SETTLED)
    if paid.kind is not PaymentKind.PAYMENT or paid.state not in lively:
        raise NotReceived(paid.id, paid.kind.value, paid.state.value)
    expected = (paid.peer, paid.payee_id, paid.payer_id)
    seen = (order.from_book, order.payer_id, order.payee_id)
    if expected != seen:
        raise BookOrderDiffers(paid.id, str(expected), str(seen))
    if paid.refunded_minor + order.amount_minor > paid.amount_minor:
        raise BookRefundExceeds(paid.id, paid.amount_minor, paid.refunded_minor, order.amount_minor)


def answer(own: int, known: Receipt) -> Answer:
    """Return our word on an order, always the same."""
    return Answer(known.id, BookNumber(own), known.state, known.reason, known.seq)


# Reconciliation

SETTLED: Final = PaymentState.SETTLED
RECEIVED: Final = ReceiptState.RECEIVED


def pair_state(unexplained_minor: int, items: Sequence[Item]) -> PairState:
    """Say how a pair's day ends: an alarm if anything but what is under way is not alike."""
    if unexplained_minor or any(each.kind is not ItemKind.UNDER_WAY for each in items):
        return PairState.ALARM
    return PairState.BALANCED


def is_whole(totals: HouseTotals) -> bool:
    """Say whether no fen is missing between the books: what the clearing accounts lack is all under
    way."""
    return totals.clearing_minor + totals.under_way_minor == 0


def compare_settled(
    payer_book: BookNumber, paid: Sequence[BookPayment], there: Sequence[Receipt], upto: int
) -> list[Item]:
    """Return what is wrong of payments that we have posted: the other book must have each.

    there: the other book's receipts of them; upto: the position there that is compared.
    """
    known = {receipt.id: receipt for receipt in there}
    items = []
    for payment in paid:
        receipt = known.get(payment.id)
        if receipt is None or receipt.state is not ReceiptState.RECEIVED or receipt.seq > upto:
            kind, detail = ItemKind.NOT_RECEIVED, "nothing" if receipt is None else receipt.state
        elif (receipt.amount_minor, receipt.seq) != (payment.amount_minor, payment.peer_seq):
            kind, detail = ItemKind.DIFFERS, f"{receipt.amount_minor} fen at {receipt.seq}"
        else:
            continue
        said = detail if isinstance(detail, str) else detail.value
        items.append(Item(payment.id, kind, payer_book, payment.amount_minor, f"there: {said}"))
    return items


def compare_received(
    payer_book: BookNumber, got: Sequence[Receipt], there: Sequence[BookPayment], upto: int
) -> list[Item]:
    """Return what the paying book has not posted yet, or can't, of payments that we received.

    there: the paying book's payments of them; upto: the position there that is compared.
    """
    known = {payment.id: payment for payment in there}
    items = []
    for receipt in got:
        payment = known.get(receipt.id)
        detail = ""
        if payment is None or payment.held_seq > upto:
            kind, detail = ItemKind.NOT_HELD, "there: nothing"
        elif (payment.amount_minor, payment.held_seq) != (receipt.amount_minor, receipt.peer_seq):
            kind = ItemKind.DIFFERS
            detail = f"there: {payment.amount_minor} fen held at {payment.held_seq}"
        elif payment.state is PaymentState.SETTLED and payment.ended_seq <= upto:
            continue
        elif payment.state in (PaymentState.HELD, PaymentState.SETTLED):
            kind = ItemKind.UNDER_WAY
        else:
            kind, detail = ItemKind.NOT_HELD, f"there: {payment.state.value}"
        items.append(Item(receipt.id, kind, payer_book, receipt.amount_minor, detail))
    return items

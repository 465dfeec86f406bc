"""Types of the books room: the directory of a house of books, and payments between two of them.

Amounts named `..._minor` are fen; `..._seq` is a place in a book's journal; instants are aware UTC
(`..._at`), days are China's civil days (`..._on`).
"""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import Final, NewType
from uuid import UUID

import msgspec

from venule.kit.money import Money
from venule.members import MemberId

BookNumber = NewType("BookNumber", int)
BookPaymentId = NewType("BookPaymentId", UUID)

BOOK_NUMBER_MAX: Final = 9_999
SLOTS: Final = 1 << 16
"""The last 16 bits of a member's id are their slot; the directory gives ranges of slots to books.

The first bits of an id (UUID version 7) are the time it was made: a range over those would send
all new members to one book.
"""

NAME_CHARS_MAX: Final = 64
REQUEST_CHARS_MAX: Final = 64
NOTE_CHARS_MAX: Final = 200
REASON_CHARS_MAX: Final = 200
TIMEOUT_S: Final = 60
"""How long a payment may wait for the other book before that is asked to cancel it."""
TIMEOUT_S_MAX: Final = 7 * 86_400
PAGE_MAX: Final = 1_000


class PaymentKind(Enum):
    """A payment to a merchant, a transfer to any member, or the refund of a payment."""

    PAYMENT = "payment"
    TRANSFER = "transfer"
    REFUND = "refund"


class PaymentState(Enum):
    """The paying book's side.

    held: on hold in the payer's wallet, the other book's word is awaited. settled: it has been
    received there, the hold is posted. returned: refused there, the hold is released. cancelled:
    the time was over and it had not been received, and now never will; the hold is released.
    """

    HELD = "held"
    SETTLED = "settled"
    RETURNED = "returned"
    CANCELLED = "cancelled"


class ReceiptState(Enum):
    """The receiving book's word; it never changes.

    received: in the payee's wallet. rejected: refused, for a reason. cancelled: the paying book
    gave up before it came; should it come now, it is refused.
    """

    RECEIVED = "received"
    REJECTED = "rejected"
    CANCELLED = "cancelled"


class SlotRange(msgspec.Struct, frozen=True):
    """Slots `first` to `last`, both included, belong to a book."""

    first: int
    last: int
    book: BookNumber


class BookEntry(msgspec.Struct, frozen=True):
    """A book of the house. `endpoint`: where its writer listens (`kit.relay`), '' if unknown."""

    number: BookNumber
    name: str
    endpoint: str
    opened_at: datetime


class Directory(msgspec.Struct, frozen=True):
    """Which book a member is in, as of a version. Every change makes a new version.

    ranges: in order of their slots. institutions: whose new members go into which book.
    """

    version: int
    books: tuple[BookEntry, ...]
    ranges: tuple[SlotRange, ...]
    institutions: dict[str, BookNumber]


class AddBook(msgspec.Struct, frozen=True):
    """Take a book into the directory, with slots of its own, first and last included.

    institutions: whose members it is for, if for those of some institutions.
    """

    name: str
    first_slot: int
    last_slot: int
    institutions: tuple[str, ...] = ()


class MoveRange(msgspec.Struct, frozen=True):
    """Give slots to another book; not possible yet."""

    first_slot: int
    last_slot: int
    book: BookNumber


class SetEndpoint(msgspec.Struct, frozen=True):
    """Say where a book's writer listens."""

    book: BookNumber
    endpoint: str


class SendMoney(msgspec.Struct, frozen=True):
    """Pay or send money to a member of another book, which the directory names."""

    payer_id: MemberId
    payee_id: MemberId
    to_book: BookNumber
    amount: Money
    kind: PaymentKind = PaymentKind.PAYMENT
    note: str = ""
    timeout_s: int = TIMEOUT_S


class SendBack(msgspec.Struct, frozen=True):
    """Refund a part of a payment that came from another book. `request_id`: the merchant's own."""

    payment_id: BookPaymentId
    request_id: str
    amount: Money
    timeout_s: int = TIMEOUT_S


class Order(msgspec.Struct, frozen=True, gc=False):
    """What one book tells another of a payment.

    held_seq: the hold in the paying book's journal. original_id: the payment that a refund is of.
    """

    id: BookPaymentId
    kind: PaymentKind
    from_book: BookNumber
    to_book: BookNumber
    payer_id: MemberId
    payee_id: MemberId
    amount_minor: int
    original_id: BookPaymentId | None
    held_seq: int
    note: str


class Sent(msgspec.Struct, frozen=True, gc=False):
    """An order on its way, and from when on the other book is asked to cancel it instead."""

    order: Order
    deadline_at: datetime


class Answer(msgspec.Struct, frozen=True, gc=False):
    """The receiving book's word on an order. `seq`: where its journal stood, its posting included.

    reason: the slug of the error for which it was rejected.
    """

    id: BookPaymentId
    book: BookNumber
    state: ReceiptState
    reason: str
    seq: int


class BookPayment(msgspec.Struct, frozen=True, gc=False):
    """A payment to another book, in the paying book.

    refunded_minor: has come back by refunds. ended_seq: the posting or release of the hold, 0
    before. peer_seq: where the other book's journal stood when it gave its word, 0 before.
    request_id: of a refund, the merchant's own.
    """

    id: BookPaymentId
    kind: PaymentKind
    peer: BookNumber
    payer_id: MemberId
    payee_id: MemberId
    payer_account: int
    amount_minor: int
    refunded_minor: int
    original_id: BookPaymentId | None
    request_id: str
    note: str
    state: PaymentState
    reason: str
    held_seq: int
    ended_seq: int
    peer_seq: int
    made_at: datetime
    deadline_at: datetime
    ended_at: datetime | None


class Receipt(msgspec.Struct, frozen=True, gc=False):
    """A payment from another book, in the receiving book.

    payee_account: 0 unless received. refunded_minor: on its way back, or back. seq: where the
    journal stood, the posting included. peer_seq: the hold in the paying book.
    """

    id: BookPaymentId
    kind: PaymentKind
    peer: BookNumber
    payer_id: MemberId
    payee_id: MemberId
    payee_account: int
    amount_minor: int
    refunded_minor: int
    original_id: BookPaymentId | None
    note: str
    state: ReceiptState
    reason: str
    seq: int
    peer_seq: int
    made_at: datetime


class Listing(msgspec.Struct, frozen=True):
    """Ask for payments to other books, the newest first; those under way only, if wished."""

    state: PaymentState | None = None
    limit: int = 50


# The consistent cut over all books


class Stand(msgspec.Struct, frozen=True):
    """How far a book's journal has come, and what that rests on.

    needs: how far the journals of other books must have come at least, by number.
    """

    book: BookNumber
    seq: int
    needs: dict[int, int]


class CodeTotal(msgspec.Struct, frozen=True):
    """All accounts of one unit and code: credits less debits posted."""

    unit: int
    code: int
    balance_minor: int


class BookTotals(msgspec.Struct, frozen=True):
    """A book's sums at a position of its journal."""

    book: BookNumber
    seq: int
    totals: list[CodeTotal]


class Cut(msgspec.Struct, frozen=True):
    """A position a book, such that no book knows of what another has not done yet."""

    positions: dict[int, int]


class HouseTotals(msgspec.Struct, frozen=True):
    """Sums over all books at a cut.

    under_way_minor: received in one book and not yet posted in the other, so counted in both.
    client_minor: what is owed to clients, once.
    """

    positions: dict[int, int]
    totals: list[CodeTotal]
    clearing_minor: int
    under_way_minor: int
    client_minor: int


# Reconciliation of the clearing accounts


class ItemKind(Enum):
    """What a reconciliation finds beside what agrees.

    under_way: received there, not yet posted here: explained. not_received: posted in the paying
    book, and the other has not received it. not_held: received, and the paying book knows nothing
    that could be posted. differs: both know it, and of another amount or place.
    """

    UNDER_WAY = "under_way"
    NOT_RECEIVED = "not_received"
    NOT_HELD = "not_held"
    DIFFERS = "differs"


class Item(msgspec.Struct, frozen=True):
    """One payment that is not the same on both sides. `payer_book`: who pays."""

    id: BookPaymentId
    kind: ItemKind
    payer_book: BookNumber
    amount_minor: int
    detail: str = ""


class PairState(Enum):
    """balanced: every difference is under way. alarm: not. explained: an operator has said why."""

    BALANCED = "balanced"
    ALARM = "alarm"
    EXPLAINED = "explained"


class PairDay(msgspec.Struct, frozen=True):
    """A pair of books reconciled for a day, `book` being the lower number.

    seq, peer_seq: the positions compared; balance_minor, peer_balance_minor: each side's clearing
    account with the other. unexplained_minor: the two balances' sum and what is under way.
    matched: payments found alike on both sides.
    """

    book: BookNumber
    peer: BookNumber
    day_on: date
    seq: int
    peer_seq: int
    balance_minor: int
    peer_balance_minor: int
    under_way_minor: int
    unexplained_minor: int
    matched: int
    items: list[Item]
    state: PairState
    note: str = ""


class ExplainDay(msgspec.Struct, frozen=True):
    """An operator's word on an alarm of a pair and day."""

    peer: BookNumber
    day_on: date
    note: str


# What is asked of a book for a cut, and for a reconciliation


class StandQuery(msgspec.Struct, frozen=True):
    """Ask where a journal stands and what it rests on since `after`.

    upto: at this position; None: now, or just before the instant `before_at`.
    """

    after: int = 0
    upto: int | None = None
    before_at: datetime | None = None


class At(msgspec.Struct, frozen=True):
    """A position in a journal; `peer`: what is asked is of the payments with this book."""

    seq: int
    peer: int = 0


class Open(msgspec.Struct, frozen=True):
    """A payment to another book that was held at a position, and not returned since."""

    id: BookPaymentId
    amount_minor: int


class Known(msgspec.Struct, frozen=True):
    """Ask for payments by their ids, as far as they had come at a position."""

    ids: list[BookPaymentId]
    seq: int


class Span(msgspec.Struct, frozen=True):
    """Ask for a page of payments with a book, after one position up to another."""

    peer: int
    after: int
    upto: int
    limit: int = PAGE_MAX


class KeepCut(msgspec.Struct, frozen=True):
    """The positions at which a day is reconciled."""

    day_on: date
    positions: dict[int, int]


class PairQuery(msgspec.Struct, frozen=True):
    """Ask for a pair's reconciliation: of a day, or (`before_on`) the last one before a day."""

    peer: int
    day_on: date | None = None
    before_on: date | None = None

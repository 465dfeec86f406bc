"""What can go wrong between books.

AppError
|-- BadInput
|   `-- BookNumberOutOfRange, SlotsOutOfRange, TimeoutOutOfRange, PlaceMalformed
|-- NotFound
|   `-- BookUnknown, SlotUnassigned, InstitutionUnknown, BookPaymentUnknown, PairDayUnknown
|-- Conflict
|   `-- SlotsTaken, BookNameTaken, InstitutionTaken, BookOrderDiffers, BookRefundRequestReused,
|       PairDayChanged, HouseOfBooksExists
|-- Refused
|   `-- SameBook, WrongBook, RangeNotMovable, NotReceived, BookRefundExceeds,
|       BookPaymentTransitionIllegal, DayNotOver, PairDayOutOfOrder
`-- Unavailable
    `-- BookUnreachable, CutNotReached
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from venule.kit.errors import BadInput, Conflict, NotFound, Refused, Unavailable, shorten


@dataclass(eq=False)
class BookNumberOutOfRange(BadInput):
    """A number that no book can have."""

    number: int
    number_max: int
    slug = "book-number-out-of-range"

    @property
    def message(self) -> str:
        return f"expected a book's number from 1 to {self.number_max}, seen {self.number}"


@dataclass(eq=False)
class SlotsOutOfRange(BadInput):
    """No range of slots."""

    first: int
    last: int
    slots: int
    slug = "slots-out-of-range"

    @property
    def message(self) -> str:
        return (
            f"expected a first slot up to a last one within 0 to {self.slots - 1}, "
            f"seen {self.first} to {self.last}"
        )


@dataclass(eq=False)
class TimeoutOutOfRange(BadInput):
    """A payment between books waits for the other book for a bounded time."""

    timeout_s: int
    timeout_s_max: int
    slug = "timeout-out-of-range"

    @property
    def message(self) -> str:
        return f"expected a time-out of 1 to {self.timeout_s_max} s, seen {self.timeout_s}"


@dataclass(eq=False)
class PlaceMalformed(BadInput):
    """Text that is no root of a house of books."""

    seen: str
    slug = "place-malformed"

    @property
    def message(self) -> str:
        return f"expected a directory or a postgresql:// address, seen {shorten(self.seen)}"


@dataclass(eq=False)
class BookUnknown(NotFound):
    """The directory has no book of this number."""

    number: int
    slug = "book-unknown"

    @property
    def message(self) -> str:
        return f"expected the number of a book in the directory, seen {self.number}"


@dataclass(eq=False)
class SlotUnassigned(NotFound):
    """No book of the house holds members with this slot."""

    member_id: UUID
    slot: int
    version: int
    slug = "slot-unassigned"

    @property
    def message(self) -> str:
        return (
            f"expected a member of a book in the directory (version {self.version}), "
            f"seen {self.member_id} with slot {self.slot}"
        )


@dataclass(eq=False)
class InstitutionUnknown(NotFound):
    """No book of the house is for this institution's members."""

    institution: str
    slug = "institution-unknown"

    @property
    def message(self) -> str:
        return f"expected an institution with a book, seen {shorten(self.institution)}"


@dataclass(eq=False)
class BookPaymentUnknown(NotFound):
    """This book knows no payment to or from another one with this id."""

    payment_id: UUID
    slug = "book-payment-unknown"

    @property
    def message(self) -> str:
        return f"expected the id of a payment between books, seen {self.payment_id}"


@dataclass(eq=False)
class PairDayUnknown(NotFound):
    """A pair of books was not reconciled for this day."""

    peer: int
    on: date
    slug = "pair-day-unknown"

    @property
    def message(self) -> str:
        return f"expected a day reconciled with book {self.peer}, seen {self.on}"


@dataclass(eq=False)
class SlotsTaken(Conflict):
    """A slot belongs to one book."""

    first: int
    last: int
    book: int
    slug = "slots-taken"

    @property
    def message(self) -> str:
        return f"expected free slots, seen {self.first} to {self.last} with book {self.book}"


@dataclass(eq=False)
class BookNameTaken(Conflict):
    """Another book of the house has this name."""

    name: str
    book: int
    slug = "book-name-taken"

    @property
    def message(self) -> str:
        return f"expected a new name, seen {shorten(self.name)}, which book {self.book} has"


@dataclass(eq=False)
class InstitutionTaken(Conflict):
    """An institution's new members go into one book."""

    institution: str
    book: int
    slug = "institution-taken"

    @property
    def message(self) -> str:
        return (
            f"expected an institution without a book, seen {shorten(self.institution)}, "
            f"whose members are in book {self.book}"
        )


@dataclass(eq=False)
class BookOrderDiffers(Conflict):
    """A payment came twice from another book, and not the same."""

    payment_id: UUID
    expected: str
    seen: str
    slug = "book-order-differs"

    @property
    def message(self) -> str:
        return f"payment {self.payment_id}: expected {self.expected} as before, seen {self.seen}"


@dataclass(eq=False)
class BookRefundRequestReused(Conflict):
    """A refund was made under this request id, of another amount."""

    payment_id: UUID
    request_id: str
    first_minor: int
    amount_minor: int
    slug = "book-refund-request-reused"

    @property
    def message(self) -> str:
        return (
            f"refund request {shorten(self.request_id)} of payment {self.payment_id}: expected "
            f"{self.first_minor} fen as the first time, seen {self.amount_minor}"
        )


@dataclass(eq=False)
class PairDayChanged(Conflict):
    """A day is reconciled already, with another outcome."""

    peer: int
    on: date
    slug = "pair-day-changed"

    @property
    def message(self) -> str:
        return f"expected the first reconciliation of {self.on} with book {self.peer}, seen another"


@dataclass(eq=False)
class HouseOfBooksExists(Conflict):
    """There is something where a new house of books was to be made."""

    place: str
    slug = "house-of-books-exists"

    @property
    def message(self) -> str:
        return f"expected nothing at {shorten(self.place)}, seen something"


@dataclass(eq=False)
class SameBook(Refused):
    """Within a book one pays directly."""

    book: int
    slug = "same-book"

    @property
    def message(self) -> str:
        return f"expected another book than {self.book}, the payer's own"


@dataclass(eq=False)
class WrongBook(Refused):
    """An order has come to a book that it is not for."""

    book: int
    seen: int
    slug = "wrong-book"

    @property
    def message(self) -> str:
        return f"expected an order to book {self.book}, seen one to {self.seen}"


@dataclass(eq=False)
class RangeNotMovable(Refused):
    """Slots that have a book stay with it: members don't move between books yet."""

    first: int
    last: int
    book: int
    slug = "range-not-movable"

    @property
    def message(self) -> str:
        return (
            f"expected slots without a book, seen {self.first} to {self.last} with book "
            f"{self.book}: members are not moved between books"
        )


@dataclass(eq=False)
class NotReceived(Refused):
    """Only a payment to a merchant that was received can be refunded."""

    payment_id: UUID
    kind: str
    state: str
    slug = "not-received"

    @property
    def message(self) -> str:
        return f"expected a payment received, seen {self.payment_id}, a {self.kind} {self.state}"


@dataclass(eq=False)
class BookRefundExceeds(Refused):
    """Never more goes back than has come."""

    payment_id: UUID
    paid_minor: int
    refunded_minor: int
    asked_minor: int
    slug = "book-refund-exceeds"

    @property
    def message(self) -> str:
        left = self.paid_minor - self.refunded_minor
        return (
            f"payment {self.payment_id}: expected at most {left} fen, which is left of "
            f"{self.paid_minor}, seen {self.asked_minor}"
        )


@dataclass(eq=False)
class BookPaymentTransitionIllegal(Refused):
    """The other book says something else than before: somebody must look."""

    state: str
    event: str
    slug = "book-payment-transition-illegal"

    @property
    def message(self) -> str:
        return f"payment between books: {self.state!r} cannot take the word {self.event!r}"


@dataclass(eq=False)
class DayNotOver(Refused):
    """A day is reconciled when it is over."""

    on: date
    today: date
    slug = "day-not-over"

    @property
    def message(self) -> str:
        return f"expected a day before {self.today}, seen {self.on}"


@dataclass(eq=False)
class PairDayOutOfOrder(Refused):
    """Days are reconciled in their order: what is under way is carried from one to the next."""

    peer: int
    last_on: date
    on: date
    slug = "pair-day-out-of-order"

    @property
    def message(self) -> str:
        return f"book {self.peer}: expected a day after {self.last_on}, seen {self.on}"


@dataclass(eq=False)
class BookUnreachable(Unavailable):
    """Another book gave no answer: whether it took the order is not known. It is asked again."""

    book: int
    seen: str
    slug = "book-unreachable"

    @property
    def message(self) -> str:
        return f"expected the answer of book {self.book}, seen {self.seen}"


@dataclass(eq=False)
class CutNotReached(Unavailable):
    """A book's journal has not come as far as another book says that it has."""

    book: int
    seq: int
    needed: int
    slug = "cut-not-reached"

    @property
    def message(self) -> str:
        return (
            f"book {self.book}: expected a journal up to {self.needed}, seen one up to {self.seq}"
        )

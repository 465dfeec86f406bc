"""The bank rail: the port through which orders go to a bank and its word comes back.

What a rail promises, and what it does not:
- an order is named by its key (the id of the job that sends it): the same key again is the same
  order and gets the same answer, however often it is sent;
- its answer says only whether the order was taken. What became of it is told by messages, and
  messages may come late, twice, and in another order than things happened;
- no answer (`RailUnavailable`) means that nobody knows: ask again with the same key;
- at the end of a day there is a statement of every account, and the statement is right.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from enum import Enum
from typing import Protocol
from uuid import UUID

import msgspec


class RailOrder(msgspec.Struct, frozen=True):
    """Fetch money from, or send it to, a member's bank account.

    our_ref: the top-up or withdrawal, as it is to stand on the statement. reserve: our account.
    bank, number: theirs. amount_minor: fen.
    """

    our_ref: UUID
    reserve: str
    bank: str
    number: str
    amount_minor: int


class RailAnswer(msgspec.Struct, frozen=True):
    """Whether the bank has taken an order; if not, why."""

    accepted: bool
    reason: str = ""


class MessageKind(Enum):
    """What a message tells. A booked debit is a top-up's money, come into our account."""

    DEBIT_BOOKED = "debit_booked"
    DEBIT_REJECTED = "debit_rejected"
    PAYOUT_BOOKED = "payout_booked"
    PAYOUT_REJECTED = "payout_rejected"
    PAYOUT_RETURNED = "payout_returned"


class BankMessage(msgspec.Struct, frozen=True, gc=False):
    """The bank's word on one order.

    our_ref: the order's, in hexadecimal; it is the bank's text and may be anything. bank_ref,
    booked_on: the booking's reference and day, for kinds that book. amount_minor: fen above 0.
    """

    kind: MessageKind
    reserve: str
    our_ref: str
    amount_minor: int
    bank_ref: str = ""
    booked_on: date | None = None
    reason: str = ""


class BankStatementLine(msgspec.Struct, frozen=True, gc=False):
    """A booking on our account: + in, - out, fen. `our_ref` may be empty or anything."""

    bank_ref: str
    our_ref: str
    amount_minor: int


class BankStatement(msgspec.Struct, frozen=True):
    """Everything booked on one of our accounts on one day (China's civil time)."""

    reserve: str
    on: date
    opening_minor: int
    closing_minor: int
    lines: list[BankStatementLine]


class BankRail(Protocol):
    """A way to a bank. Implementations must not raise anything but `AppError`s."""

    name: str

    def request_debit(self, key: UUID, order: RailOrder) -> RailAnswer:
        """Ask for money from a member's bank account. Raises: RailUnavailable."""
        ...

    def send_payout(self, key: UUID, order: RailOrder) -> RailAnswer:
        """Send money to a member's bank account. Raises: RailUnavailable."""
        ...

    def messages(self, after: int, limit: int) -> Sequence[BankMessage]:
        """Return the messages after the first `after` ones, in the order in which they came."""
        ...

    def statement(self, reserve: str, on: date) -> BankStatement:
        """Return the statement of a day that is over. Raises: BankStatementNotReady."""
        ...

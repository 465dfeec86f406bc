# Made from the description of the API by `make pages`; do not edit.
"""Structs of the group `bank`."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from venule.client.models.common import Amount, Paid
from venule.client.shapes import Struct, Word


class CaseKind(Word):
    """Why a bank's word needs a person.

    unmatched_credit, unmatched_debit: nobody knows the line. amount_differs: not the amount
    of the order. late_money: money for an order that was over. booked_twice: a second
    booking of one order. difference: the bank's amount is not the one we had booked.
    contradiction, malformed: no money in it.
    """

    AMOUNT_DIFFERS = "amount_differs"
    BOOKED_TWICE = "booked_twice"
    CONTRADICTION = "contradiction"
    DIFFERENCE = "difference"
    LATE_MONEY = "late_money"
    MALFORMED = "malformed"
    UNMATCHED_CREDIT = "unmatched_credit"
    UNMATCHED_DEBIT = "unmatched_debit"


class ItemKind(Word):
    """What an item of a reconciliation is.

    In transit, explained: bank_first (booked by the bank that day, by us after the cut),
    books_first (the bank's day of booking is a later one). Under way, in both books alike
    and so without effect on the gap: payout_sent, top_up_told. Breaks: unmatched (nobody
    explains the line; a case), difference (the bank's amount is another; a case),
    missing_at_bank (told as booked, not on the statement), opening (not the closing balance
    before), unrecorded (posted on the reserve account without an entry for the bank).
    """

    BANK_FIRST = "bank_first"
    BOOKS_FIRST = "books_first"
    DIFFERENCE = "difference"
    MISSING_AT_BANK = "missing_at_bank"
    OPENING = "opening"
    PAYOUT_SENT = "payout_sent"
    TOP_UP_TOLD = "top_up_told"
    UNMATCHED = "unmatched"
    UNRECORDED = "unrecorded"


class MessageKind(Word):
    """What a message tells. A booked debit is a top-up's money, come into our account."""

    DEBIT_BOOKED = "debit_booked"
    DEBIT_REJECTED = "debit_rejected"
    PAYOUT_BOOKED = "payout_booked"
    PAYOUT_REJECTED = "payout_rejected"
    PAYOUT_RETURNED = "payout_returned"


class WalletCaseState(Word):
    """credited: given to a member; offset: two cases undo each other; covered: by own money."""

    COVERED = "covered"
    CREDITED = "credited"
    DISMISSED = "dismissed"
    OFFSET = "offset"
    OPEN = "open"


class Balance(Struct, frozen=True, kw_only=True):
    """An exact sum in yuan, with at most two decimals; below zero: owed to the bank."""

    amount: str
    currency: str


class Booked(Struct, frozen=True, kw_only=True):
    """An exact sum in yuan that is not 0, with at most two decimals: above zero came in."""

    amount: str
    currency: str


class BookedBody(Struct, frozen=True, kw_only=True):
    """What the bank booked on one day on one reserve account, all or none."""

    lines: list[BookedLineBody]
    booked_on: dt.date
    reserve: str = "reserve"


class BookedLineBody(Struct, frozen=True, kw_only=True):
    """Money that the bank has moved at once, for a member or to them."""

    member_id: UUID
    amount: Paid
    bank_ref: str


class CasesPage(Struct, frozen=True, kw_only=True):
    """A page of open cases, the oldest first."""

    items: list[WalletCaseView]
    next_cursor: str | None


class ConfirmLineBody(Struct, frozen=True, kw_only=True):
    """The bank's confirmation of one top-up."""

    top_up_id: UUID
    bank_ref: str
    amount: Paid
    booked_on: dt.date


class DismissBody(Struct, frozen=True, kw_only=True):
    """Why nothing is to be done about a case."""

    reason: str


class HouseBalanceView(Struct, frozen=True, kw_only=True):
    """An account of the house, and what stands on it as its side has it."""

    name: str
    code: int
    account: int
    balance: Amount


class HouseView(Struct, frozen=True, kw_only=True):
    """The accounts of the house, by code."""

    items: list[HouseBalanceView]


class ItemView(Struct, frozen=True, kw_only=True):
    """One reason for a difference. amount: what it adds to the gap; of those under way,
    theirs.
    """

    kind: ItemKind
    amount: Amount
    bank_ref: str
    ref: str


class MessageBody(Struct, frozen=True, kw_only=True):
    """The bank's word on one order. our_ref: the order's id in hexadecimal, as the bank has
    it.

    bank_ref, booked_on: of the booking, for kinds that book.
    """

    kind: MessageKind
    reserve: str
    our_ref: str
    amount: Balance
    bank_ref: str = ""
    booked_on: dt.date | None = None
    reason: str = ""


class MessagesBody(Struct, frozen=True, kw_only=True):
    """Messages of a rail, those after the first `after` ones, in the order in which they came."""

    rail: str
    after: int
    messages: list[MessageBody]


class OffsetBody(Struct, frozen=True, kw_only=True):
    """The case that undoes this one."""

    other_id: UUID


class ReconciledDayView(Struct, frozen=True, kw_only=True):
    """A day that is reconciled; breaks: how many."""

    reserve: str
    on: dt.date
    closing: Amount
    breaks: int


class ReconciliationView(Struct, frozen=True, kw_only=True):
    """A day's result. bank: the statement's closing balance; books: ours at midnight.

    gap = bank - books = the sum of in_transit and breaks; unexplained: the part that is
    breaks.
    """

    reserve: str
    on: dt.date
    bank: Amount
    books: Amount
    gap: Amount
    unexplained: Amount
    matched: int
    matched_total: Amount
    in_transit: list[ItemView]
    under_way: list[ItemView]
    breaks: list[ItemView]


class ReconciliationsPage(Struct, frozen=True, kw_only=True):
    """A page of days, the last first."""

    items: list[ReconciledDayView]
    next_cursor: str | None


class StatementBody(Struct, frozen=True, kw_only=True):
    """Everything that the bank booked on one of our accounts on one day (China's civil time)."""

    reserve: str
    on: dt.date
    opening: Balance
    closing: Balance
    lines: list[StatementLineBody]


class StatementLineBody(Struct, frozen=True, kw_only=True):
    """A booking on our account: above zero came in. our_ref may be empty, or anything."""

    bank_ref: str
    amount: Booked
    our_ref: str = ""


class TakenView(Struct, frozen=True, kw_only=True):
    """What became of messages: orders that went on, words said before, cases opened."""

    applied: int
    repeated: int
    cases: int


class WalletCaseView(Struct, frozen=True, kw_only=True):
    """Something the bank says that nobody has explained yet.

    amount: what lies in suspense for it: above 0 came in, below went out, 0 no money moved.
    """

    id: UUID
    kind: CaseKind
    reserve: str
    subject: UUID | None
    amount: Amount
    detail: str
    state: WalletCaseState
    opened_at: dt.datetime
    ended_at: dt.datetime | None


class WalletConfirmBody(Struct, frozen=True, kw_only=True):
    """Confirmations for one reserve account."""

    lines: list[ConfirmLineBody]
    reserve: str = "reserve"

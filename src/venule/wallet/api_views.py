"""How the wallet's things look to those who ask over HTTP."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec

from venule.kit.http import Amount, Cursor, Shape, fen, give_cursor, line_pattern, take_cursor
from venule.members import BankAccountId, LimitRule, MemberId
from venule.wallet.looking import Allowances, WalletBalance
from venule.wallet.model import (
    NOTE_CHARS_MAX,
    Batch,
    Case,
    CaseId,
    CaseKind,
    CaseState,
    Payment,
    PaymentId,
    PaymentKind,
    PaymentState,
    Payout,
    PayoutId,
    PayoutState,
    Refund,
    RefundId,
    TopUp,
    TopUpId,
    TopUpState,
    WalletStatement,
)

PAGE_MAX: Final = 200

Note = Annotated[
    str,
    msgspec.Meta(
        pattern=line_pattern(NOTE_CHARS_MAX, empty=True),
        description="A line that both sides see.",
        examples=["two coffees"],
    ),
]
Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Limit = Annotated[int, msgspec.Meta(ge=1, le=PAGE_MAX, description="Most items of the page.")]
Place = Annotated[int, msgspec.Meta(ge=1, lt=2**62)]
"""A line of the journal, as cursors carry it."""


class MemberPath(msgspec.Struct, frozen=True):
    """Which member."""

    member_id: MemberId


class PageQuery(Shape, frozen=True):
    """Which page."""

    limit: Limit = 50
    cursor: Cursor | None = None


class SpanQuery(Shape, frozen=True):
    """Which page, of which span; newest first. The end is excluded."""

    limit: Limit = 50
    cursor: Cursor | None = None
    since: Instant | None = None
    until: Instant | None = None


class BalanceView(msgspec.Struct, frozen=True):
    """A wallet as it stands: balance = available + held."""

    member_id: MemberId
    balance: Amount
    available: Amount
    held: Amount


class AllowanceView(msgspec.Struct, frozen=True):
    """A limit of the member's tier. left: what may still be used; of a single movement, all."""

    rule: LimitRule
    limit: Amount
    used: Amount
    left: Amount


class AllowancesView(msgspec.Struct, frozen=True):
    """What has been used on that day, in its year and in all, and the limits in force on it.

    counted: whether use is counted at all; it is for persons, while any limit is in force.
    """

    on: date
    counted: bool
    used_day: Amount
    used_year: Amount
    used_in_all: Amount
    limits: list[AllowanceView]


class LineView(msgspec.Struct, frozen=True):
    """A line of a statement.

    amount: what it did to the balance; 0 where only a hold began or ended. balance, held: after
    it. ref: of the payment, refund, top-up, withdrawal or other order.
    """

    seq: int
    at: datetime
    kind: str
    amount: Amount
    balance: Amount
    held: Amount
    ref: UUID


class StatementPage(msgspec.Struct, frozen=True):
    """A page of a statement, newest first."""

    items: list[LineView]
    next_cursor: str | None


class PaymentView(msgspec.Struct, frozen=True):
    """Money from one member to another. fee: what the payee paid for it; the payer is not told."""

    id: PaymentId
    kind: PaymentKind
    payer_id: MemberId
    payee_id: MemberId
    amount: Amount
    fee: Amount | None
    refunded: Amount
    state: PaymentState
    made_at: datetime
    note: str


class PaymentsPage(msgspec.Struct, frozen=True):
    """A page of payments, newest first; it may be short, even empty, and have a next one."""

    items: list[PaymentView]
    next_cursor: str | None


class RefundView(msgspec.Struct, frozen=True):
    """A part of a payment that went back. refunded: of the payment in all, after it."""

    id: RefundId
    payment_id: PaymentId
    request_id: str
    amount: Amount
    refunded: Amount
    made_at: datetime


class RefundsPage(msgspec.Struct, frozen=True):
    """A page of refunds, the oldest first."""

    items: list[RefundView]
    next_cursor: str | None


class TopUpView(msgspec.Struct, frozen=True):
    """Money on its way into a wallet. bank_account_id: null of one that the bank booked at once."""

    id: TopUpId
    member_id: MemberId
    bank_account_id: BankAccountId | None
    amount: Amount
    state: TopUpState
    reason: str
    requested_at: datetime
    ended_at: datetime | None


class TopUpsPage(msgspec.Struct, frozen=True):
    """A page of top-ups: first those under way, then those that came, newest first."""

    items: list[TopUpView]
    next_cursor: str | None


class WithdrawalView(msgspec.Struct, frozen=True):
    """Money on its way out of a wallet. bank_account_id: null of one that the bank paid at once."""

    id: PayoutId
    member_id: MemberId
    bank_account_id: BankAccountId | None
    amount: Amount
    state: PayoutState
    reason: str
    requested_at: datetime
    sent_at: datetime | None
    ended_at: datetime | None


class WithdrawalsPage(msgspec.Struct, frozen=True):
    """A page of withdrawals, newest first; it may be short, even empty, and have a next one."""

    items: list[WithdrawalView]
    next_cursor: str | None


class BatchView(msgspec.Struct, frozen=True):
    """What a batch did."""

    count: int
    total: Amount


class CaseView(msgspec.Struct, frozen=True):
    """Something the bank says that nobody has explained yet.

    amount: what lies in suspense for it: above 0 came in, below went out, 0 no money moved.
    """

    id: CaseId
    kind: CaseKind
    reserve: str
    subject: UUID | None
    amount: Amount
    detail: str
    state: CaseState
    opened_at: datetime
    ended_at: datetime | None


def give_place(place: int | None) -> str | None:
    """Return the cursor of the next page."""
    return None if place is None else give_cursor(place)


def take_place(cursor: str | None) -> int | None:
    """Return below which line a page begins. Raises: CursorUnknown."""
    if cursor is None:
        return None
    place: int = take_cursor(cursor, Place)
    return place


def balance_view(found: WalletBalance) -> BalanceView:
    """Show a balance."""
    return BalanceView(
        found.member_id,
        fen(found.balance_minor),
        fen(found.available_minor),
        fen(found.held_minor),
    )


def allowances_view(found: Allowances) -> AllowancesView:
    """Show limits and their use."""
    limits = [
        AllowanceView(
            each.rule,
            fen(each.limit_minor),
            fen(each.used_minor),
            fen(max(0, each.limit_minor - each.used_minor)),
        )
        for each in found.limits
    ]
    return AllowancesView(
        found.on,
        found.counted,
        fen(found.day_minor),
        fen(found.year_minor),
        fen(found.life_minor),
        limits,
    )


def statement_page(found: WalletStatement) -> StatementPage:
    """Show a page of a statement."""
    lines = [
        LineView(
            line.seq,
            line.at,
            line.kind,
            fen(line.amount_minor),
            fen(line.balance_minor),
            fen(line.held_minor),
            line.ref,
        )
        for line in found.lines
    ]
    return StatementPage(lines, give_place(found.next_before_seq))


def payment_view(made: Payment, viewer: UUID | None) -> PaymentView:
    """Show a payment. viewer: a member; None: the house."""
    return PaymentView(
        made.id,
        made.kind,
        made.payer_id,
        made.payee_id,
        fen(made.amount_minor),
        None if viewer == made.payer_id else fen(made.fee_minor),
        fen(made.refunded_minor),
        made.state,
        made.made_at,
        made.note,
    )


def refund_view(made: Refund) -> RefundView:
    """Show a refund."""
    return RefundView(
        made.id,
        made.payment_id,
        made.request_id,
        fen(made.amount_minor),
        fen(made.refunded_minor),
        made.made_at,
    )


def top_up_view(found: TopUp) -> TopUpView:
    """Show a top-up."""
    return TopUpView(
        found.id,
        found.member_id,
        found.bank_account_id,
        fen(found.amount_minor),
        found.state,
        found.reason,
        found.requested_at,
        found.ended_at,
    )


def withdrawal_view(found: Payout) -> WithdrawalView:
    """Show a withdrawal."""
    return WithdrawalView(
        found.id,
        found.member_id,
        found.bank_account_id,
        fen(found.amount_minor),
        found.state,
        found.reason,
        found.requested_at,
        found.sent_at,
        found.ended_at,
    )


def batch_view(done: Batch) -> BatchView:
    """Show what a batch did."""
    return BatchView(done.count, fen(done.total_minor))


def case_view(found: Case) -> CaseView:
    """Show a case."""
    return CaseView(
        found.id,
        found.kind,
        found.reserve,
        found.subject,
        fen(found.amount_minor),
        found.detail,
        found.state,
        found.opened_at,
        found.ended_at,
    )


# Examples of the description

CNY: Final = {"amount": "12.34", "currency": "CNY"}
ZERO: Final = {"amount": "0.00", "currency": "CNY"}
_AT: Final = "2014-03-10T01:00:00Z"
_ID: Final = "019b2f4e-7c00-7000-8000-00000000000"
MEMBER_EXAMPLE: Final = _ID + "1"
MERCHANT_EXAMPLE: Final = _ID + "2"
BANK_ACCOUNT_EXAMPLE: Final = _ID + "4"
CASE_EXAMPLE: Final = {
    "id": _ID + "7",
    "kind": "unmatched_credit",
    "reserve": "reserve",
    "subject": None,
    "amount": CNY,
    "detail": "no such order",
    "state": "open",
    "opened_at": _AT,
    "ended_at": None,
}
PAYMENT_EXAMPLE: Final = {
    "id": _ID + "3",
    "kind": "payment",
    "payer_id": MEMBER_EXAMPLE,
    "payee_id": MERCHANT_EXAMPLE,
    "amount": CNY,
    "fee": None,
    "refunded": ZERO,
    "state": "paid",
    "made_at": _AT,
    "note": "two coffees",
}
REFUND_EXAMPLE: Final = {
    "id": _ID + "5",
    "payment_id": _ID + "3",
    "request_id": "return-7",
    "amount": CNY,
    "refunded": CNY,
    "made_at": _AT,
}
TOP_UP_EXAMPLE: Final = {
    "id": _ID + "6",
    "member_id": MEMBER_EXAMPLE,
    "bank_account_id": BANK_ACCOUNT_EXAMPLE,
    "amount": CNY,
    "state": "requested",
    "reason": "",
    "requested_at": _AT,
    "ended_at": None,
}
WITHDRAWAL_EXAMPLE: Final = TOP_UP_EXAMPLE | {"state": "reserved", "sent_at": None}
BALANCE_EXAMPLE: Final = {
    "member_id": MEMBER_EXAMPLE,
    "balance": CNY,
    "available": CNY,
    "held": ZERO,
}
LINE_EXAMPLE: Final = {
    "seq": 42,
    "at": _AT,
    "kind": "payment",
    "amount": {"amount": "-12.34", "currency": "CNY"},
    "balance": CNY,
    "held": ZERO,
    "ref": _ID + "3",
}
ALLOWANCES_EXAMPLE: Final = {
    "on": "2017-03-10",
    "counted": True,
    "used_day": CNY,
    "used_year": CNY,
    "used_in_all": CNY,
    "limits": [
        {
            "rule": "balance_out_year",
            "limit": {"amount": "200000.00", "currency": "CNY"},
            "used": CNY,
            "left": {"amount": "199987.66", "currency": "CNY"},
        }
    ],
}

# Made from the description of the API by `make pages`; do not edit.
"""Structs of the group `wallet`."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from venule.client.models.common import Amount, MembersLimitRule, Paid
from venule.client.shapes import Struct, Word


class PaymentKind(Word):
    """A payment to a merchant can be refunded; a transfer between members cannot."""

    PAYMENT = "payment"
    TRANSFER = "transfer"


class PaymentState(Word):
    """How much of a payment has gone back."""

    PAID = "paid"
    PARTLY_REFUNDED = "partly_refunded"
    REFUNDED = "refunded"


class PayoutState(Word):
    """reserved: on hold in the wallet; sent: accepted by the bank; settled: debited by it.

    returning: the bank has told of the return before the debit. returned: back in the
    wallet. refused: the hold was released.
    """

    REFUSED = "refused"
    RESERVED = "reserved"
    RETURNED = "returned"
    RETURNING = "returning"
    SENT = "sent"
    SETTLED = "settled"


class TopUpState(Word):
    """requested: no answer yet; in_transit: the bank has accepted; credited, rejected: over."""

    CREDITED = "credited"
    IN_TRANSIT = "in_transit"
    REJECTED = "rejected"
    REQUESTED = "requested"


class AllowanceView(Struct, frozen=True, kw_only=True):
    """A limit of the member's tier. left: what may still be used; of a single movement, all."""

    rule: MembersLimitRule
    limit: Amount
    used: Amount
    left: Amount


class AllowancesView(Struct, frozen=True, kw_only=True):
    """What has been used on that day, in its year and in all, and the limits in force on it.

    counted: whether use is counted at all; it is for persons, while any limit is in force.
    """

    on: dt.date
    counted: bool
    used_day: Amount
    used_year: Amount
    used_in_all: Amount
    limits: list[AllowanceView]


class BalanceView(Struct, frozen=True, kw_only=True):
    """A wallet as it stands: balance = available + held."""

    member_id: UUID
    balance: Amount
    available: Amount
    held: Amount


class BankOrderBody(Struct, frozen=True, kw_only=True):
    """Money from, or to, a bank account that is bound to the member."""

    bank_account_id: UUID
    amount: Paid


class PayBatchBody(Struct, frozen=True, kw_only=True):
    """Payments out of the caller's wallet, all or none."""

    lines: list[PayLineBody]


class PayLineBody(Struct, frozen=True, kw_only=True):
    """One payment of a batch."""

    merchant_id: UUID
    amount: Paid


class PaymentsPage(Struct, frozen=True, kw_only=True):
    """A page of payments, newest first; it may be short, even empty, and have a next one."""

    items: list[WalletPaymentView]
    next_cursor: str | None


class RefundsPage(Struct, frozen=True, kw_only=True):
    """A page of refunds, the oldest first."""

    items: list[WalletRefundView]
    next_cursor: str | None


class StatementPage(Struct, frozen=True, kw_only=True):
    """A page of a statement, newest first."""

    items: list[WalletLineView]
    next_cursor: str | None


class TopUpView(Struct, frozen=True, kw_only=True):
    """Money on its way into a wallet. bank_account_id: null of one that the bank booked at
    once.
    """

    id: UUID
    member_id: UUID
    bank_account_id: UUID | None
    amount: Amount
    state: TopUpState
    reason: str
    requested_at: dt.datetime
    ended_at: dt.datetime | None


class TopUpsPage(Struct, frozen=True, kw_only=True):
    """A page of top-ups: first those under way, then those that came, newest first."""

    items: list[TopUpView]
    next_cursor: str | None


class TransferBody(Struct, frozen=True, kw_only=True):
    """Money for another member, out of the caller's wallet."""

    payee_id: UUID
    amount: Paid
    note: str = ""


class WalletLineView(Struct, frozen=True, kw_only=True):
    """A line of a statement.

    amount: what it did to the balance; 0 where only a hold began or ended. balance, held:
    after it. ref: of the payment, refund, top-up, withdrawal or other order.
    """

    seq: int
    at: dt.datetime
    kind: str
    amount: Amount
    balance: Amount
    held: Amount
    ref: UUID


class WalletPayBody(Struct, frozen=True, kw_only=True):
    """A payment to a merchant, out of the caller's wallet."""

    merchant_id: UUID
    amount: Paid
    note: str = ""


class WalletPaymentView(Struct, frozen=True, kw_only=True):
    """Money from one member to another. fee: what the payee paid for it; the payer is not
    told.
    """

    id: UUID
    kind: PaymentKind
    payer_id: UUID
    payee_id: UUID
    amount: Amount
    fee: Amount | None
    refunded: Amount
    state: PaymentState
    made_at: dt.datetime
    note: str


class WalletRefundBody(Struct, frozen=True, kw_only=True):
    """A part of a payment, or all of it, to go back. request_id: your own, one a refund."""

    request_id: str
    amount: Paid


class WalletRefundView(Struct, frozen=True, kw_only=True):
    """A part of a payment that went back. refunded: of the payment in all, after it."""

    id: UUID
    payment_id: UUID
    request_id: str
    amount: Amount
    refunded: Amount
    made_at: dt.datetime


class WithdrawalView(Struct, frozen=True, kw_only=True):
    """Money on its way out of a wallet. bank_account_id: null of one that the bank paid at
    once.
    """

    id: UUID
    member_id: UUID
    bank_account_id: UUID | None
    amount: Amount
    state: PayoutState
    reason: str
    requested_at: dt.datetime
    sent_at: dt.datetime | None
    ended_at: dt.datetime | None


class WithdrawalsPage(Struct, frozen=True, kw_only=True):
    """A page of withdrawals, newest first; it may be short, even empty, and have a next one."""

    items: list[WithdrawalView]
    next_cursor: str | None

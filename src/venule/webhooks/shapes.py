"""What applications are told, as JSON. Money is text with its currency; no account of ours.

A shape says what both sides of a movement may know: fees, reasons for people of the house and who
operated stay here. More is had by asking with the ids.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from venule.kit.money import Money
from venule.members import WALLET_UNIT

CURRENCY = "CNY"
assert WALLET_UNIT == 156, "wallets hold CNY"


class Sum(msgspec.Struct, frozen=True):
    """An exact sum in major units, such as 12.34."""

    amount: str
    currency: str


def cny(minor: int) -> Sum:
    """Return fen as text."""
    return Sum(Money(minor, CURRENCY).format(), CURRENCY)


class Shape(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands under `data`."""


class PaymentData(Shape, frozen=True):
    """A payment to a merchant, or a transfer between members."""

    payment_id: UUID
    payer_id: UUID
    payee_id: UUID
    amount: Sum
    made_at: datetime
    note: str = ""


class RefundData(Shape, frozen=True):
    """A part of a payment that went back; `refunded`: in all, after it."""

    payment_id: UUID
    refund_id: UUID
    request_id: str
    payer_id: UUID
    payee_id: UUID
    amount: Sum
    refunded: Sum
    made_at: datetime


class MovementData(Shape, frozen=True):
    """Money on its way between a wallet and its owner's bank account."""

    id: UUID
    member_id: UUID
    amount: Sum
    state: str
    requested_at: datetime
    bank_account_id: UUID | None = None
    reason: str = ""


class MemberData(Shape, frozen=True):
    """A member, after what happened. tier: 0 for who has none."""

    member_id: UUID
    kind: str | None = None
    tier: int | None = None
    tier_before: int | None = None


class BankAccountData(Shape, frozen=True):
    """A bank account of a member."""

    bank_account_id: UUID
    member_id: UUID


class TradeData(Shape, frozen=True):
    """A guaranteed trade, after what happened. number: of the refund, settlement or shipments."""

    trade_id: UUID
    app: str
    out_trade_no: str
    seller_id: UUID
    amount: Sum
    state: str
    held: Sum
    released: Sum
    refunded: Sum
    buyer_id: UUID | None = None
    number: str = ""


class CaseData(Shape, frozen=True):
    """A buyer's wish for a refund, after what happened."""

    case_id: UUID
    trade_id: UUID
    app: str
    out_trade_no: str
    seller_id: UUID
    amount: Sum
    goods_back: bool
    state: str
    event: str
    buyer_id: UUID | None = None
    shipment: int | None = None
    due_at: datetime | None = None


class EvidenceData(Shape, frozen=True):
    """A file that a side has put before the operator. sha256: in hex."""

    evidence_id: UUID
    case_id: UUID
    trade_id: UUID
    side: str
    sha256: str
    media_type: str
    bytes_count: int


class AuthorisationData(Shape, frozen=True):
    """Money of a payer frozen for a payee, after what happened."""

    authorisation_id: UUID
    app: str
    out_order_no: str
    payer_id: UUID
    payee_id: UUID
    state: str
    event: str
    frozen: Sum
    paid: Sum
    unfrozen: Sum
    due_at: datetime | None = None


class FundOrderData(Shape, frozen=True):
    """An order for shares of a fund and the money that it is about."""

    order_id: UUID
    member_id: UUID
    amount: Sum


class FrozenSharesData(Shape, frozen=True):
    """Shares of a fund that are frozen, or are no longer. shares: in shares, two decimals."""

    freeze_id: UUID
    member_id: UUID
    shares: str
    cause: str = ""


class BookPaymentData(Shape, frozen=True):
    """A payment from or to a member of another book."""

    payment_id: UUID
    kind: str
    payer_id: UUID
    payee_id: UUID
    amount: Sum
    state: str
    made_at: datetime
    note: str = ""
    reason: str = ""


class ApplicationData(Shape, frozen=True):
    """The application itself."""

    application_id: UUID


class KeyData(Shape, frozen=True):
    """A key of the application."""

    application_id: UUID
    key_id: UUID


class ConsentData(Shape, frozen=True):
    """What a member lets the application do; without scopes: nothing any more."""

    application_id: UUID
    member_id: UUID
    scopes: tuple[str, ...] = ()


class EndpointData(Shape, frozen=True):
    """An endpoint of the application's own."""

    endpoint_id: UUID
    reason: str = ""


class Envelope(msgspec.Struct, frozen=True):
    """The body of a message (Standard Webhooks, "Payload structure")."""

    type: str
    timestamp: datetime
    data: Shape

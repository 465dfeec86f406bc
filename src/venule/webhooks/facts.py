"""What each event says outside, and whom it concerns: one function for each kind of record.

A shape says what both sides of a movement may know. What the record leaves out is looked up when
the event is told, so that those who emit it do nothing for it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from venule import books, escrow, wallet
from venule.kit.events import Event
from venule.kit.money import format_minor
from venule.ledger import Tx
from venule.members import MemberId
from venule.partners import ApplicationId
from venule.webhooks.model import EndpointId
from venule.webhooks.shapes import (
    ApplicationData,
    AuthorisationData,
    BankAccountData,
    BookPaymentData,
    CaseData,
    ConsentData,
    EndpointData,
    EvidenceData,
    FrozenSharesData,
    FundOrderData,
    KeyData,
    MemberData,
    MovementData,
    PaymentData,
    RefundData,
    Shape,
    TradeData,
    cny,
)

SHARE_DIGITS: Final = 2


class Fact(NamedTuple):
    """What an event says outside, and whom it concerns."""

    data: Shape
    members: tuple[MemberId, ...]
    application: ApplicationId | None = None


def paid(_: Tx, event: Event) -> Fact:
    """A payment or a transfer: to both sides."""
    it: wallet.Payment = event.decode(wallet.Payment)
    data = PaymentData(it.id, it.payer_id, it.payee_id, cny(it.amount_minor), it.made_at, it.note)
    return Fact(data, (it.payer_id, it.payee_id))


def refunded(tx: Tx, event: Event) -> Fact:
    """A refund of a payment: to both sides."""
    it: wallet.Refund = event.decode(wallet.Refund)
    of = wallet.payment(tx, it.payment_id)
    data = RefundData(
        it.payment_id,
        it.id,
        it.request_id,
        of.payer_id,
        of.payee_id,
        cny(it.amount_minor),
        cny(it.refunded_minor),
        it.made_at,
    )
    return Fact(data, (of.payer_id, of.payee_id))


def movement(type_: type[wallet.TopUp | wallet.Payout]) -> Callable[[Tx, Event], Fact]:
    """Money from or to a bank account: to its member. type_: of the record."""

    def read(_: Tx, event: Event) -> Fact:
        it: wallet.TopUp | wallet.Payout = event.decode(type_)
        data = MovementData(
            it.id,
            it.member_id,
            cny(it.amount_minor),
            it.state.value,
            it.requested_at,
            it.bank_account_id,
            it.reason,
        )
        return Fact(data, (it.member_id,))

    return read


class _Opened(msgspec.Struct):
    kind: str
    tier: int


class _TierChanged(msgspec.Struct, rename={"before": "from", "after": "to"}):
    before: int
    after: int


class _OfMember(msgspec.Struct):
    member_id: MemberId
    amount_minor: int = 0
    shares_minor: int = 0
    cause: int | None = None


def member_opened(_: Tx, event: Event) -> Fact:
    """A new member: to themselves."""
    it: _Opened = event.decode(_Opened)
    return Fact(MemberData(event.ref_id, it.kind, it.tier), (MemberId(event.ref_id),))


def member_turned(_: Tx, event: Event) -> Fact:
    """A member in another state: to themselves."""
    return Fact(MemberData(event.ref_id), (MemberId(event.ref_id),))


def tier_changed(_: Tx, event: Event) -> Fact:
    """A person on another tier: to themselves."""
    it: _TierChanged = event.decode(_TierChanged)
    data = MemberData(event.ref_id, None, it.after, it.before)
    return Fact(data, (MemberId(event.ref_id),))


def bank_account(_: Tx, event: Event) -> Fact:
    """A bank account: to its member."""
    it: _OfMember = event.decode(_OfMember)
    return Fact(BankAccountData(event.ref_id, it.member_id), (it.member_id,))


def trade(tx: Tx, event: Event) -> Fact:
    """A trade: to seller and buyer."""
    it: escrow.Told = event.decode(escrow.Told)
    of = escrow.trade(tx, escrow.TradeId(event.ref_id))
    data = TradeData(
        of.id,
        of.app,
        of.out_trade_no,
        of.seller_id,
        cny(of.amount_minor),
        it.state.value,
        cny(it.held_minor),
        cny(it.released_minor),
        cny(it.refunded_minor),
        of.buyer_id,
        it.number,
    )
    return Fact(data, _parties(of))


def trade_settled(tx: Tx, event: Event) -> Fact:
    """A settlement: to the seller. How that money is shared out does not concern the buyer."""
    fact = trade(tx, event)
    of = escrow.trade(tx, escrow.TradeId(event.ref_id))
    return Fact(fact.data, (of.seller_id,))


def _parties(of: escrow.Trade) -> tuple[MemberId, ...]:
    return (of.seller_id,) if of.buyer_id is None else (of.seller_id, of.buyer_id)


def case(tx: Tx, event: Event) -> Fact:
    """A buyer's wish for a refund: to seller and buyer."""
    it: escrow.Case = event.decode(escrow.Case)
    of = escrow.trade(tx, it.trade_id)
    data = CaseData(
        it.id,
        of.id,
        of.app,
        of.out_trade_no,
        of.seller_id,
        cny(it.amount_minor),
        it.goods_back,
        it.state.value,
        event.name.removeprefix("escrow.case_"),
        of.buyer_id,
        it.shipment,
        it.due_at,
    )
    return Fact(data, _parties(of))


def evidence(tx: Tx, event: Event) -> Fact:
    """A file for the operator: to seller and buyer."""
    it: escrow.Evidence = event.decode(escrow.Evidence)
    of = escrow.trade(tx, escrow.TradeId(event.ref_id))
    data = EvidenceData(
        it.id, it.case_id, of.id, it.side.value, it.sha256.hex(), it.media_type, it.bytes_count
    )
    return Fact(data, _parties(of))


def authorisation(_: Tx, event: Event) -> Fact:
    """Frozen money: to payer and payee."""
    it: escrow.Authorisation = event.decode(escrow.Authorisation)
    data = AuthorisationData(
        it.id,
        it.app,
        it.out_order_no,
        it.payer_id,
        it.payee_id,
        it.state.value,
        event.name.removeprefix("escrow.").removeprefix("authorisation_"),
        cny(it.frozen_minor),
        cny(it.paid_minor),
        cny(it.unfrozen_minor),
        it.due_at,
    )
    return Fact(data, (it.payer_id, it.payee_id))


def fund_order(_: Tx, event: Event) -> Fact:
    """An order for shares of a fund: to its member."""
    it: _OfMember = event.decode(_OfMember)
    return Fact(FundOrderData(event.ref_id, it.member_id, cny(it.amount_minor)), (it.member_id,))


def shares(_: Tx, event: Event) -> Fact:
    """Frozen shares of a fund: to their member."""
    it: _OfMember = event.decode(_OfMember)
    cause = "" if it.cause is None else _CAUSES[it.cause]
    shares = format_minor(it.shares_minor, SHARE_DIGITS)
    return Fact(FrozenSharesData(event.ref_id, it.member_id, shares, cause), (it.member_id,))


_CAUSES: Final = {0: "court", 1: "holder", 2: "pledge"}


def book(type_: type[books.BookPayment | books.Receipt]) -> Callable[[Tx, Event], Fact]:
    """A payment from or to another book: to whom of both sides this book has. type_: of the
    record."""

    def read(_: Tx, event: Event) -> Fact:
        it: books.BookPayment | books.Receipt = event.decode(type_)
        data = BookPaymentData(
            it.id,
            it.kind.value,
            it.payer_id,
            it.payee_id,
            cny(it.amount_minor),
            it.state.value,
            it.made_at,
            it.note,
            it.reason,
        )
        return Fact(data, (it.payer_id, it.payee_id))

    return read


class _Consent(msgspec.Struct):
    application_id: ApplicationId
    scopes: tuple[str, ...] = ()


class _Key(msgspec.Struct):
    key_id: UUID


def consent(_: Tx, event: Event) -> Fact:
    """What a member lets an application do: to the application."""
    it: _Consent = event.decode(_Consent)
    data = ConsentData(it.application_id, event.ref_id, it.scopes)
    return Fact(data, (), it.application_id)


def application(_: Tx, event: Event) -> Fact:
    """An application: to itself."""
    it = ApplicationId(event.ref_id)
    return Fact(ApplicationData(it), (), it)


def key(_: Tx, event: Event) -> Fact:
    """A key of an application: to the application."""
    it: _Key = event.decode(_Key)
    return Fact(KeyData(event.ref_id, it.key_id), (), ApplicationId(event.ref_id))


class _Disabled(msgspec.Struct):
    application_id: UUID
    reason: str


def endpoint_disabled(_: Tx, event: Event) -> Fact:
    """An endpoint that is no longer called: to its application's others."""
    it: _Disabled = event.decode(_Disabled)
    return Fact(
        EndpointData(EndpointId(event.ref_id), it.reason), (), ApplicationId(it.application_id)
    )

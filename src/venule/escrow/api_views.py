"""What guaranteed trade looks like in JSON; some parts are shown to one side alone."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from venule.escrow.api_shapes import is_party
from venule.escrow.model import (
    Authorisation,
    AuthorisationId,
    AuthorisationState,
    Case,
    CaseId,
    CaseState,
    Cause,
    Evidence,
    EvidenceId,
    Goods,
    Operation,
    OperationKind,
    Refund,
    Ruling,
    RulingState,
    Settlement,
    Shipment,
    ShipmentState,
    Side,
    Trade,
    TradeId,
    TradeKind,
    TradeState,
)
from venule.kit.http import Amount, Caller, CallerKind, fen
from venule.members import MemberId


class TradeView(msgspec.Struct, frozen=True):
    """A trade. held: unshipped + shipped, what waits in escrow. Once it is paid, amount = held +
    released + awarded + refunded - refunded_late. What concerns the seller alone (fee, settlement)
    is null to others."""

    id: TradeId
    app: str
    out_trade_no: str
    kind: TradeKind
    goods: Goods
    subject: str
    buyer_id: MemberId | None
    seller_id: MemberId
    amount: Amount
    state: TradeState
    held: Amount
    unshipped: Amount
    shipped: Amount
    released: Amount
    awarded: Amount
    refunded: Amount
    refunded_late: Amount
    paid_from_fund: Amount
    fund: str | None
    extended: bool
    case_id: CaseId | None
    authorisation_id: AuthorisationId | None
    created_at: datetime
    due_at: datetime | None
    paid_at: datetime | None
    ended_at: datetime | None
    settle: bool | None
    unsettled: Amount | None
    shared: Amount | None
    fee: Amount | None
    fee_returned: Amount | None


def trade_view(caller: Caller, t: Trade) -> TradeView:
    """Return a trade as one of its sides, or staff, sees it."""
    sells = is_party(caller, t.seller_id)
    return TradeView(
        t.id,
        t.app,
        t.out_trade_no,
        t.kind,
        t.goods,
        t.subject,
        t.buyer_id,
        t.seller_id,
        fen(t.amount_minor),
        t.state,
        fen(t.held_minor),
        fen(t.unshipped_minor),
        fen(t.shipped_minor),
        fen(t.released_minor),
        fen(t.awarded_minor),
        fen(t.refunded_minor),
        fen(t.refunded_late_minor),
        fen(t.shares_minor),
        t.fund,
        t.extended,
        t.case_id,
        t.authorisation_id,
        t.created_at,
        t.due_at,
        t.paid_at,
        t.ended_at,
        t.settle if sells else None,
        fen(t.unsettled_minor) if sells else None,
        fen(t.shared_minor) if sells else None,
        fen(t.fee_minor) if sells else None,
        fen(t.fee_returned_minor) if sells else None,
    )


class TradePage(msgspec.Struct, frozen=True):
    """Some trades, the newest first."""

    items: list[TradeView]
    next_cursor: str | None


class ShipmentView(msgspec.Struct, frozen=True):
    """Goods under way, or come. amount: what they are worth; refunded: of that, given back."""

    number: int
    amount: Amount
    refunded: Amount
    state: ShipmentState
    carrier: str
    tracking_no: str
    shipped_at: datetime
    due_at: datetime
    ended_at: datetime | None


def shipment_view(s: Shipment) -> ShipmentView:
    """Return a shipment as both sides see it."""
    return ShipmentView(
        s.number,
        fen(s.amount_minor),
        fen(s.refunded_minor),
        s.state,
        s.carrier,
        s.tracking_no,
        s.shipped_at,
        s.due_at,
        s.ended_at,
    )


class ShipmentList(msgspec.Struct, frozen=True):
    """A trade's shipments by number; there are at most 50."""

    items: list[ShipmentView]


class RefundView(msgspec.Struct, frozen=True):
    """Money that went back to the buyer. refunded: of the trade in all, after it. to_fund: of the
    amount, on its way back into the fund's shares."""

    id: UUID
    trade_id: TradeId
    request_no: str
    cause: Cause
    amount: Amount
    refunded: Amount
    to_fund: Amount
    reason: str
    made_at: datetime


def refund_view(r: Refund) -> RefundView:
    """Return a refund as both sides see it."""
    return RefundView(
        r.id,
        r.trade_id,
        r.request_no,
        r.cause,
        fen(r.amount_minor),
        fen(r.refunded_minor),
        fen(r.to_fund_minor),
        r.reason,
        r.made_at,
    )


class RefundPage(msgspec.Struct, frozen=True):
    """Some of a trade's refunds, the earliest first."""

    items: list[RefundView]
    next_cursor: str | None


class RoyaltyView(msgspec.Struct, frozen=True):
    """A receiver's part of a settlement. returned: of that, given back for refunds."""

    line: int
    receiver_id: MemberId
    amount: Amount
    returned: Amount
    note: str


class SettlementView(msgspec.Struct, frozen=True):
    """A sharing-out. rest_to_seller: what was left then, if it was the last one."""

    id: UUID
    trade_id: TradeId
    request_no: str
    shared: Amount
    rest_to_seller: Amount
    settled_at: datetime
    lines: list[RoyaltyView]


def settlement_view(s: Settlement) -> SettlementView:
    """Return a settlement as its seller sees it."""
    lines = [
        RoyaltyView(
            line.line, line.receiver_id, fen(line.amount_minor), fen(line.returned_minor), line.note
        )
        for line in s.lines
    ]
    return SettlementView(
        s.id,
        s.trade_id,
        s.request_no,
        fen(s.shared_minor),
        fen(s.seller_minor),
        s.settled_at,
        lines,
    )


class SettlementPage(msgspec.Struct, frozen=True):
    """Some of a trade's settlements, the earliest first."""

    items: list[SettlementView]
    next_cursor: str | None


class CaseView(msgspec.Struct, frozen=True):
    """A buyer's wish for a refund. answer: the seller's words, or those of an appeal."""

    id: CaseId
    trade_id: TradeId
    request_no: str
    amount: Amount
    shipment: int | None
    goods_back: bool
    reason: str
    state: CaseState
    answer: str
    carrier: str
    tracking_no: str
    opened_at: datetime
    due_at: datetime | None
    ended_at: datetime | None


def case_view(c: Case) -> CaseView:
    """Return a case as both sides, and operators, see it."""
    return CaseView(
        c.id,
        c.trade_id,
        c.request_no,
        fen(c.amount_minor),
        c.shipment,
        c.goods_back,
        c.reason,
        c.state,
        c.answer,
        c.carrier,
        c.tracking_no,
        c.opened_at,
        c.due_at,
        c.ended_at,
    )


class CasePage(msgspec.Struct, frozen=True):
    """Some cases."""

    items: list[CaseView]
    next_cursor: str | None


class AwardView(msgspec.Struct, frozen=True):
    """A part of a ruling for somebody who is neither buyer nor seller."""

    member_id: MemberId
    amount: Amount


class RulingView(msgspec.Struct, frozen=True):
    """How an operator splits what the trade holds. Who ruled is shown to staff alone."""

    case_id: CaseId
    number: int
    state: RulingState
    buyer: Amount
    seller: Amount
    awards: list[AwardView]
    reason: str
    made_at: datetime
    operator: str | None
    second: str | None


def ruling_view(caller: Caller, r: Ruling) -> RulingView:
    """Return a ruling as the parties, or operators, see it."""
    staff = caller.kind is CallerKind.STAFF
    return RulingView(
        r.case_id,
        r.number,
        r.state,
        fen(r.buyer_minor),
        fen(r.seller_minor),
        [AwardView(each.member_id, fen(each.amount_minor)) for each in r.awards],
        r.reason,
        r.made_at,
        r.operator if staff else None,
        r.second if staff else None,
    )


class RulingList(msgspec.Struct, frozen=True):
    """A case's rulings by number; there are few: a proposal, its rejection, an appeal."""

    items: list[RulingView]


class EvidenceView(msgspec.Struct, frozen=True):
    """A file that a party put before the operator. sha256: of its content, in hexadecimal."""

    id: EvidenceId
    case_id: CaseId
    side: Side
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    filed_at: datetime


def evidence_view(e: Evidence) -> EvidenceView:
    """Return what was filed, without its content."""
    return EvidenceView(
        e.id,
        e.case_id,
        e.side,
        e.name,
        e.media_type,
        e.bytes_count,
        e.sha256.hex(),
        e.filed_at,
    )


class EvidenceList(msgspec.Struct, frozen=True):
    """What was filed in a case, the earliest first; at most 20 files of a side."""

    items: list[EvidenceView]


class AuthorisationView(msgspec.Struct, frozen=True):
    """Money of a payer frozen for a payee: frozen = paid + unfrozen + rest."""

    id: AuthorisationId
    app: str
    out_order_no: str
    request_no: str
    payer_id: MemberId
    payee_id: MemberId
    title: str
    frozen: Amount
    paid: Amount
    unfrozen: Amount
    rest: Amount
    state: AuthorisationState
    created_at: datetime
    due_at: datetime | None
    ended_at: datetime | None


def authorisation_view(a: Authorisation) -> AuthorisationView:
    """Return an authorisation as both sides see it."""
    return AuthorisationView(
        a.id,
        a.app,
        a.out_order_no,
        a.request_no,
        a.payer_id,
        a.payee_id,
        a.title,
        fen(a.frozen_minor),
        fen(a.paid_minor),
        fen(a.unfrozen_minor),
        fen(a.rest_minor),
        a.state,
        a.created_at,
        a.due_at,
        a.ended_at,
    )


class AuthorisationPage(msgspec.Struct, frozen=True):
    """Some authorisations, the newest first."""

    items: list[AuthorisationView]
    next_cursor: str | None


class OperationView(msgspec.Struct, frozen=True):
    """A use of an authorisation."""

    id: UUID
    kind: OperationKind
    request_no: str
    amount: Amount
    trade_id: TradeId | None
    made_at: datetime
    note: str


def operation_view(o: Operation) -> OperationView:
    """Return what an authorisation was used for."""
    return OperationView(
        o.id, o.kind, o.request_no, fen(o.amount_minor), o.trade_id, o.made_at, o.note
    )


class OperationPage(msgspec.Struct, frozen=True):
    """Some of an authorisation's uses, the earliest first."""

    items: list[OperationView]
    next_cursor: str | None

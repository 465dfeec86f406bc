# Made from the description of the API by `make pages`; do not edit.
"""Structs of the group `escrow`."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec

from venule.client.models.common import Amount
from venule.client.shapes import Struct, Word


class AuthorisationState(Word):
    """Frozen: some of it can still be paid or unfrozen; ended: nothing is left."""

    ENDED = "ended"
    FROZEN = "frozen"


class Cause(Word):
    """Why money went back.

    seller: by the seller's own will. ship_due: not shipped in time. case: a buyer's wish,
    agreed or met with silence. ruling: an operator's.
    """

    CASE = "case"
    RULING = "ruling"
    SELLER = "seller"
    SHIP_DUE = "ship_due"


class EscrowCaseState(Word):
    """Where a buyer's wish for a refund stands.

    asked: the seller is to answer. refused: the buyer may dispute. returning, returned: the
    goods travel back. disputed: an operator is to rule. proposed: a second one is to
    approve. ruled: may be appealed. appealed, appeal_proposed: the same once more.
    refunded, executed, closed: over.
    """

    APPEAL_PROPOSED = "appeal_proposed"
    APPEALED = "appealed"
    ASKED = "asked"
    CLOSED = "closed"
    DISPUTED = "disputed"
    EXECUTED = "executed"
    PROPOSED = "proposed"
    REFUNDED = "refunded"
    REFUSED = "refused"
    RETURNED = "returned"
    RETURNING = "returning"
    RULED = "ruled"


class FeeOnRefund(Word):
    """Whether the seller has the fee back for what is refunded after the seller was paid."""

    KEPT = "kept"
    RETURNED = "returned"


class Goods(Word):
    """How goods travel; the time until a receipt counts as confirmed depends on it."""

    EXPRESS = "express"
    POST = "post"
    VIRTUAL = "virtual"


class OperationKind(Word):
    """What an authorisation was used for."""

    FREEZE = "freeze"
    PAY = "pay"
    UNFREEZE = "unfreeze"


class RefundTo(Word):
    """Where refunds go: into the wallet, or the part that was paid from a fund back into it."""

    SOURCE = "source"
    WALLET = "wallet"


class RoyaltyOnRefund(Word):
    """Who bears a refund of a settled trade: the seller alone, or the receivers pro rata too."""

    PRO_RATA = "pro_rata"
    SELLER = "seller"


class RulingState(Word):
    """Proposed: one operator has said so; ruled: it stands; rejected; appealed; executed."""

    APPEALED = "appealed"
    EXECUTED = "executed"
    PROPOSED = "proposed"
    REJECTED = "rejected"
    RULED = "ruled"


class ShipmentState(Word):
    """Shipped: under way; confirmed: released; refunded, ruled: its money went another way."""

    CONFIRMED = "confirmed"
    REFUNDED = "refunded"
    RULED = "ruled"
    SHIPPED = "shipped"


class Side(Word):
    """A party to a case."""

    BUYER = "buyer"
    SELLER = "seller"


class Silence(Word):
    """What a seller's silence on a wish for a refund of shipped goods means."""

    AGREE = "agree"
    DISPUTE = "dispute"


class TradeKind(Word):
    """Guaranteed: the money waits for the goods. Instant: it is the seller's at once."""

    GUARANTEED = "guaranteed"
    INSTANT = "instant"


class TradeState(Word):
    """Where a trade stands.

    created: not paid. paid: held, nothing shipped. part_shipped, shipped: held, under way.
    success: the seller's, and can be refunded or settled. finished: over. closed: not paid,
    or all refunded.
    """

    CLOSED = "closed"
    CREATED = "created"
    FINISHED = "finished"
    PAID = "paid"
    PART_SHIPPED = "part_shipped"
    SHIPPED = "shipped"
    SUCCESS = "success"


class AnswerBody(Struct, frozen=True, kw_only=True):
    """What the seller says to it."""

    agree: bool
    words: str = ""


class AppealBody(Struct, frozen=True, kw_only=True):
    """Why a party does not accept a ruling."""

    reason: str


class AskBody(Struct, frozen=True, kw_only=True):
    """What the buyer wants back. goods_back: it will send the goods back first."""

    request_no: str
    amount: Price
    reason: str
    goods_back: bool = False
    shipment: int | None = None


class AuthorisationPage(Struct, frozen=True, kw_only=True):
    """Some authorisations, the newest first."""

    items: list[AuthorisationView]
    next_cursor: str | None


class AuthorisationView(Struct, frozen=True, kw_only=True):
    """Money of a payer frozen for a payee: frozen = paid + unfrozen + rest."""

    id: UUID
    app: str
    out_order_no: str
    request_no: str
    payer_id: UUID
    payee_id: UUID
    title: str
    frozen: Amount
    paid: Amount
    unfrozen: Amount
    rest: Amount
    state: AuthorisationState
    created_at: dt.datetime
    due_at: dt.datetime | None
    ended_at: dt.datetime | None


class AwardBody(Struct, frozen=True, kw_only=True):
    """A part for somebody who is neither buyer nor seller."""

    member_id: UUID
    amount: Price


class AwardView(Struct, frozen=True, kw_only=True):
    """A part of a ruling for somebody who is neither buyer nor seller."""

    member_id: UUID
    amount: Amount


class ByAmount(Struct, frozen=True, kw_only=True, tag_field="by", tag="amount"):
    """A receiver's part, as a sum."""

    receiver_id: UUID
    amount: Price
    note: str = ""


class ByRatio(Struct, frozen=True, kw_only=True, tag_field="by", tag="ratio"):
    """A receiver's part, in parts per million of what is kept for settlement now."""

    receiver_id: UUID
    ratio_ppm: int
    note: str = ""


class CasePage(Struct, frozen=True, kw_only=True):
    """Some cases."""

    items: list[EscrowCaseView]
    next_cursor: str | None


class DecideBody(Struct, frozen=True, kw_only=True):
    """Whether a second operator approves."""

    approve: bool


class EscrowCaseView(Struct, frozen=True, kw_only=True):
    """A buyer's wish for a refund. answer: the seller's words, or those of an appeal."""

    id: UUID
    trade_id: UUID
    request_no: str
    amount: Amount
    shipment: int | None
    goods_back: bool
    reason: str
    state: EscrowCaseState
    answer: str
    carrier: str
    tracking_no: str
    opened_at: dt.datetime
    due_at: dt.datetime | None
    ended_at: dt.datetime | None


class EscrowConfirmBody(Struct, frozen=True, kw_only=True):
    """What has come. shipment: null: all that is under way."""

    shipment: int | None = None


class EscrowFreezeBody(Struct, frozen=True, kw_only=True):
    """Money of the caller frozen for a payee. until: null: as the product says. fund: take
    from these shares what the wallet's cash lacks.
    """

    out_order_no: str
    request_no: str
    payee_id: UUID
    amount: Price
    title: str
    product: str = "standard"
    until: dt.datetime | None = None
    fund: str | None = None


class EscrowPart(Struct, frozen=True, kw_only=True):
    """A sum in yuan from 0.00 up to 100,000,000.00."""

    amount: str
    currency: str


class EscrowPayBody(Struct, frozen=True, kw_only=True):
    """How a trade is paid. fund: take from these shares what the wallet's cash lacks."""

    fund: str | None = None


class EscrowRefundBody(Struct, frozen=True, kw_only=True):
    """What the seller sends back. shipment: the one whose money it is, while that is held.

    royalties: who bears it after a settlement. lines: what single receivers give back
    instead.
    """

    request_no: str
    amount: Price
    reason: str = ""
    shipment: int | None = None
    royalties: RoyaltyOnRefund = RoyaltyOnRefund("seller")
    lines: list[RoyaltyBackBody] = msgspec.field(default_factory=list)


class EscrowRefundView(Struct, frozen=True, kw_only=True):
    """Money that went back to the buyer. refunded: of the trade in all, after it. to_fund: of
    the amount, on its way back into the fund's shares.
    """

    id: UUID
    trade_id: UUID
    request_no: str
    cause: Cause
    amount: Amount
    refunded: Amount
    to_fund: Amount
    reason: str
    made_at: dt.datetime


class EvidenceList(Struct, frozen=True, kw_only=True):
    """What was filed in a case, the earliest first; at most 20 files of a side."""

    items: list[EvidenceView]


class EvidenceView(Struct, frozen=True, kw_only=True):
    """A file that a party put before the operator. sha256: of its content, in hexadecimal."""

    id: UUID
    case_id: UUID
    side: Side
    name: str
    media_type: str
    size_bytes: int
    sha256: str
    filed_at: dt.datetime


class FileBody(Struct, frozen=True, kw_only=True, tag_field="kind", tag="file"):
    """A picture (JPEG, PNG) or a PDF, in base64, of at most 1 MiB."""

    name: str
    content: bytes


class NoReceiversBody(Struct, frozen=True, kw_only=True):
    """Receivers that are none any more."""

    receiver_ids: list[UUID]


class OperationPage(Struct, frozen=True, kw_only=True):
    """Some of an authorisation's uses, the earliest first."""

    items: list[OperationView]
    next_cursor: str | None


class OperationView(Struct, frozen=True, kw_only=True):
    """A use of an authorisation."""

    id: UUID
    kind: OperationKind
    request_no: str
    amount: Amount
    trade_id: UUID | None
    made_at: dt.datetime
    note: str


class OrderBody(Struct, frozen=True, kw_only=True):
    """An order. The caller is its seller, or its buyer.

    buyer_id: null: whoever pays it first. Terms (`product`) and settlement are the seller's
    to choose. pay_until: null: as the product says.
    """

    out_trade_no: str
    seller_id: UUID
    amount: Price
    subject: str
    buyer_id: UUID | None = None
    kind: TradeKind = TradeKind("guaranteed")
    goods: Goods = Goods("express")
    product: str = "standard"
    settle: bool = False
    pay_until: dt.datetime | None = None


class PayAuthorisedBody(Struct, frozen=True, kw_only=True):
    """A payment from what is frozen. complete: unfreeze the rest. settle: keep what it brings
    for settlement.
    """

    out_trade_no: str
    amount: Price
    subject: str
    complete: bool = False
    settle: bool = False


class Price(Struct, frozen=True, kw_only=True):
    """A sum above zero, in yuan, up to 100,000,000.00."""

    amount: str
    currency: str


class ProductList(Struct, frozen=True, kw_only=True):
    """Every product, by name."""

    items: list[ProductView]


class ProductTerms(Struct, frozen=True, kw_only=True):
    """A product's terms as they are now."""

    fee_ppm: int
    fee_on_refund: FeeOnRefund
    refund_to: RefundTo
    silence: Silence
    pay_s: int
    ship_days: int
    confirm_express_s: int
    confirm_post_s: int
    confirm_virtual_s: int
    extension_s: int
    answer_unshipped_s: int
    answer_shipped_s: int
    dispute_s: int
    send_back_s: int
    receive_s: int
    appeal_s: int
    guaranteed_refund_s: int
    instant_refund_s: int
    settle_s: int
    freeze_s: int
    two_people_above: Amount


class ProductView(Struct, frozen=True, kw_only=True):
    """A product: the version that trades are made under now."""

    name: str
    version: int
    terms: ProductTerms
    set_at: dt.datetime


class ReceiverPage(Struct, frozen=True, kw_only=True):
    """Some of a seller's receivers, the first named first."""

    items: list[ReceiverView]
    next_cursor: str | None


class ReceiverView(Struct, frozen=True, kw_only=True):
    """A member that may have a part of a seller's trades."""

    member_id: UUID
    note: str


class ReceiversBody(Struct, frozen=True, kw_only=True):
    """Receivers of royalties."""

    receiver_ids: list[UUID]
    note: str = ""


class RefundPage(Struct, frozen=True, kw_only=True):
    """Some of a trade's refunds, the earliest first."""

    items: list[EscrowRefundView]
    next_cursor: str | None


class RoyaltyBackBody(Struct, frozen=True, kw_only=True):
    """What a receiver gives back of one line of a settlement."""

    settlement_id: UUID
    line: int
    amount: Price


class RoyaltyView(Struct, frozen=True, kw_only=True):
    """A receiver's part of a settlement. returned: of that, given back for refunds."""

    line: int
    receiver_id: UUID
    amount: Amount
    returned: Amount
    note: str


class RuleBody(Struct, frozen=True, kw_only=True):
    """How what the trade holds is split; the parts sum to it."""

    buyer: EscrowPart
    seller: EscrowPart
    reason: str
    awards: list[AwardBody] = msgspec.field(default_factory=list)


class RulingList(Struct, frozen=True, kw_only=True):
    """A case's rulings by number; there are few: a proposal, its rejection, an appeal."""

    items: list[RulingView]


class RulingView(Struct, frozen=True, kw_only=True):
    """How an operator splits what the trade holds. Who ruled is shown to staff alone."""

    case_id: UUID
    number: int
    state: RulingState
    buyer: Amount
    seller: Amount
    awards: list[AwardView]
    reason: str
    made_at: dt.datetime
    operator: str | None
    second: str | None


class SendBackBody(Struct, frozen=True, kw_only=True):
    """How the goods travel back."""

    carrier: str
    tracking_no: str


class SettleBody(Struct, frozen=True, kw_only=True):
    """How what is kept is shared out. finish: what is left then is the seller's."""

    request_no: str
    receivers: list[ByAmount | ByRatio]
    finish: bool = False


class SettlementPage(Struct, frozen=True, kw_only=True):
    """Some of a trade's settlements, the earliest first."""

    items: list[SettlementView]
    next_cursor: str | None


class SettlementView(Struct, frozen=True, kw_only=True):
    """A sharing-out. rest_to_seller: what was left then, if it was the last one."""

    id: UUID
    trade_id: UUID
    request_no: str
    shared: Amount
    rest_to_seller: Amount
    settled_at: dt.datetime
    lines: list[RoyaltyView]


class ShipBody(Struct, frozen=True, kw_only=True):
    """Goods that are under way. amount: what they are worth; null: all that is not yet
    shipped.

    Carrier and number may be left out for virtual goods only.
    """

    carrier: str = ""
    tracking_no: str = ""
    amount: Price | None = None


class ShipmentList(Struct, frozen=True, kw_only=True):
    """A trade's shipments by number; there are at most 50."""

    items: list[ShipmentView]


class ShipmentView(Struct, frozen=True, kw_only=True):
    """Goods under way, or come. amount: what they are worth; refunded: of that, given back."""

    number: int
    amount: Amount
    refunded: Amount
    state: ShipmentState
    carrier: str
    tracking_no: str
    shipped_at: dt.datetime
    due_at: dt.datetime
    ended_at: dt.datetime | None


class TermsBody(Struct, frozen=True, kw_only=True):
    """A product's terms. Spans named `..._s` are seconds, ship_days bank business days;
    fee_ppm is of what the seller is paid; above `two_people_above` a ruling needs a second
    operator.
    """

    fee_ppm: int
    fee_on_refund: FeeOnRefund
    refund_to: RefundTo
    silence: Silence
    pay_s: int
    ship_days: int
    confirm_express_s: int
    confirm_post_s: int
    confirm_virtual_s: int
    extension_s: int
    answer_unshipped_s: int
    answer_shipped_s: int
    dispute_s: int
    send_back_s: int
    receive_s: int
    appeal_s: int
    guaranteed_refund_s: int
    instant_refund_s: int
    settle_s: int
    freeze_s: int
    two_people_above: EscrowPart


class TermsView(Struct, frozen=True, kw_only=True):
    """What a trade's terms mean for its parties; spans in seconds. fee_ppm: of what the seller
    is paid, in parts per million; null to the buyer.
    """

    fee_ppm: int | None
    refund_to: str
    silence: str
    ship_days: int
    confirm_s: int
    extension_s: int
    answer_unshipped_s: int
    answer_shipped_s: int
    dispute_s: int
    send_back_s: int
    appeal_s: int
    two_people_above: Amount


class TextBody(Struct, frozen=True, kw_only=True, tag_field="kind", tag="text"):
    """A text."""

    name: str
    text: str


class TradePage(Struct, frozen=True, kw_only=True):
    """Some trades, the newest first."""

    items: list[TradeView]
    next_cursor: str | None


class TradeView(Struct, frozen=True, kw_only=True):
    """A trade. held: unshipped + shipped, what waits in escrow. Once it is paid, amount = held
    + released + awarded + refunded - refunded_late. What concerns the seller alone (fee,
    settlement) is null to others.
    """

    id: UUID
    app: str
    out_trade_no: str
    kind: TradeKind
    goods: Goods
    subject: str
    buyer_id: UUID | None
    seller_id: UUID
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
    case_id: UUID | None
    authorisation_id: UUID | None
    created_at: dt.datetime
    due_at: dt.datetime | None
    paid_at: dt.datetime | None
    ended_at: dt.datetime | None
    settle: bool | None
    unsettled: Amount | None
    shared: Amount | None
    fee: Amount | None
    fee_returned: Amount | None


class UnfreezeBody(Struct, frozen=True, kw_only=True):
    """What is let go."""

    request_no: str
    amount: Price
    note: str = ""

"""What the room can be asked to do: the bodies of its use cases. Amounts are int fen.

`by`: who acts; it must be the party that may.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from venule.escrow.model import (
    AuthorisationId,
    CaseId,
    Goods,
    RoyaltyOnRefund,
    SettlementId,
    Side,
    TradeId,
    TradeKind,
)
from venule.escrow.terms import STANDARD, Terms
from venule.members import MemberId


class SetUpEscrow(msgspec.Struct, frozen=True):
    """Open the room's accounts and the product `standard`; again changes nothing."""

    terms: Terms = Terms()


class SetProduct(msgspec.Struct, frozen=True):
    """Give a product its terms, for the trades created from now on."""

    name: str
    terms: Terms


class CreateTrade(msgspec.Struct, frozen=True, gc=False):
    """Create an order. app, out_trade_no: the application's own name for it, unique.

    buyer_id: None until somebody pays it. settle: keep what becomes the seller's for settlement.
    pay_until: None: as the product says.
    """

    app: str
    out_trade_no: str
    seller_id: MemberId
    amount_minor: int
    subject: str
    buyer_id: MemberId | None = None
    kind: TradeKind = TradeKind.GUARANTEED
    goods: Goods = Goods.EXPRESS
    product: str = STANDARD
    settle: bool = False
    pay_until: datetime | None = None


class PayTrade(msgspec.Struct, frozen=True, gc=False):
    """Pay an order. fund: take from this fund's shares what the wallet's cash lacks."""

    trade_id: TradeId
    buyer_id: MemberId
    fund: str | None = None


class CloseTrade(msgspec.Struct, frozen=True):
    """Close an order that is not paid."""

    trade_id: TradeId
    by: MemberId


class Ship(msgspec.Struct, frozen=True, gc=False):
    """Goods are under way. amount_minor: what they are worth; None: all that is not yet shipped.

    Virtual goods have a carrier and number of the seller's choice, or none.
    """

    trade_id: TradeId
    by: MemberId
    carrier: str = ""
    tracking_no: str = ""
    amount_minor: int | None = None


class Confirm(msgspec.Struct, frozen=True, gc=False):
    """The buyer has the goods. shipment: None: all that are under way, and nothing is unshipped."""

    trade_id: TradeId
    by: MemberId
    shipment: int | None = None


class Extend(msgspec.Struct, frozen=True):
    """The buyer wants more time for confirming; once."""

    trade_id: TradeId
    by: MemberId


class RoyaltyBack(msgspec.Struct, frozen=True):
    """What a receiver gives back of one line of a settlement."""

    settlement_id: SettlementId
    line: int
    amount_minor: int


class RefundTrade(msgspec.Struct, frozen=True):
    """The seller sends back a part of a paid trade, or all. request_no: its own, one a refund.

    shipment: the one whose money it is, while that is held. royalties: who bears it after a
    settlement; lines: what single receivers give back, in place of that.
    """

    trade_id: TradeId
    by: MemberId
    request_no: str
    amount_minor: int
    reason: str = ""
    shipment: int | None = None
    royalties: RoyaltyOnRefund = RoyaltyOnRefund.SELLER
    lines: list[RoyaltyBack] = []


class BindReceivers(msgspec.Struct, frozen=True):
    """A seller names receivers of royalties."""

    seller_id: MemberId
    receiver_ids: list[MemberId]
    note: str = ""


class UnbindReceivers(msgspec.Struct, frozen=True):
    """A seller no longer shares with these receivers."""

    seller_id: MemberId
    receiver_ids: list[MemberId]


class Receiver(msgspec.Struct, frozen=True):
    """A receiver's part: an amount, or a ratio of what is kept for settlement."""

    receiver_id: MemberId
    amount_minor: int | None = None
    ratio_ppm: int | None = None
    note: str = ""


class Settle(msgspec.Struct, frozen=True):
    """Share out what is kept for settlement. finish: what is left then goes to the seller."""

    trade_id: TradeId
    by: MemberId
    request_no: str
    receivers: list[Receiver]
    finish: bool = False


class AskRefund(msgspec.Struct, frozen=True):
    """The buyer wants money back, with or without sending goods back."""

    trade_id: TradeId
    by: MemberId
    request_no: str
    amount_minor: int
    reason: str
    goods_back: bool = False
    shipment: int | None = None


class AnswerCase(msgspec.Struct, frozen=True):
    """The seller agrees to a refund, or refuses it. To a wish with goods that go back, the first
    agreement asks for the goods, the second says that they have come."""

    case_id: CaseId
    by: MemberId
    agree: bool
    words: str = ""


class SendBack(msgspec.Struct, frozen=True):
    """The buyer has sent the goods back."""

    case_id: CaseId
    by: MemberId
    carrier: str
    tracking_no: str


class WithdrawCase(msgspec.Struct, frozen=True):
    """The buyer no longer wants a refund."""

    case_id: CaseId
    by: MemberId


class OpenDispute(msgspec.Struct, frozen=True):
    """The buyer does not accept the seller's refusal: an operator is to rule."""

    case_id: CaseId
    by: MemberId


class FileEvidence(msgspec.Struct, frozen=True):
    """A party puts a file before the operator."""

    case_id: CaseId
    by: MemberId
    name: str
    media_type: str
    content: bytes


class AwardTo(msgspec.Struct, frozen=True):
    """A part of a ruling for somebody else."""

    member_id: MemberId
    amount_minor: int


class Rule(msgspec.Struct, frozen=True):
    """An operator splits what a trade still holds: the parts sum to it."""

    case_id: CaseId
    operator: str
    buyer_minor: int
    seller_minor: int
    reason: str
    awards: list[AwardTo] = []


class DecideRuling(msgspec.Struct, frozen=True):
    """A second operator approves or rejects a ruling above the limit."""

    case_id: CaseId
    operator: str
    approve: bool


class Appeal(msgspec.Struct, frozen=True):
    """A party does not accept a ruling; once a case."""

    case_id: CaseId
    by: MemberId
    reason: str


class FreezeFunds(msgspec.Struct, frozen=True):
    """Freeze money of a payer for a payee, to be paid later in parts. until: None: as the product
    says. fund: as in `PayTrade`."""

    app: str
    out_order_no: str
    request_no: str
    payer_id: MemberId
    payee_id: MemberId
    amount_minor: int
    title: str
    product: str = STANDARD
    until: datetime | None = None
    fund: str | None = None


class PayAuthorised(msgspec.Struct, frozen=True):
    """Make a trade and pay it from what is frozen. complete: unfreeze the rest."""

    authorisation_id: AuthorisationId
    by: MemberId
    out_trade_no: str
    amount_minor: int
    subject: str
    complete: bool = False
    settle: bool = False


class UnfreezeFunds(msgspec.Struct, frozen=True):
    """Let go of a part of what is frozen, or all."""

    authorisation_id: AuthorisationId
    by: MemberId
    request_no: str
    amount_minor: int
    note: str = ""


class EvidenceFile(msgspec.Struct, frozen=True):
    """A file of evidence, with its content."""

    side: Side
    name: str
    media_type: str
    content: bytes

"""Types of guaranteed trade: trades, shipments, refunds, settlements, cases, authorisations.

Amounts named `..._minor` are fen of CNY; instants are aware UTC (`..._at`). What a trade's counters
say is proven from its ledger entries (`entry_proofs.py`); no balance is kept anywhere else.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Final, NewType
from uuid import UUID

import msgspec

from venule.members import MemberId

TradeId = NewType("TradeId", UUID)
RefundId = NewType("RefundId", UUID)
SettlementId = NewType("SettlementId", UUID)
CaseId = NewType("CaseId", UUID)
AuthorisationId = NewType("AuthorisationId", UUID)
OperationId = NewType("OperationId", UUID)
EvidenceId = NewType("EvidenceId", UUID)

APP_CHARS_MAX: Final = 64
NUMBER_CHARS_MAX: Final = 64
SUBJECT_CHARS_MAX: Final = 256
TEXT_CHARS_MAX: Final = 256
CARRIER_CHARS_MAX: Final = 64

AMOUNT_MINOR_MAX: Final = 10_000_000_000
"""The most one trade may cost: 100,000,000.00 yuan, as the partner gateway has it."""

SHIPMENTS_MAX: Final = 50
RECEIVERS_MAX: Final = 20
AWARDS_MAX: Final = 10
EVIDENCE_FILES_MAX: Final = 20
"""Files that one side may file in one case."""
EVIDENCE_BYTES_MAX: Final = 1 << 20


class TradeKind(Enum):
    """Guaranteed: the money waits for the goods. Instant: it is the seller's at once."""

    GUARANTEED = "guaranteed"
    INSTANT = "instant"


class Goods(Enum):
    """How goods travel; the time until a receipt counts as confirmed depends on it."""

    EXPRESS = "express"
    POST = "post"
    VIRTUAL = "virtual"


class TradeState(Enum):
    """Where a trade stands.

    created: not paid. paid: held, nothing shipped. part_shipped, shipped: held, under way. success:
    the seller's, and can be refunded or settled. finished: over. closed: not paid, or all refunded.
    """

    CREATED = "created"
    PAID = "paid"
    PART_SHIPPED = "part_shipped"
    SHIPPED = "shipped"
    SUCCESS = "success"
    FINISHED = "finished"
    CLOSED = "closed"


class TradeEvent(Enum):
    """What can happen to a trade.

    part: something is still held after it. rest: nothing is. open: nor is it over yet, for it can
    be refunded or settled. all: every fen has gone back. unshipped: what was not shipped has.
    pay_final: instant, and cannot be refunded.
    """

    PAY = "pay"
    PAY_INSTANT = "pay_instant"
    PAY_FINAL = "pay_final"
    CLOSE = "close"
    PAY_DUE = "pay_due"
    SHIP_PART = "ship_part"
    SHIP_REST = "ship_rest"
    RELEASE_PART = "release_part"
    RELEASE_REST = "release_rest"
    RELEASE_REST_OPEN = "release_rest_open"
    REFUND_PART = "refund_part"
    REFUND_UNSHIPPED = "refund_unshipped"
    REFUND_REST = "refund_rest"
    REFUND_REST_OPEN = "refund_rest_open"
    REFUND_ALL = "refund_all"
    SETTLE = "settle"
    END_DUE = "end_due"


class ShipmentState(Enum):
    """Shipped: under way; confirmed: released; refunded, ruled: its money went another way."""

    SHIPPED = "shipped"
    CONFIRMED = "confirmed"
    REFUNDED = "refunded"
    RULED = "ruled"


class ShipmentEvent(Enum):
    """The buyer confirms, or is silent; the money goes back; an operator rules."""

    CONFIRM = "confirm"
    CONFIRM_DUE = "confirm_due"
    REFUND = "refund"
    RULE = "rule"


class CaseState(Enum):
    """Where a buyer's wish for a refund stands.

    asked: the seller is to answer. refused: the buyer may dispute. returning, returned: the goods
    travel back. disputed: an operator is to rule. proposed: a second one is to approve. ruled: may
    be appealed. appealed, appeal_proposed: the same once more. refunded, executed, closed: over.
    """

    ASKED = "asked"
    REFUSED = "refused"
    RETURNING = "returning"
    RETURNED = "returned"
    DISPUTED = "disputed"
    PROPOSED = "proposed"
    RULED = "ruled"
    APPEALED = "appealed"
    APPEAL_PROPOSED = "appeal_proposed"
    REFUNDED = "refunded"
    EXECUTED = "executed"
    CLOSED = "closed"


class CaseEvent(Enum):
    """What the parties, the operators and the deadlines do. `..._due`: somebody was silent."""

    AGREE = "agree"
    AGREE_RETURN = "agree_return"
    REFUSE = "refuse"
    ANSWER_DUE_REFUND = "answer_due_refund"
    ANSWER_DUE_DISPUTE = "answer_due_dispute"
    WITHDRAW = "withdraw"
    DISPUTE = "dispute"
    DISPUTE_DUE = "dispute_due"
    SEND_BACK = "send_back"
    SEND_BACK_DUE = "send_back_due"
    RECEIVE_DUE = "receive_due"
    PROPOSE = "propose"
    APPROVE = "approve"
    REJECT = "reject"
    RULE = "rule"
    APPEAL = "appeal"
    APPEAL_DUE = "appeal_due"


class RulingState(Enum):
    """Proposed: one operator has said so; ruled: it stands; rejected; appealed; executed."""

    PROPOSED = "proposed"
    RULED = "ruled"
    REJECTED = "rejected"
    APPEALED = "appealed"
    EXECUTED = "executed"


class RulingEvent(Enum):
    """What becomes of a ruling."""

    APPROVE = "approve"
    REJECT = "reject"
    APPEAL = "appeal"
    EXECUTE = "execute"


class AuthorisationState(Enum):
    """Frozen: some of it can still be paid or unfrozen; ended: nothing is left."""

    FROZEN = "frozen"
    ENDED = "ended"


class AuthorisationEvent(Enum):
    """A part or the rest is paid or unfrozen; the time is over."""

    PAY_PART = "pay_part"
    PAY_REST = "pay_rest"
    UNFREEZE_PART = "unfreeze_part"
    UNFREEZE_REST = "unfreeze_rest"
    UNFREEZE_DUE = "unfreeze_due"


class OperationKind(Enum):
    """What an authorisation was used for."""

    FREEZE = "freeze"
    PAY = "pay"
    UNFREEZE = "unfreeze"


class Cause(Enum):
    """Why money went back.

    seller: by the seller's own will. ship_due: not shipped in time. case: a buyer's wish, agreed or
    met with silence. ruling: an operator's.
    """

    SELLER = "seller"
    SHIP_DUE = "ship_due"
    CASE = "case"
    RULING = "ruling"


class RoyaltyOnRefund(Enum):
    """Who bears a refund of a settled trade: the seller alone, or the receivers pro rata too."""

    SELLER = "seller"
    PRO_RATA = "pro_rata"


class Side(Enum):
    """A party to a case."""

    BUYER = "buyer"
    SELLER = "seller"


class Pools(msgspec.Struct, frozen=True, gc=False):
    """The room's accounts in the ledger."""

    held: int
    unsettled: int


class Trade(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """An order and its money.

    app, out_trade_no: the merchant application's own name for it, unique. product: the terms.
    settle: what becomes the seller's is kept for settlement. Once it is paid, amount = unshipped +
    shipped + released + awarded + (refunded - refunded_late). unshipped, shipped: held, not yet
    shipped and under way. released: what became the seller's, before fees. unsettled: of that,
    kept for settlement now. shared: with the receivers of royalties, net. awarded: by ruling, to
    others.
    refunded_late: from the seller and receivers. fee: charged; fee_returned: of that, given back.
    shares: what was paid from the fund's shares. counted_ref: what the payer's limits were used
    under. due_at: of the state; see `deadlines.py`.
    """

    id: TradeId
    app: str
    out_trade_no: str
    kind: TradeKind
    goods: Goods
    product: int
    settle: bool
    buyer_id: MemberId | None
    seller_id: MemberId
    buyer_account: int
    seller_account: int
    subject: str
    amount_minor: int
    state: TradeState
    created_at: datetime
    due_at: datetime | None
    paid_at: datetime | None = None
    ended_at: datetime | None = None
    unshipped_minor: int = 0
    shipped_minor: int = 0
    released_minor: int = 0
    awarded_minor: int = 0
    refunded_minor: int = 0
    refunded_late_minor: int = 0
    unsettled_minor: int = 0
    shared_minor: int = 0
    fee_minor: int = 0
    fee_returned_minor: int = 0
    fund: str | None = None
    fund_order_id: UUID | None = None
    shares_minor: int = 0
    shares_returned_minor: int = 0
    authorisation_id: AuthorisationId | None = None
    case_id: CaseId | None = None
    extended: bool = False

    @property
    def held_minor(self) -> int:
        """What waits for the goods."""
        return self.unshipped_minor + self.shipped_minor

    @property
    def escrow_minor(self) -> int:
        """What stands between the parties: held, or kept for settlement."""
        return self.held_minor + self.unsettled_minor

    @property
    def is_paid(self) -> bool:
        """Whether it was ever paid."""
        return self.paid_at is not None

    @property
    def counted_ref(self) -> bytes:
        """What the payer's limits were counted under."""
        return (self.authorisation_id or self.id).bytes


class Shipment(msgspec.Struct, frozen=True, gc=False):
    """Goods under way, worth a part of the trade. `refunded_minor`: of that, gone back.

    fee_minor: what the seller paid us when it was released.
    """

    trade_id: TradeId
    number: int
    amount_minor: int
    refunded_minor: int
    fee_minor: int
    state: ShipmentState
    carrier: str
    tracking_no: str
    shipped_at: datetime
    due_at: datetime
    ended_at: datetime | None

    @property
    def open_minor(self) -> int:
        """What is still held for it."""
        return self.amount_minor - self.refunded_minor if self.ended_at is None else 0


class Refund(msgspec.Struct, frozen=True, gc=False):
    """A part of a trade's money that went back to the buyer, and from where.

    request_no: its own, unique in the trade. refunded_minor: of the trade in all, after it.
    to_fund_minor: of the amount, on its way back into the fund's shares.
    """

    id: RefundId
    trade_id: TradeId
    request_no: str
    cause: Cause
    amount_minor: int
    held_minor: int
    unsettled_minor: int
    seller_minor: int
    receivers_minor: int
    fee_returned_minor: int
    refunded_minor: int
    to_fund_minor: int
    reason: str
    made_at: datetime


class RoyaltyLine(msgspec.Struct, frozen=True, gc=False):
    """A receiver's part. `returned_minor`: of that, given back for refunds."""

    settlement_id: SettlementId
    line: int
    receiver_id: MemberId
    account: int
    amount_minor: int
    returned_minor: int
    note: str


class RoyaltyReturn(msgspec.Struct, frozen=True, gc=False):
    """What a refund took back from a receiver's part."""

    refund_id: RefundId
    settlement_id: SettlementId
    line: int
    amount_minor: int


class Settlement(msgspec.Struct, frozen=True):
    """A sharing-out of what was kept for settlement. `seller_minor`: the rest that went to the
    seller, if it was the last one."""

    id: SettlementId
    trade_id: TradeId
    app: str
    request_no: str
    shared_minor: int
    seller_minor: int
    settled_at: datetime
    lines: list[RoyaltyLine] = []


class Relation(msgspec.Struct, frozen=True):
    """A seller has named a receiver of royalties."""

    seller_id: MemberId
    receiver_id: MemberId
    note: str
    bound_at: datetime


class Case(msgspec.Struct, frozen=True):
    """A buyer's wish for a refund, and what became of it. `shipment`: the one it is about."""

    id: CaseId
    trade_id: TradeId
    request_no: str
    amount_minor: int
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


class Award(msgspec.Struct, frozen=True):
    """A part of a ruling for somebody who is neither buyer nor seller."""

    member_id: MemberId
    account: int
    amount_minor: int


class Ruling(msgspec.Struct, frozen=True):
    """How an operator splits what a trade still holds. `second`: who approved it, if need be."""

    case_id: CaseId
    number: int
    state: RulingState
    buyer_minor: int
    seller_minor: int
    fee_minor: int
    operator: str
    second: str
    reason: str
    made_at: datetime
    awards: list[Award] = []


class Evidence(msgspec.Struct, frozen=True):
    """A file that a party put before the operator; its content is found by its hash."""

    id: EvidenceId
    case_id: CaseId
    side: Side
    sha256: bytes
    media_type: str
    bytes_count: int
    name: str
    filed_at: datetime


class Authorisation(msgspec.Struct, frozen=True, gc=False):
    """Money of a payer frozen for a payee. frozen = paid + unfrozen + rest.

    hold_seq: the ledger's pending transfer of the rest.
    """

    id: AuthorisationId
    app: str
    out_order_no: str
    request_no: str
    product: int
    payer_id: MemberId
    payee_id: MemberId
    payer_account: int
    payee_account: int
    title: str
    frozen_minor: int
    paid_minor: int
    unfrozen_minor: int
    state: AuthorisationState
    hold_seq: int
    created_at: datetime
    due_at: datetime | None
    ended_at: datetime | None

    @property
    def rest_minor(self) -> int:
        """What can still be paid or unfrozen."""
        return self.frozen_minor - self.paid_minor - self.unfrozen_minor


class Operation(msgspec.Struct, frozen=True, gc=False):
    """A use of an authorisation."""

    id: OperationId
    authorisation_id: AuthorisationId
    kind: OperationKind
    request_no: str
    amount_minor: int
    trade_id: TradeId | None
    made_at: datetime
    note: str

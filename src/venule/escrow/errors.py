"""What can go wrong in guaranteed trade; what is about cases stands in `case_errors.py`.

AppError
|-- BadInput
|   `-- EscrowTextMalformed, TradeAmountOutOfRange, ProductTermsWrong
|-- NotFound
|   `-- TradeUnknown, ProductUnknown, ShipmentUnknown, AuthorisationUnknown
|-- Conflict
|   `-- OutTradeNoReused, RequestNoReused
|-- Refused
|   `-- EscrowTransitionIllegal, EscrowNotSetUp, NotTheParty, BuyerIsSeller, TooManyOfTrade,
|       SellerNotAMerchant, TradeExpired, DeadlineInThePast, ExceedsUnshipped, CarrierMissing,
|       RefundExceedsTrade, RoyaltyMalformed,
|       ExtendedAlready, NotForSettlement, SettlementExceedsRest, ReceiverNotBound,
|       AuthorisationExceeded, TradesOpen
`-- Unavailable
    `-- FeesSweptAway

A command that meets several of these gives the first in this order: the form of what was sent, what
it names (trades, members), who may act, the states, the sums, the limits, the money.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from venule.kit.errors import BadInput, Conflict, NotFound, Refused, Unavailable, shorten


@dataclass(eq=False)
class EscrowTextMalformed(BadInput):
    """A name, number or text of a trade is empty, too long or does not print."""

    field: str
    chars_max: int
    seen: str
    slug = "escrow-text-malformed"

    @property
    def message(self) -> str:
        return (
            f"{self.field}: expected 1 to {self.chars_max} printable characters, "
            f"seen {shorten(self.seen)}"
        )


@dataclass(eq=False)
class TradeAmountOutOfRange(BadInput):
    """A sum of a trade is not between one fen and what it may be."""

    what: str
    amount_minor: int
    amount_minor_max: int
    slug = "trade-amount-out-of-range"

    @property
    def message(self) -> str:
        return f"{self.what}: expected 1 to {self.amount_minor_max} fen, seen {self.amount_minor}"


@dataclass(eq=False)
class ProductTermsWrong(BadInput):
    """A term of a product does not make sense."""

    field: str
    expected: str
    seen: int
    slug = "product-terms-wrong"

    @property
    def message(self) -> str:
        return f"{self.field}: expected {self.expected}, seen {self.seen}"


@dataclass(eq=False)
class TooManyOfTrade(Refused):
    """More of something than one trade, case or command may have."""

    what: str
    most: int
    seen: int
    slug = "too-many-of-trade"

    @property
    def message(self) -> str:
        return f"{self.what}: expected at most {self.most}, seen {self.seen}"


@dataclass(eq=False)
class RoyaltyMalformed(Refused):
    """A line of a settlement is not one amount or one ratio of a part of the whole."""

    line: int
    expected: str
    seen: str
    slug = "royalty-malformed"

    @property
    def message(self) -> str:
        return f"line {self.line}: expected {self.expected}, seen {self.seen}"


@dataclass(eq=False)
class TradeUnknown(NotFound):
    """No trade has this id or number."""

    seen: str
    slug = "trade-unknown"

    @property
    def message(self) -> str:
        return f"expected the name of a trade, seen {shorten(self.seen)}"


@dataclass(eq=False)
class ProductUnknown(NotFound):
    """No product has this name."""

    seen: str
    slug = "product-unknown"

    @property
    def message(self) -> str:
        return f"expected the name of a product, seen {shorten(self.seen)}"


@dataclass(eq=False)
class ShipmentUnknown(NotFound):
    """A trade has no shipment of this number."""

    seen: str
    slug = "shipment-unknown"

    @property
    def message(self) -> str:
        return f"expected the name of a shipment, seen {shorten(self.seen)}"


@dataclass(eq=False)
class AuthorisationUnknown(NotFound):
    """No authorisation has this id or number."""

    seen: str
    slug = "authorisation-unknown"

    @property
    def message(self) -> str:
        return f"expected the name of an authorisation, seen {shorten(self.seen)}"


@dataclass(eq=False)
class OutTradeNoReused(Conflict):
    """An application's trade number was used for another trade."""

    app: str
    out_trade_no: str
    trade_id: UUID
    field: str
    slug = "out-trade-no-reused"

    @property
    def message(self) -> str:
        return (
            f"expected number {shorten(self.out_trade_no)} of {shorten(self.app)} to be new, or as "
            f"in trade {self.trade_id}, seen another {self.field}"
        )


@dataclass(eq=False)
class RequestNoReused(Conflict):
    """A request number was used for something else."""

    what: str
    request_no: str
    expected: str
    seen: str
    slug = "request-no-reused"

    @property
    def message(self) -> str:
        return (
            f"{self.what} {shorten(self.request_no)}: expected {self.expected} again, "
            f"seen {self.seen}"
        )


@dataclass(eq=False)
class EscrowTransitionIllegal(Refused):
    """Something that cannot happen to a trade, case or authorisation as it stands."""

    machine: str
    state: str
    event: str
    slug = "escrow-transition-illegal"

    @property
    def message(self) -> str:
        return f"{self.machine}: expected a state that allows {self.event!r}, seen {self.state!r}"


@dataclass(eq=False)
class EscrowNotSetUp(Refused):
    """The room's accounts are not there yet."""

    slug = "escrow-not-set-up"

    @property
    def message(self) -> str:
        return "expected the escrow room to be set up, seen no accounts"


@dataclass(eq=False)
class NotTheParty(Refused):
    """Somebody acts in a trade who is not its buyer, or not its seller."""

    role: str
    member_id: UUID
    slug = "not-the-party"

    @property
    def message(self) -> str:
        return f"expected the {self.role} of the trade, seen {self.member_id}"


@dataclass(eq=False)
class BuyerIsSeller(Refused):
    """Nobody trades with themselves."""

    member_id: UUID
    slug = "buyer-is-seller"

    @property
    def message(self) -> str:
        return f"expected two members, seen {self.member_id} on both sides"


@dataclass(eq=False)
class SellerNotAMerchant(Refused):
    """An instant trade or an authorisation is in favour of a person."""

    member_id: UUID
    slug = "seller-not-a-merchant"

    @property
    def message(self) -> str:
        return f"expected a merchant or an institution, seen a person, {self.member_id}"


@dataclass(eq=False)
class TradeExpired(Refused):
    """The time for paying a trade is over."""

    trade_id: UUID
    due_at: datetime
    now: datetime
    slug = "trade-expired"

    @property
    def message(self) -> str:
        return (
            f"trade {self.trade_id}: expected payment before {self.due_at}, seen it at {self.now}"
        )


@dataclass(eq=False)
class DeadlineInThePast(Refused):
    """A deadline of the caller's own lies before now, or too far ahead."""

    expected: str
    seen: datetime
    slug = "deadline-in-the-past"

    @property
    def message(self) -> str:
        return f"expected {self.expected}, seen {self.seen}"


@dataclass(eq=False)
class ExceedsUnshipped(Refused):
    """More is to be shipped than is paid for and not shipped."""

    trade_id: UUID
    unshipped_minor: int
    asked_minor: int
    slug = "exceeds-unshipped"

    @property
    def message(self) -> str:
        return (
            f"trade {self.trade_id}: expected goods of at most {self.unshipped_minor} fen, "
            f"seen {self.asked_minor}"
        )


@dataclass(eq=False)
class CarrierMissing(Refused):
    """Goods that travel are shipped with a carrier and its number."""

    trade_id: UUID
    goods: str
    slug = "carrier-missing"

    @property
    def message(self) -> str:
        return (
            f"trade {self.trade_id}: expected a carrier and a number for {self.goods} goods, "
            "seen none"
        )


@dataclass(eq=False)
class RefundExceedsTrade(Refused):
    """More is to be refunded than is left of a trade, or of the part that may be refunded."""

    trade_id: UUID
    left_minor: int
    asked_minor: int
    slug = "refund-exceeds-trade"

    @property
    def message(self) -> str:
        return (
            f"trade {self.trade_id}: expected a refund of at most {self.left_minor} fen, "
            f"seen {self.asked_minor}"
        )


@dataclass(eq=False)
class ExtendedAlready(Refused):
    """The time for confirming was extended before."""

    trade_id: UUID
    slug = "extended-already"

    @property
    def message(self) -> str:
        return f"trade {self.trade_id}: expected the first extension, seen a second one"


@dataclass(eq=False)
class NotForSettlement(Refused):
    """Nothing of the trade was to be kept for settlement."""

    trade_id: UUID
    slug = "not-for-settlement"

    @property
    def message(self) -> str:
        return f"expected a trade made for settlement, seen {self.trade_id}"


@dataclass(eq=False)
class SettlementExceedsRest(Refused):
    """More is to be shared out than is kept for settlement."""

    trade_id: UUID
    rest_minor: int
    asked_minor: int
    slug = "settlement-exceeds-rest"

    @property
    def message(self) -> str:
        return (
            f"trade {self.trade_id}: expected parts of at most {self.rest_minor} fen, "
            f"seen {self.asked_minor}"
        )


@dataclass(eq=False)
class ReceiverNotBound(Refused):
    """The seller has not named this receiver of royalties."""

    seller_id: UUID
    receiver_id: UUID
    slug = "receiver-not-bound"

    @property
    def message(self) -> str:
        return f"expected a receiver bound by {self.seller_id}, seen {self.receiver_id}"


@dataclass(eq=False)
class AuthorisationExceeded(Refused):
    """More is to be paid or unfrozen than is still frozen."""

    authorisation_id: UUID
    rest_minor: int
    asked_minor: int
    slug = "authorisation-exceeded"

    @property
    def message(self) -> str:
        return (
            f"authorisation {self.authorisation_id}: expected at most {self.rest_minor} fen, "
            f"seen {self.asked_minor}"
        )


@dataclass(eq=False)
class TradesOpen(Refused):
    """A member whose money stands between parties cannot leave."""

    member_id: UUID
    trades: int
    authorisations: int
    slug = "trades-open"

    @property
    def message(self) -> str:
        return (
            f"member {self.member_id}: expected no money in escrow, seen {self.trades} trades and "
            f"{self.authorisations} authorisations"
        )


@dataclass(eq=False)
class FeesSweptAway(Unavailable):
    """The fee to be given back has left the clients' money already."""

    fee_minor: int
    unswept_minor: int
    slug = "fees-swept-away"

    @property
    def message(self) -> str:
        return f"expected at least {self.fee_minor} fen of unswept fees, seen {self.unswept_minor}"

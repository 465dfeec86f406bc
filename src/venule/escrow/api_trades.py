"""Trades over HTTP: ordered, paid, shipped, confirmed, given back, shared out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, TypeVar

import msgspec

from venule.escrow import lists, service, shipping, turning
from venule.escrow.api_shapes import (
    READ,
    TAG,
    WRITE,
    CarrierNote,
    FundCode,
    Instant,
    Note,
    Number,
    PageQuery,
    Price,
    ProductName,
    RequestNo,
    ShipmentNo,
    Subject,
    TrackingNote,
    TradePath,
    app_of,
    before,
    cut,
    is_party,
    may_see,
    me,
    slice_of,
)
from venule.escrow.api_views import (
    RefundPage,
    RefundView,
    ShipmentList,
    ShipmentView,
    TradePage,
    TradeView,
    refund_view,
    shipment_view,
    trade_view,
)
from venule.escrow.case_errors import CaseStillOpen
from venule.escrow.commands import (
    CloseTrade,
    Confirm,
    CreateTrade,
    Extend,
    PayTrade,
    RefundTrade,
    RoyaltyBack,
    Ship,
)
from venule.escrow.errors import (
    BuyerIsSeller,
    CarrierMissing,
    DeadlineInThePast,
    EscrowNotSetUp,
    EscrowTransitionIllegal,
    ExceedsUnshipped,
    ExtendedAlready,
    FeesSweptAway,
    NotTheParty,
    OutTradeNoReused,
    ProductUnknown,
    RefundExceedsTrade,
    RequestNoReused,
    RoyaltyMalformed,
    SellerNotAMerchant,
    ShipmentUnknown,
    TooManyOfTrade,
    TradeExpired,
    TradeUnknown,
)
from venule.escrow.model import (
    RECEIVERS_MAX,
    Goods,
    RoyaltyOnRefund,
    SettlementId,
    Side,
    Trade,
    TradeId,
    TradeKind,
    TradeState,
)
from venule.escrow.refunds import cancel_trade as undo_trade
from venule.escrow.refunds import refund_trade as give_back_to_buyer
from venule.escrow.terms import STANDARD
from venule.fund import (
    AdvanceExhausted,
    AdvanceNotLicensed,
    FundNotOpen,
    FundUnknown,
    HolderUnknown,
    RedemptionsStopped,
    SharesInsufficient,
)
from venule.fund import LimitExceeded as FundLimitExceeded
from venule.kit.errors import AppError, CalendarExhausted
from venule.kit.http import ALL_SIDES, MEMBER_SIDE, Amount, Call, Route, Shape, fen, give_cursor
from venule.members import MemberClosed, MemberFrozen, MemberId, MemberUnknown
from venule.wallet import InsufficientFunds, LimitExceeded, WalletNotSetUp

R = TypeVar("R")

FROM_FUND: Final[tuple[type[AppError], ...]] = (
    FundUnknown,
    HolderUnknown,
    RedemptionsStopped,
    FundNotOpen,
    FundLimitExceeded,
    AdvanceNotLicensed,
    AdvanceExhausted,
    CalendarExhausted,
    SharesInsufficient,
)
"""What paying from a fund's shares may be refused for."""

SPENDING: Final[tuple[type[AppError], ...]] = (
    MemberUnknown,
    MemberFrozen,
    MemberClosed,
    LimitExceeded,
    InsufficientFunds,
    EscrowNotSetUp,
    WalletNotSetUp,
    *FROM_FUND,
)
ACTING: Final[tuple[type[AppError], ...]] = (TradeUnknown, NotTheParty, EscrowTransitionIllegal)


class OrderBody(Shape, frozen=True):
    """An order. The caller is its seller, or its buyer.

    buyer_id: null: whoever pays it first. Terms (`product`) and settlement are the seller's to
    choose. pay_until: null: as the product says.
    """

    out_trade_no: Number
    seller_id: MemberId
    amount: Price
    subject: Subject
    buyer_id: MemberId | None = None
    kind: TradeKind = TradeKind.GUARANTEED
    goods: Goods = Goods.EXPRESS
    product: ProductName = STANDARD
    settle: bool = False
    pay_until: Instant | None = None


class PayBody(Shape, frozen=True):
    """How a trade is paid. fund: take from these shares what the wallet's cash lacks."""

    fund: FundCode | None = None


class ShipBody(Shape, frozen=True):
    """Goods that are under way. amount: what they are worth; null: all that is not yet shipped.

    Carrier and number may be left out for virtual goods only.
    """

    carrier: CarrierNote = ""
    tracking_no: TrackingNote = ""
    amount: Price | None = None


class ConfirmBody(Shape, frozen=True):
    """What has come. shipment: null: all that is under way."""

    shipment: ShipmentNo | None = None


class RoyaltyBackBody(Shape, frozen=True):
    """What a receiver gives back of one line of a settlement."""

    settlement_id: SettlementId
    line: Annotated[int, msgspec.Meta(ge=0, lt=RECEIVERS_MAX)]
    amount: Price


class RefundBody(Shape, frozen=True):
    """What the seller sends back. shipment: the one whose money it is, while that is held.

    royalties: who bears it after a settlement. lines: what single receivers give back instead.
    """

    request_no: RequestNo
    amount: Price
    reason: Note = ""
    shipment: ShipmentNo | None = None
    royalties: RoyaltyOnRefund = RoyaltyOnRefund.SELLER
    lines: Annotated[list[RoyaltyBackBody], msgspec.Meta(max_length=100)] = []  # noqa: RUF012  never changed


class TermsView(msgspec.Struct, frozen=True):
    """What a trade's terms mean for its parties; spans in seconds. fee_ppm: of what the seller is
    paid, in parts per million; null to the buyer."""

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


class TradesListQuery(PageQuery, frozen=True):
    """Which of the caller's trades: as what, and where they stand."""

    side: Side = Side.BUYER
    state: TradeState | None = None


async def act(
    call: Call[Any, Any, TradePath],
    fn: Callable[..., R],
    command: Any,
) -> R:
    """Carry out a command on a trade; to whom it is not known it stays unknown.

    The good way is one call: only a refusal looks who the parties are.
    """
    try:
        return await call.door.acall(fn, command, call.key)
    except NotTheParty:
        await seen_trade(call, call.path.id)
        raise


async def seen_trade(call: Call[Any, Any, Any], trade_id: TradeId) -> Trade:
    """Return a trade that the caller may see. Raises: TradeUnknown."""
    found = await call.door.aread(turning.trade, trade_id)
    if not may_see(call.who, found):
        raise TradeUnknown(str(trade_id))
    return found


async def party_trade(call: Call[Any, Any, TradePath]) -> Trade:
    """Return a trade that is the caller's, or that staff look at. Raises: TradeUnknown."""
    found = await call.door.aread(turning.trade, call.path.id)
    if not is_party(call.who, found.buyer_id, found.seller_id):
        raise TradeUnknown(str(call.path.id))
    return found


async def create_trade(call: Call[OrderBody, None, None]) -> TradeView:
    """Create an order in the caller's name."""
    body, who = call.body, me(call)
    if who not in (body.seller_id, body.buyer_id):
        raise NotTheParty("buyer or seller", who)
    if who != body.seller_id and (body.product != STANDARD or body.settle):
        raise NotTheParty("seller", who)
    command = CreateTrade(
        app_of(call.who),
        body.out_trade_no,
        body.seller_id,
        body.amount.minor,
        body.subject,
        body.buyer_id,
        body.kind,
        body.goods,
        body.product,
        body.settle,
        body.pay_until,
    )
    return trade_view(call.who, await call.door.acall(service.create_trade, command))


async def list_trades(call: Call[None, TradesListQuery, None]) -> TradePage:
    """List the caller's trades."""
    query = call.query
    last = before(query)
    wanted = lists.TradesQuery(
        me(call), query.side, query.state, None if last is None else TradeId(last), query.limit + 1
    )
    page, end = cut(await call.door.aread(lists.trades_of, wanted), query.limit)
    more = None if end is None else give_cursor(end.id)
    return TradePage([trade_view(call.who, each) for each in page], more)


async def show_trade(call: Call[None, None, TradePath]) -> TradeView:
    """Show a trade."""
    return trade_view(call.who, await seen_trade(call, call.path.id))


async def show_trade_terms(call: Call[None, None, TradePath]) -> TermsView:
    """Show the terms that a trade was created under."""
    found = await call.door.aread(lists.trade_terms, call.path.id)
    if not may_see(call.who, found.trade):
        raise TradeUnknown(str(call.path.id))
    terms, goods = found.terms, found.trade.goods
    confirm_s = {
        Goods.EXPRESS: terms.confirm_express_s,
        Goods.POST: terms.confirm_post_s,
        Goods.VIRTUAL: terms.confirm_virtual_s,
    }[goods]
    return TermsView(
        terms.fee_ppm if is_party(call.who, found.trade.seller_id) else None,
        terms.refund_to.value,
        terms.silence.value,
        terms.ship_days,
        confirm_s,
        terms.extension_s,
        terms.answer_unshipped_s,
        terms.answer_shipped_s,
        terms.dispute_s,
        terms.send_back_s,
        terms.appeal_s,
        fen(terms.two_people_minor),
    )


async def pay_trade(call: Call[PayBody, None, TradePath]) -> TradeView:
    """Pay a trade from the caller's wallet."""
    command = PayTrade(call.path.id, me(call), call.body.fund)
    return trade_view(call.who, await act(call, service.pay_trade, command))


async def close_trade(call: Call[None, None, TradePath]) -> TradeView:
    """Close a trade that is not paid."""
    command = CloseTrade(call.path.id, me(call))
    return trade_view(call.who, await act(call, service.close_trade, command))


async def cancel_trade(call: Call[None, None, TradePath]) -> TradeView:
    """Close a trade, or refund all that is left of it."""
    command = CloseTrade(call.path.id, me(call))
    return trade_view(call.who, await act(call, undo_trade, command))


async def ship_goods(call: Call[ShipBody, None, TradePath]) -> ShipmentView:
    """Note that goods are under way."""
    body = call.body
    amount = None if body.amount is None else body.amount.minor
    command = Ship(call.path.id, me(call), body.carrier, body.tracking_no, amount)
    return shipment_view(await act(call, shipping.ship, command))


async def list_shipments(call: Call[None, None, TradePath]) -> ShipmentList:
    """List a trade's shipments."""
    await party_trade(call)
    found = await call.door.aread(service.shipments, call.path.id)
    return ShipmentList([shipment_view(each) for each in found])


async def confirm_receipt(call: Call[ConfirmBody, None, TradePath]) -> TradeView:
    """Confirm what has come: the seller is paid for it."""
    command = Confirm(call.path.id, me(call), call.body.shipment)
    return trade_view(call.who, await act(call, shipping.confirm, command))


async def extend_confirmation(call: Call[None, None, TradePath]) -> TradeView:
    """Take more time for confirming; once a trade."""
    command = Extend(call.path.id, me(call))
    return trade_view(call.who, await act(call, shipping.extend, command))


async def refund_trade(call: Call[RefundBody, None, TradePath]) -> RefundView:
    """Send back a part of a trade, or all."""
    body = call.body
    lines = [RoyaltyBack(each.settlement_id, each.line, each.amount.minor) for each in body.lines]
    command = RefundTrade(
        call.path.id,
        me(call),
        body.request_no,
        body.amount.minor,
        body.reason,
        body.shipment,
        body.royalties,
        lines,
    )
    return refund_view(await act(call, give_back_to_buyer, command))


async def list_trade_refunds(call: Call[None, PageQuery, TradePath]) -> RefundPage:
    """List a trade's refunds."""
    await party_trade(call)
    found = await call.door.aread(service.refunds, call.path.id)
    page, more = slice_of(found, call.query)
    return RefundPage([refund_view(each) for each in page], more)


ONE: Final[dict[str, Any]] = {"takes_path": TradePath, "tag": TAG}
DOES: Final[dict[str, Any]] = {
    **ONE, "method": "POST", "who": MEMBER_SIDE, "needs": WRITE, "answer": TradeView,
}  # fmt: skip
LOOKS: Final[dict[str, Any]] = {
    **ONE, "method": "GET", "who": ALL_SIDES, "needs": READ, "errors": (TradeUnknown,),
}  # fmt: skip
MOVES: Final[dict[str, Any]] = {**DOES, "money": True, "rate": "money"}
_PAY: Final = {"amount": "199.00", "currency": "CNY"}
_AT: Final = "/v1/trades/{trade_id}"

ROUTES: Final[list[Route]] = [
    Route(
        method="POST", path="/v1/trades", handler=create_trade, summary="Create an order",
        description="The same number with the same content gives the trade as it stands.",
        tag=TAG, body=OrderBody, answer=TradeView, status=201, who=MEMBER_SIDE, needs=WRITE,
        errors=(
            EscrowNotSetUp, OutTradeNoReused, ProductUnknown, DeadlineInThePast, MemberUnknown,
            BuyerIsSeller, SellerNotAMerchant, MemberClosed, NotTheParty,
        ),
        examples={"body": {
            "out_trade_no": "T-2014-0001", "seller_id": "01890a5d-ac96-774b-bcce-b302099a8057",
            "amount": _PAY, "subject": "Tea, 500 g",
        }},
    ),
    Route(
        method="GET", path="/v1/trades", handler=list_trades, summary="List my trades",
        description="As a buyer or as a seller, the newest first.", tag=TAG,
        query=TradesListQuery, answer=TradePage, who=MEMBER_SIDE, needs=READ,
    ),
    Route(path=_AT, handler=show_trade, summary="Show a trade", answer=TradeView, etag=True,
          description="Its parties see it; so does whoever was given the id of one that anybody "
          "may pay.", **LOOKS),
    Route(path=f"{_AT}/terms", handler=show_trade_terms, summary="Show a trade's terms",
          answer=TermsView, **LOOKS),
    Route(path=f"{_AT}/payment", handler=pay_trade, summary="Pay a trade", body=PayBody,
          description="From the caller's wallet, cash first. What a guaranteed trade brings waits "
          "in escrow.",
          errors=(*ACTING, BuyerIsSeller, SellerNotAMerchant, TradeExpired, *SPENDING),
          examples={"body": {"fund": None}}, **MOVES),
    Route(path=f"{_AT}/closure", handler=close_trade, summary="Close an unpaid trade",
          errors=ACTING, **DOES),
    Route(path=f"{_AT}/cancellation", handler=cancel_trade, summary="Cancel a trade",
          description="Its seller closes it, or refunds all that is left.",
          errors=(*ACTING, CaseStillOpen, RequestNoReused, RefundExceedsTrade, MemberUnknown,
                  MemberFrozen, MemberClosed, FeesSweptAway, InsufficientFunds), **MOVES),
    Route(path=f"{_AT}/shipments", handler=ship_goods, summary="Ship goods", body=ShipBody,
          status=201, errors=(*ACTING, CarrierMissing, CaseStillOpen, ExceedsUnshipped,
                              TooManyOfTrade),
          examples={"body": {"carrier": "SF Express", "tracking_no": "SF1000000001"}},
          **{**MOVES, "answer": ShipmentView}),
    Route(path=f"{_AT}/shipments", handler=list_shipments, summary="List a trade's shipments",
          answer=ShipmentList, **LOOKS),
    Route(path=f"{_AT}/confirmation", handler=confirm_receipt, summary="Confirm a receipt",
          description="The seller is paid for what has come.", body=ConfirmBody,
          errors=(*ACTING, CaseStillOpen, ShipmentUnknown), examples={"body": {"shipment": 1}},
          **MOVES),
    Route(path=f"{_AT}/extension", handler=extend_confirmation, summary="Take more time",
          description="Puts off the automatic confirmation, once a trade.",
          errors=(*ACTING, CaseStillOpen, ExtendedAlready, ShipmentUnknown), **DOES),
    Route(path=f"{_AT}/refunds", handler=refund_trade, summary="Refund a trade", body=RefundBody,
          description="By the seller's will: a part of a trade, or all.", status=201,
          errors=(*ACTING, RequestNoReused, CaseStillOpen, RefundExceedsTrade,
                  RoyaltyMalformed, MemberUnknown, MemberFrozen, MemberClosed, FeesSweptAway,
                  InsufficientFunds),
          examples={"body": {"request_no": "R-1", "amount": _PAY, "reason": "sold out"}},
          **{**MOVES, "answer": RefundView}),
    Route(path=f"{_AT}/refunds", handler=list_trade_refunds, summary="List a trade's refunds",
          query=PageQuery, answer=RefundPage, **LOOKS),
]  # fmt: skip

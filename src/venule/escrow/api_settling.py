"""What a trade has brought, shared out over HTTP: settlements, and receivers of royalties."""

from __future__ import annotations

from typing import Annotated, Final

import msgspec

from venule.escrow import settlement
from venule.escrow.api_shapes import (
    READ,
    TAG,
    WRITE,
    Note,
    PageQuery,
    Price,
    RequestNo,
    TradePath,
    is_party,
    me,
    slice_of,
)
from venule.escrow.api_trades import ACTING, LOOKS, MOVES, act, party_trade
from venule.escrow.api_views import SettlementPage, SettlementView, settlement_view
from venule.escrow.commands import BindReceivers, Receiver, Settle, UnbindReceivers
from venule.escrow.errors import (
    BuyerIsSeller,
    NotForSettlement,
    NotTheParty,
    ReceiverNotBound,
    RequestNoReused,
    RoyaltyMalformed,
    SettlementExceedsRest,
    TradeUnknown,
)
from venule.escrow.model import RECEIVERS_MAX, Relation
from venule.escrow.terms import PPM
from venule.kit.http import MEMBER_SIDE, Call, Route, Shape
from venule.members import MemberClosed, MemberId, MemberUnknown


class ByAmount(Shape, frozen=True, tag_field="by", tag="amount"):
    """A receiver's part, as a sum."""

    receiver_id: MemberId
    amount: Price
    note: Note = ""


class ByRatio(Shape, frozen=True, tag_field="by", tag="ratio"):
    """A receiver's part, in parts per million of what is kept for settlement now."""

    receiver_id: MemberId
    ratio_ppm: Annotated[int, msgspec.Meta(ge=1, le=PPM)]
    note: Note = ""


class SettleBody(Shape, frozen=True):
    """How what is kept is shared out. finish: what is left then is the seller's."""

    request_no: RequestNo
    receivers: Annotated[list[ByAmount | ByRatio], msgspec.Meta(max_length=RECEIVERS_MAX)]
    finish: bool = False


class ReceiversBody(Shape, frozen=True):
    """Receivers of royalties."""

    receiver_ids: Annotated[list[MemberId], msgspec.Meta(min_length=1, max_length=RECEIVERS_MAX)]
    note: Note = ""


class NoReceiversBody(Shape, frozen=True):
    """Receivers that are none any more."""

    receiver_ids: Annotated[list[MemberId], msgspec.Meta(min_length=1, max_length=RECEIVERS_MAX)]


class ReceiverView(msgspec.Struct, frozen=True):
    """A member that may have a part of a seller's trades."""

    member_id: MemberId
    note: str


class ReceiverPage(msgspec.Struct, frozen=True):
    """Some of a seller's receivers, the first named first."""

    items: list[ReceiverView]
    next_cursor: str | None


def _receiver(each: ByAmount | ByRatio) -> Receiver:
    if isinstance(each, ByAmount):
        return Receiver(each.receiver_id, each.amount.minor, note=each.note)
    return Receiver(each.receiver_id, ratio_ppm=each.ratio_ppm, note=each.note)


async def settle_trade(call: Call[SettleBody, None, TradePath]) -> SettlementView:
    """Share out what is kept for settlement."""
    body = call.body
    parts = [_receiver(each) for each in body.receivers]
    command = Settle(call.path.id, me(call), body.request_no, parts, body.finish)
    return settlement_view(await act(call, settlement.settle, command))


async def list_settlements(call: Call[None, PageQuery, TradePath]) -> SettlementPage:
    """List a trade's settlements: for its seller, and staff."""
    it = await party_trade(call)
    if not is_party(call.who, it.seller_id):
        raise NotTheParty("seller", me(call))
    found = await call.door.aread(settlement.settlements, call.path.id)
    page, more = slice_of(found, call.query)
    return SettlementPage([settlement_view(each) for each in page], more)


def _receivers(found: list[Relation], query: PageQuery) -> ReceiverPage:
    page, more = slice_of(found, query)
    return ReceiverPage([ReceiverView(each.receiver_id, each.note) for each in page], more)


async def list_receivers(call: Call[None, PageQuery, None]) -> ReceiverPage:
    """List the caller's receivers of royalties."""
    return _receivers(await call.door.aread(settlement.receivers, me(call)), call.query)


async def bind_receivers(call: Call[ReceiversBody, None, None]) -> ReceiverPage:
    """Name receivers of royalties."""
    command = BindReceivers(me(call), call.body.receiver_ids, call.body.note)
    return _receivers(await call.door.acall(settlement.bind_receivers, command), PageQuery())


async def unbind_receivers(call: Call[NoReceiversBody, None, None]) -> ReceiverPage:
    """Share no longer with these receivers."""
    command = UnbindReceivers(me(call), call.body.receiver_ids)
    return _receivers(await call.door.acall(settlement.unbind_receivers, command), PageQuery())


_AT: Final = "/v1/trades/{trade_id}"

ROUTES: Final[list[Route]] = [
    Route(path=f"{_AT}/settlements", handler=settle_trade, summary="Share out a trade",
          body=SettleBody, status=201,
          errors=(*ACTING, RequestNoReused, NotForSettlement, RoyaltyMalformed, BuyerIsSeller,
                  SettlementExceedsRest, ReceiverNotBound, MemberUnknown, MemberClosed),
          examples={"body": {"request_no": "S-1", "finish": True, "receivers": [
              {"by": "ratio", "receiver_id": "01890a5d-ac96-774b-bcce-b302099a8057",
               "ratio_ppm": 300_000}]}},
          **{**MOVES, "answer": SettlementView}),
    Route(path=f"{_AT}/settlements", handler=list_settlements, query=PageQuery,
          summary="List a trade's settlements", answer=SettlementPage,
          **{**LOOKS, "errors": (TradeUnknown, NotTheParty)}),
    Route(method="GET", path="/v1/royalty-receivers", handler=list_receivers, tag=TAG,
          summary="List my receivers of royalties", query=PageQuery, answer=ReceiverPage,
          who=MEMBER_SIDE, needs=READ),
    Route(method="POST", path="/v1/royalty-receivers", handler=bind_receivers, tag=TAG,
          summary="Name receivers of royalties", body=ReceiversBody, answer=ReceiverPage,
          who=MEMBER_SIDE, needs=WRITE, errors=(MemberUnknown, BuyerIsSeller, MemberClosed),
          examples={"body": {"receiver_ids": ["01890a5d-ac96-774b-bcce-b302099a8057"]}}),
    Route(method="POST", path="/v1/royalty-receivers/removal", handler=unbind_receivers, tag=TAG,
          summary="Share no longer with receivers", body=NoReceiversBody, answer=ReceiverPage,
          who=MEMBER_SIDE, needs=WRITE,
          examples={"body": {"receiver_ids": ["01890a5d-ac96-774b-bcce-b302099a8057"]}}),
]  # fmt: skip

"""The buyer's side of a sandbox, as operations of the API: so that a merchant can test alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Final, TypeVar

import msgspec

from venule.escrow import TradeUnknown
from venule.gateway import buying, grants, store, telling
from venule.gateway.buying import (
    ConfirmReceipt,
    PayOrder,
    SendGoods,
    ShowCode,
    TakeUp,
)
from venule.gateway.errors import NotInSandbox
from venule.gateway.gateway import Gateway
from venule.gateway.grants import LetAppAct, LetUserIn
from venule.gateway.model import Order
from venule.gateway.pages import CODE_BYTES
from venule.kit.http import ANYONE, Call, Route
from venule.ledger import Tx
from venule.members import member_by_ref

TAG: Final = "sandbox"
B = TypeVar("B")


class OrderName(msgspec.Struct, frozen=True):
    """Names an order: by the application and its own number, by ours, or by its cashier page."""

    app_id: str = ""
    out_trade_no: str = ""
    trade_no: str = ""
    token: str = ""


def named_order(tx: Tx, query: OrderName) -> Order:
    """Return the order that is named. Raises: TradeUnknown."""
    if query.token:
        found = store.find_order_by_token(tx.sql, query.token)
    elif query.trade_no:
        found = store.find_order_by_no(tx.sql, query.trade_no)
    else:
        found = store.find_order(tx.sql, query.app_id, query.out_trade_no)
    if found is None:
        raise TradeUnknown(query.token or query.trade_no or query.out_trade_no)
    return found


class PlayBuyer(msgspec.Struct, frozen=True):
    """A buyer, by reference, and an order: see `OrderName`."""

    buyer: str
    app_id: str = ""
    out_trade_no: str = ""
    trade_no: str = ""
    token: str = ""

    @property
    def order(self) -> OrderName:
        """The order named."""
        return OrderName(self.app_id, self.out_trade_no, self.trade_no, self.token)


class PlayedTrade(msgspec.Struct, frozen=True):
    """How a trade stands after what was played, in the gateway's own words."""

    trade_no: str
    out_trade_no: str
    trade_status: str


class PlayCode(msgspec.Struct, frozen=True):
    """A buyer, by reference."""

    buyer: str


class PlayedCode(msgspec.Struct, frozen=True):
    """A payment code: good for a minute, for one payment."""

    auth_code: str


class PlayShipping(msgspec.Struct, frozen=True):
    """A merchant ships the goods of a guaranteed trade."""

    app_id: str
    trade_no: str
    carrier: str
    tracking_no: str


class PlayConsent(msgspec.Struct, frozen=True):
    """Somebody consents. scope: a person lets the application know them; for_app: a merchant lets
    it act for one of its own; token: a payer takes up an order to freeze."""

    buyer: str
    app_id: str = ""
    scope: str = ""
    for_app: str = ""
    token: str = ""


class PlayedConsent(msgspec.Struct, frozen=True):
    """What the application gets: a code, or the number of what is frozen."""

    auth_code: str = ""
    app_auth_code: str = ""
    auth_no: str = ""


class Sandbox:
    """The operations, over one gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    def _check(self) -> None:
        """Raises: NotInSandbox."""
        if not self._gateway.sandbox:
            raise NotInSandbox

    async def pay(self, call: Call[PlayBuyer, None, None]) -> PlayedTrade:
        """Pay an order."""
        self._check()
        buyer = await call.door.aread(member_by_ref, call.body.buyer)
        order = await call.door.aread(named_order, call.body.order)
        paid = await call.door.acall(buying.pay_order, PayOrder(order.token, buyer.id))
        return _played(paid.order, telling.status(paid.trade))

    async def code(self, call: Call[PlayCode, None, None]) -> PlayedCode:
        """Show a payment code."""
        self._check()
        buyer = await call.door.aread(member_by_ref, call.body.buyer)
        return PlayedCode(await call.door.acall(buying.show_code, ShowCode(buyer.id)))

    async def confirm(self, call: Call[PlayBuyer, None, None]) -> PlayedTrade:
        """Confirm the receipt of goods."""
        self._check()
        buyer = await call.door.aread(member_by_ref, call.body.buyer)
        order = await call.door.aread(named_order, call.body.order)
        command = ConfirmReceipt(order.token, buyer.id)
        trade = await call.door.acall(buying.confirm_receipt, command)
        return _played(order, telling.status(trade))

    async def ship(self, call: Call[PlayShipping, None, None]) -> PlayedTrade:
        """Ship the goods of a guaranteed trade."""
        self._check()
        body = call.body
        order = await call.door.aread(named_order, OrderName(trade_no=body.trade_no))
        command = SendGoods(body.app_id, body.trade_no, body.carrier, body.tracking_no)
        trade = await call.door.acall(buying.send_goods, command)
        return _played(order, telling.status(trade))

    async def authorise(self, call: Call[PlayConsent, None, None]) -> PlayedConsent:
        """Consent to what an application asks for."""
        self._check()
        body = call.body
        who = await call.door.aread(member_by_ref, body.buyer)
        if body.token:
            frozen = await call.door.acall(buying.take_up, TakeUp(body.token, who.id))
            return PlayedConsent(auth_no=frozen.auth_no)
        code = self._gateway.draw(CODE_BYTES)
        if body.for_app:
            act = LetAppAct(body.app_id, body.for_app, who.id, code)
            await call.door.acall(grants.let_app_act, act)
            return PlayedConsent(app_auth_code=code)
        scope = body.scope or "auth_user"
        await call.door.acall(grants.let_user_in, LetUserIn(body.app_id, who.id, scope, code))
        return PlayedConsent(auth_code=code)


def _played(order: Order, status: str) -> PlayedTrade:
    return PlayedTrade(order.trade_no, order.out_trade_no, status)


def _route(name: str, handler: Callable[[Any], Awaitable[Any]], **how: Any) -> Route:
    return Route(
        method="POST",
        path=f"/v1/sandbox/gateway/{name}",
        handler=handler,
        tag=TAG,
        who=ANYONE,
        errors=(NotInSandbox,),
        **how,
    )


def sandbox_routes(gateway: Gateway) -> list[Route]:
    """Return the operations of a sandbox; of another gateway there are none."""
    if not gateway.sandbox:
        return []
    play = Sandbox(gateway)
    return [
        _route("pay", play.pay, body=PlayBuyer, answer=PlayedTrade, summary="Pay an order"),
        _route(
            "paycode", play.code, body=PlayCode, answer=PlayedCode, summary="Show a payment code"
        ),
        _route(
            "confirm", play.confirm, body=PlayBuyer, answer=PlayedTrade, summary="Confirm receipt"
        ),
        _route("ship", play.ship, body=PlayShipping, answer=PlayedTrade, summary="Ship goods"),
        _route(
            "authorise",
            play.authorise,
            body=PlayConsent,
            answer=PlayedConsent,
            summary="Consent to what an application asks for",
        ),
    ]

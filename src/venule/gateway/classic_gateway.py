"""The classic interface as a process has it: bytes in, XML, pages or one word out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from venule import escrow, members, wallet
from venule.gateway import classic as services
from venule.gateway.applications import app as app_of
from venule.gateway.applications import app_by_partner
from venule.gateway.classic import ClassicAsked, VerifyNotice
from venule.gateway.errors import (
    GatewayAppUnknown,
    GatewayRefused,
    WireFieldWrong,
    WireRequestReused,
    WireUserDiffers,
    WireUserUnknown,
)
from venule.gateway.gateway import Gateway, Page, Request, error_page
from venule.gateway.model import Acting, App, AppState, Order
from venule.gateway.wire import classic
from venule.gateway.wire.parameters import UTF8, Parameters, read_parameters
from venule.kit.errors import AppError

BROWSER: Final = frozenset({*services.GUARANTEED, services.DIRECT})
SERVER: Final[Mapping[str, Callable[..., Any]]] = {
    "send_goods_confirm_by_platform": services.send_goods,
    "single_trade_query": services.query,
}
READS: Final = frozenset({"single_trade_query"})
VERIFY: Final = "notify_verify"
XML: Final = "text/xml;charset="

_ERRORS: Final[Mapping[type[AppError], str]] = {
    WireFieldWrong: "ILLEGAL_ARGUMENT",
    WireUserUnknown: "ILLEGAL_ARGUMENT",
    GatewayAppUnknown: "ILLEGAL_PARTNER",
    escrow.EscrowTextMalformed: "ILLEGAL_ARGUMENT",
    escrow.TradeAmountOutOfRange: "TOTAL_FEE_OUT_OF_RANGE",
    escrow.DeadlineInThePast: "ILLEGAL_ARGUMENT",
    escrow.TradeUnknown: "TRADE_NOT_EXIST",
    escrow.EscrowTransitionIllegal: "TRADE_STATUS_NOT_AVAILD",
    escrow.CarrierMissing: "ILLEGAL_ARGUMENT",
    escrow.ExceedsUnshipped: "TRADE_STATUS_NOT_AVAILD",
    escrow.CaseStillOpen: "TRADE_STATUS_NOT_AVAILD",
    escrow.TooManyOfTrade: "TRADE_STATUS_NOT_AVAILD",
    escrow.TradeExpired: "TRADE_STATUS_NOT_AVAILD",
    escrow.OutTradeNoReused: "ILLEGAL_ARGUMENT",
    escrow.NotTheParty: "HAS_NO_PRIVILEGE",
    escrow.SellerNotAMerchant: "HAS_NO_PRIVILEGE",
    # Lines of batches
    escrow.RefundExceedsTrade: "REFUND_TRADE_FEE_ERROR",
    escrow.RequestNoReused: "ILLEGAL_ARGUMENT",
    WireRequestReused: "ILLEGAL_ARGUMENT",
    WireUserDiffers: "ACCOUNT_NAME_NOT_MATCH",
    members.MemberFrozen: "ACCOUNT_STATUS_ERROR",
    members.MemberClosed: "ACCOUNT_STATUS_ERROR",
    wallet.InsufficientFunds: "ACCOUNT_BALANCE_NOT_ENOUGH",
    wallet.LimitExceeded: "AMOUNT_LIMIT_EXCEEDED",
    wallet.AmountTooLarge: "TOTAL_FEE_OUT_OF_RANGE",
    wallet.SelfTransfer: "ILLEGAL_ARGUMENT",
}


def classic_error(error: AppError) -> str:
    """Return what the classic interface calls an error."""
    if isinstance(error, GatewayRefused):
        return "ILLEGAL_ARGUMENT" if error.code == "40002" else error.sub_code
    return _ERRORS.get(type(error), "SYSTEM_ERROR")


def refused(name: str, detail: str) -> GatewayRefused:
    """Return a refusal by one of the interface's own names."""
    return GatewayRefused("classic", name, detail)


class Classic:
    """Answers requests of the classic interface."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def answer(self, request: Request) -> Page:
        """Answer a request: a page or a redirect for browsers, XML for servers."""
        service, charset = "", UTF8
        try:
            values = read_parameters(
                request.query, request.body, request.content_type, "_input_charset"
            )
            charset, service = values.charset, values.get("service")
            if service == VERIFY:
                return await self._verify(values)
            app, asked = await self.checked(values)
            key = self._key(app)
            if service in BROWSER:
                order = await self._gateway.door.acall(services.create_order, asked)
                place = f"{self._gateway.root}/cashier/{order.token}"
                return Page(b"", 302, headers={"location": place})
            fn = SERVER.get(service)
            if fn is None:
                raise refused("ILLEGAL_SERVICE", "no such service")
            door = self._gateway.door
            told = await (door.aread if service in READS else door.acall)(fn, asked)
            body = classic.write_answer(values.values, told.root, told.members, key, charset)
            return Page(body, content_type=f"{XML}{charset}")
        except AppError as error:
            return self._refusal(error, service, charset)

    async def checked(self, values: Parameters) -> tuple[App, ClassicAsked]:
        """Return who asks, and what, once the signature is verified. Raises: GatewayRefused."""
        app = await self._partner(values)
        if values.get("sign_type") not in ("", "MD5") or not classic.verify(
            values.values, self._key(app), values.charset
        ):
            raise refused("ILLEGAL_SIGN", "the signature is another one")
        acting = Acting(app.app_id, app.app_id, app.seller_id)
        return app, ClassicAsked(acting, values.get("service"), values.values)

    def refusal_page(self, error: AppError) -> Page:
        """Return the page that a browser sees when it is refused."""
        name = classic_error(error)
        detail = error.detail if isinstance(error, GatewayRefused) else error.message
        return error_page({"code": name, "sub_code": name, "sub_msg": detail})

    def _refusal(self, error: AppError, service: str, charset: str) -> Page:
        name = classic_error(error)
        if service == VERIFY:
            return Page(b"invalid", content_type="text/plain")
        if service in BROWSER:
            return self.refusal_page(error)
        return Page(classic.write_error(name, charset), content_type=f"{XML}{charset}")

    async def _partner(self, values: Parameters) -> App:
        """Return the application of a partner that was let in. Raises: GatewayRefused."""
        try:
            app = await self._gateway.door.aread(app_by_partner, values.get("partner"))
        except GatewayAppUnknown:
            raise refused("ILLEGAL_PARTNER", "no such partner") from None
        if app.state is not AppState.ACTIVE or app.md5_sealed is None:
            raise refused("ILLEGAL_PARTNER_EXTERFACE", "the partner is not let in")
        return app

    def _key(self, app: App) -> str:
        assert app.md5_sealed is not None
        return self._gateway.open_md5(app.md5_sealed)

    async def _verify(self, values: Parameters) -> Page:
        """Say whether a notification is ours: one word, nothing else."""
        partner, notify_id = values.get("partner"), values.get("notify_id")
        if not partner or not notify_id:
            return Page(b"invalid", content_type="text/plain")
        known = await self._gateway.door.aread(
            services.verify_notice, VerifyNotice(partner, notify_id)
        )
        return Page(b"true" if known else b"false", content_type="text/plain")


async def return_address(gateway: Gateway, order: Order) -> str:
    """Return where the buyer goes after payment, signed with the partner's key."""
    app = await gateway.door.aread(app_of, order.app_id)
    if app.md5_sealed is None:
        return order.return_url
    values = await gateway.door.aread(services.return_facts, order)
    key = gateway.open_md5(app.md5_sealed)
    values |= {"sign_type": "MD5", "sign": classic.sign(values, key, UTF8)}
    joint = "&" if "?" in order.return_url else "?"
    return f"{order.return_url}{joint}{urlencode(values)}"

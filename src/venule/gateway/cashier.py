"""The cashier: shows an order to a buyer, who signs in with a payment password and pays.

The signed request of a page method proves the merchant alone. Nothing is paid without the buyer's
own login and payment password, sent in the same form: there is no session to ride on.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from venule.escrow import Trade, TradeKind, TradeState, TradeUnknown
from venule.gateway import buying, cashier_pages, classic_gateway, envelope, trades
from venule.gateway.buyers import Buyers
from venule.gateway.buying import PayOrder, Shown, show_order
from venule.gateway.codes import Family, wire_codes
from venule.gateway.gateway import Gateway, Page, error_page
from venule.gateway.looking import LookUp, look_up
from venule.gateway.model import Order
from venule.gateway.users import known_number
from venule.gateway.wire import signing
from venule.gateway.wire.money import show_amount, show_stamp
from venule.gateway.wire.parameters import read_parameters
from venule.kit.errors import AppError
from venule.ledger import Tx
from venule.members import MemberId, MemberUnknown

PAGE_HEADERS: Final = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'none';"
        " base-uri 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
}


class Cashier:
    """The pages of one gateway."""

    def __init__(self, gateway: Gateway, buyers: Buyers) -> None:
        self._gateway = gateway
        self._buyers = buyers

    async def show(self, token: str, lang: str) -> Page:
        """Show an order; from now on its merchant is told of it."""
        try:
            await self._gateway.door.acall(trades.open_order, token)
            shown = await self._gateway.door.aread(show_order, token)
        except TradeUnknown as error:
            return error_page(envelope.told_error(error, None, None))
        return await self._page(shown, lang)

    async def pay(self, token: str, body: bytes, content_type: str, lang: str) -> Page:
        """Take the buyer's login and password, pay, and send them back to the shop."""
        try:
            form = read_parameters(b"", body, content_type)
            shown = await self._gateway.door.aread(show_order, token)
        except AppError as error:
            return error_page(envelope.told_error(error, None, None))
        login = form.get("login")
        buyer = await self._buyers.known(login, form.get("password"), form.get("code"))
        if buyer is None:
            fault = cashier_pages.word("not_known", lang)
            return await self._page(shown, lang, login, fault)
        # Only what the page has offered is a source.
        offered = {each.code for each in shown.sources}
        source = form.get("source") if form.get("source") in offered else None
        try:
            paid = await self._gateway.door.acall(buying.pay_order, PayOrder(token, buyer, source))
        except AppError as error:
            code, sub_code = wire_codes(error, Family.PAY)
            return await self._page(shown, lang, login, f"{sub_code} ({code})")
        address = await self.return_address(paid.order, paid.trade)
        place = address or f"{self._gateway.root}/cashier/{token}"
        return Page(b"", 303, headers={"location": place})

    async def _page(self, shown: Shown, lang: str, login: str = "", fault: str = "") -> Page:
        order, trade = shown.order, shown.trade
        back = await self.return_address(order, trade) if trade.is_paid else ""
        text = cashier_pages.render(
            "cashier.html.j2",
            lang,
            merchant=shown.merchant,
            amount=show_amount(trade.amount_minor),
            subject=trade.subject,
            out_trade_no=order.out_trade_no,
            guaranteed=trade.kind is TradeKind.GUARANTEED,
            state="created" if trade.state is TradeState.CREATED else "over",
            paid=trade.is_paid,
            token=order.token,
            sources=shown.sources,
            root=self._gateway.root,
            login=login,
            fault=fault,
            sandbox=self._gateway.sandbox,
            two_factors=self._buyers.two_factors,
            return_url=back,
            qr=cashier_pages.qr_code(f"{self._gateway.base_url}/cashier/{order.token}"),
        )
        return Page(text.encode(), headers=PAGE_HEADERS)

    async def return_address(self, order: Order, trade: Trade) -> str:
        """Return where the buyer goes after payment, signed as notifications are; or nothing.

        It is a hint for the page that the shop shows; the notification is what counts.
        """
        if not order.return_url:
            return ""
        if order.interface == "classic":
            return await classic_gateway.return_address(self._gateway, order)
        seller = await self._gateway.door.aread(seller_number, trade.seller_id)
        found = await self._gateway.door.aread(look_up, LookUp(order.acting))
        values = {
            "app_id": order.acting,
            "auth_app_id": order.app_id,
            "charset": "utf-8",
            "method": f"{order.method}.return",
            "version": "1.0",
            "timestamp": show_stamp(self._gateway.clock.now()),
            "out_trade_no": order.out_trade_no,
            "trade_no": order.trade_no,
            "total_amount": show_amount(trade.amount_minor),
            "seller_id": seller,
        }
        taken = {part.partition("=")[0] for part in order.return_url.partition("?")[2].split("&")}
        values = {name: value for name, value in values.items() if name not in taken}
        text = signing.signed_text(values).encode()
        signer = self._gateway.signer(found.platform)
        values |= {"sign_type": signing.RSA2, "sign": signing.sign(signer.key, text)}
        joint = "&" if "?" in order.return_url else "?"
        return f"{order.return_url}{joint}{urlencode(values)}"


def seller_number(tx: Tx, member_id: MemberId) -> str:
    """Return a seller's number. Raises: MemberUnknown."""
    number = known_number(tx, member_id)
    if not number:
        raise MemberUnknown(member_id)
    return number

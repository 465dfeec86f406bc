"""Pages beside the cashier: consents, orders to freeze, and the files of bills."""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import urlencode, urlsplit

from venule.gateway import billing, buying, cashier_pages, envelope
from venule.gateway.applications import app, apps_of
from venule.gateway.bill_files import account_files, archive, trade_files
from venule.gateway.billing import BillToken, Heading, LinesPage, RefundsPage, SalesPage
from venule.gateway.buyers import Buyers
from venule.gateway.cashier import PAGE_HEADERS
from venule.gateway.codes import Family, wire_codes
from venule.gateway.errors import GatewayRefused, GrantInvalid
from venule.gateway.gateway import Gateway, Page, error_page
from venule.gateway.grants import LetAppAct, LetUserIn, let_app_act, let_user_in
from venule.gateway.model import App, AppState
from venule.gateway.wire.money import show_amount
from venule.gateway.wire.parameters import Parameters, read_parameters
from venule.kit.errors import AppError

USER, MERCHANT = "user", "merchant"
CODE_BYTES: Final = 24


class Consents:
    """The pages on which people let applications in."""

    def __init__(self, gateway: Gateway, buyers: Buyers) -> None:
        self._gateway = gateway
        self._buyers = buyers

    async def show(self, kind: str, query: bytes, lang: str) -> Page:
        """Ask for a consent."""
        try:
            values = read_parameters(query, b"")
            who = await self._who(kind, values)
        except AppError as error:
            return error_page(envelope.told_error(error, None, None))
        return self._page(kind, values, who, lang)

    async def _who(self, kind: str, values: Parameters) -> App:
        """Return the application that asks. Raises: GatewayAppUnknown, GatewayRefused."""
        who = await self._gateway.door.aread(app, values.get("app_id"))
        if who.state is not AppState.ACTIVE:
            raise GatewayRefused("40002", "isv.invalid-app-id", "the application is suspended")
        if not is_under(values.get("redirect_uri"), who.redirects):
            detail = "redirect_uri is under none of the application's registered addresses"
            raise GatewayRefused("40002", "isv.invalid-parameter", detail)
        if kind == USER and values.get("scope") not in ("auth_base", "auth_user"):
            raise GatewayRefused("40002", "isv.invalid-parameter", "expected a scope")
        return who

    def _page(
        self, kind: str, values: Parameters, who: App, lang: str, login: str = "", fault: str = ""
    ) -> Page:
        text = cashier_pages.render(
            "consent.html.j2",
            lang,
            who=who.name,
            asks=cashier_pages.word("allow_user" if kind == USER else "allow_app", lang),
            merchant=kind == MERCHANT,
            values=values.values,
            login=login,
            fault=fault,
            sandbox=self._gateway.sandbox,
            two_factors=self._buyers.two_factors,
        )
        return Page(text.encode(), headers=PAGE_HEADERS)

    async def allow(
        self, kind: str, query: bytes, body: bytes, content_type: str, lang: str
    ) -> Page:
        """Take the login and password, keep the consent, send the browser back with a code."""
        try:
            values = read_parameters(query, b"")
            form = read_parameters(b"", body, content_type)
            who = await self._who(kind, values)
        except AppError as error:
            return error_page(envelope.told_error(error, None, None))
        login = form.get("login")
        member_id = await self._buyers.known(login, form.get("password"), form.get("code"))
        if member_id is None:
            fault = cashier_pages.word("not_known", lang)
            return self._page(kind, values, who, lang, login, fault)
        code = self._gateway.draw(CODE_BYTES)
        try:
            if kind == USER:
                scope = values.get("scope")
                command = LetUserIn(who.app_id, member_id, scope, code)
                await self._gateway.door.acall(let_user_in, command)
                back = {"source": "alipay_wallet", "scope": scope, "auth_code": code}
            else:
                wanted = form.get("for_app")
                own = await self._gateway.door.aread(apps_of, member_id)
                chosen = wanted or (own[0].app_id if own else "")
                act = LetAppAct(who.app_id, chosen, member_id, code)
                await self._gateway.door.acall(let_app_act, act)
                back = {"app_auth_code": code}
        except AppError as error:
            code_, sub_code = wire_codes(error, Family.OTHER)
            return self._page(kind, values, who, lang, login, f"{sub_code} ({code_})")
        if values.get("state"):
            back["state"] = values.get("state")
        return Page(
            b"", 303, headers={"location": _with(values.get("redirect_uri"), who.app_id, back)}
        )


def _with(address: str, app_id: str, values: dict[str, str]) -> str:
    joint = "&" if "?" in address else "?"
    return f"{address}{joint}{urlencode({'app_id': app_id, **values})}"


def is_under(address: str, registered: list[str]) -> bool:
    """Say whether an address equals a registered one or lies under it, on the same host."""
    try:
        wanted = urlsplit(address)
        host = wanted.hostname
    except ValueError:
        return False
    if wanted.scheme not in ("http", "https") or not host or "\\" in address or "@" in address:
        return False
    if any(c.isspace() for c in address) or "/../" in f"{wanted.path}/":
        return False
    for each in registered:
        known = urlsplit(each)
        if (known.scheme, known.netloc) != (wanted.scheme, wanted.netloc):
            continue
        under = known.path.rstrip("/")
        if wanted.path in (under, known.path) or wanted.path.startswith(f"{under}/"):
            return True
    return False


class Freezes:
    """The page on which a payer takes up an order to freeze."""

    def __init__(self, gateway: Gateway, buyers: Buyers) -> None:
        self._gateway = gateway
        self._buyers = buyers

    async def show(self, token: str, lang: str) -> Page:
        """Show an order to freeze."""
        return await self._page(token, lang)

    async def take_up(self, token: str, body: bytes, content_type: str, lang: str) -> Page:
        """Take the payer's login and password, and freeze."""
        try:
            form = read_parameters(b"", body, content_type)
        except AppError as error:
            return error_page(envelope.told_error(error, None, None))
        login = form.get("login")
        payer = await self._buyers.known(login, form.get("password"), form.get("code"))
        if payer is None:
            return await self._page(token, lang, login, cashier_pages.word("not_known", lang))
        try:
            await self._gateway.door.acall(buying.take_up, buying.TakeUp(token, payer))
        except AppError as error:
            code, sub_code = wire_codes(error, Family.FREEZE)
            return await self._page(token, lang, login, f"{sub_code} ({code})")
        return Page(b"", 303, headers={"location": f"{self._gateway.root}/freeze/{token}"})

    async def code(self, token: str) -> Page:
        """Return the code of an order to freeze as an image."""
        image = str(cashier_pages.qr_code(f"{self._gateway.base_url}/freeze/{token}"))
        svg = image.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
        return Page(svg.encode(), content_type="image/svg+xml")

    async def _page(self, token: str, lang: str, login: str = "", fault: str = "") -> Page:
        try:
            shown = await self._gateway.door.aread(buying.show_voucher, token)
        except AppError as error:
            return error_page(envelope.told_error(error, None, None))
        text = cashier_pages.render(
            "freeze.html.j2",
            lang,
            merchant=shown.merchant,
            amount=show_amount(shown.voucher.amount_minor),
            subject=shown.voucher.title,
            out_order_no=shown.voucher.out_order_no,
            state=shown.state,
            token=token,
            root=self._gateway.root,
            login=login,
            fault=fault,
            sandbox=self._gateway.sandbox,
            two_factors=self._buyers.two_factors,
        )
        return Page(text.encode(), headers=PAGE_HEADERS)


class Bills:
    """The files of bills, at addresses that are good for some minutes."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def file(self, token: str) -> Page:
        """Return the ZIP of a bill."""
        try:
            heading = await self._gateway.door.aread(billing.heading, BillToken(token))
        except GrantInvalid:
            return Page(b"the address of this bill is no longer good\n", 404, "text/plain")
        span = billing.span_of(heading.period)
        assert span is not None
        now = self._gateway.clock.now()
        if heading.kind == "trade":
            rows = await self._rows(heading)
            files = await asyncio.to_thread(trade_files, heading.number, span, rows, now)
        else:
            lines = await self._lines(heading)
            files = await asyncio.to_thread(account_files, heading.number, span, lines, now)
        body = archive(heading.number, heading.kind, heading.period, files, now)
        name = f"{heading.number}_{heading.period}.zip"
        headers = {"content-disposition": f'attachment; filename="{name}"'}
        return Page(body, content_type="application/zip", headers=headers)

    async def _rows(self, of: Heading) -> list[billing.BillRow]:
        span = billing.span_of(of.period)
        assert span is not None
        rows: list[billing.BillRow] = []
        page: SalesPage | None = SalesPage(of.seller_id, *span)
        while page is not None:
            sold = await self._gateway.door.aread(billing.sales, page)
            rows += sold.rows
            page = sold.then
        back: RefundsPage | None = RefundsPage(of.seller_id, *span)
        while back is not None:
            given = await self._gateway.door.aread(billing.refunds, back)
            rows += given.rows
            back = given.then
        return rows

    async def _lines(self, of: Heading) -> list[billing.NamedLine]:
        span = billing.span_of(of.period)
        assert span is not None
        lines: list[billing.NamedLine] = []
        page: LinesPage | None = LinesPage(of.seller_id, *span)
        while page is not None:
            found = await self._gateway.door.aread(billing.account_lines, page)
            lines += found.lines
            page = found.then
        return lines[::-1]

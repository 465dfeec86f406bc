"""The page on which a merchant agrees to a batch of the classic interface.

The page stands at the signed address itself, and its form goes back there: what is carried out is
what was signed, and nothing of a batch is kept that nobody has agreed to.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from venule.gateway import cashier_pages
from venule.gateway.buyers import Buyers
from venule.gateway.cashier import PAGE_HEADERS
from venule.gateway.cashier_pages import language_of
from venule.gateway.classic_batches import (
    REFUNDS,
    TRANSFERS,
    Batch,
    DoLine,
    LineDone,
    TellBatch,
    check_batch,
    do_line,
    is_own,
    tell_batch,
)
from venule.gateway.classic_gateway import Classic, classic_error, refused
from venule.gateway.gateway import Gateway, Page, Request
from venule.gateway.model import App, Permission
from venule.gateway.wire.money import show_amount
from venule.gateway.wire.parameters import guess_parameter, read_parameters
from venule.kit.errors import AppError

SERVICES: Final = frozenset({REFUNDS, TRANSFERS})


class Batches:
    """Shows batches and carries out what is agreed to."""

    def __init__(self, gateway: Gateway, classic: Classic, buyers: Buyers) -> None:
        self._gateway = gateway
        self._classic = classic
        self._buyers = buyers

    async def answer(self, request: Request) -> Page:
        """Show the page at a signed address, or take its form."""
        lang = language_of(request.headers.get("accept-language", ""))
        try:
            if not guess_parameter("service", request.query, b""):
                return self._moved(request)
            values = read_parameters(request.query, b"", charset_name="_input_charset")
            app, asked = await self._classic.checked(values)
            if asked.service == TRANSFERS and Permission.TRANSFER not in app.products:
                raise refused("HAS_NO_PRIVILEGE", "transfers are not among its products")
            batch = await self._gateway.door.aread(check_batch, asked)
            if request.http_method != "POST":
                return self._page(batch, lang)
            form = read_parameters(b"", request.body, request.content_type)
        except AppError as error:
            return self._classic.refusal_page(error)
        login = form.get("login")
        who = await self._buyers.known(login, form.get("password"), form.get("code"))
        if who is None or not is_own(who, batch):
            return self._page(batch, lang, login, cashier_pages.word("not_known", lang))
        return self._page(batch, lang, done=await self._carry_out(app, batch))

    def _moved(self, request: Request) -> Page:
        """Send a browser that posts a signed form to the address that says the same."""
        values = read_parameters(b"", request.body, request.content_type, "_input_charset")
        return Page(
            b"", 303, headers={"location": f"?{urlencode(values.values, encoding=values.charset)}"}
        )

    async def _carry_out(self, app: App, batch: Batch) -> list[LineDone]:
        """Carry out line by line; then tell the merchant's program."""
        done = []
        for line in batch.lines:
            try:
                command = DoLine(batch.by, batch.service, line)
                done.append(await self._gateway.door.acall(do_line, command))
            except AppError as error:
                done.append(LineDone(line, classic_error(error)))
        assert app.partner is not None
        await self._gateway.door.acall(tell_batch, TellBatch(batch, app.partner, done))
        return done

    def _page(
        self,
        batch: Batch,
        lang: str,
        login: str = "",
        fault: str = "",
        done: list[LineDone] | None = None,
    ) -> Page:
        text = cashier_pages.render(
            "batch.html.j2",
            lang,
            what=cashier_pages.word(
                "batch_refunds" if batch.service == REFUNDS else "batch_transfers", lang
            ),
            batch_no=batch.batch_no,
            amount=show_amount(batch.total_minor),
            lines=[
                (each.line.target, each.line.name, show_amount(each.line.amount_minor), each.error)
                for each in (done or [LineDone(line) for line in batch.lines])
            ],
            done=done is not None,
            login=login,
            fault=fault,
            sandbox=self._gateway.sandbox,
            two_factors=self._buyers.two_factors,
        )
        return Page(text.encode(), headers=PAGE_HEADERS)

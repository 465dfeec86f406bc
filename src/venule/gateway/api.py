"""The gateway's addresses: bytes in, bytes out. What they mean stands in the files they call."""

from __future__ import annotations

from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from venule.gateway.batch_pages import SERVICES, Batches
from venule.gateway.buyers import Buyers
from venule.gateway.cashier import Cashier
from venule.gateway.cashier_pages import language_of
from venule.gateway.classic_gateway import Classic
from venule.gateway.gateway import FORM, Gateway, Page, Request
from venule.gateway.pages import MERCHANT, USER, Bills, Consents, Freezes
from venule.gateway.rest import Rest
from venule.gateway.wire.parameters import REQUEST_BYTES_MAX, guess_parameter


async def read_request(http: HttpRequest) -> Request:
    """Return a request's bytes; of one that is too long, one byte more than may be."""
    body = bytearray()
    async for chunk in http.stream():
        body += chunk
        if len(body) > REQUEST_BYTES_MAX:
            break
    raw_path = http.scope.get("raw_path") or http.url.path.encode()
    query = http.scope["query_string"]
    root = http.scope.get("root_path", "").rstrip("/")
    path = raw_path.decode("latin-1").removeprefix(root)
    target = path + ("?" + query.decode("latin-1") if query else "")
    return Request(
        query,
        bytes(body[: REQUEST_BYTES_MAX + 1]),
        http.headers.get("content-type", FORM),
        http.method,
        target,
        dict(http.headers),
        root,
    )


BEGINNINGS = ("/cashier/", "/freeze/", "/oauth2/", "/bills/", "/v3/")
"""What the gateway's addresses begin with, besides `/gateway.do`."""


def mounts(gateway: Gateway, buyers: Buyers) -> dict[str, ASGIApp]:
    """Return the applications of a gateway, by the beginnings of their addresses."""
    served: ASGIApp = Router(routes(gateway, buyers))
    return {"/gateway.do": served, **dict.fromkeys(BEGINNINGS, served)}


def is_classic(request: Request) -> bool:
    """Say whether a request is of the classic interface: it names a service, and no method."""
    named = [guess_parameter(name, request.query, request.body) for name in ("service", "method")]
    return bool(named[0]) and not named[1]


def respond(page: Page) -> Response:
    """Return a page as an answer of HTTP."""
    headers = {**page.headers}
    if page.body or "location" not in headers:
        headers["content-type"] = page.content_type
    return Response(page.body, page.status, headers)


def routes(gateway: Gateway, buyers: Buyers) -> list[Route]:
    """Return the addresses of a gateway, for the application that serves them."""
    cashier = Cashier(gateway, buyers)
    consents, freezes = Consents(gateway, buyers), Freezes(gateway, buyers)
    bills, rest, classic = Bills(gateway), Rest(gateway), Classic(gateway)

    batches = Batches(gateway, classic, buyers)

    async def gateway_do(http: HttpRequest) -> Response:
        request = await read_request(http)
        if is_classic(request):
            if guess_parameter("service", request.query, request.body) in SERVICES:
                return respond(await batches.answer(request))
            return respond(await classic.answer(request))
        return respond(await gateway.v2(request))

    async def show(http: HttpRequest) -> Response:
        lang = language_of(http.headers.get("accept-language", ""))
        return respond(await cashier.show(http.path_params["token"], lang))

    async def pay(http: HttpRequest) -> Response:
        request = await read_request(http)
        lang = language_of(http.headers.get("accept-language", ""))
        token = http.path_params["token"]
        return respond(await cashier.pay(token, request.body, request.content_type, lang))

    async def v3(http: HttpRequest) -> Response:
        return respond(await rest.answer(await read_request(http)))

    async def consent(http: HttpRequest) -> Response:
        kind = MERCHANT if http.url.path.endswith("/appToAppAuth.htm") else USER
        lang = language_of(http.headers.get("accept-language", ""))
        query = http.scope["query_string"]
        if http.method == "GET":
            return respond(await consents.show(kind, query, lang))
        request = await read_request(http)
        return respond(await consents.allow(kind, query, request.body, request.content_type, lang))

    async def freeze(http: HttpRequest) -> Response:
        token = http.path_params["token"]
        lang = language_of(http.headers.get("accept-language", ""))
        if http.method == "GET":
            return respond(await freezes.show(token, lang))
        request = await read_request(http)
        return respond(await freezes.take_up(token, request.body, request.content_type, lang))

    async def code(http: HttpRequest) -> Response:
        return respond(await freezes.code(http.path_params["token"]))

    async def bill(http: HttpRequest) -> Response:
        return respond(await bills.file(http.path_params["token"]))

    return [
        Route("/v3/{path:path}", v3, methods=["GET", "POST"]),
        Route("/oauth2/publicAppAuthorize.htm", consent, methods=["GET", "POST"]),
        Route("/oauth2/appToAppAuth.htm", consent, methods=["GET", "POST"]),
        Route("/freeze/{token}", freeze, methods=["GET", "POST"]),
        Route("/freeze/{token}/code.svg", code, methods=["GET"]),
        Route("/bills/{token}", bill, methods=["GET"]),
        Route("/gateway.do", gateway_do, methods=["GET", "POST"]),
        Route("/cashier/{token}", show, methods=["GET"]),
        Route("/cashier/{token}", pay, methods=["POST"]),
    ]

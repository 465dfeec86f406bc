"""OAuth's endpoints and the page that asks a member, over HTTP.

Errors of the token endpoint have the shape of its own standard (RFC 6749, section 5.2), with our
name of them beside it. The page is a form without script; what it carries is a ticket that only it
knows, so that no other site can answer in a member's place.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any, Final, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit

import msgspec
from jinja2 import DictLoader, Environment, StrictUndefined
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from venule.kit.http import ANYONE, Call, Route
from venule.members import MemberId
from venule.partners.errors import ApplicationUnknown, UsedBefore
from venule.partners.oauth import (
    AUTHORIZE,
    INTROSPECT,
    METADATA,
    REVOKE,
    TOKEN,
    Asked,
    AuthorizationServer,
    AuthorizeFailed,
    Introspected,
    TokenAnswer,
)
from venule.partners.oauth_errors import (
    ClientNotProven,
    ConsentRequestOver,
    OAuthError,
    RequestUnfit,
)
from venule.partners.scopes import SCOPES

DECISION: Final = "/oauth/decision"
FORM: Final = "application/x-www-form-urlencoded"
PAGE: Final = "text/html; charset=utf-8"
FIELDS_MAX: Final = 30
NO_STORE: Final = {"cache-control": "no-store", "pragma": "no-cache"}

_encode: Final = msgspec.json.Encoder().encode


class CurrentMember(Protocol):
    """Says which member's browser asks: a session, by a cookie that other sites cannot send."""

    async def __call__(self, request: Request) -> MemberId | None:
        """Return the member; None if nobody has signed in."""


class AnyQuery(msgspec.Struct, frozen=True):
    """Whatever a browser brings; the authorisation server looks at it."""


class TokenForm(msgspec.Struct, frozen=True):
    """What the token endpoint takes; which of them, depends on `grant_type`."""

    grant_type: str
    client_assertion_type: str
    client_assertion: str
    code: str = ""
    redirect_uri: str = ""
    code_verifier: str = ""
    refresh_token: str = ""
    scope: str = ""


class TokenInHand(msgspec.Struct, frozen=True):
    """A token, and the client's proof of itself."""

    token: str
    client_assertion_type: str
    client_assertion: str
    token_type_hint: str = ""


class OAuthProblem(msgspec.Struct, frozen=True):
    """An error (RFC 6749, section 5.2). code: our own name of it."""

    error: str
    error_description: str
    code: str


def read_form(body: bytes) -> dict[str, str]:
    """Return the fields of a form. Raises: RequestUnfit for one that comes twice, or for many."""
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            strict_parsing=bool(body),
            max_num_fields=FIELDS_MAX,
        )
    except ValueError:
        expected = f"a form in UTF-8 of at most {FIELDS_MAX} fields"
        raise RequestUnfit("body", expected, "another") from None
    return _once(pairs)


def _once(pairs: list[tuple[str, str]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise RequestUnfit(name, "once", "twice")
        found[name] = value
    return found


def _problem(error: OAuthError | ClientNotProven | UsedBefore) -> Response:
    word = "invalid_client" if isinstance(error, UsedBefore) else error.oauth
    body = OAuthProblem(word, error.message, error.slug)
    return Response(_encode(body), error.status, NO_STORE, "application/json")


def _answer(value: Any) -> Response:
    return Response(_encode(value), 200, NO_STORE, "application/json")


class _Endpoints:
    """The endpoints of one authorisation server."""

    def __init__(
        self, server: AuthorizationServer, current_member: CurrentMember, sign_in: str
    ) -> None:
        self._server = server
        self._current_member = current_member
        self._sign_in = sign_in

    async def oauth_metadata(self, call: Call[None, None, None]) -> dict[str, Any]:
        """Say what the authorisation server can do."""
        return self._server.metadata()

    async def oauth_token(self, call: Call[bytes, None, None]) -> Response:
        """Give tokens."""
        return await self._formed(call, self._server.token)

    async def oauth_introspect(self, call: Call[bytes, None, None]) -> Response:
        """Say what a token is."""
        return await self._formed(call, self._server.introspect)

    async def oauth_revoke(self, call: Call[bytes, None, None]) -> Response:
        """Take a token back."""
        return await self._formed(call, self._server.revoke)

    async def _formed(
        self, call: Call[bytes, None, None], fn: Callable[[Mapping[str, str]], Awaitable[Any]]
    ) -> Response:
        try:
            value = await fn(read_form(call.body))
        except (OAuthError, ClientNotProven, UsedBefore) as error:
            return _problem(error)
        except ApplicationUnknown:
            return _problem(ClientNotProven("the id of an application", "another"))
        return _answer({} if value is None else value)

    async def oauth_authorize(self, call: Call[None, None, None]) -> Response:
        """Ask a member, on a page."""
        request = call.request
        member_id = await self._current_member(request)
        if member_id is None:
            query = request.url.query
            back = AUTHORIZE + (f"?{query}" if query else "")
            root = request.scope.get("root_path", "")
            return _redirect(f"{root}{self._sign_in}?{urlencode({'next': back})}")
        try:
            params = _once(request.query_params.multi_items())
            asked = await self._server.ask(params, member_id)
        except AuthorizeFailed as failed:
            return _redirect(failed.location)
        except (RequestUnfit, ApplicationUnknown) as error:
            return _page("refused.html.j2", 400, error=error)
        return _consent_page(asked, request.scope.get("root_path", ""))

    async def oauth_decide(self, call: Call[bytes, None, None]) -> Response:
        """Take a member's answer."""
        member_id = await self._current_member(call.request)
        try:
            form = read_form(call.body)
            if member_id is None:
                raise ConsentRequestOver
            allow = form.get("answer") == "allow"
            location = await self._server.decide(form.get("ticket", ""), member_id, allow)
        except (OAuthError, ConsentRequestOver, ApplicationUnknown) as error:
            return _page("refused.html.j2", 400, error=error)
        return _redirect(location)


def _redirect(location: str) -> Response:
    headers = {"cache-control": "no-store", "referrer-policy": "no-referrer"}
    return RedirectResponse(location, 303, headers)


def _consent_page(asked: Asked, root: str) -> Response:
    target = urlsplit(asked.request.redirect_uri)
    return _page(
        "consent.html.j2",
        200,
        f"{target.scheme}://{target.netloc}",
        application=asked.application,
        scopes=[SCOPES[name] for name in asked.request.scopes],
        host=target.netloc,
        action=f"{root}{DECISION}",
        ticket=asked.ticket,
    )


def _page(template: str, status: int, form_goes_to: str = "", **values: Any) -> Response:
    """Return a page that runs no script, stands in no frame, and sends its form to us, who send
    the browser on to one address at most."""
    policy = (
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none';"
        f" form-action 'self' {form_goes_to}".rstrip()
    )
    headers = {
        "content-security-policy": policy,
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
    }
    text = _templates().get_template(template).render(**values)
    return Response(text, status, headers, PAGE)


@cache
def _templates() -> Environment:
    folder = resources.files("venule.partners") / "templates"
    sources = {each.name: each.read_text("utf-8") for each in folder.iterdir()}
    return Environment(loader=DictLoader(sources), autoescape=True, undefined=StrictUndefined)


def oauth_routes(
    server: AuthorizationServer, current_member: CurrentMember, sign_in: str
) -> list[Route]:
    """Return the endpoints. current_member: whose browser asks; sign_in: the path of the page where
    a member signs in, which goes back to the path in its parameter `next`."""
    ends = _Endpoints(server, current_member, sign_in)
    form: dict[str, Any] = {
        "method": "POST",
        "tag": "oauth",
        "takes": FORM,
        "who": ANYONE,
        "hidden": True,
    }
    return [
        Route(
            method="GET",
            path=METADATA,
            handler=ends.oauth_metadata,
            summary="Say what the authorisation server can do (RFC 8414).",
            tag="oauth",
            answer=dict[str, Any],
            who=ANYONE,
            hidden=True,
        ),
        Route(
            path=TOKEN,
            handler=ends.oauth_token,
            summary="Give tokens (RFC 6749).",
            description="Errors are those of RFC 6749, section 5.2.",
            body=TokenForm,
            answer=TokenAnswer,
            **form,
        ),
        Route(
            path=REVOKE,
            handler=ends.oauth_revoke,
            summary="Take a token back (RFC 7009).",
            body=TokenInHand,
            answer=dict[str, str],
            **form,
        ),
        Route(
            path=INTROSPECT,
            handler=ends.oauth_introspect,
            summary="Say what a token of the client's own is (RFC 7662).",
            body=TokenInHand,
            answer=Introspected,
            **form,
        ),
        Route(
            method="GET",
            path=AUTHORIZE,
            handler=ends.oauth_authorize,
            summary="Ask a member, on a page (RFC 6749, section 3.1).",
            tag="oauth",
            query=AnyQuery,
            who=ANYONE,
            hidden=True,
        ),
        Route(
            path=DECISION,
            handler=ends.oauth_decide,
            summary="Take a member's answer.",
            body=bytes,
            **form,
        ),
    ]

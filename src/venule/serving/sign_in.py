"""The page where a member signs in in a browser, for the pages that ask a member something.

The session lies in a cookie that scripts cannot read and other sites cannot send. Programs do not
use it: they sign in over the API and send the session's token by themselves.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Final
from urllib.parse import parse_qsl, urlsplit

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from venule import access
from venule.access import Factor, Origin, OwnerKind, ShownDevice
from venule.kit.errors import AppError
from venule.kit.http import Call, NotPermitted, Route
from venule.members import MemberId
from venule.serving.pages import render
from venule.serving.settings import Settings

SIGN_IN: Final = "/sign-in"
NEXT_CHARS_MAX: Final = 4_096
FORM: Final = "application/x-www-form-urlencoded"
DEVICE: Final = "browser"
OWN_SITES: Final = ("same-origin", "none")
"""What browsers say of a request that no other site has made (Fetch Metadata)."""


class Beginning(msgspec.Struct, frozen=True):
    """What a browser needs to use a passkey."""

    challenge_id: str
    options: dict[str, object]


class Finishing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a browser's passkey has answered. next: where to go then."""

    challenge_id: access.ChallengeId
    answer: dict[str, object]
    next: str = "/"


class GoOn(msgspec.Struct, frozen=True):
    """Signed in; go there."""

    next: str


class NextQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to go once signed in; a path of ours."""

    next: str = "/"


class SignIn:
    """Signs members in by a page, and knows them again by their cookie."""

    def __init__(
        self,
        people: access.Authn,
        settings: Settings,
        draw: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        """draw: a random text of so many bytes, which names the page's own script."""
        self._people = people
        self._draw = draw
        self._house = settings.house_name
        parts = urlsplit(settings.url)
        self._origin = f"{parts.scheme}://{parts.netloc}"
        self._secure = parts.scheme == "https"
        self._path = f"{parts.path.rstrip('/')}/"
        # The prefix makes browsers refuse a cookie of this name that another host has set.
        own = self._secure and self._path == "/"
        self.cookie = "__Host-venule_session" if own else "venule_session"

    async def current_member(self, request: Request) -> MemberId | None:
        """Return whose browser asks; None if nobody is signed in."""
        token = request.cookies.get(self.cookie)
        if token is None:
            return None
        try:
            facts = await self._people.authenticate(token)
        except AppError:
            return None
        return MemberId(facts.owner_id) if facts.kind is OwnerKind.PERSON else None

    def routes(self) -> list[Route]:
        """Return the page and what its form and script call."""
        return [
            Route(
                method="GET", path=SIGN_IN, handler=self.show_sign_in, query=NextQuery,
                summary="Sign in", gives="text/html", rate="pages", hidden=True,
            ),
            Route(
                method="POST", path=SIGN_IN, handler=self.take_sign_in, query=NextQuery,
                body=bytes, takes=FORM, summary="Sign in", rate="sign_in", hidden=True,
            ),
            Route(
                method="POST", path=f"{SIGN_IN}/passkey", handler=self.begin_page_passkey,
                answer=Beginning, summary="Begin with a passkey", rate="sign_in", hidden=True,
            ),
            Route(
                method="POST", path=f"{SIGN_IN}/passkey/answer",
                handler=self.finish_page_passkey, body=Finishing, answer=GoOn,
                summary="Finish with a passkey", rate="sign_in", hidden=True,
            ),
        ]  # fmt: skip

    async def show_sign_in(self, call: Call[None, NextQuery, None]) -> Response:
        """Show the page."""
        return self._page(_local(call.query.next))

    async def take_sign_in(self, call: Call[bytes, NextQuery, None]) -> Response:
        """Take login, password and code of one form."""
        self._check_origin(call.request)
        form = dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
        goal = _local(call.query.next)
        origin = _origin_of(call.request)
        try:
            half = await self._people.sign_in_password(
                OwnerKind.PERSON, form.get("login", ""), form.get("password", ""), origin
            )
            entered = await self._people.finish_sign_in(
                half.token, form.get("code", ""), Factor.TOTP, ShownDevice(name=DEVICE), origin
            )
        except AppError as error:
            return self._page(goal, refused=error.message, status=error.status)
        response = Response(None, 303, {"location": self._path.rstrip("/") + goal})
        self._keep(response, entered)
        return response

    async def begin_page_passkey(self, call: Call[None, None, None]) -> Beginning:
        """Begin to sign in with a passkey."""
        self._check_origin(call.request)
        ceremony = await self._people.begin_passkey()
        return Beginning(str(ceremony.challenge_id), ceremony.options)

    async def finish_page_passkey(self, call: Call[Finishing, None, None]) -> Response:
        """Take the passkey's answer."""
        self._check_origin(call.request)
        entered = await self._people.finish_passkey(
            OwnerKind.PERSON,
            call.body.challenge_id,
            msgspec.json.encode(call.body.answer).decode(),
            ShownDevice(name=DEVICE),
            _origin_of(call.request),
        )
        goal = self._path.rstrip("/") + _local(call.body.next)
        response = Response(msgspec.json.encode(GoOn(goal)), media_type="application/json")
        self._keep(response, entered)
        return response

    def _page(self, goal: str, *, refused: str = "", status: int = 200) -> Response:
        nonce = self._draw(16)
        policy = (
            f"default-src 'none'; style-src 'unsafe-inline'; script-src 'nonce-{nonce}';"
            " connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        )
        return render(
            "sign_in.html.j2", policy, status,
            house=self._house, goal=goal, nonce=nonce, refused=refused,
        )  # fmt: skip

    def _keep(self, response: Response, entered: access.Entered) -> None:
        response.set_cookie(
            self.cookie,
            entered.token,
            path=self._path,
            secure=self._secure,
            httponly=True,
            samesite="lax",
        )
        response.headers["cache-control"] = "no-store"

    def _check_origin(self, request: Request) -> None:
        """A form that another site sends is not ours. Raises: NotPermitted."""
        said = request.headers.get("origin")
        site = request.headers.get("sec-fetch-site", OWN_SITES[0])
        if (said is not None and said != self._origin) or site not in OWN_SITES:
            raise NotPermitted("sign in from a page of ours")


def _local(goal: str) -> str:
    """Return a path of ours; what could lead elsewhere leads home."""
    parts = urlsplit(goal)
    plain = goal.isascii() and goal.isprintable() and "\\" not in goal
    if parts.scheme or parts.netloc or not goal.startswith("/") or goal.startswith("//"):
        return "/"
    return goal if plain and len(goal) <= NEXT_CHARS_MAX else "/"


def _origin_of(request: Request) -> Origin:
    host = request.client.host if request.client else ""
    return Origin(address=host, agent=request.headers.get("user-agent", ""))

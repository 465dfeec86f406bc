"""Partners' API on a real server, in front of a town; clients sign with others' code."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import httpx
import msgspec
from http_message_signatures import HTTPMessageSigner, algorithms
from starlette.requests import Request

from support.live import live
from support.partner_town import ISSUER, OneKey, Partner, PartnerTown, WireDoor
from venule import partners
from venule.kit.http import Api, Caller, CallerKind, OriginForm, Rate, Route
from venule.kit.ids import SystemIds
from venule.kit.time import SystemClock
from venule.kit.vault import Vault
from venule.members import MemberId
from venule.partners.api import partner_routes
from venule.partners.oauth_api import oauth_routes
from venule.serving.gatekeeper import Gatekeeper

STAFF_ID = UUID(int=7)
MEMBER_COOKIE = "member"


class Site:
    """An API in front of a town; staff and people say who they are in a header."""

    def __init__(self, town: PartnerTown, stack: ExitStack) -> None:
        self.town = town
        # The clients here sign by the real host, so the service's own address is that of the test.
        self.signer = town.do(
            partners.load_signer(WireDoor(town.desk), Vault(bytes(32)), town.clock)
        )
        self.routes: list[Route] = []
        self.codes: list[str] = []
        self.url = stack.enter_context(live(OriginForm(self._serve)))
        self.authenticator = partners.Authenticator(
            WireDoor(town.desk), town.clock, frozenset({self.url})
        )
        oauth = partners.AuthorizationServer(self.authenticator, ISSUER, town.draw)
        self.routes = [
            *partner_routes(self.authenticator),
            *oauth_routes(oauth, self._member, "/sign-in"),
        ]
        people: Any = None
        self.gate = Gatekeeper(people, self.authenticator, "http")
        often = dict.fromkeys(("standard", "sign_in"), Rate(100_000, 100_000))
        self.api = Api(
            self.routes,
            WireDoor(town.desk),
            self._who,
            clock=town.clock,
            ids=SystemIds(SystemClock()),
            rates=often,
            sign=self._sign,
            observer=self,
        )
        self.client = stack.enter_context(httpx.Client(base_url=self.url, timeout=20))

    def answered(self, route: str, method: str, status: int, took_s: float, code: str) -> None:
        self.codes.append(code)

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        await self.api(scope, receive, send)

    async def _who(self, request: Request, body: bytes) -> Caller | None:
        scheme, _, said = request.headers.get("authorization", "").partition(" ")
        if scheme != "As":
            return await self.gate(request, body)
        kind, _, name = said.partition(" ")
        at = self.town.clock.now() - timedelta(seconds=1)
        if kind == "person":
            member = UUID(name)
            return Caller(CallerKind.PERSON, member, member_id=member, stepped_up_at=at)
        return Caller(CallerKind.STAFF, STAFF_ID, frozenset(name.split()), stepped_up_at=at)

    async def _member(self, request: Request) -> MemberId | None:
        said = request.cookies.get(MEMBER_COOKIE)
        return None if said is None else MemberId(UUID(said))

    def _sign(self, caller: Caller, response: Any) -> None:
        media = response.headers.get("content-type", "")
        for name, value in self.signer.fields(
            response.status_code, media, bytes(response.body), caller.facts.signature
        ):
            response.headers[name] = value

    def ask(
        self, method: str, path: str, body: Any = None, who: str = "", **more: Any
    ) -> httpx.Response:
        headers = {"authorization": f"As {who}"} if who else {}
        return self.client.request(method, path, json=body, headers=headers, **more)

    def signed(self, partner: Partner, method: str, path: str, body: Any = None) -> httpx.Response:
        """Ask as a partner's server does, with a library that is not ours."""
        content = b"" if body is None else msgspec.json.encode(body)
        headers = {"content-type": "application/json"} if content else {}
        self.town.count += 1
        message = SimpleNamespace(method=method, url=f"{self.url}{path}", headers=headers)
        covered = ["@method", "@authority", "@target-uri"]
        HTTPMessageSigner(
            signature_algorithm=algorithms.ED25519, key_resolver=OneKey(partner.request_private)
        ).sign(
            message,
            key_id=str(partner.request_key.id),
            created=self.town.clock.now(),
            nonce=f"n {self.town.count}",
            covered_component_ids=[*covered, *(["content-type"] if content else [])],
            body=content or None,
        )
        answer = self.client.request(method, path, content=content, headers=message.headers)
        answer.extensions["asked"] = message
        return answer

"""A house that people sign in to over HTTP, served for real."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import httpx
from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from support.access_town import CHEAP, VAULT_KEY, Town
from support.authenticator import ORIGIN, RP_ID
from support.both_homes import Place
from support.live import live
from venule.access import Authn, Ceremonies, Front, Passwords, access_routes
from venule.kit.desk import Desk
from venule.kit.door import DeskDoor
from venule.kit.http import Api, Caller, OriginForm, Rate, Route
from venule.kit.ids import SystemIds
from venule.kit.time import SystemClock
from venule.kit.vault import Vault
from venule.serving.gatekeeper import person_or_staff


class Site:
    """The town, its routes, and a client."""

    def __init__(self, town: Town, routes: list[Route], url: str, client: httpx.Client) -> None:
        self.town = town
        self.routes = routes
        self.url = url
        self.client = client

    def ask(self, method: str, path: str, body: Any = None, token: str = "", **query: Any) -> Any:
        """Send a request; return the answer."""
        headers = {"authorization": f"Bearer {token}"} if token else {}
        return self.client.request(method, path, json=body, headers=headers, params=query)

    def do(self, method: str, path: str, body: Any = None, token: str = "", **query: Any) -> Any:
        """Send a request that must go well; return what it gives."""
        answer = self.ask(method, path, body, token, **query)
        assert answer.status_code < 400, answer.text
        return answer.json() if answer.content else None

    def refused(self, method: str, path: str, body: Any = None, token: str = "") -> tuple[int, str]:
        """Send a request that must be refused; return status and code."""
        answer = self.ask(method, path, body, token)
        assert answer.status_code >= 400, answer.text
        return answer.status_code, answer.json()["code"]


class _Ceremonies(Ceremonies):
    """A relying party that learns its port when it is served."""

    def __init__(self, rp_id: str, origins: list[str]) -> None:
        super().__init__(rp_id, "The Wallet", origins)
        self._origins = origins


@contextmanager
def access_site(place: Place, *, rp_id: str = RP_ID, page: str = "") -> Iterator[Site]:
    """Serve the room's operations in front of a town. page: HTML to be shown at `/`, whose own
    address, by the name `localhost`, is an origin as well."""
    with Town(place) as town, Desk(town.home) as desk:
        chance = Random("site").randbytes
        door = DeskDoor(desk)
        origins = [ORIGIN]
        front = Front(
            door,
            Vault(VAULT_KEY),
            town.clock,
            _Ceremonies(rp_id, origins),
            issuer="The Wallet",
            chance=chance,
            passwords=Passwords(chance, CHEAP),
        )
        authn = Authn(front)
        routes = access_routes(front, authn, town.sensitive)

        async def authenticate(request: Request, body: bytes) -> Caller | None:
            said = request.headers.get("authorization", "")
            if not said.startswith("Bearer "):
                return None
            return person_or_staff(await authn.authenticate(said.removeprefix("Bearer ")))

        often = Rate(100_000, 100_000)
        api = Api(
            routes,
            door,
            authenticate,
            clock=town.clock,
            ids=SystemIds(SystemClock()),
            rates=dict.fromkeys(("standard", "money", "sign_in"), often),
        )

        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            if page and scope["type"] == "http" and scope["path"] == "/":
                headers = [(b"content-type", b"text/html; charset=utf-8")]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await send({"type": "http.response.body", "body": page.encode()})
                return
            await api(scope, receive, send)

        with live(OriginForm(app)) as url, httpx.Client(base_url=url, timeout=20) as client:
            origins.append(url.replace("127.0.0.1", "localhost"))
            yield Site(town, routes, url, client)

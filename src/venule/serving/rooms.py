"""The rooms' work outside the writer, over one door: who asks, and every operation."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.types import ASGIApp

from venule import access, gateway, partners
from venule.escrow import api as escrow_api
from venule.fund import api as fund_api
from venule.kit.door import Door
from venule.kit.http import Caller, Route
from venule.kit.time import Clock, SystemClock
from venule.kit.vault import Vault
from venule.members import api as members_api
from venule.partners import api as partners_api
from venule.partners import oauth, oauth_api
from venule.procedures import SENSITIVE
from venule.serving import operations, streams
from venule.serving.beside import webhook_policy
from venule.serving.gatekeeper import Gatekeeper
from venule.serving.settings import Settings
from venule.serving.sign_in import SIGN_IN, SignIn
from venule.wallet import api as wallet_api
from venule.webhooks import api as webhooks_api


class Rooms:
    """One process's rooms. signer: of answers to partners that sign their requests."""

    def __init__(
        self,
        settings: Settings,
        door: Door,
        vault: Vault,
        clock: Clock,
        signer: partners.AnswerSigner,
    ) -> None:
        self.settings = settings
        self.door = door
        self.vault = vault
        self.signer = signer
        origin = origin_of(settings.url)
        ceremonies = access.Ceremonies(settings.domain, settings.house_name, [origin])
        self.front = access.Front(
            door,
            vault,
            clock,
            ceremonies,
            issuer=settings.house_name,
            chance=secrets.token_bytes,
            apps=SystemClock(),
        )
        self.people = access.Authn(self.front)
        # Partners sign by the machine's clock, whatever the house's says.
        self.partners = partners.Authenticator(door, SystemClock(), frozenset({origin}), self._log)
        self.gatekeeper = Gatekeeper(self.people, self.partners, urlsplit(origin).scheme)
        self.balances = streams.Balances(door, self.gatekeeper.is_still)
        self.sign_in = SignIn(self.people, settings)
        self.gateway = gateway.Gateway(
            door, SystemClock(), vault, base_url=settings.url, sandbox=settings.sandbox
        )

    async def _log(self, event: partners.AuthnEvent) -> None:
        """Keep what partners prove, in the log of all who come in; not each of many alike."""
        if not event.routine:
            named = event.named or (
                "" if event.application_id is None else str(event.application_id)
            )
            ok = event.seen == "ok"
            command = access.NotePartner(event.how, ok, "" if ok else event.seen, named)
            await self.door.acall(access.note_partner, command)

    def routes(self) -> list[Route]:
        """Return every operation of the rooms."""
        server = oauth.AuthorizationServer(self.partners, self.settings.url)
        return [
            *access.access_routes(self.front, self.people, SENSITIVE),
            *members_api.ROUTES,
            *wallet_api.ROUTES,
            *fund_api.ROUTES,
            *escrow_api.ROUTES,
            *partners_api.partner_routes(self.partners),
            *oauth_api.oauth_routes(server, self.sign_in.current_member, SIGN_IN),
            *webhooks_api.webhook_routes(self.vault, webhook_policy(self.settings), os.urandom),
            *gateway.merchant_routes(self.gateway),
            *gateway.sandbox_routes(self.gateway),
            *operations.ROUTES,
            streams.stream_route(self.balances),
            *self.sign_in.routes(),
        ]

    def mounts(self) -> Mapping[str, ASGIApp]:
        """Return what is served beside the API: the partner gateway, by its addresses."""
        buyers: gateway.Buyers = gateway.AccessBuyers(self.people)
        if self.settings.sandbox:
            buyers = gateway.SandboxBuyers(self.door)
        return gateway.mounts(self.gateway, buyers)

    def sign(self, caller: Caller, response: Response) -> None:
        """Sign an answer to a partner that signs its requests."""
        fields = self.signer.fields(
            response.status_code,
            response.headers.get("content-type", ""),
            bytes(response.body),
            caller.facts.signature,
        )
        for name, value in fields:
            response.headers[name.lower()] = value


def origin_of(url: str) -> str:
    """Return the scheme, host and port of an address."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"

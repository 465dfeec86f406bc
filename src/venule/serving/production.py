"""From a world into the house: an application that was tried out asks to be let in.

Its name, contact, scopes and public keys are carried over; the house's staff see it among those who
ask, bind the firm for whom it acts, and admit it, which takes two of them. The partner goes on with
the same keys under the house's ids, which it asks for here.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives import serialization

from venule import partners
from venule.kit.door import Door
from venule.kit.http import PARTNER, STAFF, Call, CallerKind, NotPermitted, Route
from venule.partners import ApplicationId, ApplicationState, KeyId, KeyUse, api_model
from venule.serving.errors import ProductionNotAsked
from venule.serving.world import Carried, World

PATH: Final = "/v1/applications/{application_id}/production-request"


class ProductionKey(msgspec.Struct, frozen=True):
    """A key of the sandbox, and what the house calls it."""

    sandbox_key_id: KeyId
    key_id: KeyId
    use: KeyUse


class ProductionView(msgspec.Struct, frozen=True):
    """How the house knows an application. state: `asked` until two of its staff have admitted it.

    base_url, application_id, keys: what to go on with once it is `admitted`.
    """

    base_url: str
    application_id: ApplicationId
    state: ApplicationState
    scopes: list[str]
    reason: str | None
    keys: list[ProductionKey]


class Production:
    """The way from one world into the house."""

    def __init__(self, world: World, house: Door, house_url: str) -> None:
        self._world = world
        self._house = house
        self._url = house_url

    async def ask_for_production(
        self, call: Call[None, None, api_model.ApplicationPath]
    ) -> ProductionView:
        """Ask the house to admit an application."""
        here = await self._own(call)
        known = self._world.carried(here.id)
        if known is None:
            known = Carried(await self._carry(here))
            self._world.keep_carried(here.id, known)
        else:
            there = await self._house.aread(partners.application, known.application_id)
            if there.state is ApplicationState.REFUSED:
                again = partners.AskProduction(there.id)
                await self._house.acall(partners.ask_production, again)
        if here.state in (ApplicationState.SANDBOX, ApplicationState.REFUSED):
            asked = partners.AskProduction(here.id)
            await self._world.door.acall(partners.ask_production, asked)
        return await self._view(here.id, known)

    async def show_production(
        self, call: Call[None, None, api_model.ApplicationPath]
    ) -> ProductionView:
        """Show what the house has decided."""
        here = await self._own(call)
        known = self._world.carried(here.id)
        if known is None:
            raise ProductionNotAsked(here.id)
        return await self._view(here.id, known)

    async def _own(self, call: Call[None, None, api_model.ApplicationPath]) -> partners.Application:
        """Return the caller's application. Raises: ApplicationUnknown, NotPermitted."""
        wanted, who = call.path.application_id, call.who
        if who.kind is CallerKind.STAFF:
            if "partners.operate" not in who.may:
                raise NotPermitted("partners.operate")
        elif who.id != wanted or who.acts_for_member:
            raise partners.ApplicationUnknown(wanted)
        return await self._world.door.aread(partners.application, wanted)

    async def _carry(self, here: partners.Application) -> ApplicationId:
        keys = await self._world.door.aread(partners.keys, here.id)
        new = partners.SignUp(here.name, here.contact, here.scopes, here.redirect_uris)
        good = tuple(
            partners.CarriedKey(key.use, pem_of(key.public))
            for key in keys
            if key.revoked_at is None and key.expires_at is None
        )
        command = partners.CarryOver(new, good)
        # Should this process end before it has noted the answer, the key finds it again.
        key = f"sandbox/{self._world.name}/{here.id}"
        carried = await self._house.acall(partners.carry_over, command, key)
        return carried.id

    async def _view(self, here_id: ApplicationId, known: Carried) -> ProductionView:
        there = await self._house.aread(partners.application, known.application_id)
        theirs = await self._house.aread(partners.keys, there.id)
        ours = await self._world.door.aread(partners.keys, here_id)
        by_public = {(key.use, key.public): key.id for key in ours}
        keys = [
            ProductionKey(by_public[key.use, key.public], key.id, key.use)
            for key in theirs
            if (key.use, key.public) in by_public and key.revoked_at is None
        ]
        return ProductionView(
            self._url, there.id, there.state, list(there.scopes), there.reason, keys
        )

    def routes(self) -> list[Route]:
        """Return the operations; the first one stands in place of the house's own."""
        common: dict[str, Any] = {
            "path": PATH,
            "tag": "partners",
            "takes_path": api_model.ApplicationPath,
            "answer": ProductionView,
            "who": STAFF | PARTNER,
        }
        return [
            Route(
                method="POST",
                handler=self.ask_for_production,
                summary="Ask the house to admit an application, with the same keys.",
                description="Two of the house's staff decide. Again changes nothing, but after a "
                "refusal it asks anew.",
                errors=(partners.ApplicationUnknown, partners.ApplicationTransitionIllegal),
                **common,
            ),
            Route(
                method="GET",
                handler=self.show_production,
                summary="Show what the house has decided.",
                errors=(partners.ApplicationUnknown, ProductionNotAsked),
                **common,
            ),
        ]


def pem_of(public: bytes) -> str:
    """Return a public key, in DER, as `partners.AddKey` takes it."""
    key = serialization.load_der_public_key(public)
    pem = key.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return pem.decode()

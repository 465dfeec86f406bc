"""How a partner signs up by itself: it gets a world with everything in it, and its credentials."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from venule import gateway, partners
from venule.kit.http import ANYONE, Call, Route, Shape, line_pattern
from venule.members import MemberId, MemberKind
from venule.partners import SCOPES, api_model
from venule.serving.errors import WorldsBusy, WorldsFull
from venule.serving.founding import FUND
from venule.serving.play import AMOUNT_MINOR, Actors, TestMember
from venule.serving.world import World

SIGN_UP: Final = "/sandbox/sign-up"
TIMEOUT_S: Final = 60.0
BUYER: Final = "Test buyer"
FRIEND: Final = "Test friend"
RSA: Final = "an RSA key of at least 2048 bits, in base64 or PEM"


class SignUpBody(Shape, frozen=True):
    """Who wants to try out. request_key: signs requests, Ed25519. assertion_key: for OAuth, Ed25519
    or P-256. gateway_key: with which an SDK of the partner gateway signs, RSA. scopes: what the
    application may do in the sandbox; all if it is not said.
    """

    name: Annotated[str, msgspec.Meta(pattern=line_pattern(64), examples=["Shop helper"])]
    contact: Annotated[str, msgspec.Meta(pattern=line_pattern(128), examples=["dev@shop.example"])]
    request_key: api_model.PublicKeyText
    assertion_key: api_model.PublicKeyText | None = None
    gateway_key: Annotated[str, msgspec.Meta(min_length=1, max_length=4_000)] | None = None
    scopes: Annotated[list[api_model.ScopeName], msgspec.Meta(max_length=len(SCOPES))] | None = None
    redirect_uris: api_model.RedirectUris = []  # noqa: RUF012


class GatewayAccess(msgspec.Struct, frozen=True):
    """What an SDK of the partner gateway is set up with, besides the merchant's own private key."""

    app_id: str
    gateway_url: str
    public_key: str


class SignedUp(msgspec.Struct, frozen=True):
    """A world of one's own. Secrets are shown here and nowhere else.

    base_url: what stands before every path. owner_id: the merchant for whom the application acts.
    fund: the code of a fund that earns every day.
    """

    sandbox: str
    base_url: str
    application_id: UUID
    owner_id: MemberId
    scopes: list[str]
    keys: list[api_model.ApplicationKeyView]
    gateway: GatewayAccess
    members: list[TestMember]
    fund: str
    now: datetime


async def admit(world: World, actors: Actors, body: SignUpBody) -> SignedUp:
    """Open a partner's application in a world, with members to try it out with.

    Raises: PublicKeyUnfit, KeyTaken, PasswordsBusy.
    """
    scopes = list(SCOPES) if body.scopes is None else body.scopes
    new = partners.SignUp(body.name, body.contact, tuple(scopes), tuple(body.redirect_uris))
    command = partners.OpenApplication(new, True, body.request_key, body.assertion_key or "")
    opened = await world.door.acall(partners.open_application, command)
    it = opened.application
    assert it.owner_id is not None, "in a sandbox it has a merchant"
    app = await _gateway_app(world, it, body)
    platform = await world.door.aread(gateway.platform_key)
    await actors.top_up(it.owner_id, AMOUNT_MINOR)
    people = [await actors.make(name, MemberKind.PERSON, AMOUNT_MINOR) for name in (BUYER, FRIEND)]
    url = world.settings.url
    return SignedUp(
        world.name,
        url,
        it.id,
        it.owner_id,
        list(it.scopes),
        [api_model.key_view(key) for key in opened.keys],
        GatewayAccess(app.app_id, f"{url}/gateway.do", platform.public_key),
        people,
        FUND,
        world.clock.now(),
    )


async def _gateway_app(world: World, it: partners.Application, body: SignUpBody) -> gateway.App:
    assert it.owner_id is not None, "in a sandbox it has a merchant"
    command = gateway.NewApp(
        it.owner_id,
        it.name,
        body.gateway_key or "",
        list(gateway.Permission),
        partner_app_id=it.id,
    )
    try:
        return await world.door.acall(gateway.register_app, command)
    except gateway.KeyUnfit as error:
        raise partners.PublicKeyUnfit(RSA, error.seen) from None


def sign_up_route(admit_new: Callable[[SignUpBody], Awaitable[SignedUp]]) -> Route:
    """Return the operation. admit_new: makes the world, or takes the one there is."""

    async def sign_up(call: Call[SignUpBody, None, None]) -> SignedUp:
        return await admit_new(call.body)

    example: dict[str, Any] = {
        "name": "Shop helper",
        "contact": "dev@shop.example",
        "request_key": "ZHVtbXkgcHVibGljIGtleSBvZiAzMiBieXRlcyAhISE=",
    }
    return Route(
        method="POST",
        path=SIGN_UP,
        handler=sign_up,
        summary="Sign up, and get a sandbox of one's own.",
        description="Nobody is asked. The sandbox has a clock of its own, a merchant, two members "
        "with play money, a fund, a simulated bank and a gateway for SDKs; the answer has all "
        "credentials, and is the only one that has them.",
        tag="sandbox",
        body=SignUpBody,
        answer=SignedUp,
        status=201,
        who=ANYONE,
        rate="sign_up",
        timeout_s=TIMEOUT_S,
        errors=(partners.PublicKeyUnfit, partners.KeyTaken, WorldsBusy, WorldsFull),
        examples={"body": example},
    )

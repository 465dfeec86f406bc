"""What a merchant or an operator sets up: applications, keys, certificates, what was not told.

A merchant does what is its own, after a step-up where keys change. What lets money move away, or
old signatures in, is an operator's to switch on.
"""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from venule.gateway import applications, notifying
from venule.gateway.applications import (
    LetClassicIn,
    NewApp,
    SetApp,
    SetKeys,
)
from venule.gateway.errors import GatewayAppUnknown, GatewayNotSetUp, KeyUnfit, NoticeUnknown
from venule.gateway.gateway import AES_PURPOSE, MD5_PURPOSE, Gateway
from venule.gateway.model import App, AppState, Notice, NoticeId, Permission
from venule.gateway.notifying import SendAgain
from venule.gateway.platform import issue_for
from venule.gateway.users import user_number
from venule.gateway.wire.aes import KEY_BYTES
from venule.gateway.wire.signing import pem_of
from venule.kit.http import PERSON, STAFF, Call, Route, Shape, line_pattern, may_see, member_of
from venule.kit.http.callers import CallerKind
from venule.members import MemberId, MemberUnknown

TAG: Final = "gateway"
OPERATE: Final = "partners.operate"
MD5_KEY_BYTES: Final = 24
"""Drawn for a key of 32 characters."""

Text = Annotated[str, msgspec.Meta(pattern=line_pattern(64), examples=["my shop"])]
Pasted = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=8_000,
        description="An RSA public key: base64 on one line, or PEM.",
    ),
]


class AppPath(Shape, frozen=True):
    """Names an application."""

    app_id: Annotated[str, msgspec.Meta(pattern="^[0-9]{16}$")]


class NoticePath(Shape, frozen=True):
    """Names a notification of an application."""

    app_id: Annotated[str, msgspec.Meta(pattern="^[0-9]{16}$")]
    notice_id: UUID


class AppsQuery(Shape, frozen=True):
    """Whose applications. seller_id: staff name the merchant."""

    seller_id: MemberId | None = None


class AppBody(Shape, frozen=True):
    """An application to be. seller_id: staff name the merchant."""

    name: Text
    seller_id: MemberId | None = None
    public_key: Pasted | None = None


class KeysBody(Shape, frozen=True):
    """The keys that the application signs with: two while they change."""

    public_keys: Annotated[list[Pasted], msgspec.Meta(min_length=1, max_length=2)]


class RedirectsBody(Shape, frozen=True):
    """Where consents may send people back to: an address, and what lies under it."""

    redirects: Annotated[
        list[Annotated[str, msgspec.Meta(pattern="^https?://[!-~]{1,240}$")]],
        msgspec.Meta(max_length=20),
    ]


class SettingsBody(Shape, frozen=True):
    """What an operator sets; what is left out stays. rsa1: signatures with SHA-1."""

    state: AppState | None = None
    products: Annotated[list[Permission], msgspec.Meta(max_length=16)] | None = None
    rsa1: bool | None = None


class RequestBody(Shape, frozen=True):
    """A certificate signing request in PEM."""

    request: Annotated[str, msgspec.Meta(min_length=1, max_length=16_000)]


class AppView(msgspec.Struct, frozen=True):
    """An application, and what its SDK is set up with."""

    app_id: str
    seller_id: MemberId
    seller_number: str
    name: str
    state: AppState
    products: list[Permission]
    public_keys: list[str]
    certificate_mode: bool
    encrypted: bool
    rsa1: bool
    classic_partner: str | None
    redirects: list[str]
    gateway: str
    platform_public_key: str


class AppsView(msgspec.Struct, frozen=True):
    """A merchant's applications."""

    items: list[AppView]


class SecretView(msgspec.Struct, frozen=True):
    """A key that is shown this once. partner: the classic interface's name for the merchant."""

    key: str
    partner: str | None = None


class CertificatesView(msgspec.Struct, frozen=True):
    """The three files that an SDK in certificate mode needs, in PEM."""

    app_certificate: str
    platform_certificate: str
    root_certificate: str


class PlatformView(msgspec.Struct, frozen=True):
    """The gateway's public key, in both forms that SDKs take."""

    base64: str
    pem: str


class NoticeView(msgspec.Struct, frozen=True):
    """A notification. seen: what the last attempt met."""

    id: UUID
    url: str
    state: str
    attempts: int
    seen: str
    trade_no: str
    out_trade_no: str
    made_at: datetime
    next_at: datetime | None


class NoticesView(msgspec.Struct, frozen=True):
    """Notifications, the newest first."""

    items: list[NoticeView]


class Merchants:
    """The operations, over one gateway."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def _view(self, call: Call[Any, Any, Any], app: App) -> AppView:
        key = await call.door.aread(applications.platform_key)
        number = await call.door.aread(user_number, app.seller_id)
        return AppView(
            app.app_id,
            app.seller_id,
            number,
            app.name,
            app.state,
            app.products,
            app.keys,
            app.cert_sn is not None,
            app.aes_sealed is not None,
            app.rsa1,
            app.partner,
            app.redirects,
            f"{self._gateway.base_url}/gateway.do",
            key.public_key,
        )

    async def _own(self, call: Call[Any, Any, Any]) -> App:
        """Return the application named, if it is the caller's to see. Raises: GatewayAppUnknown."""
        found = await call.door.aread(applications.app, call.path.app_id)
        if not may_see(call.who, found.seller_id):
            raise GatewayAppUnknown(call.path.app_id)
        return found

    async def open_gateway_app(self, call: Call[AppBody, None, None]) -> AppView:
        """Open an application."""
        body = call.body
        seller = MemberId(member_of(call.who)) if _is_person(call) else body.seller_id
        if seller is None:
            raise MemberUnknown(UUID(int=0))
        command = NewApp(seller, body.name, body.public_key or "")
        made = await call.door.acall(applications.register_app, command, call.key)
        return await self._view(call, made)

    async def list_gateway_apps(self, call: Call[None, AppsQuery, None]) -> AppsView:
        """List a merchant's applications."""
        asked = call.query.seller_id
        seller = MemberId(member_of(call.who)) if _is_person(call) else asked
        if seller is None:
            return AppsView([])
        found = await call.door.aread(applications.apps_of, seller)
        return AppsView([await self._view(call, each) for each in found])

    async def show_gateway_app(self, call: Call[None, None, AppPath]) -> AppView:
        """Show an application."""
        return await self._view(call, await self._own(call))

    async def set_gateway_keys(self, call: Call[KeysBody, None, AppPath]) -> AppView:
        """Put other public keys in force."""
        own = await self._own(call)
        command = SetKeys(own.app_id, call.body.public_keys)
        return await self._view(call, await call.door.acall(applications.set_keys, command))

    async def set_gateway_redirects(self, call: Call[RedirectsBody, None, AppPath]) -> AppView:
        """Say where consents may lead."""
        own = await self._own(call)
        command = SetApp(own.app_id, redirects=call.body.redirects)
        return await self._view(call, await call.door.acall(applications.set_app, command))

    async def set_gateway_app(self, call: Call[SettingsBody, None, AppPath]) -> AppView:
        """Set what an application may do."""
        own = await self._own(call)
        body = call.body
        command = SetApp(own.app_id, body.state, body.products, None, body.rsa1)
        return await self._view(call, await call.door.acall(applications.set_app, command))

    async def renew_gateway_aes_key(self, call: Call[None, None, AppPath]) -> SecretView:
        """Make a new key for encrypted content."""
        own = await self._own(call)
        raw = self._gateway.draw_bytes(KEY_BYTES)
        sealed = self._gateway.vault.seal(AES_PURPOSE, raw)
        await call.door.acall(applications.set_app, SetApp(own.app_id, aes_sealed=sealed))
        return SecretView(base64.b64encode(raw).decode())

    async def let_into_classic(self, call: Call[None, None, AppPath]) -> SecretView:
        """Let a partner into the classic interface, or give it a new key."""
        own = await self._own(call)
        key = self._gateway.draw(MD5_KEY_BYTES)
        sealed = self._gateway.vault.seal(MD5_PURPOSE, key.encode())
        command = LetClassicIn(own.app_id, sealed)
        made = await call.door.acall(applications.let_classic_in, command)
        return SecretView(key, made.partner)

    async def certify_gateway_app(self, call: Call[RequestBody, None, AppPath]) -> CertificatesView:
        """Issue a certificate: from now on the application calls in certificate mode."""
        own = await self._own(call)
        platform = await call.door.aread(applications.platform_key)
        gateway = self._gateway
        id_ = UUID(bytes=gateway.draw_bytes(16))
        issued = issue_for(
            gateway.vault, platform, own, call.body.request, id_, gateway.clock.now()
        )
        await call.door.acall(applications.set_certificate, issued)
        return CertificatesView(issued.cert, platform.cert, platform.root_cert)

    async def show_platform_key(self, call: Call[None, None, None]) -> PlatformView:
        """Show the gateway's public key."""
        key = await call.door.aread(applications.platform_key)
        return PlatformView(key.public_key, pem_of(key.public_key))

    async def list_failed_notices(self, call: Call[None, None, AppPath]) -> NoticesView:
        """List what the application could not be told."""
        own = await self._own(call)
        found = await call.door.aread(notifying.failed_notices, own.app_id)
        return NoticesView([_notice(each) for each in found])

    async def send_notice_again(self, call: Call[None, None, NoticePath]) -> NoticeView:
        """Try once more."""
        own = await self._own(call)
        command = SendAgain(NoticeId(call.path.notice_id), own.app_id)
        return _notice(await call.door.acall(notifying.send_again, command))


def _notice(each: Notice) -> NoticeView:
    return NoticeView(
        each.id,
        each.url,
        each.state.value,
        each.attempts,
        each.seen,
        each.parameters.get("trade_no", ""),
        each.parameters.get("out_trade_no", ""),
        each.made_at,
        each.next_at,
    )


def _is_person(call: Call[Any, Any, Any]) -> bool:
    return call.who.kind is CallerKind.PERSON


_APPS: Final = "/v1/gateway/apps"
_APP: Final = f"{_APPS}/{{app_id}}"
_UNKNOWN: Final = (GatewayAppUnknown, GatewayNotSetUp)


def merchant_routes(gateway: Gateway) -> list[Route]:
    """Return the operations by which merchants and operators set up applications."""
    m = Merchants(gateway)
    common: dict[str, Any] = {"tag": TAG, "needs": OPERATE}
    both: dict[str, Any] = {**common, "who": PERSON | STAFF}
    on_app: dict[str, Any] = {"takes_path": AppPath, "errors": (*_UNKNOWN, KeyUnfit)}
    staff: dict[str, Any] = {**common, "who": STAFF, **on_app}
    own: dict[str, Any] = {**both, **on_app}
    return [
        Route(
            method="POST", path=_APPS, handler=m.open_gateway_app, body=AppBody, answer=AppView,
            status=201, summary="Open an application of a merchant.", money=True,
            errors=(MemberUnknown, KeyUnfit, GatewayNotSetUp), **both,
        ),
        Route(
            method="GET", path=_APPS, handler=m.list_gateway_apps, query=AppsQuery,
            answer=AppsView, summary="List a merchant's applications.",
            errors=(GatewayNotSetUp,), **both,
        ),
        Route(
            method="GET", path=_APP, handler=m.show_gateway_app, answer=AppView,
            summary="Show an application, and what its SDK is set up with.", **own,
        ),
        Route(
            method="PUT", path=f"{_APP}/keys", handler=m.set_gateway_keys, body=KeysBody,
            answer=AppView, summary="Put other public keys in force.", fresh=True, **own,
        ),
        Route(
            method="PUT", path=f"{_APP}/redirects", handler=m.set_gateway_redirects,
            body=RedirectsBody, answer=AppView, summary="Say where consents may lead.",
            fresh=True, **own,
        ),
        Route(
            method="PATCH", path=_APP, handler=m.set_gateway_app, body=SettingsBody,
            answer=AppView, summary="Set what an application may do.", fresh=True, **staff,
        ),
        Route(
            method="POST", path=f"{_APP}/aes-key", handler=m.renew_gateway_aes_key,
            answer=SecretView, summary="Make a new key for encrypted content; shown once.",
            fresh=True, **own,
        ),
        Route(
            method="POST", path=f"{_APP}/classic", handler=m.let_into_classic, answer=SecretView,
            summary="Let a partner into the classic interface; its key is shown once.",
            fresh=True, **staff,
        ),
        Route(
            method="POST", path=f"{_APP}/certificate", handler=m.certify_gateway_app,
            body=RequestBody, answer=CertificatesView,
            summary="Issue a certificate; the application calls in that mode from then on.",
            fresh=True, **own,
        ),
        Route(
            method="GET", path="/v1/gateway/platform-key", handler=m.show_platform_key,
            answer=PlatformView, summary="Show the gateway's public key.", tag=TAG,
            errors=(GatewayNotSetUp,),
        ),
        Route(
            method="GET", path=f"{_APP}/failed-notices", handler=m.list_failed_notices,
            answer=NoticesView, summary="List what an application could not be told.", **own,
        ),
        Route(
            method="POST", path=f"{_APP}/notices/{{notice_id}}/send-again",
            handler=m.send_notice_again, answer=NoticeView, summary="Try once more.",
            takes_path=NoticePath, errors=(*_UNKNOWN, NoticeUnknown), **both,
        ),
    ]  # fmt: skip

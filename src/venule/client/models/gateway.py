# Made from the description of the API by `make pages`; do not edit.
"""Structs of the group `gateway`."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from venule.client.shapes import Struct, Word


class AppState(Word):
    """Active: it may call. Suspended: an operator has stopped it."""

    ACTIVE = "active"
    SUSPENDED = "suspended"


class Permission(Word):
    """What an application may be let call: one a family of methods."""

    ACCOUNT = "account"
    APP_AUTH = "app_auth"
    BILL = "bill"
    CERT = "cert"
    FREEZE = "freeze"
    OAUTH = "oauth"
    SETTLE = "settle"
    TRADE = "trade"
    TRANSFER = "transfer"


class AppBody(Struct, frozen=True, kw_only=True):
    """An application to be. seller_id: staff name the merchant."""

    name: str
    seller_id: UUID | None = None
    public_key: str | None = None


class AppView(Struct, frozen=True, kw_only=True):
    """An application, and what its SDK is set up with."""

    app_id: str
    seller_id: UUID
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


class AppsView(Struct, frozen=True, kw_only=True):
    """A merchant's applications."""

    items: list[AppView]


class CertificatesView(Struct, frozen=True, kw_only=True):
    """The three files that an SDK in certificate mode needs, in PEM."""

    app_certificate: str
    platform_certificate: str
    root_certificate: str


class KeysBody(Struct, frozen=True, kw_only=True):
    """The keys that the application signs with: two while they change."""

    public_keys: list[str]


class NoticeView(Struct, frozen=True, kw_only=True):
    """A notification. seen: what the last attempt met."""

    id: UUID
    url: str
    state: str
    attempts: int
    seen: str
    trade_no: str
    out_trade_no: str
    made_at: dt.datetime
    next_at: dt.datetime | None


class NoticesView(Struct, frozen=True, kw_only=True):
    """Notifications, the newest first."""

    items: list[NoticeView]


class PlatformView(Struct, frozen=True, kw_only=True):
    """The gateway's public key, in both forms that SDKs take."""

    base64: str
    pem: str


class RedirectsBody(Struct, frozen=True, kw_only=True):
    """Where consents may send people back to: an address, and what lies under it."""

    redirects: list[str]


class RequestBody(Struct, frozen=True, kw_only=True):
    """A certificate signing request in PEM."""

    request: str


class SecretView(Struct, frozen=True, kw_only=True):
    """A key that is shown this once. partner: the classic interface's name for the merchant."""

    key: str
    partner: str | None = None


class SettingsBody(Struct, frozen=True, kw_only=True):
    """What an operator sets; what is left out stays. rsa1: signatures with SHA-1."""

    state: AppState | None = None
    products: list[Permission] | None = None
    rsa1: bool | None = None

# Made from the description of the API by `make pages`; do not edit.
"""Structs of the group `partners`."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec

from venule.client.models.common import ApplicationKeyView, KeyUse
from venule.client.shapes import Struct, Word


class ApplicationState(Word):
    """How far an application has come. See `states`."""

    ADMITTED = "admitted"
    ASKED = "asked"
    CLOSED = "closed"
    REFUSED = "refused"
    SANDBOX = "sandbox"
    SUSPENDED = "suspended"


class ApplicationBody(Struct, frozen=True, kw_only=True):
    """An application to be. scopes: what it wants to do.

    request_key: signs requests, Ed25519. assertion_key: proves it for OAuth, Ed25519 or
    P-256.
    """

    name: str
    contact: str
    scopes: list[str] = msgspec.field(default_factory=list)
    redirect_uris: list[str] = msgspec.field(default_factory=list)
    request_key: str | None = None
    assertion_key: str | None = None


class ApplicationKeyBody(Struct, frozen=True, kw_only=True):
    """A key to be added. not_before: at once if it is left out; expires_at: never."""

    use: KeyUse
    public_key: str
    not_before: dt.datetime | None = None
    expires_at: dt.datetime | None = None


class ApplicationKeysView(Struct, frozen=True, kw_only=True):
    """Keys in the order in which they were added, those that are over too."""

    items: list[ApplicationKeyView]


class ApplicationOpened(Struct, frozen=True, kw_only=True):
    """An application and its first keys."""

    application: ApplicationView
    keys: list[ApplicationKeyView]


class ApplicationView(Struct, frozen=True, kw_only=True):
    """An application. owner_id: the member for whom it acts of itself."""

    id: UUID
    name: str
    contact: str
    owner_id: UUID | None
    state: ApplicationState
    scopes: list[str]
    redirect_uris: list[str]
    made_at: dt.datetime
    changed_at: dt.datetime
    reason: str | None


class ApplicationsPage(Struct, frozen=True, kw_only=True):
    """Applications, in the order of sign-up."""

    items: list[ApplicationView]
    next_cursor: str | None


class ConsentView(Struct, frozen=True, kw_only=True):
    """What the caller lets an application do. used_at: to the hour."""

    id: UUID
    application_id: UUID
    application: str
    scopes: list[ScopeView]
    given_at: dt.datetime
    used_at: dt.datetime | None


class ConsentsView(Struct, frozen=True, kw_only=True):
    """Consents that are not withdrawn, the youngest first."""

    items: list[ConsentView]


class ProductionKey(Struct, frozen=True, kw_only=True):
    """A key of the sandbox, and what the house calls it."""

    sandbox_key_id: UUID
    key_id: UUID
    use: KeyUse


class ProductionView(Struct, frozen=True, kw_only=True):
    """How the house knows an application. state: `asked` until two of its staff have admitted
    it.

    base_url, application_id, keys: what to go on with once it is `admitted`.
    """

    base_url: str
    application_id: UUID
    state: ApplicationState
    scopes: list[str]
    reason: str | None
    keys: list[ProductionKey]


class RedirectUrisBody(Struct, frozen=True, kw_only=True):
    """Where browsers may be sent back to."""

    redirect_uris: list[str]


class ScopeView(Struct, frozen=True, kw_only=True):
    """A scope. shown, shown_zh: what a member reads who is asked for it."""

    name: str
    does: str
    shown: str
    shown_zh: str
    asked_of_members: bool


class ScopesView(Struct, frozen=True, kw_only=True):
    """All scopes."""

    items: list[ScopeView]


class ServerKeyView(Struct, frozen=True, kw_only=True):
    """The key that signs our answers. public_key: its 32 bytes in base64."""

    id: UUID
    alg: str
    public_key: str


class WhyBody(Struct, frozen=True, kw_only=True):
    """Why; for those who look into it later."""

    reason: str

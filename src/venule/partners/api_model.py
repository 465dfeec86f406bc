"""How applications, keys and consents look in JSON."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated

import msgspec

from venule.kit.http import (
    Cursor,
    Shape,
)
from venule.kit.http.texts import line_pattern
from venule.members import MemberId
from venule.partners.consent_model import ConsentShown
from venule.partners.model import (
    CONTACT_CHARS_MAX,
    NAME_CHARS_MAX,
    REASON_CHARS_MAX,
    REDIRECT_CHARS_MAX,
    REDIRECTS_MAX,
    Application,
    ApplicationId,
    ApplicationState,
    ConsentId,
    Key,
    KeyAlg,
    KeyId,
    KeyUse,
)
from venule.partners.public_keys import PUBLIC_CHARS_MAX
from venule.partners.scopes import SCOPES

ScopeName = Annotated[
    str,
    msgspec.Meta(
        pattern=f"^({'|'.join(re.escape(name) for name in SCOPES)})$", examples=["payments.read"]
    ),
]
RedirectUri = Annotated[
    str,
    msgspec.Meta(
        pattern=r"^(https://[a-z0-9-]+(\.[a-z0-9-]+)*|http://127\.0\.0\.1)(:[1-5]?[0-9]{1,4})?"
        r"/[A-Za-z0-9/._~!$&'()*+,;=:?%-]*$",
        max_length=REDIRECT_CHARS_MAX,
        description="Compared to the letter. http: on 127.0.0.1 alone.",
        examples=["https://shop.example/back"],
    ),
]
RedirectUris = Annotated[
    list[RedirectUri],
    msgspec.Meta(max_length=REDIRECTS_MAX, extra_json_schema={"uniqueItems": True}),
]
PublicKeyText = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=PUBLIC_CHARS_MAX,
        description="PEM, a JWK as text, or the 32 bytes of an Ed25519 key in base64.",
        examples=["ZHVtbXkgcHVibGljIGtleSBvZiAzMiBieXRlcyAhISE="],
    ),
]
Reason = Annotated[str, msgspec.Meta(pattern=line_pattern(REASON_CHARS_MAX), examples=["stolen"])]


class ApplicationBody(Shape, frozen=True):
    """An application to be. scopes: what it wants to do.

    request_key: signs requests, Ed25519. assertion_key: proves it for OAuth, Ed25519 or P-256.
    """

    name: Annotated[
        str, msgspec.Meta(pattern=line_pattern(NAME_CHARS_MAX), examples=["Shop helper"])
    ]
    contact: Annotated[
        str, msgspec.Meta(pattern=line_pattern(CONTACT_CHARS_MAX), examples=["dev@shop.example"])
    ]
    scopes: Annotated[list[ScopeName], msgspec.Meta(max_length=len(SCOPES))] = []  # noqa: RUF012
    redirect_uris: RedirectUris = []  # noqa: RUF012
    request_key: PublicKeyText | None = None
    assertion_key: PublicKeyText | None = None


class ApplicationKeyView(msgspec.Struct, frozen=True):
    """A public key. id: what `keyid` and `kid` name."""

    id: KeyId
    use: KeyUse
    alg: KeyAlg
    not_before: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    added_at: datetime


class ApplicationView(msgspec.Struct, frozen=True):
    """An application. owner_id: the member for whom it acts of itself."""

    id: ApplicationId
    name: str
    contact: str
    owner_id: MemberId | None
    state: ApplicationState
    scopes: list[str]
    redirect_uris: list[str]
    made_at: datetime
    changed_at: datetime
    reason: str | None


class ApplicationOpened(msgspec.Struct, frozen=True):
    """An application and its first keys."""

    application: ApplicationView
    keys: list[ApplicationKeyView]


class ApplicationPath(msgspec.Struct, frozen=True):
    """Which application."""

    application_id: ApplicationId


class KeyPath(msgspec.Struct, frozen=True):
    """Which key of which application."""

    application_id: ApplicationId
    key_id: KeyId


class ApplicationsParams(Shape, frozen=True):
    """Which applications."""

    state: ApplicationState | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50
    cursor: Cursor | None = None


class ApplicationsPage(msgspec.Struct, frozen=True):
    """Applications, in the order of sign-up."""

    items: list[ApplicationView]
    next_cursor: str | None


class ApplicationKeysView(msgspec.Struct, frozen=True):
    """Keys in the order in which they were added, those that are over too."""

    items: list[ApplicationKeyView]


class ApplicationKeyBody(Shape, frozen=True):
    """A key to be added. not_before: at once if it is left out; expires_at: never."""

    use: KeyUse
    public_key: PublicKeyText
    not_before: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    expires_at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class RedirectUrisBody(Shape, frozen=True):
    """Where browsers may be sent back to."""

    redirect_uris: RedirectUris


class WhyBody(Shape, frozen=True):
    """Why; for those who look into it later."""

    reason: Reason


class ScopeView(msgspec.Struct, frozen=True):
    """A scope. shown, shown_zh: what a member reads who is asked for it."""

    name: str
    does: str
    shown: str
    shown_zh: str
    asked_of_members: bool


class ScopesView(msgspec.Struct, frozen=True):
    """All scopes."""

    items: list[ScopeView]


class ServerKeyView(msgspec.Struct, frozen=True):
    """The key that signs our answers. public_key: its 32 bytes in base64."""

    id: KeyId
    alg: str
    public_key: str


class ConsentView(msgspec.Struct, frozen=True):
    """What the caller lets an application do. used_at: to the hour."""

    id: ConsentId
    application_id: ApplicationId
    application: str
    scopes: list[ScopeView]
    given_at: datetime
    used_at: datetime | None


class ConsentsView(msgspec.Struct, frozen=True):
    """Consents that are not withdrawn, the youngest first."""

    items: list[ConsentView]


class ConsentPath(msgspec.Struct, frozen=True):
    """Which consent."""

    consent_id: ConsentId


def application_view(it: Application) -> ApplicationView:
    """Return what is shown of an application."""
    return ApplicationView(
        it.id,
        it.name,
        it.contact,
        it.owner_id,
        it.state,
        list(it.scopes),
        list(it.redirect_uris),
        it.made_at,
        it.changed_at,
        it.reason,
    )


def key_view(key: Key) -> ApplicationKeyView:
    """Return what is shown of a key."""
    return ApplicationKeyView(
        key.id, key.use, key.alg, key.not_before, key.expires_at, key.revoked_at, key.added_at
    )


def scope_view(name: str) -> ScopeView:
    """Return what is shown of a scope."""
    scope = SCOPES[name]
    return ScopeView(scope.name, scope.does, scope.shown, scope.shown_zh, scope.asked)


def consent_view(shown: ConsentShown) -> ConsentView:
    """Return what is shown of a consent."""
    it = shown.consent
    scopes = [scope_view(name) for name in it.scopes]
    return ConsentView(it.id, it.application_id, shown.application, scopes, it.given_at, it.used_at)

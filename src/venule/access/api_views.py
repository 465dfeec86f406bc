"""What callers see of logins, sessions and proposals, and what they send."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from venule.access.commands import Origin
from venule.access.front import Ceremony, Entered, TotpOffer
from venule.access.front import Device as ShownDevice
from venule.access.model import (
    CREDENTIAL_NAME_CHARS_MAX,
    LOGIN_NAME_CHARS_MAX,
    PASSWORD_CHARS_MAX,
    REASON_CHARS_MAX,
    AuthEvent,
    ChallengeId,
    Device,
    DeviceId,
    Factor,
    LoginId,
    LoginState,
    LoginView,
    OwnerKind,
    Passkey,
    PasskeyId,
    Proposal,
    ProposalId,
    ProposalState,
    Session,
    SessionFacts,
    SessionId,
    Staff,
    StaffId,
)
from venule.access.roles import Role
from venule.kit.http import Call, Shape
from venule.kit.http.texts import line_pattern

ANSWER_FIELDS_MAX: Final = 16
TOKEN_CHARS_MAX: Final = 64
CODE_CHARS_MAX: Final = 32
OFFER_CHARS_MAX: Final = 256
DIGEST_PATTERN: Final = "^[0-9a-f]{64}$"

LoginName = Annotated[
    str,
    msgspec.Meta(
        min_length=1, max_length=LOGIN_NAME_CHARS_MAX, examples=["13800138000", "me@example.com"]
    ),
]
Password = Annotated[str, msgspec.Meta(min_length=1, max_length=4 * PASSWORD_CHARS_MAX)]
Code = Annotated[
    str, msgspec.Meta(min_length=1, max_length=CODE_CHARS_MAX, examples=["ABCD-EFGH-IJKL-MNOP"])
]
Token = Annotated[str, msgspec.Meta(min_length=1, max_length=TOKEN_CHARS_MAX)]
Offer = Annotated[str, msgspec.Meta(min_length=1, max_length=OFFER_CHARS_MAX)]
Name = Annotated[str, msgspec.Meta(pattern=line_pattern(CREDENTIAL_NAME_CHARS_MAX))]
Reason = Annotated[str, msgspec.Meta(pattern=line_pattern(REASON_CHARS_MAX))]
Digest = Annotated[
    str,
    msgspec.Meta(
        pattern=DIGEST_PATTERN,
        description="SHA-256, in hex, of the command's name, a NUL and the body as it was shown.",
    ),
]
PasskeyAnswer = Annotated[
    dict[str, Any],
    msgspec.Meta(
        max_length=ANSWER_FIELDS_MAX,
        description="What the browser gives for the options: `PublicKeyCredential.toJSON()`.",
    ),
]


class DeviceBody(Shape, frozen=True):
    """The device that signs in. token: what it was given the last time, if it was."""

    token: Token | None = None
    name: Name = "device"


class CeremonyView(msgspec.Struct, frozen=True):
    """Options for `navigator.credentials`, and the challenge that they belong to."""

    challenge_id: ChallengeId
    options: dict[str, Any]


class TotpView(msgspec.Struct, frozen=True):
    """A seed for an authenticator app. offer: to be sent back, with a code of the app."""

    secret: str
    uri: str
    offer: str


class EnteredView(msgspec.Struct, frozen=True):
    """A session. token, recovery_codes: shown once. device_token: of a new device; keep it."""

    token: str
    device_token: str | None
    session_id: SessionId
    expires_at: datetime
    recovery_codes: list[str]


class SessionView(msgspec.Struct, frozen=True):
    """A session. stepped_up_at, stepped_up_by: when and how its owner was proven to be there."""

    id: SessionId
    device_id: DeviceId
    factor: Factor
    opened_at: datetime
    seen_at: datetime
    expires_at: datetime
    stepped_up_at: datetime
    stepped_up_by: Factor


class SessionsView(msgspec.Struct, frozen=True):
    """Open sessions, the one seen last first."""

    items: list[SessionView]


class WhoView(msgspec.Struct, frozen=True):
    """Who the session is of. roles, permissions: of staff."""

    kind: OwnerKind
    owner_id: UUID
    login_name: str
    roles: list[Role]
    permissions: list[str]
    session: SessionView


class DeviceView(msgspec.Struct, frozen=True):
    """A device on which somebody has signed in."""

    id: DeviceId
    name: str
    agent: str
    first_seen_at: datetime
    last_seen_at: datetime


class DevicesView(msgspec.Struct, frozen=True):
    """Devices, the one seen last first."""

    items: list[DeviceView]


class PasskeyView(msgspec.Struct, frozen=True):
    """A passkey. may_back_up, backed_up: it is, or can be, on more than one device."""

    id: PasskeyId
    name: str
    may_back_up: bool
    backed_up: bool
    added_at: datetime
    used_at: datetime | None


class PasskeysView(msgspec.Struct, frozen=True):
    """Passkeys, the oldest first."""

    items: list[PasskeyView]


class CredentialsView(msgspec.Struct, frozen=True):
    """What a login can be opened with. fallback_at: when its password was set, if it has one."""

    id: LoginId
    kind: OwnerKind
    owner_id: UUID
    name: str
    state: LoginState
    passkeys: int
    fallback_at: datetime | None
    recovery_codes_left: int


class RecoveryCodesView(msgspec.Struct, frozen=True):
    """Recovery codes, shown once."""

    recovery_codes: list[str]


class StaffView(msgspec.Struct, frozen=True):
    """Somebody on the staff."""

    id: StaffId
    display_name: str
    roles: list[Role]
    login: CredentialsView
    added_at: datetime


class StaffListView(msgspec.Struct, frozen=True):
    """The staff, in the order in which they came."""

    items: list[StaffView]


class AuthEventView(msgspec.Struct, frozen=True):
    """A line of the log."""

    at: datetime
    what: str
    ok: bool
    reason: str | None
    kind: OwnerKind | None
    owner_id: UUID | None
    login_id: LoginId | None
    session_id: SessionId | None
    subject: str | None
    address: str
    agent: str


class AuthEventsView(msgspec.Struct, frozen=True):
    """A page of the log, the newest line first."""

    items: list[AuthEventView]
    next_cursor: str | None


class ProposalView(msgspec.Struct, frozen=True):
    """A command that waits for a second person, or what became of it. body: exactly what the
    digest is of, as text. error: what it was refused for when it was last approved."""

    id: ProposalId
    kind: str
    body: str
    digest: str
    maker_id: StaffId
    reason: str
    state: ProposalState
    proposed_at: datetime
    expires_at: datetime
    checker_id: StaffId | None
    decided_at: datetime | None
    note: str | None
    answer: str | None
    error: str | None
    attempts: int


class ProposalsView(msgspec.Struct, frozen=True):
    """A page of proposals, the newest first."""

    items: list[ProposalView]
    next_cursor: str | None


def facts_of(call: Call[Any, Any, Any]) -> SessionFacts:
    """Return who calls, in a session."""
    facts = call.who.facts
    assert isinstance(facts, SessionFacts), "the route is for people and staff"
    return facts


def origin_of(call: Call[Any, Any, Any]) -> Origin:
    """Return where a request comes from."""
    client = call.request.client
    address = "" if client is None else client.host
    return Origin(address, call.request.headers.get("user-agent", ""))


def answer_text(answer: dict[str, Any]) -> str:
    """Return a passkey's answer as it is verified."""
    return json.dumps(answer)


def device_of(body: DeviceBody) -> ShownDevice:
    """Return the device that asks."""
    return ShownDevice(body.token, body.name)


def ceremony_view(made: Ceremony) -> CeremonyView:
    """Return what a browser needs."""
    return CeremonyView(made.challenge_id, made.options)


def totp_view(made: TotpOffer) -> TotpView:
    """Return a seed for an app."""
    return TotpView(made.secret, made.uri, made.offer)


def entered_view(made: Entered) -> EnteredView:
    """Return a session that was opened."""
    session = made.session
    return EnteredView(
        made.token, made.device_token, session.id, session.expires_at, made.recovery_codes
    )


def session_view(found: Session) -> SessionView:
    """Return a session."""
    return SessionView(
        found.id,
        found.device_id,
        found.factor,
        found.opened_at,
        found.seen_at,
        found.expires_at,
        found.stepped_up_at,
        found.stepped_up_by,
    )


def who_view(facts: SessionFacts) -> WhoView:
    """Return who a session is of."""
    return WhoView(
        facts.kind,
        facts.owner_id,
        facts.login_name,
        facts.roles,
        sorted(facts.permissions),
        session_view(facts.session),
    )


def device_view(found: Device) -> DeviceView:
    """Return a device."""
    return DeviceView(found.id, found.name, found.agent, found.first_seen_at, found.last_seen_at)


def passkey_view(found: Passkey) -> PasskeyView:
    """Return a passkey."""
    return PasskeyView(
        found.id,
        found.name,
        found.may_back_up,
        found.backed_up,
        found.added_at,
        found.used_at,
    )


def credentials_view(found: LoginView) -> CredentialsView:
    """Return what a login can be opened with."""
    return CredentialsView(
        found.id,
        found.kind,
        found.owner_id,
        found.name,
        found.state,
        found.passkeys,
        found.fallback_at,
        found.recovery_codes_left,
    )


def staff_view(found: Staff) -> StaffView:
    """Return somebody on the staff."""
    return StaffView(
        found.id, found.display_name, found.roles, credentials_view(found.login), found.added_at
    )


def auth_event_view(found: AuthEvent) -> AuthEventView:
    """Return a line of the log."""
    return AuthEventView(
        found.at,
        found.what,
        found.ok,
        found.reason,
        found.kind,
        found.owner_id,
        found.login_id,
        found.session_id,
        found.subject,
        found.address,
        found.agent,
    )


def proposal_view(found: Proposal) -> ProposalView:
    """Return a proposal as its checker sees it."""
    return ProposalView(
        found.id,
        found.kind,
        found.body.decode(),
        found.digest.hex(),
        found.maker_id,
        found.reason,
        found.state,
        found.proposed_at,
        found.expires_at,
        found.checker_id,
        found.decided_at,
        found.note,
        None if found.answer is None else found.answer.decode(),
        found.error,
        found.attempts,
    )

# Made from the description of the API by `make pages`; do not edit.
"""Structs of the group `access`."""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec

from venule.client.shapes import Struct, Word


class Factor(Word):
    """How somebody proved who they are. totp and recovery: after the password."""

    PASSKEY = "passkey"
    RECOVERY = "recovery"
    TOTP = "totp"


class LoginState(Word):
    """Invited: waits for its owner with a code. Active: has credentials. Disabled: neither."""

    ACTIVE = "active"
    DISABLED = "disabled"
    INVITED = "invited"


class OwnerKind(Word):
    """Whose login it is: a member's, or one of the staff."""

    PERSON = "person"
    STAFF = "staff"


class ProposalState(Word):
    """Where a proposal stands; all but the first are final."""

    EXECUTED = "executed"
    EXPIRED = "expired"
    PROPOSED = "proposed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Role(Word):
    """What somebody on the staff is there for."""

    AUDITOR = "auditor"
    FINANCE = "finance"
    OPERATOR = "operator"
    REGULATOR_READER = "regulator_reader"
    RISK = "risk"
    SUPPORT = "support"


class SecondKind(Word):
    """What follows the password: a code of the app, or a recovery code."""

    RECOVERY = "recovery"
    TOTP = "totp"


class AccessSessionView(Struct, frozen=True, kw_only=True):
    """A session. stepped_up_at, stepped_up_by: when and how its owner was proven to be there."""

    id: UUID
    device_id: UUID
    factor: Factor
    opened_at: dt.datetime
    seen_at: dt.datetime
    expires_at: dt.datetime
    stepped_up_at: dt.datetime
    stepped_up_by: Factor


class ApproveBody(Struct, frozen=True, kw_only=True):
    """The digest of what was shown. passkey: without it, TOTP was shown in the last minutes."""

    digest: str
    passkey: PasskeyProof | None = None


class AuthEventView(Struct, frozen=True, kw_only=True):
    """A line of the log."""

    at: dt.datetime
    what: str
    ok: bool
    reason: str | None
    kind: OwnerKind | None
    owner_id: UUID | None
    login_id: UUID | None
    session_id: UUID | None
    subject: str | None
    address: str
    agent: str


class AuthEventsView(Struct, frozen=True, kw_only=True):
    """A page of the log, the newest line first."""

    items: list[AuthEventView]
    next_cursor: str | None


class CeremonyView(Struct, frozen=True, kw_only=True):
    """Options for `navigator.credentials`, and the challenge that they belong to."""

    challenge_id: UUID
    options: dict[str, Any]


class CredentialsView(Struct, frozen=True, kw_only=True):
    """What a login can be opened with. fallback_at: when its password was set, if it has one."""

    id: UUID
    kind: OwnerKind
    owner_id: UUID
    name: str
    state: LoginState
    passkeys: int
    fallback_at: dt.datetime | None
    recovery_codes_left: int


class DeviceBody(Struct, frozen=True, kw_only=True):
    """The device that signs in. token: what it was given the last time, if it was."""

    token: str | None = None
    name: str = "device"


class DeviceView(Struct, frozen=True, kw_only=True):
    """A device on which somebody has signed in."""

    id: UUID
    name: str
    agent: str
    first_seen_at: dt.datetime
    last_seen_at: dt.datetime


class DevicesView(Struct, frozen=True, kw_only=True):
    """Devices, the one seen last first."""

    items: list[DeviceView]


class DigestBody(Struct, frozen=True, kw_only=True):
    """The digest of what was shown."""

    digest: str


class DisableBody(Struct, frozen=True, kw_only=True):
    """Why; for those who look into it later."""

    reason: str


class EndedView(Struct, frozen=True, kw_only=True):
    """How many sessions ended."""

    ended: int


class EnrolPasskeyBody(Struct, frozen=True, kw_only=True):
    """Enrol with a new passkey."""

    code: str
    challenge_id: UUID
    answer: dict[str, Any]
    name: str = "passkey"
    device: DeviceBody = msgspec.field(default_factory=DeviceBody)


class EnrolPasswordBody(Struct, frozen=True, kw_only=True):
    """Enrol with a password, and a code of the app that has the seed offered."""

    code: str
    password: str
    offer: str
    totp_code: str
    device: DeviceBody = msgspec.field(default_factory=DeviceBody)


class EnteredView(Struct, frozen=True, kw_only=True):
    """A session. token, recovery_codes: shown once. device_token: of a new device; keep it."""

    token: str
    device_token: str | None
    session_id: UUID
    expires_at: dt.datetime
    recovery_codes: list[str]


class FallbackBody(Struct, frozen=True, kw_only=True):
    """A new password, and a code of the app that has the seed offered."""

    password: str
    offer: str
    totp_code: str


class HalfInView(Struct, frozen=True, kw_only=True):
    """The second factor may follow with this token, until then."""

    token: str
    until: dt.datetime


class InvitationView(Struct, frozen=True, kw_only=True):
    """Whose login waits, and both ways to enrol: use one."""

    kind: OwnerKind
    login_name: str
    passkey: CeremonyView
    totp: TotpView


class InvitedBody(Struct, frozen=True, kw_only=True):
    """An enrolment code."""

    code: str


class IssuedView(Struct, frozen=True, kw_only=True):
    """An enrolment code, shown once."""

    code: str
    login: CredentialsView


class KindsView(Struct, frozen=True, kw_only=True):
    """The commands that take two people."""

    items: list[str]


class NameBody(Struct, frozen=True, kw_only=True):
    """What its owner calls it."""

    name: str


class NewPasskeyBody(Struct, frozen=True, kw_only=True):
    """A new passkey, for the challenge of its registration."""

    challenge_id: UUID
    answer: dict[str, Any]
    name: str = "passkey"


class NewPasswordBody(Struct, frozen=True, kw_only=True):
    """A new password."""

    password: str


class OpenLoginBody(Struct, frozen=True, kw_only=True):
    """The name of the login."""

    login: str


class PasskeyProof(Struct, frozen=True, kw_only=True):
    """A passkey's answer to the challenge that holds the digest."""

    challenge_id: UUID
    answer: dict[str, Any]


class PasskeySignInBody(Struct, frozen=True, kw_only=True):
    """A passkey's answer."""

    challenge_id: UUID
    answer: dict[str, Any]
    kind: OwnerKind = OwnerKind("person")
    device: DeviceBody = msgspec.field(default_factory=DeviceBody)


class PasskeyView(Struct, frozen=True, kw_only=True):
    """A passkey. may_back_up, backed_up: it is, or can be, on more than one device."""

    id: UUID
    name: str
    may_back_up: bool
    backed_up: bool
    added_at: dt.datetime
    used_at: dt.datetime | None


class PasskeysView(Struct, frozen=True, kw_only=True):
    """Passkeys, the oldest first."""

    items: list[PasskeyView]


class PasswordSignInBody(Struct, frozen=True, kw_only=True):
    """A login's name and password. kind: by which door."""

    login: str
    password: str
    kind: OwnerKind = OwnerKind("person")


class ProposalView(Struct, frozen=True, kw_only=True):
    """A command that waits for a second person, or what became of it. body: exactly what the
    digest is of, as text. error: what it was refused for when it was last approved.
    """

    id: UUID
    kind: str
    body: str
    digest: str
    maker_id: UUID
    reason: str
    state: ProposalState
    proposed_at: dt.datetime
    expires_at: dt.datetime
    checker_id: UUID | None
    decided_at: dt.datetime | None
    note: str | None
    answer: str | None
    error: str | None
    attempts: int


class ProposalsView(Struct, frozen=True, kw_only=True):
    """A page of proposals, the newest first."""

    items: list[ProposalView]
    next_cursor: str | None


class ProposeBody(Struct, frozen=True, kw_only=True):
    """A command that takes two people. body: what it takes."""

    kind: str
    body: dict[str, Any]
    reason: str


class RecoveryCodesView(Struct, frozen=True, kw_only=True):
    """Recovery codes, shown once."""

    recovery_codes: list[str]


class RejectBody(Struct, frozen=True, kw_only=True):
    """The digest of what was shown, and why not."""

    digest: str
    note: str


class SecondFactorBody(Struct, frozen=True, kw_only=True):
    """The second factor. token: of the first step."""

    token: str
    code: str
    factor: SecondKind = SecondKind("totp")
    device: DeviceBody = msgspec.field(default_factory=DeviceBody)


class SessionsView(Struct, frozen=True, kw_only=True):
    """Open sessions, the one seen last first."""

    items: list[AccessSessionView]


class StaffListView(Struct, frozen=True, kw_only=True):
    """The staff, in the order in which they came."""

    items: list[StaffView]


class StaffView(Struct, frozen=True, kw_only=True):
    """Somebody on the staff."""

    id: UUID
    display_name: str
    roles: list[Role]
    login: CredentialsView
    added_at: dt.datetime


class StepUpCodeBody(Struct, frozen=True, kw_only=True):
    """A code of the app; or a recovery code, which serves to mend one's credentials alone."""

    code: str
    factor: SecondKind = SecondKind("totp")


class StepUpPasskeyBody(Struct, frozen=True, kw_only=True):
    """A passkey's answer to the challenge of a step-up."""

    challenge_id: UUID
    answer: dict[str, Any]


class TotpView(Struct, frozen=True, kw_only=True):
    """A seed for an authenticator app. offer: to be sent back, with a code of the app."""

    secret: str
    uri: str
    offer: str


class WhoView(Struct, frozen=True, kw_only=True):
    """Who the session is of. roles, permissions: of staff."""

    kind: OwnerKind
    owner_id: UUID
    login_name: str
    roles: list[Role]
    permissions: list[str]
    session: AccessSessionView

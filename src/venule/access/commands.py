"""What may be asked of the room, and what it answers. Hashes are SHA-256; secrets never come here.

What is slow (a password's hash, a passkey's signature) was checked before, outside the writer; a
command carries the result, and the facts on which it rests are looked at again.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import msgspec

from venule.access.model import (
    Assertion,
    AuthEventId,
    Challenge,
    ChallengeId,
    Denial,
    DeviceId,
    Factor,
    Login,
    LoginId,
    NewPasskey,
    OwnerKind,
    Passkey,
    PasskeyId,
    ProposalId,
    ProposalState,
    Purpose,
    Session,
    SessionId,
    StaffId,
)
from venule.access.roles import Role
from venule.members import MemberId


class Origin(msgspec.Struct, frozen=True):
    """Where a request comes from, for the log: the network and the client's name, shortened.

    session_id: in which session it was asked; None where there is none.
    """

    address: str = ""
    agent: str = ""
    session_id: SessionId | None = None


class Opening(msgspec.Struct, frozen=True):
    """A session to be opened. device_hash: of the token that the device showed, if any;
    new_device_hash: of the one it gets if that is not known."""

    token_hash: bytes
    new_device_hash: bytes
    device_hash: bytes | None = None
    device_name: str = "device"


class SignedIn(msgspec.Struct, frozen=True):
    """A session that was opened; or why not, and for how many seconds to wait."""

    session: Session | None = None
    new_device: bool = False
    denial: Denial | None = None
    wait_s: int = 0


class OpenLogin(msgspec.Struct, frozen=True):
    """Let a member have a login of this name; they enrol with a code."""

    member_id: MemberId
    name: str
    origin: Origin = Origin()


class IssueCode(msgspec.Struct, frozen=True):
    """Let an invited login be enrolled with a code; the one before is void.

    by: who hands it out; None for the house's own machines.
    """

    login_id: LoginId
    code_hash: bytes
    by: StaffId | None = None
    origin: Origin = Origin()


class ResetLogin(msgspec.Struct, frozen=True):
    """Take all credentials from a login and end its sessions; its owner enrols anew."""

    login_id: LoginId
    reason: str


class DisableLogin(msgspec.Struct, frozen=True):
    """Take all credentials from a login and end its sessions, for now or for good."""

    login_id: LoginId
    reason: str
    origin: Origin = Origin()


class NewFallback(msgspec.Struct, frozen=True):
    """A password and TOTP to be set together. totp_step: of the code that proved the seed."""

    password_hash: str
    totp_sealed: bytes
    totp_step: int
    recovery_hashes: list[bytes]


class EnrolFallback(msgspec.Struct, frozen=True):
    """Enrol with a password and TOTP, and be signed in."""

    code_hash: bytes
    fallback: NewFallback
    opening: Opening
    origin: Origin = Origin()


class EnrolPasskey(msgspec.Struct, frozen=True):
    """Enrol with a passkey, and be signed in."""

    code_hash: bytes
    challenge_id: ChallengeId
    passkey: NewPasskey
    opening: Opening
    origin: Origin = Origin()


class NotePassword(msgspec.Struct, frozen=True):
    """A password was compared. login_id, version: None, 0 for a name that nobody has.

    half_hash: of the token with which the second factor may follow. rehash: the password under
    today's parameters, if those have changed.
    """

    kind: OwnerKind
    name: str
    login_id: LoginId | None
    version: int
    correct: bool
    half_hash: bytes
    rehash: str | None = None
    origin: Origin = Origin()


class PasswordNoted(msgspec.Struct, frozen=True):
    """Whether the second factor may follow, until when; or for how many seconds to wait."""

    until: datetime | None = None
    wait_s: int = 0


class SecondFactor(msgspec.Struct, frozen=True):
    """What was shown after the password. totp_step: of the code, None if no code of this time is
    it. recovery_hash: of a recovery code."""

    factor: Factor
    version: int
    totp_step: int | None = None
    recovery_hash: bytes | None = None


class FinishSignIn(msgspec.Struct, frozen=True):
    """Finish a sign-in that began with a password."""

    half_hash: bytes
    second: SecondFactor
    opening: Opening
    origin: Origin = Origin()


class ProveOwner(msgspec.Struct, frozen=True):
    """Finish what began with a password, without signing in: only to know who it is."""

    half_hash: bytes
    second: SecondFactor
    origin: Origin = Origin()


class Proven(msgspec.Struct, frozen=True):
    """Whose login it is; or why not, and for how long it is to wait."""

    owner_id: UUID | None = None
    denial: Denial | None = None
    wait_s: int = 0


class SignInPasskey(msgspec.Struct, frozen=True):
    """Sign in with a passkey."""

    kind: OwnerKind
    assertion: Assertion
    opening: Opening
    origin: Origin = Origin()


class Begin(msgspec.Struct, frozen=True):
    """Keep a challenge until it is answered. subject: see `Challenge`."""

    purpose: Purpose
    challenge: bytes
    login_id: LoginId | None = None
    session_id: SessionId | None = None
    subject: bytes | None = None


class StepUp(msgspec.Struct, frozen=True):
    """Prove in a session that its owner is there: with a passkey, or a second factor."""

    session_id: SessionId
    assertion: Assertion | None = None
    second: SecondFactor | None = None
    origin: Origin = Origin()


class SteppedUp(msgspec.Struct, frozen=True):
    """The session, stepped up; or why not, and for how many seconds to wait."""

    session: Session | None = None
    denial: Denial | None = None
    wait_s: int = 0


class Touch(msgspec.Struct, frozen=True):
    """A session is in use."""

    session_id: SessionId


class EndSession(msgspec.Struct, frozen=True):
    """End a session of one's own: this one, or another."""

    by: SessionId
    session_id: SessionId
    origin: Origin = Origin()


class EndOthers(msgspec.Struct, frozen=True):
    """End all of one's own sessions but this one."""

    by: SessionId
    origin: Origin = Origin()


class NameDevice(msgspec.Struct, frozen=True):
    """Give one of one's own devices a name."""

    by: SessionId
    device_id: DeviceId
    name: str


class RemoveDevice(msgspec.Struct, frozen=True):
    """Forget one of one's own devices and end its sessions."""

    by: SessionId
    device_id: DeviceId
    origin: Origin = Origin()


class AddPasskey(msgspec.Struct, frozen=True):
    """Add a passkey whose registration was verified."""

    by: SessionId
    challenge_id: ChallengeId
    passkey: NewPasskey
    origin: Origin = Origin()


class NamePasskey(msgspec.Struct, frozen=True):
    """Give one of one's own passkeys a name."""

    by: SessionId
    passkey_id: PasskeyId
    name: str


class RemovePasskey(msgspec.Struct, frozen=True):
    """Remove one of one's own passkeys."""

    by: SessionId
    passkey_id: PasskeyId
    origin: Origin = Origin()


class ChangePassword(msgspec.Struct, frozen=True):
    """Change the password; other sessions end."""

    by: SessionId
    version: int
    password_hash: str
    origin: Origin = Origin()


class SetFallback(msgspec.Struct, frozen=True):
    """Set password, TOTP and recovery codes anew; other sessions end."""

    by: SessionId
    version: int
    fallback: NewFallback
    origin: Origin = Origin()


class RemoveFallback(msgspec.Struct, frozen=True):
    """Remove password, TOTP and recovery codes; passkeys remain."""

    by: SessionId
    origin: Origin = Origin()


class RenewRecovery(msgspec.Struct, frozen=True):
    """Put new recovery codes in place of the old ones."""

    by: SessionId
    recovery_hashes: list[bytes]
    origin: Origin = Origin()


class FirstStaff(msgspec.Struct, frozen=True):
    """One of the first of the staff, with the hash of their enrolment code."""

    display_name: str
    login_name: str
    roles: list[Role]
    code_hash: bytes


class FoundStaff(msgspec.Struct, frozen=True):
    """Name the first of the staff in a house that has none."""

    staff: list[FirstStaff]


class AddStaff(msgspec.Struct, frozen=True):
    """Add somebody to the staff; they enrol with a code."""

    display_name: str
    login_name: str
    roles: list[Role]


class ChangeRoles(msgspec.Struct, frozen=True):
    """Give somebody on the staff other roles; their sessions end."""

    staff_id: StaffId
    roles: list[Role]


class Propose(msgspec.Struct, frozen=True):
    """Propose a command that takes two people. body: JSON of what the command takes."""

    by: SessionId
    kind: str
    body: bytes
    reason: str
    origin: Origin = Origin()


class Approve(msgspec.Struct, frozen=True):
    """Approve exactly what was shown, and carry it out. digest: of what was shown.

    assertion: of a passkey over a challenge that holds the digest; without one, the session was
    stepped up with TOTP a short time ago.
    """

    by: SessionId
    proposal_id: ProposalId
    digest: bytes
    assertion: Assertion | None = None
    origin: Origin = Origin()


class NoteFailed(msgspec.Struct, frozen=True):
    """Keep what an approved command was refused for; the proposal stays open."""

    by: SessionId
    proposal_id: ProposalId
    digest: bytes
    error: str
    challenge_id: ChallengeId | None = None
    origin: Origin = Origin()


class Reject(msgspec.Struct, frozen=True):
    """Reject what was shown."""

    by: SessionId
    proposal_id: ProposalId
    digest: bytes
    note: str
    origin: Origin = Origin()


class Withdraw(msgspec.Struct, frozen=True):
    """Take back what one has proposed oneself."""

    by: SessionId
    proposal_id: ProposalId
    origin: Origin = Origin()


class NoteDenied(msgspec.Struct, frozen=True):
    """Somebody showed what is refused before it comes to a command. challenge_id: used up by it."""

    what: str
    denial: Denial
    challenge_id: ChallengeId | None = None
    origin: Origin = Origin()


class NotePartner(msgspec.Struct, frozen=True):
    """A partner has proven who asks, or has not. named: the key or application it named."""

    how: str
    ok: bool
    reason: str
    named: str


class Purge(msgspec.Struct, frozen=True):
    """Delete, up to a bound each: what timed out, ended sessions and lines of the log before."""

    events_before: datetime
    sessions_before: datetime


class Purged(msgspec.Struct, frozen=True):
    """How many rows were deleted; call again while any number is `PURGE_ROWS_MAX`."""

    events: int
    sessions: int
    challenges: int
    failures: int


class LoginByName(msgspec.Struct, frozen=True):
    """A login's name, as it was typed."""

    kind: OwnerKind
    name: str


class SignInFacts(msgspec.Struct, frozen=True):
    """What a password is compared with. login: None if nobody has the name or may sign in."""

    login: Login | None
    wait_s: int


class HashQuery(msgspec.Struct, frozen=True):
    """The SHA-256 of a token or code."""

    hash: bytes


class HalfFacts(msgspec.Struct, frozen=True):
    """A sign-in that waits for its second factor."""

    login: Login
    wait_s: int


class CredentialQuery(msgspec.Struct, frozen=True):
    """A challenge, and the passkey that answered it."""

    challenge_id: ChallengeId
    credential_id: bytes


class CredentialFacts(msgspec.Struct, frozen=True):
    """What a passkey's answer is verified with; None for what is not there or over."""

    challenge: Challenge | None
    passkey: Passkey | None


class EventQuery(msgspec.Struct, frozen=True):
    """A page of the log, the newest first. before: the last line of the page before."""

    login_id: LoginId | None = None
    before: AuthEventId | None = None
    limit: int = 50


class ProposalQuery(msgspec.Struct, frozen=True):
    """A page of proposals, the newest first. before: the last one of the page before."""

    state: ProposalState | None = None
    before: ProposalId | None = None
    limit: int = 50


class OwnerQuery(msgspec.Struct, frozen=True):
    """Whose login."""

    kind: OwnerKind
    owner_id: UUID

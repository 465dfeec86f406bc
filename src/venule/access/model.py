"""Types of the access room: logins, credentials, sessions, proposals, the log."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum
from typing import Final, NewType
from uuid import UUID

import msgspec

from venule.access.roles import Role

LoginId = NewType("LoginId", UUID)
StaffId = NewType("StaffId", UUID)
SessionId = NewType("SessionId", UUID)
DeviceId = NewType("DeviceId", UUID)
PasskeyId = NewType("PasskeyId", UUID)
ChallengeId = NewType("ChallengeId", UUID)
ProposalId = NewType("ProposalId", UUID)
AuthEventId = NewType("AuthEventId", UUID)

TOKEN_BYTES: Final = 32
"""A session's token has 256 bits; only its SHA-256 is stored."""

LOGIN_NAME_CHARS_MAX: Final = 128
DISPLAY_NAME_CHARS_MAX: Final = 64
CREDENTIAL_NAME_CHARS_MAX: Final = 64
REASON_CHARS_MAX: Final = 500
AGENT_CHARS_MAX: Final = 80
ERROR_CHARS_MAX: Final = 1_000
PASSWORD_CHARS_MIN: Final = 12
PASSWORD_CHARS_MAX: Final = 256
PASSKEYS_MAX: Final = 20
SESSIONS_MAX: Final = 50
"""Open sessions of one login; one more ends the one that was seen longest ago."""

DEVICES_MAX: Final = 50
RECOVERY_CODES: Final = 10
BODY_BYTES_MAX: Final = 65_536
PAGE_MAX: Final = 200
PURGE_ROWS_MAX: Final = 1_000

CODE_LASTS: Final = timedelta(hours=72)
CHALLENGE_LASTS: Final = timedelta(minutes=5)
PROPOSAL_LASTS: Final = timedelta(hours=24)
STEP_UP_LASTS: Final = timedelta(minutes=5)
"""How long after a step-up a risky action may follow."""

SEEN_EVERY: Final = timedelta(minutes=1)
"""How exactly a session knows when it was last used: it is written no more often than that."""


class OwnerKind(Enum):
    """Whose login it is: a member's, or one of the staff."""

    PERSON = "person"
    STAFF = "staff"


class LoginState(Enum):
    """Invited: waits for its owner with a code. Active: has credentials. Disabled: neither."""

    INVITED = "invited"
    ACTIVE = "active"
    DISABLED = "disabled"


class LoginEvent(Enum):
    """What can happen to a login."""

    ENROL = "enrol"
    RESET = "reset"
    DISABLE = "disable"


class Factor(Enum):
    """How somebody proved who they are. totp and recovery: after the password."""

    PASSKEY = "passkey"
    TOTP = "totp"
    RECOVERY = "recovery"


STRONG: Final = frozenset({Factor.PASSKEY, Factor.TOTP})
"""Factors that a risky action accepts. A recovery code only lets its owner mend the others."""


class Purpose(Enum):
    """What a challenge was made for; it serves for nothing else."""

    SIGN_IN = "sign_in"
    SECOND_FACTOR = "second_factor"
    ENROL = "enrol"
    REGISTER = "register"
    STEP_UP = "step_up"
    APPROVE = "approve"


class ProposalState(Enum):
    """Where a proposal stands; all but the first are final."""

    PROPOSED = "proposed"
    EXECUTED = "executed"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


class ProposalEvent(Enum):
    """What can happen to a proposal. Fail: it was approved, and its command was refused."""

    APPROVE = "approve"
    FAIL = "fail"
    REJECT = "reject"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"


class Denial(Enum):
    """Why somebody was not let in: for the log. Who asks is told less."""

    BLOCKED = "blocked"
    CHALLENGE = "challenge"
    CHANGED = "changed"
    COMMAND = "command"
    COUNTER = "counter"
    DISABLED = "disabled"
    PASSKEY = "passkey"
    RECOVERY_CODE = "recovery_code"
    REPLAYED = "replayed"
    TOTP = "totp"
    WRONG = "wrong"


class Login(msgspec.Struct, frozen=True):
    """A login, with its secrets hashed or sealed. owner_id: a member's id, or one of the staff's.

    version: grows with each change of a credential, so that what was checked against an older one
    is not accepted. totp_step: the last time-step accepted. code_by, enrolled_by: who handed out
    the enrolment code that is open, and the one that was used; None if nobody of the staff did.
    """

    id: LoginId
    kind: OwnerKind
    owner_id: UUID
    name: str
    state: LoginState
    version: int
    password_hash: str | None
    password_at: datetime | None
    totp_sealed: bytes | None
    totp_step: int
    code_hash: bytes | None
    code_until: datetime | None
    code_by: StaffId | None
    enrolled_by: StaffId | None
    opened_at: datetime


class LoginView(msgspec.Struct, frozen=True):
    """A login as people see it. fallback_at: when the password was set that goes with TOTP."""

    id: LoginId
    kind: OwnerKind
    owner_id: UUID
    name: str
    state: LoginState
    passkeys: int
    fallback_at: datetime | None
    recovery_codes_left: int
    code_until: datetime | None
    opened_at: datetime


class Failures(msgspec.Struct, frozen=True):
    """Failed attempts under a name since the last success."""

    count: int
    last_at: datetime
    blocked_until: datetime


class NewPasskey(msgspec.Struct, frozen=True):
    """A passkey whose registration was verified. public_key: COSE. may_back_up: synced ones may."""

    credential_id: bytes
    public_key: bytes
    sign_count: int
    may_back_up: bool
    backed_up: bool
    name: str


class Passkey(msgspec.Struct, frozen=True):
    """A passkey of a login. sign_count: as of its last use; 0 if it does not count."""

    id: PasskeyId
    login_id: LoginId
    credential_id: bytes
    public_key: bytes
    sign_count: int
    may_back_up: bool
    backed_up: bool
    name: str
    added_at: datetime
    used_at: datetime | None


class Assertion(msgspec.Struct, frozen=True):
    """What a passkey's verified answer says. None for the passkey: the signature did not hold."""

    challenge_id: ChallengeId
    passkey_id: PasskeyId | None
    sign_count: int = 0
    may_back_up: bool = False
    backed_up: bool = False


class Challenge(msgspec.Struct, frozen=True):
    """Something begun, to be finished once and in time. subject: of approve, what is approved."""

    id: ChallengeId
    purpose: Purpose
    challenge: bytes
    login_id: LoginId | None
    session_id: SessionId | None
    subject: bytes | None
    expires_at: datetime
    used_at: datetime | None


class Device(msgspec.Struct, frozen=True):
    """Where somebody has signed in. `agent`: what the browser calls itself, shortened."""

    id: DeviceId
    login_id: LoginId
    name: str
    agent: str
    first_seen_at: datetime
    last_seen_at: datetime


class Session(msgspec.Struct, frozen=True):
    """An open session, or one that has ended. expires_at: at the latest; it may idle out before.

    stepped_up_at, stepped_up_by: when and how its owner was last proven to be there.
    """

    id: SessionId
    login_id: LoginId
    device_id: DeviceId
    factor: Factor
    opened_at: datetime
    seen_at: datetime
    expires_at: datetime
    stepped_up_at: datetime
    stepped_up_by: Factor
    ended_at: datetime | None
    reason: str | None


class SessionFacts(msgspec.Struct, frozen=True):
    """Who calls: what a token stands for. roles, permissions: of staff; empty for a person."""

    session: Session
    kind: OwnerKind
    owner_id: UUID
    login_name: str
    roles: list[Role]
    permissions: frozenset[str]

    @property
    def proven_at(self) -> datetime | None:
        """When the owner was last proven to be there by what a risky action accepts."""
        session = self.session
        return session.stepped_up_at if session.stepped_up_by in STRONG else None

    @property
    def login_id(self) -> LoginId:
        """The login that the session is of."""
        return self.session.login_id


class Staff(msgspec.Struct, frozen=True):
    """Somebody on the staff."""

    id: StaffId
    display_name: str
    roles: list[Role]
    login: LoginView
    added_at: datetime


class Proposal(msgspec.Struct, frozen=True):
    """A command that waits for a second person, or what became of it.

    body: the command in canonical JSON. digest: SHA-256 of kind, a NUL and body: what a checker
    names. error: what the last approved attempt was refused for. answer: the command's, in JSON.
    """

    id: ProposalId
    kind: str
    body: bytes
    digest: bytes
    maker_id: StaffId
    reason: str
    state: ProposalState
    proposed_at: datetime
    expires_at: datetime
    checker_id: StaffId | None
    decided_at: datetime | None
    note: str | None
    answer: bytes | None
    error: str | None
    attempts: int


class AuthEvent(msgspec.Struct, frozen=True):
    """A line of the log. `subject`: what it was done to; `address`: the network alone."""

    id: AuthEventId
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

"""What can go wrong about who calls.

AppError
|-- BadInput
|   `-- NameMalformed, RolesMalformed, StaffTooFew, PageMalformed
|-- NotFound
|   `-- LoginUnknown, LoginNameUnknown, StaffUnknown, PasskeyUnknown, DeviceUnknown,
|       SessionNotFound, ProposalUnknown
|-- Conflict
|   `-- LoginNameTaken, LoginThere, CredentialTaken, CredentialsChanged, HouseHasStaff
|-- Refused
|   |-- 401: SignInRefused, SessionOver, CodeRefused
|   |-- 403: PermissionMissing, CheckerIsMaker, CheckerNotIndependent
|   `-- 409: LoginNameMalformed, PasswordUnfit, CeremonyRefused, LoginTransitionIllegal,
|            LastCredential, TooManyPasskeys, FallbackMissing, OwnerGone, KindNotSensitive,
|            ProposalMalformed, ProposalDecided, ProposalExpired, ProposalDiffers
`-- Unavailable
    `-- TooManyFailures (429), PasswordsBusy
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from venule.access.model import (
    BODY_BYTES_MAX,
    LOGIN_NAME_CHARS_MAX,
    PAGE_MAX,
    PASSKEYS_MAX,
    PASSWORD_CHARS_MAX,
    PASSWORD_CHARS_MIN,
    LoginEvent,
    LoginState,
    OwnerKind,
    ProposalEvent,
    ProposalState,
)
from venule.kit.errors import BadInput, Conflict, NotFound, Refused, Unavailable, shorten


@dataclass(eq=False)
class LoginNameMalformed(Refused):
    """A login name is empty, too long, or holds spaces or characters that are not printable."""

    seen: str
    slug = "login-name-malformed"

    @property
    def message(self) -> str:
        return (
            f"expected a login name of 1 to {LOGIN_NAME_CHARS_MAX} printable characters without "
            f"spaces, seen {shorten(self.seen)}"
        )


@dataclass(eq=False)
class PasswordUnfit(Refused):
    """A password is too short, too long, or easily guessed. It is not repeated here."""

    seen: str
    slug = "password-unfit"

    @property
    def message(self) -> str:
        return (
            f"expected a password of {PASSWORD_CHARS_MIN} to {PASSWORD_CHARS_MAX} characters that "
            f"is not easily guessed, seen {self.seen}"
        )


@dataclass(eq=False)
class NameMalformed(BadInput):
    """A name or a reason is empty, too long, or holds characters that are not printable."""

    field: str
    chars_max: int
    seen: str
    slug = "name-malformed"

    @property
    def message(self) -> str:
        return (
            f"{self.field}: expected 1 to {self.chars_max} printable characters, "
            f"seen {shorten(self.seen)}"
        )


@dataclass(eq=False)
class RolesMalformed(BadInput):
    """Nobody on the staff is without a role, and who only looks has no other one."""

    roles: str
    slug = "roles-malformed"

    @property
    def message(self) -> str:
        return (
            "expected one role or more, each once, and auditor or regulator_reader alone, "
            f"seen {shorten(self.roles)}"
        )


@dataclass(eq=False)
class StaffTooFew(BadInput):
    """The first of the staff must be able to add others: one proposes, another one checks."""

    seen: int
    slug = "staff-too-few"

    @property
    def message(self) -> str:
        return (
            "expected at least two people who may add staff and check one another, "
            f"seen {self.seen}"
        )


@dataclass(eq=False)
class KindNotSensitive(Refused):
    """What was proposed is no command that takes two people."""

    kind: str
    slug = "kind-not-sensitive"

    @property
    def message(self) -> str:
        return f"expected a command that takes two people, seen {shorten(self.kind)}"


@dataclass(eq=False)
class ProposalMalformed(Refused):
    """The body of a proposal is not what its command takes, or it is too large."""

    kind: str
    seen: str
    slug = "proposal-malformed"

    @property
    def message(self) -> str:
        return f"expected what {self.kind} takes, up to {BODY_BYTES_MAX} bytes, seen: {self.seen}"


@dataclass(eq=False)
class PageMalformed(BadInput):
    """A page of a list is longer than one answer may be, or empty."""

    limit: int
    slug = "access-page-malformed"

    @property
    def message(self) -> str:
        return f"expected a page of 1 to {PAGE_MAX} lines, seen {self.limit}"


@dataclass(eq=False)
class LoginUnknown(NotFound):
    """No login has this id, or its owner has none."""

    login_id: UUID
    slug = "login-unknown"

    @property
    def message(self) -> str:
        return f"expected the id of a login or of its owner, seen {self.login_id}"


@dataclass(eq=False)
class LoginNameUnknown(NotFound):
    """No login has this name. Told to the staff alone."""

    name: str
    slug = "login-name-unknown"

    @property
    def message(self) -> str:
        return f"expected the name of a login, seen {shorten(self.name)}"


@dataclass(eq=False)
class StaffUnknown(NotFound):
    """Nobody on the staff has this id."""

    staff_id: UUID
    slug = "staff-unknown"

    @property
    def message(self) -> str:
        return f"expected the id of somebody on the staff, seen {self.staff_id}"


@dataclass(eq=False)
class PasskeyUnknown(NotFound):
    """The login has no such passkey."""

    passkey_id: UUID
    slug = "passkey-unknown"

    @property
    def message(self) -> str:
        return f"expected the id of a passkey of this login, seen {self.passkey_id}"


@dataclass(eq=False)
class DeviceUnknown(NotFound):
    """The login has no such device."""

    device_id: UUID
    slug = "device-unknown"

    @property
    def message(self) -> str:
        return f"expected the id of a device of this login, seen {self.device_id}"


@dataclass(eq=False)
class SessionNotFound(NotFound):
    """The login has no such session."""

    session_id: UUID
    slug = "session-not-found"

    @property
    def message(self) -> str:
        return f"expected the id of a session of this login, seen {self.session_id}"


@dataclass(eq=False)
class ProposalUnknown(NotFound):
    """No proposal has this id."""

    proposal_id: UUID
    slug = "proposal-unknown"

    @property
    def message(self) -> str:
        return f"expected the id of a proposal, seen {self.proposal_id}"


@dataclass(eq=False)
class LoginNameTaken(Conflict):
    """Another login has this name."""

    name: str
    slug = "login-name-taken"

    @property
    def message(self) -> str:
        return f"expected a login name that nobody has, seen {shorten(self.name)}, which is taken"


@dataclass(eq=False)
class LoginThere(Conflict):
    """Its owner has a login already."""

    kind: OwnerKind
    owner_id: UUID
    slug = "login-there"

    @property
    def message(self) -> str:
        return f"expected a {self.kind.value} without a login, seen {self.owner_id}, who has one"


class CredentialTaken(Conflict):
    """The passkey is registered already."""

    slug = "credential-taken"

    @property
    def message(self) -> str:
        return "expected a passkey that is not registered yet, seen one that is"


class CredentialsChanged(Conflict):
    """The login's credentials have changed since this was checked against them."""

    slug = "credentials-changed"
    retryable = True

    @property
    def message(self) -> str:
        return "expected the credentials as they were when this began, seen them changed since"


@dataclass(eq=False)
class HouseHasStaff(Conflict):
    """The first of the staff are named once; others are added by two of them."""

    staff: int
    slug = "house-has-staff"

    @property
    def message(self) -> str:
        return f"expected a house without staff, seen one with {self.staff}"


class SignInRefused(Refused):
    """Name and proof do not go together. Which of them is wrong is not said."""

    status, slug = 401, "sign-in-refused"

    @property
    def message(self) -> str:
        return "expected a login's name and its proof, seen a pair that does not go together"


class SessionOver(Refused):
    """The token is of no open session: it ended, timed out, or never was."""

    status, slug = 401, "session-over"

    @property
    def message(self) -> str:
        return "expected the token of an open session, seen one that ended or never was"


class CodeRefused(Refused):
    """The enrolment code is of no login that waits: it was used, timed out, or never was."""

    status, slug = 401, "code-refused"

    @property
    def message(self) -> str:
        return "expected an enrolment code that was not used and is in time, seen another one"


@dataclass(eq=False)
class PermissionMissing(Refused):
    """The roles of who asks do not allow it."""

    permission: str
    status, slug = 403, "permission-missing"

    @property
    def message(self) -> str:
        return f"expected a role with permission {self.permission!r}, seen none"


@dataclass(eq=False)
class CheckerIsMaker(Refused):
    """Nobody decides on what they proposed themselves."""

    proposal_id: UUID
    status, slug = 403, "checker-is-maker"

    @property
    def message(self) -> str:
        return f"expected a second person to decide on {self.proposal_id}, seen who proposed it"


@dataclass(eq=False)
class CheckerNotIndependent(Refused):
    """One of the two handed out the other's enrolment code, and could be both of them."""

    proposal_id: UUID
    status, slug = 403, "checker-not-independent"

    @property
    def message(self) -> str:
        return (
            f"expected two people for {self.proposal_id} of whom neither enrolled the other, "
            "seen that one handed out the other's enrolment code"
        )


@dataclass(eq=False)
class LoginTransitionIllegal(Refused):
    """What was asked for cannot happen to a login in this state."""

    state: LoginState
    event: LoginEvent
    slug = "login-transition-illegal"

    @property
    def message(self) -> str:
        return f"a login that is {self.state.value} cannot take event {self.event.value!r}"


@dataclass(eq=False)
class ProposalDecided(Refused):
    """The proposal is no longer open."""

    state: ProposalState
    event: ProposalEvent
    slug = "proposal-decided"

    @property
    def message(self) -> str:
        return f"a proposal that is {self.state.value} cannot take event {self.event.value!r}"


@dataclass(eq=False)
class ProposalExpired(Refused):
    """The proposal was not decided in time."""

    expires_at: datetime
    slug = "proposal-expired"

    @property
    def message(self) -> str:
        return f"expected a decision before {self.expires_at.isoformat()}, seen one after it"


@dataclass(eq=False)
class ProposalDiffers(Refused):
    """What the checker saw is not what is stored."""

    expected: bytes
    seen: bytes
    slug = "proposal-differs"

    @property
    def message(self) -> str:
        return (
            f"expected the digest {self.expected.hex()} of what is proposed, seen {self.seen.hex()}"
        )


class LastCredential(Refused):
    """A login keeps at least one passkey, or a password with TOTP."""

    slug = "last-credential"

    @property
    def message(self) -> str:
        return "expected another way to sign in to remain, seen the last one"


@dataclass(eq=False)
class TooManyPasskeys(Refused):
    """A login has only so many passkeys."""

    passkeys: int
    slug = "too-many-passkeys"

    @property
    def message(self) -> str:
        return f"expected fewer than {PASSKEYS_MAX} passkeys, seen {self.passkeys}"


class FallbackMissing(Refused):
    """The login has no password with TOTP to change or to prove anything with."""

    slug = "fallback-missing"

    @property
    def message(self) -> str:
        return "expected a login with a password and TOTP, seen one without"


@dataclass(eq=False)
class OwnerGone(Refused):
    """The member has left: nobody signs in for them."""

    owner_id: UUID
    slug = "login-owner-gone"

    @property
    def message(self) -> str:
        return f"expected an open membership, seen {self.owner_id}, which is closed"


class CeremonyRefused(Refused):
    """What the authenticator or the app showed does not answer what it was asked."""

    slug = "ceremony-refused"

    @property
    def message(self) -> str:
        return "expected the answer to an open challenge, seen another one"


@dataclass(eq=False)
class TooManyFailures(Unavailable):
    """Too many failed attempts under this name, known or not: wait."""

    wait_s: int
    status, slug = 429, "too-many-failures"

    @property
    def message(self) -> str:
        return f"expected a pause of {self.wait_s} s after too many failures, seen an attempt"


@dataclass(eq=False)
class PasswordsBusy(Unavailable):
    """More passwords wait to be hashed than this process takes."""

    waiting: int
    slug = "passwords-busy"

    @property
    def message(self) -> str:
        return f"expected fewer passwords to wait, seen {self.waiting}"

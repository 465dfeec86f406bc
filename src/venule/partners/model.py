"""Types of the partners room: applications, their keys, what members let them do, their tokens.

An application is a partner's program. It proves itself with keys of its own, of which we keep the
public halves alone; what it is given to hold (codes, tokens) is kept as SHA-256.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Final, NewType
from uuid import UUID

import msgspec

from venule.members import MemberId

ApplicationId = NewType("ApplicationId", UUID)
KeyId = NewType("KeyId", UUID)
ConsentId = NewType("ConsentId", UUID)
GrantId = NewType("GrantId", UUID)

NAME_CHARS_MAX: Final = 64
CONTACT_CHARS_MAX: Final = 128
REASON_CHARS_MAX: Final = 200
OPERATOR_CHARS_MAX: Final = 64
REDIRECTS_MAX: Final = 10
REDIRECT_CHARS_MAX: Final = 500
KEYS_ACTIVE_MAX: Final = 5
"""So many keys of one use may be good at a time: enough to change them without a gap."""

STATE_CHARS_MAX: Final = 512
"""Of what an application gives to an authorisation and gets back from it."""

NONCE_CHARS_MAX: Final = 128


class ApplicationState(Enum):
    """How far an application has come. See `states`."""

    SANDBOX = "sandbox"
    ASKED = "asked"
    ADMITTED = "admitted"
    REFUSED = "refused"
    SUSPENDED = "suspended"
    CLOSED = "closed"


class ApplicationEvent(Enum):
    """What can happen to an application."""

    ASK = "ask"
    ADMIT = "admit"
    REFUSE = "refuse"
    SUSPEND = "suspend"
    RESUME = "resume"
    CLOSE = "close"


class KeyUse(Enum):
    """What a key signs: whole requests (RFC 9421), or assertions of a client (RFC 7523)."""

    REQUEST = "request"
    ASSERTION = "assertion"


class KeyAlg(Enum):
    """How a key signs: Ed25519 (RFC 8032), or ECDSA with P-256 and SHA-256 (RFC 7518, 3.4)."""

    ED25519 = "ed25519"
    ES256 = "es256"


class Once(Enum):
    """What is taken once only: the nonce of a request, the `jti` of an assertion or a proof."""

    NONCE = "nonce"
    ASSERTION = "assertion"


class TokenKind(Enum):
    """What a token is for: to ask with, or to get the next ones."""

    ACCESS = "access"
    REFRESH = "refresh"


class Application(msgspec.Struct, frozen=True):
    """A partner's program.

    owner_id: the merchant or institution for whom it acts of itself. scopes: the most that it may
    do, sorted. redirect_uris: where a member's browser may be sent back to.
    """

    id: ApplicationId
    name: str
    contact: str
    owner_id: MemberId | None
    state: ApplicationState
    scopes: tuple[str, ...]
    redirect_uris: tuple[str, ...]
    made_at: datetime
    changed_at: datetime
    decided_by: str | None
    reason: str | None


class Key(msgspec.Struct, frozen=True):
    """A public key of an application. public: SubjectPublicKeyInfo in DER (RFC 5280, 4.1)."""

    id: KeyId
    application_id: ApplicationId
    use: KeyUse
    alg: KeyAlg
    public: bytes
    not_before: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    added_at: datetime


class SetUpSandbox(msgspec.Struct, frozen=True):
    """Make a home one where no money is real."""


class SignUp(msgspec.Struct, frozen=True):
    """An application to be. scopes: what it wants to do; an operator decides in production."""

    name: str
    contact: str
    scopes: tuple[str, ...] = ()
    redirect_uris: tuple[str, ...] = ()


class OpenApplication(msgspec.Struct, frozen=True):
    """An application with its first keys. In a sandbox it gets a merchant of its own as well.

    by_itself: nobody of the house opens it; only in a sandbox. request_key, assertion_key: public
    keys as in `AddKey`; empty: none yet.
    """

    sign_up: SignUp
    by_itself: bool
    request_key: str = ""
    assertion_key: str = ""


class Opened(msgspec.Struct, frozen=True):
    """An application and its keys."""

    application: Application
    keys: tuple[Key, ...]


class CarriedKey(msgspec.Struct, frozen=True):
    """A public key that an application brings along: PEM, a JWK, or base64, as in `AddKey`."""

    use: KeyUse
    public: str


class CarryOver(msgspec.Struct, frozen=True):
    """An application that was tried out in a sandbox asks to be admitted here."""

    sign_up: SignUp
    keys: tuple[CarriedKey, ...]


class BindOwner(msgspec.Struct, frozen=True):
    """Say for whom an application acts of itself: a merchant or an institution."""

    application_id: ApplicationId
    owner_id: MemberId
    operator: str


class AskProduction(msgspec.Struct, frozen=True):
    """Ask that an application be admitted."""

    application_id: ApplicationId


class Admit(msgspec.Struct, frozen=True):
    """Let an application in, with these scopes. operator: who decides."""

    application_id: ApplicationId
    scopes: tuple[str, ...]
    operator: str


class Refuse(msgspec.Struct, frozen=True):
    """Do not let an application in; it may ask again."""

    application_id: ApplicationId
    reason: str
    operator: str


class Suspend(msgspec.Struct, frozen=True):
    """Stop an application for now."""

    application_id: ApplicationId
    reason: str
    operator: str


class Resume(msgspec.Struct, frozen=True):
    """Let a suspended application go on."""

    application_id: ApplicationId
    reason: str
    operator: str


class CloseApplication(msgspec.Struct, frozen=True):
    """Stop an application for good."""

    application_id: ApplicationId
    reason: str
    operator: str


class ChangeScopes(msgspec.Struct, frozen=True):
    """Say anew what an application may do; it holds for tokens that are out, too."""

    application_id: ApplicationId
    scopes: tuple[str, ...]
    operator: str


class ChangeRedirects(msgspec.Struct, frozen=True):
    """Say anew where a member's browser may be sent back to."""

    application_id: ApplicationId
    redirect_uris: tuple[str, ...]


class AddKey(msgspec.Struct, frozen=True):
    """Add a public key: PEM, a JWK (JSON), or for Ed25519 its 32 bytes in base64.

    not_before: now if it is not said. expires_at: never if it is not said.
    """

    application_id: ApplicationId
    use: KeyUse
    public: str
    not_before: datetime | None = None
    expires_at: datetime | None = None


class RevokeKey(msgspec.Struct, frozen=True):
    """End a key at once."""

    application_id: ApplicationId
    key_id: KeyId
    reason: str


class ApplicationQuery(msgspec.Struct, frozen=True):
    """Applications in order of id, after one; in one state, or in any."""

    after: ApplicationId | None = None
    state: ApplicationState | None = None
    limit: int = 50


class KeyFacts(msgspec.Struct, frozen=True):
    """A key and whose it is: what a signature is checked against.

    sandbox: whether the home is one, where an application that is not admitted may call.
    """

    key: Key
    application: Application
    sandbox: bool


class ClientFacts(msgspec.Struct, frozen=True):
    """An application and its keys of one use."""

    application: Application
    keys: tuple[Key, ...]
    sandbox: bool


class ClientQuery(msgspec.Struct, frozen=True):
    """An application's keys of one use."""

    application_id: ApplicationId
    use: KeyUse


class UseOnce(msgspec.Struct, frozen=True):
    """Take what counts once only.

    until_at: when it could no longer be taken anyway. forget_before: those of before this instant
    may be forgotten.
    """

    application_id: ApplicationId
    what: Once
    value: str
    until_at: datetime
    forget_before: datetime | None = None


class ServerKey(msgspec.Struct, frozen=True):
    """Our own key. sealed: its private half, as the vault keeps it."""

    id: KeyId
    public: bytes
    sealed: bytes
    made_at: datetime


class KeepServerKey(msgspec.Struct, frozen=True):
    """Keep a key of our own, unless there is one. public: its 32 bytes (Ed25519)."""

    public: bytes
    sealed: bytes

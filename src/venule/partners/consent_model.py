"""Types of what members let applications do, and of the codes and tokens that follow from it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from venule.members import MemberId
from venule.partners.model import (
    ApplicationId,
    ApplicationState,
    ConsentId,
    GrantId,
    TokenKind,
)

REQUEST_S: Final = 600
"""How long a member may look at the page that asks."""

CODE_S: Final = 60
ACCESS_S: Final = 600
REFRESH_S: Final = 30 * 86_400
USE_NOTED_S: Final = 3_600
"""The last use of a consent is noted this often, not at each call."""


class Consent(msgspec.Struct, frozen=True):
    """What a member lets an application do, until it is withdrawn. One at a time for the two."""

    id: ConsentId
    application_id: ApplicationId
    member_id: MemberId
    scopes: tuple[str, ...]
    given_at: datetime
    withdrawn_at: datetime | None
    used_at: datetime | None


class ConsentShown(msgspec.Struct, frozen=True):
    """A consent as its member sees it."""

    consent: Consent
    application: str
    state: ApplicationState


class ConsentQuery(msgspec.Struct, frozen=True):
    """A member's consents, the youngest first. withdrawn: those that are over, too."""

    member_id: MemberId
    withdrawn: bool = False


class WithdrawConsent(msgspec.Struct, frozen=True):
    """A member takes back what it let an application do."""

    member_id: MemberId
    consent_id: ConsentId


class NoteUse(msgspec.Struct, frozen=True):
    """Note that a consent was used now."""

    consent_id: ConsentId


class Request(msgspec.Struct, frozen=True):
    """What an application asks of a member. state: comes back to it. challenge: see RFC 7636."""

    application_id: ApplicationId
    redirect_uri: str
    scopes: tuple[str, ...]
    state: str
    challenge: str


class AskConsent(msgspec.Struct, frozen=True):
    """Keep a request while a member looks at it. ticket: SHA-256 of what the page carries."""

    ticket: bytes
    member_id: MemberId
    request: Request


class DecideConsent(msgspec.Struct, frozen=True):
    """A member's answer. code: SHA-256 of the code that the application will get."""

    ticket: bytes
    member_id: MemberId
    allow: bool
    code: bytes


class Decided(msgspec.Struct, frozen=True):
    """How a member answered, and where its browser goes with that."""

    allowed: bool
    redirect_uri: str
    state: str


class Kept(msgspec.Struct, frozen=True):
    """A request that waits for a member's answer, or has had it."""

    ticket: bytes
    member_id: MemberId
    request: Request
    expires_at: datetime
    decided_at: datetime | None


class Code(msgspec.Struct, frozen=True):
    """What an application changes for tokens, once. hash: SHA-256 of it."""

    hash: bytes
    application_id: ApplicationId
    consent_id: ConsentId
    redirect_uri: str
    challenge: str
    scopes: tuple[str, ...]
    expires_at: datetime
    grant_id: GrantId | None


class Grant(msgspec.Struct, frozen=True):
    """The family of the tokens that come from one code; they end together."""

    id: GrantId
    application_id: ApplicationId
    consent_id: ConsentId
    made_at: datetime
    revoked_at: datetime | None
    reason: str | None


class Token(msgspec.Struct, frozen=True):
    """A token. grant_id: None for one with which an application acts of itself."""

    hash: bytes
    kind: TokenKind
    application_id: ApplicationId
    grant_id: GrantId | None
    scopes: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


class IssueForClient(msgspec.Struct, frozen=True):
    """A token with which an application acts of itself. scopes: None for all that it may do."""

    application_id: ApplicationId
    scopes: tuple[str, ...] | None
    access: bytes


class ExchangeCode(msgspec.Struct, frozen=True):
    """Change a code for tokens. verifier: see RFC 7636, section 4.1."""

    application_id: ApplicationId
    code: bytes
    redirect_uri: str
    verifier: str
    access: bytes
    refresh: bytes


class Renew(msgspec.Struct, frozen=True):
    """Change a refresh token for the next two. scopes: fewer than before, or None for the same."""

    application_id: ApplicationId
    token: bytes
    scopes: tuple[str, ...] | None
    access: bytes
    refresh: bytes


class Issued(msgspec.Struct, frozen=True):
    """What was given. Or `reused`: a code or token came a second time, all of its family ended."""

    scopes: tuple[str, ...] = ()
    expires_s: int = 0
    reused: str = ""


class RevokeToken(msgspec.Struct, frozen=True):
    """End a token; a refresh token ends its family."""

    application_id: ApplicationId
    token: bytes


class TokenFacts(msgspec.Struct, frozen=True):
    """A token that holds now, with all that it depends on.

    scopes: what token, consent and application allow together. for_us: how long it still holds, in
    microseconds. note_use: the last use of its consent is long ago.
    """

    kind: TokenKind
    application_id: ApplicationId
    owner_id: MemberId | None
    member_id: MemberId | None
    consent_id: ConsentId | None
    scopes: tuple[str, ...]
    issued_at: datetime
    expires_at: datetime
    for_us: int
    note_use: bool


class TokenQuery(msgspec.Struct, frozen=True):
    """A token by the SHA-256 of it."""

    token: bytes

"""What can go wrong with applications, their keys and their requests; OAuth: `oauth_errors.py`.

AppError
|-- BadInput
|   `-- PartnerTextMalformed, ScopeUnknown, RedirectUnfit
|-- NotFound
|   `-- ApplicationUnknown, KeyUnknown, ConsentUnknown, ServerKeyMissing
|-- Conflict
|   `-- KeyTaken, SandboxTooLate
|-- Refused
|   `-- ApplicationTransitionIllegal, OwnerUnfit, OwnerMissing, TooManyKeys,
|       PublicKeyUnfit, KeySpanWrong, NotASandbox
|-- NotProven 401          nobody has proven who asks
|   |-- SignatureMissing, SignatureMalformed, SignatureIncomplete, SignatureOutOfTime,
|   |   SignatureKeyUnknown, SignatureKeyOver, SignatureWrong, DigestWrong, OriginNotOurs
|   |-- UsedBefore
|   `-- TokenUnknown
`-- NotAllowed 403
    `-- ApplicationMayNotCall, ScopeMissing
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from venule.kit.errors import AppError, BadInput, Conflict, NotFound, Refused, shorten
from venule.partners.model import ApplicationEvent, ApplicationState


@dataclass(eq=False)
class PartnerTextMalformed(BadInput):
    """A text about an application is empty, too long, or does not print."""

    field: str
    chars_max: int
    seen: str
    slug = "partner-text-malformed"

    @property
    def message(self) -> str:
        return (
            f"{self.field}: expected 1 to {self.chars_max} printable characters, "
            f"seen {shorten(self.seen)}"
        )


@dataclass(eq=False)
class ScopeUnknown(BadInput):
    """A scope is not in the table."""

    scope: str
    slug = "scope-unknown"

    @property
    def message(self) -> str:
        return f"expected a scope of the table, seen {shorten(self.scope)}"


@dataclass(eq=False)
class RedirectUnfit(BadInput):
    """An address to send browsers back to is not one of https, or there are too many."""

    seen: str
    slug = "redirect-unfit"

    @property
    def message(self) -> str:
        return (
            "expected at most 10 different addresses https://host/path without fragment and user "
            f"(http: on 127.0.0.1 alone), seen {shorten(self.seen)}"
        )


@dataclass(eq=False)
class PublicKeyUnfit(Refused):
    """A public key cannot be read, or is of a kind that is not taken."""

    expected: str
    seen: str
    slug = "public-key-unfit"

    @property
    def message(self) -> str:
        return f"expected {self.expected}, seen {self.seen}"


@dataclass(eq=False)
class KeySpanWrong(Refused):
    """A key would be over before it begins, or is over already."""

    not_before: datetime
    expires_at: datetime
    slug = "key-span-wrong"

    @property
    def message(self) -> str:
        return (
            f"expected a key that ends after {self.not_before.isoformat()} and after now, "
            f"seen one that ends at {self.expires_at.isoformat()}"
        )


@dataclass(eq=False)
class ApplicationUnknown(NotFound):
    """No application has this id."""

    application_id: UUID
    slug = "application-unknown"

    @property
    def message(self) -> str:
        return f"expected an application with id {self.application_id}, seen none"


@dataclass(eq=False)
class KeyUnknown(NotFound):
    """The application has no key of this id."""

    key_id: UUID
    slug = "key-unknown"

    @property
    def message(self) -> str:
        return f"expected a key of the application with id {self.key_id}, seen none"


@dataclass(eq=False)
class ConsentUnknown(NotFound):
    """The member has given no consent of this id."""

    consent_id: UUID
    slug = "consent-unknown"

    @property
    def message(self) -> str:
        return f"expected a consent of the member with id {self.consent_id}, seen none"


class ServerKeyMissing(NotFound):
    """The service has no key of its own yet: it signs no answers."""

    slug = "server-key-missing"

    @property
    def message(self) -> str:
        return "expected a key of the service's own, seen none yet"


@dataclass(eq=False)
class KeyTaken(Conflict):
    """The application has this public key already, for this or another use; or had it."""

    key_id: UUID
    slug = "key-taken"

    @property
    def message(self) -> str:
        return f"expected a public key that is new, seen that of key {self.key_id}"


@dataclass(eq=False)
class SandboxTooLate(Conflict):
    """A home with applications, or with production set up, does not become a sandbox."""

    slug = "sandbox-too-late"

    @property
    def message(self) -> str:
        return "expected a home without applications, seen one that has some"


@dataclass(eq=False)
class ApplicationTransitionIllegal(Refused):
    """What was asked for does not follow from the application's state."""

    state: ApplicationState
    event: ApplicationEvent
    slug = "application-transition-illegal"

    @property
    def message(self) -> str:
        return f"expected an application that can {self.event.value}, seen it {self.state.value}"


class NotASandbox(Refused):
    """Where money is real, an operator opens applications and two people add keys."""

    slug = "not-a-sandbox"

    @property
    def message(self) -> str:
        return "expected a sandbox, seen a home where money is real"


@dataclass(eq=False)
class OwnerUnfit(Refused):
    """Applications act for merchants and institutions; or the application has another owner."""

    member_id: UUID
    seen: str
    slug = "owner-unfit"

    @property
    def message(self) -> str:
        return (
            "expected a merchant or institution for an application without owner, "
            f"seen {self.seen} {self.member_id}"
        )


@dataclass(eq=False)
class OwnerMissing(Refused):
    """An application is admitted for somebody: its owner is bound first."""

    application_id: UUID
    slug = "owner-missing"

    @property
    def message(self) -> str:
        return f"expected an owner of application {self.application_id}, seen none"


@dataclass(eq=False)
class TooManyKeys(Refused):
    """The application has as many keys of this use as it may; revoke one first."""

    keys_max: int
    slug = "too-many-keys"

    @property
    def message(self) -> str:
        return f"expected fewer than {self.keys_max} keys that are not over, seen {self.keys_max}"


class NotProven(AppError):
    """A branch: nobody has proven who asks."""

    status = 401


@dataclass(eq=False)
class SignatureMissing(NotProven):
    """The request has no signature."""

    slug = "signature-missing"

    @property
    def message(self) -> str:
        return "expected the fields Signature-Input and Signature (RFC 9421), seen none"


@dataclass(eq=False)
class SignatureMalformed(NotProven):
    """A signature's fields cannot be read, or use what is not in the profile."""

    expected: str
    seen: str
    slug = "signature-malformed"

    @property
    def message(self) -> str:
        return f"expected {self.expected}, seen {shorten(self.seen)}"


@dataclass(eq=False)
class SignatureIncomplete(NotProven):
    """The signature leaves out what it must cover."""

    missing: list[str]
    slug = "signature-incomplete"

    @property
    def message(self) -> str:
        return f"expected a signature over {', '.join(self.missing)} too, seen one without"


@dataclass(eq=False)
class SignatureOutOfTime(NotProven):
    """The signature is too old, from the future, or has expired. Instants in Unix seconds."""

    seen: int
    earliest: int
    latest: int
    slug = "signature-out-of-time"

    @property
    def message(self) -> str:
        return (
            f"expected a signature made between {self.earliest} and {self.latest} (Unix seconds) "
            f"and not expired, seen {self.seen}"
        )


@dataclass(eq=False)
class SignatureKeyUnknown(NotProven):
    """No key for requests has the id that the signature names."""

    key_id: str
    slug = "signature-key-unknown"

    @property
    def message(self) -> str:
        return f"expected the id of a key for requests, seen {shorten(self.key_id)}"


@dataclass(eq=False)
class SignatureKeyOver(NotProven):
    """The key is revoked, has expired, or is not yet good."""

    key_id: UUID
    seen: str
    slug = "signature-key-over"

    @property
    def message(self) -> str:
        return f"expected a key that is good now, seen {self.key_id}, which {self.seen}"


@dataclass(eq=False)
class SignatureWrong(NotProven):
    """The signature is not the key's over this request: something was altered."""

    slug = "signature-wrong"

    @property
    def message(self) -> str:
        return "expected the key's signature over this request, seen another"


@dataclass(eq=False)
class DigestWrong(NotProven):
    """Content-Digest is not that of the body (RFC 9530)."""

    expected: str
    seen: str
    slug = "digest-wrong"

    @property
    def message(self) -> str:
        return f"expected {self.expected}, seen {shorten(self.seen)}"


@dataclass(eq=False)
class OriginNotOurs(NotProven):
    """The request was meant for another server."""

    seen: str
    slug = "origin-not-ours"

    @property
    def message(self) -> str:
        return f"expected a request to this service's own address, seen {shorten(self.seen)}"


@dataclass(eq=False)
class UsedBefore(NotProven):
    """A nonce or `jti` counts once; this one has been seen."""

    what: str
    slug = "used-before"

    @property
    def message(self) -> str:
        return f"expected a {self.what} that was never used, seen one that was"


@dataclass(eq=False)
class TokenUnknown(NotProven):
    """The token is not one of ours, is over, or was taken back."""

    slug = "token-unknown"

    @property
    def message(self) -> str:
        return "expected an access token that holds, seen one that does not"


class NotAllowed(AppError):
    """A branch: it is known who asks, and that may not be."""

    status = 403


@dataclass(eq=False)
class ApplicationMayNotCall(NotAllowed):
    """The application is not admitted here, or no longer."""

    application_id: UUID
    state: ApplicationState
    slug = "application-may-not-call"

    @property
    def message(self) -> str:
        return (
            f"expected an application that is admitted, seen {self.application_id}, "
            f"which is {self.state.value}"
        )


@dataclass(eq=False)
class ScopeMissing(NotAllowed):
    """The caller was not given the scope that this needs."""

    scope: str
    slug = "scope-missing"

    @property
    def message(self) -> str:
        return f"expected a caller with the scope {self.scope}, seen one without"

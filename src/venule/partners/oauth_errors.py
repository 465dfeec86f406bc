"""What can go wrong in OAuth; `oauth` is the word that its own standards have for it.

AppError
|-- OAuthError
|   `-- RequestUnfit, GrantInvalid, ScopeTooWide, GrantTypeUnknown, ResponseTypeUnknown,
|       ConsentRefused, GrantNotForClient
|-- NotProven 401
|   `-- ClientNotProven
`-- Refused
    `-- ConsentRequestOver

Source: RFC 6749, sections 4.1.2.1 and 5.2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from venule.kit.errors import AppError, Refused, shorten
from venule.partners.errors import NotProven


class OAuthError(AppError):
    """A branch: a request of OAuth is not taken."""

    status = 400
    oauth: ClassVar[str] = "invalid_request"


@dataclass(eq=False)
class RequestUnfit(OAuthError):
    """A parameter is missing, doubled, or has a value that is not taken."""

    parameter: str
    expected: str
    seen: str
    slug = "oauth-request-unfit"

    @property
    def message(self) -> str:
        return f"{self.parameter}: expected {self.expected}, seen {shorten(self.seen)}"


@dataclass(eq=False)
class GrantInvalid(OAuthError):
    """A code or refresh token is unknown, over, used, or was given to another."""

    seen: str
    slug = "oauth-grant-invalid"
    oauth = "invalid_grant"

    @property
    def message(self) -> str:
        return f"expected a code or refresh token that holds, seen {self.seen}"


@dataclass(eq=False)
class ScopeTooWide(OAuthError):
    """More was asked for than may be given."""

    scopes: list[str]
    slug = "oauth-scope-too-wide"
    oauth = "invalid_scope"

    @property
    def message(self) -> str:
        return f"expected scopes that may be given, seen {' '.join(self.scopes) or 'none'}"


@dataclass(eq=False)
class GrantTypeUnknown(OAuthError):
    """No such grant is served."""

    seen: str
    slug = "oauth-grant-type-unknown"
    oauth = "unsupported_grant_type"

    @property
    def message(self) -> str:
        return (
            "expected grant_type authorization_code, client_credentials or refresh_token, "
            f"seen {shorten(self.seen)}"
        )


@dataclass(eq=False)
class ResponseTypeUnknown(OAuthError):
    """No such response is served."""

    seen: str
    slug = "oauth-response-type-unknown"
    oauth = "unsupported_response_type"

    @property
    def message(self) -> str:
        return f"expected response_type code, seen {shorten(self.seen)}"


class ConsentRefused(OAuthError):
    """The member said no."""

    slug = "oauth-consent-refused"
    oauth = "access_denied"

    @property
    def message(self) -> str:
        return "expected the member to allow it, seen a no"


class GrantNotForClient(OAuthError):
    """The application may not call here."""

    slug = "oauth-client-unauthorised"
    oauth = "unauthorized_client"

    @property
    def message(self) -> str:
        return "expected an application that is admitted, seen one that is not"


@dataclass(eq=False)
class ClientNotProven(NotProven):
    """The client's assertion (RFC 7523) does not hold."""

    expected: str
    seen: str
    slug = "oauth-client-not-proven"
    oauth: ClassVar[str] = "invalid_client"

    @property
    def message(self) -> str:
        return f"client_assertion: expected {self.expected}, seen {shorten(self.seen)}"


class ConsentRequestOver(Refused):
    """The page that asked is too old, was answered, or was another member's."""

    slug = "consent-request-over"

    @property
    def message(self) -> str:
        return "expected a page that still waits for this member's answer, seen none"

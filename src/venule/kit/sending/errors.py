"""What can go wrong with a request to the outside.

BadInput
|-- UrlRefused          a URL that we would never call, whoever asks
`-- RequestUnfit        headers or a body that must not be put on a wire
Refused
`-- SendRefused         the name leads to an address that is not allowed
Unavailable
`-- SendFailed          the other side could not be reached, or gave no answer in time
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from venule.kit.errors import BadInput, Refused, Unavailable, shorten


class SendStep(Enum):
    """How far a request came."""

    LOOK_UP = "look-up"
    CONNECT = "connect"
    TLS = "tls"
    SEND = "send"
    ANSWER = "answer"


@dataclass(eq=False)
class UrlRefused(BadInput):
    """The URL is not one that requests are sent to: its form, scheme, port or host."""

    url: str
    expected: str
    seen: str
    slug = "url-refused"

    @property
    def message(self) -> str:
        return f"URL {shorten(self.url)}: expected {self.expected}, seen {self.seen}"


@dataclass(eq=False)
class RequestUnfit(BadInput):
    """A header or a body that must not be sent: it would change the request around it."""

    what: str
    expected: str
    seen: str
    slug = "request-unfit"

    @property
    def message(self) -> str:
        return f"{self.what}: expected {self.expected}, seen {self.seen}"


@dataclass(eq=False)
class SendRefused(Refused):
    """The host has an address that requests must not go to; nothing was sent."""

    host: str
    address: str
    reason: str
    slug = "send-refused"

    @property
    def message(self) -> str:
        return (
            f"expected every address of {shorten(self.host)} to be on the open internet, seen"
            f" {self.address}, which is {self.reason}"
        )


@dataclass(eq=False)
class SendFailed(Unavailable):
    """No answer came. What was sent may have arrived all the same.

    step: how far it came. took_ms: how long it was tried, in milliseconds.
    """

    host: str
    step: SendStep
    seen: str
    took_ms: int
    slug = "send-failed"

    @property
    def message(self) -> str:
        return (
            f"{shorten(self.host)}: expected an answer, seen {self.seen}"
            f" ({self.step.value}, after {self.took_ms} ms)"
        )

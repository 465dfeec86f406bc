"""What can be wrong with a request before any use case sees it.

BadRequest 400          it is not the HTTP or the JSON that it should be
|-- BodyNotJson, HeaderRepeated, IdempotencyKeyMissing
|-- RequestInvalid (422), IdempotencyKeyNotPlain (422), CursorUnknown (422)
|-- BodyTooLarge (413), BodyTooSlow (408), MediaTypeNotServed (415)
RouteNotFound 404, MethodNotAllowed 405
CallerUnknown 401       nobody has proven who asks
NotPermitted 403        known, and may not
|-- StepUpNeeded
IdempotencyKeyRunning 409
TooManyRequests 429
Overloaded, RequestTimedOut 503
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from venule.kit.errors import AppError, BadInput, Conflict, NotFound, Unavailable, shorten


class Flaw(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong with a request. pointer: where in the body (RFC 6901)."""

    detail: str
    pointer: str = ""
    parameter: str = ""


class BadRequest(BadInput):
    """A branch: it is not what can be read."""

    status = 400


@dataclass(eq=False)
class BodyNotJson(BadRequest):
    """The body is not JSON in UTF-8."""

    seen: str
    slug = "body-not-json"

    @property
    def message(self) -> str:
        return f"expected a JSON object in UTF-8, seen: {self.seen}"


@dataclass(eq=False)
class HeaderRepeated(BadRequest):
    """A header that says one thing comes twice: whoever stands between us may read another one."""

    header: str
    slug = "header-repeated"

    @property
    def message(self) -> str:
        return f"expected the header {self.header} once, seen it again"


class IdempotencyKeyMissing(BadRequest):
    """A call that moves money must say under which key it is done once."""

    slug = "idempotency-key-missing"

    @property
    def message(self) -> str:
        return "expected an Idempotency-Key header with a call that moves money, seen none"


@dataclass(eq=False)
class IdempotencyKeyNotPlain(BadInput):
    """The Idempotency-Key header holds something else than a short plain word."""

    seen: str
    slug = "idempotency-key-not-plain"

    @property
    def message(self) -> str:
        return (
            "expected an Idempotency-Key of 1 to 128 characters out of A-Z a-z 0-9 _ . : -, "
            f"seen {shorten(self.seen)}"
        )


@dataclass(eq=False)
class RequestInvalid(BadInput):
    """The request can be read, and is not what the operation takes; every flaw is listed."""

    errors: list[Flaw]
    slug = "request-invalid"

    @property
    def message(self) -> str:
        first = self.errors[0]
        where = first.pointer or first.parameter or "the body"
        more = f", and {len(self.errors) - 1} more" if len(self.errors) > 1 else ""
        return f"{where}: {first.detail}{more}"


@dataclass(eq=False)
class CursorUnknown(NotFound):
    """A cursor is not one that this operation has given out."""

    seen: str
    slug = "cursor-unknown"

    @property
    def message(self) -> str:
        return f"expected the cursor of an earlier page, seen {shorten(self.seen)}"


@dataclass(eq=False)
class BodyTooLarge(BadRequest):
    """The body is larger than the operation takes."""

    size_max: int
    status, slug = 413, "body-too-large"

    @property
    def message(self) -> str:
        return f"expected a body of at most {self.size_max} bytes, seen a larger one"


@dataclass(eq=False)
class BodyTooSlow(BadRequest):
    """The body does not come in time."""

    limit_s: float
    status, retryable, slug = 408, True, "body-too-slow"

    @property
    def message(self) -> str:
        return f"expected the whole body within {self.limit_s:g} s, seen a part of it"


@dataclass(eq=False)
class MediaTypeNotServed(BadRequest):
    """The body has a type that the operation does not take."""

    expected: str
    seen: str
    status, slug = 415, "media-type-not-served"

    @property
    def message(self) -> str:
        return f"expected a body of type {self.expected}, seen {shorten(self.seen)}"


@dataclass(eq=False)
class RouteNotFound(NotFound):
    """Nothing is served at this path."""

    path: str
    slug = "route-not-found"

    @property
    def message(self) -> str:
        return f"expected a path that is served, seen {shorten(self.path)}"


@dataclass(eq=False)
class MethodNotAllowed(AppError):
    """The path is served, not with this method."""

    method: str
    allowed: list[str]
    status, slug = 405, "method-not-allowed"

    @property
    def message(self) -> str:
        return f"expected {' or '.join(self.allowed)}, seen {shorten(self.method)}"


@dataclass(eq=False)
class CallerUnknown(AppError):
    """Nobody has proven who asks. `seen` does not tell which half of a pair was wrong."""

    seen: str
    status, slug = 401, "caller-unknown"

    @property
    def message(self) -> str:
        return f"expected proof of who asks, seen {self.seen}"


@dataclass(eq=False)
class NotPermitted(AppError):
    """Who asks is known, and may not do this."""

    needed: str
    status, slug = 403, "not-permitted"

    @property
    def message(self) -> str:
        return f"expected a caller who may: {self.needed}; seen one who may not"


@dataclass(eq=False)
class StepUpNeeded(AppError):
    """A risky action needs a fresh proof that its owner is there, by a strong factor."""

    age_s_max: int
    factors: str
    status, slug = 403, "step-up-needed"

    @property
    def message(self) -> str:
        return (
            f"expected a step-up by {self.factors} in the last {self.age_s_max} s, seen none: "
            "prove it is you, then ask again"
        )


class IdempotencyKeyRunning(Conflict):
    """The first request with this key is still being carried out."""

    retryable, slug = True, "idempotency-key-running"

    @property
    def message(self) -> str:
        return "expected the first request with this key to be over, seen it still running"


@dataclass(eq=False)
class TooManyRequests(AppError):
    """The caller asks more often than its rate allows."""

    rate_per_s: float
    retry_after_s: int
    status, retryable, slug = 429, True, "too-many-requests"

    @property
    def message(self) -> str:
        return (
            f"expected at most {self.rate_per_s:g} requests a second over a while, seen more; "
            f"wait {self.retry_after_s} s"
        )


@dataclass(eq=False)
class Overloaded(Unavailable):
    """Too many requests are under way; nothing of this one was done."""

    at_work: int
    at_work_max: int
    slug = "overloaded"

    @property
    def message(self) -> str:
        return f"expected at most {self.at_work_max} requests at work, seen {self.at_work}"


@dataclass(eq=False)
class RequestTimedOut(Unavailable):
    """No answer in time. What was asked may have been done: ask again with the same key."""

    limit_s: float
    slug = "request-timed-out"

    @property
    def message(self) -> str:
        return (
            f"expected an answer within {self.limit_s:g} s, seen none; it may have been done: "
            "ask again with the same idempotency key"
        )


class Stopping(Unavailable):
    """The service is about to end and takes nothing new."""

    slug = "stopping"

    @property
    def message(self) -> str:
        return "expected a service that stays, seen one that is stopping"


class InternalError(AppError):
    """A bug of ours. The log has the trace, under the request's id; the caller gets none."""

    slug = "internal-error"

    @property
    def message(self) -> str:
        return "expected no error of our own, seen one; it is in the log under this request's id"

"""Errors as `application/problem+json` (RFC 9457); nothing of our insides is told."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

import msgspec
from starlette.responses import Response

from venule.kit.errors import (
    PROBLEM_TYPE,
    AppError,
    HomeError,
    IdempotencyKeyReused,
    Unavailable,
)
from venule.kit.http.errors import (
    CallerUnknown,
    MethodNotAllowed,
    RequestInvalid,
    TooManyRequests,
)

PROBLEM_JSON: Final = "application/problem+json"
RETRY_AFTER_S: Final = 1
_encode: Final = msgspec.json.Encoder().encode

INSIDES: Final = ("venule.kit.", "venule.ledger.", "venule.books.")
LATER: Final = "expected the books to be at hand, seen a failure; try again later"
OURS: Final = "venule.kit.http."
REUSED: Final = "expected the first request with this Idempotency-Key again, seen another request"


class Problem(msgspec.Struct, frozen=True):
    """What every error answer has (RFC 9457, section 3); more members follow by kind of error.

    code: the stable name of the error; each has a page. trace_id: the id of the request, for
    whoever asks us about it. retryable: the same request may succeed later, unchanged.
    """

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    trace_id: str
    retryable: bool


def is_of_insides(error: AppError) -> bool:
    """Whether an error tells of processes, addresses and files that are nobody's business."""
    module = type(error).__module__
    far = isinstance(error, Unavailable) and module.startswith(INSIDES)
    return isinstance(error, HomeError) or (far and not module.startswith(OURS))


def problem(error: AppError, *, instance: str, trace_id: str, pages: str) -> dict[str, Any]:
    """Return the body of an error's answer. pages: the address under which its page is found."""
    body = error.problem()
    reused = isinstance(error, IdempotencyKeyReused)
    if reused or is_of_insides(error):
        body = {name: body[name] for name in ("type", "title", "status", "detail", "retryable")}
        body["detail"] = REUSED if reused else LATER
    slug = error.slug
    known = {
        "type": f"{pages}{slug}" if pages else PROBLEM_TYPE + slug,
        "title": body.pop("title"),
        "status": body.pop("status"),
        "detail": body.pop("detail"),
        "instance": instance,
        "code": slug,
        "trace_id": trace_id,
        "retryable": body.pop("retryable"),
    }
    body.pop("type")
    if isinstance(error, RequestInvalid):
        body["errors"] = msgspec.to_builtins(error.errors)
    return known | {name: value for name, value in body.items() if name not in known}


def problem_response(error: AppError, body: dict[str, Any], method: str) -> Response:
    """Return the answer, with the headers that go with the kind of error."""
    headers = {"cache-control": "no-store"}
    if isinstance(error, TooManyRequests):
        headers["retry-after"] = str(error.retry_after_s)
    elif error.status == HTTPStatus.SERVICE_UNAVAILABLE or error.retryable:
        headers["retry-after"] = str(RETRY_AFTER_S)
    if isinstance(error, CallerUnknown):
        headers["www-authenticate"] = 'Bearer realm="venule"'
    if isinstance(error, MethodNotAllowed):
        headers["allow"] = ", ".join(error.allowed)
    content = b"" if method == "HEAD" else _encode(body)
    return Response(content, error.status, headers, PROBLEM_JSON)

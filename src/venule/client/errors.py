"""What a call can end with, other than its answer.

```
ClientError
├── ApiProblem          the service refused, and said why (RFC 9457)
├── ApiUnreachable      no answer came: what became of the call is not known, unless it has a key
├── AnswerUnreadable    an answer came that is not what the operation gives
└── AnswerNotProven     an answer's signature is not there, or does not hold
```

They stand beside the house's own tree (`kit.errors`): those are reasons of the house, these are
what somebody outside sees.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

PROBLEM_JSON: Final = "application/problem+json"
SHOWN_CHARS_MAX: Final = 200


class ClientError(Exception):
    """The root: whatever a call of the client raises."""


class Flaw(msgspec.Struct, frozen=True):
    """One thing that is wrong with a request. pointer: where in the body (RFC 6901)."""

    detail: str
    pointer: str = ""
    parameter: str = ""


class ApiProblem(ClientError):
    """A refusal. code: the stable name of the reason; each has a page, whose address is `type`.

    errors: every flaw of a request that was not sound. trace_id: for whoever asks the house about
    it. retryable: the same request may succeed later, unchanged. retry_after_s: not before.
    facts: what else the refusal says, by kind.
    """

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str,
        *,
        type_: str = "about:blank",
        instance: str = "",
        trace_id: str = "",
        retryable: bool = False,
        retry_after_s: int | None = None,
        errors: list[Flaw] | None = None,
        facts: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.status = status
        self.code = code
        self.title = title
        self.detail = detail
        self.type = type_
        self.instance = instance
        self.trace_id = trace_id
        self.retryable = retryable
        self.retry_after_s = retry_after_s
        self.errors = errors or []
        self.facts = facts or {}


class ApiUnreachable(ClientError):
    """No answer, after so many attempts. Without an idempotency key a call that moves nothing may
    have taken effect; with one, call again with the same key and find out.

    idempotency_key: the key of the call, if it had one.
    """

    def __init__(self, detail: str, attempts: int, idempotency_key: str | None) -> None:
        super().__init__(f"no answer after {attempts} attempts: {detail}")
        self.attempts = attempts
        self.idempotency_key = idempotency_key


class AnswerUnreadable(ClientError):
    """An answer that is not what the operation gives."""


class AnswerNotProven(ClientError):
    """An answer whose signature is missing, incomplete or wrong: believe nothing of it."""


class _Body(msgspec.Struct, frozen=True):
    type: str = "about:blank"
    title: str = ""
    detail: str = ""
    instance: str = ""
    code: str = ""
    trace_id: str = ""
    retryable: bool = False
    errors: list[Flaw] = []


_KNOWN: Final = frozenset({*_Body.__struct_fields__, "status"})


def read_problem(
    status: int, media_type: str, body: bytes, retry_after_s: int | None
) -> ApiProblem:
    """Return the refusal that an answer is, whoever on the way has written it."""
    try:
        facts = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        facts = {}
    if not media_type.startswith(PROBLEM_JSON):
        return _foreign(status, facts, body, retry_after_s)
    try:
        said = msgspec.convert(facts, _Body)
    except msgspec.ValidationError:
        return _foreign(status, {}, body, retry_after_s)
    return ApiProblem(
        status,
        said.code or f"http-{status}",
        said.title,
        said.detail,
        type_=said.type,
        instance=said.instance,
        trace_id=said.trace_id,
        retryable=said.retryable,
        retry_after_s=retry_after_s,
        errors=said.errors,
        facts={name: value for name, value in facts.items() if name not in _KNOWN},
    )


def _foreign(
    status: int, facts: dict[str, Any], body: bytes, retry_after_s: int | None
) -> ApiProblem:
    """Return a refusal in another form: of the token endpoint (RFC 6749, 5.2), or of a proxy."""
    code = facts.get("code") or facts.get("error")
    detail = facts.get("error_description")
    return ApiProblem(
        status,
        code if isinstance(code, str) else f"http-{status}",
        "",
        detail if isinstance(detail, str) else body[:SHOWN_CHARS_MAX].decode("utf-8", "replace"),
        retryable=status in {429, 502, 503, 504},
        retry_after_s=retry_after_s,
        facts=facts,
    )

"""How an operation is declared: what it takes and gives, who may ask for it, how it is shown."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final, Generic, NamedTuple, TypeVar

from starlette.requests import Request
from starlette.responses import Response

from venule.kit.door import Door
from venule.kit.errors import AppError
from venule.kit.http.callers import Caller, CallerKind

B = TypeVar("B")
Q = TypeVar("Q")
P = TypeVar("P")

BODY_BYTES_MAX: Final = 64 * 1024
TIMEOUT_S: Final = 15.0


class Answer(NamedTuple):
    """An answer that is more than its value: another status than the route's, or headers."""

    value: Any
    status: int | None = None
    headers: dict[str, str] = {}  # noqa: RUF012  never changed


class Pushed(NamedTuple):
    """An event of a stream (`text/event-stream`)."""

    event: str
    data: Any
    id: str = ""


@dataclass(frozen=True, slots=True)
class Call(Generic[B, Q, P]):
    """A request that has been read and found sound. key: for the door, of a money call."""

    request: Request
    door: Door
    caller: Caller | None
    body: B
    query: Q
    path: P
    key: str | None
    fingerprint: bytes

    @property
    def who(self) -> Caller:
        """Who asks; the route said that somebody must."""
        assert self.caller is not None
        return self.caller


Handler = Callable[[Call[Any, Any, Any]], Awaitable[Any]]
Stream = Callable[[Call[Any, Any, Any]], AsyncIterator[Pushed]]


@dataclass(frozen=True, kw_only=True)
class Route:
    """An operation of the API.

    path: with parameters in braces; each is a field of `takes_path`. body, query: structs; `takes`
    another media type than JSON gives the handler the bytes. answer: the struct it gives; None: no
    content. who: the kinds of callers; empty: anyone. needs: the scope of a partner and the
    permission of a staff member. fresh: a person or staff member must have stepped up lately.
    money: needs an idempotency key. stream: server-sent events. timeout_s: 0: none.
    """

    method: str
    path: str
    handler: Handler | None = None
    stream: Stream | None = None
    summary: str
    description: str = ""
    tag: str = ""
    body: Any = None
    query: Any = None
    takes_path: Any = None
    answer: Any = None
    status: int = 200
    who: frozenset[CallerKind] = frozenset()
    needs: str = ""
    fresh: bool = False
    money: bool = False
    etag: bool = False
    takes: str = "application/json"
    gives: str = "application/json"
    body_bytes_max: int = BODY_BYTES_MAX
    timeout_s: float = TIMEOUT_S
    rate: str = "standard"
    errors: tuple[type[AppError], ...] = ()
    examples: dict[str, Any] = field(default_factory=dict)
    hidden: bool = False

    @property
    def name(self) -> str:
        """The operation's id: its handler's name, in camel case as generators of clients like."""
        handler = self.handler or self.stream
        assert handler is not None
        head, *rest = handler.__name__.strip("_").split("_")
        return head + "".join(part.capitalize() for part in rest)


__all__ = [
    "BODY_BYTES_MAX",
    "TIMEOUT_S",
    "Answer",
    "Call",
    "Pushed",
    "Response",
    "Route",
]

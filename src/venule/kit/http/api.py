"""The ASGI application of an API: from a request to its route's handler, and back.

In this order: is there room, is there such a route, how large is the body, who asks and how often,
may they, is the body what the operation takes, is it the first request with its key; then the
handler, within its time; and whatever is raised on the way becomes a problem.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import suppress
from hashlib import blake2b, sha256
from ipaddress import IPv6Address, ip_address
from typing import Any, Final, Protocol

import msgspec
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from structlog import get_logger

from venule.kit.door import Door
from venule.kit.errors import AppError
from venule.kit.http.callers import FRESH_S, Authenticate, Caller, CallerKind
from venule.kit.http.errors import (
    BodyTooLarge,
    BodyTooSlow,
    CallerUnknown,
    HeaderRepeated,
    IdempotencyKeyMissing,
    IdempotencyKeyNotPlain,
    IdempotencyKeyRunning,
    InternalError,
    MediaTypeNotServed,
    NotPermitted,
    RequestTimedOut,
    StepUpNeeded,
    Stopping,
)
from venule.kit.http.limits import Rate, Rates, Room
from venule.kit.http.problems import is_of_insides, problem, problem_response
from venule.kit.http.reading import read_json, read_pairs
from venule.kit.http.route import Answer, Call, Pushed, Route
from venule.kit.http.targets import Tree
from venule.kit.idempotency import FINGERPRINT, request_key
from venule.kit.ids import Ids
from venule.kit.time import Clock

AT_WORK_MAX: Final = 600
BODY_S: Final = 10.0
"""So long may a body be on its way."""

STRONG: Final = "a passkey or a one-time code"
KEY_HEADER: Final = "idempotency-key"
REQUEST_ID_HEADER: Final = "x-request-id"
RATES: Final[Mapping[str, Rate]] = {
    "standard": Rate(200, 400),
    "money": Rate(200, 400),
    "sign_in": Rate(0.5, 20),
}
"""By caller; those nobody knows yet are counted by their address."""

NOT_PROVEN: Final = frozenset({400, 401, 403})
"""Statuses of who has tried to prove themselves and has not."""

ONCE: Final = frozenset(
    {b"authorization", b"content-length", b"content-type", b"cookie", b"host", b"idempotency-key"}
)
"""Headers that say one thing. (HTTP/1.1 has one Cookie: RFC 6265, section 5.4.)"""

_KEY: Final = re.compile(r"[A-Za-z0-9_.:-]{1,128}")
"""What the header may hold: the description says so, too."""

_encode: Final = msgspec.json.Encoder().encode
_log: Final = get_logger("venule.http")


class Observer(Protocol):
    """Is told of each answer: for metrics and the access log."""

    def answered(self, route: str, method: str, status: int, took_s: float, code: str) -> None:
        """route: its path with parameters, or empty; code: of the problem, or empty."""


class SignAnswer(Protocol):
    """Signs answers to callers that sign their requests."""

    def __call__(self, caller: Caller, response: Response) -> None:
        """Add the headers of a signature."""


class Nobody:
    """An observer that looks away."""

    def answered(self, route: str, method: str, status: int, took_s: float, code: str) -> None:
        """Do nothing."""


class Api:
    """Serves routes behind one door."""

    def __init__(
        self,
        routes: Iterable[Route],
        door: Door,
        authenticate: Authenticate,
        *,
        clock: Clock,
        ids: Ids,
        rates: Mapping[str, Rate] = RATES,
        at_work_max: int = AT_WORK_MAX,
        observer: Observer | None = None,
        sign: SignAnswer | None = None,
        pages: str = "",
    ) -> None:
        """pages: the address under which the pages of errors are, such as `/problems/`: a path is
        read against the address that was asked, as RFC 9457, section 3.1.1, has it."""
        self.routes = list(routes)
        self.room = Room(at_work_max)
        self.stopping = False
        self._tree = Tree(self.routes)
        self._door = door
        self._authenticate = authenticate
        self._clock = clock
        self._ids = ids
        self._rates = Rates(rates)
        self._observer: Observer = observer or Nobody()
        self._sign = sign
        self._pages = pages
        self._running: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        began = time.perf_counter()
        request = Request(scope, receive, send)
        trace_id = str(self._ids.new())
        route, code = "", ""
        try:
            if self.stopping:
                raise Stopping
            found, pairs = self._tree.find(_method(request), scope["path"])
            route = found.path
            self.room.enter()
            try:
                response = await self._serve(found, pairs, request)
            finally:
                self.room.leave()
            response.headers[REQUEST_ID_HEADER] = trace_id
            await response(scope, receive, send)
        except AppError as error:
            code = error.slug
            response = await self._refuse(error, request, trace_id, send)
        except ClientDisconnect:
            return
        except Exception as error:
            code = InternalError.slug
            _log.error("broke", route=route, trace_id=trace_id, exc_info=error)
            response = await self._refuse(InternalError(), request, trace_id, send)
        took_s = time.perf_counter() - began
        self._observer.answered(route, request.method, response.status_code, took_s, code)

    async def _refuse(
        self, error: AppError, request: Request, trace_id: str, send: Send
    ) -> Response:
        root = request.scope.get("root_path", "")
        instance = root + request.scope["path"]
        pages = root + self._pages if self._pages.startswith("/") else self._pages
        body = problem(error, instance=instance, trace_id=trace_id, pages=pages)
        if error.status >= 500 and not error.retryable and not isinstance(error, InternalError):
            _log.error("failed", code=error.slug, trace_id=trace_id, detail=error.message)
        elif is_of_insides(error):
            _log.warning("unavailable", code=error.slug, trace_id=trace_id, detail=error.message)
        response = problem_response(error, body, request.method)
        response.headers[REQUEST_ID_HEADER] = trace_id
        with suppress(OSError, RuntimeError):  # the answer had begun, or nobody is there any more
            await response(request.scope, request.receive, send)
        return response

    async def _serve(
        self, route: Route, pairs: list[tuple[str, str]], request: Request
    ) -> Response:
        _check_headers(request)
        try:
            async with asyncio.timeout(BODY_S):
                body = await _body(request, route)
        except TimeoutError:
            raise BodyTooSlow(BODY_S) from None
        caller = await self._known(route, request, body)
        _check_permitted(route, caller, self._clock)
        read = _read(route, request, pairs, body)
        fingerprint = _fingerprint(request, body) if route.money else b""
        key = _key(route, request, caller, fingerprint)
        call = Call(request, self._door, caller, *read, key, fingerprint)
        if route.stream is not None:
            return await _stream(route.stream(call))
        value = await self._carry_out(route, call)
        response = value if isinstance(value, Response) else _response(route, value, request)
        if self._sign is not None and caller is not None and caller.signed:
            self._sign(caller, response)
        return response

    async def _known(self, route: Route, request: Request, body: bytes) -> Caller | None:
        """Find out who asks, and count it."""
        try:
            caller = await self._authenticate(request, body) if route.who else None
        except AppError as error:
            if error.status in NOT_PROVEN:
                self._rates.take(_address(request), "sign_in")
            raise
        self._rates.take(_address(request) if caller is None else caller.name, route.rate)
        if caller is None and route.who:
            raise CallerUnknown("neither a session, nor a token, nor a signature")
        return caller

    async def _carry_out(self, route: Route, call: Call[Any, Any, Any]) -> Any:
        assert route.handler is not None
        name = None if call.key is None else call.key.partition(FINGERPRINT)[0]
        if name is not None:
            if name in self._running:
                raise IdempotencyKeyRunning
            self._running.add(name)
        try:
            if not route.timeout_s:
                return await route.handler(call)
            try:
                async with asyncio.timeout(route.timeout_s):
                    return await route.handler(call)
            except TimeoutError:
                raise RequestTimedOut(route.timeout_s) from None
        finally:
            if name is not None:
                self._running.discard(name)


def _method(request: Request) -> str:
    return "GET" if request.method == "HEAD" else request.method


def _address(request: Request) -> str:
    """Return what a request is counted under: of IPv6, the network that one customer gets."""
    host = request.client.host if request.client else "nowhere"
    if ":" not in host:
        return host
    try:
        packed = ip_address(host.partition("%")[0]).packed
    except ValueError:
        return host
    return str(IPv6Address(packed[:8] + bytes(8)))


def _check_headers(request: Request) -> None:
    """Raises: HeaderRepeated."""
    seen = set()
    for name, _ in request.scope["headers"]:
        if name in ONCE:
            if name in seen:
                raise HeaderRepeated(name.decode())
            seen.add(name)


async def _body(request: Request, route: Route) -> bytes:
    """Read the body, up to the route's limit. Raises: BodyTooLarge, MediaTypeNotServed."""
    size_max = route.body_bytes_max
    length = request.headers.get("content-length")
    if length is not None and length.isdigit() and int(length) > size_max:
        raise BodyTooLarge(size_max)
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > size_max:
            raise BodyTooLarge(size_max)
        chunks.append(chunk)
    if size and route.body is not None:
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if route.takes != "*/*" and media != route.takes:
            raise MediaTypeNotServed(route.takes, media)
    return b"".join(chunks)


def _check_permitted(route: Route, caller: Caller | None, clock: Clock) -> None:
    """Raises: NotPermitted, StepUpNeeded."""
    if caller is None:
        return
    if caller.kind not in route.who:
        raise NotPermitted(" or ".join(sorted(kind.value for kind in route.who)))
    if route.needs and caller.kind is not CallerKind.PERSON and route.needs not in caller.may:
        raise NotPermitted(route.needs)
    if route.fresh and caller.kind is not CallerKind.PARTNER:
        at = caller.stepped_up_at
        if at is None or (clock.now() - at).total_seconds() > FRESH_S:
            raise StepUpNeeded(FRESH_S, STRONG)


def _read(
    route: Route, request: Request, pairs: list[tuple[str, str]], body: bytes
) -> tuple[Any, Any, Any]:
    """Return body, query and path as the route takes them. Raises: RequestInvalid and others."""
    path = read_pairs(route.takes_path, pairs) if route.takes_path is not None else None
    query = None
    if route.query is not None:
        query = read_pairs(route.query, request.query_params.multi_items())
    elif request.query_params:
        query = read_pairs(NoQuery, request.query_params.multi_items())
    if route.body is None:
        return None, query, path
    if route.takes != "application/json":
        return body, query, path
    return read_json(route.body, body or b"null"), query, path


class NoQuery(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An operation that takes no query parameters."""


def _fingerprint(request: Request, body: bytes) -> bytes:
    scope = request.scope
    target = scope.get("raw_path") or scope["path"].encode()
    head = b"%s\n%s?%s\n" % (request.method.encode(), target, scope["query_string"])
    return sha256(head + body).digest()


def _key(route: Route, request: Request, caller: Caller | None, fingerprint: bytes) -> str | None:
    if not route.money:
        return None
    said = request.headers.get(KEY_HEADER)
    if said is None:
        raise IdempotencyKeyMissing
    if len(said) > 1 and said[0] == said[-1] == '"':  # a string of structured fields (RFC 9651)
        said = said[1:-1]
    if not _KEY.fullmatch(said):
        raise IdempotencyKeyNotPlain(said)
    return request_key(_whose(caller), said, fingerprint)


def _whose(caller: Caller | None) -> str:
    """Return whose key it is: an application has others for each member who lets it act."""
    if caller is None:
        return "anyone"
    if caller.acts_for_member:
        return f"{caller.name}/{caller.member_id}"
    return caller.name


def _response(route: Route, value: Any, request: Request) -> Response:
    status, headers = route.status, {"cache-control": "no-store"}
    if isinstance(value, Answer):
        status, headers = value.status or status, headers | value.headers
        value = value.value
    if route.answer is None and value is None:
        return Response(None, status if status != 200 else 204, headers)
    content = _encode(value)
    if route.etag:
        tag = f'"{blake2b(content, digest_size=12).hexdigest()}"'
        headers |= {"etag": tag, "cache-control": "private, no-cache"}
        asked = request.headers.get("if-none-match", "")
        if asked == "*" or tag in (part.strip().removeprefix("W/") for part in asked.split(",")):
            return Response(None, 304, headers)
    if request.method == "HEAD":
        headers["content-length"] = str(len(content))
        content = b""
    return Response(content, status, headers, route.gives)


async def _stream(stream: AsyncIterator[Pushed]) -> Response:
    """Answer with a stream, once its first event is there: until then it may be refused."""
    first = await anext(stream, None)

    async def written() -> AsyncIterator[bytes]:
        if first is not None:
            yield _event(first)
            async for pushed in stream:
                yield _event(pushed)

    return StreamingResponse(
        written(), 200, {"cache-control": "no-store"}, media_type="text/event-stream"
    )


def _event(pushed: Pushed) -> bytes:
    """Write an event as the HTML standard has it (section 9.2); JSON has no line breaks inside."""
    if not pushed.event:
        return b":\n\n"  # a comment: the connection lives
    head = f"id: {pushed.id}\n" if pushed.id else ""
    return f"{head}event: {pushed.event}\ndata: ".encode() + _encode(pushed.data) + b"\n\n"

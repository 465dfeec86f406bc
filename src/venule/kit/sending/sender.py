"""Send requests to addresses that were checked, each within its time."""

from __future__ import annotations

import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from ipaddress import ip_address
from threading import BoundedSemaphore, Event, Thread
from typing import Final

from venule.kit.errors import AppError, shorten
from venule.kit.sending.addresses import Address
from venule.kit.sending.answers import Answer, AnswerWrong
from venule.kit.sending.errors import RequestUnfit, SendFailed, SendRefused, SendStep
from venule.kit.sending.urls import Policy, Target, check_url

TIMEOUT_S: Final = 15.0
"""For all of a request: look-up, connection, sending, answer."""

CONNECT_S_MAX: Final = 5.0
"""For one address: the connection, and then its TLS handshake."""

ADDRESSES_MAX: Final = 16
LOOK_UPS_MAX: Final = 64
AT_ONCE: Final = 32
BODY_BYTES_MAX: Final = 1 << 20
HEADERS_MAX: Final = 32
HEADER_BYTES_MAX: Final = 8_192
RECEIVE_BYTES: Final = 16_384

_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE: Final = re.compile(r"[!-~](?:[ \t!-~]*[!-~])?")
_OURS: Final = frozenset(
    {"connection", "content-length", "expect", "host", "keep-alive", "proxy-authorization",
     "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade"}
)  # fmt: skip

LookUp = Callable[[str, int], Sequence[str]]
"""From a name and a port to the addresses, as text. It may block; it is given up in time."""


@dataclass(frozen=True)
class Request:
    """What to send where. Headers: those of the content; the connection's own are added."""

    url: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Sent:
    """The answer. body: its first bytes, at most `ANSWER_BYTES_MAX`. took_ms: in milliseconds.

    headers: by lower-case name; of one that comes twice the first.
    """

    status: int
    body: bytes
    took_ms: int
    headers: dict[str, str] = field(default_factory=dict)


def look_up(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of a name. Raises: OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class Sender:
    """Sends requests where a policy lets them go. Safe to use from many threads."""

    def __init__(
        self,
        policy: Policy,
        *,
        tls: ssl.SSLContext | None = None,
        look_up: LookUp = look_up,
    ) -> None:
        """tls: whom to trust; by default the system's authorities, from TLS 1.2 on."""
        self.policy = policy
        self._tls = tls or _system_tls()
        self._look_up = look_up
        self._look_ups = BoundedSemaphore(LOOK_UPS_MAX)

    def post(
        self, url: str, headers: Mapping[str, str], body: bytes, *, timeout_s: float = TIMEOUT_S
    ) -> Sent:
        """Send a POST request and wait for its answer, of whatever status; follow no redirect.

        timeout_s: for all of it, in seconds.
        Raises: UrlRefused, RequestUnfit, SendRefused (nothing was sent), SendFailed.
        """
        target = check_url(url, self.policy)
        head = _head(target, headers, body)
        attempt = _Attempt(target, time.monotonic(), timeout_s)
        try:
            addresses = self._checked(attempt)
            with self._connected(attempt, addresses) as sock:
                answer = _exchange(attempt, sock, head + body)
        except (OSError, AnswerWrong) as error:
            raise attempt.failed(error) from error
        return Sent(answer.status, bytes(answer.body), attempt.took_ms(), answer.headers)

    def post_many(
        self,
        requests: Sequence[Request],
        *,
        timeout_s: float = TIMEOUT_S,
        at_once: int = AT_ONCE,
    ) -> list[Sent | AppError]:
        """Send many requests, `at_once` at a time; return answers or errors, in their order.

        timeout_s: for each one, from when it begins.
        """
        if len(requests) < 2:
            return [self._try(request, timeout_s) for request in requests]
        workers = min(at_once, len(requests))
        with ThreadPoolExecutor(workers, thread_name_prefix="venule-sending") as pool:
            return list(pool.map(lambda request: self._try(request, timeout_s), requests))

    def _try(self, request: Request, timeout_s: float) -> Sent | AppError:
        try:
            return self.post(request.url, request.headers, request.body, timeout_s=timeout_s)
        except AppError as error:
            return error

    def _checked(self, attempt: _Attempt) -> list[Address]:
        """Return the addresses to try; every one that the name has must be allowed."""
        target = attempt.target
        if target.address is not None:  # `check_url` has checked it
            return [target.address]
        addresses: list[Address] = []
        for text in self._found(attempt):
            address = ip_address(text)
            reason = self.policy.refusal_of(address)
            if reason is not None:
                raise SendRefused(target.host, str(address), reason)
            addresses.append(address)
        if not addresses:
            raise OSError("no address")
        return addresses[:ADDRESSES_MAX]

    def _found(self, attempt: _Attempt) -> Sequence[str]:
        """Look a name up in a thread of its own: the system's look-up knows no time limit."""
        if not self._look_ups.acquire(timeout=attempt.left_s()):
            raise TimeoutError("too many names are being looked up")
        found: list[Sequence[str]] = []
        failed: list[OSError] = []
        ended = Event()
        target = attempt.target

        def ask() -> None:
            try:
                found.append(self._look_up(target.host, target.port))
            except (OSError, UnicodeError) as error:
                failed.append(error if isinstance(error, OSError) else OSError(str(error)))
            finally:
                self._look_ups.release()
                ended.set()

        Thread(target=ask, name="venule-look-up", daemon=True).start()
        if not ended.wait(attempt.left_s()):
            raise TimeoutError("the name was not found in time")
        if failed:
            raise failed[0]
        return found[0] if found else ()

    def _connected(self, attempt: _Attempt, addresses: Sequence[Address]) -> socket.socket:
        """Connect to the first address that answers, under the name that was asked for."""
        attempt.step = SendStep.CONNECT
        for place, address in enumerate(addresses, 1):
            family = socket.AF_INET if address.version == 4 else socket.AF_INET6
            sock = socket.socket(family, socket.SOCK_STREAM)
            try:
                sock.settimeout(min(CONNECT_S_MAX, attempt.left_s()))
                sock.connect((str(address), attempt.target.port))
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                break
            except OSError:
                sock.close()
                if place == len(addresses):
                    raise
            except BaseException:
                sock.close()
                raise
        else:
            raise OSError("no address")
        if attempt.target.scheme != "https":
            return sock
        attempt.step = SendStep.TLS
        try:
            sock.settimeout(min(CONNECT_S_MAX, attempt.left_s()))
            return self._tls.wrap_socket(sock, server_hostname=attempt.target.host)
        except BaseException:
            sock.close()
            raise


class _Attempt:
    """One request on its way: how far it is, how long it may take."""

    def __init__(self, target: Target, began: float, timeout_s: float) -> None:
        self.target = target
        self.step = SendStep.LOOK_UP
        self._began = began
        self._end = began + timeout_s

    def left_s(self) -> float:
        """Return the time left, in seconds. Raises: TimeoutError."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError("no answer in time")
        return left

    def took_ms(self) -> int:
        return int((time.monotonic() - self._began) * 1_000)

    def failed(self, error: Exception) -> SendFailed:
        seen = str(error) or type(error).__name__
        return SendFailed(self.target.host, self.step, shorten(seen), self.took_ms())


def _head(target: Target, headers: Mapping[str, str], body: bytes) -> bytes:
    """Return the request's head. Raises: RequestUnfit."""
    if len(body) > BODY_BYTES_MAX:
        raise RequestUnfit("body", f"at most {BODY_BYTES_MAX} bytes", f"{len(body)}")
    if len(headers) > HEADERS_MAX:
        raise RequestUnfit("headers", f"at most {HEADERS_MAX}", f"{len(headers)}")
    lines = [f"POST {target.path} HTTP/1.1", f"Host: {target.authority}"]
    for name, value in headers.items():
        if not _TOKEN.fullmatch(name) or name.lower() in _OURS:
            raise RequestUnfit("header name", "a token, none of the connection's", shorten(name))
        if not _VALUE.fullmatch(value):
            raise RequestUnfit(f"header {name}", "visible ASCII characters", shorten(value))
        lines.append(f"{name}: {value}")
    lines += [f"Content-Length: {len(body)}", "Connection: close", "", ""]
    head = "\r\n".join(lines).encode("ascii")
    if len(head) > HEADER_BYTES_MAX:
        raise RequestUnfit("headers", f"at most {HEADER_BYTES_MAX} bytes", f"{len(head)}")
    return head


def _exchange(attempt: _Attempt, sock: socket.socket, data: bytes) -> Answer:
    attempt.step = SendStep.SEND
    view = memoryview(data)
    answer = Answer()
    # A side that has already refused may close before it has read all: its answer counts.
    refused: OSError | None = None
    try:
        while view:
            sock.settimeout(attempt.left_s())
            view = view[sock.send(view) :]
    except (BrokenPipeError, ConnectionResetError) as error:
        refused = error
    attempt.step = SendStep.ANSWER
    while not answer.is_enough:
        sock.settimeout(attempt.left_s())
        received = sock.recv(RECEIVE_BYTES)
        if not received:
            if refused is not None and not answer.has_head:
                raise refused
            answer.end()
            break
        answer.feed(received)
    return answer


def _system_tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context

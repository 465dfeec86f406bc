"""One call, from the first attempt to its end: what to send, and what to make of what came.

Nothing is sent from here: the two clients, which wait in different ways, share it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, Generic, TypeVar

import httpx
import msgspec

from venule.client.auth import Auth
from venule.client.errors import AnswerUnreadable, ApiUnreachable, read_problem
from venule.client.retrying import SYSTEM_CHANCE, Chance, Retries, may_repeat, passes
from venule.client.shapes import Ask
from venule.client.signing import Incoming, Outgoing
from venule.kit.ids import Ids, SystemIds
from venule.kit.time import Clock, SystemClock

T = TypeVar("T")

CONNECT_S: Final = 5.0
TIMEOUT_S: Final = 20.0
"""Longer than the service gives a request, so that it is the service that gives up first."""

SILENCE_S: Final = 45.0
"""So long may a stream say nothing at all; the service sends a sign of life every 15 s."""

NEVER_SENT: Final = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
AGENT: Final = "venule-client"


class Common:
    """What all calls of a client share."""

    def __init__(
        self,
        base_url: str,
        auth: Auth,
        *,
        retries: Retries | None = None,
        clock: Clock | None = None,
        ids: Ids | None = None,
        chance: Chance = SYSTEM_CHANCE,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.auth = auth
        self.retries = retries or Retries()
        self.clock: Clock = clock or SystemClock()
        self.ids: Ids = ids or SystemIds(self.clock)
        self.chance = chance

    def as_(self, auth: Auth) -> Common:
        """Return the same for another caller."""
        return Common(
            self.base_url,
            auth,
            retries=self.retries,
            clock=self.clock,
            ids=self.ids,
            chance=self.chance,
        )

    def ask_first(self) -> Ask[Any] | None:
        """Return what the proof of who calls needs first."""
        return self.auth.ask_first(self.base_url, self.ids, self.clock.now())


def timeouts(timeout_s: float) -> httpx.Timeout:
    """Return the limits of one attempt."""
    return httpx.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s))


def stream_timeouts() -> httpx.Timeout:
    """Return the limits of a stream."""
    return httpx.Timeout(SILENCE_S, connect=CONNECT_S)


class Attempts(Generic[T]):
    """The attempts of one call."""

    def __init__(self, common: Common, ask: Ask[T], auth: Auth | None = None) -> None:
        """auth: of this call, if it is not the client's."""
        self._common = common
        self._auth = common.auth if auth is None else auth
        self._ask = ask
        self._tried = 0
        self._renewed = False
        self._sent: dict[str, str] = {}
        self.key = ask.key
        if ask.money and self.key is None:
            self.key = str(common.ids.new())

    def request(self, http: httpx.Client | httpx.AsyncClient, timeout: httpx.Timeout) -> Any:
        """Return the next attempt, proven anew."""
        self._tried += 1
        ask, content = self._ask, self._ask.content
        fields = {"accept": ask.accepts, "user-agent": AGENT}
        if content:
            fields["content-type"] = ask.takes
        if self.key is not None:
            fields["idempotency-key"] = self.key
        request = http.build_request(
            ask.method,
            self._common.base_url + ask.target,
            headers=fields,
            content=content or None,
            timeout=timeout,
        )
        self._sent = self._auth.fields(_outgoing(request, content), self._common.ids, self._now())
        request.headers.update(self._sent)
        return request

    def failed(self, error: httpx.TransportError) -> float:
        """Return how long to wait before another attempt, after one without an answer.

        Raises: ApiUnreachable if there is none.
        """
        never_sent = isinstance(error, NEVER_SENT)
        again = never_sent or may_repeat(self._ask.method, self.key is not None)
        if not again or self._tried >= self._common.retries.attempts_max:
            detail = f"{type(error).__name__}: {error}".rstrip(": ")
            raise ApiUnreachable(detail, self._tried, self.key) from error
        return self._pause_s(None)

    def answered(self, response: httpx.Response) -> float | None:
        """Return how long to wait before another attempt; None: the answer is good.

        Raises: ApiProblem, AnswerNotProven.
        """
        if response.is_success:
            self._auth.check(self._sent, _incoming(response), self._now())
            return None
        problem = read_problem(
            response.status_code,
            response.headers.get("content-type", ""),
            response.content,
            _retry_after_s(response),
        )
        if problem.status == 401 and not self._renewed and self._auth.refused():
            self._renewed = True
            return 0.0
        retries = self._common.retries
        if (
            not passes(problem, self._ask.method, self.key is not None)
            or self._tried >= retries.attempts_max
            or (problem.retry_after_s or 0) > retries.retry_after_s_max
        ):
            raise problem
        return self._pause_s(problem.retry_after_s)

    def value(self, response: httpx.Response) -> T:
        """Return what a good answer says. Raises: AnswerUnreadable."""
        try:
            read: T = self._ask.read(response.content)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            what = f"{self._ask.method} {self._ask.path}"
            raise AnswerUnreadable(f"{what}: {error}") from error
        return read

    def _pause_s(self, retry_after_s: int | None) -> float:
        common = self._common
        return common.retries.pause_s(self._tried, retry_after_s, common.chance)

    def _now(self) -> datetime:
        return self._common.clock.now()


def _outgoing(request: httpx.Request, content: bytes) -> Outgoing:
    fields = {name.lower(): value for name, value in request.headers.items()}
    path = request.url.raw_path.decode("ascii")
    url = f"{request.url.scheme}://{fields['host']}{path}"
    return Outgoing(request.method, url, fields, content)


def _incoming(response: httpx.Response) -> Incoming:
    fields = {name.lower(): value for name, value in response.headers.items()}
    return Incoming(response.status_code, fields, response.content)


def _retry_after_s(response: httpx.Response) -> int | None:
    said = response.headers.get("retry-after", "")
    return int(said) if said.isascii() and said.isdigit() and len(said) < 10 else None


def broken(error: httpx.TransportError | httpx.StreamError) -> ApiUnreachable:
    """Return what a stream that broke off raises."""
    return ApiUnreachable(f"{type(error).__name__}: {error}".rstrip(": "), 1, None)

"""The client that waits: `Client`."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from threading import Lock
from types import TracebackType
from typing import Any, TypeVar

import httpx

from venule.client.attempts import (
    TIMEOUT_S,
    Attempts,
    Common,
    broken,
    stream_timeouts,
    timeouts,
)
from venule.client.auth import Auth, Bearer, Nobody
from venule.client.errors import ApiUnreachable
from venule.client.events import BalanceEvent, Event, EventReader, news
from venule.client.operations import Operations
from venule.client.retrying import SYSTEM_CHANCE, Chance, Retries
from venule.client.shapes import Ask
from venule.kit.ids import Ids
from venule.kit.time import Clock

T = TypeVar("T")


class Client(Operations):
    """Calls the service. Its operations are grouped as in the reference: `client.wallet...`.

    Safe to use from several threads. Use it as a context manager, or `close` it.
    """

    def __init__(
        self,
        base_url: str,
        auth: Auth | None = None,
        *,
        retries: Retries | None = None,
        timeout_s: float = TIMEOUT_S,
        http: httpx.Client | None = None,
        clock: Clock | None = None,
        ids: Ids | None = None,
        chance: Chance = SYSTEM_CHANCE,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """base_url: of the service, or of a world to try out in. auth: without it nobody is known.
        timeout_s: of one attempt. http: connections to use; they are not closed with the client.
        ids: make the keys of calls that move money. chance, sleep: for the pauses between attempts.
        """
        common = Common(
            base_url, auth or Nobody(), retries=retries, clock=clock, ids=ids, chance=chance
        )
        self._begin(common, http or httpx.Client(), timeout_s, sleep)
        self._closes = http is None

    def _begin(
        self, common: Common, http: httpx.Client, timeout_s: float, sleep: Callable[[float], None]
    ) -> None:
        super().__init__(self)
        self._common = common
        self._http = http
        self._timeout_s = timeout_s
        self._sleep = sleep
        self._renewing = Lock()

    def as_(self, auth: Auth) -> Client:
        """Return a client for another caller, over the same connections."""
        other = Client.__new__(Client)
        other._begin(self._common.as_(auth), self._http, self._timeout_s, self._sleep)
        other._closes = False
        return other

    def signed_in(self, token: str) -> Client:
        """Return a client for whoever has a session or an access token."""
        return self.as_(Bearer(token))

    def close(self) -> None:
        """Close the connections, unless they were given."""
        if self._closes:
            self._http.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def send(self, ask: Ask[T]) -> T:
        """Make a call, again where that is right, and return its answer.

        Raises: ApiProblem, ApiUnreachable, AnswerUnreadable, AnswerNotProven.
        """
        attempts = Attempts(self._common, ask)
        while True:
            self._prove()
            response = self._tried(attempts)
            if response is not None:
                return attempts.value(response)

    def stream(self, ask: Ask[Any]) -> Iterator[Event]:
        """Give the events of a stream until the service ends it.

        Raises: what `send` does; ApiUnreachable also when it breaks off.
        """
        self._prove()
        attempts = Attempts(self._common, ask)
        while True:
            request = attempts.request(self._http, stream_timeouts())
            try:
                response = self._http.send(request, stream=True)
            except httpx.TransportError as error:
                self._sleep(attempts.failed(error))
                continue
            try:
                if response.is_success:
                    yield from _events(response)
                    return
                response.read()
                self._sleep(attempts.answered(response) or 0)
            except httpx.TransportError as error:
                raise broken(error) from error
            finally:
                response.close()
            self._prove()

    def live_balances(self) -> Iterator[BalanceEvent]:
        """Give the caller's balance now and each time it has changed, for as long as it is wanted;
        connects again when the stream ends or breaks off.

        Raises: what `send` does; ApiUnreachable after as many breaks in a row as there may be
        attempts.
        """
        last: BalanceEvent | None = None
        breaks = 0
        while True:
            try:
                for event in self.wallet.stream_balance():
                    breaks = 0
                    told = news(last, event)
                    if told is not None:
                        last = told
                        yield told
            except ApiUnreachable:
                breaks += 1
                retries = self._common.retries
                if breaks >= retries.attempts_max:
                    raise
                self._sleep(retries.pause_s(breaks, None, self._common.chance))

    def _tried(self, attempts: Attempts[Any]) -> httpx.Response | None:
        request = attempts.request(self._http, timeouts(self._timeout_s))
        try:
            response = self._http.send(request)
        except httpx.TransportError as error:
            self._sleep(attempts.failed(error))
            return None
        wait_s = attempts.answered(response)
        if wait_s is None:
            return response
        self._sleep(wait_s)
        return None

    def _prove(self) -> None:
        if self._common.ask_first() is None:
            return
        with self._renewing:
            first = self._common.ask_first()  # another thread may have been here
            if first is None:
                return
            attempts = Attempts(self._common, first, Nobody())
            while True:
                response = self._tried(attempts)
                if response is not None:
                    self._common.auth.learn(attempts.value(response), self._common.clock.now())
                    return


def _events(response: httpx.Response) -> Iterator[Event]:
    reader = EventReader()
    for chunk in response.iter_bytes():
        yield from reader.feed(chunk)

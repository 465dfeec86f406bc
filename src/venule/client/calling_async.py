"""The client for programs that do many things at once: `AsyncClient`."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
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
from venule.client.operations import AsyncOperations
from venule.client.retrying import SYSTEM_CHANCE, Chance, Retries
from venule.client.shapes import Ask
from venule.kit.ids import Ids
from venule.kit.time import Clock

T = TypeVar("T")


class AsyncClient(AsyncOperations):
    """Calls the service. Its operations are grouped as in the reference: `client.wallet...`.

    Safe to use from several tasks of one loop. Use it as a context manager, or `close` it.
    """

    def __init__(
        self,
        base_url: str,
        auth: Auth | None = None,
        *,
        retries: Retries | None = None,
        timeout_s: float = TIMEOUT_S,
        http: httpx.AsyncClient | None = None,
        clock: Clock | None = None,
        ids: Ids | None = None,
        chance: Chance = SYSTEM_CHANCE,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """base_url: of the service, or of a world to try out in. auth: without it nobody is known.
        timeout_s: of one attempt. http: connections to use; they are not closed with the client.
        ids: make the keys of calls that move money. chance, sleep: for the pauses between attempts.
        """
        common = Common(
            base_url, auth or Nobody(), retries=retries, clock=clock, ids=ids, chance=chance
        )
        self._begin(common, http or httpx.AsyncClient(), timeout_s, sleep)
        self._closes = http is None

    def _begin(
        self,
        common: Common,
        http: httpx.AsyncClient,
        timeout_s: float,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        super().__init__(self)
        self._common = common
        self._http = http
        self._timeout_s = timeout_s
        self._sleep = sleep
        self._renewing = asyncio.Lock()

    def as_(self, auth: Auth) -> AsyncClient:
        """Return a client for another caller, over the same connections."""
        other = AsyncClient.__new__(AsyncClient)
        other._begin(self._common.as_(auth), self._http, self._timeout_s, self._sleep)
        other._closes = False
        return other

    def signed_in(self, token: str) -> AsyncClient:
        """Return a client for whoever has a session or an access token."""
        return self.as_(Bearer(token))

    async def close(self) -> None:
        """Close the connections, unless they were given."""
        if self._closes:
            await self._http.aclose()

    async def __aenter__(self) -> AsyncClient:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def send(self, ask: Ask[T]) -> T:
        """Make a call, again where that is right, and return its answer.

        Raises: ApiProblem, ApiUnreachable, AnswerUnreadable, AnswerNotProven.
        """
        attempts = Attempts(self._common, ask)
        while True:
            await self._prove()
            response = await self._tried(attempts)
            if response is not None:
                return attempts.value(response)

    async def stream(self, ask: Ask[Any]) -> AsyncIterator[Event]:
        """Give the events of a stream until the service ends it.

        Raises: what `send` does; ApiUnreachable also when it breaks off.
        """
        await self._prove()
        attempts = Attempts(self._common, ask)
        while True:
            request = attempts.request(self._http, stream_timeouts())
            try:
                response = await self._http.send(request, stream=True)
            except httpx.TransportError as error:
                await self._sleep(attempts.failed(error))
                continue
            try:
                if response.is_success:
                    async for event in _events(response):
                        yield event
                    return
                await response.aread()
                await self._sleep(attempts.answered(response) or 0)
            except httpx.TransportError as error:
                raise broken(error) from error
            finally:
                await response.aclose()
            await self._prove()

    async def live_balances(self) -> AsyncIterator[BalanceEvent]:
        """Give the caller's balance now and each time it has changed, for as long as it is wanted;
        connects again when the stream ends or breaks off.

        Raises: what `send` does; ApiUnreachable after as many breaks in a row as there may be
        attempts.
        """
        last: BalanceEvent | None = None
        breaks = 0
        while True:
            try:
                async for event in self.wallet.stream_balance():
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
                await self._sleep(retries.pause_s(breaks, None, self._common.chance))

    async def _tried(self, attempts: Attempts[Any]) -> httpx.Response | None:
        request = attempts.request(self._http, timeouts(self._timeout_s))
        try:
            response = await self._http.send(request)
        except httpx.TransportError as error:
            await self._sleep(attempts.failed(error))
            return None
        wait_s = attempts.answered(response)
        if wait_s is None:
            return response
        await self._sleep(wait_s)
        return None

    async def _prove(self) -> None:
        if self._common.ask_first() is None:
            return
        async with self._renewing:
            first = self._common.ask_first()  # another task may have been here
            if first is None:
                return
            attempts = Attempts(self._common, first, Nobody())
            while True:
                response = await self._tried(attempts)
                if response is not None:
                    self._common.auth.learn(attempts.value(response), self._common.clock.now())
                    return


async def _events(response: httpx.Response) -> AsyncIterator[Event]:
    reader = EventReader()
    async for chunk in response.aiter_bytes():
        for event in reader.feed(chunk):
            yield event

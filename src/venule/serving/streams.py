"""Live balances: server-sent events of a wallet, for as long as somebody listens.

One watcher a process looks how far the journal has come, and only if it has moved at what those
who listen hold. Whoever reconnects gets the present balance first: nothing needs to be remembered.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any, Final

import msgspec
from structlog import get_logger

from venule.kit.door import Door
from venule.kit.errors import AppError, Unavailable
from venule.kit.http import MEMBER_SIDE, Amount, Call, NotPermitted, Pushed, Route, amount
from venule.kit.money import Money
from venule.members import MemberId, MemberUnknown
from venule.overview import Holds, position, standing
from venule.wallet import CURRENCY

LOOK_S: Final = 0.25
"""So often the watcher looks whether money has moved."""

ALIVE_S: Final = 15.0
"""After so long without news a comment is sent, so that nothing on the way gives up."""

STREAM_S: Final = 600.0
"""So long is one stream: who connects again proves again who it is."""

SURE_S: Final = 2.0
"""So often it is asked whether whoever listens still may."""

LISTENERS_MAX: Final = 10_000
OWN_LISTENERS_MAX: Final = 16
"""Of one member's wallet: nobody alone can take what all need."""

IsStill = Callable[[Call[Any, Any, Any]], Awaitable[bool]]

_log: Final = get_logger("venule.streams")


class BalanceEvent(msgspec.Struct, frozen=True):
    """A wallet's balance after something moved. position: the journal's."""

    position: int
    balance: Amount
    held: Amount
    available: Amount


class TooManyListeners(Unavailable):
    """No more streams than this process can feed."""

    slug = "too-many-listeners"

    @property
    def message(self) -> str:
        return (
            f"expected at most {OWN_LISTENERS_MAX} listeners of one wallet and {LISTENERS_MAX} of "
            "all, seen that many"
        )


class Balances:
    """Watches for all listeners of one process."""

    def __init__(self, door: Door, is_still: IsStill) -> None:
        """is_still: whether a stream's caller is still who it was when it began."""
        self._door = door
        self._is_still = is_still
        self._listeners: dict[
            asyncio.Queue[BalanceEvent | None], tuple[MemberId, Holds | None]
        ] = {}
        self._watcher: asyncio.Task[None] | None = None
        self._seen = -1

    async def listen(self, call: Call[None, None, None]) -> AsyncIterator[Pushed]:
        """Give the balance now, and then each time it has changed."""
        member_id = MemberId(_whose(call))
        first = await self._door.aread(standing, [member_id])
        own = sum(1 for who, _ in self._listeners.values() if who == member_id)
        if len(self._listeners) >= LISTENERS_MAX or own >= OWN_LISTENERS_MAX:
            raise TooManyListeners
        news: asyncio.Queue[BalanceEvent | None] = asyncio.Queue(maxsize=1)
        self._listeners[news] = (member_id, first.holds[0])
        self._seen = -1  # what has moved since we looked is seen at the next look
        if self._watcher is None or self._watcher.done():
            self._watcher = asyncio.create_task(self._watch())
        try:
            yield _pushed(_event(first.position, first.holds[0]))
            time = asyncio.get_running_loop().time
            ends, quiet, sure = time() + STREAM_S, time() + ALIVE_S, time() + SURE_S
            while time() < ends:
                told: BalanceEvent | bool | None = False
                with suppress(TimeoutError):
                    told = await asyncio.wait_for(news.get(), min(quiet, sure) - time())
                if time() >= sure:
                    if not await self._is_still(call):
                        return
                    sure = time() + SURE_S
                if told is None:
                    return
                if not isinstance(told, bool):
                    yield _pushed(told)
                    quiet = time() + ALIVE_S
                elif time() >= quiet:
                    yield Pushed("", None)
                    quiet = time() + ALIVE_S
        finally:
            self._listeners.pop(news, None)

    def stop(self) -> None:
        """End all streams: the service is about to end."""
        for news in list(self._listeners):
            _replace(news, None)
        if self._watcher is not None:
            self._watcher.cancel()

    async def _watch(self) -> None:
        while self._listeners:
            try:
                seen = await self._door.aread(position)
                if seen != self._seen:
                    self._seen = seen
                    await self._tell()
            except AppError as error:
                self._seen = -1
                _log.warning("no look", code=error.slug)
            await asyncio.sleep(LOOK_S)

    async def _tell(self) -> None:
        """Tell those whose balance has changed; who is slow gets the last one only."""
        asked = list(dict.fromkeys(who for who, _ in self._listeners.values()))
        found = await self._door.aread(standing, asked)
        now = dict(zip(asked, found.holds, strict=True))
        for news, (member_id, before) in list(self._listeners.items()):
            holds = now.get(member_id)
            if holds is not None and holds != before:
                self._listeners[news] = (member_id, holds)
                _replace(news, _event(found.position, holds))


def stream_route(balances: Balances) -> Route:
    """Return the operation that streams the caller's own wallet."""

    async def stream_balance(call: Call[None, None, None]) -> AsyncIterator[Pushed]:
        async for pushed in balances.listen(call):
            yield pushed

    return Route(
        method="GET",
        path="/v1/wallet/stream",
        stream=stream_balance,
        summary="Stream the wallet's balance",
        description=(
            "Server-sent events named `balance`: the balance now, then each time it has changed. "
            "Connect again after a break."
        ),
        who=MEMBER_SIDE,
        needs="wallet.read",
        tag="wallet",
        timeout_s=0,
        errors=(MemberUnknown, TooManyListeners),
    )


def _whose(call: Call[None, None, None]) -> MemberId:
    member_id = call.who.member_id
    if member_id is None:
        raise NotPermitted("act for a member")
    return MemberId(member_id)


def _event(at: int, holds: Holds) -> BalanceEvent:
    balance, held = (Money(fen, CURRENCY) for fen in (holds.balance_minor, holds.held_minor))
    return BalanceEvent(at, amount(balance), amount(held), amount(balance - held))


def _pushed(event: BalanceEvent) -> Pushed:
    return Pushed("balance", event, str(event.position))


def _replace(news: asyncio.Queue[BalanceEvent | None], told: BalanceEvent | None) -> None:
    with suppress(asyncio.QueueEmpty):
        news.get_nowait()
    news.put_nowait(told)

"""The other processes' side: a desk whose writer is elsewhere, and may be another one tomorrow."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from logging import getLogger
from random import Random
from ssl import SSLContext
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Final, TypeVar

import msgspec

from venule.kit.errors import AppError, Unavailable
from venule.kit.relay.address import EndpointMalformed, parse_endpoint
from venule.kit.relay.procedures import Answer, Ask, Procedure, procedure
from venule.kit.relay.wire import FRAME_BYTES_MAX, HANDSHAKE_S, Channel, PeerUnproven, introduce
from venule.kit.telling import ForeignError, read_error

C = TypeVar("C")
R = TypeVar("R")
TIMEOUT_S: Final = 30.0
"""So long is a request tried before the caller is told."""
WAITING_MAX: Final = 65_536
PAUSE_S: Final = 0.02
PAUSE_S_MAX: Final = 0.5
"""Between tries; each is twice as long as the last one, and drawn from its upper half."""
TICK_S: Final = 0.05
STALL_S: Final = 1.0
"""After so long without any answer to what was sent, see whether the writer is another one now."""
MOVED_ON: Final = frozenset({"desk-closed", "home-closed", "commit-failed", "lease-lost"})
"""Errors of a writer that takes no more: the next one knows what became of the command."""

_log: Final = getLogger("venule.relay")
_encode: Final = msgspec.msgpack.Encoder().encode
_read_answer: Final = msgspec.msgpack.Decoder(Answer).decode


@dataclass(eq=False)
class WriterUnreachable(Unavailable):
    """No writer took the request in time. Nothing was done."""

    procedure: str
    waited_ms: int
    seen: str
    slug = "writer-unreachable"
    retryable = True

    @property
    def message(self) -> str:
        return f"{self.procedure}: expected a writer within {self.waited_ms} ms, seen {self.seen}"


@dataclass(eq=False)
class AnswerLost(Unavailable):
    """A writer took the request and its answer did not come: it may have been done, or not.

    Ask again with the same idempotency key: it is done once. Without a key, look before you ask.
    """

    procedure: str
    key: str
    seen: str
    slug = "answer-lost"

    @property
    def message(self) -> str:
        return f"{self.procedure}, key {self.key!r}: expected an answer, seen {self.seen}"


@dataclass(eq=False)
class RelayBusy(Unavailable):
    """Too many requests of this process wait for the writer."""

    waiting: int
    waiting_max: int
    slug = "relay-busy"
    retryable = True

    @property
    def message(self) -> str:
        return f"expected at most {self.waiting_max} requests waiting, seen {self.waiting}"


@dataclass(eq=False)
class RelayClosed(Unavailable):
    """This process is about to end."""

    slug = "relay-closed"

    @property
    def message(self) -> str:
        return "expected an open relay, seen a closed one"


class _Request:
    """One call on its way."""

    __slots__ = ("called", "due", "frame", "future", "key", "sent", "taken")

    def __init__(self, called: Procedure, key: str | None, frame: bytes, due: float) -> None:
        self.called = called
        self.key = key
        self.frame = frame
        self.due = due
        self.future: Future[Any] = Future()
        self.sent = False  # over the present connection
        self.taken = False  # some writer may have carried it out

    @property
    def is_repeatable(self) -> bool:
        """Whether it may be sent twice: a read, or a command with a key."""
        return self.called.reads or self.key is not None


class Relay:
    """Hands commands to the writer, from any thread or task, as a `Desk` does.

    A request with a key is sent again, with the same key, until some writer has answered it or its
    time is over; so an answer that was lost when a writer died is found, and nothing is done twice.
    """

    def __init__(
        self,
        find: Callable[[], str | None],
        secret: bytes,
        *,
        timeout_s: float = TIMEOUT_S,
        waiting_max: int = WAITING_MAX,
        ssl: SSLContext | None = None,
    ) -> None:
        """find: where the writer listens now, see `address`; None if there is none. It is asked
        before each connection, in a thread, and may block or raise an AppError."""
        self._find = find
        self._secret = secret
        self._timeout_s = timeout_s
        self._waiting_max = waiting_max
        self._ssl = ssl
        self._procedures: dict[tuple[Callable[..., Any], bool], Procedure] = {}
        self._gate = Lock()
        self._number = 0
        self._closing = False
        self._requests: dict[int, _Request] = {}  # all that are not answered
        self._outbox: deque[int] = deque()  # those to be sent, by number
        self._seen = "no connection yet"
        self._answers = 0
        self._random = Random()  # noqa: S311  only for pauses
        self._loop = asyncio.new_event_loop()
        self._news = asyncio.Event()  # something is in the outbox, or we close
        self._thread = Thread(target=self._live, name="venule-relay", daemon=True)
        self._thread.start()

    # ------------------------------------------------------------ callers' threads

    def submit(self, fn: Callable[[Any, C], R], command: C, key: str | None = None) -> Future[R]:
        """Hand in a command; the future ends when it is durable.

        Raises: RelayBusy, RelayClosed. The future: WriterUnreachable, AnswerLost, and what the
        command raises.
        """
        return self._ask(fn, command, key, reads=False)

    def call(self, fn: Callable[[Any, C], R], command: C, key: str | None = None) -> R:
        """Hand in a command and wait until it is durable. Raises: see `submit`."""
        return self.submit(fn, command, key).result()

    async def acall(self, fn: Callable[[Any, C], R], command: C, key: str | None = None) -> R:
        """Hand in a command from a task and wait until it is durable. Raises: see `submit`."""
        return await asyncio.wrap_future(self.submit(fn, command, key))

    def read(self, fn: Callable[..., R], query: Any = None) -> R:
        """Let a function of the writer's read, between two groups. Raises: see `submit`."""
        future: Future[R] = self._ask(fn, query, None, reads=True)
        return future.result()

    async def aread(self, fn: Callable[..., R], query: Any = None) -> R:
        """As `read`, from a task."""
        future: Future[R] = self._ask(fn, query, None, reads=True)
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Take no more, wait for what is on its way, end. Again is harmless."""
        with self._gate:
            already, self._closing = self._closing, True
        if not already:
            self._loop.call_soon_threadsafe(self._news.set)
        self._thread.join()

    def _ask(
        self, fn: Callable[..., Any], command: Any, key: str | None, *, reads: bool
    ) -> Future[Any]:
        called = self._procedures.get((fn, reads))
        if called is None:
            called = self._procedures[fn, reads] = procedure(fn, reads=reads)
        body = msgspec.Raw(_encode(command))
        with self._gate:
            if self._closing:
                raise RelayClosed
            if len(self._requests) >= self._waiting_max:
                raise RelayBusy(len(self._requests), self._waiting_max)
            number = self._number = self._number + 1
            frame = _encode(Ask(number, called.name, key, body))
            if len(frame) > FRAME_BYTES_MAX:
                raise ValueError(f"expected at most {FRAME_BYTES_MAX} bytes, seen {len(frame)}")
            request = _Request(called, key, frame, time.monotonic() + self._timeout_s)
            self._requests[number] = request
            quiet = not self._outbox or len(self._requests) == 1
            self._outbox.append(number)
        if quiet:
            self._loop.call_soon_threadsafe(self._news.set)
        return request.future

    # ------------------------------------------------------------ our own thread

    def _live(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._work())
            self._loop.run_until_complete(self._loop.shutdown_default_executor())
        finally:
            self._loop.close()

    async def _work(self) -> None:
        """Keep a connection to the writer for as long as somebody may ask."""
        ticks = asyncio.create_task(self._tick())
        pause_s = PAUSE_S
        while not (self._closing and not self._requests):
            if not self._requests:
                await self._news.wait()
                self._news.clear()
                continue
            channel = await self._connect()
            if channel is not None:
                pause_s = PAUSE_S
                await self._converse(channel)
                self._connection_over()
            await asyncio.sleep(pause_s * self._random.uniform(0.5, 1))
            pause_s = min(2 * pause_s, PAUSE_S_MAX)
        ticks.cancel()

    async def _connect(self) -> Channel | None:
        """Find the writer and prove ourselves; None if that fails now."""
        try:
            found = await asyncio.to_thread(self._find)
            if found is None:
                self._seen = "no writer"
                return None
            endpoint = parse_endpoint(found)
            async with asyncio.timeout(HANDSHAKE_S):
                if endpoint.path:
                    streams = await asyncio.open_unix_connection(endpoint.path, ssl=self._ssl)
                else:
                    streams = await asyncio.open_connection(
                        endpoint.host, endpoint.port, ssl=self._ssl
                    )
            try:
                return await introduce(*streams, self._secret, found)
            except BaseException:
                streams[1].close()
                raise
        except (EndpointMalformed, PeerUnproven) as error:
            self._seen = error.message
            _log.warning("%s", error.message)
        except AppError as error:
            self._seen = error.message
        except (OSError, asyncio.IncompleteReadError) as error:
            self._seen = f"{type(error).__name__}: {error}"
        return None

    async def _converse(self, channel: Channel) -> None:
        """Send and receive until the connection is over."""
        tasks = {
            asyncio.create_task(work(channel)) for work in (self._send, self._receive, self._doubt)
        }
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        channel.close()
        with suppress(OSError):
            await channel.closed()

    async def _send(self, channel: Channel) -> None:
        try:
            while not (self._closing and not self._requests):
                batch = self._take()
                for request in batch:
                    request.sent = request.taken = True
                    channel.send(request.frame)
                await channel.drain()
                if not batch:
                    await self._news.wait()
                    self._news.clear()
        except OSError as error:
            self._seen = f"{type(error).__name__}: {error}"

    def _take(self) -> list[_Request]:
        """Return what is to be sent; whoever puts in the next one wakes us."""
        with self._gate:
            found = [self._requests.get(number) for number in self._outbox]
            self._outbox.clear()
        return [request for request in found if request is not None]

    async def _receive(self, channel: Channel) -> None:
        try:
            while True:
                content = await channel.receive()
                if content is None:
                    self._seen = f"the end of the connection to {channel.peer}"
                    return
                answer = _read_answer(content)
                if not self._answered(answer):
                    return
        except PeerUnproven as error:
            self._seen = error.message
            _log.warning("%s", error.message)
        except (OSError, asyncio.IncompleteReadError, msgspec.MsgspecError) as error:
            self._seen = f"{type(error).__name__}: {error}"

    async def _doubt(self, channel: Channel) -> None:
        """End when nothing is answered any more and another writer has come.

        A writer that was stopped, or that the network has cut off, says nothing; nor does it end.
        """
        answers = -1
        while True:
            waiting = any(request.sent for request in list(self._requests.values()))
            if waiting and answers == self._answers:
                with suppress(AppError, OSError):
                    found = await asyncio.to_thread(self._find)
                    if found is not None and found != channel.peer:
                        self._seen = f"another writer than {channel.peer}"
                        return
            answers = self._answers if waiting else -1
            await asyncio.sleep(STALL_S)

    def _answered(self, answer: Answer) -> bool:
        """Tell the caller; whether the writer takes more."""
        self._answers += 1
        request = self._requests.get(answer.number)
        if request is None:  # it is over: its time was
            return True
        if not answer.slug:
            self._settle(answer.number, _value(request.called, answer))
            return True
        error = read_error(answer.slug, answer.body)
        if request.is_repeatable and answer.slug in MOVED_ON:
            self._seen = error.message
            return False
        self._settle(answer.number, error)
        return True

    def _connection_over(self) -> None:
        """What was sent and not answered is sent to the next writer, or its caller is told."""
        again = []
        for number, request in list(self._requests.items()):
            if not request.sent:
                continue
            request.sent = False
            if request.is_repeatable:
                again.append(number)
            else:
                self._settle(number, AnswerLost(request.called.name, "", self._seen))
        with self._gate:
            self._outbox.extendleft(reversed(again))

    async def _tick(self) -> None:
        """Tell callers whose time is over."""
        while True:
            await asyncio.sleep(TICK_S)
            now = time.monotonic()
            for number, request in list(self._requests.items()):
                if request.due > now:
                    continue
                name = request.called.name
                if request.taken and not request.called.reads:
                    self._settle(number, AnswerLost(name, request.key or "", self._seen))
                else:
                    waited_ms = round(1000 * self._timeout_s)
                    self._settle(number, WriterUnreachable(name, waited_ms, self._seen))

    def _settle(self, number: int, outcome: Any) -> None:
        with self._gate:
            request = self._requests.pop(number)
        with suppress(Exception):  # the caller may have cancelled it
            if isinstance(outcome, AppError):
                request.future.set_exception(outcome)
            else:
                request.future.set_result(outcome)
        if self._closing and not self._requests:
            self._news.set()

    def __enter__(self) -> Relay:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _value(called: Procedure, answer: Answer) -> Any:
    try:
        return called.give(answer.body)
    except msgspec.MsgspecError as error:
        return ForeignError(f"an answer of {called.name}: {error}")

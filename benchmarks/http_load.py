"""A small load generator for HTTP/1.1 on keep-alive connections: one process, one event loop.

Closed loop: each connection asks again as soon as it is answered: the most that can be done. Open
loop: requests are due at fixed moments, whatever the server does; the time of a request counts
from when it was due, so that a server that stalls is not spared (no coordinated omission).
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import uvloop

Make = Callable[[int], bytes]
"""The bytes of request number n."""


@dataclass
class Result:
    """What came back. latencies in seconds, in the order of the answers."""

    took_s: float = 0.0
    latencies: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    broken: int = 0
    kept: list[tuple[int, bytes]] = field(default_factory=list)

    def percentile_ms(self, share: float) -> float:
        """Return a percentile of the latencies in milliseconds."""
        ordered = sorted(self.latencies)
        place = min(len(ordered) - 1, int(len(ordered) * share))
        return round(1000 * ordered[place], 2) if ordered else 0.0


class _Connection(asyncio.Protocol):
    """One request at a time."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._buffer = b""
        self._due = 0.0
        self.number = -1
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # uvloop's does not derive from asyncio's
        self._load.free(self)

    def ask(self, number: int, due: float) -> None:
        self.number, self._due = number, due
        self.transport.write(self._load.make(number))

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer + data if self._buffer else data
        end = buffer.find(b"\r\n\r\n")
        if end < 0:
            self._buffer = buffer
            return
        head = buffer[:end].lower()
        place = head.find(b"content-length:")
        length = 0
        if place >= 0:
            stop = head.find(b"\r\n", place)
            length = int(head[place + 15 : stop if stop >= 0 else len(head)])
        if len(buffer) < end + 4 + length:
            self._buffer = buffer
            return
        self._buffer = b""
        self._load.answered(self, int(buffer[9:12]), self._due, buffer[end + 4 :])

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self._load.lost(self)


class Load:
    """Sends requests over so many connections, at a rate or as fast as it goes."""

    def __init__(
        self, host: str, port: int, make: Make, *, connections: int, first: int = 0,
        keep: bool = False,
    ) -> None:  # fmt: skip
        """first: number of the first request. keep: the answers' bodies too."""
        self.make = make
        self._host, self._port = host, port
        self._count = connections
        self._next = first
        self._keep = keep
        self._idle: deque[_Connection] = deque()
        self._queue: deque[float] = deque()  # moments that requests were due at, not yet sent
        self._at_work = 0
        self._closed = True
        self._until = 0.0
        self.result = Result()
        self._over: asyncio.Event = asyncio.Event()

    async def run(self, seconds: float, rate_per_s: float = 0.0) -> Result:
        """Send for so long; wait for the last answers. rate_per_s: 0: closed loop."""
        loop = asyncio.get_running_loop()
        self._closed = not rate_per_s
        began = time.perf_counter()
        self._until = began + seconds
        for _ in range(self._count):
            await loop.create_connection(lambda: _Connection(self), self._host, self._port)
        if rate_per_s:
            await self._pace(began, rate_per_s)
        while self._at_work or self._queue:
            await asyncio.sleep(0.01)
            if time.perf_counter() > self._until + 30:
                break
        self.result.took_s = time.perf_counter() - began
        return self.result

    async def _pace(self, began: float, rate_per_s: float) -> None:
        sent = 0
        while (now := time.perf_counter()) < self._until:
            due = int((now - began) * rate_per_s)
            while sent < due:
                self._queue.append(began + sent / rate_per_s)
                sent += 1
            while self._queue and self._idle:
                self._send(self._idle.popleft(), self._queue.popleft())
            await asyncio.sleep(0.001)

    def _send(self, connection: _Connection, due: float) -> None:
        self._at_work += 1
        self._next += 1
        connection.ask(self._next - 1, due)

    def free(self, connection: _Connection) -> None:
        now = time.perf_counter()
        if self._closed:
            if now < self._until:
                self._send(connection, now)
        elif self._queue:
            self._send(connection, self._queue.popleft())
        else:
            self._idle.append(connection)

    def answered(self, connection: _Connection, status: int, due: float, body: bytes) -> None:
        self._at_work -= 1
        self.result.latencies.append(time.perf_counter() - due)
        self.result.statuses[status] += 1
        if self._keep:
            self.result.kept.append((connection.number, body))
        self.free(connection)

    def lost(self, connection: _Connection) -> None:
        if connection in self._idle:
            self._idle.remove(connection)
        elif time.perf_counter() < self._until:
            self.result.broken += 1
            self._at_work -= 1


def run(make_load: Callable[[], Load], seconds: float, rate_per_s: float = 0.0) -> Result:
    """Run a load in an event loop of its own."""

    async def live() -> Result:
        return await make_load().run(seconds, rate_per_s)

    if sys.version_info >= (3, 12):
        return asyncio.run(live(), loop_factory=uvloop.new_event_loop)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(live())

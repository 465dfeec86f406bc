"""A home of notes whose writer is served, in this process or in one that can be killed."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from support.kit_homes import NoteTx, Placed, Put, crash, open_notes, put
from venule.kit.desk import Desk
from venule.kit.home import Home
from venule.kit.relay import Procedures, Server, parse_endpoint

SECRET = bytes(range(32))


def numbers(tx: NoteTx) -> list[int]:
    return [n for (n,) in tx.sql.rows("SELECT number FROM note ORDER BY 1")]


def count_from(tx: NoteTx, least: int) -> int:
    return len([n for n in numbers(tx) if n >= least])


def hold(tx: NoteTx, command: Put) -> Placed:
    """As `put`, after others had time to come."""
    HELD.wait(20)
    return put(tx, command)


HELD = threading.Event()


def lie(tx: NoteTx, command: Put) -> Placed:
    """Give back something else than the writer's function does."""
    raise AssertionError


def talk(tx: NoteTx, size: int) -> str:
    return "x" * size


def not_served(tx: NoteTx, command: Put) -> Placed:
    return put(tx, command)


PROCEDURES = Procedures([put, crash, hold], [numbers, count_from, talk])


class Served:
    """A server in an event loop of its own."""

    def __init__(
        self,
        desk: Desk[Any],
        endpoint: str,
        procedures: Procedures = PROCEDURES,
        **options: Any,
    ) -> None:
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever)
        self.thread.start()
        self.server = Server(desk, procedures, SECRET)
        start = self.server.start(parse_endpoint(endpoint), **options)
        try:
            self.endpoint = str(asyncio.run_coroutine_threadsafe(start, self.loop).result(20))
        except BaseException:
            self.end_loop()
            raise

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.server.stop(), self.loop).result(20)

    def close(self) -> None:
        self.stop()
        self.end_loop()

    def end_loop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(20)
        self.loop.run_until_complete(self.loop.shutdown_default_executor())
        self.loop.close()


@contextmanager
def served(home: Home[NoteTx], endpoint: str, **options: Any) -> Iterator[Served]:
    with Desk(home) as desk:
        serving = Served(desk, endpoint, **options)
        try:
            yield serving
        finally:
            serving.close()


def fork_writer(
    path: Path, endpoint: str, prepare: Callable[[Home[NoteTx]], None] = lambda home: None
) -> int:
    """Serve the home in a process of its own; wait until it listens. Return its pid."""
    ready, done = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            _serve(path, endpoint, prepare, done)
        finally:
            os._exit(1)
    os.close(done)
    assert os.read(ready, 1) == b"!"
    os.close(ready)
    return pid


def _serve(path: Path, endpoint: str, prepare: Callable[[Home[NoteTx]], None], done: int) -> None:
    async def live() -> None:
        with open_notes(path) as home, Desk(home) as desk:
            prepare(home)
            server = Server(desk, PROCEDURES, SECRET)
            await server.start(parse_endpoint(endpoint))
            os.write(done, b"!")
            await asyncio.Event().wait()

    asyncio.run(live())


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)

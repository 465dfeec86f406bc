"""The life of a process that writes for others: wait, serve, step down, wait again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from logging import getLogger
from typing import Any, Final, Generic, TypeVar

from venule.kit.desk import Desk
from venule.kit.errors import AppError, CommitFailed, DiskFull, HomeError, HomeLocked, Unavailable
from venule.kit.home import Home
from venule.kit.relay import Endpoint, Procedures, Server
from venule.kit.sqlite import StorageFailed
from venule.kit.tx import Tx
from venule.kit.writing.turn import Turn

T = TypeVar("T", bound=Tx)

POLL_S: Final = 0.1
"""So often one who waits looks whether it is its turn, and follows the journal."""

WATCH_S: Final = 0.1
"""So often the writer looks whether it still is the writer."""

AGAIN_S: Final = 1.0
"""So long is the pause after something went wrong that may pass by itself."""

PASSING: Final = (CommitFailed, DiskFull, HomeLocked, StorageFailed)

_log: Final = getLogger("venule.writer")


@dataclass(eq=False)
class EndpointTaken(Unavailable):
    """The writer cannot listen where it is told to: another one does, or it is not allowed."""

    endpoint: str
    seen: str
    slug = "endpoint-taken"
    retryable = True

    @property
    def message(self) -> str:
        return f"expected to listen at {self.endpoint}, seen: {self.seen}"


def passes(error: AppError) -> bool:
    """Whether what keeps this process from writing may pass by itself, or by somebody's help.

    If not, such as with a home that is damaged or newer than the code, trying again and again would
    only hide it.
    """
    return error.retryable or isinstance(error, PASSING)


class Writer(Generic[T]):
    """Takes its turn as the writer of a home, again and again, until it is told to stop."""

    def __init__(
        self,
        open_home: Callable[[], Home[T]],
        turn: Callable[[], Turn],
        procedures: Procedures,
        secret: Callable[[], bytes],
        listen: Endpoint,
        *,
        announce: str = "",
        beside: Callable[[Home[T]], AbstractContextManager[object]] = nullcontext,
    ) -> None:
        """open_home: becomes the writer at once, or raises. secret: asked for when it is. listen:
        where to take commands; announce: what to tell others instead, if they see another address.
        beside: entered for as long as the home is open, such as a runner of its jobs.
        """
        self._open_home = open_home
        self._turn = turn
        self._procedures = procedures
        self._secret = secret
        self._listen = listen
        self._announce = announce
        self._beside = beside
        self._stopping = False

    def stop(self) -> None:
        """Let `run` end: what was taken is answered, the home closed. From any thread, and from the
        handler of a signal."""
        self._stopping = True

    def run(self) -> None:
        """Wait for one's turn, serve, step down when another one is the writer, wait again.

        Raises: what does not pass by itself, see `passes`.
        """
        said = ""
        while not self._stopping:
            try:
                home = self._wait()
                if home is None:
                    return
                said = ""
                self._serve(home)
            except AppError as error:
                if not passes(error):
                    raise
                if said != error.slug:
                    _log.warning("waiting: %s", error.message)
                    said = error.slug
                self._pause(AGAIN_S)

    def _pause(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while not self._stopping and time.monotonic() < until:
            time.sleep(min(POLL_S, seconds))

    def _wait(self) -> Home[T] | None:
        """Return the open home when it is our turn; None if told to stop before."""
        turn = self._turn()
        held = ""
        try:
            while not self._stopping:
                if turn.is_mine():
                    try:
                        return self._open_home()
                    except HomeError as error:
                        if error.slug not in {"home-locked", "lease-held"}:
                            raise
                        if not held:
                            held = error.message
                            _log.info("standing by: %s", held)
                time.sleep(POLL_S)
            return None
        finally:
            turn.close()

    def _serve(self, home: Home[T]) -> None:
        try:
            with Desk(home) as desk, self._beside(home):
                asyncio.run(self._live(home, desk))
        finally:
            home.close()
            _log.info("%s: gave the book back", home.shown)

    async def _live(self, home: Home[T], desk: Desk[Any]) -> None:
        """Serve until told to stop, or until another process is the writer."""
        server = Server(desk, self._procedures, self._secret())
        try:
            endpoint = await server.start(self._listen)
        except OSError as error:
            raise EndpointTaken(str(self._listen), error.strerror or str(error)) from error
        try:
            home.announce(self._announce or str(endpoint))
            _log.info("%s: writing, at %s", home.shown, endpoint)
            while not self._stopping:
                if home.is_over():
                    _log.warning("%s: no longer the writer", home.shown)
                    break
                await asyncio.sleep(WATCH_S)
        finally:
            await server.stop()

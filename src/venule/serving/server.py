"""The HTTP server of a process: begins, stops in good order, answers what it has taken."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from starlette.types import ASGIApp
from structlog import get_logger

from venule.kit.writing import EndpointTaken
from venule.serving.connection import Connection
from venule.serving.settings import Settings

BACKLOG: Final = 2_048
WATCH_S: Final = 0.25
KEEP_ALIVE_S: Final = 75

_log: Final = get_logger("venule.server")


class _Server(uvicorn.Server):
    """uvicorn's, whose signals are ours."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class HttpServer:
    """Serves an application until it is told to stop, or until `is_over` says so."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._settings = settings
        self._stopping = False
        self._reason = ""
        config = uvicorn.Config(
            app,
            http=Connection,
            ws="none",
            loop="uvloop",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,
            backlog=BACKLOG,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=round(settings.stop_s) or 1,
            ssl_certfile=settings.tls_certificate_file or None,
            ssl_keyfile=settings.tls_key_file or None,
        )
        self._server = _Server(config)
        self.port = 0

    def stop(self, reason: str = "told to") -> None:
        """Take nothing new, answer what was taken. From any thread or signal handler."""
        self._reason = self._reason or reason
        self._stopping = True

    async def run(
        self,
        *,
        is_over: Callable[[], bool] = lambda: False,
        began: Callable[[str], None] = lambda _: None,
        ending: Callable[[], None] = lambda: None,
    ) -> bool:
        """Serve; return whether it was told to stop (else the home is no longer ours).

        began: told the address once it listens. ending: called when nothing new is to be taken.
        Raises: EndpointTaken.
        """
        listener = self._listen()
        self.port = listener.getsockname()[1]
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            try:
                loop.add_signal_handler(number, self.stop, signal.Signals(number).name)
            except (RuntimeError, ValueError):  # not the main thread: somebody else hears signals
                break
        serving = asyncio.create_task(self._server.serve([listener]))
        while not self._server.started and not serving.done():
            await asyncio.sleep(0.005)
        began(f"{self._settings.address[0]}:{self.port}")
        over = False
        while not self._stopping and not over and not serving.done():
            await asyncio.sleep(WATCH_S)
            over = is_over()
        _log.info("stopping", reason="the home is no longer ours" if over else self._reason)
        ending()
        self._server.should_exit = True
        await serving
        return not over

    def _listen(self) -> socket.socket:
        host, port = self._settings.address
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((host, port))
        except OSError as error:
            listener.close()
            raise EndpointTaken(self._settings.listen, error.strerror or str(error)) from error
        return listener

"""The writer's side: takes commands from other processes and hands them to its desk."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from contextlib import suppress
from logging import getLogger
from ssl import SSLContext
from typing import Any, Final

import msgspec

from venule.kit.desk import Desk
from venule.kit.errors import AppError
from venule.kit.relay.address import Endpoint
from venule.kit.relay.procedures import (
    Answer,
    AnswerTooLarge,
    Ask,
    AskMalformed,
    CommandBroke,
    Procedure,
    Procedures,
)
from venule.kit.relay.wire import FRAME_BYTES_MAX, Channel, PeerUnproven, greet
from venule.kit.telling import tell_error

IN_WORK_MAX: Final = 1_024
"""Requests of one connection that are not answered yet; the next one is not read before."""
HEAD_BYTES_MAX: Final = 64
PROBE_S: Final = 1.0

_log: Final = getLogger("venule.relay")
_encode: Final = msgspec.msgpack.Encoder().encode
_read_ask: Final = msgspec.msgpack.Decoder(Ask).decode


class Server:
    """Serves a desk's commands, and reads between its groups, on one endpoint.

    It lives in the event loop that started it. What a connection has asked is answered even if
    the desk is closed meanwhile: then with `DeskClosed`, and the asker tries the next writer.
    """

    def __init__(self, desk: Desk[Any], procedures: Procedures, secret: bytes) -> None:
        self._desk = desk
        self._procedures = procedures
        self._secret = secret
        self._server: asyncio.Server | None = None
        self._path = ""  # of the socket
        self._connections: set[asyncio.Task[None]] = set()
        self._stopping = asyncio.Event()

    async def start(self, endpoint: Endpoint, ssl: SSLContext | None = None) -> Endpoint:
        """Listen; return the endpoint with the port that was taken.

        A socket file that nobody listens on, left by a writer that was killed, is replaced.
        Raises: OSError if the address is in use or not allowed.
        """
        if endpoint.path:
            _check_free(endpoint.path)
            self._server = await asyncio.start_unix_server(self._connected, endpoint.path, ssl=ssl)
            os.chmod(endpoint.path, 0o600)
            self._path = endpoint.path
            return endpoint
        self._server = await asyncio.start_server(
            self._connected, endpoint.host, endpoint.port, ssl=ssl
        )
        return endpoint._replace(port=self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Take no more, answer what was taken, end the connections."""
        if self._server is None:
            return
        self._stopping.set()
        self._server.close()
        if self._path:
            with suppress(OSError):
                os.unlink(self._path)
        if self._connections:
            await asyncio.wait(self._connections)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        peer = _name(writer)
        try:
            channel = await greet(reader, writer, self._secret, peer)
            await self._serve(channel)
        except PeerUnproven as error:
            _log.warning("%s", error.message)
        except (ConnectionError, asyncio.IncompleteReadError):
            _log.info("%s: the connection was cut", peer)
        finally:
            self._connections.discard(task)
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    async def _serve(self, channel: Channel) -> None:
        """Answer until the other side ends, or we stop."""
        at_work: set[asyncio.Task[None]] = set()
        room = asyncio.Semaphore(IN_WORK_MAX)
        stop = asyncio.create_task(self._stopping.wait())
        try:
            while not self._stopping.is_set():
                await room.acquire()
                receiving = asyncio.create_task(channel.receive())
                await asyncio.wait({receiving, stop}, return_when=asyncio.FIRST_COMPLETED)
                if not receiving.done():
                    receiving.cancel()
                    break
                content = receiving.result()
                if content is None:
                    break
                ask = _ask(channel, content)
                work = asyncio.create_task(self._answer(channel, ask))
                at_work.add(work)
                work.add_done_callback(at_work.discard)
                work.add_done_callback(lambda _: room.release())
        finally:
            stop.cancel()
            if at_work:
                await asyncio.wait(set(at_work))

    async def _answer(self, channel: Channel, ask: Ask) -> None:
        slug, body = "", b""
        try:
            body = await self._work(ask)
            if len(body) > FRAME_BYTES_MAX - HEAD_BYTES_MAX:
                raise AnswerTooLarge(ask.procedure, len(body), FRAME_BYTES_MAX - HEAD_BYTES_MAX)
        except AppError as error:
            slug, body = tell_error(error)
        except Exception as error:
            _log.exception("%s broke", ask.procedure)
            slug, body = tell_error(CommandBroke(ask.procedure, type(error).__name__))
        with suppress(ConnectionError):  # whoever asked is gone, and asks again
            channel.send(_encode(Answer(ask.number, slug, msgspec.Raw(body))))
            await channel.drain()

    async def _work(self, ask: Ask) -> bytes:
        called = self._procedures[ask.procedure]
        try:
            command = called.take(ask.body)
        except msgspec.MsgspecError as error:
            raise AskMalformed(ask.procedure, str(error)) from error
        if called.reads:
            return await asyncio.to_thread(self._read, called, command)
        return called.encode(await self._desk.acall(called.fn, command, ask.key))

    def _read(self, called: Procedure, query: Any) -> bytes:
        if query is None:
            return self._desk.home.read(lambda tx: called.encode(called.fn(tx)))
        return self._desk.home.read(lambda tx: called.encode(called.fn(tx, query)))


def _ask(channel: Channel, content: bytes) -> Ask:
    try:
        return _read_ask(content)
    except msgspec.MsgspecError as error:
        raise PeerUnproven(channel.peer, f"no request: {error}") from error


def _check_free(path: str) -> None:
    """Nobody listens there: asyncio would take a living writer's socket away as it does a dead
    one's. Raises: OSError."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(PROBE_S)
        try:
            probe.connect(path)
        except (ConnectionRefusedError, FileNotFoundError):
            return
    raise OSError(errno.EADDRINUSE, os.strerror(errno.EADDRINUSE), path)


def _name(writer: asyncio.StreamWriter) -> str:
    name = writer.get_extra_info("peername")
    return ":".join(map(str, name[:2])) if isinstance(name, tuple) else "a local process"

"""A cable between a client and its server that can be cut at the worst moment."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum

CHUNK_BYTES = 65_536


class Cut(Enum):
    """When the cable is cut: what is sent with this word in it is the last, or is not sent."""

    NEVER = 0
    BEFORE = 1
    AFTER = 2


class CutProxy:
    """Passes bytes on between one port of its own and the server's.

    cut, word: what to do when the client sends something with `word` in it. AFTER: the server gets
    it, and its answer is swallowed.
    """

    def __init__(self, port: int) -> None:
        self.cut = Cut.NEVER
        self.word = b"COMMIT"
        self.server_port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._sockets: list[socket.socket] = [self._listener]
        self._threads: list[threading.Thread] = []
        self._spawn(self._accept)

    def _spawn(self, work, *args) -> None:
        thread = threading.Thread(target=work, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.server_port))
            except OSError:
                client.close()
                continue
            self._sockets += [client, server]
            self._spawn(self._pass_on, client, server, True)
            self._spawn(self._pass_on, server, client, False)

    def _pass_on(self, source: socket.socket, target: socket.socket, asking: bool) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK_BYTES):
                if asking and self.cut is not Cut.NEVER and self.word in data:
                    mode, self.cut = self.cut, Cut.NEVER
                    _end(source)  # the client sees an end
                    if mode is Cut.AFTER:
                        target.sendall(data)
                        target.shutdown(socket.SHUT_WR)
                    else:
                        _end(target)
                    return
                target.sendall(data)
        if not asking:
            _end(source)
            _end(target)

    def cut_now(self) -> None:
        """Cut every connection."""
        for each in self._sockets[1:]:
            _end(each)

    def close(self) -> None:
        for each in self._sockets:
            _end(each)
            each.close()
        for thread in self._threads:
            thread.join(10)


def _end(each: socket.socket) -> None:
    with suppress(OSError):
        each.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxy_to(port: int) -> Iterator[CutProxy]:
    proxy = CutProxy(port)
    try:
        yield proxy
    finally:
        proxy.close()

"""The outermost layer: which application a path belongs to, and what every answer carries."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Final

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from venule.kit.errors import AppError
from venule.kit.http import AT_WORK_MAX, Room, Stopping

Network = IPv4Network | IPv6Network
FORWARDED: Final = b"x-forwarded-for"

MOUNTED_S: Final = 30.0
"""So long may a request beside the API take, its body's way included."""

HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)


class Front:
    """Hands a request to the application whose path begins it, else to the API."""

    def __init__(
        self,
        api: ASGIApp,
        mounts: Mapping[str, ASGIApp],
        *,
        own: Mapping[str, ASGIApp] | None = None,
        proxies: Sequence[Network] = (),
        room: Room | None = None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """mounts: path -> application; a path that ends with a slash is a beginning. own: others,
        that keep limits of their own. proxies: who may say on whose behalf it asks. room, stopping:
        of the API, for `mounts` too."""
        self._proxies = proxies
        self._room = room or Room(AT_WORK_MAX)
        self._stopping = stopping
        self._api = api
        known = {path: (app, True) for path, app in mounts.items()}
        known |= {path: (app, False) for path, app in (own or {}).items()}
        self._exact = {path: it for path, it in known.items() if not path.endswith("/")}
        self._beginnings = [(path, it) for path, it in known.items() if path.endswith("/")]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        if self._proxies and scope["client"] is not None:
            peer, port = scope["client"]
            said = [value for name, value in scope["headers"] if name == FORWARDED]
            asker = asker_of(peer, b",".join(said).decode("latin-1"), self._proxies)
            scope = {**scope, "client": (asker, port)}
        app, limited = self._chosen(scope["path"])
        answer = partial(self._limited, app) if limited else app
        await answer(scope, receive, _with_headers(send))

    def _chosen(self, path: str) -> tuple[ASGIApp, bool]:
        """Return which application it is, and whether the API's limits are kept for it here."""
        found = self._exact.get(path)
        if found is not None:
            return found
        for beginning, it in self._beginnings:
            if path.startswith(beginning):
                return it
        return self._api, False

    async def _limited(self, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Let another application answer, within the limits that the API keeps by itself."""
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            if self._stopping():
                raise Stopping
            self._room.enter()
        except AppError as error:
            await _later(error.message)(scope, receive, send)
            return
        try:
            async with asyncio.timeout(MOUNTED_S):
                await app(scope, receive, sending)
        except TimeoutError:
            if not begun:
                said = f"expected the request to be done within {MOUNTED_S:g} s, seen it not done"
                await _later(said)(scope, receive, send)
        finally:
            self._room.leave()


def asker_of(peer: str, forwarded: str, proxies: Sequence[Network]) -> str:
    """Return who asks: the last one in X-Forwarded-For that no proxy of ours stands for.

    Each of our proxies adds who asked it at the end; what was there before came from outside, and
    anybody can have written it.
    """
    asker = peer
    hops = [hop.strip() for hop in forwarded.split(",") if hop.strip()]
    while hops and _is_within(asker, proxies):
        hop = hops.pop().strip("[]")
        if not _is_address(hop):
            break
        asker = hop
    return asker


def _is_within(text: str, networks: Sequence[Network]) -> bool:
    if not _is_address(text):
        return False
    address = ip_address(text)
    return any(address in network for network in networks)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _later(said: str) -> PlainTextResponse:
    return PlainTextResponse(said, 503, {"retry-after": "1", "cache-control": "no-store"})


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            there = {name for name, _ in headers}
            headers += [(name, value) for name, value in HEADERS if name not in there]
            message["headers"] = headers
        await send(message)

    return sending

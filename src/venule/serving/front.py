"""The outermost layer: which application a path belongs to, and what every answer carries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from venule.kit.http import OriginForm

HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)


class Front:
    """Hands a request to the application whose path begins it, else to the API."""

    def __init__(self, api: ASGIApp, mounts: Mapping[str, ASGIApp]) -> None:
        """mounts: path -> application; a path that ends with a slash is a beginning."""
        self._api = api
        self._exact = {path: app for path, app in mounts.items() if not path.endswith("/")}
        self._beginnings = [(path, app) for path, app in mounts.items() if path.endswith("/")]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        await self._chosen(scope["path"])(scope, receive, _with_headers(send))

    def _chosen(self, path: str) -> ASGIApp:
        found = self._exact.get(path)
        if found is not None:
            return found
        for beginning, app in self._beginnings:
            if path.startswith(beginning):
                return app
        return self._api


def make_front(api: ASGIApp, mounts: Mapping[str, ASGIApp]) -> ASGIApp:
    """Return the application that a server serves."""
    return OriginForm(Front(api, mounts))


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = list(message.get("headers", ()))
            there = {name for name, _ in headers}
            headers += [(name, value) for name, value in HEADERS if name not in there]
            message["headers"] = headers
        await send(message)

    return sending

"""Which route a path belongs to, and what a request target is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Receive, Scope, Send

from venule.kit.http.errors import MethodNotAllowed, RouteNotFound
from venule.kit.http.route import Route


class OriginForm:
    """The outermost layer: turns an absolute target (RFC 9112, section 3.2.2) into a path.

    `POST http://host/path?query HTTP/1.1` is what some clients send; path and query are those of
    the address inside, and its host is the one that counts.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            raw = scope.get("raw_path") or b""
            path = scope["path"]
            if raw[:1] not in (b"/", b"*", b"") or not path.startswith("/"):
                scope = _with_origin_form(scope)
        await self._app(scope, receive, send)


def _with_origin_form(scope: Scope) -> Scope:
    parts = urlsplit(scope["path"])
    raw = urlsplit((scope.get("raw_path") or scope["path"].encode()).decode("latin-1"))
    headers = scope["headers"]
    if parts.netloc:
        headers = [(name, value) for name, value in headers if name != b"host"]
        headers.append((b"host", parts.netloc.encode("latin-1", "replace")))
    return {
        **scope,
        "path": parts.path or "/",
        "raw_path": (raw.path or "/").encode("latin-1"),
        "query_string": scope["query_string"] or raw.query.encode("latin-1"),
        "headers": headers,
    }


class _Node:
    """A place in the tree of paths."""

    __slots__ = ("child", "children", "routes")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.child: tuple[str, _Node] | None = None  # a parameter
        self.routes: dict[str, Any] = {}


class Tree:
    """Routes by path: one step a segment, whatever the number of routes."""

    def __init__(self, routes: Iterable[Route]) -> None:
        self._root = _Node()
        for route in routes:
            self._add(route)

    def _add(self, route: Route) -> None:
        node = self._root
        for part in route.path[1:].split("/"):
            if part.startswith("{"):
                name = part[1:-1]
                if node.child is None or not part:
                    node.child = (name, _Node())
                if node.child[0] != name:
                    raise ValueError(f"{route.path}: expected {{{node.child[0]}}} at this place")
                node = node.child[1]
            else:
                node = node.children.setdefault(part, _Node())
        if route.method in node.routes:
            raise ValueError(f"expected one {route.method} {route.path}, seen another")
        node.routes[route.method] = route

    def find(self, method: str, path: str) -> tuple[Route, list[tuple[str, str]]]:
        """Return the route and the path's parameters. Raises: RouteNotFound, MethodNotAllowed."""
        node = self._root
        found: list[tuple[str, str]] = []
        for part in path[1:].split("/"):
            after = node.children.get(part)
            if after is None:
                if node.child is None or not part:
                    raise RouteNotFound(path)
                name, after = node.child
                found.append((name, part))
            node = after
        if not node.routes:
            raise RouteNotFound(path)
        route = node.routes.get(method)
        if route is None:
            raise MethodNotAllowed(method, sorted(node.routes))
        return route, found

"""Both clients behind one face, in front of a transport that the test plays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from venule.client import AsyncClient, Client, Retries


class Played:
    """A service that the test plays; what was sent, and how long was waited."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.sent: list[httpx.Request] = []
        self.waits: list[float] = []
        self.replies: list[Any] = []

    def reply(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        said = self.replies.pop(0)
        if isinstance(said, Exception):
            raise said
        return httpx.Response(said.status_code, headers=said.headers, content=said.content)

    def call(
        self, ask: Callable[[Any], Any], *replies: Any, auth: Any = None, retries: Any = None
    ) -> Any:
        """Make a call with a client of the kind; each reply is a response, or what happens."""
        self.replies = list(replies)
        more = {"auth": auth, "retries": retries or Retries(), "chance": bytes}
        if self.kind == "waiting":
            with httpx.Client(transport=httpx.MockTransport(self.reply)) as http:
                return ask(Client("http://x.example", http=http, sleep=self.waits.append, **more))
        return asyncio.run(self._call(ask, more))

    async def _call(self, ask: Callable[[Any], Any], more: dict[str, Any]) -> Any:
        async def sleep(seconds: float) -> None:
            self.waits.append(seconds)

        async with httpx.AsyncClient(transport=httpx.MockTransport(self.reply)) as http:
            return await ask(AsyncClient("http://x.example", http=http, sleep=sleep, **more))

    @property
    def keys(self) -> list[str]:
        """Idempotency keys of what was sent."""
        return [request.headers.get("idempotency-key", "") for request in self.sent]


@pytest.fixture(params=["waiting", "awaited"])
def played(request: pytest.FixtureRequest) -> Played:
    return Played(request.param)

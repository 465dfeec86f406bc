"""A house with worlds beside it, served for real; partners that sign up and sign their requests."""

from __future__ import annotations

import asyncio
import base64
import socket
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, TypeVar

import httpx
import msgspec
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from http_message_signatures import HTTPMessageSigner, algorithms

from support.partner_town import OneKey
from venule.kit.time import SystemClock
from venule.serving.metrics import Metrics
from venule.serving.service import make_service, opened
from venule.serving.settings import Settings
from venule.serving.sign_up import SIGN_UP, sign_up_route
from venule.serving.worlds import Worlds

R = TypeVar("R")
OFTEN = 100_000


class Partner:
    """A partner with a world: asks by signature, as a member, or as nobody."""

    def __init__(self, client: httpx.Client, private: Ed25519PrivateKey, told: dict[str, Any]):
        self.told = told
        self.private = private
        self.base = told["base_url"]
        self.name = told["sandbox"]
        self._client = client
        self._count = 0

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> httpx.Response:
        return self._client.request(method, f"{self.base}{path}", json=body, **more)

    def get(self, path: str, **more: Any) -> Any:
        return _whole(self.ask("GET", path, **more))

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        return _whole(self.ask("POST", path, body, **more))

    def member(self, place: int = 0) -> dict[str, Any]:
        found: dict[str, Any] = self.told["members"][place]
        return found

    def as_member(self, method: str, path: str, body: Any = None, place: int = 0) -> Any:
        """Ask as a test member, once."""
        self._count += 1
        headers = {
            "authorization": f"Bearer {self.member(place)['session_token']}",
            "idempotency-key": f"key-{self._count}",
        }
        return _whole(self.ask(method, path, body, headers=headers))

    def signed(
        self, method: str, path: str, body: Any = None, *, base: str = "", key_id: str = ""
    ) -> httpx.Response:
        """Ask as the partner's server does, with a library that is not ours."""
        content = b"" if body is None else msgspec.json.encode(body)
        self._count += 1
        headers = {"content-type": "application/json"} if content else {}
        if method == "POST" and content:
            headers["idempotency-key"] = f"signed-{self._count}"
        message = SimpleNamespace(method=method, url=f"{base or self.base}{path}", headers=headers)
        covered = ["@method", "@authority", "@target-uri"]
        covered += [name for name in ("content-type", "idempotency-key") if name in headers]
        HTTPMessageSigner(
            signature_algorithm=algorithms.ED25519, key_resolver=OneKey(self.private)
        ).sign(
            message,
            key_id=key_id or self.told["keys"][0]["id"],
            created=datetime.now(UTC),
            nonce=f"n {self.name} {self._count}",
            covered_component_ids=covered,
            body=content or None,
        )
        return self._client.request(method, message.url, content=content, headers=message.headers)

    def now(self) -> datetime:
        return datetime.fromisoformat(self.get("/v1/sandbox/clock")["now"])

    def wait(self, **body: Any) -> dict[str, Any]:
        """Let time pass in this world."""
        moved: dict[str, Any] = self.post("/v1/sandbox/clock", body)
        assert moved["reached"]
        return moved


def _whole(answer: httpx.Response) -> Any:
    assert answer.status_code < 300, answer.text
    return answer.json() if answer.content else None


class House:
    """A served house with worlds."""

    def __init__(self, url: str, client: httpx.Client, worlds: Worlds, run: Any, door: Any):
        self.url = url
        self.client = client
        self.worlds = worlds
        self.run: Callable[[Coroutine[Any, Any, Any]], Any] = run
        self.door = door

    def sign_up(self, name: str = "Shop helper", **more: Any) -> Partner:
        private = Ed25519PrivateKey.generate()
        return Partner(self.client, private, _whole(self.asked(private, name, **more)))

    def asked(
        self, private: Ed25519PrivateKey, name: str = "Shop helper", **more: Any
    ) -> httpx.Response:
        return asked_at(self.client, self.url, private, name, **more)


def asked_at(
    client: httpx.Client,
    url: str,
    private: Ed25519PrivateKey,
    name: str = "Shop helper",
    **more: Any,
) -> httpx.Response:
    """Sign up with a house."""
    public = base64.b64encode(private.public_key().public_bytes_raw()).decode()
    body = {"name": name, "contact": "dev@shop.example", "request_key": public, **more}
    return client.post(f"{url}{SIGN_UP}", json=body)


@contextmanager
def house(folder: Path, **said: Any) -> Iterator[House]:
    """Serve a house with worlds; in the end, everything is closed in good order."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    settings = Settings(
        home=str(folder / "house"), public_url=url, sandboxes=str(folder / "worlds"),
        sign_ups_per_hour=OFTEN, sign_ups_burst=OFTEN, rate_per_s=OFTEN, rate_burst=OFTEN,
        sign_in_per_s=OFTEN, sign_in_burst=OFTEN, webhook_networks=["127.0.0.0/8"], **said,
    )  # fmt: skip
    metrics, clock = Metrics(), SystemClock()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    def run(task: Coroutine[Any, Any, R]) -> R:
        return asyncio.run_coroutine_threadsafe(task, loop).result(120)

    async def make(door: Any, vault: Any) -> tuple[Worlds, Any, uvicorn.Server]:
        worlds = Worlds(settings, door, metrics)
        more = [sign_up_route(worlds.sign_up)]
        service = await make_service(settings, door, vault, clock, metrics, more)
        app = service.with_mounts({**worlds.mounts(), SIGN_UP: service.api})
        config = uvicorn.Config(app, http="httptools", lifespan="off", log_config=None)
        return worlds, service, uvicorn.Server(config)

    try:
        with opened(settings, metrics, clock) as (door, vault, _):
            worlds, service, server = run(make(door, vault))
            serving = asyncio.run_coroutine_threadsafe(server.serve([listener]), loop)
            try:
                with httpx.Client(timeout=90) as client:
                    yield House(url, client, worlds, run, door)
            finally:
                service.ending()
                worlds.ending()
                server.should_exit = True
                serving.result(30)
                run(worlds.close())
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        listener.close()

"""A whole service over a home of the test, on a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from support.both_homes import Places
from support.live import live
from venule.app import open_home
from venule.kit.desk import Desk
from venule.kit.door import DeskDoor
from venule.kit.home import Home
from venule.kit.time import SystemClock
from venule.kit.vault import Vault
from venule.ledger import Tx
from venule.serving import load_settings
from venule.serving.metrics import Metrics
from venule.serving.service import Service, make_service
from venule.serving.settings import Settings

URL = "http://localhost:1"


@dataclass
class House:
    """What a test drives."""

    url: str
    client: httpx.Client
    home: Home[Tx]
    desk: Desk[Tx]
    door: DeskDoor[Tx]
    service: Service
    metrics: Metrics
    settings: Settings
    vault: Vault

    def wait(self, coroutine: Any) -> Any:
        return asyncio.run(coroutine)


class Late:
    """An application that is named before it is made: the service wants to know its address."""

    def __init__(self) -> None:
        self.app: Any = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


@pytest.fixture
def house(places: Places) -> Iterator[House]:
    clock, metrics, vault, late = SystemClock(), Metrics(), Vault(bytes(range(32))), Late()
    with live(late) as address, open_home(places("home")) as home, Desk(home) as desk:
        url = address.replace("127.0.0.1", "localhost")
        settings = load_settings(
            said={"home": "h", "listen": "127.0.0.1:0", "public_url": url, "sign_in_per_s": 1000,
                  "sign_in_burst": 1000}
        )  # fmt: skip
        home.observe(metrics)
        door = DeskDoor(desk)
        service = asyncio.run(make_service(settings, door, vault, clock, metrics))
        late.app = service.asgi
        with httpx.Client(base_url=url, timeout=20) as client:
            yield House(url, client, home, desk, door, service, metrics, settings, vault)
        service.ending()

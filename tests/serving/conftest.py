"""A whole service over a home of the test, on a real server."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import httpx
import msgspec
import pytest

from support.both_homes import Places
from support.live import live
from venule.access import Factor, LoginState, Opening, OpenLogin, Origin, gate, open_login, store
from venule.app import open_home
from venule.kit.desk import Desk
from venule.kit.door import DeskDoor
from venule.kit.home import Home
from venule.kit.time import SystemClock, china_date
from venule.kit.vault import Vault
from venule.ledger import Tx
from venule.members import MemberKind, NewMember, Tier, onboard
from venule.serving import load_settings
from venule.serving.metrics import Metrics
from venule.serving.service import Service, make_service
from venule.serving.settings import Settings
from venule.wallet import CreditLine, CreditTopUps, credit_top_ups

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


@dataclass
class Someone:
    """A member who is signed in."""

    id: Any
    token: str
    headers: dict[str, str]


def someone(house: House, name: str, fen: int = 0, *, merchant: bool = False) -> Someone:
    """Open a member with money and a session, without the password."""
    kind = MemberKind.MERCHANT if merchant else MemberKind.PERSON
    tier = Tier.NONE if merchant else Tier.III
    member = house.desk.call(onboard, NewMember(name, kind, tier))
    if fen:
        line = CreditLine(member.id, fen, f"ref {name}")
        today = china_date(house.home.clock.now())
        house.desk.call(credit_top_ups, CreditTopUps([line], today))
    token = f"vss_{name.encode().hex():0>43}"
    house.desk.call(_enter, (member.id, name, token))
    return Someone(member.id, token, {"authorization": f"Bearer {token}"})


def _enter(tx: Tx, who: tuple[Any, str, str]) -> None:
    member_id, name, token = who
    made = open_login(tx, OpenLogin(member_id, f"{name}@example.org"))
    login = store.load_login(tx.sql, made.id)
    assert login is not None
    login = msgspec.structs.replace(login, state=LoginState.ACTIVE)
    store.save_login(tx.sql, login)
    digest = sha256(token.encode()).digest()
    opening = Opening(digest, sha256(digest).digest(), None, "test")
    gate.enter(tx, login, Factor.PASSKEY, opening, Origin(), "test")

"""A live gateway on loopback over a real home, with a shop, a buyer and keys: for its tests."""

from __future__ import annotations

import asyncio
import base64
import socket
import threading
from collections.abc import Callable
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import uvicorn
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette

from support.both_homes import tables
from venule import escrow, gateway, wallet
from venule.app import open_home
from venule.gateway import store
from venule.gateway.api import routes
from venule.gateway.applications import NewApp, add_platform_key, register_app
from venule.gateway.buyers import Buyers, SandboxBuyers
from venule.gateway.buying import (
    ConfirmReceipt,
    PayOrder,
    ShowCode,
    confirm_receipt,
    pay_order,
    show_code,
)
from venule.gateway.dispatcher import NoticeDispatcher
from venule.gateway.following import Follow, follow
from venule.gateway.gateway import Gateway
from venule.gateway.model import App, Permission
from venule.gateway.platform import make_platform
from venule.gateway.users import number_of
from venule.gateway.wire.signing import told_key
from venule.kit.desk import Desk
from venule.kit.door import DeskDoor, NearWriter
from venule.kit.http import OriginForm
from venule.kit.ids import SeededIds
from venule.kit.jobs import JobRunner
from venule.kit.time import VirtualClock, china_date
from venule.kit.vault import Vault
from venule.ledger import Tx
from venule.members import MemberId, MemberKind, NewMember, Tier, member, onboard

R = TypeVar("R")

assert gateway
TERMS = escrow.Terms(fee_ppm=6_000)


@cache
def private_key(number: int = 0) -> rsa.RSAPrivateKey:
    """A merchant's key; a few for the whole run, for making one takes long."""
    return rsa.generate_private_key(65_537, 2048)


def pkcs1_pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    ).decode()


def pkcs1_bare(key: rsa.RSAPrivateKey) -> str:
    return "".join(pkcs1_pem(key).splitlines()[1:-1])


@cache
def platform_command() -> tuple[Vault, Any]:
    vault = Vault(b"v" * 32)
    return vault, make_platform(vault, datetime.now(UTC))


def _number(tx: Tx, member_id: MemberId) -> str:
    return number_of(tx, member_id)


class GatewayHouse:
    """A home with a gateway of its own; `start` serves it on loopback."""

    def __init__(
        self, place: Path | str, now: datetime | None = None, terms: escrow.Terms = TERMS
    ) -> None:
        self.clock = VirtualClock(now or datetime.now(UTC))
        self.home = open_home(place, clock=self.clock, ids=SeededIds(f"{place}", self.clock))
        self.desk: Desk[Tx] = Desk(self.home)
        self.door = DeskDoor(self.desk)
        self.vault, platform = platform_command()
        self.count = 0
        with suppress(wallet.HouseDiffers):  # a house that was there before
            self.run(wallet.set_up, wallet.SetUp())
        self.run(escrow.set_up_escrow, escrow.SetUpEscrow(terms))
        self.platform = self.run(add_platform_key, platform)
        self.shop = self.merchant(1_000_000)
        self.buyer = self.person(10_000_000)
        self.key = private_key()
        self.app = self.register(self.shop, self.key)
        self.gateway = Gateway(
            self.door, self.clock, self.vault, base_url="http://gateway.test", sandbox=True
        )
        self.posted: list[tuple[str, dict[str, str]]] = []
        self.says = b"success"
        self.verify: Callable[[dict[str, str]], Any] | None = None
        self.verified: list[Any] = []
        self._one_at_a_time = threading.Lock()
        self.dispatcher = self.make_dispatcher()
        self._server: uvicorn.Server | None = None
        self.port = 0

    def make_dispatcher(self) -> NoticeDispatcher:
        writer = NearWriter(self.home, self.desk)
        return NoticeDispatcher(writer, self.clock, self.gateway, self._post)

    # Members and money

    def run(self, fn: Callable[[Tx, Any], R], command: Any) -> R:
        return self.desk.call(fn, command)

    def read(self, fn: Callable[..., R], *args: Any) -> R:
        return self.home.read(lambda tx: fn(tx, *args))

    def _member(self, kind: MemberKind, tier: Tier, fen: int) -> MemberId:
        self.count += 1
        new = NewMember(f"1380013{self.count:04}", kind, tier, f"{kind.value} {self.count}")
        who = self.run(onboard, new).id
        if fen:
            self.give(who, fen)
        return who

    def person(self, fen: int = 0) -> MemberId:
        return self._member(MemberKind.PERSON, Tier.III, fen)

    def merchant(self, fen: int = 0) -> MemberId:
        return self._member(MemberKind.MERCHANT, Tier.NONE, fen)

    def give(self, who: MemberId, fen: int) -> None:
        self.count += 1
        lines = [wallet.CreditLine(who, fen, f"gateway line {self.count}")]
        on = china_date(self.clock.now())
        self.run(wallet.credit_top_ups, wallet.CreditTopUps(lines, on))

    def fen(self, who: MemberId) -> int:
        return self.read(wallet.available, who).amount

    def number(self, who: MemberId) -> str:
        return self.run(_number, who)

    def login(self, who: MemberId) -> str:
        return self.read(member, who).external_ref

    def name(self, who: MemberId) -> str:
        return self.read(member, who).display_name

    def code(self, who: MemberId | None = None) -> str:
        return self.run(show_code, ShowCode(who or self.buyer))

    def pay(self, out_trade_no: str) -> None:
        """The buyer pays an order that waits."""
        self.run(pay_order, PayOrder(self.token(out_trade_no), self.buyer))

    def confirm(self, trade_no: str) -> None:
        """The buyer has the goods."""
        order = self.read(lambda tx: store.find_order_by_no(tx.sql, trade_no))
        self.run(confirm_receipt, ConfirmReceipt(order.token, self.buyer))

    def token(self, out_trade_no: str) -> str:
        """What the cashier knows an order by."""
        app_id = self.app.app_id
        return self.read(lambda tx: store.find_order(tx.sql, app_id, out_trade_no)).token

    def register(self, seller: MemberId, key: rsa.RSAPrivateKey) -> App:
        products = list(Permission)
        return self.run(register_app, NewApp(seller, "shop", told_key(key.public_key()), products))

    @property
    def public_key(self) -> str:
        """The platform's, in base64 on one line."""
        return self.platform.public_key

    def snapshot(self) -> dict[str, list[Any]]:
        """Every row of the rooms, but for what says when and how far."""
        aside = ("home_clock", "book")

        def look(tx: Tx) -> dict[str, list[Any]]:
            names = [name for name in tables(tx.sql) if name not in aside]
            return {n: sorted(tx.sql.rows(f"SELECT * FROM {n}"), key=repr) for n in names}

        return self.home.read(look)

    # Serving

    def start(self, buyers: Buyers | None = None) -> int:
        """Serve in a thread; return the port."""
        buyers = buyers or SandboxBuyers(self.door)
        app = OriginForm(Starlette(routes=routes(self.gateway, buyers)))
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        self.port = listener.getsockname()[1]
        config = uvicorn.Config(app, http="httptools", log_level="error", lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._server.serve([listener])), daemon=True
        )
        self._thread.start()
        return self.port

    def wait(self, **by: int) -> None:
        """Let time pass, then do all that is due."""
        self.clock.advance(timedelta(**by))
        self.work()

    def work(self) -> None:
        """Tell merchants what has happened, and do every job that is due."""
        while self.run(follow, Follow()).more:
            pass
        jobs = JobRunner(self.home, escrow.escrow_jobs())
        while jobs.run_due():
            pass
        while self.run(follow, Follow()).more:
            pass
        start = len(self.posted)
        self.dispatcher.drain()
        # They are sent at once, in no order; their ids are in the order of the events.
        self.posted[start:] = sorted(self.posted[start:], key=lambda each: each[1]["notify_id"])

    def _post(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """The merchant's end of notifications: keeps what came, and says what a test wants."""
        values = dict(parse_qsl(body.decode(), keep_blank_values=True))
        with self._one_at_a_time:
            self.posted.append((url, values))
            if self.verify is not None:  # while the gateway waits for the answer
                self.verified.append(self.verify(values))
        return 200, self.says

    def close(self) -> None:
        if self._server is not None:
            self._server.should_exit = True
            self._thread.join()
        self.dispatcher.close()
        self.desk.close()
        self.home.close()


@contextmanager
def gateway_house(place: Path | str, *, serve: bool = False):
    house = GatewayHouse(place)
    try:
        if serve:
            house.start()
        yield house
    finally:
        house.close()


def bare_private(key: rsa.RSAPrivateKey) -> str:
    der = key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    return base64.b64encode(der).decode()

"""Signed requests through the partner gateway: a trade is created, paid and asked for.

The gateway is served over HTTP by this process, as `venule serve` serves it. Callers are a process
of their own, so that what the gateway's costs are its own: it signs all requests of v2 beforehand
(`trade.create`, `trade.pay` by code, `trade.query`), as a merchant's SDK does, and sends them.

    python benchmarks/gateway.py --connections 32 --seconds 6
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import socket
import threading
import time
from multiprocessing.connection import Connection
from typing import Any
from urllib.parse import urlencode

import uvicorn
import uvloop
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette

import http_load
from common import rss_bytes, say
from places import HOME_HELP, durable, fresh, home_bytes, place_of
from venule import escrow, gateway, wallet
from venule.app import open_home
from venule.gateway.buying import ShowCode, show_code
from venule.gateway.users import number_of
from venule.gateway.wire import signing
from venule.gateway.wire.money import show_stamp
from venule.kit.desk import Desk
from venule.kit.door import DeskDoor
from venule.kit.http import OriginForm
from venule.kit.time import SystemClock, china_date
from venule.kit.vault import Vault
from venule.ledger import Tx
from venule.members import MemberKind, NewMember, Tier, onboard

BUYERS = 64
CASH_MINOR = 100_000_000
STEPS = ("create", "pay", "query")
TRADES_PER_S = 400
"""So many are signed for each second: more than can be done."""


class Shop:
    """A merchant and its buyers."""

    def __init__(self, desk: Desk[Tx], vault: Vault) -> None:
        self.desk = desk
        self.clock = SystemClock()
        self.key = rsa.generate_private_key(65_537, 2048)
        desk.call(wallet.set_up, wallet.SetUp())
        desk.call(escrow.set_up_escrow, escrow.SetUpEscrow())
        platform = gateway.make_platform(vault, self.clock.now())
        desk.call(gateway.add_platform_key, platform)
        seller = NewMember("shop", MemberKind.MERCHANT, Tier.NONE)
        seller_id = desk.call(onboard, seller).id
        public = signing.told_key(self.key.public_key())
        self.app = desk.call(gateway.register_app, gateway.NewApp(seller_id, "shop", public))
        self.buyers = [
            desk.call(onboard, NewMember(f"buyer {n}", MemberKind.PERSON, Tier.III)).id
            for n in range(BUYERS)
        ]
        self.numbers = [desk.call(number_of, who) for who in self.buyers]
        lines = [
            wallet.CreditLine(who, CASH_MINOR, f"cash {n}") for n, who in enumerate(self.buyers)
        ]
        on = china_date(self.clock.now())
        desk.call(wallet.credit_top_ups, wallet.CreditTopUps(lines, on))

    def plan(self, trades: int) -> dict[str, Any]:
        """What the callers need to know. A code is good for a minute."""
        pem = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        asked = [ShowCode(self.buyers[n % BUYERS]) for n in range(trades)]
        codes = [future.result() for future in [self.desk.submit(show_code, a) for a in asked]]
        return {"app_id": self.app.app_id, "key": pem, "codes": codes, "buyers": self.numbers}


# The callers' process


def signed(plan: dict[str, Any], key: rsa.RSAPrivateKey, method: str, biz: dict[str, str]) -> bytes:
    """Return the bytes of a request."""
    values = {
        "app_id": plan["app_id"],
        "method": method,
        "charset": "utf-8",
        "sign_type": "RSA2",
        "timestamp": show_stamp(SystemClock().now()),
        "version": "1.0",
        "biz_content": json.dumps(biz),
    }
    values["sign"] = signing.sign(key, signing.signed_text(values).encode())
    body = urlencode(values).encode()
    head = (
        "POST /gateway.do HTTP/1.1\r\nhost: localhost\r\n"
        "content-type: application/x-www-form-urlencoded;charset=utf-8\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def requests_of(plan: dict[str, Any]) -> list[tuple[bytes, bytes, bytes]]:
    """Return the three requests of each trade."""
    key = serialization.load_pem_private_key(plan["key"], None)
    assert isinstance(key, rsa.RSAPrivateKey)
    made = []
    for number, code in enumerate(plan["codes"]):
        order = {"out_trade_no": f"B{number}", "total_amount": "0.01", "subject": "benchmark"}
        buyer = {"buyer_id": plan["buyers"][number % BUYERS]}
        by_code = {"scene": "bar_code", "auth_code": code}
        made.append(
            (
                signed(plan, key, "alipay.trade.create", {**order, **buyer}),
                signed(plan, key, "alipay.trade.pay", {**order, **by_code}),
                signed(plan, key, "alipay.trade.query", {"out_trade_no": order["out_trade_no"]}),
            )
        )
    return made


def place_in(number: int, window: int) -> tuple[int, int]:
    """Return trade and step of a request: windows of trades are created, paid, then asked for."""
    block, rest = divmod(number, 3 * window)
    step, trade = divmod(rest, window)
    return block * window + trade, step


def call(pipe: Connection, connections: int, seconds: float) -> None:
    """Sign, say that it is done, send for so long, tell what came back."""
    plan = pipe.recv()
    made = requests_of(plan)
    window = 4 * connections  # a trade's payment is sent long after it was created
    pipe.send("signed")
    port = pipe.recv()

    def make(number: int) -> bytes:
        trade, step = place_in(number, window)
        return made[trade][step]

    result = http_load.run(
        lambda: http_load.Load("127.0.0.1", port, make, connections=connections, keep=True),
        seconds,
    )
    wrong = [body for _, body in result.kept if b'"code":"10000"' not in body]
    pipe.send(
        {
            "requests": len(result.latencies),
            "took_s": result.took_s,
            "p50_ms": result.percentile_ms(0.5),
            "p99_ms": result.percentile_ms(0.99),
            "broken": result.broken,
            "wrong": [len(wrong), wrong[0].decode() if wrong else ""],
        }
    )


# The gateway's


def serve(served: gateway.Gateway, door: DeskDoor, listener: socket.socket) -> uvicorn.Server:
    """Serve in a thread; return the server."""
    routes = gateway.routes(served, gateway.SandboxBuyers(door))
    app = OriginForm(Starlette(routes=routes))
    config = uvicorn.Config(app, http="httptools", log_level="error", lifespan="off")
    server = uvicorn.Server(config)
    work = lambda: uvloop.run(server.serve([listener]))  # noqa: E731
    threading.Thread(target=work, daemon=True).start()
    return server


def rsa_ms(shop: Shop, served: gateway.Gateway, platform: gateway.PlatformKey) -> dict[str, float]:
    """What one verification and one signature cost, in milliseconds."""
    signer = served.signer(platform)
    text = b"x" * 400
    signature = signing.sign(shop.key, text)
    public = signing.public_key(shop.app.keys[0])
    count = 400
    began = time.perf_counter()
    for _ in range(count):
        signing.verify(public, text, signature)
    verified = time.perf_counter()
    for _ in range(count):
        signing.sign(signer.key, text)
    signed = time.perf_counter()
    return {
        "verify_ms": round((verified - began) / count * 1e3, 3),
        "sign_ms": round((signed - verified) / count * 1e3, 3),
    }


def main() -> None:
    """Measure and say it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--seconds", type=float, default=6)
    parser.add_argument("--home", default="build/bench-gateway", help=HOME_HELP)
    asked = parser.parse_args()
    place = fresh(place_of(asked.home))
    vault = Vault(b"b" * 32)
    pipe, end = multiprocessing.Pipe()
    callers = multiprocessing.Process(target=call, args=(end, asked.connections, asked.seconds))
    callers.start()
    with open_home(place) as home, Desk(home) as desk, socket.socket() as listener:
        shop = Shop(desk, vault)
        door = DeskDoor(desk)
        served = gateway.Gateway(door, shop.clock, vault, base_url="http://localhost")
        pipe.send(shop.plan(int(asked.seconds * TRADES_PER_S)))
        pipe.recv()
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        server = serve(served, door, listener)
        busy = time.process_time()
        pipe.send(listener.getsockname()[1])
        told = pipe.recv()
        busy = time.process_time() - busy
        server.should_exit = True
        callers.join()
        costs = rsa_ms(shop, served, home.read(gateway.platform_key))
        count = told["requests"]
        rsa_s = count * (costs["verify_ms"] + costs["sign_ms"]) / 1e3
        say(
            {
                "benchmark": "gateway",
                "durable": durable(place),
                "connections": asked.connections,
                "requests": count,
                "requests_per_s": round(count / told["took_s"], 1),
                "trades_per_s": round(count / told["took_s"] / len(STEPS), 1),
                "request_ms_p50": told["p50_ms"],
                "request_ms_p99": told["p99_ms"],
                "refused": told["wrong"],
                "broken": told["broken"],
                "cpu_ms_of_a_request": round(busy / count * 1e3, 3),
                "cpu_share_of_a_core": round(busy / told["took_s"], 3),
                "rsa": costs,
                "rsa_share_of_cpu": round(rsa_s / busy, 3),
                "rss_bytes": rss_bytes(),
                "home_bytes": home_bytes(place),
            }
        )


if __name__ == "__main__":
    main()

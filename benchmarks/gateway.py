"""Signed requests through the partner gateway: a trade is created, paid and asked for.

Each caller signs as a merchant's SDK does, takes one trade after another through three requests of
v2 (`trade.create`, `trade.pay` by code, `trade.query`), and reads the signed answers. Callers and
gateway share one process: what the callers sign themselves is told apart.

    python benchmarks/gateway.py --callers 64 --seconds 10
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections import defaultdict
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric import rsa

from common import percentile_ms, rss_bytes, say
from places import HOME_HELP, durable, fresh, home_bytes, place_of
from venule import escrow, gateway, wallet
from venule.app import open_home
from venule.gateway.buying import ShowCode, show_code
from venule.gateway.gateway import Request
from venule.gateway.users import number_of
from venule.gateway.wire import signing
from venule.gateway.wire.money import show_stamp
from venule.kit.desk import Desk
from venule.kit.door import DeskDoor
from venule.kit.time import SystemClock, china_date
from venule.kit.vault import Vault
from venule.ledger import Tx
from venule.members import MemberKind, NewMember, Tier, onboard

BUYERS = 64
CASH_MINOR = 100_000_000
STEPS = ("create", "pay", "query")


class Shop:
    """A merchant and its buyers; makes signed requests."""

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

    def request(self, method: str, biz: dict[str, Any]) -> Request:
        values = {
            "app_id": self.app.app_id,
            "method": method,
            "charset": "utf-8",
            "sign_type": "RSA2",
            "timestamp": show_stamp(self.clock.now()),
            "version": "1.0",
            "biz_content": json.dumps(biz),
        }
        values["sign"] = signing.sign(self.key, signing.signed_text(values).encode())
        return Request(urlencode(values).encode(), b"")


async def sell(
    shop: Shop,
    served: gateway.Gateway,
    number: int,
    until: float,
    times: dict[str, list[float]],
) -> int:
    """Take one trade after another through its requests."""
    done = 0
    buyer = shop.buyers[number % BUYERS]
    while time.perf_counter() < until:
        name = f"B{number}-{done}"
        code = await served.door.acall(show_code, ShowCode(buyer))
        order = {"out_trade_no": name, "total_amount": "0.01", "subject": "benchmark"}
        named = {**order, "buyer_id": shop.numbers[number % BUYERS]}
        requests = (
            shop.request("alipay.trade.create", named),
            shop.request("alipay.trade.pay", {**order, "scene": "bar_code", "auth_code": code}),
            shop.request("alipay.trade.query", {"out_trade_no": name}),
        )
        for step, request in zip(STEPS, requests, strict=True):
            began = time.perf_counter()
            page = await served.v2(request)
            times[step].append(time.perf_counter() - began)
            if b'"code":"10000"' not in page.body:
                raise RuntimeError(page.body.decode())
        done += 1
    return done


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
    parser.add_argument("--callers", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--home", default="build/bench-gateway", help=HOME_HELP)
    asked = parser.parse_args()
    place = fresh(place_of(asked.home))
    vault = Vault(b"b" * 32)
    with open_home(place) as home, Desk(home) as desk:
        shop = Shop(desk, vault)
        served = gateway.Gateway(DeskDoor(desk), shop.clock, vault, base_url="http://localhost")
        times: dict[str, list[float]] = defaultdict(list)

        async def live() -> int:
            until = time.perf_counter() + asked.seconds
            callers = [sell(shop, served, n, until, times) for n in range(asked.callers)]
            return sum(await asyncio.gather(*callers))

        began, busy = time.perf_counter(), time.process_time()
        trades = asyncio.run(live())
        took, busy = time.perf_counter() - began, time.process_time() - busy
        costs = rsa_ms(shop, served, home.read(gateway.platform_key))
        requests = sum(len(each) for each in times.values())
        rsa_s = requests * (costs["verify_ms"] + costs["sign_ms"]) / 1e3
        own = requests * costs["sign_ms"] / 1e3  # what the callers themselves sign
        say(
            {
                "benchmark": "gateway",
                "durable": durable(place),
                "callers": asked.callers,
                "trades": trades,
                "trades_per_s": round(trades / took, 1),
                "requests_per_s": round(requests / took, 1),
                "request_ms_p50": {s: percentile_ms(times[s], 0.5) for s in STEPS},
                "request_ms_p99": {s: percentile_ms(times[s], 0.99) for s in STEPS},
                "rsa": costs,
                "rsa_share_of_cpu": round(rsa_s / busy, 3),
                "callers_rsa_share_of_cpu": round(own / busy, 3),
                "rss_bytes": rss_bytes(),
                "home_bytes": home_bytes(place),
            }
        )


if __name__ == "__main__":
    main()

"""Webhooks: events fanned out to endpoints, and deliveries to a receiver on this machine.

Payments of one shop and of others are made first, so that there are events. Then they are looked at
(each page durable), then delivered: signed, over a connection of its own each, answered by a server
in another process on the same cores, claimed and recorded durably. At last: what a look at events
costs that concern nobody who listens, and what a payment costs with a dispatcher at work.

    python benchmarks/webhooks.py --events 20000
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from ipaddress import ip_network
from pathlib import Path
from typing import Any

from common import rss_bytes, say
from places import HOME_HELP, durable, fresh, home_bytes, place_of
from venule import wallet
from venule.app import open_home
from venule.kit.desk import Desk
from venule.kit.home import Home
from venule.kit.money import Money
from venule.kit.sending import ANY_PORT, Policy, Sender
from venule.kit.time import SystemClock, china_date
from venule.kit.tx import Call
from venule.kit.vault import Vault
from venule.ledger import Tx
from venule.members import MemberId, MemberKind, NewMember, OnboardMany, Tier, onboard_many
from venule.partners import BindOwner, SetUpSandbox, SignUp, bind_owner, set_up_sandbox, sign_up
from venule.wallet import CreditLine, CreditTopUps, Pay, SetUp, credit_top_ups, set_up
from venule.webhooks import (
    AddEndpoint,
    Dispatcher,
    FanOut,
    NearWriter,
    add_endpoint,
    fan_out,
    new_secret,
)

PAGE = 64
PAYERS = 500
HERE = Policy(frozenset({"http"}), ANY_PORT, (ip_network("127.0.0.1/32"),))
ANSWER = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


class Receiving(asyncio.Protocol):
    """Reads a request and answers it: as little as a receiver can do."""

    def connection_made(self, transport: Any) -> None:
        self.transport, self.seen, self.left = transport, b"", -1

    def data_received(self, data: bytes) -> None:
        self.seen += data
        if self.left < 0 and b"\r\n\r\n" in self.seen:
            head, _, body = self.seen.partition(b"\r\n\r\n")
            for line in head.split(b"\r\n"):
                if line.lower().startswith(b"content-length:"):
                    self.left = int(line.partition(b":")[2]) - len(body)
        elif self.left >= 0:
            self.left -= len(data)
        if self.left == 0:
            self.transport.write(ANSWER)
            self.transport.close()


def receiver() -> tuple[int, int]:
    """Start a receiver in a process of its own; return its pid and port."""
    ready, told = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:

            async def serve() -> None:
                loop = asyncio.get_running_loop()
                server = await loop.create_server(Receiving, "127.0.0.1", 0, backlog=1_024)
                os.write(told, str(server.sockets[0].getsockname()[1]).encode())
                await server.serve_forever()

            asyncio.run(serve())
        finally:
            os._exit(0)
    os.close(told)
    port = int(os.read(ready, 16))
    os.close(ready)
    return pid, port


def populate(home: Home[Tx], port: int) -> tuple[list[MemberId], MemberId, MemberId]:
    """Payers with money, a shop that listens, and one that does not."""
    home.run(set_up, SetUp())
    home.run(set_up_sandbox, SetUpSandbox())
    people = [NewMember(f"payer {i}", MemberKind.PERSON, Tier.III) for i in range(PAYERS)]
    shops = [NewMember(f"shop {i}", MemberKind.MERCHANT, Tier.NONE) for i in range(2)]
    payers = home.run(onboard_many, OnboardMany(people)).ids
    told, untold = home.run(onboard_many, OnboardMany(shops)).ids
    lines = [CreditLine(who, 10**8, f"bank {i}") for i, who in enumerate(payers)]
    home.run(credit_top_ups, CreditTopUps(lines, china_date(home.clock.now())))
    app = home.run(sign_up, SignUp("Tea", "tea@shop.example.com"))
    home.run(bind_owner, BindOwner(app.id, told, "operator"))
    _, sealed = new_secret(VAULT, os.urandom)
    home.run(add_endpoint, AddEndpoint(app.id, f"http://127.0.0.1:{port}/hook", sealed))
    return payers, told, untold


VAULT = Vault(os.urandom(32))


def pay_all(home: Home[Tx], payers: list[MemberId], shop: MemberId, count: int) -> None:
    for start in range(0, count, 500):
        calls = [
            Call(wallet.pay, Pay(payers[(start + i) % PAYERS], shop, Money(1, "CNY")))
            for i in range(min(500, count - start))
        ]
        for outcome in home.run_many(calls, stretch=32):
            outcome.result()


def fan_all(home: Home[Tx]) -> tuple[int, int, float, list[float]]:
    """Look at all events; return how many, the deliveries, the seconds, and each page's."""
    events = deliveries = 0
    pages = []
    began = time.perf_counter()
    while True:
        page = time.perf_counter()
        made = home.run(fan_out, FanOut(PAGE))
        pages.append(time.perf_counter() - page)
        events, deliveries = events + made.events, deliveries + made.deliveries
        if made.events < PAGE:
            return events, deliveries, time.perf_counter() - began, pages


async def pay_from(desk: Desk[Tx], payers: list[MemberId], shop: MemberId, count: int) -> None:
    for i in range(count):
        await desk.acall(wallet.pay, Pay(payers[i % PAYERS], shop, Money(1, "CNY")))


def payments_per_s(
    home: Home[Tx], payers: list[MemberId], shop: MemberId, count: int, *, dispatches: bool
) -> float:
    """64 callers, each waiting until its payment is durable."""

    async def all_callers(desk: Desk[Tx]) -> None:
        await asyncio.gather(*(pay_from(desk, payers, shop, count // 64) for _ in range(64)))

    with Desk(home) as desk, dispatching(home, desk) if dispatches else nullcontext():
        began = time.perf_counter()
        asyncio.run(all_callers(desk))
        return count // 64 * 64 / (time.perf_counter() - began)


@contextmanager
def dispatching(home: Home[Tx], desk: Desk[Tx]) -> Iterator[None]:
    """Let a dispatcher work in a thread of its own."""
    dispatcher = Dispatcher(NearWriter(home, desk), Sender(HERE), VAULT, SystemClock())
    stop = threading.Event()
    thread = threading.Thread(target=dispatcher.run, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        dispatcher.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=10_000)
    parser.add_argument("--home", default="build/bench-webhooks", help=HOME_HELP)
    args = parser.parse_args()
    pid, port = receiver()
    place: Path | str = place_of(args.home)
    try:
        home = open_home(fresh(place))
        payers, told, untold = populate(home, port)
        fan_all(home)
        pay_all(home, payers, untold, args.events)
        nobody, none, nobody_s, _ = fan_all(home)
        assert none == 0
        pay_all(home, payers, told, args.events)
        before = home_bytes(place)
        events, deliveries, fan_s, pages = fan_all(home)
        assert deliveries == args.events
        bytes_each = (home_bytes(place) - before) / deliveries
        dispatcher = Dispatcher(NearWriter(home), Sender(HERE), VAULT, SystemClock())
        cpu, began = time.process_time(), time.perf_counter()
        dispatcher.drain()
        send_s, cpu = time.perf_counter() - began, time.process_time() - cpu
        dispatcher.close()
        row = home.read(
            lambda tx: tx.sql.row("SELECT COUNT(*) FROM webhook_delivery WHERE state = 'delivered'")
        )
        assert row == (deliveries,), row
        count = 2 * args.events
        quiet = payments_per_s(home, payers, untold, count, dispatches=False)
        fan_all(home)
        looking = payments_per_s(home, payers, untold, count, dispatches=True)
        fan_all(home)
        telling = payments_per_s(home, payers, told, count, dispatches=True)
        home.close()
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    pages.sort()
    say(
        {
            "events": events,
            "events_fanned_out_per_s": round(events / fan_s),
            "events_of_nobody_per_s": round(nobody / nobody_s),
            "page_of_events_p50_ms": round(pages[len(pages) // 2] * 1e3, 2),
            "deliveries_per_s": round(deliveries / send_s),
            "cpu_us_per_delivery": round(cpu * 1e6 / deliveries, 1),
            "bytes_per_delivery_made": round(bytes_each, 1),
            "payments_per_s": round(quiet),
            "payments_per_s_while_looking": round(looking),
            "payments_per_s_while_telling": round(telling),
            "rss_gb": round(rss_bytes() / 1e9, 3),
            "durable": f"each page of events, each claim, each record: {durable(place)}",
        }
    )


if __name__ == "__main__":
    main()

"""Guaranteed trades through the desk: created, paid, shipped and confirmed, each durable.

Each caller takes one trade after another through its life, four commands of their own with an
idempotency key each, and waits until each is durable before the next. Callers are tasks of an event
loop, as an HTTP server has them. At the end the books are proven, trade by trade.

    python benchmarks/escrow.py --callers 128 --seconds 10
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections import defaultdict
from pathlib import Path
from random import Random
from typing import Any

from common import percentile_ms, rss_bytes, say
from places import HOME_HELP, durable, fresh, home_bytes, place_of
from venule import escrow, fund, members, wallet
from venule.escrow import (
    Confirm,
    CreateTrade,
    PayTrade,
    SetUpEscrow,
    Ship,
    confirm,
    create_trade,
    pay_trade,
    set_up_escrow,
    ship,
)
from venule.kit.desk import Desk
from venule.kit.home import Home
from venule.kit.ids import SystemIds
from venule.kit.time import SystemClock, china_date
from venule.ledger import MIGRATIONS, Book, Tx
from venule.members import MemberKind, NewMember, OnboardMany, Tier, onboard_many
from venule.wallet import CreditLine, CreditTopUps, SetUp, credit_top_ups, set_up

BUYERS = 10_000
SHOPS = 500
CASH_MINOR = 10_000_000
STEPS = ("create", "pay", "ship", "confirm")


def open_home(place: Path | str) -> Home[Tx]:
    """A home with the rooms up to escrow; no seal, as in the other benchmarks."""
    clock = SystemClock()
    return Home.open(
        place,
        clock=clock,
        ids=SystemIds(clock),
        migrations=[
            MIGRATIONS,
            members.MIGRATIONS,
            wallet.MIGRATIONS,
            fund.MIGRATIONS,
            escrow.MIGRATIONS,
        ],
        participant=Book,
        tx=Tx,
        seal_max_bytes=0,
    )


def populate(home: Home[Tx]) -> tuple[list[members.MemberId], list[members.MemberId]]:
    """Buyers with money, and shops."""
    home.run(set_up, SetUp())
    home.run(set_up_escrow, SetUpEscrow())
    people = [NewMember(f"buyer {i}", MemberKind.PERSON, Tier.III) for i in range(BUYERS)]
    shops = [NewMember(f"shop {i}", MemberKind.MERCHANT, Tier.NONE) for i in range(SHOPS)]
    buyers = home.run(onboard_many, OnboardMany(people)).ids
    sellers = home.run(onboard_many, OnboardMany(shops)).ids
    lines = [CreditLine(who, CASH_MINOR, f"bank {i}") for i, who in enumerate(buyers)]
    home.run(credit_top_ups, CreditTopUps(lines, china_date(home.clock.now())))
    return buyers, sellers


class Caller:
    """One caller, and how long each of its answers took, by step."""

    def __init__(
        self,
        number: int,
        buyers: list[members.MemberId],
        sellers: list[members.MemberId],
        until: float,
    ) -> None:
        self.random = Random(number)
        self.name = f"caller {number}"
        self.buyers, self.sellers, self.until = buyers, sellers, until
        self.trades = 0
        self.took: defaultdict[str, list[float]] = defaultdict(list)

    async def live(self, desk: Desk[Tx]) -> None:
        while time.perf_counter() < self.until:
            buyer = self.random.choice(self.buyers)
            seller = self.random.choice(self.sellers)
            amount = self.random.randint(100, 20_000)
            number = f"{self.name}-{self.trades}"
            create = CreateTrade(self.name, number, seller, amount, "tea", buyer)
            trade = await self.call(desk, "create", create_trade, create, number)
            await self.call(desk, "pay", pay_trade, PayTrade(trade.id, buyer), number)
            shipped = Ship(trade.id, seller, "SF", number)
            await self.call(desk, "ship", ship, shipped, number)
            await self.call(desk, "confirm", confirm, Confirm(trade.id, buyer), number)
            self.trades += 1

    async def call(self, desk: Desk[Tx], step: str, fn: Any, command: Any, number: str) -> Any:
        begins = time.perf_counter()
        answer = await desk.acall(fn, command, f"{step} {number}")
        self.took[step].append(time.perf_counter() - begins)
        return answer


async def live_all(desk: Desk[Tx], callers: list[Caller]) -> None:
    await asyncio.gather(*(caller.live(desk) for caller in callers))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--callers", type=int, default=128)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--home", default="build/bench-escrow", help=HOME_HELP)
    args = parser.parse_args()
    place = place_of(args.home)
    home = open_home(fresh(place))
    buyers, sellers = populate(home)
    size_before = home_bytes(place)
    begins = time.perf_counter()
    callers = [Caller(i, buyers, sellers, begins + args.seconds) for i in range(args.callers)]
    cpu = time.process_time()
    with Desk(home) as desk:
        asyncio.run(live_all(desk, callers))
    elapsed, cpu = time.perf_counter() - begins, time.process_time() - cpu
    trades = sum(caller.trades for caller in callers)
    took = {step: [s for c in callers for s in c.took[step]] for step in STEPS}
    result: dict[str, Any] = {
        "callers": args.callers,
        "trades": trades,
        "trades_per_s": round(trades / elapsed),
        "commands_per_s": round(4 * trades / elapsed),
        "cpu_us_per_trade": round(cpu * 1e6 / trades, 1),
    }
    for step in STEPS:
        result[f"{step}_p50_ms"] = percentile_ms(took[step], 0.50)
        result[f"{step}_p99_ms"] = percentile_ms(took[step], 0.99)
    found = home.read(lambda tx: [*escrow.check(tx), *wallet.check(tx)])
    assert not found, found[:3]
    jobs = home.read(lambda tx: tx.sql.row("SELECT COUNT(*) FROM job"))
    home.close()
    say(
        result
        | {
            "jobs": 0 if jobs is None else jobs[0],
            "bytes_per_trade": round((home_bytes(place) - size_before) / trades, 1),
            "rss_gb": round(rss_bytes() / 1e9, 3),
            "durable": f"each group: {durable(place)}; key, rows, transfers, event together",
            "proven": "every trade's entries against its rows, and all wallets'",
        }
    )


if __name__ == "__main__":
    main()

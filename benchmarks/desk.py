"""Single payments from 64 callers through the desk: durable commands a second.

Every payment is a command of its own with an idempotency key, two accounts, a ledger transfer and a
business row; the caller waits until its group is durable, then sends the next. The callers are
threads of this process, or tasks of one event loop as an HTTP server has them; what they pay is
drawn beforehand. A second phase holds them to half the rate, and shows the latency at that load.
`--rate` holds them to a rate from the start.

A held caller has its times to send; latency counts from there, so that one that is late because it
still waits for its last answer does not look fast. With both kinds of callers the figures of the
tasks have names of their own, `async_...`.

    python benchmarks/desk.py --callers 64 --seconds 10
"""

from __future__ import annotations

import argparse
import asyncio
import threading
import time
from collections.abc import Awaitable, Iterable
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import msgspec

from common import percentile_ms, rss_bytes, say
from places import HOME_HELP, durable, fresh, home_bytes, open_home, place_of
from venule.kit.desk import Desk
from venule.kit.home import Home
from venule.ledger import AccountFlags, Transfer, Tx

CNY = 156
WALLETS = 10_000
DRAWN = 1_024
START_S = 0.2
"""From drawing the payments to the first call."""

KINDS = ("threads", "async")


class Pay(msgspec.Struct, frozen=True):
    payer: int
    payee: int
    amount: int
    memo: str


class Paid(msgspec.Struct, frozen=True):
    payment: bytes
    seq: int


def set_up(tx: Tx, _: None) -> None:
    tx.define_unit(CNY, "CNY", 2)
    bank = tx.open_account(CNY, 1010)
    wallets = tx.open_accounts(
        CNY, 2010, WALLETS, flags=AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS
    )
    tx.post_all([Transfer(bank, wallet, 10_000_000, 100) for wallet in wallets])
    tx.sql.run(
        "CREATE TABLE bench_payment (id BYTEA PRIMARY KEY, payer BIGINT, payee BIGINT,"
        " amount BIGINT, memo TEXT, seq BIGINT, at BIGINT)"
    )


def pay(tx: Tx, command: Pay) -> Paid:
    payment = tx.new_id().bytes
    [posted] = tx.post_all(
        [Transfer(command.payer, command.payee, command.amount, 101, ref=payment)]
    )
    tx.sql.run(
        "INSERT INTO bench_payment VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            payment,
            command.payer,
            command.payee,
            command.amount,
            command.memo,
            posted.seq,
            tx.now_us,
        ),
    )
    return Paid(payment, posted.seq)


class Load(NamedTuple):
    """What a phase has shown; times in seconds."""

    took: list[float]
    per_s: float
    cpu_s: float


class Caller:
    """One caller: what it pays and when, and how long each answer took."""

    def __init__(self, phase: str, number: int, begins: float, seconds: float, pause_s: float):
        random = Random(number)
        self.name = f"{phase}-{number}"
        self.pays = [
            Pay(*random.sample(range(2, WALLETS + 2), 2), random.randint(1, 500), "tea")
            for _ in range(DRAWN)
        ]
        self.due = begins + random.random() * pause_s
        self.until = begins + seconds
        self.pause_s = pause_s
        self.took: list[float] = []

    def next(self) -> tuple[Pay, str]:
        """The next payment and its key; without a rate it is due now."""
        count = len(self.took)
        if not self.pause_s:
            self.due = time.perf_counter()
        return self.pays[count % DRAWN], f"{self.name}-{count}"

    def answered(self) -> None:
        self.took.append(time.perf_counter() - self.due)
        self.due += self.pause_s

    def call(self, desk: Desk[Tx]) -> None:
        while self.due < self.until:
            if self.pause_s:
                time.sleep(max(0, self.due - time.perf_counter()))
            payment, key = self.next()
            desk.call(pay, payment, key)
            self.answered()

    async def acall(self, desk: Desk[Tx]) -> None:
        while self.due < self.until:
            if self.pause_s:
                await asyncio.sleep(max(0, self.due - time.perf_counter()))
            payment, key = self.next()
            await desk.acall(pay, payment, key)
            self.answered()


def load(home: Home[Tx], kind: str, phase: str, callers: int, seconds: float, rate: float) -> Load:
    """Let callers of a kind pay, together at a rate (0: as fast as they can)."""
    begins = time.perf_counter() + START_S
    pause_s = callers / rate if rate else 0
    people = [Caller(phase, number, begins, seconds, pause_s) for number in range(callers)]
    time.sleep(max(0, begins - time.perf_counter()))
    cpu = time.process_time()
    with Desk(home) as desk:
        if kind == "async":
            asyncio.run(gather(caller.acall(desk) for caller in people))
        else:
            threads = [threading.Thread(target=caller.call, args=(desk,)) for caller in people]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
    elapsed = time.perf_counter() - begins
    took = [took for caller in people for took in caller.took]
    return Load(took, len(took) / elapsed, (time.process_time() - cpu) / len(took))


async def gather(calls: Iterable[Awaitable[None]]) -> None:
    await asyncio.gather(*calls)


def measure(kind: str, place: Path | str, args: argparse.Namespace) -> dict[str, Any]:
    """One kind of callers, in a home of its own."""
    home = open_home(fresh(place))
    home.run(set_up, None)
    size_before = home_bytes(place)
    full = load(home, kind, "full", args.callers, args.seconds, args.rate)
    count = len(full.took)
    result = {
        "commands": count,
        "commands_per_s": round(full.per_s),
        "p50_ms": percentile_ms(full.took, 0.50),
        "p99_ms": percentile_ms(full.took, 0.99),
        "max_ms": percentile_ms(full.took, 1),
        "cpu_us_per_command": round(full.cpu_s * 1e6, 1),
        "commands_per_group": round(count / home.read(groups), 1),
    }
    if not args.no_half:
        half = load(home, kind, "half", args.callers, args.seconds / 2, full.per_s / 2)
        count += len(half.took)
        result |= {
            "half_per_s": round(half.per_s),
            "p50_ms_at_half": percentile_ms(half.took, 0.50),
            "p99_ms_at_half": percentile_ms(half.took, 0.99),
        }
    found = home.read(lambda tx: tx.sql.row("SELECT count(*) FROM bench_payment"))
    assert found == (count,), f"answered {count}, found {found}"
    home.close()
    began = time.perf_counter()
    home = open_home(place)
    result["reopen_s"] = round(time.perf_counter() - began, 3)
    home.close()
    result["bytes_per_command"] = round((home_bytes(place) - size_before) / count, 1)
    return result


def groups(tx: Tx) -> int:
    """How many groups the journal holds, less those of the set-up."""
    [(rows,)] = tx.sql.rows("SELECT count(*) FROM journal")
    return int(rows) - 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--callers", type=int, default=64)
    parser.add_argument("--kind", choices=(*KINDS, "both"), default="both")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument(
        "--rate", type=float, default=0, help="commands a second, 0 = all that goes"
    )
    parser.add_argument("--no-half", action="store_true", help="leave out the phase at half rate")
    parser.add_argument("--home", default="build/bench-desk", help=HOME_HELP)
    args = parser.parse_args()
    place = place_of(args.home)
    kinds = KINDS if args.kind == "both" else (args.kind,)
    result: dict[str, Any] = {"callers": args.callers, "kind": args.kind}
    for kind in kinds:
        before = "" if kind == kinds[0] else f"{kind}_"
        result |= {before + name: figure for name, figure in measure(kind, place, args).items()}
    say(
        result
        | {
            "rss_gb": round(rss_bytes() / 1e9, 3),
            "durable": f"each group: {durable(place)}; key, row, transfer together",
        }
    )


if __name__ == "__main__":
    main()

"""Single payments from other processes through the relay: durable commands a second.

The writer serves its desk in a process of its own; the asking processes have as many tasks as are
asked for, each with one payment on its way: idempotency key, ledger transfer, business row, as in
`benchmarks/desk.py`.

    python benchmarks/relay.py --askers 1 --callers 64 --seconds 8
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import time
from multiprocessing.connection import Connection
from pathlib import Path
from random import Random
from typing import Any

from common import percentile_ms, say
from desk import Pay, pay, set_up
from places import fresh, open_home
from venule.kit.desk import Desk
from venule.kit.relay import Procedures, Relay, Server, parse_endpoint
from venule.ledger import Tx

WALLETS = 10_000


def count(tx: Tx) -> int:
    [(rows,)] = tx.sql.rows("SELECT count(*) FROM bench_payment")
    return int(rows)


def write(path: Path, endpoint: str, secret: bytes, told: Connection) -> None:
    """The writer's process: serve until told to stop."""

    async def live() -> None:
        with open_home(path) as home, Desk(home) as desk:
            home.run(set_up, None)
            server = Server(desk, Procedures([pay], [count]), secret)
            await server.start(parse_endpoint(endpoint))
            told.send("ready")
            began = time.process_time()
            await asyncio.to_thread(told.recv)
            told.send((time.process_time() - began, home.read(count)))
            await server.stop()

    asyncio.run(live())


def ask(
    endpoint: str, secret: bytes, callers: int, seconds: float, number: int, told: Connection
) -> None:
    """An asking process."""
    took: list[float] = []

    async def caller(relay: Relay, name: str, until: float) -> None:
        random = Random(name)
        sent = 0
        while (began := time.perf_counter()) < until:
            payer, payee = random.sample(range(2, WALLETS + 2), 2)
            await relay.acall(
                pay, Pay(payer, payee, random.randint(1, 500), "tea"), f"{name}-{sent}"
            )
            took.append(time.perf_counter() - began)
            sent += 1

    async def live(relay: Relay) -> None:
        until = time.perf_counter() + seconds
        await asyncio.gather(*(caller(relay, f"{number}-{n}", until) for n in range(callers)))

    with Relay(lambda: endpoint, secret) as relay:
        relay.read(count)
        told.send("ready")
        told.recv()
        began = time.process_time()
        asyncio.run(live(relay))
        told.send((took, time.process_time() - began))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--askers", type=int, default=1, help="processes that ask")
    parser.add_argument("--callers", type=int, default=64, help="tasks, in all of them")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--home", type=Path, default=Path("build/bench-relay"))
    args = parser.parse_args()
    args.home.parent.mkdir(parents=True, exist_ok=True)
    path = fresh(args.home)
    endpoint, secret = f"unix:{path.absolute()}.socket", os.urandom(32)
    start = multiprocessing.get_context("spawn")
    ours, theirs = start.Pipe()
    writer = start.Process(target=write, args=(path, endpoint, secret, theirs))
    writer.start()
    ours.recv()
    askers = []
    for number in range(args.askers):
        pipe, end = start.Pipe()
        share = args.callers // args.askers
        words = (endpoint, secret, share, args.seconds, number, end)
        process = start.Process(target=ask, args=words)
        process.start()
        askers.append((process, pipe))
    for _, pipe in askers:
        pipe.recv()
    began = time.perf_counter()
    for _, pipe in askers:
        pipe.send("go")
    answers: list[Any] = [pipe.recv() for _, pipe in askers]
    elapsed = time.perf_counter() - began
    took = [one for times, _ in answers for one in times]
    ours.send("stop")
    writer_cpu, found = ours.recv()
    assert found == len(took), f"answered {len(took)}, found {found}"
    for process in (writer, *(process for process, _ in askers)):
        process.join()
    say(
        {
            "askers": args.askers,
            "callers": args.callers,
            "commands": len(took),
            "commands_per_s": round(len(took) / elapsed),
            "p50_ms": percentile_ms(took, 0.5),
            "p99_ms": percentile_ms(took, 0.99),
            "max_ms": percentile_ms(took, 1),
            "writer_cpu_us_per_command": round(writer_cpu / len(took) * 1e6, 1),
            "asker_cpu_us_per_command": round(sum(cpu for _, cpu in answers) / len(took) * 1e6, 1),
            "durable": "each group: SQLite WAL, synchronous=FULL; key, row, transfer together",
        }
    )


if __name__ == "__main__":
    main()

"""How long nobody is answered when the writer of a PostgreSQL home ends, and another takes over.

The home has N accounts, with traffic since its last checkpoint that a cold start has to replay.
Clients pay one by one through relays, each payment with a key; a takeover is the longest time
between two answers after the writer's end. Four ways: kill -9 with a standby that follows the
journal, with one that only waits, with none but a process that is started at once, and SIGTERM with
a standby that follows.

    python benchmarks/takeover.py --accounts 1000000 --kills 10
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import signal
import threading
import time
from functools import partial
from itertools import count, pairwise
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random

import numpy as np

from common import percentile_ms, say
from ledger import draw, move, populate, set_up
from places import START, fresh, open_home, place_of
from venule.kit.home import Home
from venule.kit.ids import SystemIds
from venule.kit.relay import Procedures, Relay, parse_endpoint
from venule.kit.sql import Sql
from venule.kit.time import SystemClock
from venule.kit.writing import Writer, find_writer, make_turn
from venule.ledger import MIGRATIONS, Book, Follower, Transfer, Tx

CALLERS = 8
PAUSE_S = 0.005
SETTLE_S = 1.0
SECRET = bytes(range(32))
WAYS = ("warm standby", "cold standby", "no standby", "warm standby, SIGTERM")

pipes: list[Connection] = []
START_PROCESS = multiprocessing.get_context("spawn")


def pay(tx: Tx, wallets: tuple[int, int]) -> int:
    """One fen, whoever has it."""
    return tx.post([Transfer(*wallets, 1, 101)])[0].seq


class TellingFollower(Follower):
    """Says when it has loaded the book."""

    def __init__(self, told: Connection) -> None:
        super().__init__()
        self._told = told
        self._said = False

    def follow(self, sql: Sql) -> None:
        super().follow(sql)
        if not self._said:
            self._said = True
            self._told.send(self.seq)


def write(place: str, follows: bool, told: Connection) -> None:
    """A writer's process."""
    follower = TellingFollower(told) if follows else None

    def open_it() -> Home[Tx]:
        clock = SystemClock()
        return Home.open(
            place,
            clock=clock,
            ids=SystemIds(clock),
            migrations=[MIGRATIONS],
            participant=partial(Book, follower=follower),
            tx=Tx,
        )

    writer: Writer[Tx] = Writer(
        open_it,
        lambda: make_turn(place, follower=follower),
        Procedures([pay]),
        lambda: SECRET,
        parse_endpoint("tcp:127.0.0.1:0"),
    )
    signal.signal(signal.SIGTERM, lambda *_: writer.stop())
    if not follows:
        told.send(0)  # nothing to load before its turn
    writer.run()


def fill(place: str, accounts: int, transfers: int) -> None:
    """Make the home, and leave it without closing: the traffic stays to be replayed."""
    home = open_home(place)
    home.run(set_up, None)
    populate(home, accounts)
    home.run(lambda tx, _: tx.book.checkpoint(tx.sql), None)
    rng = np.random.default_rng(20140514)
    for _ in range(transfers // 8_192):
        home.run(move, draw(rng, accounts))
    os._exit(0)


class Askers:
    """Threads that pay without end; `answers_at` is when each answer came."""

    def __init__(self, place: str, accounts: int) -> None:
        self.answers_at: list[float] = []
        self._relay = Relay(lambda: find_writer(place), SECRET, timeout_s=300)
        self._accounts = accounts
        self._stop = threading.Event()
        self._numbers = count()
        self._threads = [threading.Thread(target=self._live) for _ in range(CALLERS)]
        for thread in self._threads:
            thread.start()

    def _live(self) -> None:
        while not self._stop.wait(PAUSE_S):
            number = next(self._numbers)
            payer, payee = Random(number).sample(range(2, self._accounts + 2), 2)
            self._relay.call(pay, (payer, payee), key=f"pay-{number}")
            self.answers_at.append(time.monotonic())

    def wait_for_more(self, answers: int) -> None:
        goal = len(self.answers_at) + answers
        while len(self.answers_at) < goal:
            time.sleep(0.02)

    def longest_gap_s(self, since: float) -> float:
        times = sorted(self.answers_at)
        first = max(0, sum(at < since for at in times) - 1)
        return max(b - a for a, b in pairwise(times[first:]))

    def close(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self._relay.close()


def start_writer(place: str, *, follows: bool, wait: bool) -> BaseProcess:
    ours, theirs = START_PROCESS.Pipe()
    process = START_PROCESS.Process(target=write, args=(place, follows, theirs))
    process.start()
    if wait:
        ours.recv()
    pipes.append(ours)  # kept open: the process speaks to it later
    return process


def take_over(
    place: str, way: str, kills: int, askers: Askers, writer: BaseProcess
) -> tuple[list[float], BaseProcess]:
    """End the writer so often; return how long each time nobody was answered, and the last one."""
    gaps = []
    sign = signal.SIGTERM if way.endswith("SIGTERM") else signal.SIGKILL
    for _ in range(kills):
        follows = way.startswith("warm")
        standby = None
        if way != "no standby":
            standby = start_writer(place, follows=follows, wait=True)
        askers.wait_for_more(50)
        time.sleep(SETTLE_S * Random(len(gaps)).random())
        ended = time.monotonic()
        assert writer.pid is not None
        os.kill(writer.pid, sign)
        if standby is None:
            standby = start_writer(place, follows=False, wait=False)
        writer.join()
        askers.wait_for_more(50)
        gaps.append(askers.longest_gap_s(ended))
        writer = standby
    return gaps, writer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--transfers", type=int, default=2_000_000, help="since the checkpoint")
    parser.add_argument("--kills", type=int, default=5, help="of each way")
    parser.add_argument(
        "--home", default=START, help="postgresql://... with `bench` in its schema, or `start`"
    )
    args = parser.parse_args()
    place = fresh(place_of(args.home))
    if isinstance(place, Path):
        parser.error("a directory has no standby that follows: name an address, or `start`")
    filling = START_PROCESS.Process(target=fill, args=(place, args.accounts, args.transfers))
    filling.start()
    filling.join()
    writer = start_writer(place, follows=False, wait=False)
    askers = Askers(place, args.accounts)
    askers.wait_for_more(1)
    result: dict[str, object] = {"accounts": args.accounts, "to_replay": args.transfers}
    try:
        for way in WAYS:
            gaps, writer = take_over(place, way, args.kills, askers, writer)
            name = way.replace(",", "").replace(" ", "_").lower()
            result |= {
                f"{name}_p50_ms": percentile_ms(gaps, 0.5),
                f"{name}_p99_ms": percentile_ms(gaps, 0.99),
                f"{name}_max_ms": percentile_ms(gaps, 1),
            }
    finally:
        askers.close()
        writer.terminate()
        writer.join()
    say({**result, "kills_each": args.kills, "answered": len(askers.answers_at)})


if __name__ == "__main__":
    # A procedure is known by its module's name, which must be the same in every process.
    import takeover

    takeover.main()

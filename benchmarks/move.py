"""Moving house: a home goes from a directory to a PostgreSQL database, and back.

The home has accounts and transfers, and for every tenth of them a command with an idempotency key
and an event, as a service leaves them. Everything from the call to the last answer is counted:
filling, reading back both sides, proving the ledger.

    python benchmarks/move.py --accounts 1000000 --transfers 4000000
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from common import rss_bytes, say
from ledger import BATCH, CNY, draw, populate
from places import START, fresh, home_bytes, open_home, place_of
from venule.kit.home import Home
from venule.kit.moving import MoveReport, Tick, move
from venule.kit.place import is_address
from venule.kit.sql import open_readonly
from venule.kit.time import SystemClock
from venule.kit.tx import Call
from venule.ledger import MIGRATIONS, Transfer, Tx, prove

KEYS_SHARE = 10


def set_up(tx: Tx, _: None) -> None:
    tx.define_unit(CNY, "CNY", 2)
    tx.open_account(CNY, 1010)


def post(tx: Tx, requests: np.ndarray) -> int:
    return len(tx.post_batch(requests))


def pay(tx: Tx, parties: tuple[int, int]) -> int:
    [posted] = tx.post_all([Transfer(*parties, 1, 101)])
    tx.emit("paid", tx.new_id(), parties)
    return posted.seq


def live(home: Home[Tx], accounts: int, transfers: int) -> None:
    """Batches of transfers, and single ones with a key and an event each."""
    rng = np.random.default_rng(7)
    home.run(set_up, None)
    populate(home, accounts)
    for _ in range(transfers // BATCH):
        home.run(post, draw(rng, accounts))
    count = transfers // KEYS_SHARE
    for start in range(0, count, BATCH):
        numbers = range(start, min(count, start + BATCH))
        parties = rng.integers(2, accounts + 2, (len(numbers), 2)).tolist()
        calls = [
            Call(pay, (a, b if a != b else 1), f"{number:032x}")
            for number, (a, b) in zip(numbers, parties, strict=True)
        ]
        assert len(calls) == len(home.run_many(calls, stretch=8))


class Watch:
    """When each step of a move began."""

    def __init__(self) -> None:
        self.began: dict[str, float] = {"open": time.perf_counter()}

    def __call__(self, tick: Tick) -> None:
        self.began.setdefault(tick.step, time.perf_counter())

    def seconds(self, end: float) -> dict[str, float]:
        names = list(self.began)
        ends = [*list(self.began.values())[1:], end]
        return {
            name: round(until - self.began[name], 2)
            for name, until in zip(names, ends, strict=True)
        }


def check(place: Path | str) -> None:
    sql = open_readonly(place)
    try:
        sql.begin_read()
        proof, _ = prove(sql, 1)
        assert not proof.faults, proof.faults
    finally:
        sql.close()


def timed(source: Path | str, target: Path | str) -> tuple[MoveReport, dict[str, Any]]:
    watch, began, worked = Watch(), time.perf_counter(), time.process_time()
    report = move(source, target, rooms=[MIGRATIONS], clock=SystemClock(), prove=check, tick=watch)
    end = time.perf_counter()
    seconds = watch.seconds(end)
    name = "to_database" if is_address(target) else "to_directory"
    figures = {f"{name}_{step}_s": took for step, took in seconds.items() if step != "open"}
    figures |= {
        f"{name}_s": round(end - began, 2),
        f"{name}_processor_s": round(time.process_time() - worked, 2),
        f"{name}_fill_rows_per_s": round(report.rows / seconds["fill"]),
        f"{name}_fill_mb_per_s": round(report.bytes / 1e6 / seconds["fill"], 1),
    }
    return report, figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=100_000)
    parser.add_argument("--transfers", type=int, default=400_000)
    parser.add_argument("--home", type=Path, default=Path("build/bench-move"))
    parser.add_argument("--database", default=START, help="an address, or `start`")
    asked = parser.parse_args()
    database = fresh(place_of(asked.database))
    back = fresh(asked.home.with_name(f"{asked.home.name}-back"))
    asked.home.parent.mkdir(parents=True, exist_ok=True)
    with open_home(fresh(asked.home)) as home:
        live(home, asked.accounts, asked.transfers)
    report, there = timed(asked.home, database)
    _, here = timed(database, back)
    say(
        {
            "benchmark": "move",
            "accounts": asked.accounts,
            "transfers": report.seq,
            "rows": report.rows,
            "moved_bytes": report.bytes,
            "directory_bytes": home_bytes(asked.home),
            "database_bytes": home_bytes(database),
            "rss_bytes": rss_bytes(),
            **there,
            **here,
        }
    )
    for place in (asked.home, database, back):
        fresh(place)


if __name__ == "__main__":
    main()

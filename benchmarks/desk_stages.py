"""Where the time of a small command goes: the same group with one part more each time.

No callers and no queue: groups go straight into the home, so the difference between two lines is
what that part costs. What `benchmarks/desk.py` needs beyond the last line is the handing over
between callers and the writer.

    python benchmarks/desk_stages.py --groups 400 --group 64
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, Final

from common import percentile_ms, rss_bytes, say
from desk import Paid, Pay, pay, set_up
from places import fresh, open_home
from venule.kit.home import Home
from venule.kit.tx import Call
from venule.ledger import Transfer, Tx

WALLETS: Final = 10_000
TURNS: Final = 3


def nothing(tx: Tx, command: Pay) -> None:
    """A command that does nothing."""


def draw_id(tx: Tx, command: Pay) -> bytes:
    return tx.new_id().bytes


def transfer(tx: Tx, command: Pay) -> Paid:
    payment = tx.new_id().bytes
    [posted] = tx.post_all(
        [Transfer(command.payer, command.payee, command.amount, 101, ref=payment)]
    )
    return Paid(payment, posted.seq)


STAGES: Final[dict[str, tuple[Callable[[Tx, Pay], Any], bool]]] = {
    "group and savepoint": (nothing, False),
    "idempotency key": (nothing, True),
    "id": (draw_id, True),
    "transfer": (transfer, True),
    "business row": (pay, True),
}


def run(home: Home[Tx], stage: str, turn: int, groups: int, size: int) -> list[float]:
    """Return how many seconds each group took."""
    fn, keyed = STAGES[stage]
    random = Random(turn)
    took = []
    for group in range(groups):
        calls: list[Call[Tx]] = [
            Call(
                fn,
                Pay(*random.sample(range(2, WALLETS + 2), 2), random.randint(1, 500), "tea"),
                f"{stage}-{turn}-{group}-{number}" if keyed else None,
            )
            for number in range(size)
        ]
        began = time.perf_counter()
        outcomes = home.run_many(calls, stretch=32)
        took.append(time.perf_counter() - began)
        assert all(outcome.error is None for outcome in outcomes)
    return took


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--groups", type=int, default=400, help="of each stage and turn")
    parser.add_argument("--group", type=int, default=64, help="commands of a group")
    parser.add_argument("--home", type=Path, default=Path("build/bench-desk-stages"))
    args = parser.parse_args()
    args.home.parent.mkdir(parents=True, exist_ok=True)
    home = open_home(fresh(args.home))
    home.run(set_up, None)
    took: dict[str, list[float]] = {stage: [] for stage in STAGES}
    for turn in range(TURNS):  # in turn: what else the machine does falls on all of them
        for stage in STAGES:
            took[stage] += run(home, stage, turn, args.groups, args.group)
    home.close()
    us = {stage: percentile_ms(times, 0.5) * 1000 / args.group for stage, times in took.items()}
    result: dict[str, Any] = {"group": args.group, "groups": args.groups * TURNS}
    before = 0.0
    for stage, cost in us.items():
        result[f"{stage.replace(' ', '_')}_us"] = round(cost - before, 2)
        before = cost
    result |= {
        "whole_us": round(before, 2),
        "commands_per_s": round(1e6 / before),
        "p50_ms": percentile_ms(took["business row"], 0.5),
        "p99_ms": percentile_ms(took["business row"], 0.99),
        "rss_gb": round(rss_bytes() / 1e9, 3),
        "durable": "each group: SQLite WAL, synchronous=FULL; key, row, transfer together",
    }
    say(result)


if __name__ == "__main__":
    main()

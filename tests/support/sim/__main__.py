"""Run worlds from seeds: many, or one again.

    python -m support.sim --seeds 200 --workers 2
    python -m support.sim --seeds 200 --on postgresql
    python -m support.sim --seed 17 [--steps 120] [--skip 3-90,95] [--look] [--shrink]

Ends with one line of JSON; the exit code is 1 if a world failed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from functools import partial

from support.both_homes import EMBEDDED, POSTGRESQL
from support.postgres import PostgresServer
from support.sim.house import house
from support.sim.postgres_house import postgres_house
from support.sim.run import STEPS, TRACE_SHOWN, Maker, Report, run, shrink

TOLD_EVERY = 25


def spans(numbers: set[int]) -> str:
    """Write numbers as `3-90,95`."""
    out: list[list[int]] = []
    for n in sorted(numbers):
        if out and out[-1][1] == n - 1:
            out[-1][1] = n
        else:
            out.append([n, n])
    return ",".join(f"{a}-{b}" if a != b else str(a) for a, b in out)


def numbers_of(text: str) -> frozenset[int]:
    """Read numbers as `spans` writes them."""
    found: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found |= set(range(int(first), int(last or first) + 1))
    return frozenset(found)


@contextmanager
def houses(on: str) -> Iterator[Callable[[], Maker]]:
    """Yield what gives each run its house, on a kind of home."""
    if on == EMBEDDED:
        yield lambda: house
        return
    server = PostgresServer()
    try:
        server.start()
        yield lambda: partial(postgres_house, address=server.address())
    finally:
        server.remove()


def show_failure(report: Report, on: str = EMBEDDED) -> None:
    print(f"\nseed {report.seed} failed at step {report.step} of {report.steps}:")
    for line in report.trace[-TRACE_SHOWN:]:
        print(f"    {line}")
    print(report.failure)
    where = "" if on == EMBEDDED else f" ON={on}"
    print(f"Run it again: {again(report)}{where}", flush=True)


def again(report: Report) -> str:
    """Return the command that replays a run."""
    steps = "" if report.steps == STEPS else f" STEPS={report.steps}"
    return f"make sim SEED={report.seed}{steps}"


def show_totals(total: Counter[str]) -> None:
    width = max((len(name) for name in total), default=0)
    for name, count in sorted(total.items()):
        print(f"{name:<{width}}  {count}")


def many(first: int, seeds: int, steps: int, workers: int, on: str = EMBEDDED) -> int:
    """Run many seeds in worker processes; return how many failed."""
    total: Counter[str] = Counter()
    failed: list[int] = []
    began = time.perf_counter()
    with houses(on) as make, ProcessPoolExecutor(workers) as pool:
        numbers = range(first, first + seeds)
        waiting = [pool.submit(run, seed, steps, make=make()) for seed in numbers]
        for done, future in enumerate(as_completed(waiting), start=1):
            report = future.result()
            total += report.counts
            if report.failure:
                failed.append(report.seed)
                show_failure(report, on)
            if done % TOLD_EVERY == 0:
                print(f"{done} of {seeds} seeds, {time.perf_counter() - began:.0f} s", flush=True)
    seconds = time.perf_counter() - began
    show_totals(total)
    print(json.dumps(summary(first, seeds, sorted(failed), seconds, total)))
    return len(failed)


def summary(
    first: int, seeds: int, failed: list[int], seconds: float, total: Counter[str]
) -> dict[str, object]:
    """Return the line of JSON: what happened how often."""

    def count(*begins: str) -> int:
        return sum(number for name, number in total.items() if name.startswith(begins))

    return {
        "first": first,
        "seeds": seeds,
        "failed": failed,
        "seconds": round(seconds, 1),
        "answered": count("did "),
        "refused": count("refused "),
        "crashes": count("killed at ", "killed between", "killed while"),
        "power_failures": count("power failed"),
        "answers_lost": count("answer lost"),
        "retries": count("asked again at once", "asked again after", "sent again"),
        "doubled": count("doubled"),
        "disk_full": count("disk full and told so"),
        "midnights": count("midnight"),
        "holidays": count("holiday"),
        "compared": count("compared everything"),
        "verified": count("verified"),
    }


def one(asked: argparse.Namespace) -> int:
    """Replay one seed and show its trace."""
    with houses(asked.on) as make:
        skipped = numbers_of(asked.skip)
        report = run(asked.seed, asked.steps, skipped, look=asked.look, make=make())
    if report.failure and asked.shrink and asked.on == EMBEDDED:
        report, skip = shrink(report)
        print(f"smallest: --seed {asked.seed} --steps {report.step} --skip {spans(skip)} --look")
    if report.failure:
        show_failure(report, asked.on)
    else:
        for line in report.trace:
            print(line)
        show_totals(report.counts)
    told = {"seed": report.seed, "failed": bool(report.failure), "digest": report.digest}
    print(json.dumps({**told, "seconds": round(report.seconds, 1)}))
    return 1 if report.failure else 0


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="support.sim", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--seed", type=int)
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--skip", default="")
    parser.add_argument("--look", action="store_true")
    parser.add_argument("--on", choices=(EMBEDDED, POSTGRESQL), default=EMBEDDED)
    parser.add_argument("--shrink", action="store_true")
    asked = parser.parse_args(arguments)
    if asked.seed is not None:
        return one(asked)
    return 1 if many(asked.first, asked.seeds, asked.steps, asked.workers, asked.on) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

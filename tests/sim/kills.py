"""Thousands of `kill -9` with real processes, in slices: a home of its own for each.

    make kills N=10000
    python tests/sim/kills.py --kills 10000 --from 40 --workers 2

Each slice is `test_kill.live_and_die`: a process pays without end and says what is durable, and is
killed at a random moment; then every answered payment must be there with its ledger transfers, row
and event, every other one wholly or not at all, and the books must balance and prove. A slice that
fails prints its number; `--from` goes on there. Ends with one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
import traceback
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from random import Random

from test_kill import MOMENTS, live_and_die

FIRST_SEED = 20140514


@dataclass
class Slice:
    """How a slice ended: '' for well."""

    number: int
    kills: int
    answered: int
    kept: int
    failure: str


def live(number: int, kills: int) -> Slice:
    """Carry a slice out; never raises."""
    folder = Path(tempfile.mkdtemp(prefix="venule-kills-"))
    try:
        answered, kept = live_and_die(folder / "home", Random(FIRST_SEED + number), kills)
        return Slice(number, kills, answered, kept, "")
    except Exception:
        return Slice(number, kills, 0, 0, traceback.format_exc())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=1_000)
    parser.add_argument("--slice", type=int, default=MOMENTS, help="kills of one home")
    parser.add_argument("--from", type=int, default=0, dest="first", help="the first slice")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args(arguments)
    sizes = [asked.slice] * (asked.kills // asked.slice)
    sizes += [asked.kills % asked.slice] if asked.kills % asked.slice else []
    began = time.perf_counter()
    done: list[Slice] = []
    with ProcessPoolExecutor(asked.workers) as pool:
        waiting = [
            pool.submit(live, number, size)
            for number, size in enumerate(sizes)
            if number >= asked.first
        ]
        for future in as_completed(waiting):
            done.append(future.result())
            if done[-1].failure:
                print(f"slice {done[-1].number} failed:\n{done[-1].failure}", flush=True)
            if len(done) % 10 == 0 or len(done) == len(waiting):
                seconds = time.perf_counter() - began
                print(f"{len(done)} of {len(waiting)} slices, {seconds:.0f} s", flush=True)
    failed = sorted(each.number for each in done if each.failure)
    print(
        json.dumps(
            {
                "kills": sum(each.kills for each in done if not each.failure),
                "slices": len(done),
                "failed_slices": failed,
                "answered": sum(each.answered for each in done),
                "kept": sum(each.kept for each in done),
                "lost_or_half_done": 0 if not failed else "see the failed slices",
                "seconds": round(time.perf_counter() - began, 1),
            }
        )
    )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

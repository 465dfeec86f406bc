"""One side at one size: carry out the work, hold its answers to what is known, measure.

`run.py` starts this file once for each row of the table, in a process of its own, so that the
memory of one side is not counted for another.

    python benchmarks/compare/side.py venule --wallets 10000 --transfers 100000
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import os
import threading
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from processes import cpu_s, machine_cpu_s, memory_bytes, written_bytes
from workload import FIRST_WALLET, Array, Batch, Workload

SIDES: Final = ("venule", "tigerbeetle", "pgledger")
HISTORIES: Final = 3

Poster = Callable[[Batch], Array]
"""Post a batch; return the positions that were refused for want of funds. The answer comes when
the batch is durable. A refusal for any other reason raises."""


class Side(Protocol):
    """What a ledger has to do to be compared."""

    version: str
    """What was measured."""

    durable: str
    """What holds at the moment of the answer."""

    in_flight: int
    """Batches under way at once; each has a poster and a thread of its own."""

    def prepare(self, workload: Workload) -> None:
        """Open an empty ledger with its accounts and the money in them."""

    def poster(self) -> Poster:
        """Return a new way in, to be used by one thread."""

    def settle(self) -> None:
        """Bring what was posted to its final place, as far as the side can be told to."""

    def balances(self, wallets: int) -> Array:
        """Return credits less debits of every wallet, minor units."""

    def history(self, account: int) -> tuple[int, int]:
        """Return how many lines an account's history has, and the balance on the last one."""

    def disk_bytes(self) -> int | None:
        """Return the bytes on disk, None if they are out of sight."""

    def server_pids(self) -> list[int] | None:
        """Return the processes beside this one, None if they are out of sight."""

    def close(self) -> None:
        """Let go; stop what was started."""


class _Work:
    """The batches, handed out one by one to whoever is free, with what came of them."""

    def __init__(self, workload: Workload) -> None:
        self.workload = workload
        self.took: list[float] = []
        self.refused = 0
        self.failure: BaseException | None = None
        self._next = 0
        self._lock = threading.Lock()

    def carry_out(self, post: Poster) -> None:
        while self.failure is None:
            with self._lock:
                number = self._next
                self._next += 1
            if number >= self.workload.batch_count:
                return
            batch = self.workload.batch(number)
            began = time.perf_counter()
            refused = post(batch)
            took = time.perf_counter() - began
            if not np.array_equal(refused, batch.refused):
                raise AssertionError(
                    f"batch {number}: expected {len(batch.refused)} refusals at"
                    f" {batch.refused[:5]}.., seen {len(refused)} at {refused[:5]}.."
                )
            with self._lock:
                self.took.append(took)
                self.refused += len(refused)

    def in_thread(self, post: Poster) -> None:
        try:
            self.carry_out(post)
        except BaseException as error:
            self.failure = error


def post_all(side: Side, workload: Workload) -> tuple[_Work, float]:
    """Post every batch; return what came of them and the seconds from first to last."""
    work = _Work(workload)
    posters = [side.poster() for _ in range(side.in_flight)]
    gc.collect()
    began = time.perf_counter()
    if len(posters) == 1:
        work.carry_out(posters[0])
    else:
        threads = [threading.Thread(target=work.in_thread, args=(post,)) for post in posters]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    elapsed = time.perf_counter() - began
    if work.failure is not None:
        raise work.failure
    return work, elapsed


def check(side: Side, workload: Workload) -> str:
    """Hold every balance, and a few accounts' histories, to what the workload says.

    Returns a short hash of all balances as the side tells them, to be compared between sides.
    """
    expected, seen = workload.balances(), side.balances(workload.wallets)
    wrong = np.flatnonzero(expected != seen)
    if len(wrong):
        first = int(wrong[0])
        raise AssertionError(
            f"{len(wrong)} balances differ; account {first + FIRST_WALLET}:"
            f" expected {expected[first]}, seen {seen[first]}"
        )
    for account in np.linspace(FIRST_WALLET, workload.wallets + 1, HISTORIES, dtype=int).tolist():
        wanted = workload.movements(account), int(expected[account - FIRST_WALLET])
        shown = side.history(account)
        if wanted != shown:
            raise AssertionError(f"history of {account}: expected {wanted}, seen {shown}")
    return sha256(seen.astype("<i8").tobytes()).hexdigest()[:16]


def measure(side: Side, workload: Workload, baseline_bytes: int) -> dict[str, Any]:
    """Return a row of the table; whatever does not agree raises.

    baseline_bytes: memory of this process before the side came into it.
    """
    side.prepare(workload)
    disk_before = side.disk_bytes()
    pids = [os.getpid(), *(side.server_pids() or [])]
    written_before, cpu_before, machine_before = written_bytes(pids), cpu_s(pids), machine_cpu_s()
    work, elapsed = post_all(side, workload)
    servers = side.server_pids()  # again: a connection may have brought a process of its own
    pids = [os.getpid(), *(servers or [])]
    cpu, machine = cpu_s(pids) - cpu_before, machine_cpu_s() - machine_before
    memory = memory_bytes(pids) - baseline_bytes
    balances = check(side, workload)
    side.settle()
    written = written_bytes(pids) - written_before
    disk_after = side.disk_bytes()
    accepted = workload.transfers - work.refused
    took = np.sort(np.array(work.took)) * 1e3
    known = servers is not None
    return {
        "version": side.version,
        "transfers": workload.transfers,
        "accepted": accepted,
        "refused": work.refused,
        "balances": balances,
        "transfers_per_s": round(workload.transfers / elapsed),
        "p50_ms": round(float(took[len(took) // 2]), 2),
        "p99_ms": round(float(took[min(len(took) - 1, int(len(took) * 0.99))]), 2),
        "max_ms": round(float(took[-1]), 2),
        "in_flight": side.in_flight,
        "cpu_us_per_transfer": round(cpu / workload.transfers * 1e6, 2) if known else None,
        "others_cpus": round(max(0.0, machine - cpu) / elapsed, 2) if known else None,
        "memory_gb": round(memory / 1e9, 3) if known else None,
        "bytes_per_transfer": None
        if disk_before is None or disk_after is None
        else round((disk_after - disk_before) / accepted, 1),
        "written_bytes_per_transfer": round(written / accepted, 1) if known else None,
        "durable": side.durable,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("side", choices=SIDES)
    parser.add_argument("--wallets", type=int, default=10_000)
    parser.add_argument("--transfers", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=20140514)
    parser.add_argument("--epoch-ms", type=int, default=time.time_ns() // 1_000_000)
    parser.add_argument("--folder", type=Path, default=Path("build/compare"))
    parser.add_argument("--target", default="", help="address, DSN, or what the side starts")
    parser.add_argument("--in-flight", type=int, default=0, help="0 = the side's best")
    parser.add_argument("--cache-mib", type=int, default=4_096)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    workload = Workload(args.wallets, args.transfers, args.seed, args.epoch_ms)
    workload.columns  # noqa: B018 - drawn before anything is measured
    gc.collect()
    baseline = memory_bytes([os.getpid()])
    module = importlib.import_module(f"{args.side}_side")
    side: Side = module.make(args)
    try:
        row = measure(side, workload, baseline)
    finally:
        side.close()
    print(json.dumps(row))


if __name__ == "__main__":
    main()

"""What every benchmark says of the machine and of itself."""

from __future__ import annotations

import json
import os
import platform
import resource
import sqlite3
import time
from pathlib import Path
from typing import Any

from venule.kit.home import Home
from venule.kit.sqlite import SqliteSql
from venule.ledger import Tx


def percentile_ms(seconds: list[float], share: float) -> float:
    """The given share of the samples took at most so many milliseconds."""
    ordered = sorted(seconds)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1e3, 3)


def rss_bytes() -> int:
    """Memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def slow_down_disk(home: Home[Tx], fsync_ms: float, mb_per_s: float) -> None:
    """Make every commit of a home cost what it would on a slower disk.

    A commit appends to the log and flushes it once. After the real one, this waits until
    `fsync_ms` plus the log's new bytes at `mb_per_s` (0: as fast as this disk) have passed since it
    began. What the flush of a checkpoint into the database file would cost more is not added.
    """
    sql = home.sql
    log = Path(sql.path) / "home.sqlite-wal"
    commit = SqliteSql.commit

    def slow_commit(self: SqliteSql) -> None:
        before = log.stat().st_size if log.exists() else 0
        began = time.perf_counter()
        commit(self)
        written = max(0, log.stat().st_size - before)
        if written == 0:
            written = slow_commit.typical  # the log began anew: its file does not grow
        else:
            slow_commit.typical = written
        wait_s = fsync_ms / 1e3 + (written / (mb_per_s * 1e6) if mb_per_s else 0.0)
        left = began + wait_s - time.perf_counter()
        if self is sql and left > 0:
            time.sleep(left)

    slow_commit.typical = 0
    SqliteSql.commit = slow_commit


def say(result: dict[str, Any]) -> None:
    """Print the figures for people, then one JSON object as the last line."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    result |= {"machine": machine, "sqlite": sqlite3.sqlite_version}
    for key, value in result.items():
        print(f"{key:>24}  {value:,}" if isinstance(value, int | float) else f"{key:>24}  {value}")
    print(json.dumps(result))

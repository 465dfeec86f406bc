"""What every benchmark says of the machine and of itself."""

from __future__ import annotations

import json
import os
import platform
import resource
import shutil
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

from venule.kit.home import Home
from venule.kit.ids import SystemIds
from venule.kit.migrate import Migrations
from venule.kit.sql import Sql
from venule.kit.time import SystemClock
from venule.ledger import MIGRATIONS, Book, Tx


def open_home(path: Path, *more: Migrations) -> Home[Tx]:
    """A home with a ledger; no seal, so that closing costs what a server's restart would."""
    clock = SystemClock()
    return Home.open(
        path,
        clock=clock,
        ids=SystemIds(clock),
        migrations=[MIGRATIONS, *more],
        participant=Book,
        tx=Tx,
        seal_max_bytes=0,
    )


def fresh(path: Path) -> Path:
    """Make sure that nothing is left of an earlier run of this benchmark."""
    if path.exists():
        if not (path / "venule.json").exists():
            sys.exit(f"{path} exists and is no home of ours: name another one with --home")
        shutil.rmtree(path)
    return path


def percentile_ms(seconds: list[float], share: float) -> float:
    """The given share of the samples took at most so many milliseconds."""
    ordered = sorted(seconds)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1e3, 3)


def rss_bytes() -> int:
    """Memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def home_bytes(path: Path) -> int:
    """Bytes on disk of a home."""
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def slow_down_disk(home: Home[Tx], fsync_ms: float, mb_per_s: float) -> None:
    """Make every commit of a home cost what it would on a slower disk.

    A commit appends to the log and flushes it once. After the real one, this waits until
    `fsync_ms` plus the log's new bytes at `mb_per_s` (0: as fast as this disk) have passed since it
    began. What the flush of a checkpoint into the database file would cost more is not added.
    """
    sql = home.sql
    log = Path(sql.path) / "home.sqlite-wal"
    commit = Sql.commit

    def slow_commit(self: Sql) -> None:
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
    Sql.commit = slow_commit


def say(result: dict[str, Any]) -> None:
    """Print the figures for people, then one JSON object as the last line."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    result |= {"machine": machine, "sqlite": sqlite3.sqlite_version}
    for key, value in result.items():
        print(f"{key:>24}  {value:,}" if isinstance(value, int | float) else f"{key:>24}  {value}")
    print(json.dumps(result))

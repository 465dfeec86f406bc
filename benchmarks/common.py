"""What every benchmark says of the machine and of itself."""

from __future__ import annotations

import json
import os
import platform
import resource
import shutil
import sqlite3
import sys
from pathlib import Path
from typing import Any

from venule.kit.home import Home
from venule.kit.ids import SystemIds
from venule.kit.migrate import Migrations
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
    return sum(file.stat().st_size for file in path.iterdir() if file.is_file())


def say(result: dict[str, Any]) -> None:
    """Print the figures for people, then one JSON object as the last line."""
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    result |= {"machine": machine, "sqlite": sqlite3.sqlite_version}
    for key, value in result.items():
        print(f"{key:>24}  {value:,}" if isinstance(value, int | float) else f"{key:>24}  {value}")
    print(json.dumps(result))

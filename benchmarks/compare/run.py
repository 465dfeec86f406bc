"""The same transfers on Venule and on its neighbours: one table, one run.

Every row is a side at a size, in a process of its own over an empty ledger: wallets with a limit,
history on, batches of 8,189, every answer held to what the workload says, all balances compared in
the end. Opening accounts and bringing the money in is not counted; packing a batch is.

    python benchmarks/compare/run.py --tigerbeetle 127.0.0.1:3000 --postgresql start
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from processes import flush_ms
from workload import BATCH

HERE: Final = Path(__file__).parent
COLUMNS: Final = {
    "accounts": "accounts",
    "side": "side",
    "transfers_per_s": "transfers/s",
    "p50_ms": "p50 ms",
    "p99_ms": "p99 ms",
    "in_flight": "in flight",
    "cpu_us_per_transfer": "cpu us each",
    "others_cpus": "others' cpus",
    "memory_gb": "memory GB",
    "bytes_per_transfer": "bytes each",
    "written_bytes_per_transfer": "written each",
    "accepted": "accepted",
    "refused": "refused",
}
OFFERS: Final = {
    "venule": "business rows, idempotency key and transfers in one transaction; SQL beside the"
    " ledger; no server. One process writes, one disk holds it: no replication.",
    "tigerbeetle": "consensus over up to six replicas, failover, repair of damaged disks; many"
    " clients over the network; an id for each transfer; queries by account, time and code. No"
    " rows of one's own beside it, no SQL.",
    "pgledger": "any client, any language, SQL for everything, joins with the business's tables,"
    " the replication, backups and people that PostgreSQL has. Balances are rows: random updates"
    " are its limit.",
}


def measure(
    side: str, accounts: int, target: str, folder: Path, args: argparse.Namespace
) -> dict[str, Any]:
    """Run one row in a process of its own."""
    in_flight = {"tigerbeetle": args.tigerbeetle_in_flight, "pgledger": args.postgresql_in_flight}
    words = [
        *("--wallets", accounts, "--transfers", args.transfers, "--seed", args.seed),
        *("--epoch-ms", time.time_ns() // 1_000_000, "--folder", folder),
        *("--target", target, "--cache-mib", args.cache_mib),
        *("--in-flight", in_flight.get(side, 0)),
    ]
    print(f".. {side}, {accounts:,} accounts", file=sys.stderr, flush=True)
    done = subprocess.run(
        [sys.executable, HERE / "side.py", side, *map(str, words)],
        check=False,
        stdout=subprocess.PIPE,
        text=True,
    )
    if done.returncode:
        sys.exit(f"{side} among {accounts:,} accounts failed; nothing is compared")
    row: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {"accounts": accounts, "side": side} | row


def agree(rows: list[dict[str, Any]]) -> None:
    """Stop unless all sides of a size accepted and refused alike, and hold the same balances."""
    for name in ("accepted", "refused", "balances"):
        seen = {row["side"]: row[name] for row in rows}
        if len(set(seen.values())) != 1:
            sys.exit(f"the sides disagree on what was {name}: {seen}")


def shown(value: object) -> str:
    """Return a cell of the table."""
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def print_table(rows: list[dict[str, Any]]) -> None:
    """Print the rows for people, then what each side promises and offers."""
    cells = [list(COLUMNS.values())]
    cells += [[shown(row[name]) for name in COLUMNS] for row in rows]
    widths = [max(len(line[i]) for line in cells) for i in range(len(COLUMNS))]
    for line in cells:
        print("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))
    for row in {row["side"]: row for row in rows}.values():
        print(f"\n{row['side']} ({row['version']})")
        print(f"  durable when answered: {row['durable']}")
        print(f"  offers: {OFFERS[row['side']]}")
    print()


def cpu_name() -> str:
    """Return what the processor calls itself."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.machine()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--accounts", default="10000,1000000", help="wallets, one run for each")
    parser.add_argument("--transfers", type=int, default=10_000_000)
    parser.add_argument("--seed", type=int, default=20140514)
    parser.add_argument("--folder", type=Path, default=Path("build/compare"))
    parser.add_argument(
        "--tigerbeetle", metavar="ADDRESS|PROGRAM", help="a server, or the program to start"
    )
    parser.add_argument("--tigerbeetle-in-flight", type=int, default=0, help="clients")
    parser.add_argument(
        "--postgresql", metavar="DSN|start", help="a server, or start one that is installed"
    )
    parser.add_argument("--postgresql-in-flight", type=int, default=0, help="connections")
    parser.add_argument(
        "--cache-mib", type=int, default=4_096, help="cache of each server that is started here"
    )
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    targets = {"venule": "here", "tigerbeetle": args.tigerbeetle, "pgledger": args.postgresql}
    measured = {side: target for side, target in targets.items() if target}
    flush = flush_ms(args.folder)
    rows: list[dict[str, Any]] = []
    with TemporaryDirectory(prefix="run-", dir=args.folder) as folder:
        Path(folder).chmod(0o755)  # PostgreSQL runs as an ordinary user
        for accounts in map(int, args.accounts.split(",")):
            size = [
                measure(side, accounts, target, Path(folder), args)
                for side, target in measured.items()
            ]
            agree(size)
            rows += size
    print_table(rows)
    left_out = [side for side in targets if side not in measured]
    if left_out:
        print(f"not measured, since no server was named: {', '.join(left_out)}\n")
    result = {
        "transfers": args.transfers,
        "batch": BATCH,
        "seed": args.seed,
        "flush_ms": flush,
        "machine": f"{os.cpu_count()} cores, {cpu_name()}, Python {platform.python_version()}",
        "not_measured": left_out,
        "rows": rows,
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()

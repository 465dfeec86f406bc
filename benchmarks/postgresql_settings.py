"""What a setting of the server is worth: batches of transfers, and single payments, under each.

Every line is a server of its own, fresh, with one thing changed against the first line. Batches are
those of `ledger.py` (100,000 accounts), payments those of `desk.py` (64 tasks of an event loop).

    python benchmarks/postgresql_settings.py --batches 100 --seconds 5
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import psycopg

import desk
import ledger
from common import percentile_ms, say
from places import address_of, fresh, open_home, start_server
from venule.kit.home import Home
from venule.kit.pg.address import Address
from venule.ledger import Tx

ACCOUNTS = 100_000

VARIANTS: dict[str, dict[str, str]] = {
    "as recommended": {},
    "max_wal_size=1GB, as it comes": {"max_wal_size": "1GB", "checkpoint_timeout": "5min"},
    "wal_buffers=4MB": {"wal_buffers": "4MB"},
    "shared_buffers=128MB, as it comes": {"shared_buffers": "128MB"},
    "wal_compression=lz4": {"wal_compression": "lz4"},
    "wal_sync_method=open_datasync": {"wal_sync_method": "open_datasync"},
}


def compressed(place: str) -> None:
    """Undo what the migration says of the journal's columns."""
    address = Address.parse(place)
    with psycopg.connect(address.conninfo, autocommit=True) as conn:
        for column in ("openings", "transfers"):
            change = f"ALTER TABLE {address.schema}.journal ALTER {column} SET STORAGE EXTENDED"
            conn.execute(change.encode())


def batches(home: Home[Tx], count: int) -> tuple[float, float]:
    """Transfers a second, and p99 of a batch in ms."""
    rng = np.random.default_rng(20140514)
    home.run(ledger.set_up, None)
    ledger.populate(home, ACCOUNTS)
    took = []
    for _ in range(count):
        requests = ledger.draw(rng, ACCOUNTS, refs=True)
        began = time.perf_counter()
        home.run(ledger.move, requests)
        took.append(time.perf_counter() - began)
    return count * ledger.BATCH / sum(took), percentile_ms(took, 0.99)


def measure(
    settings: dict[str, str], args: argparse.Namespace, change: Callable[[str], None] | None = None
) -> dict[str, Any]:
    """Both kinds of load on a server of its own."""
    server = start_server(**settings)
    try:
        place = fresh(address_of(server))
        assert isinstance(place, str)
        with open_home(place) as home:
            if change is not None:
                change(place)
            per_s, p99_ms = batches(home, args.batches)
        with open_home(fresh(place)) as home:
            home.run(desk.set_up, None)
            load = desk.load(home, "async", "full", args.callers, args.seconds, 0)
        return {
            "transfers_per_s": round(per_s),
            "batch_p99_ms": p99_ms,
            "commands_per_s": round(load.per_s),
            "p99_ms": percentile_ms(load.took, 0.99),
        }
    finally:
        server.stop()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batches", type=int, default=100)
    parser.add_argument("--callers", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=5)
    args = parser.parse_args()
    found: dict[str, Any] = {}
    for name, settings in VARIANTS.items():
        found[name] = measure(settings, args)
        print(f"{name:<48} {found[name]}", flush=True)
    name = "journal STORAGE EXTENDED, as it comes"
    found[name] = measure({}, args, compressed)
    print(f"{name:<48} {found[name]}", flush=True)
    first = found["as recommended"]
    say(first | {"variants": found, "durable": "fsync on in every line"})


if __name__ == "__main__":
    main()

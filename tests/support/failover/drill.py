"""kill -9 the writer under load, again and again, with a standby waiting: make failover N=100

Clients in this process pay through relays of their own, each payment with a key. At the end an
auditor counts: every answered payment is there with the transfer that was answered, none is there
twice, the books prove. A takeover is how long nobody was answered. Ends with one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from support.failover.clients import CALLERS, RELAYS, Audit, Clients
from support.failover.nursery import Nursery
from support.failover.payments import SECRET, SetUp, set_up
from support.postgres import PostgresServer
from venule import app
from venule.kit.pg.lease import DURATION_US

ANSWERS_BETWEEN = 200
QUIET_S_MAX = 0.8
"""A writer is killed at a random moment after so many answers."""


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))], 3)


def drill(place: str, kills: int, nursery: Nursery, random: Random) -> tuple[Clients, list[float]]:
    """Kill so often; return the clients, who have stopped, and when it was."""
    moments = []
    writer, standby = nursery.start(place), nursery.start(place)
    with Clients(place, pause_s=0.01) as clients:
        for number in range(kills):
            clients.wait_for_answers(ANSWERS_BETWEEN)
            time.sleep(random.uniform(0, QUIET_S_MAX))
            os.kill(writer, signal.SIGKILL)
            moments.append(time.monotonic())
            writer, standby = standby, nursery.start(place)
            if (number + 1) % 10 == 0:
                print(f"{number + 1} kills, {len(clients.answered)} answered", flush=True)
        clients.wait_for_answers(ANSWERS_BETWEEN)
    for pid in (writer, standby):
        os.kill(pid, signal.SIGTERM)
    return clients, moments


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--accounts", type=int, default=0, help="accounts to open beforehand")
    parser.add_argument("--lease-us", type=int, default=DURATION_US)
    parser.add_argument("--seed", type=int, default=20140514)
    asked = parser.parse_args(arguments)
    began = time.perf_counter()
    server = PostgresServer(durable=True)
    try:
        server.start()
        place = server.address()
        with app.open_home(place) as home:
            home.run(set_up, SetUp(asked.accounts))
        with tempfile.TemporaryDirectory(prefix="venule-drill-") as name:
            secret = Path(name) / "secret"
            secret.write_bytes(SECRET)
            secret.chmod(0o600)
            with Nursery(secret, Path(name) / "log", lease_us=asked.lease_us) as nursery:
                clients, moments = drill(place, asked.kills, nursery, Random(asked.seed))
                audit = Audit(clients)
    finally:
        server.remove()
    gaps = clients.gaps_s(moments)
    well = audit.is_well
    print(
        json.dumps(
            {
                "kills": len(moments),
                "callers": RELAYS * CALLERS,
                "answered": audit.answered,
                "answered_lost": len(audit.lost),
                "done_twice": len(audit.twice),
                "kept_unanswered": audit.kept - audit.answered,
                "books_proven": audit.balanced and not audit.faults,
                "refused": clients.refused,
                "broken": clients.broken,
                "lease_ms": asked.lease_us // 1_000,
                "takeover_s_p50": percentile(gaps, 0.5),
                "takeover_s_p99": percentile(gaps, 0.99),
                "takeover_s_max": percentile(gaps, 1),
                "seconds": round(time.perf_counter() - began, 1),
            }
        )
    )
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

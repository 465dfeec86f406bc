"""A book on a Citus node: what it costs to write to it straight, and through the coordinator.

Four loads, each from one writer: single wallet transfers, one a commit; wallet transfers in groups
(with idempotency key, event and row each); batches of ledger transfers with one business row; and
single statements. `--through`: the writer stays connected to the coordinator, which passes every
statement on: that is no way to run a book (see docs/adr/0009), and is here for comparison. Run it
against a plain server, too. CPU is that of the writer's process and of all servers on this machine.

    python benchmarks/cluster.py --home postgresql://user@coordinator/database?schema=bench_1
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psycopg

from common import percentile_ms, say
from ledger import BATCH, CNY, draw
from places import fresh
from venule import wallet
from venule.app import open_home
from venule.kit.home import Home
from venule.kit.money import Money
from venule.kit.pg import cluster_store
from venule.kit.pg.address import Address
from venule.kit.tx import Call
from venule.ledger import TRANSFER_REQUEST, Tx
from venule.members import MemberId, NewMember, Tier, onboard

MEMBERS = 2_000
LEDGER_ACCOUNTS = 100_000
TICKS = os.sysconf("SC_CLK_TCK")
STATEMENTS = 2_000

FIND_NODES = "SELECT nodename, nodeport FROM pg_dist_node WHERE isactive AND noderole = 'primary'"
SIZES = (
    "SELECT split_part(table_name::text, '.', 2), SUM(shard_size)::bigint FROM citus_shards"
    " WHERE starts_with(table_name::text, %s) GROUP BY 1"
)
PLAIN_SIZES = (
    "SELECT c.relname, pg_total_relation_size(c.oid) FROM pg_class AS c"
    " JOIN pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname || '.' = %s"
    " AND c.relkind = 'r'"
)


class Posted(msgspec.Struct, frozen=True):
    """What a batch says happened."""

    accepted: int


class Servers:
    """All servers of the cluster, or the one."""

    def __init__(self, address: Address) -> None:
        self.address = address
        first = psycopg.connect(address.conninfo, autocommit=True)
        self.on_cluster = bool(
            first.execute("SELECT 1 FROM pg_extension WHERE extname = 'citus'").fetchone()
        )
        self.first = first
        self.conns = [first]
        if self.on_cluster:
            nodes = first.execute(FIND_NODES).fetchall()
            self.conns = [
                psycopg.connect(address.at(*node).conninfo, autocommit=True) for node in nodes
            ]

    def wal_bytes(self) -> int:
        """How much the servers have written to their logs so far."""
        query = "SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint"
        return sum(conn.execute(query).fetchone()[0] for conn in self.conns)

    def cpu_s(self) -> float:
        """What their processes have used so far, dead ones included."""
        postmasters = {_stat(conn.info.backend_pid)[1] for conn in self.conns}
        ticks = 0
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                pid, parent, own, dead = _stat(int(folder.name))
            except OSError:
                continue
            ticks += own + dead if pid in postmasters else own if parent in postmasters else 0
        return ticks / TICKS

    def sizes(self) -> dict[str, int]:
        """Bytes of each table with its indexes."""
        query = SIZES if self.on_cluster else PLAIN_SIZES
        return dict(self.first.execute(query, (f"{self.address.schema}.",)).fetchall())


def _stat(pid: int) -> tuple[int, int, int, int]:
    """A process: its id, its parent's, ticks of its own, and of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return pid, int(fields[1]), int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])


class Meter:
    """What a load has cost between its beginning and its end."""

    def __init__(self, servers: Servers) -> None:
        self.servers = servers
        self.sizes = servers.sizes()
        self.wal, self.server_s = servers.wal_bytes(), servers.cpu_s()
        self.own_s, self.began = time.process_time(), time.perf_counter()

    def figures(self, name: str, count: int) -> dict[str, Any]:
        took = time.perf_counter() - self.began
        own_s = time.process_time() - self.own_s
        server_s = self.servers.cpu_s() - self.server_s
        grown = {t: size - self.sizes.get(t, 0) for t, size in self.servers.sizes().items()}
        found = {
            "per_s": round(count / took),
            "writer_cpu_us": round(own_s / count * 1e6, 2),
            "server_cpu_us": round(server_s / count * 1e6, 2),
            "wal_bytes": round((self.servers.wal_bytes() - self.wal) / count, 1),
            "bytes": round(sum(grown.values()) / count, 1),
        }
        found |= {f"bytes_{t}": round(b / count, 1) for t, b in sorted(grown.items()) if b > count}
        return {f"{name}_{key}": value for key, value in found.items()}


def fill(home: Home[Tx]) -> list[MemberId]:
    """People with money."""
    home.run(wallet.set_up, wallet.SetUp())
    news = [Call(onboard, NewMember(f"p{n}", tier=Tier.III)) for n in range(MEMBERS)]
    people = [end.result() for end in home.run_many(news)]
    bank = home.read(wallet.house).reserve
    requests = np.zeros(MEMBERS, dtype=TRANSFER_REQUEST)
    requests["debit"], requests["credit"] = bank, [person.account for person in people]
    requests["amount"], requests["code"] = 100_000, 100
    refusals = home.run(lambda tx, _: set(tx.post_batch(requests)["refusal"]), None)
    assert refusals == {0}, refusals
    return [person.id for person in people]


def wallet_calls(rng: np.random.Generator, people: list[MemberId], first: int, count: int) -> list:
    pairs = rng.permuted(np.tile(np.arange(len(people)), (count, 1)), axis=1)[:, :2]
    return [
        Call(
            wallet.transfer,
            wallet.TransferMoney(people[a], people[b], Money(1, "CNY"), note="tea"),
            f"key-{first + n}",
        )
        for n, (a, b) in enumerate(pairs)
    ]


def timed(work: Callable[[int], None], rounds: int) -> list[float]:
    took = []
    for n in range(rounds):
        began = time.perf_counter()
        work(n)
        took.append(time.perf_counter() - began)
    return took


def small_statements(home: Home[Tx]) -> dict[str, float]:
    """One statement by its key, there and back, outside of everything."""
    sql, query = home.sql, "SELECT generation FROM writer_fence WHERE book = ?"
    took = timed(lambda _: sql.row(query, (1,)), STATEMENTS)
    return {"select_p50_ms": percentile_ms(took, 0.5), "select_p99_ms": percentile_ms(took, 0.99)}


def wallet_load(home: Home[Tx], servers: Servers, args: argparse.Namespace) -> dict[str, Any]:
    rng = np.random.default_rng(7)
    people = fill(home)
    done, figures = 0, {}
    for name, group, rounds in (("single", 1, args.singles), ("group", args.group, args.groups)):
        drawn = wallet_calls(rng, people, done, group * rounds)
        done += len(drawn)
        meter = Meter(servers)
        took = []
        for start in range(0, len(drawn), group):
            began = time.perf_counter()
            for end in home.run_many(drawn[start : start + group], stretch=16):
                end.result()
            took.append(time.perf_counter() - began)
        figures |= meter.figures(name, len(drawn))
        figures |= {f"{name}_commit_p50_ms": percentile_ms(took, 0.5)}
        figures |= {f"{name}_commit_p99_ms": percentile_ms(took, 0.99)}
    return figures


def ledger_load(home: Home[Tx], servers: Servers, batches: int) -> dict[str, Any]:
    """Batches as `benchmarks/ledger.py` has them, each with one row: an event."""

    def accounts(tx: Tx, _: None) -> range:
        tx.define_unit(CNY + 1_000, "XXB", 2)
        return tx.open_accounts(CNY + 1_000, 2010, LEDGER_ACCOUNTS)

    numbers = home.run(accounts, None)
    rng = np.random.default_rng(8)

    def post(tx: Tx, requests: np.ndarray) -> None:
        accepted = int((tx.post_batch(requests)["refusal"] == 0).sum())
        tx.emit("bench.posted", tx.new_id(), Posted(accepted))

    drawn = []
    for _ in range(batches):
        requests = draw(rng, LEDGER_ACCOUNTS)
        requests["debit"] += numbers[0] - 2
        requests["credit"] += numbers[0] - 2
        drawn.append(requests)
    home.run(post, drawn[0])
    meter = Meter(servers)
    for requests in drawn:
        home.run(post, requests)
    return meter.figures("batch", batches * BATCH)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--home", required=True, help="postgresql://... with `bench` in its schema")
    parser.add_argument("--through", action="store_true", help="through the address's server")
    parser.add_argument("--singles", type=int, default=2_000)
    parser.add_argument("--group", type=int, default=256)
    parser.add_argument("--groups", type=int, default=100)
    parser.add_argument("--batches", type=int, default=200)
    args = parser.parse_args()
    place = str(fresh(args.home))
    if args.through:
        cluster_store.find_book = lambda *_: None
    servers = Servers(Address.parse(place))
    way = "through the coordinator" if args.through else "straight"
    figures: dict[str, Any] = {"way": way if servers.on_cluster else "a plain server"}
    with open_home(place) as home:
        figures |= small_statements(home)
        figures |= wallet_load(home, servers, args)
        figures |= ledger_load(home, servers, args.batches)
    say(figures)


if __name__ == "__main__":
    main()

"""Where a benchmark keeps its home: a directory, the address of a PostgreSQL database, or `start`.

`start` makes a server of the benchmark's own: Debian's programs, durable as it comes, on a private
socket, gone with all its files at the end.
"""

from __future__ import annotations

import atexit
import shutil
import sys
from pathlib import Path

import psycopg

from compare.postgresql_server import PostgresServer
from venule.kit.home import Home
from venule.kit.ids import SystemIds
from venule.kit.migrate import Migrations
from venule.kit.pg.address import Address
from venule.kit.place import is_address
from venule.kit.time import SystemClock
from venule.ledger import MIGRATIONS, Book, Tx

CACHE_MIB = 1_024
SCHEMA = "venule_bench"
START = "start"

HOME_HELP = "a directory, postgresql://... with `bench` in its schema, or `start`"

SQLITE = "SQLite WAL, synchronous=FULL"
POSTGRESQL = "PostgreSQL, fsync and synchronous_commit on"


def place_of(asked: str) -> Path | str:
    """Return the place that `--home` names; make its parent, or start its server."""
    if asked == START:
        server = start_server()
        atexit.register(server.stop)
        return address_of(server)
    if is_address(asked):
        return asked
    Path(asked).parent.mkdir(parents=True, exist_ok=True)
    return Path(asked)


def start_server(**settings: str) -> PostgresServer:
    """A fresh server; whoever starts it stops it."""
    return PostgresServer(Path("build/bench-postgresql"), CACHE_MIB, **settings)


def address_of(server: PostgresServer) -> str:
    """A home in its database, over its socket."""
    socket = str(server.socket).replace("/", "%2F")
    return f"postgresql://postgres@{socket}/postgres?schema={SCHEMA}"


def fresh(place: Path | str) -> Path | str:
    """Make sure that nothing is left of an earlier run of this benchmark."""
    if isinstance(place, str):
        address = Address.parse(place)
        if "bench" not in address.schema:
            sys.exit(f"{address.shown}: name a schema with `bench` in it: it is dropped")
        with psycopg.connect(address.conninfo, autocommit=True) as conn:
            conn.execute(f"DROP SCHEMA IF EXISTS {address.schema} CASCADE".encode())
        return place
    if place.exists():
        if not (place / "venule.json").exists():
            sys.exit(f"{place} exists and is no home of ours: name another one with --home")
        shutil.rmtree(place)
    return place


def open_home(place: Path | str, *more: Migrations) -> Home[Tx]:
    """A home with a ledger; no seal, so that closing costs what a server's restart would."""
    clock = SystemClock()
    return Home.open(
        place,
        clock=clock,
        ids=SystemIds(clock),
        migrations=[MIGRATIONS, *more],
        participant=Book,
        tx=Tx,
        seal_max_bytes=0,
    )


def home_bytes(place: Path | str) -> int:
    """Bytes on disk of a home; of a database its tables and indexes, not its log."""
    if isinstance(place, Path):
        return sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
    address = Address.parse(place)
    query = (
        "SELECT COALESCE(SUM(pg_total_relation_size(c.oid)), 0) FROM pg_class AS c"
        " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relkind = 'r'"
    )
    with psycopg.connect(address.conninfo) as conn:
        row = conn.execute(query, (address.schema,)).fetchone()
    assert row is not None
    return int(row[0])


def durable(place: Path | str) -> str:
    """What a commit has waited for."""
    return SQLITE if isinstance(place, Path) else POSTGRESQL

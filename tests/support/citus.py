"""A Citus cluster for tests: one that is there, or a coordinator and two workers of the tests' own.

`VENULE_CITUS_DSN` is the coordinator's address, with the workers registered, of a user who may make
schemas and move them; or `start`: then real servers are started on this machine, from the programs
of a PostgreSQL that has the extension beside it, as the packages of its makers install it.
"""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import Any, Final, NamedTuple

import psycopg

from support.postgres import DATABASE, PASSWORD, USER, NoServer, PostgresServer
from venule.kit.pg.address import Address

WORKERS: Final = 2
SETTINGS: Final = {
    "shared_preload_libraries": "citus",
    "citus.node_conninfo": "sslmode=prefer",
    "wal_level": "logical",  # a book is moved by logical replication
    "max_connections": "100",
    "max_prepared_transactions": "100",
    "max_worker_processes": "24",
    "shared_buffers": "48MB",
    "max_wal_size": "1GB",
}


class Node(NamedTuple):
    host: str
    port: int


def find_citus() -> Path | None:
    """Return the folder of programs of a PostgreSQL that has the extension, the newest first."""
    named = os.environ.get("VENULE_POSTGRES_BIN")
    folders = [Path(named)] if named else []
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    folders += sorted(debian, key=lambda path: int(path.parts[-2]), reverse=True)
    return next((folder for folder in folders if _has_extension(folder)), None)


def _has_extension(programs: Path) -> bool:
    config = programs / "pg_config"
    if not config.exists():
        return False
    said = subprocess.run([config, "--sharedir"], capture_output=True, text=True)
    return (Path(said.stdout.strip()) / "extension" / "citus.control").is_file()


class Cluster:
    """A cluster, by the address of its coordinator."""

    def __init__(self, address: str) -> None:
        self.base = address.partition("?")[0]
        self._names = count(1)
        self._run = os.urandom(3).hex()
        self._schemas: list[str] = []

    def address(self, schema: str = "") -> str:
        """Return the address of a home, as `PostgresServer.address`; it is dropped at the end."""
        schema = schema or f"home_{self._run}_{next(self._names)}"
        self._schemas.append(schema)
        return f"{self.base}?schema={schema}"

    def connect(self, node: Node | None = None) -> psycopg.Connection[Any]:
        """Connect to a node, or to the coordinator, in no schema."""
        address = Address.parse(self.base)
        if node is not None:
            address = address.at(*node)
        return psycopg.connect(address.conninfo, autocommit=True)

    def rows(self, statement: str, *values: Any, node: Node | None = None) -> list[Any]:
        with self.connect(node) as conn:
            cursor = conn.execute(statement.encode(), values or None)
            return cursor.fetchall() if cursor.description else []

    @property
    def workers(self) -> list[Node]:
        rows = self.rows(
            "SELECT nodename, nodeport FROM pg_dist_node"
            " WHERE groupid <> 0 AND shouldhaveshards AND isactive ORDER BY nodeid"
        )
        return [Node(*row) for row in rows]

    def node_of(self, address: str) -> Node:
        """Return where a book is."""
        rows = self.rows(
            "SELECT DISTINCT nodename, nodeport FROM citus_shards"
            " WHERE citus_table_type = 'schema' AND starts_with(table_name::text, %s)",
            f"{Address.parse(address).schema}.",
        )
        assert 1 == len(rows), rows
        return Node(*rows[0])

    def move(self, address: str, node: Node) -> None:
        """Move a book to another node."""
        schema = Address.parse(address).schema
        self.rows("SELECT citus_schema_move(%s::regnamespace, %s, %s)", schema, *node)

    def move_away(self, address: str) -> Node:
        """Move a book to a node where it is not; return which."""
        there = next(node for node in self.workers if node != self.node_of(address))
        self.move(address, there)
        return there

    def moving(self, address: str, node: Node) -> threading.Thread:
        """Move a book in a thread; whether it succeeds or not is not told."""

        def move() -> None:
            with suppress(psycopg.Error):
                self.move(address, node)

        thread = threading.Thread(target=move)
        thread.start()
        return thread

    def drop_all(self) -> None:
        """Drop what the tests have made."""
        with self.connect() as conn:
            for schema in self._schemas:
                conn.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE".encode())


class OwnCluster(Cluster):
    """A cluster of real servers on this machine: started by `start`, gone after `remove`."""

    def __init__(self, *, workers: int = WORKERS, durable: bool = False, **settings: str) -> None:
        programs = find_citus()
        if programs is None:
            raise NoServer("needs a PostgreSQL with the extension citus, as its makers package it")
        self.servers: list[PostgresServer] = []
        try:
            for _ in range(1 + workers):
                options = {**SETTINGS, **settings}
                self.servers.append(PostgresServer(durable=durable, programs=programs, **options))
        except BaseException:
            self.remove()
            raise
        port = self.servers[0].port
        super().__init__(f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{port}/{DATABASE}")

    def start(self) -> None:
        """Start the nodes and make them one cluster."""
        for server in self.servers:
            server.start()
            with self.connect(Node("127.0.0.1", server.port)) as conn:
                conn.execute("CREATE EXTENSION citus")
                conn.execute(
                    "INSERT INTO pg_dist_authinfo (nodeid, rolename, authinfo) VALUES (0, %s, %s)",
                    (USER, f"password={PASSWORD}"),
                )
        with self.connect() as conn:
            conn.execute(
                "SELECT citus_set_coordinator_host('127.0.0.1', %s)", (self.servers[0].port,)
            )
            for worker in self.servers[1:]:
                conn.execute("SELECT citus_add_node('127.0.0.1', %s)", (worker.port,))

    def server_at(self, node: Node) -> PostgresServer:
        return next(server for server in self.servers if server.port == node.port)

    def remove(self) -> None:
        """Stop all nodes and leave nothing."""
        for server in self.servers:
            server.remove()


def missing() -> str:
    """Return why there is no cluster to test with; empty: there is one."""
    named = os.environ.get("VENULE_CITUS_DSN", "")
    if not named:
        return "set VENULE_CITUS_DSN to a coordinator's address, or to `start` (`make cluster`)"
    if named == "start" and find_citus() is None:
        return "needs a PostgreSQL with the extension citus, as its makers package it"
    return ""


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Give the cluster that the environment names."""
    named = os.environ["VENULE_CITUS_DSN"]
    if named != "start":
        cluster = Cluster(named)
        yield cluster
        cluster.drop_all()
        return
    own = OwnCluster()
    try:
        own.start()
        yield own
    finally:
        own.remove()

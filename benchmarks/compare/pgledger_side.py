"""PostgreSQL with a ledger in the style of pgledger (`pgledger.sql`), as fast as we could make it.

A batch is one call of one function in one transaction, prepared, with its arrays in binary form;
several connections can work at once, but batches of this size always share accounts, so that one
waits for the locks of the other and then finds every row changed: one connection has been fastest.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any, Final

import numpy as np
import psycopg
from postgresql_server import PostgresServer
from processes import with_children
from psycopg.adapt import Dumper
from psycopg.pq import Format
from side import Poster
from workload import BANK, FIRST_WALLET, Array, Batch, Workload

SCHEMA: Final = "venule_compare"
CURRENCY: Final = 156
IN_FLIGHT: Final = 1
_INT8_OID: Final = 20
_INT8_ARRAY_OID: Final = 1016
_UUID_OID: Final = 2950
_UUID_ARRAY_OID: Final = 2951
_ITEM: Final = {
    _INT8_OID: np.dtype([("size", ">i4"), ("value", ">i8")]),
    _UUID_OID: np.dtype([("size", ">i4"), ("value", "V16")]),
}
POST: Final = "SELECT post_transfers(%b, %b, %b, %b, %b::smallint)"


class _Bigints(bytes):
    """A bigint[] in PostgreSQL's binary form."""


class _Uuids(bytes):
    """A uuid[] in PostgreSQL's binary form."""


class _AsIs(Dumper):
    format = Format.BINARY

    def dump(self, obj: bytes) -> bytes:
        return obj


class _BigintsDumper(_AsIs):
    oid = _INT8_ARRAY_OID


class _UuidsDumper(_AsIs):
    oid = _UUID_ARRAY_OID


def _array(oid: int, values: Array) -> bytes:
    """Return a one-dimensional array in PostgreSQL's binary form (array_send)."""
    items = np.empty(len(values), dtype=_ITEM[oid])
    items["size"] = items.dtype["value"].itemsize
    items["value"] = values
    return np.array([1, 0, oid, len(values), 1], dtype=">i4").tobytes() + items.tobytes()


class PgledgerSide:
    durable = "batch in one transaction: WAL flushed (fsync and synchronous_commit on), no standby"

    def __init__(self, dsn: str, server: PostgresServer | None, in_flight: int) -> None:
        self.server = server
        self.in_flight = in_flight
        self._dsn = dsn
        self._connections: list[psycopg.Connection[Any]] = []
        self._main = self._connect()
        self._postmaster = self._find()
        self.version = f"PostgreSQL {self._row('SHOW server_version')[0].split()[0]}"

    def _connect(self) -> psycopg.Connection[Any]:
        connection = psycopg.connect(
            self._dsn, autocommit=True, options=f"-c search_path={SCHEMA} -c client_encoding=UTF8"
        )
        connection.adapters.register_dumper(_Bigints, _BigintsDumper)
        connection.adapters.register_dumper(_Uuids, _UuidsDumper)
        self._connections.append(connection)
        return connection

    def _find(self) -> int | None:
        """Return the server's first process if it runs on this machine."""
        pid, remote = self._row(
            "SELECT pg_backend_pid(), coalesce(host(inet_server_addr()), '') <> '127.0.0.1'"
            " AND inet_server_addr() IS NOT NULL"
        )
        backend = Path(f"/proc/{pid}")
        if remote or not backend.exists() or "postgres" not in (backend / "comm").read_text():
            return None
        return int((backend / "stat").read_text().rsplit(")", 1)[1].split()[1])

    def _row(self, query: Any, *parameters: object) -> tuple[Any, ...]:
        row = self._main.execute(query, parameters).fetchone()
        assert row is not None
        return row

    def prepare(self, workload: Workload) -> None:
        run = self._main.execute
        run(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        run(f"CREATE SCHEMA {SCHEMA}")
        run((Path(__file__).parent / "pgledger.sql").read_text())
        run(
            "INSERT INTO account (id, currency, allow_negative_balance, created_at, updated_at)"
            " SELECT n, %s, n = %s::bigint, now(), now()"
            " FROM generate_series(%s::bigint, %s::bigint) AS n",
            (CURRENCY, BANK, BANK, workload.wallets + 1),
        )
        give = self._post_with(self._main)
        for batch in workload.funding():
            assert len(give(batch)) == 0
        run("VACUUM ANALYZE")
        run("CHECKPOINT")

    def poster(self) -> Poster:
        return self._post_with(self._connect())

    def _post_with(self, connection: psycopg.Connection[Any]) -> Poster:
        def post(batch: Batch) -> Array:
            parameters = (
                _Uuids(_array(_UUID_OID, batch.id_bytes.view("V16")[:, 0])),
                _Bigints(_array(_INT8_OID, batch.debit)),
                _Bigints(_array(_INT8_OID, batch.credit)),
                _Bigints(_array(_INT8_OID, batch.amount)),
                batch.code,
            )
            [[refused]] = connection.execute(POST, parameters, prepare=True, binary=True)
            return np.array(refused, dtype=np.int64) - 1

        return post

    def settle(self) -> None:
        self._main.execute("CHECKPOINT")

    def balances(self, wallets: int) -> Array:
        rows = self._main.execute(
            "SELECT balance FROM account WHERE id >= %s ORDER BY id", (FIRST_WALLET,), binary=True
        )
        return np.fromiter((row[0] for row in rows), dtype=np.int64, count=wallets)

    def history(self, account: int) -> tuple[int, int]:
        lines, version = self._row(
            "SELECT count(*), max(version) FROM entry WHERE account = %s", account
        )
        assert lines == version, (account, lines, version)
        [balance] = self._row(
            "SELECT current_balance FROM entry WHERE account = %s AND version = %s",
            account,
            version,
        )
        return lines, balance

    def disk_bytes(self) -> int:
        [size] = self._row(
            "SELECT sum(pg_total_relation_size(c.oid))::bigint FROM pg_class AS c"
            " JOIN pg_namespace AS n ON n.oid = c.relnamespace"
            " WHERE n.nspname = %s AND c.relkind = 'r'",
            SCHEMA,
        )
        return int(size)

    def server_pids(self) -> list[int] | None:
        return None if self._postmaster is None else with_children(self._postmaster)

    def close(self) -> None:
        if self.server is None:
            self._main.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE")
        for connection in self._connections:
            connection.close()
        if self.server is not None:
            self.server.stop()


def make(args: argparse.Namespace) -> PgledgerSide:
    """Return the side; the target is a DSN, or `start` for a server of its own."""
    server = PostgresServer(args.folder, args.cache_mib) if args.target == "start" else None
    dsn = args.target if server is None else server.dsn
    return PgledgerSide(dsn, server, args.in_flight or IN_FLIGHT)

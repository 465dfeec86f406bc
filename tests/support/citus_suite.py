"""Run tests that were written for one PostgreSQL server on a cluster.

`VENULE_SUITE_ON_CITUS=1 pytest tests/ledger ...`: then the fixture `postgres` is the coordinator of
a cluster, every home of the tests is a schema of its own on one of its nodes, and tables that a
test makes in the middle of a command are made where tables are made.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from re import IGNORECASE
from re import compile as pattern
from typing import Any

import pytest

import support.postgres
from support.citus import OwnCluster
from support.postgres import PASSWORD, PostgresServer
from venule.kit.pg import store
from venule.kit.pg.address import Address
from venule.kit.pg.cluster import building, connect_home
from venule.kit.pg.cluster_store import BuildingSql, find_coordinator
from venule.kit.pg.connecting import make_schema
from venule.kit.pg.sql import PostgresSql

MAKES_TABLES = pattern(r"\s*(?:--[^\n]*\s*)*(CREATE|ALTER|DROP) ", IGNORECASE)


@contextmanager
def coordinator() -> Iterator[PostgresServer]:
    """Give the coordinator of a running cluster, with the face of a single server."""
    cluster = OwnCluster()
    try:
        cluster.start()
        server = cluster.servers[0]
        server.address = partial(server.address, tcp=True)  # type: ignore[method-assign]
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(support.postgres, "connect", _connect_placed)
            _make_tables_anywhere(patch)
            yield server
    finally:
        cluster.remove()


def _connect_placed(address: Address, *, readonly: bool = False) -> PostgresSql:
    """Connect to the node of a schema, which is given one first."""
    sql = connect_home(address, readonly=readonly)
    if not readonly and sql.row(store.HAS_SCHEMA, (address.schema,)) is None:
        with building(sql, address) as builder:
            make_schema(builder, address)
            builder.run("CREATE TABLE placed (id BIGINT PRIMARY KEY)")
        sql.close()
        sql = connect_home(address)
    return sql


def _make_tables_anywhere(patch: pytest.MonkeyPatch) -> None:
    """Let a test make tables over any connection: they are made at once, and stay."""
    run = PostgresSql.run

    def run_anywhere(self: PostgresSql, sql: str, params: Sequence[Any] = ()) -> int:
        if (
            not (self.on_cluster and MAKES_TABLES.match(sql))
            or isinstance(self, BuildingSql)
            or find_coordinator(self) is None
        ):
            return run(self, sql, params)
        info = self.conn.info
        schema = (self.row("SELECT CURRENT_SCHEMA()") or ("",))[0]
        address = Address.parse(
            f"postgresql://{info.user}:{PASSWORD}@{info.host}:{info.port}/{info.dbname}"
            f"?schema={schema}"
        )
        with building(self, address) as builder:
            builder.begin()
            builder.run(sql)
            builder.commit()
        return -1

    patch.setattr(PostgresSql, "run", run_anywhere)

"""Find the node of a Citus cluster that holds a book, and connect to it.

A book is a schema, and a schema is a unit that Citus keeps on one node and moves as a whole. The
address of a home names any node, the coordinator first. Whoever reads or writes a book connects
straight to its node: there a group is an ordinary transaction of one server, with its one flush,
its one state for a reader, and a commit whose answer says what has become of it. Over another node
none of this holds.

When a book is moved, connections to its old node go on to work, over the new one. So every look
and every group asks first, or last, whether the book is still here; if it is not, the connection is
as good as lost, and the next one goes to where it is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from venule.kit.pg import cluster_store
from venule.kit.pg.address import Address
from venule.kit.pg.cluster_store import BuildingSql
from venule.kit.pg.connecting import connect
from venule.kit.pg.errors import DatabaseUnreachable
from venule.kit.pg.sql import PostgresSql

HOPS_MAX: Final = 3
"""So often is a book looked for that has moved on each time."""


def connect_home(address: Address, *, readonly: bool = False) -> PostgresSql:
    """Connect to the server that holds a home's tables: that of the address, or a node it names.

    A schema that is none of the cluster's, or has no tables yet, is at the coordinator.
    Raises: what `connect` does.
    """
    sql = connect(address, readonly=readonly)
    if not sql.on_cluster:
        return sql
    for _ in range(HOPS_MAX):
        try:
            found = cluster_store.find_book(sql, address.schema)
            if found is None:
                place = cluster_store.find_coordinator(sql)
                if place is None:
                    return sql
            elif found.here:
                cluster_store.stay_here(sql, found.shard)
                return sql
            else:
                place = found.host, found.port
        except BaseException:
            sql.close()
            raise
        sql.close()
        sql = connect(address.at(*place), readonly=readonly)
    sql.close()
    raise DatabaseUnreachable(address.shown, "a book that each node says is on another one")


def share_tables(place: str, tables: Iterable[str]) -> None:
    """Let tables of a home be on every node of its cluster: what all read and few change.

    The home itself is kept by the coordinator from now on. A change of such a table waits for all
    nodes, and fails while one is down. No cluster: nothing happens. Again is harmless.
    Raises: what `connect` does.
    """
    address = Address.parse(place)
    sql = connect_home(address)
    try:
        if sql.on_cluster:
            with building(sql, address) as builder:
                cluster_store.share(builder, address.schema, tables)
    finally:
        sql.close()


@contextmanager
def building(sql: PostgresSql, address: Address) -> Iterator[PostgresSql]:
    """Yield the connection over which tables are made: of a cluster, one to its coordinator.

    sql: a connection to any server of the home.
    """
    if not sql.on_cluster:
        yield sql
        return
    here = sql.conn.info.host, sql.conn.info.port
    place = cluster_store.find_coordinator(sql) or here
    builder = connect(address.at(*place), kind=BuildingSql)
    try:
        yield builder
    finally:
        builder.close()

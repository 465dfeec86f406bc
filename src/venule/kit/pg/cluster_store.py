"""Every SQL statement about a Citus cluster: where a book is, and how its tables are made.

Citus keeps its catalog on every node, so that each of them can say where a book is; only the
coordinator (group 0) makes and changes tables.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from re import compile as pattern
from typing import Any, Final, NamedTuple

import psycopg

from venule.kit.errors import HomeError
from venule.kit.pg.sql import PostgresSql
from venule.kit.pg.store import ELSEWHERE
from venule.kit.sqlite import Params

VERSION_MIN: Final = 12
"""The first release that keeps a schema together on one node."""

_FIND_BOOK: Final = (
    "SELECT n.nodename, n.nodeport, p.shardid, CASE WHEN p.groupid = l.groupid THEN 1 ELSE 0 END"
    " FROM pg_catalog.pg_dist_schema AS s"
    " JOIN pg_catalog.pg_namespace AS x ON x.oid = s.schemaid"
    " JOIN pg_catalog.pg_dist_partition AS t ON t.colocationid = s.colocationid"
    " JOIN pg_catalog.pg_dist_shard AS d ON d.logicalrelid = t.logicalrelid"
    " JOIN pg_catalog.pg_dist_placement AS p ON p.shardid = d.shardid"
    " JOIN pg_catalog.pg_dist_node AS n ON n.groupid = p.groupid AND n.noderole = 'primary'"
    " CROSS JOIN pg_catalog.pg_dist_local_group AS l"
    " WHERE x.nspname = ? ORDER BY p.shardid LIMIT 1"
)
_FIND_COORDINATOR: Final = (
    "SELECT n.nodename, n.nodeport, CASE WHEN l.groupid = 0 THEN 1 ELSE 0 END"
    " FROM pg_catalog.pg_dist_local_group AS l LEFT JOIN pg_catalog.pg_dist_node AS n"
    " ON n.groupid = 0 AND n.noderole = 'primary'"
)
_IS_HERE: Final = (
    "SELECT CAST(CASE WHEN EXISTS (SELECT 1 FROM pg_catalog.pg_dist_placement AS p"  # noqa: S608  a constant
    " JOIN pg_catalog.pg_dist_local_group AS l ON l.groupid = p.groupid WHERE p.shardid = ?)"
    f" THEN '1' ELSE '{ELSEWHERE}' END AS INTEGER)"
)

_OF_ITS_OWN: Final = "SELECT set_config('citus.enable_schema_based_sharding', 'on', FALSE)"
_PROPAGATE: Final = "SELECT set_config('citus.enable_ddl_propagation', ?, TRUE)"

_TAKE_APART: Final = (
    "SELECT citus_schema_undistribute(s.schemaid) FROM pg_catalog.pg_dist_schema AS s"
    " JOIN pg_catalog.pg_namespace AS x ON x.oid = s.schemaid WHERE x.nspname = ?"
)
_IS_SHARED: Final = (
    "SELECT 1 FROM pg_catalog.pg_dist_partition"
    " WHERE logicalrelid = CAST(? AS REGCLASS) AND partmethod = 'n' AND repmodel = 't'"
)
_SHARE: Final = "SELECT create_reference_table(CAST(? AS REGCLASS))"

_SET_STORAGE: Final = pattern(
    r"(?:--[^\n]*\s*)*ALTER TABLE (\w+) (ALTER COLUMN \w+ SET STORAGE \w+)\s*;?"
)
_TELL_SHARDS: Final = (
    "SELECT shardid, result FROM run_command_on_shards(CAST(? AS REGCLASS), ?) WHERE NOT success"
)


def share(sql: PostgresSql, schema: str, tables: Iterable[str]) -> None:
    """Copy tables of a schema to every node; the others stay at the coordinator, where this is."""
    sql.row(_TAKE_APART, (schema,))
    for table in tables:
        if sql.row(_IS_SHARED, (table,)) is None:
            sql.row(_SHARE, (table,))


@dataclass(eq=False)
class ShardRefused(HomeError):
    """A node did not take a change of a table that the coordinator has taken."""

    path: str
    shard: int
    seen: str
    slug = "shard-refused"

    @property
    def message(self) -> str:
        return (
            f"{self.path}: expected shard {self.shard} to change with its table, seen {self.seen}"
        )


class Found(NamedTuple):
    """Where a book is. shard: by which it is found again, on whatever node. here: on this one."""

    host: str
    port: int
    shard: int
    here: bool


def find_book(sql: PostgresSql, schema: str) -> Found | None:
    """Return where the tables of a schema are; None: they are not of the cluster, or not made."""
    row = sql.row(_FIND_BOOK, (schema,))
    return None if row is None else Found(row[0], row[1], row[2], bool(row[3]))


def find_coordinator(sql: PostgresSql) -> tuple[str, int] | None:
    """Return where tables are made; None: on this node, or nobody knows."""
    row = sql.row(_FIND_COORDINATOR)
    return None if row is None or row[2] or row[0] is None else (row[0], row[1])


def stay_here(sql: PostgresSql, shard: int) -> None:
    """Let every look and every group fail, from now on, that does not find the shard here."""
    sql.pin(_IS_HERE, (shard,))


def keep_schemas_together(sql: PostgresSql) -> None:
    """Let a schema made in this session be a unit of the cluster, on one node."""
    sql.row(_OF_ITS_OWN)


class BuildingSql(PostgresSql):
    """A connection to the coordinator, over which tables are made and changed.

    Citus passes on all that migrations say but how a column is stored: that is told to the shell of
    the table here, from which every copy is made when a book is moved, and to the one shard itself
    when the transaction is over.
    """

    __slots__ = ("_to_shards",)

    def __init__(
        self,
        conn: psycopg.Connection[Any],
        path: str,
        *,
        readonly: bool = False,
        folder: Path | None = None,
    ) -> None:
        super().__init__(conn, path, readonly=readonly, folder=folder)
        self._to_shards: list[tuple[str, str]] = []

    def run(self, sql: str, params: Params = ()) -> int:
        """Execute a statement, as `PostgresSql.run`."""
        storage = _SET_STORAGE.fullmatch(sql.strip())
        if storage is None:
            return super().run(sql, params)
        self.row(_PROPAGATE, ("off",))  # until the end of the transaction, if it fails
        changed = super().run(sql, params)
        self.row(_PROPAGATE, ("on",))
        table, change = storage.groups()
        self._to_shards.append((table, f"ALTER TABLE %s {change}"))
        return changed

    def commit(self) -> None:
        """Make the transaction durable; then tell the shards."""
        super().commit()
        to_shards, self._to_shards = self._to_shards, []
        for told in to_shards:
            for shard, said in self.rows(_TELL_SHARDS, told):
                raise ShardRefused(self.path, shard, said)

    def rollback(self) -> None:
        """Undo the transaction, if the connection has not undone it."""
        self._to_shards.clear()
        super().rollback()

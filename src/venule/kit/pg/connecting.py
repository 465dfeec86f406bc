"""Connect to the database of a home, and refuse one that the books cannot rely on."""

from __future__ import annotations

from logging import getLogger
from typing import Final

import psycopg

from venule.kit.pg import cluster_store, store
from venule.kit.pg.address import Address
from venule.kit.pg.errors import DatabaseUnsuitable, translate_refusal
from venule.kit.pg.sql import PostgresSql

_log: Final = getLogger("venule.home")


def connect(
    address: Address, *, readonly: bool = False, kind: type[PostgresSql] = PostgresSql
) -> PostgresSql:
    """Connect to the schema of a home, which need not be there yet, at the server of the address.

    See `cluster.connect_home` for where its tables are.
    Raises: DatabaseUnreachable, DatabaseBusy, DatabaseRefused, NotAHome (no such database),
    DatabaseUnsuitable.
    """
    try:
        conn = psycopg.Connection.connect(address.conninfo, autocommit=True)
    except psycopg.Error as error:
        raise translate_refusal(address.shown, error, address.password) from None
    sql = kind(conn, address.shown, readonly=readonly, folder=address.folder)
    try:
        settings = {**store.SETTINGS, "search_path": address.schema}
        settings |= store.READER_SETTINGS if readonly else store.WRITER_SETTINGS
        _check_database(sql, warn=not readonly)
        sql.many(store.SET, list(settings.items()))
    except BaseException:
        sql.close()
        raise
    return sql


def make_schema(sql: PostgresSql, address: Address) -> None:
    """Make the home's schema if it is not there; on a cluster, as a unit.

    No transaction is open.
    """
    if sql.row(store.HAS_SCHEMA, (address.schema,)) is None:
        if sql.on_cluster:
            cluster_store.keep_schemas_together(sql)
        sql.run(store.create_schema(address.schema))


def _check_database(sql: PostgresSql, *, warn: bool) -> None:
    """Refuse what the books cannot rely on. Raises: DatabaseUnsuitable."""
    found = sql.row(store.LOOK)
    assert found is not None
    version, encoding, commit, fsync, pages, order, citus = found
    sql.on_cluster = citus != ""
    wishes = (
        ("version", int(version) >= store.VERSION_MIN, "15 or newer", version),
        ("server_encoding", encoding == "UTF8", "UTF8", encoding),
        ("synchronous_commit", commit != "off", "on", commit),
        ("full_page_writes", pages == "on" or fsync == "off", "on", pages),
        ("the order of text", order == "C", "of the C locale", f"{order} locale"),
        ("citus", _major(citus) >= cluster_store.VERSION_MIN, "12 or newer", citus),
    )
    for setting, holds, expected, seen in wishes:
        if not holds:
            raise DatabaseUnsuitable(sql.path, setting, expected, seen)
    if warn and fsync != "on":
        _log.warning(
            "%s: fsync is %s: what is committed may not outlast the machine", sql.path, fsync
        )


def _major(version: str) -> int:
    """Return the first number of a version; of none, one that will do."""
    return (
        int(version.partition(".")[0].partition("-")[0]) if version else cluster_store.VERSION_MIN
    )

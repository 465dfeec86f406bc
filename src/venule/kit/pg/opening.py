"""Open a PostgreSQL home: to read it, or as the one writer of a book."""

from __future__ import annotations

import psycopg

from venule.kit.errors import NotAHome
from venule.kit.moving_store import admit_reader
from venule.kit.pg import lease_store
from venule.kit.pg.address import Address
from venule.kit.pg.care import PostgresCare
from venule.kit.pg.cluster import building, connect_home
from venule.kit.pg.connecting import make_schema
from venule.kit.pg.lease import Lease, new_holder
from venule.kit.pg.sql import PostgresSql


def open_reader(place: str) -> PostgresSql:
    """Connect for reading.

    Raises: AddressMalformed, DatabaseUnreachable, DatabaseBusy, DatabaseRefused,
    DatabaseUnsuitable, NotAHome, HomeIncomplete.
    """
    address = Address.parse(place)
    sql = connect_home(address, readonly=True)
    try:
        admit_reader(sql)
        if not sql.has_table("schema_migration"):
            raise NotAHome(sql.path, f"no home in schema {address.schema}")
    except BaseException:
        sql.close()
        raise
    return sql


def find_endpoint(place: str, book: int | None) -> str | None:
    """Return where the writer of a book takes commands; None if it has not said so.

    book: None for the lowest that has had a writer.
    Raises: as `open_reader`, and ConnectionLost.
    """
    sql = open_reader(place)
    try:
        if book is None:
            book = lease_store.first_book(sql)
        seen = None if book is None else lease_store.select_lease(sql, book)
    except psycopg.errors.UndefinedTable:
        return None
    finally:
        sql.close()
    return None if seen is None or not seen.holder else seen.endpoint or None


def open_writer(
    place: str, book: int, *, endpoint: str = "", patience_us: int = 0
) -> tuple[PostgresSql, PostgresCare]:
    """Become the only writer of a book; make the home's schema if it is not there.

    endpoint: where this writer takes commands. patience_us: how long to wait for another's end.
    Raises: LeaseHeld; as `open_reader`, and HomeReadOnly if the user may not make the schema.
    """
    address = Address.parse(place)
    own = _connect_with_lease(address)
    try:
        lease = Lease.acquire(own, book, new_holder(), endpoint=endpoint, patience_us=patience_us)
    except BaseException:
        own.close()
        raise
    writer: PostgresSql | None = None
    try:
        writer = connect_home(address)
        lease.fence_off(writer)
    except BaseException:
        _release(lease, own, writer)
        raise
    return writer, PostgresCare(address, writer, lease)


def _connect_with_lease(address: Address) -> PostgresSql:
    """Connect to a home that has what a lease needs, if need be by making it."""
    own = connect_home(address)
    try:
        if own.has_table(lease_store.FENCE_TABLE):
            return own
        with building(own, address) as builder:
            make_schema(builder, address)
            lease_store.create_tables(builder)
        if builder is own:
            return own
    except BaseException:
        own.close()
        raise
    own.close()
    return connect_home(address)


def _release(lease: Lease, own: PostgresSql, writer: PostgresSql | None) -> None:
    if writer is not None:
        writer.close()
    try:
        if own.fatal is None:
            lease.release()
    except psycopg.Error:
        pass  # it ends by itself
    finally:
        own.close()

"""Tests that run on every kind of home: in files, and in a PostgreSQL database.

A test that takes `places` runs once a kind: `places("home")` is a directory, or the address of a
schema that nobody else has. What belongs to one kind by its nature (bytes of files, a write-ahead
log, seals, statements of one dialect) has tests of its own.
"""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from enum import Enum
from pathlib import Path

import psycopg
import pytest

from support.postgres import PostgresServer
from venule.kit.pg.address import Address
from venule.kit.sql import Sql
from venule.kit.sqlite import DATABASE_FILE

EMBEDDED, POSTGRESQL = "embedded", "postgresql"
KINDS = (EMBEDDED, pytest.param(POSTGRESQL, marks=pytest.mark.postgresql))
only_files = pytest.mark.parametrize("home_kind", [EMBEDDED], indirect=True)
"""For a test of what only files can do."""

OF_A_WRITER = ("writer_lease", "writer_fence")
"""Tables that say who writes: no part of what a command leaves."""

RULE_BROKEN = (sqlite3.IntegrityError, psycopg.IntegrityError)
"""What a database says of a row that it must not have."""

Place = Path | str


class Places:
    """Where the homes of one test lie. The same name is the same place."""

    def __init__(self, kind: str, folder: Path, server: PostgresServer | None) -> None:
        self.kind = kind
        self._folder = folder
        self._server = server
        self._known: dict[str, Place] = {}

    def __call__(self, name: str = "home") -> Place:
        if name not in self._known:
            place: Place = self._folder / name
            if self._server is not None:
                place = self._server.address(folder=str(self._folder / f"{name} files"))
            self._known[name] = place
        return self._known[name]

    def copy(self, place: Place, name: str) -> Place:
        """Copy a home that may be open: what a process killed at this moment would leave."""
        to = self(name)
        if self._server is None:
            shutil.copytree(place, to, ignore=shutil.ignore_patterns("lock"))
            return to
        old, new = Address.parse(str(place)), Address.parse(str(to))
        with self._server.connect() as conn:
            conn.execute(f"CREATE SCHEMA {new.schema}".encode())
            for table in _tables(conn, old.schema):
                source, target = f"{old.schema}.{table}", f"{new.schema}.{table}"
                conn.execute(f"CREATE TABLE {target} (LIKE {source} INCLUDING ALL)".encode())
                conn.execute(f"INSERT INTO {target} SELECT * FROM {source}".encode())
        if old.folder is not None and old.folder.is_dir():
            assert new.folder is not None
            shutil.copytree(old.folder, new.folder)
        return to

    def execute(self, place: Place, statement: str) -> None:
        """Change a home past all that guards it, in a transaction of its own."""
        if self._server is None:
            with closing(sqlite3.connect(Path(place) / DATABASE_FILE)) as database, database:
                database.execute(statement)
            return
        with self._server.connect() as conn:
            conn.execute(f"SET search_path = {Address.parse(str(place)).schema}".encode())
            conn.execute(statement.encode())

    def drop(self, *names: str) -> None:
        """Leave nothing of these places; without names, of all."""
        gone = [self._known.pop(name) for name in names or list(self._known)]
        if self._server is None:
            for place in gone:
                shutil.rmtree(place, ignore_errors=True)
            return
        with self._server.connect() as conn:
            conn.execute(b"SET client_min_messages = error")
            for place in gone:
                address = Address.parse(str(place))
                conn.execute(f"DROP SCHEMA IF EXISTS {address.schema} CASCADE".encode())
                shutil.rmtree(str(address.folder), ignore_errors=True)


def _tables(conn: psycopg.Connection, schema: str) -> list[str]:
    found = conn.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname = %s ORDER BY tablename", (schema,)
    )
    return [name for (name,) in found if name not in OF_A_WRITER]


def tables(sql: Sql) -> list[str]:
    """Every table of a home but those about its writer."""
    if sql.dialect == "sqlite":
        found = sql.rows("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    else:
        found = sql.rows(
            "SELECT tablename FROM pg_tables WHERE schemaname = CURRENT_SCHEMA() ORDER BY tablename"
        )
    return [name for (name,) in found if name not in OF_A_WRITER]


class Trouble(Enum):
    """What a database may say that is no fault of the statement's."""

    LOCKED = (sqlite3.SQLITE_BUSY, psycopg.errors.LockNotAvailable)
    UNREADABLE = (sqlite3.SQLITE_IOERR_READ, psycopg.errors.IoError)
    UNWRITABLE = (sqlite3.SQLITE_IOERR_WRITE, psycopg.errors.IoError)
    UNFLUSHED = (sqlite3.SQLITE_IOERR_FSYNC, psycopg.errors.IoError)
    FULL = (sqlite3.SQLITE_FULL, psycopg.errors.DiskFull)
    NO_MEMORY = (sqlite3.SQLITE_NOMEM, psycopg.errors.OutOfMemory)
    DAMAGED = (sqlite3.SQLITE_CORRUPT_VTAB, psycopg.errors.DataCorrupted)
    BROKEN = (sqlite3.SQLITE_ERROR, psycopg.errors.InternalError_)

    def on(self, sql: Sql, text: str = "told to fail") -> Exception:
        """Return the error as the driver of the home's database raises it."""
        code, kind = self.value
        if sql.dialect == "postgresql":
            return kind(text)
        error = sqlite3.OperationalError(text)
        error.sqlite_errorcode = code
        return error


def spoil(sql: Sql, statement: str) -> int:
    """Carry out a statement of a test's own, with bytes written as X'00ff'; return the count.

    PostgreSQL writes bytes in another way, and takes X'00ff' for bits.
    """
    if sql.dialect == "postgresql":
        statement = re.sub(r"[Xx]'([0-9a-f]*)'", r"'\\x\1'", statement)
    return sql.run(statement)


def fewer(examples: int, places: Places) -> int:
    """How many examples a long property test takes: on PostgreSQL a third of those in files.

    There a statement is a round trip to another process, and the rules under test are the same.
    """
    searching = os.environ.get("VENULE_HYPOTHESIS") == "search"
    return examples if searching or places.kind == EMBEDDED else -(-examples // 3)


@pytest.fixture(params=KINDS)
def home_kind(request: pytest.FixtureRequest) -> str:
    """A kind of home; the test runs on each."""
    return request.param


@pytest.fixture
def places(home_kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Places]:
    """Where the test's homes lie; those in the database are dropped at the end."""
    yield from _places(home_kind, request, tmp_path)


@pytest.fixture(scope="module", params=KINDS)
def lasting_places(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Places]:
    """Where the homes of a whole file lie."""
    yield from _places(request.param, request, tmp_path_factory.mktemp("lasting"))


def _places(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Places]:
    server = request.getfixturevalue("postgres") if kind == POSTGRESQL else None
    places = Places(kind, folder, server)
    yield places
    if server is not None:
        places.drop()

"""Rows that come by COPY: in a command like any other statement, whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import psycopg
import pytest

from support.cut_proxy import Cut, proxy_to
from support.postgres import PostgresServer, open_sql
from venule.kit.connection_errors import ConnectionLost
from venule.kit.moving_rows import as_copy, pack
from venule.kit.pg.sql import PostgresSql
from venule.kit.tables_store import BIGINT, TEXT, Table

T = Table("t", ("id", "word"), (BIGINT, TEXT), 1)
COPY = "COPY t (id, word) FROM STDIN (FORMAT BINARY)"


@pytest.fixture
def sql(new_postgres_sql: Callable[..., PostgresSql]) -> PostgresSql:
    sql = new_postgres_sql()
    sql.run("CREATE TABLE t (id BIGINT PRIMARY KEY, word TEXT)")
    return sql


def copy(sql: PostgresSql, numbers: Sequence[int], size: int = 1) -> None:
    rows = [(number, "é" * size if number % 2 else None) for number in numbers]
    sql.copy_in(COPY, as_copy(pack(T, rows, "here")))


def ids(sql: PostgresSql) -> list[int]:
    return [number for (number,) in sql.rows("SELECT id FROM t ORDER BY id")]


@pytest.mark.parametrize("deferring", [False, True])
def test_copies_among_other_statements(sql: PostgresSql, deferring: bool):
    sql.begin(deferring=deferring)
    sql.run("INSERT INTO t (id, word) VALUES (?, ?)", (1, "a"))
    copy(sql, range(2, 5))
    sql.run("INSERT INTO t (id, word) VALUES (?, ?)", (5, "b"))
    copy(sql, ())
    copy(sql, range(6, 3_000), 300)  # more than the server takes at once
    sql.commit()
    sql.deferring = False
    assert list(range(1, 3_000)) == ids(sql)
    assert [(1, "a"), (2, None), (3, "é"), (4, None)] == sql.rows(
        "SELECT id, word FROM t WHERE id < 5 ORDER BY id"
    )


@pytest.mark.parametrize("deferring", [False, True])
def test_a_copy_that_is_refused_undoes_its_command_alone(sql: PostgresSql, deferring: bool):
    sql.begin(deferring=deferring)
    copy(sql, (1,))
    sql.run("SAVEPOINT command")
    copy(sql, (2, 3))
    with pytest.raises(psycopg.errors.UniqueViolation):
        copy(sql, (4, 1))
    with pytest.raises(psycopg.errors.UniqueViolation):  # it waits for the rollback
        sql.rows("SELECT 1")
    sql.run("ROLLBACK TO command")
    sql.run("RELEASE command")
    sql.run("SAVEPOINT command")
    with pytest.raises(psycopg.errors.BadCopyFileFormat):
        sql.copy_in(COPY, b"no such thing")
    sql.run("ROLLBACK TO command")
    sql.run("RELEASE command")
    copy(sql, (5,))
    sql.commit()
    assert [1, 5] == ids(sql)


def test_a_copy_of_a_table_that_is_not_there(sql: PostgresSql):
    sql.begin()
    with pytest.raises(psycopg.errors.UndefinedTable):
        sql.copy_in("COPY u (id) FROM STDIN (FORMAT BINARY)", as_copy(b""))
    sql.rollback()
    assert [] == ids(sql)


@pytest.mark.parametrize("cut", [Cut.BEFORE, Cut.AFTER])
def test_a_connection_lost_in_a_copy(postgres: PostgresServer, cut: Cut):
    with proxy_to(postgres.port) as cable:
        address = postgres.address(tcp=True).replace(f":{postgres.port}/", f":{cable.port}/")
        far = open_sql(address)
        far.run("CREATE TABLE t (id BIGINT PRIMARY KEY, word TEXT)")
        far.begin()
        cable.cut, cable.word = cut, b"PGCOPY"
        with pytest.raises(ConnectionLost):
            copy(far, range(100))
        far.close()
    near = open_sql(address.replace(f":{cable.port}/", f":{postgres.port}/"))
    assert [] == ids(near)
    near.close()

"""Statements that ride with a later one: fewer round trips, the same answers in the end."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from random import Random
from typing import Any

import psycopg
import pytest

from venule.kit.connection_errors import FailedLater
from venule.kit.pg.sql import PostgresSql
from venule.kit.sqlite import SqliteSql

Open = Callable[..., PostgresSql]
Command = Callable[[Any], Any]

TABLES = (
    "CREATE TABLE t (id BIGINT PRIMARY KEY, word TEXT UNIQUE)",
    "CREATE TABLE n (id BIGINT PRIMARY KEY, total BIGINT NOT NULL)",
)
INSERT = "INSERT INTO t (id, word) VALUES (?, ?)"
UPSERT = (
    "INSERT INTO n (id, total) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET total = excluded.total"
)


class Refused(Exception):
    """What a command says that must leave nothing."""


@pytest.fixture
def sql(new_postgres_sql: Open) -> PostgresSql:
    sql = new_postgres_sql()
    for table in TABLES:
        sql.run(table)
    sql.deferring = True
    return sql


def put(sql: Any, number: int, word: str | None = None) -> int:
    return sql.run(INSERT, (number, word or f"w{number}"))


def ids(sql: Any) -> list[int]:
    return [number for (number,) in sql.rows("SELECT id FROM t ORDER BY id")]


def trips(sql: PostgresSql, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the round trips from here on."""
    made: list[int] = []
    exchange = sql._wire.exchange
    monkeypatch.setattr(
        sql._wire, "exchange", lambda batch: made.append(len(batch)) or exchange(batch)
    )
    return made


def group(sql: Any, commands: list[Command]) -> list[tuple[Any, str]]:
    """What a home does with a group: answers, or what kind of error undid the command."""
    try:
        answers = _group(sql, commands)
        sql.commit()
        return answers
    except FailedLater:
        sql.rollback()
    sql.deferring = False
    try:
        answers = _group(sql, commands)
        sql.commit()
        return answers
    finally:
        sql.deferring = True


def _group(sql: Any, commands: list[Command]) -> list[tuple[Any, str]]:
    answers: list[tuple[Any, str]] = []
    sql.begin()
    for command in commands:
        sql.run("SAVEPOINT command")
        try:
            answers.append((command(sql), ""))
        except (Refused, psycopg.IntegrityError, sqlite3.IntegrityError) as error:
            sql.run("ROLLBACK TO command")
            answers.append((None, "refused" if isinstance(error, Refused) else "constraint"))
        sql.run("RELEASE command")
    return answers


def test_a_group_of_plain_inserts_is_one_round_trip(sql: PostgresSql, monkeypatch):
    made = trips(sql, monkeypatch)
    answers = group(sql, [lambda sql, n=n: put(sql, n) for n in range(10)])

    assert [(1, "")] * 10 == answers
    assert [12] == made  # with BEGIN and COMMIT, and without a savepoint
    assert list(range(10)) == ids(sql)


def test_a_command_that_fails_before_it_has_looked_costs_nothing(sql: PostgresSql, monkeypatch):
    def fails(sql: PostgresSql) -> None:
        put(sql, 5)
        raise Refused

    made = trips(sql, monkeypatch)
    answers = group(sql, [lambda sql: put(sql, 1), fails, lambda sql: put(sql, 2)])

    assert ["", "refused", ""] == [error for _, error in answers]
    assert [4] == made
    assert [1, 2] == ids(sql)


def test_a_command_that_looks_sees_what_it_has_written(sql: PostgresSql):
    def looks(sql: PostgresSql) -> list[int]:
        put(sql, 2)
        seen = ids(sql)
        put(sql, 3)
        return seen

    def fails(sql: PostgresSql) -> None:
        looks(sql)
        raise Refused

    answers = group(sql, [lambda sql: put(sql, 1), fails, looks, ids])

    assert [(1, ""), (None, "refused"), ([1, 2], ""), ([1, 2, 3], "")] == answers
    assert [1, 2, 3] == ids(sql)


def test_an_error_comes_in_its_own_command_if_that_looks(sql: PostgresSql):
    def twice(sql: PostgresSql) -> list[int]:
        put(sql, 1)
        put(sql, 1)
        return ids(sql)

    answers = group(sql, [lambda sql: put(sql, 7), twice, ids])

    assert [(1, ""), (None, "constraint"), ([7], "")] == answers
    assert not sql.spoiled


@pytest.mark.parametrize("looks", [False, True])
def test_an_error_that_comes_later_spoils_the_group(sql: PostgresSql, looks: bool):
    sql.begin()
    for number in (1, 1, 2):
        sql.run("SAVEPOINT command")
        assert 1 == put(sql, number)
        sql.run("RELEASE command")
    with pytest.raises(FailedLater) as caught:
        _ = ids(sql) if looks else sql.commit()
    assert isinstance(caught.value.args[0], psycopg.errors.UniqueViolation)
    assert sql.spoiled
    for use in (lambda: ids(sql), lambda: put(sql, 3), sql.commit):
        with pytest.raises(FailedLater):
            use()
    sql.rollback()
    assert not sql.spoiled
    assert [] == ids(sql)

    answers = group(sql, [lambda sql, n=n: put(sql, n) for n in (1, 1, 2)])
    assert ["", "constraint", ""] == [error for _, error in answers]
    assert [1, 2] == ids(sql)


def test_a_look_that_fails_leaves_nowhere_to_go_back_to(sql: PostgresSql):
    sql.begin()
    sql.run("SAVEPOINT command")
    with pytest.raises(psycopg.errors.DivisionByZero):
        sql.row("SELECT 1 / 0")
    with pytest.raises(FailedLater):
        sql.run("ROLLBACK TO command")
    sql.rollback()
    assert (1,) == sql.row("SELECT 1")


def test_what_the_group_writes_for_itself_fails_as_itself(sql: PostgresSql):
    put(sql, 1)
    sql.begin()
    sql.run("SAVEPOINT command")
    put(sql, 2)
    sql.run("RELEASE command")
    put(sql, 1)
    with pytest.raises(psycopg.errors.UniqueViolation):
        sql.commit()
    sql.rollback()
    assert [1] == ids(sql)


def test_a_write_whose_count_nobody_asks_for(sql: PostgresSql, monkeypatch):
    put(sql, 1)
    made = trips(sql, monkeypatch)
    sql.begin()
    sql.write("UPDATE t SET word = ? WHERE id = ?", ("new", 1))
    sql.many(INSERT, [(n, f"{n}") for n in range(2, 6)])
    sql.commit()
    assert [7] == made
    sql.write("DELETE FROM t WHERE id > ?", (1,))  # outside a transaction: at once
    assert 2 == len(made)
    assert (1, "new") == sql.row("SELECT id, word FROM t")


def test_long_groups_are_sent_ahead(sql: PostgresSql):
    def pour(sql: PostgresSql) -> None:
        sql.many(INSERT, [(n, None) for n in range(10_000, 20_000)])
        raise Refused

    commands: list[Command] = [lambda sql, n=n: put(sql, n) for n in range(5_000)]
    answers = group(sql, [*commands, pour, *[lambda sql: sql.run("DELETE FROM t WHERE id > 9")]])

    assert [(None, "refused"), (4_990, "")] == answers[-2:]
    assert list(range(10)) == ids(sql)


# What commands do, by a letter: the same words on every handle.


def step(random: Random) -> tuple[str, int, int]:
    return random.choice("iiiiumscrxe"), random.randrange(12), random.randrange(100)


def play(steps: list[tuple[str, int, int]]) -> Command:
    def command(sql: Any) -> list[Any]:
        seen: list[Any] = []
        for kind, number, value in steps:
            if kind == "i":
                seen.append(sql.run(INSERT, (number, f"{value % 9}")))
            elif kind == "u":
                seen.append(sql.run(UPSERT, (number, value)))
            elif kind == "m":
                sql.many(INSERT, [(number + 100 * k, None) for k in range(1, value // 20)])
            elif kind == "s":
                seen.append(sql.rows("SELECT id, word FROM t ORDER BY id"))
            elif kind == "c":
                seen.append(sql.run("UPDATE n SET total = total + ? WHERE id > ?", (value, number)))
            elif kind == "x":
                seen.append(sql.run("DELETE FROM t WHERE id >= ? AND id < ?", (number, value)))
            elif kind == "e":
                walk = sql.each("SELECT id FROM n ORDER BY id")
                with closing(walk):
                    seen.append([next(walk, None), sql.row("SELECT SUM(total) FROM n")])
            elif value < 30:
                raise Refused
        return seen

    return command


@pytest.fixture
def plain():
    """SQLite's handle on a database in memory."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as conn:
        yield SqliteSql(conn, ":memory:")


def test_random_groups_end_as_they_do_in_sqlite(
    new_postgres_sql: Open, plain: SqliteSql, seeds: range
):
    careful, deferring = new_postgres_sql(), new_postgres_sql()
    for sql in (plain, careful):
        for table in TABLES:
            sql.run(table)
    for seed in [*seeds, *range(1_000, 1_040)]:
        for sql in (plain, careful):
            sql.run("DELETE FROM t")
            sql.run("DELETE FROM n")
        random = Random(seed)
        for _ in range(3):
            commands = [play([step(random) for _ in range(random.randint(1, 5))]) for _ in range(8)]
            expected = group(plain, commands)
            for sql in (careful, deferring):
                sql.deferring = sql is deferring
            if random.random() < 0.5:
                assert _as_refused(expected) == _as_refused(group(deferring, commands)), seed
            else:
                assert expected == _careful(careful, commands), seed
            for table in ("t", "n"):
                look = f"SELECT * FROM {table} ORDER BY id"
                assert plain.rows(look) == careful.rows(look), seed


def _careful(sql: PostgresSql, commands: list[Command]) -> list[tuple[Any, str]]:
    answers = _group(sql, commands)
    sql.commit()
    return answers


def _as_refused(answers: list[tuple[Any, str]]) -> list[tuple[Any, str]]:
    """A command that refuses does not hear that one of its statements would have failed too."""
    return [(value, error and "refused") for value, error in answers]

"""The handle on PostgreSQL: the same answers as SQLite's, and what the server says as types."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import psycopg
import pytest

from venule.kit.connection_errors import ConnectionLost
from venule.kit.errors import (
    INT64_MAX,
    INT64_MIN,
    DiskFull,
    HomeDamaged,
    HomeLocked,
    HomeReadOnly,
)
from venule.kit.pg import wire
from venule.kit.pg.cursors import FETCH_ROWS_MAX, next_fetch
from venule.kit.pg.errors import TextNotStorable
from venule.kit.pg.sql import PostgresSql
from venule.kit.pg.wire import number_places
from venule.kit.sqlite import StorageFailed

Open = Callable[..., PostgresSql]


@pytest.fixture
def sql(new_postgres_sql: Open) -> PostgresSql:
    sql = new_postgres_sql()
    sql.run("CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT UNIQUE, raw BYTEA)")
    return sql


def put(sql: PostgresSql, number: int, word: str | None = None) -> int:
    return sql.run("INSERT INTO t (id, word) VALUES (?, ?)", (number, word or f"w{number}"))


def ids(sql: PostgresSql) -> list[int]:
    return [number for (number,) in sql.rows("SELECT id FROM t ORDER BY id")]


# ---------------------------------------------------------------- statements and values


def test_run_says_how_many_rows_changed(sql: PostgresSql):
    assert 1 == sql.run("INSERT INTO t VALUES (?, ?)", (1, "a"))
    assert 0 == sql.run("INSERT INTO t VALUES (?, ?) ON CONFLICT DO NOTHING", (1, "a"))
    assert 1 == sql.run("UPDATE t SET word = 'b' WHERE id = 1")
    assert 0 == sql.run("DELETE FROM t WHERE id = 2")
    assert -1 == sql.run("CREATE TABLE u (id BIGINT)")


def test_row_rows_each_many(sql: PostgresSql):
    sql.many("INSERT INTO t (id, word) VALUES (?, ?)", [(2, "b"), (1, "a")])
    query = "SELECT id, word FROM t ORDER BY id"

    assert (1, "a") == sql.row(query)
    assert sql.row("SELECT * FROM t WHERE id = ?", (9,)) is None
    assert [(1, "a"), (2, "b")] == sql.rows(query)
    assert [(1, "a"), (2, "b")] == list(sql.each(query))
    assert (3,) == sql.row("INSERT INTO t (id) VALUES (?) RETURNING id", (3,))


def test_many_is_all_or_nothing(sql: PostgresSql):
    rows = [(n, f"{n}") for n in range(1, 101)]
    with pytest.raises(psycopg.errors.UniqueViolation):
        sql.many("INSERT INTO t (id, word) VALUES (?, ?)", [*rows, (50, "again")])

    assert [] == ids(sql)


def test_each_reads_few_of_wide_rows_at_a_time(sql: PostgresSql):
    assert 8 == next_fetch([(1, bytes(1 << 19))] * 5)
    assert 1 == next_fetch([("x" * 5_000_000,)] * 16)
    assert FETCH_ROWS_MAX == next_fetch([(1, None)] * 16)


def test_each_leaves_no_statement_behind(sql: PostgresSql):
    sql.many("INSERT INTO t (id, word) VALUES (?, ?)", [(n, "x" * n) for n in range(300)])
    query = "SELECT id, word FROM t ORDER BY id"
    assert list(sql.each(query)) == sql.rows(query)
    known = len(sql._wire._statements)
    assert list(sql.each(query)) == sql.rows(query)
    assert known == len(sql._wire._statements)


def test_each_goes_on_while_others_ask(sql: PostgresSql):
    sql.many("INSERT INTO t (id) VALUES (?)", [(n,) for n in range(5_000)])

    def walk() -> int:
        total = 0
        for (number,) in sql.each("SELECT id FROM t WHERE id >= ? ORDER BY id", (1_000,)):
            assert number == 1_000 + total
            if number % 1_000 == 0:
                assert (number,) == sql.row("SELECT id FROM t WHERE id = ?", (number,))
            total += 1
        return total

    assert 4_000 == walk()
    sql.begin()
    assert 4_000 == walk()
    assert (0,) == next(sql.each("SELECT id FROM t ORDER BY id"))  # and is left there
    put(sql, 9_999)
    sql.commit()
    assert (0,) == sql.row("SELECT COUNT(*) FROM pg_cursors WHERE name LIKE 'each%'")


@pytest.mark.parametrize(
    "text,numbered",
    [
        ("SELECT ?, ?", "SELECT $1, $2"),
        ("SELECT '?', ?", "SELECT '?', $1"),
        ("SELECT 'it''s ?' || ?", "SELECT 'it''s ?' || $1"),
        ('SELECT "?" FROM t WHERE a = ?', 'SELECT "?" FROM t WHERE a = $1'),
        ("SELECT 1 -- ?\n, ?", "SELECT 1 -- ?\n, $1"),
        ("SELECT /* ? \n ? */ ?", "SELECT /* ? \n ? */ $1"),
        ("SELECT 1", "SELECT 1"),
    ],
)
def test_places_are_numbered(text: str, numbered: str):
    assert numbered == number_places(text)


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        INT64_MAX,
        INT64_MIN,
        True,
        "",
        "余额宝 ?'",
        "\U0001f600",
        b"",
        bytes(range(256)),
        None,
    ],
)
def test_values_come_back_as_they_were(sql: PostgresSql, value: object):
    assert (value, 7) == sql.row("SELECT ?, CAST(? AS BIGINT)", (value, 7))


def test_results_are_whole_numbers(sql: PostgresSql):
    sql.run("CREATE TABLE n (v BIGINT)")
    sql.many("INSERT INTO n VALUES (?)", [(INT64_MAX,), (5,)])
    row = sql.row("SELECT SUM(v), COUNT(*), MAX(v) > 5, CAST(1.50 AS NUMERIC) FROM n")

    assert (INT64_MAX + 5, 2, 1, Decimal("1.50")) == row
    assert [int, int, int, Decimal] == [type(value) for value in row]
    with pytest.raises(TypeError, match="binary fraction"):
        sql.row("SELECT CAST(1 AS DOUBLE PRECISION)")


@pytest.mark.parametrize(
    "value,error",
    [(1.5, TypeError), (INT64_MAX + 1, OverflowError), ("a\0b", TextNotStorable), ([], TypeError)],
)
def test_what_cannot_be_stored_exactly_is_refused(sql: PostgresSql, value: object, error: type):
    sql.begin()
    with pytest.raises(error):
        sql.row("SELECT ?", (value,))
    assert (1,) == sql.row("SELECT ?", (1,))  # nothing was sent: the transaction is sound
    sql.rollback()


def test_subclasses_and_views_are_their_base(sql: PostgresSql):
    class Number(int): ...

    class Word(str): ...

    values = (Number(3), Word("w"), bytearray(b"a"), memoryview(b"b"))
    assert (3, "w", b"a", b"b") == sql.row("SELECT ?, ?, ?, ?", values)


def test_a_null_does_not_prepare_a_statement_anew(sql: PostgresSql):
    insert = "INSERT INTO t (id, word, raw) VALUES (?, ?, ?)"
    for number, word, raw in [(1, "a", b"r"), (2, None, b"r"), (3, "c", None), (4, None, None)]:
        sql.run(insert, (number, word, raw))

    count = "SELECT COUNT(*) FROM pg_prepared_statements WHERE statement LIKE 'INSERT%'"
    assert (1,) == sql.row(count)
    assert (4, None, None) == sql.row("SELECT id, word, raw FROM t WHERE id = 4")


def test_statements_are_forgotten_when_they_are_many(sql: PostgresSql, monkeypatch):
    monkeypatch.setattr(wire, "STATEMENTS_MAX", 20)
    for round_ in range(3):
        for number in range(30):
            sql.begin()
            assert (number,) == sql.row(f"SELECT CAST(? AS BIGINT) /* {number} */", (number,))
            sql.commit()
        count = sql.row("SELECT COUNT(*) FROM pg_prepared_statements")
        assert count is not None
        assert count[0] <= 30, round_


def test_a_changed_table_is_seen_at_once(sql: PostgresSql):
    put(sql, 1)
    for open_, close in ((sql.begin, sql.commit), (sql.begin, sql.rollback)):
        before = sql.row("SELECT * FROM t")
        open_()
        sql.run("ALTER TABLE t ADD COLUMN more BIGINT DEFAULT 7")
        assert (*before, 7) == sql.row("SELECT * FROM t")
        sql.run("ALTER TABLE t DROP COLUMN more")
        assert before == sql.row("SELECT * FROM t")
        close()


def test_big_values_pass_both_ways(sql: PostgresSql):
    sql.run("CREATE TABLE big (id BIGINT, raw BYTEA)")
    raw = bytes(range(256)) * 16_384
    sql.many("INSERT INTO big VALUES (?, ?)", [(n, raw) for n in range(6)])
    sql.many("INSERT INTO big VALUES (?, '')", [(n,) for n in range(10_000)])

    assert (25_165_824,) == sql.row("SELECT SUM(LENGTH(raw)) FROM big")
    rows = sql.rows("SELECT raw FROM big WHERE LENGTH(raw) > 0")
    assert [(raw,)] * 6 == rows


# ---------------------------------------------------------------- transactions


def test_begin_read_holds_one_state(sql: PostgresSql, new_postgres_sql: Open):
    put(sql, 1)
    for reader in (new_postgres_sql(), new_postgres_sql(readonly=True)):
        reader.begin_read()
        reader.begin_read()
        put(sql, ids(sql)[-1] + 1)
        seen = ids(reader)
        assert len(ids(sql)) == len(seen) + 1
        with pytest.raises(HomeReadOnly):
            put(reader, 9)
        reader.rollback()
        assert ids(sql) == ids(reader)
    with pytest.raises(HomeReadOnly):
        put(reader, 9)


def test_a_transaction_that_did_nothing(sql: PostgresSql):
    for deferring in (False, True):
        sql.deferring = deferring
        for end in (sql.commit, sql.rollback):
            sql.begin()
            assert sql.in_transaction
            end()
            assert not sql.in_transaction
        sql.rollback()


def test_a_broken_constraint_is_a_bug_and_not_an_error_of_the_home(sql: PostgresSql):
    put(sql, 1)
    with pytest.raises(psycopg.errors.UniqueViolation):
        put(sql, 1)
    with pytest.raises(psycopg.errors.SyntaxError):
        sql.row("SELEC")
    assert sql.fatal is None


def test_a_command_that_fails_is_undone_alone(sql: PostgresSql):
    sql.begin()
    put(sql, 1)
    sql.run("SAVEPOINT command")
    put(sql, 2)
    with pytest.raises(psycopg.errors.UniqueViolation):
        put(sql, 1)
    with pytest.raises(psycopg.errors.UniqueViolation):  # it was not heard the first time
        ids(sql)
    sql.run("ROLLBACK TO command")
    sql.run("RELEASE command")
    put(sql, 3)
    sql.commit()

    assert [1, 3] == ids(sql)


def test_a_transaction_that_failed_cannot_be_committed(sql: PostgresSql):
    sql.begin()
    put(sql, 1)
    with pytest.raises(psycopg.errors.SyntaxError):
        sql.run("nonsense")
    with pytest.raises(psycopg.errors.SyntaxError):
        sql.commit()
    sql.rollback()
    assert [] == ids(sql)


def test_what_a_commit_refuses_is_surely_undone(sql: PostgresSql):
    sql.run("CREATE TABLE u (id BIGINT UNIQUE DEFERRABLE INITIALLY DEFERRED)")
    sql.begin()
    sql.many("INSERT INTO u VALUES (?)", [(1,), (1,)])
    with pytest.raises(psycopg.errors.UniqueViolation):
        sql.commit()
    assert not sql.in_transaction
    sql.rollback()
    assert [] == sql.rows("SELECT * FROM u")


def test_watch_sees_every_statement_and_may_answer_instead(sql: PostgresSql):
    said: list[str] = []

    def before(statement: str) -> None:
        said.append(statement.split(maxsplit=1)[0])
        if "spoken" in statement:
            raise psycopg.errors.DiskFull("told to fail")

    sql.watch(before)
    sql.begin()
    sql.run("SAVEPOINT command")
    put(sql, 1)
    with pytest.raises(DiskFull):
        sql.row("SELECT 'spoken'")
    assert isinstance(sql.fatal, DiskFull)
    with pytest.raises(DiskFull):
        sql.commit()
    sql.rollback()
    assert sql.fatal is None
    assert ["BEGIN", "SAVEPOINT", "INSERT", "SELECT", "ROLLBACK"] == said


@pytest.mark.parametrize(
    "code,expected",
    [
        ("53100", DiskFull),
        ("25006", HomeReadOnly),
        ("55P03", HomeLocked),
        ("XX001", HomeDamaged),
        ("58030", StorageFailed),
        ("53200", StorageFailed),
        ("57P01", ConnectionLost),
        ("40001", psycopg.errors.SerializationFailure),
        ("23505", psycopg.errors.UniqueViolation),
    ],
)
def test_codes(sql: PostgresSql, code: str, expected: type):
    sql.begin()
    with pytest.raises(expected) as caught:
        sql.run(f"DO $$ BEGIN RAISE EXCEPTION 'as it is said' USING ERRCODE = '{code}'; END $$")
    assert (sql.fatal is None) == (
        issubclass(expected, psycopg.Error) or expected in (HomeReadOnly, HomeLocked)
    )
    assert type(caught.value) is expected
    sql.rollback()
    assert sql.fatal is None
    put(sql, 1)

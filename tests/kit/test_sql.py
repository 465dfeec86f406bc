"""The handle on SQL: typed answers, and what the disk says as typed errors."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from support.kit_homes import Put, open_notes, put
from venule.kit.errors import DiskFull, HomeDamaged, HomeReadOnly
from venule.kit.sql import Sql, StorageFailed, open_readonly
from venule.kit.sqlite import PAGE_BYTES, configure, connect, translate


@pytest.fixture
def sql(tmp_path: Path):
    sql = connect(tmp_path / "x.sqlite", tmp_path, mode="rwc")
    configure(sql)
    sql.run("CREATE TABLE t (id INTEGER PRIMARY KEY, word TEXT UNIQUE)")
    yield sql
    sql.close()


def test_run_says_how_many_rows_changed(sql: Sql):
    assert 1 == sql.run("INSERT INTO t VALUES (?, ?)", (1, "a"))
    assert 0 == sql.run("INSERT INTO t VALUES (?, ?) ON CONFLICT DO NOTHING", (1, "a"))
    assert 1 == sql.run("UPDATE t SET word = 'b' WHERE id = 1")
    assert 0 == sql.run("DELETE FROM t WHERE id = 2")


def test_row_rows_each_many(sql: Sql):
    sql.many("INSERT INTO t VALUES (?, ?)", [(2, "b"), (1, "a")])

    assert (1, "a") == sql.row("SELECT * FROM t ORDER BY id")
    assert sql.row("SELECT * FROM t WHERE id = 9") is None
    assert [(1, "a"), (2, "b")] == sql.rows("SELECT * FROM t ORDER BY id")
    assert [(1, "a"), (2, "b")] == list(sql.each("SELECT * FROM t ORDER BY id"))


def test_a_broken_constraint_is_a_bug_and_not_an_error_of_the_home(sql: Sql):
    sql.run("INSERT INTO t VALUES (1, 'a')")

    with pytest.raises(sqlite3.IntegrityError):
        sql.run("INSERT INTO t VALUES (1, 'b')")
    with pytest.raises(sqlite3.OperationalError):
        sql.row("SELEC")
    assert sql.fatal is None


def test_a_writer_flushes_at_every_commit(sql: Sql):
    pragmas = {
        "journal_mode": "wal",
        "synchronous": 2,
        "page_size": PAGE_BYTES,
        "foreign_keys": 1,
        "wal_autocheckpoint": 16_384,
    }

    assert pragmas == {name: sql.rows(f"PRAGMA {name}")[0][0] for name in pragmas}


def test_a_full_disk_is_told_and_remembered(sql: Sql):
    sql.run("PRAGMA max_page_count = 4")

    with pytest.raises(DiskFull):
        sql.many("INSERT INTO t VALUES (?, ?)", ((n, f"{n:1000}") for n in range(1000)))
    assert isinstance(sql.fatal, DiskFull)
    sql.rollback()
    assert sql.fatal is None


def test_begin_read_holds_one_state(tmp_path: Path):
    with open_notes(tmp_path / "home") as home:
        home.run(put, Put(1))
        reader = open_readonly(tmp_path / "home")
        reader.begin_read()
        reader.begin_read()
        home.run(put, Put(2))
        count = "SELECT COUNT(*) FROM note"

        assert (1,) == reader.row(count)
        reader.rollback()
        assert (2,) == reader.row(count)
        reader.close()


@pytest.mark.parametrize(
    "code,expected",
    [
        (sqlite3.SQLITE_FULL, DiskFull),
        (sqlite3.SQLITE_CORRUPT, HomeDamaged),
        (sqlite3.SQLITE_NOTADB, HomeDamaged),
        (sqlite3.SQLITE_IOERR_FSYNC, StorageFailed),
        (sqlite3.SQLITE_IOERR_WRITE, StorageFailed),
        (sqlite3.SQLITE_READONLY_DBMOVED, HomeReadOnly),
        (sqlite3.SQLITE_CONSTRAINT_UNIQUE, type(None)),
    ],
)
def test_codes(code: int, expected: type):
    error = sqlite3.OperationalError("as it is said")
    error.sqlite_errorcode = code

    assert expected is type(translate("home", error))

"""The rooms' migrations run unchanged on PostgreSQL, each in one transaction."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from pathlib import Path

import psycopg
import pytest

from venule import fund, ledger, members, replay, wallet
from venule.kit.errors import HomeDamaged, HomeTooNew
from venule.kit.migrate import KIT_MIGRATIONS, Migrations, find_missing, migrate
from venule.kit.pg.sql import PostgresSql

ROOMS = [
    KIT_MIGRATIONS,
    *(Migrations(room.__name__.partition(".")[2], package=room.__name__) for room in (
        ledger, members, wallet, fund, replay
    )),
]  # fmt: skip
_package = count()


@pytest.fixture
def sql(new_postgres_sql: Callable[..., PostgresSql]) -> PostgresSql:
    return new_postgres_sql()


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Migrations]:
    """A room of the test's own, as a package on disk."""
    name = f"venule_dialect_room_{next(_package)}"
    folder = tmp_path / name / "migrations"
    folder.mkdir(parents=True)
    (tmp_path / name / "__init__.py").write_text("")
    (folder / "0001_first.sql").write_text("CREATE TABLE a (id BIGINT, raw BYTEA);\n")
    monkeypatch.syspath_prepend(tmp_path)
    return folder, Migrations("shed", package=name)


def test_every_rooms_migrations(sql: PostgresSql):
    done = migrate(sql, ROOMS, 1)

    assert len({m.room for m in done}) == len(ROOMS)
    assert [] == migrate(sql, ROOMS, 2)
    assert [] == find_missing(sql, ROOMS)
    assert (len(done), 1) == sql.row("SELECT COUNT(*), MAX(applied_at) FROM schema_migration")
    assert (1, 0) == sql.row("SELECT id, last_at FROM home_clock")


def test_what_the_kernel_writes_is_not_compressed_again(sql: PostgresSql):
    migrate(sql, ROOMS, 1)
    external = sql.rows(
        "SELECT CAST(attrelid AS REGCLASS)::TEXT, attname::TEXT FROM pg_attribute"
        " WHERE attstorage = 'e' AND attrelid IN (SELECT oid FROM pg_class WHERE relkind = 'r'"
        " AND relnamespace = CAST(CURRENT_SCHEMA() AS REGNAMESPACE)) ORDER BY 1, 2"
    )

    assert [
        ("journal", "openings"),
        ("journal", "transfers"),
        ("ledger_checkpoint", "pending"),
        ("ledger_page", "accounts"),
    ] == external


def test_homes_side_by_side(new_postgres_sql: Callable[..., PostgresSql], postgres):
    from support.postgres import open_sql

    one, other = new_postgres_sql(), open_sql(postgres.address())
    try:
        migrate(one, ROOMS, 1)
        assert one.has_table("journal")
        assert not other.has_table("journal")
        migrate(other, ROOMS, 2)
        one.run("DELETE FROM home_clock")
        assert (1,) == other.row("SELECT COUNT(*) FROM home_clock")
    finally:
        other.close()


def test_a_dialects_own_text(sql: PostgresSql, room: tuple[Path, Migrations]):
    folder, shed = room
    plain = shed.load()
    (folder / "0001_first.sqlite.sql").write_text("this is not for PostgreSQL;")
    assert plain == shed.load("postgresql")
    (folder / "0001_first.postgresql.sql").write_text("INSERT INTO a VALUES (7, NULL);\n")
    [both] = shed.load("postgresql")
    assert plain[0].text + "INSERT INTO a VALUES (7, NULL);\n" == both.text
    assert plain[0].sha256 != both.sha256

    migrate(sql, [shed], 1)
    assert (7,) == sql.row("SELECT id FROM a")
    (folder / "0001_first.postgresql.sql").write_text("INSERT INTO a VALUES (8, NULL);\n")
    with pytest.raises(HomeDamaged, match="shed 1"):
        migrate(sql, [shed], 1)
    (folder / "0002_second.postgresql.sql").write_text("SELECT 1;")
    with pytest.raises(ValueError, match="second"):
        shed.load("postgresql")


def test_one_that_fails_leaves_nothing(sql: PostgresSql, room: tuple[Path, Migrations]):
    folder, shed = room
    (folder / "0002_second.sql").write_text(
        "CREATE TABLE b (id BIGINT); INSERT INTO nowhere VALUES (1);"
    )
    with pytest.raises(psycopg.errors.UndefinedTable):
        migrate(sql, [shed], 1)
    assert sql.has_table("a")
    assert not sql.has_table("b")
    (folder / "0002_second.sql").write_text("CREATE TABLE b (id BIGINT);")
    assert ["second"] == [m.name for m in migrate(sql, [shed], 1)]
    (folder / "0002_second.sql").unlink()
    with pytest.raises(HomeTooNew):
        migrate(sql, [shed], 1)

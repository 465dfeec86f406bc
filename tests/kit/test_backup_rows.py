"""A backup of a home in a database: as of one instant, while the writer goes on."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from threading import Thread
from unittest.mock import patch

import pytest

from support.parcels import ROOM, everything, open_parcels, send, send_many
from support.postgres import PostgresServer, open_sql
from venule.kit import tables_store
from venule.kit.backup import BackupExists, restore
from venule.kit.backup_rows import backup_rows
from venule.kit.errors import HomeDamaged
from venule.kit.home_store import identity
from venule.kit.moving_errors import HomeIncomplete, MoveUnfit
from venule.kit.sql import open_readonly

PARCELS = 30


@pytest.fixture
def address(postgres: PostgresServer, tmp_path: Path) -> str:
    address = postgres.address(folder=str(tmp_path / "files"))
    with open_parcels(address) as home:
        send_many(home, PARCELS)
    (tmp_path / "files/archive/deep").mkdir(parents=True)
    (tmp_path / "files/archive/deep/one").write_bytes(b"1")
    return address


def test_it_is_one_state_though_the_writer_goes_on(address: str, tmp_path: Path):
    with closing(open_readonly(address)) as sql:
        rows, (owner, mark) = everything(sql), identity(sql)
    real = tables_store.next_rows
    with open_parcels(address) as home:
        numbers = iter(range(100, 200))

        def next_rows(sql, table, after, *limits):
            writer = Thread(target=home.run, args=(send, next(numbers)))
            writer.start()
            writer.join()
            return real(sql, table, after, 7, 2_000)

        with patch.object(tables_store, "next_rows", next_rows):
            backup_rows(address, tmp_path / "copy", [ROOM])
    restore(tmp_path / "copy", tmp_path / "restored")
    with open_parcels(tmp_path / "restored") as home:
        assert rows == everything(home.sql)
        seen, reached = identity(home.sql)
        assert owner != seen
        assert mark == reached
        assert 6 == home.run(send, 3, key="key 3")
    assert (tmp_path / "restored/archive/deep/one").read_bytes() == b"1"
    left = {path.name for path in tmp_path.iterdir()}
    assert {"copy", "copy.archive", "files", "restored"} == left


def test_nothing_is_left_if_it_fails(address: str, tmp_path: Path):
    with patch("venule.kit.backup_rows.digest_of") as seen:
        seen.return_value.sha256 = "other"
        with pytest.raises(HomeDamaged):
            backup_rows(address, tmp_path / "copy", [ROOM])
    with closing(open_sql(address)) as sql:
        sql.run("CREATE TABLE stray (id BIGINT PRIMARY KEY)")
    with pytest.raises(MoveUnfit):
        backup_rows(address, tmp_path / "copy", [ROOM])
    (tmp_path / "copy").touch()
    with pytest.raises(BackupExists):
        backup_rows(address, tmp_path / "copy", [ROOM])
    assert {"copy", "files"} == {path.name for path in tmp_path.iterdir()}


def test_half_a_home_is_not_copied(address: str, tmp_path: Path):
    with closing(open_sql(address)) as sql:
        sql.run("CREATE TABLE home_incomplete (id BIGINT PRIMARY KEY)")
    with pytest.raises(HomeIncomplete):
        backup_rows(address, tmp_path / "copy", [ROOM])

"""Migrations: forward only, each in one transaction, none changed, none unknown."""

from __future__ import annotations

import sqlite3
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venule.kit.errors import HomeDamaged, HomeTooNew
from venule.kit.home import Home
from venule.kit.migrate import KIT_MIGRATIONS, HomeNotMigrated, Migrations, split
from venule.kit.time import SystemClock
from venule.kit.tx import Tx

_package = count()
KIT = [(each.room, each.number, each.name) for each in KIT_MIGRATIONS.load()]


class Room:
    """A room of the test's own, as a package on disk."""

    def __init__(self, folder: Path) -> None:
        self.name = f"venule_test_room_{next(_package)}"
        self.folder = folder / self.name / "migrations"
        self.folder.mkdir(parents=True)
        (folder / self.name / "__init__.py").write_text("")
        self.migrations = Migrations("shed", package=self.name)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    monkeypatch.syspath_prepend(tmp_path)
    room = Room(tmp_path)
    room.write(
        "0001_first.sql", "CREATE TABLE a (id INTEGER PRIMARY KEY);\nINSERT INTO a VALUES (7);"
    )
    return room


def open_home(tmp_path: Path, *rooms: Room, readonly: bool = False) -> Home[Tx]:
    migrations = [room.migrations for room in rooms]
    clock = SystemClock()
    return Home.open(
        tmp_path / "home", clock=clock, migrations=migrations, tx=Tx, readonly=readonly
    )


def applied(home: Home[Tx]) -> list[tuple]:
    query = "SELECT room, number, name FROM schema_migration ORDER BY applied_at, room, number"
    return home.read(lambda tx: tx.sql.rows(query))


def test_applies_what_is_missing_and_nothing_twice(tmp_path: Path, room: Room):
    with open_home(tmp_path, room) as home:
        assert [*KIT, ("shed", 1, "first")] == applied(home)
    room.write("0002_second.sql", "-- why; because\nUPDATE a SET id = 8 WHERE id = 7;")
    for _ in range(2):
        with open_home(tmp_path, room) as home:
            assert [(8,)] == home.read(lambda tx: tx.sql.rows("SELECT id FROM a"))
            assert len(KIT) + 2 == len(applied(home))


def test_one_that_fails_leaves_nothing(tmp_path: Path, room: Room):
    room.write("0002_second.sql", "INSERT INTO a VALUES (8); INSERT INTO nowhere VALUES (1);")
    with pytest.raises(sqlite3.OperationalError):
        open_home(tmp_path, room)
    room.write("0002_second.sql", "INSERT INTO a VALUES (9);")

    with open_home(tmp_path, room) as home:
        assert [(7,), (9,)] == home.read(lambda tx: tx.sql.rows("SELECT id FROM a ORDER BY id"))


def test_a_number_this_code_does_not_know_is_too_new(tmp_path: Path, room: Room):
    room.write("0002_second.sql", "INSERT INTO a VALUES (8);")
    open_home(tmp_path, room).close()
    (room.folder / "0002_second.sql").unlink()

    with pytest.raises(HomeTooNew) as caught:
        open_home(tmp_path, room)
    assert (1, 2) == (caught.value.known, caught.value.seen)
    with pytest.raises(HomeTooNew):
        open_home(tmp_path)  # not even the room is known
    with pytest.raises(HomeTooNew):
        open_home(tmp_path, room, readonly=True)


def test_a_changed_text_is_damage(tmp_path: Path, room: Room):
    open_home(tmp_path, room).close()
    room.write("0001_first.sql", "CREATE TABLE a (id TEXT PRIMARY KEY);")

    with pytest.raises(HomeDamaged, match="shed 1"):
        open_home(tmp_path, room)


def test_a_reader_does_not_migrate(tmp_path: Path, room: Room):
    open_home(tmp_path).close()

    with pytest.raises(HomeNotMigrated, match="shed 1"):
        open_home(tmp_path, room, readonly=True)


@pytest.mark.parametrize("name", ["1_first.sql", "0003_gap.sql", "0002_Upper.sql", "0002.sql"])
def test_strange_file_names_are_bugs(tmp_path: Path, room: Room, name: str):
    room.write(name, "")

    with pytest.raises(ValueError, match="expected"):
        room.migrations.load()


def test_split_minds_strings_and_comments():
    text = """
    -- a comment; with a semicolon
    CREATE TABLE a (b TEXT DEFAULT ';');
    INSERT INTO a VALUES ('it''s; fine'); /* and; this */ SELECT 1;
    -- the end; really
    """

    statements = split(text)

    assert 3 == len(statements)
    assert statements[0].endswith("DEFAULT ';');")
    with pytest.raises(ValueError, match="semicolon"):
        split("SELECT 1; SELECT 2")
    assert [] == split("-- nothing yet\n")


@given(st.lists(st.text("ab;'\" -\n*/", min_size=1), max_size=5))
def test_split_loses_nothing(words: list[str]):
    quoted = ["SELECT '" + word.replace("'", "''") + "';" for word in words]

    assert quoted == split("\n".join(quoted))

"""A connection that is only good for as long as a statement holds, as on a node of a cluster."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from support.postgres import PostgresServer, open_sql
from venule.app import open_home
from venule.kit.connection_errors import ConnectionLost
from venule.kit.home import Home
from venule.kit.pg.address import Address
from venule.kit.pg.lease_store import is_fence
from venule.kit.pg.store import ELSEWHERE
from venule.kit.time import VirtualClock
from venule.ledger import Tx

IS_HERE = (
    "SELECT CAST(CASE WHEN EXISTS (SELECT 1 FROM here WHERE shard = ?) THEN '1'"
    f" ELSE '{ELSEWHERE}' END AS INTEGER)"
)


def note(tx: Tx, number: int) -> int:
    tx.sql.run("INSERT INTO note (number) VALUES (?)", (number,))
    return number


def notes(tx: Tx) -> list[int]:
    return [number for (number,) in tx.sql.rows("SELECT number FROM note ORDER BY number")]


@pytest.fixture
def address(postgres: PostgresServer) -> str:
    address = postgres.address()
    sql = open_sql(address)
    sql.run("CREATE TABLE here (shard BIGINT PRIMARY KEY)")
    sql.run("CREATE TABLE note (number BIGINT PRIMARY KEY)")
    sql.run("INSERT INTO here (shard) VALUES (7)")
    sql.close()
    return address


@pytest.fixture
def home(address: str) -> Iterator[Home[Tx]]:
    """A writer that is pinned; once it has connected anew it is not."""
    with open_home(address, clock=VirtualClock(datetime(2014, 5, 12, tzinfo=UTC))) as home:
        home.sql.pin(IS_HERE, (7,))
        yield home


@pytest.fixture
def move(address: str) -> Iterator[object]:
    """Move the book."""
    sql = open_sql(address)
    yield lambda: sql.run("DELETE FROM here")
    sql.close()


def pid(home: Home[Tx]) -> int:
    return home.sql.conn.pgconn.backend_pid


def test_nothing_happens_for_as_long_as_it_holds(home: Home[Tx]):
    before = pid(home)
    assert 1 == home.run(note, 1)
    assert [1] == home.read(notes)
    assert before == pid(home)


def test_a_group_goes_over_a_new_connection(home: Home[Tx], move):
    home.run(note, 1)
    before = pid(home)
    move()
    assert 2 == home.run(note, 2)
    assert before != pid(home)
    assert [1, 2] == home.read(notes)


def test_what_was_sent_in_the_meantime_is_undone_and_done_again_once(home: Home[Tx], move):
    done = []

    def note_while_it_moves(tx: Tx, number: int) -> int:
        note(tx, number)
        if not done:
            move()
        done.append(number)
        return number

    assert 3 == home.run(note_while_it_moves, 3)
    assert [3, 3] == done
    assert [3] == home.read(notes)


def test_a_look_that_may_have_seen_two_states_is_looked_at_again(home: Home[Tx], move):
    home.run(note, 1)
    looks = []

    def look(tx: Tx) -> list[int]:
        looks.append(notes(tx))
        if len(looks) == 1:
            move()
        return looks[-1]

    assert [1] == home.read(look)
    assert 2 == len(looks)


def test_a_reader_that_begins_in_the_wrong_place_is_told(address: str, move):
    sql = open_sql(address, readonly=True)
    sql.pin(IS_HERE, (7,))
    sql.begin_read()
    sql.rollback()
    move()
    with pytest.raises(ConnectionLost, match="on another node"):
        sql.begin_read()
    sql.close()


def test_the_same_home_at_another_server():
    address = Address.parse("postgresql://u:p@first:5432,second:5433/db?schema=b_1&hostaddr=::1")
    there = address.at("third", 5434)
    assert {"host=third", "port=5434", "user=u", "password=p"} <= set(there.conninfo.split())
    assert "hostaddr" not in there.conninfo
    assert (address.shown, address.schema) == (there.shown, there.schema)


@pytest.mark.parametrize(
    "name,expected",
    [
        ("writer_fence", True),
        ("writer_fence_102008", True),
        ("writer_fence_x", False),
        (None, False),
    ],
)
def test_the_fence_by_its_names(name: str | None, expected: bool):
    assert expected == is_fence(name)

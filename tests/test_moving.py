"""A town moves from a directory to a database and back, and lives on as if nothing had happened."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from support.fund_town import CODE, FundTown
from support.postgres import PostgresServer
from support.sim.books import china_at
from support.sim.house import house
from support.sim.run import folder, often_checkpoints, settle
from support.sim.world import STARTS, World, found, new_world, take_step
from venule.app import move_home, open_home, verify
from venule.fund import Subscribe, subscribe
from venule.kit.errors import IdempotencyKeyReused
from venule.kit.ids import SeededIds
from venule.kit.moving import MoveReport, digest_of
from venule.kit.moving_errors import (
    HomeIncomplete,
    HomeMoved,
    MoveNeedsFolder,
    MoveNotProven,
    MoveTargetTaken,
)
from venule.kit.moving_store import BELONGS_TO_A_PLACE
from venule.kit.sql import open_readonly
from venule.kit.tables_store import table_names
from venule.ledger import Tx, archive_journal

SEED = 7
STEPS = 150
CHANGED = frozenset({"event", "home_clock", "schema_migration"}) | BELONGS_TO_A_PLACE
"""Tables that are not the same in both homes once the move is over."""


def digests(place: Path | str) -> dict[str, str]:
    sql = open_readonly(place)
    try:
        names = sorted(set(table_names(sql)) - CHANGED)
        return {name: digest_of(sql, name).sha256 for name in names}
    finally:
        sql.close()


def statements(place: Path | str) -> list[object]:
    """Everything that the ledger says of every account."""

    def look(tx: Tx) -> list[object]:
        last = len(tx.accounts_view())
        return [(tx.account(a), list(tx.statement(a, limit=10_000))) for a in range(1, last)]

    with open_home(place, readonly=True) as home:
        return home.read(look)


def check_moved(report: MoveReport, old: Path | str, new: Path | str) -> None:
    """Both homes hold the same, and only the new one takes a writer."""
    assert digests(old) == digests(new)
    told = {table.name: table.sha256 for table in report.tables}
    assert digests(new).items() <= told.items()
    assert statements(old) == statements(new)
    for place in (old, new):
        seen = verify(place)
        assert seen.ok, seen.faults
        assert report.hash == seen.checked["journal_hash"]
    with pytest.raises(HomeMoved, match="moved to") as caught:
        open_home(old)
    assert report.target == caught.value.gone_to
    with pytest.raises(MoveTargetTaken):
        move_home(new, old)


@pytest.fixture
def files(tmp_path: Path) -> str:
    """A folder for the archive of a database."""
    (tmp_path / "files").mkdir()
    return str(tmp_path / "files")


def test_a_town_lives_on_after_two_moves(postgres: PostgresServer, files: str):
    with often_checkpoints(), folder() as root:
        start = china_at(Random(f"{SEED} start").choice(STARTS), 9 * 3_600)
        with house(root, SEED, start) as watched:
            world = new_world(watched, SEED)
            found(world)
            live_on(world, range(1, STEPS))
            watched.instants.disarm()
            archive_journal(watched.home, keep_transfers=20, segment_transfers=20, checkpoint=True)
            watched.home.close()
            watched.model.now = watched.last = watched.clock.us
            with pytest.raises(MoveNeedsFolder):
                move_home(watched.path, postgres.address(), clock=watched.clock)
            address = postgres.address(folder=files)
            there = move_home(watched.path, address, clock=watched.clock)
            assert there.archive_files > 0
            assert not there.again
            check_moved(there, watched.path, address)

            back = root / "home again"
            again = move_home(address, back, clock=watched.clock)
            check_moved(again, address, back)
            assert again.home == there.home
            assert again.hash == there.hash

            watched.path = back
            watched.model.events["home.arrived"] += 2
            watched.open_again()
            watched.look()
            live_on(world, range(STEPS, 2 * STEPS))
            settle(world, 2 * STEPS)


def live_on(world: World, steps: range) -> None:
    for number in steps:
        take_step(world, SEED, number)


def test_a_fund_goes_on_in_a_database_where_it_left_off(tmp_path: Path, postgres: PostgresServer):
    files, address = tmp_path / "home", postgres.address()
    town = FundTown(files)
    ann, ben = town.member(10_000), town.member(20_000, shares=500)
    first = town.run(subscribe, Subscribe(CODE, ann, 3_000, "n1"), key="ann's")
    town.sell(ben, 200)
    town.home.close()
    open_home(files, clock=town.clock).close()  # with all rooms, as the command line has it

    report = move_home(files, address, clock=town.clock)
    check_moved(report, files, address)
    town.home = open_home(address, clock=town.clock, ids=SeededIds("after", town.clock))
    assert first == town.run(subscribe, Subscribe(CODE, ann, 3_000, "n1"), key="ann's")
    with pytest.raises(IdempotencyKeyReused):
        town.run(subscribe, Subscribe(CODE, ann, 3_001, "n1"), key="ann's")
    assert 7_000 == town.cash(ann)
    day = town.opened_on
    for _ in range(3):
        town.close(day, 10)
        day += timedelta(days=1)
        town.morning(day)
    assert town.shares(ann) >= 3_000
    assert 300 <= town.shares(ben) < 500
    town.buy(ben, 100)
    assert [] == town.breaks()
    town.home.close()
    assert verify(address).ok

    back = tmp_path / "back"
    check_moved(move_home(address, back, clock=town.clock), address, back)


def test_books_that_do_not_prove_stay_where_they_are(tmp_path: Path, postgres: PostgresServer):
    files, address = tmp_path / "home", postgres.address()
    town = FundTown(files)
    town.member(10_000)
    town.home.close()
    with open_home(files, clock=town.clock) as home:
        home.sql.run("UPDATE top_up SET amount = amount + 1")
    with pytest.raises(MoveNotProven, match="faults, the first: "):
        move_home(files, address, clock=town.clock)
    open_home(files, clock=town.clock).close()
    with pytest.raises(HomeIncomplete):
        open_home(address, clock=town.clock)

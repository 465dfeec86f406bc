"""Moving house: whole and the same on arrival, whatever dies on the way; one writer at most."""

from __future__ import annotations

import shutil
from contextlib import closing
from itertools import takewhile
from pathlib import Path

import pytest

from support.moves import (
    MOMENTS_MAX,
    PARCELS,
    Stop,
    broken_off,
    can_write,
    check_moved,
    end_leases,
    killed_at,
    move_it,
    rows_of,
    run_sql,
)
from support.parcels import everything, open_parcels, send
from venule.kit import moving
from venule.kit.moving import digest_of
from venule.kit.moving_errors import (
    HomeIncomplete,
    HomeMoved,
)
from venule.kit.sql import open_readonly


def test_everything_arrives_and_the_old_home_shows_only(pair):
    source, target = pair
    rows = rows_of(source)
    said: list[moving.Tick] = []
    report = move_it(source, target, tick=said.append)
    assert {"fill", "archive", "compare", "prove"} == {tick.step for tick in said}
    assert report.rows == said[-1].rows == said[-1].rows_total
    assert 1 == report.archive_files
    assert not report.again
    counts = {table.name: table.rows for table in report.tables}
    assert (PARCELS, PARCELS, 0) == tuple(counts[t] for t in ("parcel", "a_label", "vacant"))
    with closing(open_readonly(source)) as old, closing(open_readonly(target)) as new:
        for table in report.tables:
            if table.name != "event":
                assert table == digest_of(old, table.name) == digest_of(new, table.name, 3)
    check_moved(source, target, rows)


def test_the_same_command_again_says_that_it_is_done(pair):
    source, target = pair
    first = move_it(source, target)
    again = move_it(source, target)
    assert again.again
    assert (first.home, first.seq, first.hash) == (again.home, again.seq, again.hash)
    with pytest.raises(HomeMoved):
        move_it(source, f"{target}_2" if isinstance(target, str) else target.with_name("other"))


# Whoever dies on the way


@pytest.mark.sim
def test_killed_at_any_statement_the_same_command_goes_on(pair, new_place, seeds: range):
    """`make random SEEDS=240` kills at every statement."""
    source, target = pair
    rows = rows_of(source)
    kind = "files" if isinstance(target, Path) else "database"
    moments = range(1, MOMENTS_MAX, max(1, MOMENTS_MAX // 4 // len(seeds)))
    tries = list(
        takewhile(lambda moment: one_death(source, new_place(kind), rows, moment), moments)
    )
    assert len(tries) > 4


def one_death(source, target, rows, moment: int) -> bool:
    """Kill a move at a statement and go on; False if it was over before."""
    if not killed_at(source, target, moment):
        return False
    end_leases(source, target)
    writers = [can_write(place) for place in (source, target)]
    if all(writers):  # without a trace of the move it is as good as nothing: an empty home
        assert is_empty(target)
        remove(target)
    end_leases(source, target)
    move_it(source, target)
    check_moved(source, target, rows)
    come_back(source)
    return True


def is_empty(place: Path | str) -> bool:
    with closing(open_readonly(place)) as sql:
        return not any(everything(sql).values())


def remove(place: Path | str) -> None:
    if isinstance(place, Path):
        shutil.rmtree(place)
    else:
        run_sql(
            place, "DROP SCHEMA " + place.partition("schema=")[2].partition("&")[0] + " CASCADE"
        )


def come_back(place: Path | str) -> None:
    """Let a home that has gone be there again, for the next try."""
    run_sql(place, "DROP TABLE home_moved", "DELETE FROM event WHERE name = 'home.moved'")
    if isinstance(place, Path):
        for name in ("seal.json", "witness"):
            (place / name).unlink(missing_ok=True)


def test_nobody_looks_into_half_a_home_nor_writes_to_it(pair):
    source, target = pair
    broken_off(source, target)
    with pytest.raises(HomeIncomplete):
        open_readonly(target)
    with pytest.raises(HomeIncomplete, match="still being moved here from"):
        open_parcels(target)
    with pytest.raises(HomeIncomplete):
        move_it(target, "elsewhere")
    open_parcels(source).close()
    broken_off(source, target, "prove", 1)
    open_readonly(target).close()  # all is there
    with pytest.raises(HomeIncomplete):
        open_parcels(target)
    open_parcels(source).close()


def test_a_proof_that_fails_leaves_the_old_home_as_it_was(pair):
    source, target = pair
    rows = rows_of(source)

    def fail(place) -> None:
        assert rows == rows_of(place)
        raise Stop

    with pytest.raises(Stop):
        move_it(source, target, prove=fail)
    open_parcels(source).close()
    assert move_it(source, target).again
    check_moved(source, target, rows)


def test_what_was_written_between_two_tries_moves_too(pair):
    source, target = pair
    for step, ticks, number in (("fill", 4, 100), ("prove", 1, 101), ("fill", 2, 102)):
        broken_off(source, target, step, ticks)
        with open_parcels(source) as home:
            home.run(send, number)
            home.run(change, 7)
    rows = rows_of(source)
    assert move_it(source, target).again
    assert rows | {"event": []} == rows_of(target) | {"event": []}
    assert not can_write(source)
    assert can_write(target)


def change(tx, number: int) -> None:
    tx.sql.run("UPDATE parcel SET note = 'changed' WHERE number <= ?", (number,))
    tx.sql.run("DELETE FROM a_label WHERE of_number = ?", (number,))

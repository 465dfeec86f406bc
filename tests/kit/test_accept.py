"""`accept`: an older database goes on knowingly, as one whole state, and the home tells of it."""

from __future__ import annotations

import itertools
import shutil
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from support.kept_homes import add, mix, open_counted, several_times, state_of
from support.kit_homes import START, NoteTx, flip, snapshot
from venule.kit import log_store
from venule.kit.accept import (
    ACCEPTED_EVENT,
    ACCEPTED_FILE,
    Acceptance,
    NotAcceptable,
    NothingToAccept,
    accept,
    weigh,
)
from venule.kit.errors import HomeDamaged, HomeLocked, NotAHome
from venule.kit.events import events_after
from venule.kit.home import Home, backup
from venule.kit.sqlite import PAGE_BYTES
from venule.kit.standing import HomeOutdated
from venule.kit.time import FixedClock
from venule.kit.wal import WAL_FILE

CLOCK = FixedClock(START)


@pytest.fixture(scope="module")
def times(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return several_times(tmp_path_factory.mktemp("times"))


def go_on(path: Path) -> Acceptance:
    return accept(path, CLOCK, open_counted)


def told(home: Home[NoteTx]) -> list[Acceptance]:
    """What the home's log of events says was accepted."""
    events = home.read(lambda tx: events_after(tx.sql, 0, 10_000))
    return [event.decode(Acceptance) for event in events if event.name == ACCEPTED_EVENT]


def content(path: Path) -> dict[str, bytes]:
    """All files but SQLite's index of the log and the empty log that come with any reader."""
    files = [file for file in path.rglob("*") if file.is_file() and file.suffix != ".sqlite-shm"]
    return {str(f.relative_to(path)): f.read_bytes() for f in files if f.stat().st_size}


@pytest.mark.sim
def test_whatever_is_accepted_is_one_whole_state(
    times: dict[str, Path], tmp_path: Path, seeds: range
):
    mixes = list(itertools.product(times, [*times, None], times))
    chosen = Random(1).sample(mixes, min(len(mixes), 40 * len(seeds)))
    done = refused = 0
    for number, (database, log, witness) in enumerate(chosen):
        path = tmp_path / str(number)
        mix(path, times[database], times[log] if log else None, times[witness])
        before = content(path)
        try:
            expected = weigh(path)
        except NothingToAccept as error:
            _opens_as_it_is(path, error)
            continue
        except NotAcceptable as error:
            refused += 1
            _is_changed_by_nobody(path, before, error)
            continue
        assert before == content(path)
        done += 1
        _goes_on(path, expected)
        shutil.rmtree(path)
    assert done > len(chosen) // 5
    assert refused > len(chosen) // 8


def _opens_as_it_is(path: Path, error: NothingToAccept) -> None:
    with open_counted(path) as home:
        assert error.seq == state_of(home).count


def _is_changed_by_nobody(path: Path, before: dict[str, bytes], error: NotAcceptable) -> None:
    with pytest.raises(HomeDamaged):
        open_counted(path)
    with pytest.raises(NotAcceptable) as caught:
        go_on(path)
    assert error.message == caught.value.message
    assert before == content(path)


def _goes_on(path: Path, expected: Acceptance) -> None:
    with pytest.raises(HomeDamaged) as caught:
        open_counted(path)
    assert (caught.value.slug, caught.value.message) == (expected.refusal, expected.message)
    accepted = go_on(path)
    assert (expected.seen, expected.kept) == (accepted.seen, accepted.kept)
    for name in accepted.set_aside:
        assert (path / accepted.folder / name).exists()
    with open_counted(path) as home:
        state = state_of(home)
        assert (expected.kept.seq, expected.kept.groups + 1) == (state.count, state.mark.commits)
        assert accepted == told(home)[-1]
        add(home, 1)
    with pytest.raises(NothingToAccept):
        weigh(path)
    if expected.lost and expected.seen:
        assert (state.count + 1, expected.seen.seq) == expected.lost


OLDER = "second, closed", "first, closed"
"""A home, and a copy of its database that was made before."""


def older(times: dict[str, Path], path: Path) -> Path:
    home = snapshot(times[OLDER[0]], path)
    shutil.copyfile(times[OLDER[1]] / "home.sqlite", home / "home.sqlite")
    return home


def test_an_older_copy_says_what_is_lost(times: dict[str, Path], tmp_path: Path):
    path = older(times, tmp_path / "home")
    found = weigh(path)
    assert (4, 37) == found.lost
    assert ("home-outdated", 3, 37) == (found.refusal, found.kept.seq, found.seen.seq)
    assert ["seal.json", "witness"] == found.set_aside
    before = {name: (path / name).read_bytes() for name in found.set_aside}

    accepted = go_on(path)

    aside = path / accepted.folder
    assert before == {name: (aside / name).read_bytes() for name in found.set_aside}
    assert (aside / ACCEPTED_FILE).exists()
    assert not (path / ACCEPTED_FILE).exists()


def test_a_backup_put_in_the_place_of_the_database(tmp_path: Path):
    path = tmp_path / "home"
    with open_counted(path) as home:
        add(home, 3)
        backup(path, tmp_path / "copy")
        add(home, 2)
    shutil.copyfile(tmp_path / "copy", path / "home.sqlite")
    with pytest.raises(HomeOutdated, match="an older copy that ends at sequence number 3 "):
        open_counted(path)
    assert (4, 5) == go_on(path).lost


def test_a_sound_home_has_nothing_to_accept(times: dict[str, Path], tmp_path: Path):
    for name, shot in times.items():
        path = snapshot(shot, tmp_path / name)
        before = content(path)
        with pytest.raises(NothingToAccept, match="which opens as it is"):
            weigh(path)
        with pytest.raises(NothingToAccept):
            go_on(path)
        assert before == content(path)


def test_what_is_no_older_state_is_not_acceptable(times: dict[str, Path], tmp_path: Path):
    foreign = snapshot(times["second, closed"], tmp_path / "foreign")
    shutil.copyfile(times["other, closed"] / "home.sqlite", foreign / "home.sqlite")
    cut = snapshot(times["second, closed"], tmp_path / "cut")
    with open(cut / "home.sqlite", "r+b") as file:
        file.truncate(30_000)
    spoilt = older(times, tmp_path / "spoilt")
    with open(spoilt / "home.sqlite", "r+b") as file:
        file.seek(2 * PAGE_BYTES)
        file.write(bytes(PAGE_BYTES))
    for path in (foreign, cut, spoilt):
        before = content(path)
        with pytest.raises(NotAcceptable, match="restore a backup"):
            go_on(path)
        assert before == content(path)
    with pytest.raises(NotAHome):
        weigh(tmp_path / "nothing")


def test_a_home_in_use_is_left_alone(tmp_path: Path):
    with open_counted(tmp_path / "home") as home:
        add(home, 1)
        with pytest.raises(HomeLocked):
            weigh(tmp_path / "home")


def test_a_witness_that_cannot_be_read(times: dict[str, Path], tmp_path: Path):
    path = snapshot(times["second, closed"], tmp_path / "home")
    flip(path / "witness", 100)
    found = go_on(path)
    assert ("witness-damaged", None, None) == (found.refusal, found.seen, found.lost)
    with open_counted(path) as home:
        assert 37 == state_of(home).count


@pytest.mark.parametrize("before", [True, False])
def test_a_database_that_needs_its_log_is_no_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: bool
):
    """Killed while the log went back into the database, and then the log is lost."""
    backfill = log_store.backfill
    path, shot = tmp_path / "home", tmp_path / "shot"

    def shoot(*args: Any, **more: Any) -> bool:
        if before and not shot.exists():
            snapshot(path, shot)
        done = backfill(*args, **more)
        if not shot.exists():
            snapshot(path, shot)
        return done

    with open_counted(path, log_max_bytes=1 << 30) as home:
        add(home, 5, size=9_000)
        monkeypatch.setattr(log_store, "backfill", shoot)
    whole = (shot / WAL_FILE).read_bytes()
    for length in (0, len(whole) // 2):
        (shot / WAL_FILE).write_bytes(whole[:length])
        with pytest.raises(NotAcceptable, match="no state that ever was"):
            weigh(shot)
    (shot / WAL_FILE).write_bytes(whole)
    with open_counted(shot) as home:
        assert 5 == state_of(home).count


class Died(BaseException):
    """The process ends here."""


def test_broken_off_anywhere_it_is_finished_and_told_once(
    times: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    path = older(times, tmp_path / "first")
    steps = _steps_until(path, None, monkeypatch)
    assert steps > 10
    for number in range(steps):
        path = older(times, tmp_path / str(number))
        _steps_until(path, number, monkeypatch)
        try:  # somebody opens it meanwhile
            with open_counted(path) as home:
                add(home, 1)
            added = 1
        except HomeDamaged:
            added = 0
        try:
            go_on(path)
        except NothingToAccept:
            assert number == steps - 1 or added
        with open_counted(path) as home:
            assert 3 + added == state_of(home).count
            assert [(4, 37)] == [accepted.lost for accepted in told(home)]
        assert not (path / ACCEPTED_FILE).exists()


def _steps_until(path: Path, death: int | None, monkeypatch: pytest.MonkeyPatch) -> int:
    """Accept until the step `death` of those that change names on disk; return how many are."""
    import os

    from venule.kit import homedir

    steps = 0

    def before(do: Any) -> Any:
        def step(*args: Any) -> Any:
            nonlocal steps
            if steps == death:
                raise Died
            steps += 1
            return do(*args)

        return step

    with monkeypatch.context() as patched:
        patched.setattr(os, "rename", before(os.rename))
        patched.setattr(homedir, "fsync_directory", before(homedir.fsync_directory))
        with suppress(Died):
            go_on(path)
    return steps

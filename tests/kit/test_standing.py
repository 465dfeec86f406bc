"""Cut, swapped and outdated files: refused with the reason, whatever is combined with what."""

from __future__ import annotations

import itertools
import shutil
from pathlib import Path

import pytest

from support.kept_homes import State, add, mix, open_counted, several_times, state_of
from support.kit_homes import snapshot
from venule.kit.errors import HomeDamaged
from venule.kit.seal import SealForeign
from venule.kit.standing import (
    HomeForeign,
    HomeForked,
    HomeOutdated,
    LogCut,
    LogForeign,
    LogMissing,
)
from venule.kit.wal import FRAME_BYTES, HEADER_BYTES, WAL_FILE


@pytest.fixture(scope="module")
def times(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return several_times(tmp_path_factory.mktemp("times"))


@pytest.fixture(scope="module")
def states(times: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, State]:
    """What each of them holds."""
    folder = tmp_path_factory.mktemp("states")
    found = {}
    for name, path in times.items():
        with open_counted(snapshot(path, folder / name)) as home:
            found[name] = state_of(home)
    return found


def test_each_time_opens_by_itself(states: dict[str, State]):
    assert [3, 3, 5, 7, 37, 37, 38, 50, 50] == [state.count for state in states.values()]


def test_whatever_is_mixed_is_refused_or_one_whole_state_not_older_than_the_witness(
    times: dict[str, Path], states: dict[str, State], tmp_path: Path
):
    number = itertools.count()
    refused = 0
    ours = [name for name in times if not name.startswith("other")]
    for database, log, witness in itertools.product(times, [*times, None], [*ours, None]):
        path = mix(
            tmp_path / str(next(number)),
            times[database],
            times[log] if log else None,
            times[witness] if witness else None,
        )
        try:
            home = open_counted(path)
        except HomeDamaged as error:
            refused += 1
            _is_told_by_readers_too(path, error)
            assert not database == log == witness, "an honest home was refused"
        else:
            with home:
                state = state_of(home)
            if witness:
                assert not database.startswith("other")
                assert state.mark.commits >= states[witness].mark.commits
        shutil.rmtree(path)
    assert refused > 300


def _is_told_by_readers_too(path: Path, error: HomeDamaged) -> None:
    with pytest.raises(type(error)) as caught:
        open_counted(path, readonly=True)
    assert error.expected != error.seen
    assert (error.expected, error.seen) == (caught.value.expected, caught.value.seen)


CLOSED, KILLED = "second, closed", "third, killed"

# What was put over a home at what time, and how it is told.
SWAPS = [
    (CLOSED, {"home.sqlite": "first, closed"}, HomeOutdated, "an older copy that ends at .* 3 "),
    (CLOSED, {"home.sqlite": "other, closed"}, HomeForeign, "that of home "),
    (CLOSED, {WAL_FILE: "first, killed"}, LogForeign, "generation"),
    (CLOSED, {WAL_FILE: "other, killed"}, LogForeign, "generation"),
    (CLOSED, {"seal.json": "other, closed"}, SealForeign, "that of home "),
    (CLOSED, {"seal.json": "first, closed"}, HomeDamaged, "sealed on closing"),
    (KILLED, {"home.sqlite": "first, closed"}, HomeOutdated, "expected sequence number 38 with"),
    (KILLED, {"home.sqlite": "other, closed"}, HomeForeign, "that of home "),
    (KILLED, {WAL_FILE: "second, killed late"}, LogForeign, "generation"),
    (KILLED, {WAL_FILE: "other, killed"}, LogForeign, "generation"),
    (
        KILLED,
        {"home.sqlite": "second, killed late", WAL_FILE: "second, killed late"},
        HomeOutdated,
        "expected sequence number 38 with hash [0-9a-f]{16} .*, seen an older copy",
    ),
    ("second, killed late", {WAL_FILE: "second, killed early"}, LogCut, "up to .* number 7 "),
    ("first, killed", {"home.sqlite": CLOSED}, HomeForked, "another history, up to .* 37 "),
]


@pytest.mark.parametrize("time,files,expected,words", SWAPS)
def test_swapped_files_are_named(
    times: dict[str, Path],
    tmp_path: Path,
    time: str,
    files: dict[str, str],
    expected: type[HomeDamaged],
    words: str,
):
    path = snapshot(times[time], tmp_path / "home")
    for name, source in files.items():
        shutil.copyfile(times[source] / name, path / name)
    before = {file.name: file.read_bytes() for file in path.iterdir()}

    with pytest.raises(expected, match=words) as caught:
        open_counted(path)
    assert expected is type(caught.value)
    if "seal.json" not in files:  # readers leave the seal to `verify`
        with pytest.raises(expected, match=words):
            open_counted(path, readonly=True)
    assert before == {file.name: file.read_bytes() for file in path.iterdir()}


def test_the_log_of_a_killed_home_cut_anywhere(
    times: dict[str, Path], states: dict[str, State], tmp_path: Path
):
    path = snapshot(times["second, killed late"], tmp_path / "home")
    log = path / WAL_FILE
    whole = log.read_bytes()
    lengths = {0, 1, HEADER_BYTES, len(whole) - 1, *range(100, len(whole), 7_919)}
    lengths |= set(range(HEADER_BYTES, len(whole), FRAME_BYTES))
    for length in sorted(lengths):
        log.write_bytes(whole[:length])
        with pytest.raises(LogCut if length else LogMissing, match="up to sequence number 7 with"):
            open_counted(path)
        assert length == log.stat().st_size
    log.unlink()
    with pytest.raises(LogMissing, match="seen no log"):
        open_counted(path)
    log.write_bytes(whole)
    with open_counted(path) as home:
        assert states["second, killed late"] == state_of(home)


@pytest.mark.parametrize("time", ["second, killed late", CLOSED, KILLED])
def test_the_database_cut_anywhere(
    times: dict[str, Path], states: dict[str, State], tmp_path: Path, time: str
):
    path = snapshot(times[time], tmp_path / "home")
    (path / "seal.json").unlink(missing_ok=True)
    file = path / "home.sqlite"
    whole = file.read_bytes()
    refused = 0
    lengths = [0, 99, 4_096, *range(16_384, len(whole), 50_021), len(whole) - 1]
    for length in lengths:
        file.write_bytes(whole[:length])
        try:
            home = open_counted(path, readonly=True)
        except HomeDamaged as error:
            refused += 1
            _is_cut(error)
            with pytest.raises(HomeDamaged) as caught:
                open_counted(path)
            _is_cut(caught.value)
        else:  # the log has every page that was cut off
            with home:
                assert states[time] == state_of(home)
        assert length == file.stat().st_size
    assert refused == len(lengths) if time == CLOSED else refused > len(lengths) // 2
    file.write_bytes(whole)
    open_counted(path).close()


def _is_cut(error: HomeDamaged) -> None:
    assert HomeDamaged is type(error)
    assert "home.sqlite" == error.what


def test_a_copy_of_the_whole_directory_opens(times: dict[str, Path], tmp_path: Path):
    for name, path in times.items():
        copy = Path(shutil.copytree(path, tmp_path / name))
        with open_counted(copy, readonly=True) as home:
            count = state_of(home).count
        with open_counted(copy) as home:
            add(home, 1)
        with open_counted(copy) as home:
            assert count + 1 == state_of(home).count


def test_a_foreign_program_may_empty_the_log_of_a_killed_home(
    times: dict[str, Path], states: dict[str, State], tmp_path: Path
):
    import sqlite3

    path = snapshot(times[KILLED], tmp_path / "home")
    connection = sqlite3.connect(path / "home.sqlite")
    assert connection.execute("SELECT COUNT(*) FROM note").fetchone() == (38,)
    connection.close()
    assert not (path / WAL_FILE).exists()
    with open_counted(path) as home:
        assert states[KILLED] == state_of(home)

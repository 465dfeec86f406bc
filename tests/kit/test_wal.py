"""The log after a crash: a torn end is cut off, damage further up is named, never swallowed."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import numpy as np
import pytest

from support.kit_homes import Put, flip, numbers, open_notes, put, snapshot
from venule.kit.errors import HomeDamaged
from venule.kit.wal import FRAME_BYTES, HEADER_BYTES, WAL_FILE, check_wal, cut_tail
from venule.kit.witness import WITNESS_FILE

COMMITS = 6


@pytest.fixture(scope="module")
def crashed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home killed after `COMMITS` commits, the last of them not yet answered."""
    folder = tmp_path_factory.mktemp("wal")
    with open_notes(folder / "home") as home:
        home.sql.run("PRAGMA wal_checkpoint(TRUNCATE)")
        for n in range(COMMITS):
            seen = (folder / "home" / WITNESS_FILE).read_bytes()
            home.run(put, Put(n))
        snapshot(folder / "home", folder / "crashed")
        (folder / "crashed" / WITNESS_FILE).write_bytes(seen)
        return folder / "crashed"


@pytest.fixture
def copy(crashed: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(crashed, tmp_path / "copy"))


def frames(home: Path) -> np.ndarray:
    raw = (home / WAL_FILE).read_bytes()[HEADER_BYTES:]
    return np.frombuffer(raw, np.uint8).reshape(-1, FRAME_BYTES)


def commit_frames(home: Path) -> list[int]:
    return [int(n) for n in np.flatnonzero(frames(home)[:, 4:8].any(axis=1))]


def opened(home: Path) -> list[int]:
    with open_notes(home) as again:
        assert sum(numbers(again)) == again.participant.total
        return numbers(again)


def test_a_whole_log_is_fine(copy: Path):
    assert COMMITS == len(commit_frames(copy))
    check_wal(copy)
    assert list(range(COMMITS)) == opened(copy)


def test_no_log_is_fine(tmp_path: Path):
    open_notes(tmp_path / "home").close()
    check_wal(tmp_path / "home")


@pytest.mark.parametrize("readonly", [False, True])
def test_damage_before_later_commits_is_named(copy: Path, readonly: bool):
    second = commit_frames(copy)[1]
    flip(copy / WAL_FILE, HEADER_BYTES + second * FRAME_BYTES + 5_000)
    before = (copy / WAL_FILE).read_bytes()

    with pytest.raises(HomeDamaged, match=rf"frame {second + 1}:"):
        open_notes(copy, readonly=readonly)
    assert before == (copy / WAL_FILE).read_bytes()


def test_a_lost_sector_before_later_commits_is_named(copy: Path):
    second = commit_frames(copy)[1]
    with open(copy / WAL_FILE, "r+b") as file:
        file.seek(HEADER_BYTES + second * FRAME_BYTES + 16_000 - 32)
        file.write(b"\xee" * 256)

    with pytest.raises(HomeDamaged, match=rf"frame {second + 1}: .* later commits follow"):
        open_notes(copy)


def test_a_torn_last_commit_is_cut_off(copy: Path):
    file = copy / WAL_FILE
    *_, before_last, last = commit_frames(copy)
    size = file.stat().st_size
    assert last + 1 == (size - HEADER_BYTES) // FRAME_BYTES
    for cut in (1, FRAME_BYTES - 1, FRAME_BYTES + 1, (last - before_last) * FRAME_BYTES):
        content = file.read_bytes()
        file.write_bytes(content[: size - cut])
        check_wal(copy)
        file.write_bytes(content)
    for frame in range(before_last + 1, last + 1):  # any page of it may not have reached the disk
        torn = shutil.copytree(copy, copy.parent / f"torn{frame}")
        with open(torn / WAL_FILE, "r+b") as opened_file:
            opened_file.seek(HEADER_BYTES + frame * FRAME_BYTES + 24)
            opened_file.write(bytes(FRAME_BYTES - 24))
        assert list(range(COMMITS - 1)) == opened(torn)


def test_frames_of_an_earlier_log_are_no_damage(crashed: Path, copy: Path):
    """After a checkpoint the log starts again from the top, with new salts, over old frames."""
    with open_notes(copy) as home:
        for n in range(10, 30):
            home.run(put, Put(n))
        home.sql.run("PRAGMA wal_checkpoint(RESTART)")
        home.run(put, Put(99))
        shot = snapshot(copy, copy.parent / "shot")
    assert frames(shot).shape[0] > 30
    check_wal(shot)
    assert 99 == opened(shot)[-1]


def test_damage_to_the_header_is_named(copy: Path):
    for offset in range(HEADER_BYTES):
        flip(copy / WAL_FILE, offset)
        with pytest.raises(HomeDamaged, match="header"):
            check_wal(copy)
        flip(copy / WAL_FILE, offset)
    check_wal(copy)


def test_any_flipped_byte_is_named(crashed: Path, copy: Path):
    random = Random(20130613)
    file = copy / WAL_FILE
    size = file.stat().st_size
    headers = [
        HEADER_BYTES + frame * FRAME_BYTES + byte
        for frame in (0, 1, commit_frames(copy)[-2], commit_frames(copy)[-1])
        for byte in range(24)
    ]
    for offset in [*headers, *(random.randrange(size) for _ in range(100)), size - 1]:
        flip(file, offset)
        with pytest.raises(HomeDamaged):
            check_wal(copy)
        flip(file, offset)
    check_wal(copy)


def test_a_write_torn_but_for_one_byte_is_no_damage_if_nobody_was_told(crashed: Path, copy: Path):
    """What was in the sectors before may differ by one byte from what they should have got."""
    before_last, last = commit_frames(copy)[-2:]
    for frame, byte in ((before_last + 1, 5_000), (last, 5_000), (last, 20)):
        torn = Path(shutil.copytree(copy, copy.parent / f"torn{frame}.{byte}"))
        flip(torn / WAL_FILE, HEADER_BYTES + frame * FRAME_BYTES + byte)
        assert list(range(COMMITS - 1)) == opened(torn)
    flip(copy / WAL_FILE, HEADER_BYTES + before_last * FRAME_BYTES + 5_000)
    with pytest.raises(HomeDamaged):
        opened(copy)


def test_what_a_tear_leaves_is_cut_off_before_it_is_written_over(copy: Path):
    """Else it would look like later commits when the next commit is torn as well."""
    before_last, last = commit_frames(copy)[-2:]
    for byte in (5_000, 9_000):
        flip(copy / WAL_FILE, HEADER_BYTES + (before_last + 1) * FRAME_BYTES + byte)
    torn = frames(copy)
    with open_notes(copy) as home:
        opened_only = snapshot(copy, copy.parent / "opened")
        assert list(range(COMMITS - 1)) == numbers(home)
    assert last == len(torn) - 1
    left = frames(opened_only)
    assert (torn[: before_last + 1] == left[: before_last + 1]).all()
    later = {frame.tobytes() for frame in left[before_last + 1 :]}
    assert not later & {frame.tobytes() for frame in torn[before_last + 1 :]}


def test_a_log_without_a_whole_commit_is_emptied(copy: Path):
    first = commit_frames(copy)[0]
    whole = (copy / WAL_FILE).read_bytes()
    (copy / WAL_FILE).write_bytes(whole[: HEADER_BYTES + first * FRAME_BYTES])
    cut_tail(copy, check_wal(copy))
    assert 0 == (copy / WAL_FILE).stat().st_size
    (copy / WAL_FILE).write_bytes(whole + bytes(100))
    cut_tail(copy, check_wal(copy))
    assert whole == (copy / WAL_FILE).read_bytes()
    (copy / WAL_FILE).unlink()
    cut_tail(copy, None)


def test_a_spilled_group_that_was_undone_leaves_frames_that_are_no_damage(copy: Path):
    """A group too big for the page cache writes to the log before it commits, or does not."""
    with open_notes(copy) as home:
        home.sql.run("PRAGMA cache_size = 10")
        home.run(put, Put(10))
        with pytest.raises(ZeroDivisionError):
            home.run(_big_and_bad, Put(0))
        home.run(put, Put(11))
        shot = snapshot(copy, copy.parent / "shot")
    good = frames(shot).shape[0]
    assert good > 100
    assert [*range(COMMITS), 10, 11] == opened(shot)


def _big_and_bad(tx, command: Put) -> None:
    for n in range(300):
        put(tx, Put(n, "x" * 10_000))
    raise ZeroDivisionError

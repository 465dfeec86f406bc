"""Archiving may end at any line: before each statement and each call that touches a file, and while
others post."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from threading import Event, Thread
from typing import Any

import pytest

from support.both_homes import Place, Places
from support.homes import new_home
from support.ledger_archives import (
    archive_all,
    faults,
    glance,
    journal_rows,
    live,
    post,
    set_up,
)
from venule.kit.errors import DiskFull
from venule.kit.home import Home
from venule.kit.time import SystemClock, VirtualClock
from venule.ledger import (
    ArchiveDamaged,
    ArchiveStray,
    JournalDamaged,
    Transfer,
    Tx,
    archive,
    archive_format,
    archive_journal,
    archive_store,
    archive_writer,
    checkpoint,
)

START = datetime(2014, 5, 14, tzinfo=UTC)
FILE_CALLS = ("fsync", "link", "unlink", "mkdir", "posix_fadvise")


class Crash(BaseException):
    """The process ends here."""


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_format, "GROUP_TRANSFERS", 16)
    monkeypatch.setattr(archive, "SLICE_ROWS", 4)


def changes(statement: str) -> bool:
    """Whether a crash before it leaves other files than one before the last step."""
    return statement.startswith(("INSERT", "DELETE", "COMMIT"))


@contextmanager
def steps(home: Home[Tx], at: int) -> Iterator[list[str]]:
    """Crash before step `at`; list the steps that were begun."""
    begun: list[str] = []

    def step(what: str) -> None:
        begun.append(what)
        if len(begun) > at:
            raise Crash(what)

    def watched(name: str) -> Callable[..., Any]:
        call = getattr(os, name)

        def before(*args: Any, **more: Any) -> Any:
            step(f"{name} {args[0]}")
            return call(*args, **more)

        return before

    with pytest.MonkeyPatch.context() as patch:
        for name in FILE_CALLS:
            patch.setattr(os, name, watched(name))
        home.sql.watch(lambda statement: step(statement) if changes(statement) else None)
        yield begun
    home.sql.watch(lambda _: None)


def test_a_crash_before_every_step(places: Places) -> None:
    clock = VirtualClock(START)
    home = live(places("home"), clock, 6, groups=6)
    before = glance(home)
    count = journal_rows(home)
    home.close()
    seen: set[str] = set()
    at = 0
    while True:
        home = new_home(places.copy(places("home"), "work"), clock)
        with steps(home, at) as begun, suppress(Crash):
            archive_all(home)
        whole = len(begun) <= at
        left = places.copy(places("work"), "left")
        seen |= {step.split()[0] for step in begun}
        home.close()
        places.drop("work")
        if whole:
            break
        look_after(left, clock, before, count, f"step {at}: {begun[-1]}")
        places.drop("left")
        at += 1
    assert {"INSERT", "DELETE", "COMMIT", *FILE_CALLS} <= seen
    assert at > 15


def look_after(
    left: Place, clock: VirtualClock, before: dict[str, Any], count: int, step: str
) -> None:
    """What a crash has left opens, reads as before, and the next run finishes the work."""
    home = new_home(left, clock)
    catalogued = archive_store.archive_files(home.sql, 1)
    assert catalogued or count == journal_rows(home), step
    assert before == glance(home), step
    assert faults(home) == [], step
    archive_all(home)
    assert before == glance(home), step
    assert faults(home) == [], step
    [(_, last, name, size)] = archive_store.archive_files(home.sql, 1)
    folder = home.sql.folder
    assert [folder / name] == list((folder / "archive" / "book-1").iterdir()), step
    assert size == (folder / name).stat().st_size
    assert archive_store.oldest_rows(home.sql, 1, last, 1) == [], step
    home.close()


@pytest.mark.parametrize("bytes_free", [0, 1_000, 3_000, 1 << 30])
def test_a_full_disk_leaves_the_journal_as_it_was(
    places: Places, monkeypatch: pytest.MonkeyPatch, bytes_free: int
) -> None:
    home = live(places("home"), VirtualClock(START), 6, groups=6)
    before, count = glance(home), journal_rows(home)
    write = archive_writer._Sink.write

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    def nearly_full(sink: archive_writer._Sink, raw: bytes) -> int:
        return full() if sink.bytes > bytes_free else write(sink, raw)

    with monkeypatch.context() as patch:
        patch.setattr(archive_writer._Sink, "write", nearly_full)
        patch.setattr(os, "fsync", full)
        with pytest.raises(DiskFull):
            archive_all(home)
    assert count == journal_rows(home)
    assert len(archive_all(home)) == 1
    assert before == glance(home)
    home.close()


def test_what_the_disk_does_not_give_back_is_not_catalogued(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = live(places("home"), VirtualClock(START), 6, groups=6)
    count = journal_rows(home)
    fsync = os.fsync

    def flip(fd: int) -> None:
        fsync(fd)
        name = os.readlink(f"/proc/self/fd/{fd}")
        if name.endswith("segment.new"):
            with open(name, "r+b") as file:
                file.seek(200)
                byte = file.read(1)[0]
                file.seek(200)
                file.write(bytes([byte ^ 1]))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", flip)
        with pytest.raises(ArchiveDamaged, match="does not give back what was written"):
            archive_all(home)
    assert count == journal_rows(home)
    home.close()


def test_a_damaged_journal_row_is_not_archived(places: Places) -> None:
    home = live(places("home"), VirtualClock(START), 6, groups=6)
    home.sql.run("UPDATE journal SET last_at = last_at + 1 WHERE first_seq = 1")
    with pytest.raises(JournalDamaged, match=r"transfer 1: .*does not match its hash"):
        archive_all(home)
    assert archive_store.archive_files(home.sql, 1) == []
    home.close()


def test_a_file_that_is_not_of_this_journal_is_not_touched(places: Places) -> None:
    clock = VirtualClock(START)
    other = live(places("other"), clock, 9)
    [foreign] = archive_all(other)
    theirs = other.sql.folder / foreign.file
    other.close()
    home = live(places("home"), clock, 6, groups=6)
    stray = home.sql.folder / foreign.file
    stray.parent.mkdir(parents=True)
    shutil.copy(theirs, stray)
    with pytest.raises(ArchiveStray, match="expected only files of the catalog"):
        archive_all(home)
    stray.write_bytes(b"nothing of ours")
    with pytest.raises(ArchiveStray, match="says nothing"):
        archive_all(home)
    stray.unlink()
    assert len(archive_all(home)) == 1
    home.close()


def test_others_post_meanwhile(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "CYCLE_RECORDS_MIN", 60)
    monkeypatch.setattr(archive, "SLICE_ROWS", 32)
    home = new_home(places("home"), SystemClock())
    home.run(set_up, 4)
    seqs: list[int] = []
    stop = Event()

    def pay() -> None:
        while not stop.is_set():
            seqs.extend(home.run(post, [Transfer(1, 2 + len(seqs) % 4, 1 + len(seqs), 101)] * 2))

    payer = Thread(target=pay)
    payer.start()
    made = []
    try:
        while len(made) < 6:
            made += archive_journal(home, keep_transfers=10, segment_transfers=100)
    finally:
        stop.set()
        payer.join()
    assert sorted(set(seqs)) == seqs
    statement = home.read(lambda tx: tx.statement(1, limit=1 << 20))
    assert seqs == [line.seq for line in reversed(statement)][4:]
    assert faults(home) == []
    home.close()
    home = new_home(places("home"), VirtualClock(START + timedelta(days=9999)))
    assert statement == home.read(lambda tx: tx.statement(1, limit=1 << 20))
    home.close()

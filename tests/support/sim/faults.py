"""What can go wrong under a home: the process dies, the power fails, the disk is full.

The files of a home at one instant are what a `kill -9` at that instant leaves. Instants are all SQL
statements and all calls of the operating system that the home makes itself. A loss of power takes
in addition what was not flushed: of SQLite's log, any part of the commit under way; of a small
file, what was written since its last flush; of a directory, names changed since.
"""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from venule.kit.sql import Sql
from venule.kit.sqlite import DATABASE_FILE

WAL_FILE = f"{DATABASE_FILE}-wal"
SHM_FILE = f"{DATABASE_FILE}-shm"
SQLITE_OWN = (DATABASE_FILE, WAL_FILE, SHM_FILE)
HEADER_BYTES = 32
FRAME_BYTES = 24 + 16_384
PIECE_BYTES = 4_096
"""What the operating system writes back at a time."""

CALLS = (
    "fsync",
    "fdatasync",
    "pwrite",
    "write",
    "replace",
    "rename",
    "unlink",
    "ftruncate",
    "link",
)
NO_LIMIT = 2**31 - 2


class Crashed(BaseException):
    """The process is gone; what is left of it is an image of its files."""


@dataclass
class Flushed:
    """What of the small files of a directory would survive a loss of power."""

    path: Path
    content: dict[int, bytes] = field(default_factory=dict)
    names: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name, file in self._files():
            self._note(name, file)
        self.names = {name: file.stat().st_ino for name, file in self._files()}

    def _files(self) -> Iterator[tuple[str, Path]]:
        for file in sorted(self.path.rglob("*")):
            if file.is_file() and file.name not in SQLITE_OWN:
                yield str(file.relative_to(self.path)), file

    def _note(self, name: str, file: Path) -> None:
        self.content[file.stat().st_ino] = file.read_bytes()

    def flush(self, fd: int) -> None:
        """A file or directory was flushed."""
        about = os.fstat(fd)
        if stat.S_ISDIR(about.st_mode):
            self.names = {name: file.stat().st_ino for name, file in self._files()}
        for name, file in self._files():
            if file.stat().st_ino == about.st_ino:
                self._note(name, file)

    def lose(self, random: Random, image: Path) -> None:
        """Take from an image what was not flushed, as chance will have it."""
        now = dict(self._files())
        for name in sorted(now.keys() | self.names.keys()):
            target = image / name
            file = now.get(name)
            inode = file.stat().st_ino if file else -1
            if self.names.get(name) != inode and random.random() < 0.5:
                inode = self.names.get(name, -1)  # the directory has not heard of it
            old = self.content.get(inode)
            if inode < 0 or (old is None and file is None):
                target.unlink(missing_ok=True)
                continue
            new = file.read_bytes() if file and file.stat().st_ino == inode else old
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(mix(random, old or b"", new or b"", 512))


def mix(random: Random, old: bytes, new: bytes, piece: int = PIECE_BYTES) -> bytes:
    """Return a file of which only some pieces of the new content were written back."""
    share = random.choice((0.0, 0.3, 0.7, 0.95, 1.0))
    size = len(old)
    if len(new) != size:
        low, high = sorted((len(old), len(new)))
        size = random.choice((low, high, random.randint(low, high)))
    out = bytearray(old[:size].ljust(size, b"\0"))
    for at in range(0, size, piece):
        fresh = new[at : min(at + piece, size)]
        if out[at : at + len(fresh)] != fresh and random.random() < share:
            out[at : at + len(fresh)] = fresh
    return bytes(out)


def take_image(path: Path, to: Path) -> Path:
    """Copy a home's files as they are now."""
    shutil.copytree(path, to)
    return to


@dataclass
class Instants:
    """Counts the instants of a home's work, and strikes at one of them.

    at: strike before the instant of this number. on_commit: strike at the group's COMMIT. strike:
    what to do; it gets the instant's name and must raise. committed: a COMMIT has been passed.
    """

    count: int = 0
    at: int = -1
    on_commit: bool = False
    strike: Callable[[str, Sql | None], None] | None = None
    busy: bool = False
    committed: bool = False
    flushed: Flushed | None = None

    def arm(self, strike: Callable[[str, Sql | None], None], at: int = -1) -> None:
        """Strike at an instant, or (-1) at the group's COMMIT."""
        self.count, self.at, self.on_commit, self.strike = 0, at, at < 0, strike
        self.committed = False

    def disarm(self) -> None:
        self.strike = None

    def tick(self, what: str, sql: Sql | None = None) -> None:
        """One more instant."""
        if self.busy:
            return
        self.count += 1
        strike = self.strike
        if strike is not None and (self.count == self.at or (self.on_commit and what == "COMMIT")):
            self.strike, self.busy = None, True
            try:
                strike(what, sql)
            finally:
                self.busy = False
        if what == "COMMIT":
            self.committed = True

    def watch(self, sql: Sql) -> Sql:
        """Let every statement of a connection be an instant."""
        sql.watch(lambda statement: self.tick(statement, sql))
        return sql

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Let the home's own calls of the operating system be instants, and connections too."""
        from venule.kit import embedded, homedir

        def watched_call(name: str) -> Any:
            real = getattr(os, name)

            def call(*args: Any, **options: Any) -> Any:
                self.tick(f"os.{name}")
                answer = real(*args, **options)
                if name in ("fsync", "fdatasync") and self.flushed and not self.busy:
                    self.flushed.flush(args[0])
                return answer

            return patch.object(os, name, call)

        def watched_connect(module: Any) -> Any:
            real = module.connect
            return patch.object(module, "connect", lambda *a, **o: self.watch(real(*a, **o)))

        patches = [watched_call(name) for name in CALLS]
        patches += [watched_connect(module) for module in (embedded, homedir)]
        for each in patches:
            each.start()
        try:
            yield
        finally:
            for each in reversed(patches):
                each.stop()


def torn_commit(random: Random, path: Path, to: Path, sql: Sql, flushed: Flushed | None) -> str:
    """Commit, and take an image as if the power had failed meanwhile; say what of it is sure.

    Before the commit is flushed, any part of its frames may be on the disk; SQLite flushes the
    log's header before them.
    """
    wal, database = path / WAL_FILE, path / DATABASE_FILE
    old_wal = wal.read_bytes() if wal.exists() else b""
    old_database = database.read_bytes()
    sql.conn.execute("COMMIT")
    new_wal, new_database = wal.read_bytes(), database.read_bytes()
    take_image(path, to)
    (to / SHM_FILE).unlink(missing_ok=True)
    if flushed is not None:
        flushed.lose(random, to)
    if old_database != new_database and random.random() < 0.5:
        (to / DATABASE_FILE).write_bytes(mix(random, old_database, new_database))
        return "done"  # the log was flushed before the database was touched
    (to / DATABASE_FILE).write_bytes(old_database)
    if new_wal[:HEADER_BYTES] != old_wal[:HEADER_BYTES]:
        if random.random() < 0.3:
            (to / WAL_FILE).write_bytes(old_wal)
            return "undone"
        old_wal = new_wal[:HEADER_BYTES] + old_wal[HEADER_BYTES:]
    torn = mix(random, old_wal, new_wal)
    (to / WAL_FILE).write_bytes(torn)
    return "done" if torn[: len(new_wal)] == new_wal else "undone"


def full(path: Path) -> sqlite3.OperationalError:
    """Return what SQLite says when the disk is full."""
    error = sqlite3.OperationalError(f"database or disk is full: {path.name}")
    error.sqlite_errorcode = sqlite3.SQLITE_FULL
    error.sqlite_errorname = "SQLITE_FULL"
    return error


@contextmanager
def no_more_pages(sql: Sql, more: int) -> Iterator[None]:
    """Let the database grow by so many pages only."""
    pages = sql.conn.execute("PRAGMA page_count").fetchone()[0]
    sql.conn.execute(f"PRAGMA max_page_count = {pages + more}")
    try:
        yield
    finally:
        sql.conn.execute(f"PRAGMA max_page_count = {NO_LIMIT}")


@contextmanager
def no_longer_files(path: Path, more: int) -> Iterator[None]:
    """Let no file grow beyond the log's present length and some bytes: a limit of the system."""
    wal = path / WAL_FILE
    size = wal.stat().st_size if wal.exists() else 0
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size + more, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

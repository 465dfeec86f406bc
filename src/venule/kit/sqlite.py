"""SQLite underneath a home: the open connection, and how a database file is opened.

What SQLite says about the disk and the file becomes a typed `HomeError`; what it says about a
statement (a broken constraint, a syntax error) stays a `sqlite3.Error`: that is a bug of ours.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO, ClassVar, Final
from urllib.parse import quote

from venule.kit.errors import DiskFull, HomeDamaged, HomeError, HomeLocked, HomeReadOnly

Row = tuple[Any, ...]
Params = Sequence[Any]
Inode = tuple[int, int]
"""What a file is known by, whatever its name: device and number."""

DATABASE_FILE: Final = "home.sqlite"
"""Read it only through `connect`, or as bytes through `open_beside`."""

PAGE_BYTES: Final = 16_384
WAL_CHECKPOINT_BYTES: Final = 256 * 2**20
CACHE_BYTES: Final = 64 * 2**20
STATEMENTS_CACHED: Final = 1_024
BUSY_TIMEOUT_S: Final = 5.0
"""How long to wait for a foreign program that holds SQLite's own lock."""


SQLITE_ERRORS: Final = (sqlite3.Error, UnicodeDecodeError)
"""What the driver raises; the second where SQLite quotes damaged text of the schema."""


@dataclass(eq=False)
class StorageFailed(HomeError):
    """The operating system could not read or write the home."""

    path: str
    seen: str
    slug = "storage-failed"

    @property
    def message(self) -> str:
        return f"expected to read and write {self.path}, seen {self.seen}"


def translate(path: str, error: sqlite3.Error | UnicodeDecodeError) -> HomeError | None:
    """Return what a SQLite error says about the home, or None if it is about the statement."""
    if isinstance(error, UnicodeDecodeError):
        said = error.object.decode("utf-8", "backslashreplace")
        return HomeDamaged(path, "database", "a whole SQLite database", said)
    code = getattr(error, "sqlite_errorcode", None)
    if code is None:
        return None
    match code & 0xFF:
        case sqlite3.SQLITE_FULL:
            return DiskFull(path)
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return HomeDamaged(path, "database", "a whole SQLite database", str(error))
        case sqlite3.SQLITE_IOERR | sqlite3.SQLITE_NOMEM | sqlite3.SQLITE_CANTOPEN:
            return StorageFailed(path, str(error))
        case sqlite3.SQLITE_READONLY:
            return HomeReadOnly(path)
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return HomeLocked(path, 0)
        case _:
            return None


class SqliteSql:
    """A thin, typed handle on one open connection. Not for two threads at once.

    `fatal` holds the last error after which SQLite may have rolled the transaction back by itself;
    whoever owns the transaction must look at it before going on. Until `rollback` nothing more is
    written: it would be durable at once, alone.
    `wrote` is set by every statement that may have written, or that failed; who wants to know
    clears it before.
    """

    dialect: ClassVar[str] = "sqlite"

    __slots__ = (
        "_execute",
        "_many",
        "conn",
        "fatal",
        "inode",
        "on_begin",
        "path",
        "readonly",
        "wrote",
    )

    def __init__(
        self,
        conn: sqlite3.Connection,
        path: str,
        *,
        readonly: bool = False,
        inode: Inode | None = None,
    ) -> None:
        self.conn = conn
        self.inode = inode  # under which `connect` counts this connection
        self.path = path
        self.readonly = readonly
        self.fatal: HomeError | None = None
        self.on_begin: Callable[[], None] | None = None  # called in every new write transaction
        self.wrote = False
        self._execute: Callable[..., sqlite3.Cursor] = conn.execute
        self._many: Callable[..., sqlite3.Cursor] = conn.executemany

    def run(self, sql: str, params: Params = ()) -> int:
        """Execute a statement and return how many rows it changed (-1 when it is no change)."""
        if self.fatal is not None:
            raise self.fatal
        self.wrote = True
        try:
            return self._execute(sql, params).rowcount
        except SQLITE_ERRORS as error:
            raise self.failed(error) from error

    def row(self, sql: str, params: Params = ()) -> Row | None:
        """Return the first row, or None."""
        if not sql.startswith("SELECT"):  # it may write: INSERT ... RETURNING
            self._about_to_write()
        try:
            row: Row | None = self._execute(sql, params).fetchone()
        except SQLITE_ERRORS as error:
            raise self.failed(error) from error
        return row

    def rows(self, sql: str, params: Params = ()) -> list[Row]:
        """Return all rows."""
        if not sql.startswith("SELECT"):
            self._about_to_write()
        try:
            return self._execute(sql, params).fetchall()
        except SQLITE_ERRORS as error:
            raise self.failed(error) from error

    def each(self, sql: str, params: Params = ()) -> Iterator[Row]:
        """Yield the rows one by one, for results too big to hold."""
        if not sql.startswith("SELECT"):
            self._about_to_write()
        try:
            yield from self._execute(sql, params)
        except SQLITE_ERRORS as error:
            raise self.failed(error) from error

    def many(self, sql: str, rows: Iterable[Params]) -> None:
        """Execute one statement for each of the parameter rows."""
        self._about_to_write()
        try:
            self._many(sql, rows)
        except SQLITE_ERRORS as error:
            raise self.failed(error) from error

    def _about_to_write(self) -> None:
        if self.fatal is not None:
            raise self.fatal
        self.wrote = True

    def begin(self, *, deferring: bool | None = None) -> None:
        """Open a write transaction at once, so that no later statement finds the lock taken.

        deferring: nothing would be saved by it here.
        """
        self.run("BEGIN IMMEDIATE")
        if self.on_begin is not None:
            self.on_begin()

    def begin_read(self) -> None:
        """See one state of the database from here on, until `rollback`. Again changes nothing."""
        if not self.conn.in_transaction:
            self.run("BEGIN")
            self.row("SELECT 1 FROM sqlite_master LIMIT 1")  # SQLite takes the state at a read

    def commit(self) -> None:
        """Make the transaction durable."""
        self.run("COMMIT")

    def rollback(self) -> None:
        """Undo the transaction, unless SQLite has already done so. Clears `fatal`."""
        self.fatal = None
        if self.conn.in_transaction:
            self.run("ROLLBACK")

    def start_look(self) -> None:
        """Refuse to write, until `end_look`."""
        if not self.readonly:
            self.run("PRAGMA query_only = 1")

    def end_look(self) -> None:
        """Allow to write again."""
        self.fatal = None
        if not self.readonly:
            self.run("PRAGMA query_only = 0")

    @property
    def folder(self) -> Path:
        """Where the home's files lie."""
        return Path(self.path)

    @property
    def in_transaction(self) -> bool:
        """Whether a transaction is open."""
        return self.conn.in_transaction

    def failed(self, error: sqlite3.Error | UnicodeDecodeError) -> Exception:
        """Return what to raise for a SQLite error, and remember it if the transaction is gone."""
        self.wrote = True
        told = translate(self.path, error)
        if told is None:
            return error
        if isinstance(told, DiskFull | HomeDamaged | StorageFailed):
            self.fatal = told
        return told

    def has_table(self, name: str) -> bool:
        """Whether the home has a table of this name."""
        found = "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?"
        return self.row(found, (name,)) is not None

    def has_column(self, table: str, name: str) -> bool:
        """Whether a table has a column of this name."""
        found = "SELECT 1 FROM pragma_table_info(?) WHERE name = ?"
        return self.row(found, (table, name)) is not None

    def watch(self, before: Callable[[str], None]) -> None:
        """Call `before(statement)` ahead of every statement: for tracing, and for faults in tests.

        What `before` raises takes the place of the statement's own answer.
        """
        execute, many = self.conn.execute, self.conn.executemany

        def watched(sql: str, *params: Any) -> sqlite3.Cursor:
            before(sql)
            return execute(sql, *params)

        def watched_many(sql: str, *params: Any) -> sqlite3.Cursor:
            before(sql)
            return many(sql, *params)

        self._execute, self._many = watched, watched_many

    def close(self) -> None:
        """Close the connection; the last one of a home also empties the write-ahead log."""
        self.conn.close()
        if self.inode is not None:
            inode, self.inode = self.inode, None
            _leave(inode)


def connect(file: Path, home: Path, *, mode: str = "rw", immutable: bool = False) -> SqliteSql:
    """Open the database file of a home. Pragmas that belong to a writer: see `configure`."""
    uri = f"file:{quote(str(file.absolute()))}?mode={mode}" + ("&immutable=1" if immutable else "")
    inode = _enter(file)
    try:
        conn = sqlite3.connect(
            uri,
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=STATEMENTS_CACHED,
            timeout=BUSY_TIMEOUT_S,
        )
    except BaseException as error:
        if inode is not None:
            _leave(inode)
        if isinstance(error, sqlite3.Error):
            raise translate(str(home), error) or error from error
        raise
    return SqliteSql(conn, str(home), readonly=mode == "ro", inode=inode)


@contextmanager
def open_beside(file: Path) -> Iterator[BinaryIO]:
    """Read the bytes of a database file that this process may also have connections to.

    POSIX drops a process's locks on a file when *any* of its handles on it is closed, SQLite's own
    included; another process could then delete the log under a writer. So while there is a
    connection, the handle stays open after use, for the next one who looks, until the last
    connection is closed.
    """
    raw = _parked(file) or open(file, "rb", buffering=0)  # noqa: SIM115  it may outlive this block
    try:
        raw.seek(0)
        yield raw
    finally:
        stat = os.fstat(raw.fileno())
        with _gate:
            opened = _opened.get((stat.st_dev, stat.st_ino))
            if opened is None:
                raw.close()
            else:
                opened.parked.append(raw)


def keep_open(sql: SqliteSql, file: Path) -> int:
    """Open a file that SQLite keeps locks on, for reading; return its descriptor.

    It is closed with this process's last connection to the database, see `open_beside`.
    """
    assert sql.inode is not None
    with _gate:
        kept = _opened[sql.inode].kept
        if file.name not in kept:
            kept[file.name] = open(file, "rb", buffering=0)  # noqa: SIM115  `_leave` closes it
        return kept[file.name].fileno()


@dataclass
class _Opened:
    """A database file that has connections."""

    connections: int = 0
    parked: list[BinaryIO] = field(default_factory=list)
    kept: dict[str, BinaryIO] = field(default_factory=dict)


_gate: Final = Lock()
_opened: Final[dict[Inode, _Opened]] = {}


def _parked(file: Path) -> BinaryIO | None:
    stat = file.stat()
    with _gate:
        opened = _opened.get((stat.st_dev, stat.st_ino))
        return opened.parked.pop() if opened is not None and opened.parked else None


def _enter(file: Path) -> Inode | None:
    """Count a connection before it is made; None for a file that is not there yet."""
    try:
        stat = file.stat()
    except OSError:
        return None
    inode = (stat.st_dev, stat.st_ino)
    with _gate:
        _opened.setdefault(inode, _Opened()).connections += 1
    return inode


def _leave(inode: Inode) -> None:
    with _gate:
        opened = _opened[inode]
        opened.connections -= 1
        if opened.connections == 0:
            del _opened[inode]
            for raw in (*opened.parked, *opened.kept.values()):
                raw.close()


def configure(sql: SqliteSql) -> None:
    """Set what a writer needs: write-ahead log, a disk flush at every commit, foreign keys."""
    sql.run(f"PRAGMA page_size = {PAGE_BYTES}")  # counts only before the first page is written
    mode = sql.row("PRAGMA journal_mode = WAL")
    if mode != ("wal",):
        raise StorageFailed(sql.path, f"journal mode {mode} where a write-ahead log was asked for")
    sql.run("PRAGMA synchronous = FULL")
    sql.run(f"PRAGMA wal_autocheckpoint = {WAL_CHECKPOINT_BYTES // PAGE_BYTES}")
    sql.run("PRAGMA foreign_keys = ON")
    sql.run("PRAGMA trusted_schema = OFF")
    # Some builds of SQLite write zeros over every page that a DELETE frees: twenty times the bytes.
    sql.run("PRAGMA secure_delete = FAST")
    sql.run("PRAGMA temp_store = MEMORY")  # keeps the pages that a savepoint copies off the disk
    sql.run(f"PRAGMA cache_size = {-(CACHE_BYTES // 1024)}")


def configure_copy(sql: SqliteSql) -> None:
    """Set what a new file needs that nobody sees before it is whole, and flushed as a whole."""
    sql.run(f"PRAGMA page_size = {PAGE_BYTES}")
    sql.run("PRAGMA journal_mode = MEMORY")
    sql.run("PRAGMA synchronous = OFF")

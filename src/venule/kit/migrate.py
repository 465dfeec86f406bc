"""Schema migrations: plain SQL files beside each room, forward only, each in one transaction.

A file is `<room>/migrations/NNNN_name.sql`; the numbers of a room run 1, 2, 3 ... without a gap. A
file never changes once it has been applied anywhere; a mistake is mended by the next one.

It is the same text for every kind of home. What only one kind needs to be told besides, such as how
it stores a column, stands beside it in `NNNN_name.<dialect>.sql` and is applied right after it, as
part of it; there may be a file of a dialect only beside a plain one.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from importlib.resources import files
from re import compile as pattern
from typing import Final

from venule.kit.errors import HomeDamaged, HomeError, HomeTooNew
from venule.kit.sql import Sql

_FILE_NAME: Final = pattern(r"(\d{4})_([a-z0-9_]+)(?:\.([a-z]+))?\.sql")

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS schema_migration (
    room TEXT NOT NULL,
    number INTEGER NOT NULL,
    name TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    applied_at BIGINT NOT NULL,
    PRIMARY KEY (room, number)
)"""


@dataclass(frozen=True)
class Migration:
    """One step, as one dialect has it. `sha256` is of its text, in hex."""

    room: str
    number: int
    name: str
    text: str
    sha256: str


@dataclass(frozen=True)
class Migrations:
    """Where a room keeps its migrations: the folder `migrations` of `package`."""

    room: str
    package: str

    def load(self, dialect: str = "sqlite") -> list[Migration]:
        """Read the files, in order. A gap or a strange name is a bug: ValueError."""
        plain: dict[tuple[int, str], str] = {}
        besides: dict[tuple[int, str], str] = {}
        for entry in files(self.package).joinpath("migrations").iterdir():
            if not entry.name.endswith(".sql"):
                continue
            match = _FILE_NAME.fullmatch(entry.name)
            if match is None:
                raise ValueError(f"expected NNNN_name.sql, seen {entry.name} in {self.package}")
            place = int(match[1]), match[2]
            if match[3] is None:
                plain[place] = entry.read_text("utf-8")
            else:
                text = entry.read_text("utf-8") if match[3] == dialect else ""
                besides[place] = besides.get(place, "") + text
        numbers = sorted(number for number, _ in plain)
        if numbers != list(range(1, len(numbers) + 1)):
            raise ValueError(f"expected migrations 1, 2, 3 ... in {self.package}, seen {numbers}")
        if not besides.keys() <= plain.keys():
            alone = sorted(besides.keys() - plain.keys())
            raise ValueError(f"expected a plain file beside each dialect's, seen {alone} alone")
        found = []
        for (number, name), text in sorted(plain.items()):
            whole = text + besides.get((number, name), "")
            digest = hashlib.sha256(whole.encode()).hexdigest()
            found.append(Migration(self.room, number, name, whole, digest))
        return found


_SHOWN: Final = 60
_DEFINITIONS: Final = """
SELECT type || ' ' || name, CAST(sql AS BLOB) FROM sqlite_master WHERE sql IS NOT NULL
ORDER BY type, name"""

KIT_MIGRATIONS: Final = Migrations("kit", package="venule.kit")


@dataclass(eq=False)
class HomeNotMigrated(HomeError):
    """The home was last written by an older version; a reader must not bring it up to date."""

    path: str
    migration: str
    slug = "home-not-migrated"

    @property
    def message(self) -> str:
        return (
            f"{self.path}: expected migration {self.migration} applied, seen a home of an older "
            "version: open it once for writing"
        )


def migrate(
    sql: Sql,
    rooms: Sequence[Migrations],
    now_us: int,
    building: Callable[[], AbstractContextManager[Sql]] | None = None,
) -> list[Migration]:
    """Apply what is missing, room by room in the order given; return what was applied.

    building: gives the connection to apply it over, if anything is missing; without it, `sql`.
    Raises: HomeTooNew for a migration this code does not know, HomeDamaged for one whose text
    differs from the file's; nothing is applied then.
    """
    if sql.has_table("schema_migration") and not find_missing(sql, rooms):
        return []
    with nullcontext(sql) if building is None else building() as builder:
        if not builder.has_table("schema_migration"):
            builder.run(_TABLE)
        missing = find_missing(builder, rooms)
        for migration in missing:
            _apply(builder, migration, now_us)
    return missing


def find_missing(sql: Sql, rooms: Sequence[Migrations]) -> list[Migration]:
    """Return the migrations not yet applied, in order. Raises as `migrate` does."""
    known = [migration for room in rooms for migration in room.load(sql.dialect)]
    latest = {room.room: 0 for room in rooms} | {m.room: m.number for m in known}
    by_place = {(m.room, m.number): m for m in known}
    if len(latest) != len(rooms):
        raise ValueError("expected each room once among the migrations")
    rows = sql.rows("SELECT room, number, name, sha256 FROM schema_migration ORDER BY room, number")
    for room, number, name, digest in rows:
        migration = by_place.get((room, number))
        if migration is None:
            raise HomeTooNew(sql.path, f"migrations of {room!r}", latest.get(room, 0), number)
        if digest != migration.sha256:
            raise HomeDamaged(
                sql.path, f"migration {room} {number} ({name})", migration.sha256, digest
            )
    applied = {(row[0], row[1]) for row in rows}
    for room, number in applied:
        if number > 1 and (room, number - 1) not in applied:
            raise HomeDamaged(sql.path, f"migrations of {room!r}", f"{number - 1} applied", "a gap")
    return [m for m in known if (m.room, m.number) not in applied]


def rooms_in(sql: Sql) -> set[str]:
    """Return the rooms that have tables in a home, known to this code or not."""
    if not sql.has_table("schema_migration"):
        return set()
    return {room for (room,) in sql.rows("SELECT DISTINCT room FROM schema_migration")}


def definition_faults(sql: Sql, rooms: Sequence[Migrations]) -> list[str]:
    """Say which tables and indexes of a SQLite home are not as the migrations applied to it, of
    the rooms given, make them. What these rooms have not made does not matter.
    """
    rows = sql.rows("SELECT room, number FROM schema_migration")
    applied = {(room, number) for room, number in rows}
    model = sqlite3.connect(":memory:", isolation_level=None)
    try:
        model.execute(_TABLE)
        for migration in (m for room in rooms for m in room.load("sqlite")):
            if (migration.room, migration.number) in applied:
                try:
                    for statement in split(migration.text):
                        model.execute(statement)
                except sqlite3.OperationalError as error:
                    name = f"migration {migration.number} of {migration.room}"
                    return [f"expected {name} to follow the ones applied before it, seen: {error}"]
        expected = model.execute(_DEFINITIONS).fetchall()
    finally:
        model.close()
    seen: dict[str, bytes] = dict(sql.rows(_DEFINITIONS))
    return [
        f"the definition of {what} is not that of its migrations: "
        f"{_difference(text, seen.get(what, b'none'))}"
        for what, text in expected
        if seen.get(what) != text
    ]


def _difference(expected: bytes, seen: bytes) -> str:
    """Say where two texts part."""
    at = next((i for i, (a, b) in enumerate(zip(expected, seen, strict=False)) if a != b), 0)
    part = slice(max(0, at - _SHOWN // 2), at + _SHOWN // 2)
    right, wrong = (text[part].decode("utf-8", "backslashreplace") for text in (expected, seen))
    return f"expected {right!r}, seen {wrong!r}"


def _apply(sql: Sql, migration: Migration, now_us: int) -> None:
    sql.begin()
    try:
        for statement in split(migration.text):
            sql.run(statement)
        sql.run(
            "INSERT INTO schema_migration (room, number, name, sha256, applied_at)"
            " VALUES (?, ?, ?, ?, ?)",
            (migration.room, migration.number, migration.name, migration.sha256, now_us),
        )
        sql.commit()
    except BaseException:
        sql.rollback()
        raise


def split(text: str) -> list[str]:
    """Split a script into its statements; a semicolon in a string or a comment ends nothing."""
    statements = []
    pending = ""
    *ended, last = text.split(";")
    for piece in ended:
        pending += piece + ";"
        if sqlite3.complete_statement(pending):
            statements.append(pending.strip())
            pending = ""
    rest = "\n".join(line for line in (pending + last).splitlines() if not _is_comment(line))
    if rest.strip():
        raise ValueError(f"expected a semicolon after the last statement, seen {rest.strip()!r}")
    return statements


def _is_comment(line: str) -> bool:
    return line.lstrip().startswith("--")

"""Backups: a copy of a home's database taken while it is in use, and a home made from a copy."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from venule.kit import homedir
from venule.kit.errors import BadInput, Conflict, HomeDamaged, NotAHome
from venule.kit.home_store import Mark, identity
from venule.kit.keepsakes import KEEPSAKES_FOLDER, carry, names_in
from venule.kit.reader import open_readonly
from venule.kit.sqlite import DATABASE_FILE, SqliteSql, configure, connect, translate

_NEW: Final = ".venule-new-"


@dataclass(eq=False)
class BackupExists(Conflict):
    """A backup never overwrites anything."""

    path: str
    slug = "backup-exists"

    @property
    def message(self) -> str:
        return f"expected nothing at {self.path}, seen a file: a backup does not overwrite"


@dataclass(eq=False)
class BackupUnusable(BadInput):
    """A file that is no whole backup of a home."""

    path: str
    seen: str
    slug = "backup-unusable"

    @property
    def message(self) -> str:
        return f"expected a backup of a home at {self.path}, seen {self.seen}"


def backup(home: Path | str, file: Path | str) -> None:
    """Copy a home's database into a new file, as of one instant; a writer may be at work.

    What the home keeps in `archive` goes into a folder beside the file, `FILE.archive`; without
    any there is none. The file is whole and durable when this returns, and not there if it fails.
    While it runs the writer's log cannot shrink.
    Raises: BackupExists; NotAHome, HomeTooNew, HomeDamaged; DiskFull, HomeReadOnly of the target.
    """
    home, file = Path(home), Path(file).absolute()
    folder = keepsakes_of(file)
    new, new_folder = new_names(file, folder)
    source = open_readonly(home)
    try:
        with homedir.disk_errors(file):
            file.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
            source.begin_read()  # from here on it is one state, and the names belong to it
            names = names_in(home / KEEPSAKES_FOLDER)
            _copy(source, new, file)
            with open(new, "rb") as written:
                os.fsync(written.fileno())
            if names:
                carry(home / KEEPSAKES_FOLDER, new_folder, names)
                place_folder(new_folder, folder)
            place_file(new, file, folder if names else None)
            homedir.fsync_directory(file.parent)
    finally:
        source.close()
        for left in (new, Path(f"{new}-journal")):
            left.unlink(missing_ok=True)
        shutil.rmtree(new_folder, ignore_errors=True)


def new_names(*places: Path) -> tuple[Path, ...]:
    """Return names to work under, beside the places. Raises: BackupExists if something is there."""
    for place in places:
        if place.exists() or place.is_symlink():
            raise BackupExists(str(place))
    mark = f"{_NEW}{os.urandom(4).hex()}-{os.getpid()}"
    return tuple(place.parent / f".{place.name}{mark}" for place in places)


def keepsakes_of(file: Path) -> Path:
    """Return the folder beside a backup that holds what the home keeps in `archive`."""
    return file.with_name(f"{file.name}.{KEEPSAKES_FOLDER}")


def restore(file: Path | str, home: Path | str, fill: Callable[[Path], None] | None = None) -> Mark:
    """Make a home from a backup; whole, or not there. The place must be vacant.

    The new home begins a life of its own, with another id. Returns how far the backup has come.
    fill: puts a database and what belongs to it into the directory that becomes the home, instead
    of all that is in the backup.
    Raises: BackupUnusable, NotAHome, DiskFull, HomeReadOnly.
    """
    home, file = Path(home), Path(file)
    mark = check_backup(file)
    if not homedir.is_vacant(home):
        raise NotAHome(str(home), "something there already: a restore does not overwrite")

    def fill_whole(new: Path) -> None:
        shutil.copyfile(file, new / DATABASE_FILE)
        folder = keepsakes_of(file)
        if folder.is_dir():
            carry(folder, new / KEEPSAKES_FOLDER, names_in(folder))

    homedir.create(home, fill_whole if fill is None else fill)
    return mark


@contextmanager
def opened_backup(file: Path, place: Path) -> Iterator[SqliteSql]:
    """Open a backup's database for reading. place: where what belongs to it is looked for."""
    sql = connect(file, place, mode="ro", immutable=True)
    try:
        yield sql
    finally:
        sql.close()


@contextmanager
def new_database(folder: Path) -> Iterator[SqliteSql]:
    """Make the database of a home under construction, for writing; `restore` flushes it later."""
    sql = connect(folder / DATABASE_FILE, folder, mode="rwc")
    try:
        configure(sql)
        sql.run("PRAGMA synchronous = OFF")
        yield sql
    finally:
        sql.close()


def carry_archive(file: Path, folder: Path, names: Iterable[str]) -> None:
    """Bring files that belong to a backup into a home under construction; names: below the home."""
    inside = [Path(name).relative_to(KEEPSAKES_FOLDER).as_posix() for name in names]
    if inside:
        carry(keepsakes_of(file), folder / KEEPSAKES_FOLDER, inside)


def place_folder(new: Path, folder: Path) -> None:
    """Give a new folder its name. Raises: BackupExists."""
    try:
        os.rename(new, folder)  # onto nothing, or an empty directory
    except OSError as error:
        if error.errno in {errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR}:
            raise BackupExists(str(folder)) from None
        raise


def place_file(new: Path, file: Path, folder: Path | None) -> None:
    """Give a new file its name; folder: what was placed for it before. Raises: BackupExists."""
    try:
        os.link(new, file)
    except BaseException as error:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)
        if isinstance(error, FileExistsError):
            raise BackupExists(str(file)) from None
        raise


def _copy(source: SqliteSql, new: Path, file: Path) -> None:
    target = connect(new, file)
    try:
        target.run("PRAGMA synchronous = OFF")  # the file is flushed as a whole afterwards
        source.conn.backup(target.conn)
    except sqlite3.Error as error:
        told = translate(str(file), error) or error
        if isinstance(told, HomeDamaged):  # the new file cannot be: it is the home
            told = HomeDamaged(source.path, told.what, told.expected, told.seen)
        raise told from error
    finally:
        target.close()


def check_backup(file: Path) -> Mark:
    """Check the outside of a backup; return how far its home had come. Raises: BackupUnusable."""
    if not file.is_file():
        raise BackupUnusable(str(file), "no file")
    sql = connect(file, file, mode="ro", immutable=True)
    try:
        pages = sql.row("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
        size = file.stat().st_size
        if pages is None or pages[0] != size:
            raise BackupUnusable(str(file), f"{size} bytes where its header tells of {pages}")
        if not sql.rows("SELECT 1 FROM sqlite_master WHERE name = 'schema_migration'"):
            raise BackupUnusable(str(file), "a database without migrations")
        return identity(sql)[1]
    except HomeDamaged as error:
        raise BackupUnusable(str(file), error.seen) from error
    finally:
        sql.close()

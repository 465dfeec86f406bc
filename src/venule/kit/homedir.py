"""The directory of a home: making it at once or not at all, and telling it from any other.

venule.json     the format's version, with a check sum
lock            see `lock`
home.sqlite     everything else (with -wal and -shm beside it while in use)
seal.json       after a clean close: the hash of home.sqlite, see `seal`
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from venule.kit.errors import DiskFull, HomeDamaged, HomeReadOnly, HomeTooNew, NotAHome, shorten
from venule.kit.lock import LOCK_FILE, READ_ONLY_ERRNOS
from venule.kit.sqlite import (
    DATABASE_FILE,
    PAGE_BYTES,
    StorageFailed,
    configure,
    connect,
    open_beside,
)

FORMAT: Final = 1
FORMAT_FILE: Final = "venule.json"
FORMAT_BYTES_MAX: Final = 4_096
SQLITE_MAGIC: Final = b"SQLite format 3\0"
_NEW: Final = ".venule-new-"


class _Format(msgspec.Struct):
    format: int
    sha256: str


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn what the operating system says about files into what it means for the home."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(str(path)) from error
        if error.errno in READ_ONLY_ERRNOS:
            raise HomeReadOnly(str(path)) from error
        raise StorageFailed(str(path), str(error)) from error


def fsync_directory(path: Path) -> None:
    """Make the names in a directory durable."""
    fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def write_file(path: Path, content: bytes) -> None:
    """Write a new small file, durable when this returns (its name needs `fsync_directory`)."""
    with open(path, "xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def is_vacant(path: Path) -> bool:
    """Whether a home can be made here: nothing, or an empty directory."""
    try:
        return next(path.iterdir(), None) is None
    except FileNotFoundError:
        return True
    except NotADirectoryError:
        return False


def create(path: Path, database: Path | None = None) -> None:
    """Make a home, from a copy of its database if given; whole, or not there after a crash.

    Raises: NotAHome if something is there already; DiskFull, HomeReadOnly.
    """
    path = path.absolute()
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        new = path.parent / f".{path.name}{_NEW}{os.urandom(4).hex()}-{os.getpid()}"
        new.mkdir()
        try:
            write_file(new / FORMAT_FILE, format_content(FORMAT))
            write_file(new / LOCK_FILE, b"")
            _make_database(path, new, database)
            fsync_directory(new)
            os.rename(new, path)  # onto nothing or an empty directory
        except BaseException as error:
            shutil.rmtree(new, ignore_errors=True)
            if isinstance(error, OSError) and error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                raise NotAHome(str(path), "a directory that is not empty") from error
            raise
        fsync_directory(path.parent)


def _make_database(home: Path, new: Path, source: Path | None) -> None:
    """Make the database in directory `new`; errors speak of `home`, which it will become."""
    file = new / DATABASE_FILE
    if source is not None:
        shutil.copyfile(source, file)
        check_database_file(new)
    sql = connect(file, home, mode="rwc")
    try:
        configure(sql)
    finally:
        sql.close()
    with open(file, "rb") as opened:
        os.fsync(opened.fileno())


def _sweep(path: Path) -> None:
    """Remove what a process that died while making this home has left."""
    for left in path.parent.glob(f".{path.name}{_NEW}*"):
        pid = left.name.rpartition("-")[2]
        if pid.isdigit() and not Path(f"/proc/{pid}").exists() and Path("/proc/self").exists():
            shutil.rmtree(left, ignore_errors=True)


def format_content(version: int) -> bytes:
    """Return what `venule.json` holds for a version of the format."""
    digest = sha256(f"venule home format {version}".encode()).hexdigest()
    return msgspec.json.encode(_Format(version, digest)) + b"\n"


def check_format(path: Path) -> None:
    """Check that a directory is a home of a format this code knows.

    Raises: NotAHome, HomeTooNew, HomeDamaged.
    """
    try:
        with open(path / FORMAT_FILE, "rb") as file:
            content = file.read(FORMAT_BYTES_MAX)
    except FileNotFoundError:
        raise NotAHome(str(path), _what_is_there(path)) from None
    except NotADirectoryError:
        raise NotAHome(str(path), "a file") from None
    except OSError as error:
        raise StorageFailed(str(path), str(error)) from error
    try:
        seen = msgspec.json.decode(content, type=_Format).format
    except (msgspec.DecodeError, UnicodeDecodeError):
        seen = -1
    if seen < 1 or content != format_content(seen):
        expected = "the version and its check sum"
        raise HomeDamaged(str(path), FORMAT_FILE, expected, shorten(content.decode("latin-1")))
    if seen > FORMAT:
        raise HomeTooNew(str(path), "home format", FORMAT, seen)


def _what_is_there(path: Path) -> str:
    if not path.exists():
        return "nothing"
    return "an empty directory" if is_vacant(path) else f"a directory without {FORMAT_FILE}"


def check_database_file(path: Path) -> None:
    """Check the outside of the database: SQLite would take an empty file for a new database.

    Raises: HomeDamaged.
    """
    file = path / DATABASE_FILE
    wal = path / f"{DATABASE_FILE}-wal"
    try:
        with open_beside(file) as opened:
            head = opened.read(100)
            size = os.fstat(opened.fileno()).st_size
    except FileNotFoundError:
        raise HomeDamaged(str(path), DATABASE_FILE, "a database", "no such file") from None
    except OSError as error:
        raise StorageFailed(str(path), str(error)) from error
    if len(head) < 100 or not head.startswith(SQLITE_MAGIC):
        raise HomeDamaged(str(path), DATABASE_FILE, "a SQLite database", f"{head[:16]!r}")
    page = int.from_bytes(head[16:18], "big")
    if page != PAGE_BYTES:
        raise HomeDamaged(str(path), DATABASE_FILE, f"pages of {PAGE_BYTES} bytes", f"{page}")
    pages = int.from_bytes(head[28:32], "big")
    if size < pages * page and not (wal.exists() and wal.stat().st_size):
        raise HomeDamaged(str(path), DATABASE_FILE, f"{pages * page} bytes", f"{size} bytes")

"""The directory of a home: making it at once or not at all, and telling it from any other.

venule.json     the format's version, with a check sum
lock            see `lock`
home.sqlite     everything else (with -wal and -shm beside it while in use)
seal.json       after a clean close: the hash of home.sqlite, see `seal`
witness         how far this directory has come, see `witness`
endpoint        where the writer takes commands, if it takes any from other processes
archive         files that never change once they are there, see `keepsakes`
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

import msgspec

from venule.kit.errors import DiskFull, HomeDamaged, HomeReadOnly, HomeTooNew, NotAHome, shorten
from venule.kit.lock import LOCK_FILE, READ_ONLY_ERRNOS
from venule.kit.log_store import become_another
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
ENDPOINT_FILE: Final = "endpoint"
ENDPOINT_BYTES_MAX: Final = 4_096
FORMAT_BYTES_MAX: Final = 4_096
SQLITE_MAGIC: Final = b"SQLite format 3\0"
DATABASE_HEAD_BYTES: Final = 100
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


def write_endpoint(path: Path, endpoint: str) -> None:
    """Say where the writer takes commands: whoever reads sees the old one, or this one."""
    new = path / f".{ENDPOINT_FILE}-new"
    new.write_text(endpoint, encoding="utf-8")
    os.replace(new, path / ENDPOINT_FILE)


def read_endpoint(path: Path) -> str | None:
    """Return where the writer took commands when it last said so; None if nobody does."""
    try:
        with open(path / ENDPOINT_FILE, "rb") as file:
            return file.read(ENDPOINT_BYTES_MAX).decode() or None
    except (FileNotFoundError, NotADirectoryError, UnicodeDecodeError):
        return None


def remove_endpoint(path: Path) -> None:
    """The writer takes no more commands. Only the writer calls this."""
    with suppress(OSError):  # a stale one leads nowhere
        (path / ENDPOINT_FILE).unlink(missing_ok=True)


def is_vacant(path: Path) -> bool:
    """Whether a home can be made here: nothing, or an empty directory."""
    try:
        return next(path.iterdir(), None) is None
    except FileNotFoundError:
        return True
    except NotADirectoryError:
        return False


def create(path: Path, fill: Callable[[Path], None] | None = None) -> None:
    """Make a home; whole, or not there after a crash.

    fill: puts a database (and what belongs to it) into the directory that becomes the home. The
    home begins a life of its own: it gets another id than the one that the database is from.
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
            if fill is not None:
                fill(new)
            _make_database(path, new)
            fsync_directory(new)
            os.rename(new, path)  # onto nothing or an empty directory
        except BaseException as error:
            shutil.rmtree(new, ignore_errors=True)
            if isinstance(error, OSError) and error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                raise NotAHome(str(path), "a directory that is not empty") from error
            raise
        fsync_directory(path.parent)


def _make_database(home: Path, new: Path) -> None:
    """Make the database in directory `new`; one that is there already becomes its own.

    Errors speak of `home`, which it will become.
    """
    file = new / DATABASE_FILE
    if file.exists():
        check_database_file(new)
    sql = connect(file, home, mode="rwc")
    try:
        configure(sql)
        become_another(sql)
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


def check_database_file(path: Path) -> tuple[bytes, int]:
    """Check the outside of the database: SQLite would take an empty file for a new database.

    Returns its first 100 bytes and its size.
    Raises: HomeDamaged.
    """
    file = path / DATABASE_FILE
    try:
        with open_beside(file) as opened:
            head = opened.read(DATABASE_HEAD_BYTES)
            size = os.fstat(opened.fileno()).st_size
    except FileNotFoundError:
        raise HomeDamaged(str(path), DATABASE_FILE, "a database", "no such file") from None
    except OSError as error:
        raise StorageFailed(str(path), str(error)) from error
    if len(head) < DATABASE_HEAD_BYTES or not head.startswith(SQLITE_MAGIC):
        raise HomeDamaged(str(path), DATABASE_FILE, "a SQLite database", f"{head[:16]!r}")
    page = int.from_bytes(head[16:18], "big")
    if page != PAGE_BYTES:
        raise HomeDamaged(str(path), DATABASE_FILE, f"pages of {PAGE_BYTES} bytes", f"{page}")
    return head, size

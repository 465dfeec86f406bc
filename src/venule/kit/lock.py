"""The lock that makes one process the only writer of a home.

It is an advisory lock of the operating system (`flock`) on the file `lock`: it ends with the
process however that ends, so a crash leaves nothing to clean up. The file holds the writer's
process id for whoever finds the door closed, and is empty when nobody writes.
"""

from __future__ import annotations

import errno
import fcntl
import os
import weakref
from pathlib import Path
from typing import Final

from venule.kit.errors import HomeLocked, HomeReadOnly

LOCK_FILE: Final = "lock"
READ_ONLY_ERRNOS: Final = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})

_held: weakref.WeakSet[HomeLock] = weakref.WeakSet()


class HomeLock:
    """A held lock; `release` or the end of the process gives it up."""

    def __init__(self, fd: int, *, shared: bool) -> None:
        self._fd = fd
        self._shared = shared
        _held.add(self)

    def release(self) -> None:
        """Give the lock up. Again is harmless."""
        if self._fd < 0:
            return
        if not self._shared:
            os.ftruncate(self._fd, 0)
        self.forget()

    def forget(self) -> None:
        """Close this process's handle without touching the file."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)


def lock_for_writing(home: Path) -> HomeLock:
    """Become the only writer.

    Raises: HomeLocked naming the process that is it now (which may be this one); HomeReadOnly.
    """
    try:
        fd = os.open(home / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        if error.errno in READ_ONLY_ERRNOS:
            raise HomeReadOnly(str(home)) from error
        raise
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.ftruncate(fd, 0)
        os.pwrite(fd, str(os.getpid()).encode(), 0)
    except BlockingIOError:
        holder = _holder_pid(fd)
        os.close(fd)
        raise HomeLocked(str(home), holder) from None
    except BaseException:
        os.close(fd)
        raise
    return HomeLock(fd, shared=False)


def lock_against_writers(home: Path) -> HomeLock | None:
    """Keep writers out; None if this user may not lock. Raises: HomeLocked if one is at work."""
    try:
        fd = os.open(home / LOCK_FILE, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = _holder_pid(fd)
        os.close(fd)
        raise HomeLocked(str(home), holder) from None
    except OSError:
        os.close(fd)
        return None
    return HomeLock(fd, shared=True)


def _holder_pid(fd: int) -> int:
    text = os.pread(fd, 20, 0)
    return int(text) if text.isdigit() else 0


def _forget_all() -> None:
    for lock in list(_held):
        lock.forget()


# A forked child shares the lock with its parent and would hold it after the parent's death.
os.register_at_fork(after_in_child=_forget_all)

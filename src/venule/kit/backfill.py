"""Most of a long log goes back into the database beside the commits, not inside one.

To copy 256 MiB of pages and to wait for the disk takes a second or more, and a caller would wait
for it. So a thread does it from a connection of its own, while groups go on. A reader that stands
where the log ended keeps it from ever reaching the last frame: only the writer completes a log, so
only the writer lets a new one begin.
"""

from __future__ import annotations

from logging import getLogger
from pathlib import Path
from threading import Thread
from typing import Final

from venule.kit import log_store
from venule.kit.errors import HomeError
from venule.kit.sqlite import DATABASE_FILE, SqliteSql, connect

_log: Final = getLogger("venule.home")


class Backfill:
    """One round: all frames up to where the log ends when it is made.

    Raises: StorageFailed, DiskFull if the connections cannot be opened.
    """

    def __init__(self, home: Path, frames: int) -> None:
        self.frames = frames
        self._home = home
        self._thread: Thread | None = None
        self._reader = self._connect()
        try:
            log_store.stand_here(self._reader)
            self._copier = self._connect()
        except BaseException:
            self._reader.close()
            raise

    def _connect(self) -> SqliteSql:
        sql = connect(self._home / DATABASE_FILE, self._home)
        log_store.hold_the_log(sql)
        return sql

    @property
    def begun(self) -> bool:
        return self._thread is not None

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def begin(self) -> None:
        """Start copying. The log is longer by now than it was, see above."""
        self._thread = Thread(target=self._copy, name="venule-backfill", daemon=True)
        self._thread.start()

    def _copy(self) -> None:
        try:
            log_store.backfill(self._copier)
        except HomeError as error:
            _log.warning("%s: the log grows on: %s", self._home, error.message)

    def end(self) -> None:
        """Wait for the copying, and leave the log to others."""
        if self._thread is not None:
            self._thread.join()
        self._reader.close()
        self._copier.close()

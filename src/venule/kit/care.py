"""What a writer holds beside the open database: the lock, the seal, the log."""

from __future__ import annotations

from pathlib import Path

from venule.kit import homedir
from venule.kit.lock import HomeLock
from venule.kit.log_store import HomeCut, Mark, close_leaving_the_log, cut_of
from venule.kit.seal import Seal
from venule.kit.sqlite import Sql
from venule.kit.standing import Standing
from venule.kit.tx import Participant
from venule.kit.writelog import WriteLog


class Care:
    """Begins before the schema is looked at, ends after the database is closed."""

    def __init__(
        self, home: Path, lock: HomeLock, seal: Seal, standing: Standing, log_max_bytes: int
    ) -> None:
        self._home = home
        self._lock = lock
        self._seal = seal
        self._standing = standing
        self._log_max_bytes = log_max_bytes
        self._log: WriteLog | None = None

    def begin(self, sql: Sql) -> None:
        """Take the log over from SQLite.

        Raises: HomeForeign, HomeOutdated, HomeForked; HomeCut for a home that is for looking.
        """
        cut = cut_of(sql)
        if cut is not None:
            raise HomeCut(str(self._home), cut.seq, cut.end)
        self._log = WriteLog(self._home, sql, self._standing, self._log_max_bytes)

    def attach(self) -> None:
        """The schema is up to date: identity, witness."""
        assert self._log is not None
        with homedir.disk_errors(self._home):
            self._log.attach()

    def committed(self, mark: Mark) -> None:
        """A group is durable."""
        assert self._log is not None
        self._log.committed(mark)

    def close(self, sql: Sql) -> None:
        """Empty the log, close the database and seal it, if nothing is in the way."""
        assert self._log is not None
        unchanged = self._seal.is_database_untouched()
        if not self._log.close():
            return
        sql.close()
        with homedir.disk_errors(self._home):
            self._seal.set_again(self._log.home_id, unchanged=unchanged)

    def let_go(self, sql: Sql) -> None:
        """Close what is still open and give up the lock. What is in the log stays there."""
        try:
            if self._log is not None:
                self._log.let_go()
            close_leaving_the_log(sql, self._home)
        finally:
            self._lock.release()


def position_of(participant: Participant) -> tuple[int, bytes]:
    """Return what a participant that has `position()` says of the group it has flushed."""
    position = getattr(participant, "position", None)
    return (0, b"") if position is None else position()

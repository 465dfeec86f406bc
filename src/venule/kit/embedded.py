"""What a writer of an embedded home holds beside the open database: lock, seal, log, witness."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path

from venule.kit import homedir
from venule.kit.errors import HomeError, NotAHome
from venule.kit.home_store import Mark, refuse_cut
from venule.kit.lock import HomeLock, lock_for_writing
from venule.kit.log_store import close_leaving_the_log
from venule.kit.seal import Seal
from venule.kit.sqlite import DATABASE_FILE, SqliteSql, configure, connect
from venule.kit.standing import Standing, check_standing
from venule.kit.wal import cut_tail
from venule.kit.writelog import WriteLog


class EmbeddedCare:
    """Begins before the schema is looked at, ends after the database is closed."""

    def __init__(
        self,
        home: Path,
        sql: SqliteSql,
        lock: HomeLock,
        seal: Seal,
        standing: Standing,
        log_max_bytes: int,
    ) -> None:
        self._home = home
        self._sql = sql
        self._lock = lock
        self._seal = seal
        self._standing = standing
        self._log_max_bytes = log_max_bytes
        self._log: WriteLog | None = None

    def begin(self) -> None:
        """Take the log over from SQLite.

        Raises: HomeForeign, HomeOutdated, HomeForked; HomeCut for a home that is for looking.
        """
        sql = self._sql
        configure(sql)
        refuse_cut(sql)
        self._log = WriteLog(self._home, sql, self._standing, self._log_max_bytes)

    def building(self) -> AbstractContextManager[SqliteSql]:
        """There is but one connection."""
        return nullcontext(self._sql)

    def attach(self) -> None:
        """The schema is up to date: identity, witness."""
        assert self._log is not None
        with homedir.disk_errors(self._home):
            self._log.attach()

    def announce(self, endpoint: str) -> None:
        """A small file in the home says it."""
        with homedir.disk_errors(self._home):
            homedir.write_endpoint(self._home, endpoint)

    def check(self) -> None:
        """The lock is held for as long as the process lives."""

    def is_over(self) -> bool:
        """The lock is held for as long as the process lives."""
        return False

    def last_word(self) -> None:
        """Nobody else can have written."""

    def meaning(self, error: BaseException) -> HomeError | None:
        """What SQLite says of the home is told by `sqlite.translate`."""
        return None

    def recover(self) -> bool:
        """There is no connection to lose: whoever cannot ask the file cannot go on."""
        return False

    def committed(self, mark: Mark) -> None:
        """A group is durable."""
        assert self._log is not None
        self._log.committed(mark)

    def close(self) -> None:
        """Empty the log, close the database and seal it, if nothing is in the way."""
        assert self._log is not None
        unchanged = self._seal.is_database_untouched()
        if not self._log.close():
            return
        self._sql.close()
        with homedir.disk_errors(self._home):
            self._seal.set_again(self._log.home_id, unchanged=unchanged)

    def let_go(self) -> None:
        """Close what is still open and give up the lock. What is in the log stays there."""
        try:
            if self._log is not None:
                self._log.let_go()
            close_leaving_the_log(self._sql, self._home)
            homedir.remove_endpoint(self._home)
        finally:
            self._lock.release()


def open_writer(
    path: Path, seal_max_bytes: int, log_max_bytes: int
) -> tuple[SqliteSql, EmbeddedCare]:
    """Open a home's database for writing; make the home if nothing (or an empty folder) is there.

    Raises: NotAHome, HomeLocked, HomeTooNew, HomeDamaged (see `standing` for its leaves),
    HomeReadOnly, DiskFull, StorageFailed.
    """
    with homedir.disk_errors(path):
        vacant = homedir.is_vacant(path)
    if vacant:
        with suppress(NotAHome):  # another process was faster: then this one opens what is there
            homedir.create(path)
    homedir.check_format(path)
    lock = lock_for_writing(path)
    try:
        standing = check_standing(path)
        with homedir.disk_errors(path):
            seal = Seal.break_open(path, seal_max_bytes)
            cut_tail(path, standing.log)
        sql = connect(path / DATABASE_FILE, path)
        return sql, EmbeddedCare(path, sql, lock, seal, standing, log_max_bytes)
    except BaseException:
        lock.release()
        raise

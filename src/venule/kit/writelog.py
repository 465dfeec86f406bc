"""The writer's care for the write-ahead log: its generation, its witness, and when it is emptied.

SQLite would empty the log by itself. The home does it instead, so that two things hold at every
instant, whatever dies: the witness knows whether the database file is whole without the log, and
the first transaction of each log names its generation. And most of a long log is emptied beside the
commits, see `backfill`.
"""

from __future__ import annotations

from logging import getLogger
from pathlib import Path
from typing import Final

from venule.kit import home_store, log_store
from venule.kit.backfill import Backfill
from venule.kit.errors import HomeError
from venule.kit.home_store import Mark
from venule.kit.sqlite import WAL_CHECKPOINT_BYTES, SqliteSql
from venule.kit.standing import Standing, check_identity
from venule.kit.wal import FRAME_BYTES
from venule.kit.walindex import LogEnd, LogIndex
from venule.kit.witness import LogState, Slot, Witness

LOG_BYTES_MAX: Final = WAL_CHECKPOINT_BYTES
"""A log longer than this is emptied after the group that made it so."""
BESIDE_BYTES_MIN: Final = 32 * 2**20
"""A log with a limit below this is emptied at once: nobody waits long for it."""
REST_SHARE: Final = 8
"""What has come since a backfill began is left to the writer if it is this part of the limit."""
LIMITS_MAX: Final = 4
"""A log of so many times its limit is emptied at once: the disk does not keep up."""
RETRY_SHARE: Final = 8
"""A log that could not be emptied is tried again after it has grown by this part of its limit."""

_log: Final = getLogger("venule.home")


class WriteLog:
    """The log of a home that is open for writing."""

    def __init__(self, home: Path, sql: SqliteSql, standing: Standing, bytes_max: int) -> None:
        """Compare the database with the witness, before anything is written.

        Raises: HomeForeign, HomeOutdated, HomeForked.
        """
        if standing.witness is not None:
            check_identity(home, standing.witness, sql)
        log_store.hold_the_log(sql)
        self._home = home
        self._sql = sql
        self._standing = standing
        self._index = LogIndex(home, sql)
        self._frames_max = max(1, bytes_max // FRAME_BYTES)
        self._frames_limit = self._frames_max
        self._witness: Witness | None = None
        self._beside: Backfill | None = None
        self._is_beside = bytes_max >= BESIDE_BYTES_MIN
        self._id = b""
        self._mark = home_store.NO_MARK
        self._own = log_store.generation(sql).own
        self._disk = standing.disk.own
        self._named = standing.log.salts if standing.log else b""  # the log that has its generation
        self._naming = False  # a transaction was begun that names it
        self._salts = self._named
        self._state = LogState.USED
        self._used = LogState.USED  # EMPTYING while the database may hold a part of the log
        sql.on_begin = self._begin

    @property
    def standing(self) -> Standing:
        """What the files said before the home was opened."""
        return self._standing

    @property
    def home_id(self) -> bytes:
        return self._id

    def end(self) -> LogEnd:
        """Return where the log ends now."""
        return self._index.read()

    def attach(self) -> Mark:
        """Give the home an id if it has none, and a witness; return how far it has come.

        The schema is up to date.
        """
        sql = self._sql
        self._id, self._mark = home_store.identity(sql)
        if not self._id:
            self._id = home_store.new_home_id()
            home_store.give_identity(sql, self._id)
        self._settle()
        end = self._index.read()
        self._state = LogState.USED if end.frames else LogState.EMPTIED
        last = self._standing.witness or self._slot(self._state, end)
        self._state = last.state
        if end.frames and last.state is LogState.EMPTYING:
            self._used = LogState.EMPTYING
        self._witness = Witness(self._home, last)
        return self._mark

    def _begin(self) -> None:
        """Called inside every new write transaction."""
        end = self._index.read()
        if end.frames == end.backfilled or end.salts != self._named:
            log_store.begin_generation(self._sql)
            self._naming = True

    def _settle(self) -> None:
        """Learn what the last transactions have named the log."""
        if self._naming:
            self._own = log_store.generation(self._sql).own
            self._named = self._index.read().salts
            self._naming = False

    def committed(self, mark: Mark) -> None:
        """A group is durable: tell the witness, and empty the log if it is long."""
        self._mark = mark
        if self._naming:
            self._settle()
        end = self._index.read()
        if end.salts != self._salts:  # a new log has begun: all of the last one is in the database
            self._salts = end.salts
            self._frames_limit = self._frames_max
            self._used = LogState.USED
        self._note(self._used, end)
        if self._beside is not None or end.frames >= self._frames_limit:
            self._shorten(end)

    def close(self) -> bool:
        """Empty the log in good order; whether nothing is left in it."""
        self._end_beside()
        self._settle()
        end = self._index.read()
        if end.frames == 0:
            if self._state is not LogState.CLOSED:
                self._note(LogState.CLOSED, end, flush=True)
        elif not self._empty(end, LogState.CLOSED):
            return False
        else:
            log_store.truncate_log(self._sql)
        if self._witness is not None:
            self._witness.repeat()
        return self._index.read().frames == 0

    def let_go(self) -> None:
        """Close the files."""
        self._sql.on_begin = None
        self._end_beside()
        if self._witness is not None:
            self._witness.close()

    def _shorten(self, end: LogEnd) -> None:
        """Go the next step: a log that is long is emptied, most of it beside the commits."""
        beside = self._beside
        late = end.frames >= LIMITS_MAX * self._frames_max
        if beside is None and self._is_beside and not late:
            self._beside = self._begin_beside(end)
            if self._beside is not None:
                return
        elif beside is not None and not late:
            if not beside.begun and end.frames > beside.frames:
                self._note_emptying(end)
                beside.begin()
            if not beside.begun or beside.running:
                return
            if end.frames - beside.frames > self._frames_max // REST_SHARE:
                self._end_beside()
                self._beside = self._begin_beside(end)
                return
        self._end_beside()
        self._frames_limit = end.frames + self._frames_max // RETRY_SHARE + 1
        self._empty(end, LogState.EMPTIED)

    def _begin_beside(self, end: LogEnd) -> Backfill | None:
        try:
            return Backfill(self._home, end.frames)
        except HomeError as error:
            _log.warning("%s: the log is emptied at once: %s", self._home, error.message)
            return None

    def _end_beside(self) -> None:
        if self._beside is not None:
            self._beside.end()
            self._beside = None

    def _note_emptying(self, end: LogEnd) -> None:
        self._used = LogState.EMPTYING
        self._note(LogState.EMPTYING, end, flush=True)

    def _empty(self, end: LogEnd, then: LogState) -> bool:
        """Bring the database up to date, so that the log may begin anew; whether that was done.

        then: EMPTIED, or CLOSED, which also waits a while for readers of an older state.
        The group is answered whatever comes of it: a log that cannot be emptied now grows on.
        """
        try:
            self._note_emptying(end)
            if not log_store.backfill(self._sql, wait=then is LogState.CLOSED):
                return False
        except HomeError as error:
            self._sql.rollback()  # clears what it remembers of the error; nothing is open
            _log.warning("%s: the log grows on: %s", self._home, error.message)
            return False
        self._disk = self._own
        self._used = LogState.USED
        self._note(then, end, flush=True)
        return True

    def _note(self, state: LogState, end: LogEnd, *, flush: bool = False) -> None:
        witness = self._witness
        if witness is None:
            return
        try:
            self._state = state
            witness.note(self._slot(state, end))
            if flush:
                witness.flush()
        except OSError as error:
            self._witness = None
            _log.warning("%s: the witness is given up: %s", self._home, error)
            witness.give_up()

    def _slot(self, state: LogState, end: LogEnd) -> Slot:
        return Slot(
            self._id, state, self._own, self._disk, end.frames, end.salts, end.checksum, self._mark
        )

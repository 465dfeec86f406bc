"""The writer's care for the write-ahead log: its generation, its witness, and when it is emptied.

SQLite would empty the log by itself. The home does it instead, so that three things hold at every
instant, whatever dies: the witness knows whether the database file is whole without the log; the
first transaction of each log names its generation; and where a history is kept, no frame goes
before it is kept.
"""

from __future__ import annotations

from logging import getLogger
from pathlib import Path
from typing import Final, Protocol

from venule.kit import log_store
from venule.kit.errors import HomeError
from venule.kit.log_store import Mark
from venule.kit.sqlite import WAL_CHECKPOINT_BYTES, Sql
from venule.kit.standing import Standing, check_identity
from venule.kit.wal import FRAME_BYTES
from venule.kit.walindex import LogEnd, LogIndex
from venule.kit.witness import LogState, Slot, Witness

LOG_BYTES_MAX: Final = WAL_CHECKPOINT_BYTES
"""A log longer than this is emptied after the group that made it so."""
RETRY_SHARE: Final = 8
"""A log that could not be emptied is tried again after it has grown by this part of its limit."""

_log: Final = getLogger("venule.home")


class Keeper(Protocol):
    """Keeps the log's frames before they go, see `history`."""

    def told(self, end: LogEnd) -> None:
        """The log is durable up to here."""

    def check(self, end: LogEnd) -> None:
        """A group is about to begin. Raises: HistoryBehind."""

    def finish(self, end: LogEnd) -> bool:
        """Keep all of the log, durably; False if that cannot be done now."""

    def close(self) -> None:
        """Stop."""


class WriteLog:
    """The log of a home that is open for writing."""

    def __init__(self, home: Path, sql: Sql, standing: Standing, bytes_max: int) -> None:
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
        self._keeper: Keeper | None = None
        self._id = b""
        self._mark = log_store.NO_MARK
        self._own = log_store.generation(sql).own
        self._disk = standing.disk.own
        self._named = standing.log.salts if standing.log else b""  # the log that has its generation
        self._naming = False  # a transaction was begun that names it
        self._salts = self._named
        self._state = LogState.USED
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
        self._id, self._mark = log_store.identity(sql)
        if not self._id:
            self._id = log_store.new_home_id()
            log_store.give_identity(sql, self._id)
        self._settle()
        end = self._index.read()
        self._state = LogState.USED if end.frames else LogState.EMPTIED
        last = self._standing.witness or self._slot(self._state, end)
        self._state = last.state
        self._witness = Witness(self._home, last)
        return self._mark

    def keep_with(self, keeper: Keeper) -> None:
        """Let no frame go before the keeper has it."""
        self._keeper = keeper

    def _begin(self) -> None:
        """Called inside every new write transaction."""
        end = self._index.read()
        if self._keeper is not None:
            self._keeper.check(end)
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
        if end.salts != self._salts:
            self._salts = end.salts
            self._frames_limit = self._frames_max
        self._note(LogState.USED, end)
        if self._keeper is not None:
            self._keeper.told(end)
        if end.frames >= self._frames_limit:
            self._frames_limit = end.frames + self._frames_max // RETRY_SHARE + 1
            self._empty(end, LogState.EMPTIED)

    def close(self) -> bool:
        """Empty the log in good order; whether nothing is left in it."""
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
        """Close the files, and stop the keeper."""
        self._sql.on_begin = None
        if self._keeper is not None:
            self._keeper.close()
        if self._witness is not None:
            self._witness.close()

    def _empty(self, end: LogEnd, then: LogState) -> bool:
        """Bring the database up to date, so that the log may begin anew; whether that was done.

        then: EMPTIED, or CLOSED, which also waits a while for readers of an older state.
        The group is answered whatever comes of it: a log that cannot be emptied now grows on.
        """
        if self._keeper is not None and not self._keeper.finish(end):
            return False
        try:
            self._note(LogState.EMPTYING, end, flush=True)
            if not log_store.backfill(self._sql, wait=then is LogState.CLOSED):
                return False
        except HomeError as error:
            self._sql.rollback()  # clears what it remembers of the error; nothing is open
            _log.warning("%s: the log grows on: %s", self._home, error.message)
            return False
        self._disk = self._own
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

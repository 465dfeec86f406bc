"""The work beside the requests: jobs, the bank's messages, and what is thrown away in time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from threading import Event, RLock, Thread
from types import TracebackType
from typing import Any, Final

from structlog import get_logger

from venule.kit.errors import AppError, HomeError
from venule.kit.home import Home
from venule.kit.idempotency import PURGE_ROWS_MAX, purge_keys
from venule.kit.jobs import JOBS_AT_ONCE_MAX, Handler, JobRunner, purge_done
from venule.kit.time import to_us
from venule.ledger import Tx
from venule.serving.metrics import Metrics
from venule.wallet import BankRail, poll_bank

IDLE_S: Final = 0.2
"""So long the runner waits when nothing is due."""

BREATH_S: Final = 0.02
"""So long it waits between two rounds of work: the requests' commands go in between."""

AGAIN_S: Final = 5.0
"""So long is the pause after the home could not be used."""

HOUSEKEEPING_S: Final = 600.0
DONE_JOBS_DAYS: Final = 7

Cleaner = Callable[[Home[Tx]], bool]
"""Throws away what is old, a bounded number at once; returns whether there may be more."""

_log: Final = get_logger("venule.work")


class Worker:
    """Runs a home's jobs in a thread of its own, for as long as it is entered."""

    def __init__(
        self,
        home: Home[Tx],
        handlers: Mapping[str, Handler],
        *,
        rail: BankRail | None = None,
        ticks: Sequence[Callable[[Home[Tx]], int]] = (),
        cleaners: Sequence[Cleaner] = (),
        keep_keys: timedelta = timedelta(days=3),
        metrics: Metrics | None = None,
        idle_s: float = IDLE_S,
    ) -> None:
        """ticks: asked over and over; each returns how much it did. cleaners: throw away what is
        old. keep_keys: for how long idempotency keys stay. idle_s: the pause when nothing is due.
        """
        self._home = home
        self.runner = JobRunner(home, handlers)
        self.kinds = sorted(handlers)
        self._rail = rail
        self._ticks = ticks
        self._cleaners: list[Cleaner] = [
            _older(purge_keys, keep_keys, PURGE_ROWS_MAX),
            _older(purge_done, timedelta(days=DONE_JOBS_DAYS), JOBS_AT_ONCE_MAX),
            *cleaners,
        ]
        self._metrics = metrics
        self._idle_s = idle_s
        self.turn = RLock()  # whoever holds it, works alone
        self._stop = Event()
        self._thread = Thread(target=self._live, name="venule-work", daemon=True)

    def __enter__(self) -> Worker:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        self._thread.join()

    def work_once(self) -> int:
        """Do what is due now; return how much it was."""
        done = self.runner.run_due()
        if self._metrics is not None:
            self._metrics.jobs_tried(done)
        if self._rail is not None:
            taken = poll_bank(self._home, self._rail)
            done += taken.applied + taken.repeated + taken.cases
        for tick in self._ticks:
            done += tick(self._home)
        return done

    def clean(self) -> None:
        """Throw away what is old, a bounded number in each command."""
        for cleaner in self._cleaners:
            while cleaner(self._home) and not self._stop.is_set():
                pass

    def _live(self) -> None:
        since_clean = HOUSEKEEPING_S
        while not self._stop.is_set():
            try:
                with self.turn:
                    pause = BREATH_S if self.work_once() else self._idle_s
                since_clean += self._idle_s
                if since_clean >= HOUSEKEEPING_S:
                    since_clean = 0.0
                    self.clean()
            except HomeError as error:
                if self._home.is_over():
                    return
                _log.warning("waiting", code=error.slug, detail=error.message)
                pause = AGAIN_S
            except AppError as error:
                _log.warning("waiting", code=error.slug, detail=error.message)
                pause = AGAIN_S
            except Exception as error:  # a bug of a handler must not end all work for good
                _log.error("broke", exc_info=error)
                pause = AGAIN_S
            self._stop.wait(pause)


def _older(purge: Callable[[Tx, int], int], age: timedelta, full: int) -> Cleaner:
    """Return a cleaner of what is older than so long. full: how much is thrown away at once."""

    def clean(home: Home[Tx]) -> bool:
        return home.run(purge, to_us(home.clock.now() - age)) >= full

    return clean


def jobs_lag_s(tx: Tx, kinds: Sequence[str]) -> float:
    """Return for how long the job that is due longest has been due; 0 if none is."""
    from venule.kit.jobs_table import select_next_due

    due: list[Any] = [select_next_due(tx.sql, kind) for kind in kinds]
    first = min((at for at in due if at is not None), default=tx.now_us)
    return max(0.0, (tx.now_us - first) / 1_000_000)

"""A world's clock: the machine's, so much ahead of it, and never back."""

from __future__ import annotations

from datetime import datetime, timedelta
from threading import Lock

from venule.kit.time import Clock


class WorldClock:
    """Runs with a real clock, and stands still while it is held. Threads may share it."""

    def __init__(self, real: Clock, ahead: timedelta = timedelta()) -> None:
        self._real = real
        self._ahead = ahead
        self._held: datetime | None = None
        self._last = real.now() + ahead
        self._lock = Lock()

    def now(self) -> datetime:
        """Return the world's present instant, aware, in UTC."""
        with self._lock:
            return self._now()

    def _now(self) -> datetime:
        if self._held is None:
            self._last = max(self._last, self._real.now() + self._ahead)
        return self._last

    @property
    def ahead(self) -> timedelta:
        """How far it is ahead of the real clock, by which it goes on after this one."""
        with self._lock:
            return max(self._ahead, self._now() - self._real.now())

    def hold(self, at: datetime) -> None:
        """Go to an instant and stand still there; if it lies before now, stand still now."""
        with self._lock:
            self._last = self._held = max(self._now(), at)

    def let_go(self) -> None:
        """Run on from where it stands."""
        with self._lock:
            if self._held is not None:
                self._held = None
                self._ahead = max(self._ahead, self._last - self._real.now())

    def not_before(self, at: datetime) -> None:
        """See to it that it is at least so late."""
        self.hold(at)
        self.let_go()

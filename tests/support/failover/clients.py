"""Clients that pay without end through relays of their own, each payment with a key."""

from __future__ import annotations

import threading
import time
from bisect import bisect_left
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from types import TracebackType

from support.failover.payments import AMOUNT_FEN, SECRET, Pay, paid_fen, pay, rows
from venule import app
from venule.kit.errors import AppError
from venule.kit.relay import Relay
from venule.kit.writing import find_writer

RELAYS = 3
CALLERS = 4
"""Of each relay."""

SPAN = 1_000_000
"""Numbers of one caller."""

TIMEOUT_S = 120.0
PATIENCE_S = 120.0


class Clients:
    """answered: transfer by number. answers_at: when each answer came. refused: by slug."""

    def __init__(self, place: Path | str, *, pause_s: float = 0.0) -> None:
        self.place = place
        self.answered: dict[int, int] = {}
        self.answers_at: list[float] = []
        self.refused: dict[str, int] = {}
        self.broken: list[str] = []
        self._pause_s = pause_s
        self._stop = threading.Event()
        self._news = threading.Condition()
        self._relays = [
            Relay(lambda: find_writer(place), SECRET, timeout_s=TIMEOUT_S) for _ in range(RELAYS)
        ]
        self._threads = [
            threading.Thread(target=self._live, args=(relay, number * SPAN))
            for number, relay in enumerate(relay for relay in self._relays for _ in range(CALLERS))
        ]

    def _live(self, relay: Relay, number: int) -> None:
        try:
            while not self._stop.is_set():
                number += 1
                try:
                    seq = relay.call(pay, Pay(number), key=f"pay-{number}")
                except AppError as error:
                    with self._news:
                        self.refused[error.slug] = self.refused.get(error.slug, 0) + 1
                    time.sleep(0.05)
                    continue
                with self._news:
                    self.answered[number] = seq
                    self.answers_at.append(time.monotonic())
                    self._news.notify_all()
                if self._pause_s:
                    time.sleep(self._pause_s)
        except Exception as error:
            self.broken.append(f"{type(error).__name__}: {error}")

    def wait_for_answers(self, more: int = 20) -> None:
        """Wait until so many more payments were answered."""
        with self._news:
            goal = len(self.answers_at) + more
            came = self._news.wait_for(lambda: len(self.answers_at) >= goal, PATIENCE_S)
        assert came, f"no answers: {self.refused} {self.broken} {self._relays[0]._seen}"

    def refusals(self, slug: str) -> int:
        return self.refused.get(slug, 0)

    def wait_for_refusal(self, slug: str) -> None:
        until = time.monotonic() + PATIENCE_S
        while slug not in self.refused:
            assert time.monotonic() < until, f"no refusal {slug}: {self.refused}"
            time.sleep(0.01)

    def stop(self) -> None:
        """End when all that was asked is answered. Again is harmless."""
        self._stop.set()
        for thread in self._threads:
            thread.join(TIMEOUT_S)
        for relay in self._relays:
            relay.close()

    def __enter__(self) -> Clients:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def gaps_s(self, moments: Sequence[float]) -> list[float]:
        """Return the longest time that nobody was answered after each of some moments, up to the
        next one of them; it may have begun a little before."""
        times = sorted(self.answers_at)
        gaps = []
        for moment, after in pairwise([*moments, float("inf")]):
            first = max(0, bisect_left(times, moment) - 1)
            gaps.append(max(b - a for a, b in pairwise(times[first : bisect_left(times, after)])))
        return gaps


class Audit:
    """What was kept, against what was answered. No writer is at work."""

    def __init__(self, clients: Clients) -> None:
        with app.open_home(clients.place, patience_us=30_000_000) as home:
            kept = home.read(rows)
            paid = home.read(paid_fen)
        by_number: dict[int, list[int]] = {}
        for number, seq in kept:
            by_number.setdefault(number, []).append(seq)
        self.kept = len(kept)
        self.answered = len(clients.answered)
        self.twice = [number for number, seqs in by_number.items() if len(seqs) > 1]
        self.lost = [
            number for number, seq in clients.answered.items() if by_number.get(number) != [seq]
        ]
        self.balanced = paid == AMOUNT_FEN * len(kept)
        report = app.verify(clients.place)
        self.faults = [fault.message for fault in report.faults]
        self.broken = clients.broken

    @property
    def is_well(self) -> bool:
        """Whether all that must hold holds."""
        return self.balanced and not (self.broken or self.lost or self.twice or self.faults)

    def check(self) -> None:
        """Raises: AssertionError."""
        assert [] == self.broken
        assert ([], []) == (self.lost[:9], self.twice[:9])
        assert self.balanced
        assert [] == self.faults
        assert self.answered > 0

"""How often somebody may ask, and how much may be under way at once. Of one process."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from math import ceil
from typing import Final, NamedTuple

from venule.kit.http.errors import Overloaded, TooManyRequests

COUNTED_MAX: Final = 100_000
"""Callers that are remembered at once; the one that asked least lately is forgotten first."""


class Rate(NamedTuple):
    """A bucket of tokens: `burst` at most, filled by so many a second."""

    per_s: float
    burst: int


class Rates:
    """Counts requests by caller and class of route."""

    def __init__(
        self, rates: Mapping[str, Rate], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """rates: by class of route. clock: seconds that only grow."""
        self._rates = dict(rates)
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def take(self, caller: str, kind: str) -> None:
        """Count a request. Raises: TooManyRequests. A class without a rate is not limited."""
        rate = self._rates.get(kind)
        if rate is None:
            return
        now = self._clock()
        at = (caller, kind)
        tokens, then = self._buckets.pop(at, (float(rate.burst), now))
        tokens = min(rate.burst, tokens + (now - then) * rate.per_s)
        short = tokens < 1
        self._buckets[at] = (tokens if short else tokens - 1, now)
        if len(self._buckets) > COUNTED_MAX:
            self._buckets.popitem(last=False)
        if short:
            raise TooManyRequests(rate.per_s, max(1, ceil((1 - tokens) / rate.per_s)))


class Room:
    """So much may be under way at once; more is refused at once, so that what is taken is fast."""

    def __init__(self, at_work_max: int) -> None:
        self.at_work = 0
        self.at_work_max = at_work_max

    def enter(self) -> None:
        """Raises: Overloaded."""
        if self.at_work >= self.at_work_max:
            raise Overloaded(self.at_work, self.at_work_max)
        self.at_work += 1

    def leave(self) -> None:
        """Make room for the next one."""
        self.at_work -= 1

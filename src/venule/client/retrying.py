"""When a call is made again, and after how long."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Final

import msgspec

from venule.client.errors import ApiProblem

Chance = Callable[[int], bytes]
"""Gives so many random bytes, as `os.urandom` does."""

SYSTEM_CHANCE: Final[Chance] = os.urandom
SAFE: Final = frozenset({"GET", "HEAD", "PUT", "DELETE"})
"""Methods that have the same effect twice as once (RFC 9110, section 9.2.2)."""

RUNNING: Final = "idempotency-key-running"
NOT_BEGUN: Final = frozenset({"overloaded", "stopping", "too-many-requests"})
"""Refusals before anything was done."""

PASSING: Final = frozenset({408, 429, 502, 503, 504})


class Retries(msgspec.Struct, frozen=True):
    """How persistent a client is. attempts_max: the first one counts; 1: no second.

    first_s, longest_s: the pause grows from one to the other, twofold each time, and is drawn
    between half of it and all of it. retry_after_s_max: a service that asks for more than this is
    not waited for.
    """

    attempts_max: int = 5
    first_s: float = 0.2
    longest_s: float = 10.0
    retry_after_s_max: int = 60

    def pause_s(self, tried: int, retry_after_s: int | None, chance: Chance) -> float:
        """Return how long to wait after so many attempts, the service's own word included."""
        full: float = min(self.longest_s, self.first_s * float(1 << min(tried - 1, 32)))
        drawn = int.from_bytes(chance(4), "big") / (1 << 32)
        return max(full * (0.5 + drawn / 2), float(retry_after_s or 0))


def may_repeat(method: str, keyed: bool) -> bool:
    """Whether a request may be sent again when nobody knows what became of it."""
    return keyed or method in SAFE


def passes(problem: ApiProblem, method: str, keyed: bool) -> bool:
    """Whether a refusal is one that passes, so that the same request is worth another attempt."""
    if problem.code in NOT_BEGUN or problem.status == 429:
        return True
    if not may_repeat(method, keyed):
        return False
    return problem.code == RUNNING or problem.status in PASSING

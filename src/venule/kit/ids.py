"""Business ids: UUID version 7 (RFC 9562, section 5.7), in the order of their making.

A room gives each of its ids a type: `OrderId = NewType("OrderId", UUID)`, `OrderId(ids.new())`.
The 16 bytes of an id are a transfer's `ref`; `.bytes` sorts as the id does.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from threading import Lock
from typing import Final, Protocol
from uuid import UUID

from venule.kit.time import Clock, to_us

_TAIL_BITS: Final = 74  # rand_a (12) and rand_b (62)
_STEP_BITS: Final = 32  # how far apart two ids of one millisecond lie, at most
_VERSION_AND_VARIANT: Final = (7 << 76) | (2 << 62)
_POOL_BYTES: Final = 1_024  # taken from the system at once: 250 ids of one millisecond


class Ids(Protocol):
    """Makes ids. Comes in through the constructor, as the clock does."""

    def new(self) -> UUID:
        """Return an id never given before, greater than every earlier one of this source."""
        ...


class _Ids:
    """Version 7 with the monotonic random tail of RFC 9562, section 6.2, method 2.

    Within a millisecond, and while the clock stands still or goes back, the tail grows by a random
    step; so ids stay in order and stay hard to guess. Safe to call from several threads.
    """

    def __init__(self, clock: Clock, bits: Callable[[int], int]) -> None:
        self._clock = clock
        self._bits = bits
        self._lock = Lock()
        self._last = -1  # milliseconds and tail, as one number

    def new(self) -> UUID:
        with self._lock:
            now = to_us(self._clock.now()) // 1000 << _TAIL_BITS
            if now >> _TAIL_BITS > self._last >> _TAIL_BITS:
                self._last = now | self._bits(_TAIL_BITS)
            else:  # a tail that is used up carries into the milliseconds, as the RFC allows
                self._last += 1 + self._bits(_STEP_BITS)
            last = self._last
        ms, tail = last >> _TAIL_BITS, last & ((1 << _TAIL_BITS) - 1)
        rand_a, rand_b = tail >> 62, tail & ((1 << 62) - 1)
        return UUID(int=ms << 80 | rand_a << 64 | rand_b | _VERSION_AND_VARIANT)


class _SystemBits:
    """Bits of the operating system, many for one call. No bit is given twice: a process that was
    forked off throws the pool of its parent away."""

    def __init__(self) -> None:
        self._pool = 0
        self._left = 0
        self._pid = 0

    def take(self, count: int) -> int:
        """Return so many random bits."""
        if self._left < count or self._pid != os.getpid():
            self._pool = int.from_bytes(os.urandom(_POOL_BYTES), "big")
            self._left = 8 * _POOL_BYTES
            self._pid = os.getpid()
        bits = self._pool & ((1 << count) - 1)
        self._pool >>= count
        self._left -= count
        return bits


class SystemIds(_Ids):
    """Ids for real use: the tail comes from the operating system."""

    def __init__(self, clock: Clock) -> None:
        super().__init__(clock, _SystemBits().take)


class SeededIds(_Ids):
    """Ids for replays and tests: the same seed and the same clock readings give the same ids.

    Whoever continues a home after a break must take another seed (say, one with the number of the
    run in it): the same seed at the same instant would give ids that are already in use.
    """

    def __init__(self, seed: int | str, clock: Clock) -> None:
        super().__init__(clock, random.Random(seed).getrandbits)  # noqa: S311  determinism is the purpose

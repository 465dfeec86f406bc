"""Draws from a seed that stay the same on every machine.

The raw bits of PCG64, which numpy promises never to change, are turned into numbers here. Sums are
cumulative sums, whose order of addition is fixed.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from venule.replay.model import Bools, Floats, Ints

_MANTISSA_SHIFT: Final = np.uint64(11)
_MANTISSA_STEP: Final = 2.0**-53


class Draws:
    """A stream of draws. Streams of one seed with other names do not touch each other."""

    def __init__(self, seed: int, *stream: int) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence([seed, *stream]))

    def uniform(self, count: int) -> Floats:
        """Return numbers from 0 up to, not including, 1."""
        raw = self._bits.random_raw(count)
        return (raw >> _MANTISSA_SHIFT).astype(np.float64) * _MANTISSA_STEP

    def exponential(self, count: int) -> Floats:
        """Return waiting times of mean 1."""
        return -np.log(1.0 - self.uniform(count))

    def bell(self, count: int) -> Floats:
        """Return numbers of mean 0 and variance 1, shaped nearly like the normal: 12 uniforms."""
        sums: Floats = self.uniform(12 * count).reshape(12, count).cumsum(axis=0)[-1]
        return sums - 6.0

    def chance(self, probability: Floats) -> Bools:
        """Return for each probability if it came true."""
        return self.uniform(len(probability)) < probability

    def order(self, count: int) -> Ints:
        """Return 0 .. count-1 shuffled."""
        return np.argsort(self._bits.random_raw(count), kind="stable").astype(np.int64)

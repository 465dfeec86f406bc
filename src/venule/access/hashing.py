"""Passwords, hashed with argon2id outside the writer: few at once, and few who wait."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, NamedTuple, TypeVar

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from venule.access.errors import PasswordsBusy

R = TypeVar("R")

AT_ONCE: Final = 2
"""Hashes computed at once: each takes 64 MiB and a core for about a tenth of a second."""

WAITING_MAX: Final = 64
SALT_BYTES: Final = 16

Chance = Callable[[int], bytes]
"""Returns so many random bytes, such as `secrets.token_bytes`."""


class Cost(NamedTuple):
    """Parameters of argon2id.

    The second recommended option of RFC 9106, section 4 (3 passes over 64 MiB, 4 lanes): the first
    one's 2 GiB are not there on a small machine. Above the minimum of OWASP's password storage
    cheat sheet (2 passes over 19 MiB).
    """

    passes: int = 3
    memory_kib: int = 65_536
    lanes: int = 4


class Passwords:
    """Hashes and compares passwords, in threads of the event loop."""

    def __init__(self, chance: Chance, cost: Cost = Cost()) -> None:  # noqa: B008  a constant
        self._chance = chance
        self._hasher = PasswordHasher(
            time_cost=cost.passes,
            memory_cost=cost.memory_kib,
            parallelism=cost.lanes,
            hash_len=32,
            salt_len=SALT_BYTES,
            type=Type.ID,
        )
        self._nobody = self._hasher.hash(chance(32).hex(), salt=chance(SALT_BYTES))
        self._turns: tuple[asyncio.AbstractEventLoop, asyncio.Semaphore] | None = None
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Return a password's hash in PHC form. Raises: PasswordsBusy."""
        salt = self._chance(SALT_BYTES)
        return await self._in_turn(lambda: self._hasher.hash(password, salt=salt))

    async def verify(self, known: str | None, password: str) -> bool:
        """Compare with a hash; without one, take as long and say no. Raises: PasswordsBusy."""
        against = self._nobody if known is None else known
        same = await self._in_turn(lambda: self._same(against, password))
        return same and known is not None

    def is_stale(self, known: str) -> bool:
        """Say whether a hash was made under other parameters than today's."""
        return self._hasher.check_needs_rehash(known)

    def _same(self, known: str, password: str) -> bool:
        try:
            return self._hasher.verify(known, password)
        except (VerificationError, InvalidHashError):
            return False

    async def _in_turn(self, work: Callable[[], R]) -> R:
        if self._waiting >= WAITING_MAX:
            raise PasswordsBusy(self._waiting)
        loop = asyncio.get_running_loop()
        if self._turns is None or self._turns[0] is not loop:
            self._turns = (loop, asyncio.Semaphore(AT_ONCE))
        self._waiting += 1
        try:
            async with self._turns[1]:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1

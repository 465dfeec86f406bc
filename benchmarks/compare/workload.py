"""The work that every side does: the same transfers, ids, amounts and refusals, from one seed.

Accounts: 1 is the bank, without a limit; 2 .. wallets + 1 are wallets whose debits must not exceed
their credits. The bank first gives each wallet `START_MINOR`. Then come the transfers between two
random, different wallets.

Batches may overtake each other where a side takes several at once, so what is refused must not
hang on their order: an ordinary transfer is so small that its payer can always afford it, and one
in a hundred asks for more than any wallet can ever hold. A side cannot know that beforehand; it has
to look at the balance, and has to refuse. So the answer to every transfer, and every balance in the
end, is known before the work begins, and each side is held to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

BATCH: Final = 8_189
"""Transfers a batch: the most that fit into one message of TigerBeetle."""

BANK: Final = 1
FIRST_WALLET: Final = 2
START_MINOR: Final = 1_000_000_000
"""What the bank gives each wallet, minor units."""

AMOUNT_MAX: Final = 20
"""An ordinary transfer is 1 .. AMOUNT_MAX minor units."""

TOO_MUCH: Final = 4_000_000_000
"""More than any wallet can hold, minor units: the transfers that must be refused ask for this."""

REFUSED_SHARE: Final = 0.01
CODE_FUNDING: Final = 100
CODE_TRANSFER: Final = 101

_COUNTER_BITS: Final = 12
_VERSION_7: Final = 0x7000
_VARIANT: Final = np.uint64(1 << 63)


@dataclass(frozen=True, eq=False)
class Batch:
    """Some transfers in their order, a column a field.

    id_high, id_low: the halves of the transfer's id, a UUIDv7. refused: the positions that must be
    refused, for want of funds.
    """

    number: int
    code: int
    id_high: Array
    id_low: Array
    debit: Array
    credit: Array
    amount: Array
    refused: Array

    def __len__(self) -> int:
        return len(self.debit)

    @property
    def id_bytes(self) -> Array:
        """The ids as (n, 16) bytes, the most significant first."""
        halves = np.empty((len(self), 2), dtype=">u8")
        halves[:, 0] = self.id_high
        halves[:, 1] = self.id_low
        return halves.view(np.uint8)


@dataclass(frozen=True)
class Workload:
    """All transfers of a run.

    epoch_ms: the first instant in the ids, milliseconds since 1970; it tells runs apart on a
    server that keeps what an earlier run left.
    """

    wallets: int
    transfers: int
    seed: int
    epoch_ms: int

    def __post_init__(self) -> None:
        if self.wallets < 2 or self.transfers < 1:
            raise ValueError(f"expected 2 wallets and 1 transfer at least, seen {self}")
        if START_MINOR + self.transfers * AMOUNT_MAX >= TOO_MUCH:
            raise ValueError("so many transfers could make a wallet rich: lower AMOUNT_MAX")
        if self.transfers * AMOUNT_MAX > START_MINOR:
            raise ValueError("so many transfers could empty a wallet: raise START_MINOR")

    @cached_property
    def columns(self) -> dict[str, Array]:
        """Who pays whom how much: drawn once, 20 bytes a transfer."""
        random = np.random.default_rng((self.seed, self.wallets))
        debit = random.integers(0, self.wallets, self.transfers, dtype=np.uint32)
        step = random.integers(1, self.wallets, self.transfers, dtype=np.uint32)
        credit = (debit + step) % np.uint32(self.wallets)
        amount = random.integers(1, AMOUNT_MAX + 1, self.transfers, dtype=np.uint32)
        amount[random.random(self.transfers) < REFUSED_SHARE] = TOO_MUCH
        id_low = random.integers(0, 1 << 62, self.transfers, dtype=np.uint64) | _VARIANT
        return {
            "debit": debit + np.uint32(FIRST_WALLET),
            "credit": credit + np.uint32(FIRST_WALLET),
            "amount": amount,
            "id_low": id_low,
        }

    @property
    def refused(self) -> int:
        """How many transfers must be refused."""
        return int((self.columns["amount"] == TOO_MUCH).sum())

    @property
    def batch_count(self) -> int:
        """How many batches the transfers make; the last one may be short."""
        return -(-self.transfers // BATCH)

    def batch(self, number: int) -> Batch:
        """Return a batch of transfers, 0 .. batch_count - 1."""
        first = number * BATCH
        last = min(first + BATCH, self.transfers)
        amount = self.columns["amount"][first:last]
        return Batch(
            number=number,
            code=CODE_TRANSFER,
            id_high=self._id_high(self.wallets + first, last - first),
            id_low=self.columns["id_low"][first:last],
            debit=self.columns["debit"][first:last],
            credit=self.columns["credit"][first:last],
            amount=amount,
            refused=np.flatnonzero(amount == TOO_MUCH),
        )

    def funding(self) -> Iterator[Batch]:
        """Yield the batches that bring the money in; their numbers are below zero."""
        for number, first in enumerate(range(0, self.wallets, BATCH)):
            count = min(BATCH, self.wallets - first)
            yield Batch(
                number=-1 - number,
                code=CODE_FUNDING,
                id_high=self._id_high(first, count),
                id_low=np.arange(first, first + count, dtype=np.uint64) | _VARIANT,
                debit=np.full(count, BANK, dtype=np.uint32),
                credit=np.arange(first, first + count, dtype=np.uint32) + np.uint32(FIRST_WALLET),
                amount=np.full(count, START_MINOR, dtype=np.uint32),
                refused=np.zeros(0, dtype=np.int64),
            )

    def balances(self) -> Array:
        """Return what each wallet must hold in the end, minor units; index 0 is account 2."""
        held = np.full(self.wallets, START_MINOR, dtype=np.int64)
        accepted = self.columns["amount"] != TOO_MUCH
        amount = self.columns["amount"][accepted].astype(np.int64)
        np.subtract.at(held, self.columns["debit"][accepted] - FIRST_WALLET, amount)
        np.add.at(held, self.columns["credit"][accepted] - FIRST_WALLET, amount)
        return held

    def movements(self, account: int) -> int:
        """Return how many accepted transfers touch an account, the funding included."""
        accepted = self.columns["amount"] != TOO_MUCH
        mine = (self.columns["debit"] == account) | (self.columns["credit"] == account)
        return 1 + int((mine & accepted).sum())

    def _id_high(self, first: int, count: int) -> Array:
        """Milliseconds, version and a counter: rising, and never twice in a run."""
        ordinal = np.arange(first, first + count, dtype=np.uint64)
        instant = np.uint64(self.epoch_ms) + (ordinal >> np.uint64(_COUNTER_BITS))
        counter = ordinal & np.uint64((1 << _COUNTER_BITS) - 1)
        return instant << np.uint64(16) | np.uint64(_VERSION_7) | counter

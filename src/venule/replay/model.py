"""What goes into a replay and what comes out of it. Amounts are fen (0.01 yuan), integers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from pathlib import Path
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

SEED_DEFAULT: Final = 20140514

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class ReplayOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What to replay, where to keep it, where to report it.

    flows, yields, users, calendar: files as in the user guide. What is left out comes from the
    package: the published yields, a generated population, generated flows, China's calendar.
    home: a directory, or an address `postgresql://...`; the same options continue there what was
    broken off.
    users_max: take only the first so many users; the daily totals stay what they are.
    days_max: stop after so many days.
    """

    home: str
    report: Path
    flows: Path | None = None
    yields: Path | None = None
    users: Path | None = None
    calendar: Path | None = None
    seed: int = SEED_DEFAULT
    users_max: int | None = None
    days_max: int | None = None


class Kind(IntEnum):
    """What a member does: the components of a day's flow."""

    BUY_FROM_WALLET = 0
    BUY_FROM_BANK = 1
    CONSUME = 2
    REDEEM_TO_WALLET = 3
    REDEEM_TO_BANK = 4


KIND_COLUMNS: Final = (
    "purchase_from_wallet_fen",
    "purchase_from_bank_fen",
    "redeem_consume_fen",
    "redeem_to_wallet_fen",
    "redeem_to_bank_fen",
)
"""The column of the flows that a kind adds up to; the index is the kind."""

KINDS_IN: Final = (Kind.BUY_FROM_WALLET, Kind.BUY_FROM_BANK)
KINDS_OUT: Final = (Kind.CONSUME, Kind.REDEEM_TO_WALLET, Kind.REDEEM_TO_BANK)

FLOW_COLUMNS: Final = (
    "users",
    "new_users",
    "balance_fen",
    "prev_balance_fen",
    "purchase_total_fen",
    "purchase_direct_fen",
    "purchase_from_wallet_fen",
    "purchase_from_bank_fen",
    "redeem_total_fen",
    "redeem_consume_fen",
    "redeem_transfer_fen",
    "redeem_to_wallet_fen",
    "redeem_to_bank_fen",
    "income_fen",
)


@dataclass(frozen=True, eq=False)
class Flows:
    """The sums of all users, one row a natural day. `columns`: by name, in `FLOW_COLUMNS`."""

    days: tuple[date, ...]
    columns: dict[str, Ints]
    source: str

    def __getitem__(self, name: str) -> Ints:
        return self.columns[name]

    def kind(self, kind: Kind) -> Ints:
        """Return the daily sums of one kind of movement."""
        return self.columns[KIND_COLUMNS[kind]]


@dataclass(frozen=True, eq=False)
class Yields:
    """What the fund published for each natural day.

    per_10k_e4: income per 10,000 shares in 0.0001 yuan. yield_7d_milli: seven-day annualised yield
    in 0.001 percent.
    """

    days: tuple[date, ...]
    per_10k_e4: Ints
    yield_7d_milli: Ints
    source: str


@dataclass(frozen=True, eq=False)
class Users:
    """The people. `active_days`: on how many days of the sample one bought or redeemed."""

    active_days: Ints
    source: str


class Break(msgspec.Struct, frozen=True):
    """A day on which the source's balance moves otherwise than its flows say: source - books."""

    date: date
    fen: int

"""Who paid whom: posted money between pairs of accounts, owners or account codes, summed exactly.

Money counts when it is posted: what holds reserve or release does not, nor do accounts opened or
closed. A transfer that reverses another takes away from what the other one's payer paid.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Final, TypeAlias

import msgspec
import numpy as np
import numpy.typing as npt

from venule.ledger.errors import TooManyPairs
from venule.ledger.model import TRANSFER, RecordArray, TransferFlags
from venule.ledger.tx import NOT_POSTED
from venule.ledger.view import CHUNK_RECORDS, View

Ints: TypeAlias = npt.NDArray[np.int64]
Keys: TypeAlias = npt.NDArray[np.uint64]

PAIRS_MAX: Final = 8_000_000
"""Most different pairs held at once: 40 bytes each, and about four times that in passing."""

_AT_ONCE: Final = 1 << 20
_HALF: Final = (1 << 32) - 1
_WHOLE: Final = np.dtype((np.void, TRANSFER.itemsize))  # picks records 15 times as fast as fields
_REVERSAL: Final = int(TransferFlags.REVERSAL)


class Party(Enum):
    """Between whom payments are summed up."""

    ACCOUNT = "account"
    OWNER = "owner"
    CODE = "code"


class Paid(msgspec.Struct, frozen=True):
    """What one party (debited) paid to another (credited), in one unit.

    payer, payee: an account's number, its code, or its owner's 16 bytes (zeros: the house).
    amount: minor units, less what was reversed. count, reversals: how many transfers of each kind.
    """

    unit: int
    payer: int | bytes
    payee: int | bytes
    count: int
    reversals: int
    amount: int


class Payments(msgspec.Struct, frozen=True):
    """Units by number, in each the biggest sums first. `pairs`: how many there were in all."""

    lines: list[Paid]
    pairs: int
    looked_at: int


class _Sums(msgspec.Struct, frozen=True):
    """Sums by pair, ordered by key: payer << 32 | payee. An amount is (high << 32) + low."""

    key: Keys
    count: Ints
    reversals: Ints
    high: Ints
    low: Ints


class _Parties(msgspec.Struct, frozen=True):
    """What the parties of sums are: the unit of each pair, and each party's name (None: its
    number)."""

    units: Any
    names: Any = None

    def name(self, party: int) -> int | bytes:
        found = party if self.names is None else self.names[party]
        return found.tobytes() if isinstance(found, np.void) else int(found)


def who_paid_whom(
    view: View, first: int, last: int, *, by: Party = Party.ACCOUNT, limit: int = 50
) -> Payments:
    """Sum up posted money from transfer `first` to `last` by pair, the biggest sums first.

    limit: pairs shown of each unit. Costs one pass over these transfers; by code it also reads what
    every account is.
    Raises: TooManyPairs if more than PAIRS_MAX pairs of accounts have paid; never by code.
    """
    if by is Party.CODE:
        kinds, kind_of = _kinds(view)
        sums = _sum_up(view, first, last, kind_of)
        parties = _Parties((kinds >> 16)[sums.key >> 32], kinds & 0xFFFF)
    else:
        sums = _sum_up(view, first, last, None)
        parties = _Parties(_units(view, sums))
        if by is Party.OWNER:
            parties, sums = _by_owner(view, sums)
    return Payments(_lines(sums, parties, limit), len(sums.key), max(0, last - first + 1))


def _sum_up(view: View, first: int, last: int, party_of: RecordArray | None) -> _Sums:
    """Sum up by pair; party_of: the party of each account, None: the account itself."""
    runs: list[_Sums] = []
    for chunk in view.chunks(first, last, records=_AT_ONCE):
        posted = (chunk["flags"] & NOT_POSTED) == 0
        if not posted.any():
            continue
        runs.append(_sums_of(chunk.view(_WHOLE)[posted].view(TRANSFER), party_of))
        # As a counter does with its digits: each pair is merged about log2(chunks) times.
        while len(runs) > 1 and 2 * len(runs[-1].key) >= len(runs[-2].key):
            runs[-2:] = [_merged(runs[-2:])]
        if sum(len(run.key) for run in runs) > PAIRS_MAX:
            runs = [_merged(runs)]
            if len(runs[0].key) > PAIRS_MAX:
                raise TooManyPairs(PAIRS_MAX, first, int(chunk["seq"][-1]), last)
    return _merged(runs)


def _sums_of(posted: RecordArray, party_of: RecordArray | None) -> _Sums:
    debit, credit = posted["debit"], posted["credit"]
    if party_of is not None:
        debit, credit = party_of[debit], party_of[credit]
    undoes = (posted["flags"] & _REVERSAL) != 0
    key = _key(np.where(undoes, credit, debit), np.where(undoes, debit, credit))
    amount = np.where(undoes, -posted["amount"], posted["amount"])
    reversals = undoes.astype(np.int64)
    return _grouped(key, 1 - reversals, reversals, amount >> 32, amount & _HALF)


def _key(payer: RecordArray, payee: RecordArray) -> Keys:
    key = payer.astype(np.uint64) << np.uint64(32)
    key |= payee.astype(np.uint64)
    return key


def _merged(runs: list[_Sums]) -> _Sums:
    if not runs:
        none = np.zeros(0, dtype=np.int64)
        return _Sums(none.astype(np.uint64), none, none, none, none)
    if len(runs) == 1:
        return runs[0]
    return _grouped(
        np.concatenate([run.key for run in runs]),
        np.concatenate([run.count for run in runs]),
        np.concatenate([run.reversals for run in runs]),
        np.concatenate([run.high for run in runs]),
        np.concatenate([run.low for run in runs]),
        merging=True,
    )


def _grouped(
    key: Keys, count: Ints, reversals: Ints, high: Ints, low: Ints, *, merging: bool = False
) -> _Sums:
    """Bring equal keys together; their sums are exact, for the low halves are carried."""
    if not len(key):
        return _Sums(key, count, reversals, high, low)
    # Finds the ordered runs of a merge by itself, which is ten times as fast as sorting anew.
    order = np.argsort(key, kind="stable" if merging else None)
    key = key[order]
    starts = np.flatnonzero(np.concatenate(([True], key[1:] != key[:-1])))
    low = np.add.reduceat(low[order], starts)
    return _Sums(
        key=key[starts],
        count=np.add.reduceat(count[order], starts),
        reversals=np.add.reduceat(reversals[order], starts),
        high=np.add.reduceat(high[order], starts) + (low >> 32),
        low=low & _HALF,
    )


# ---------------------------------------------------------------- who the parties are


def _units(view: View, sums: _Sums) -> RecordArray:
    """Return the unit of each pair of accounts."""
    if len(view.units) == 1:
        return np.full(len(sums.key), next(iter(view.units)), dtype=np.uint16)
    payer = (sums.key >> 32).astype(np.int64)
    new = np.ones(len(payer), dtype=np.bool_)
    new[1:] = payer[1:] != payer[:-1]
    units: RecordArray = view.kinds(payer[new])["unit"][np.cumsum(new) - 1]
    return units


def _by_owner(view: View, sums: _Sums) -> tuple[_Parties, _Sums]:
    """Bring the accounts of each owner in one unit together."""
    payer, payee = sums.key >> 32, sums.key & _HALF
    accounts = np.unique(np.concatenate((payer, payee)))
    kinds = view.kinds(accounts.astype(np.int64))
    refs = np.ascontiguousarray(kinds["ref"])
    halves = refs.view(np.uint64).reshape(-1, 2)
    order = np.lexsort((halves[:, 1], halves[:, 0], kinds["unit"]))
    unit, high, low = kinds["unit"][order], halves[order, 0], halves[order, 1]
    new = np.ones(len(order), dtype=np.bool_)
    new[1:] = (unit[1:] != unit[:-1]) | (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    owner_of = np.empty(len(order), dtype=np.int64)
    owner_of[order] = np.cumsum(new) - 1
    by_payer = owner_of[np.searchsorted(accounts, payer)]
    by_payee = owner_of[np.searchsorted(accounts, payee)]
    grouped = _grouped(_key(by_payer, by_payee), sums.count, sums.reversals, sums.high, sums.low)
    return _Parties(unit[new][grouped.key >> 32], refs[order[new]]), grouped


def _kinds(view: View) -> tuple[Ints, RecordArray]:
    """Return the pairs of unit and code, and which of them each account is (four bytes each)."""
    kind_of = np.zeros(view.last_account + 1, dtype=np.uint32)
    for start in range(1, len(kind_of), CHUNK_RECORDS):
        ids = np.arange(start, min(start + CHUNK_RECORDS, len(kind_of)))
        kinds = view.kinds(ids)
        kind_of[ids] = kinds["unit"].astype(np.uint32) << 16 | kinds["code"]
    known = np.unique(kind_of)
    for start in range(0, len(kind_of), _AT_ONCE):  # in place: of these arrays one is enough
        part = kind_of[start : start + _AT_ONCE]
        part[:] = np.searchsorted(known, part)
    return known.astype(np.int64), kind_of


# ---------------------------------------------------------------- the answer


def _lines(sums: _Sums, parties: _Parties, limit: int) -> list[Paid]:
    lines = []
    for unit in np.unique(parties.units).tolist():
        here = np.flatnonzero(parties.units == unit)
        for i in here[_biggest(sums.high[here], sums.low[here], limit)].tolist():
            key = int(sums.key[i])
            lines.append(
                Paid(
                    unit=int(unit),
                    payer=parties.name(key >> 32),
                    payee=parties.name(key & _HALF),
                    count=int(sums.count[i]),
                    reversals=int(sums.reversals[i]),
                    amount=(int(sums.high[i]) << 32) + int(sums.low[i]),
                )
            )
    return lines


def _biggest(high: Ints, low: Ints, limit: int) -> Ints:
    """Return the places of the biggest amounts, in order; of equal ones the first come first."""
    places = np.arange(len(high))
    if len(high) > limit and np.abs(high).max() < 1 << 30:
        amount = (high << 32) + low  # fits 63 bits: the few that matter are found without sorting
        places = np.flatnonzero(amount >= np.partition(amount, -limit)[-limit])
    order = np.lexsort((places, -low[places], -high[places]))
    answer: Ints = places[order[:limit]]
    return answer

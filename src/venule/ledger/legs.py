"""Compare what rows say was posted with what was, entry by entry."""

from __future__ import annotations

from collections import Counter
from typing import Any, Final, NamedTuple

import numpy as np

from venule.ledger.model import RecordArray

LEG: Final = np.dtype(
    [("ref", "V16"), ("code", "<i8"), ("debit", "<i8"), ("credit", "<i8"), ("amount", "<i8")]
)
REF_BYTES: Final = 16
_ROWS_AT_ONCE: Final = 65_536


class Leg(NamedTuple):
    """An entry as rows know it: why, from which account to which, minor units."""

    code: int
    debit: int
    credit: int
    amount: int

    def __str__(self) -> str:
        return f"{self.amount} from account {self.debit} to {self.credit} for code {self.code}"


class Legs:
    """The entries that a room's rows ask for."""

    def __init__(self) -> None:
        self._rows: list[tuple[bytes, int, int, int, int]] = []
        self._parts: list[RecordArray] = []

    def add(self, ref: bytes, *legs: tuple[int, int, int, int]) -> None:
        """Ask for entries (code, debit, credit, amount) with this reference.

        Raises: ValueError for a reference that is none.
        """
        if len(ref) != REF_BYTES:
            raise ValueError(f"expected a reference of {REF_BYTES} bytes, seen {ref.hex()}")
        self._rows += [(ref, *leg) for leg in legs]
        if len(self._rows) >= _ROWS_AT_ONCE:
            self._pack()

    def _pack(self) -> None:
        self._parts.append(np.array(self._rows, LEG))
        self._rows = []

    def array(self) -> RecordArray:
        """Return all of them, of dtype `LEG`. Raises: TypeError, ValueError, OverflowError."""
        self._pack()
        return np.concatenate(self._parts)


def legs_of(records: RecordArray) -> RecordArray:
    """Return records of the journal as entries."""
    legs = np.empty(len(records), LEG)
    for name in LEG.names or ():
        legs[name] = records[name]
    return legs


def leg_differences(
    expected: RecordArray, seen: RecordArray, most: int = 100
) -> list[tuple[bytes, list[Leg], list[Leg]]]:
    """Return the references at which entries differ, each with those missing and those too many.

    expected, seen: of dtype `LEG`, in any order. most: stop after so many references.
    """
    expected, seen = _sorted(expected), _sorted(seen)
    if np.array_equal(expected, seen):
        return []
    missing = Counter(expected.tolist())
    missing.subtract(seen.tolist())
    by_ref: dict[bytes, tuple[list[Leg], list[Leg]]] = {}
    for (high, low, *leg), count in sorted(missing.items()):
        if count:
            ref = high.to_bytes(8, "big") + low.to_bytes(8, "big")
            lists = by_ref.setdefault(ref, ([], []))
            lists[count < 0].extend([Leg(*leg)] * abs(count))
    return [(ref, *lists) for ref, lists in list(by_ref.items())[:most]]


def _sorted(legs: RecordArray) -> Any:
    """Return entries in order, with the reference as two numbers."""
    names = [name for name in LEG.names or () if name != "ref"]
    plain = np.empty(len(legs), [("high", ">u8"), ("low", ">u8"), *((n, "<i8") for n in names)])
    halves = np.ascontiguousarray(legs["ref"]).view(">u8").reshape(-1, 2)
    plain["high"], plain["low"] = halves[:, 0], halves[:, 1]
    for name in names:
        plain[name] = legs[name]
    return plain[np.lexsort([plain[name] for name in reversed(plain.dtype.names or ())])]

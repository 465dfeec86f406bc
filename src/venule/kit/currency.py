"""The active currencies of the world: ISO 4217, list one, as published on 2026-01-01.

The numeric code is a currency's `unit` in the ledger: CNY is 156.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType
from typing import Final

import msgspec

from venule.kit.errors import CurrencyWithoutMinorUnit, UnknownCurrency


class Currency(msgspec.Struct, frozen=True):
    """A currency: three letters, three digits, name, and how many decimals its minor unit has.

    digits: 2 for the fen, 0 for the yen, 3 for the Bahraini fils; None where ISO 4217 says "N.A."
    (metals, units of account, the test code): of these there are no minor units to count.
    """

    alpha: str
    numeric: int
    digits: int | None
    name: str


def currency(alpha: str) -> Currency:
    """Look up a currency by its letters, in upper case. Raises: UnknownCurrency."""
    found = CURRENCIES.get(alpha)
    if found is None:
        raise UnknownCurrency(str(alpha))
    return found


def currency_of(numeric: int) -> Currency:
    """Look up a currency by its number, the ledger's unit. Raises: UnknownCurrency."""
    found = _BY_NUMERIC.get(numeric)
    if found is None:
        raise UnknownCurrency(str(numeric))
    return found


def minor_digits(alpha: str) -> int:
    """Return the decimals of a currency's minor unit.

    Raises: UnknownCurrency; CurrencyWithoutMinorUnit.
    """
    digits = currency(alpha).digits
    if digits is None:
        raise CurrencyWithoutMinorUnit(alpha)
    return digits


def _load() -> dict[str, Currency]:
    text = resources.files("venule.kit").joinpath("data/iso4217.csv").read_text("utf-8")
    table = {}
    for line in text.splitlines()[2:]:  # a comment and the header come first
        alpha, numeric, digits, name = line.split(",", 3)
        table[alpha] = Currency(alpha, int(numeric), int(digits) if digits else None, name)
    return table


CURRENCIES: Final[Mapping[str, Currency]] = MappingProxyType(_load())
_BY_NUMERIC: Final = {each.numeric: each for each in CURRENCIES.values()}

CNY: Final = CURRENCIES["CNY"]

"""What the commands say of accounts and sums: the ledger's answers, with words for its numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from uuid import UUID

import numpy as np
import numpy.typing as npt

from venule.cli.errors import AccountAmbiguous, AccountUnknown
from venule.cli.names import account_names
from venule.ledger import ZERO_REF, AccountFlags, Unit, View
from venule.ledger import TrialLine as LedgerTrialLine

RecordArray: TypeAlias = npt.NDArray[Any]
Units: TypeAlias = Mapping[int, Unit]
AMBIGUOUS_SHOWN_MAX: Final = 10


@dataclass(frozen=True)
class TrialLine:
    """All accounts of one unit and code: how many, and the sum of each side's balances.

    debit_minor, credit_minor: the accounts whose debits exceed their credits, and the others;
    both not negative. held_minor: what pending transfers may still take from them.
    """

    unit: int
    unit_name: str
    scale: int
    code: int
    code_name: str
    accounts: int
    debit_minor: int
    credit_minor: int
    held_minor: int


@dataclass(frozen=True)
class AccountLine:
    """One account as it stands. Amounts in minor units; `owner` is '' for the house's own."""

    account: int
    unit: int
    unit_name: str
    scale: int
    code: int
    code_name: str
    owner: str
    balance_minor: int
    debits_pending_minor: int
    credits_pending_minor: int
    flags: list[str]


def find_account(accounts: RecordArray, asked: int | UUID) -> int:
    """Return the number of the account asked for, by number or by its owner.

    accounts: all of them; index = number, 0 is empty.
    Raises: AccountUnknown; AccountAmbiguous if the owner has several.
    """
    if isinstance(asked, int):
        if not 0 < asked < len(accounts):
            raise AccountUnknown(str(asked), len(accounts) - 1)
        return asked
    found = np.flatnonzero(accounts["ref"] == np.void(asked.bytes))
    return _only(found.tolist(), asked, len(accounts) - 1)


def find_account_in(view: View, asked: int | UUID) -> int:
    """Return the same without loading the accounts."""
    if isinstance(asked, int):
        if not 0 < asked <= view.last_account:
            raise AccountUnknown(str(asked), view.last_account)
        return asked
    return _only(view.owned_by(asked.bytes), asked, view.last_account)


def _only(found: Sequence[int], owner: UUID, accounts: int) -> int:
    if not found:
        raise AccountUnknown(str(owner), accounts)
    if len(found) > 1:
        raise AccountAmbiguous(str(owner), list(found[:AMBIGUOUS_SHOWN_MAX]))
    return found[0]


def trial_lines(lines: Sequence[LedgerTrialLine], units: Units) -> list[TrialLine]:
    """Put words to a trial balance."""
    return [
        TrialLine(
            *unit_words(units, line.unit),
            *code_words(line.code),
            accounts=line.accounts,
            debit_minor=line.debit,
            credit_minor=line.credit,
            held_minor=line.held,
        )
        for line in lines
    ]


def account_line(accounts: RecordArray, number: int, units: Units) -> AccountLine:
    """Describe one of all accounts."""
    account = accounts[number]
    return AccountLine(
        number,
        *unit_words(units, int(account["unit"])),
        *code_words(int(account["code"])),
        owner=owner_words(account["ref"].tobytes()),
        balance_minor=int(account["credits_posted"]) - int(account["debits_posted"]),
        debits_pending_minor=int(account["debits_pending"]),
        credits_pending_minor=int(account["credits_pending"]),
        flags=[flag.name or "" for flag in AccountFlags(int(account["flags"]))],
    )


def owner_words(ref: bytes) -> str:
    """Write an owner's or object's 16 bytes as a UUID; '' for none."""
    return "" if ref == ZERO_REF else str(UUID(bytes=ref))


def unit_words(units: Units, number: int) -> tuple[int, str, int]:
    """Return a unit's number, name and decimals."""
    unit = units.get(number)
    return (number, str(number), 0) if unit is None else (number, unit.name, unit.scale)


def code_words(code: int) -> tuple[int, str]:
    """Return an account code and its name."""
    return code, account_names().get(code, str(code))

"""Questions that the commands ask of a home. They only read; a writer may go on meanwhile."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID

import numpy as np
import numpy.typing as npt

from venule.cli.errors import AccountAmbiguous, AccountUnknown
from venule.cli.names import account_names
from venule.ledger import ZERO_REF, TransferFlags, Tx, exact_sum

Ints: TypeAlias = npt.NDArray[np.int64]
RecordArray: TypeAlias = npt.NDArray[Any]
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


def find_account(tx: Tx, asked: int | UUID) -> int:
    """Return the number of the account asked for, by number or by its owner.

    Raises: AccountUnknown; AccountAmbiguous if the owner has several.
    """
    view = tx.accounts_view()
    if isinstance(asked, int):
        if not 0 < asked < len(view):
            raise AccountUnknown(str(asked), len(view) - 1)
        return asked
    found = np.flatnonzero(view["ref"] == np.void(asked.bytes))
    if len(found) == 0:
        raise AccountUnknown(str(asked), len(view) - 1)
    if len(found) > 1:
        raise AccountAmbiguous(str(asked), found[:AMBIGUOUS_SHOWN_MAX].tolist())
    return int(found[0])


def trial_balance(tx: Tx, at: datetime | None) -> list[TrialLine]:
    """Sum up the accounts by unit and code, as they stand or as they stood at an instant.

    The past costs one pass over the journal up to that instant.
    """
    view = tx.accounts_view()
    if at is None:
        balances = view["credits_posted"] - view["debits_posted"]
        held = view["debits_pending"] + view["credits_pending"]
        opened = len(view) - 1
    else:
        balances, held, opened = _standings_at(tx, at, len(view))
    groups = view["unit"].astype(np.int64) << 16 | view["code"]
    kinds, group_of = np.unique(groups[1 : opened + 1], return_inverse=True)
    lines = []
    for index, kind in enumerate(kinds.tolist()):
        mine = np.flatnonzero(group_of == index) + 1
        here = balances[mine]
        lines.append(
            TrialLine(
                *_unit_words(tx, kind >> 16),
                *_code_words(kind & 0xFFFF),
                accounts=len(mine),
                debit_minor=-exact_sum(here[here < 0]),
                credit_minor=exact_sum(here[here > 0]),
                held_minor=exact_sum(held[mine]),
            )
        )
    return lines


def list_accounts(
    tx: Tx, *, code: int | None, unit: int | None, after: int, limit: int
) -> list[AccountLine]:
    """Return up to `limit` accounts above number `after`, by number; only of a code or unit."""
    view = tx.accounts_view()
    wanted = np.ones(len(view), dtype=np.bool_)
    wanted[: after + 1] = False
    if code is not None:
        wanted &= view["code"] == code
    if unit is not None:
        wanted &= view["unit"] == unit
    return [account_line(tx, int(number)) for number in np.flatnonzero(wanted)[:limit]]


def account_line(tx: Tx, number: int) -> AccountLine:
    """Describe one account. Raises: AccountNotFound."""
    account = tx.account(number)
    return AccountLine(
        number,
        *_unit_words(tx, account.unit),
        *_code_words(account.code),
        owner="" if account.ref == ZERO_REF else str(UUID(bytes=account.ref)),
        balance_minor=account.balance,
        debits_pending_minor=account.debits_pending,
        credits_pending_minor=account.credits_pending,
        flags=[flag.name or "" for flag in account.flags],
    )


def _unit_words(tx: Tx, number: int) -> tuple[int, str, int]:
    for unit in tx.units():
        if unit.unit == number:
            return number, unit.name, unit.scale
    return number, str(number), 0


def _code_words(code: int) -> tuple[int, str]:
    return code, account_names().get(code, str(code))


def _standings_at(tx: Tx, at: datetime, accounts: int) -> tuple[Ints, Ints, int]:
    """Return balances and holds of all accounts after the last transfer at or before `at`.

    Each record carries both accounts' balances after it, so the last record of each account wins.
    The third value is the highest account that was open then.
    """
    balances = np.zeros(accounts, dtype=np.int64)
    held = np.zeros(accounts, dtype=np.int64)
    opened = 0
    end = tx.seq_at(at + timedelta(microseconds=1))
    seq = 1
    while seq < end:
        first, block = tx.book.block(seq)
        records = block[: end - first]
        seq = first + len(block)
        opens = (records["flags"] & int(TransferFlags.OPENS)) != 0
        if opens.any():
            opened = max(opened, int(records["credit"][opens].max()))
        moves = records[~opens]
        sides = _both(moves, "debit", "credit")
        balances[sides] = _both(moves, "debit_balance", "credit_balance")
        held[sides] = _both(moves, "debit_debits_pending", "credit_debits_pending") + _both(
            moves, "debit_credits_pending", "credit_credits_pending"
        )
    return balances, held, opened


def _both(records: RecordArray, debit_field: str, credit_field: str) -> Ints:
    """Return a field of the debit side and of the credit side in turn, record by record."""
    both: Ints = np.stack([records[debit_field], records[credit_field]], axis=1).ravel()
    return both.astype(np.int64, copy=False)

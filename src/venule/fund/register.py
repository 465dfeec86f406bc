"""The register in numbers: who earns how much on a day, and what it must have come from.

The register is the ledger: holders' accounts in the unit of the share class. What a holder earns on
is not always what stands there: whoever took money after the cut-off still earns that day though
the shares are pledged already; their bank earns that much less.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from venule.fund import day_store, due_store, store
from venule.fund.model import Fund, FundAccountCode, Int64s, RecordArray
from venule.kit.sql import Sql


@dataclass(frozen=True)
class Earning:
    """Accounts (ascending) and their shares that earn on a day, in fen; > 0 or with a carry."""

    accounts: Int64s
    shares: Int64s

    @property
    def total(self) -> int:
        """The shares that earn, in all."""
        return int(self.shares.sum())


def account_ids(accounts: RecordArray, unit: int, code: int) -> Int64s:
    """Return the accounts of a unit and code, ascending."""
    found: Int64s = np.flatnonzero((accounts["unit"] == unit) & (accounts["code"] == code))
    return found


def balances(accounts: RecordArray, ids: Int64s) -> Int64s:
    """Return credits less debits posted of accounts."""
    rows = accounts[ids]
    answer: Int64s = rows["credits_posted"] - rows["debits_posted"]
    return answer


def balance(accounts: RecordArray, account: int) -> int:
    """Return credits less debits posted of one account."""
    row = accounts[account]
    return int(row["credits_posted"]) - int(row["debits_posted"])


def add_at(accounts: Int64s, values: Int64s, changes: Iterable[tuple[int, int]]) -> None:
    """Add changes (account, fen) to values of ascending accounts, in place.

    Raises: KeyError for an account that is not among them.
    """
    pairs = list(changes)
    if not pairs:
        return
    keys = np.array([pair[0] for pair in pairs], np.int64)
    places = np.searchsorted(accounts, keys)
    known = (places < len(accounts)) & (accounts[np.minimum(places, len(accounts) - 1)] == keys)
    if not len(accounts) or not known.all():
        raise KeyError(int(keys[~known][0]) if len(accounts) else int(keys[0]))
    np.add.at(values, places, np.array([pair[1] for pair in pairs], np.int64))


def earning_on(accounts: RecordArray, sql: Sql, fund: Fund, on: date) -> Earning:
    """Return what earns on a day: the register, less and plus what is pledged across the cut-off.

    Good from the confirmation of that day's orders until the next day's.
    """
    ids = account_ids(accounts, fund.unit, FundAccountCode.HOLDER)
    shares = balances(accounts, ids)
    frozen = store.frozen_accounts(sql, fund.code)
    add_at(ids, shares, ((holder, balance(accounts, account)) for holder, account in frozen))
    banks = {line.bank.bytes: line.holder for line in fund.lines}
    moves = [(line.holder, balance(accounts, line.pledge)) for line in fund.lines]
    for holder, bank, fen in due_store.still_earning(sql, fund.code, on):
        moves += [(holder, fen), (banks[bank], -fen)]
    for holder, bank, fen in due_store.not_yet_earning_again(sql, fund.code, on):
        moves += [(holder, -fen), (banks[bank], fen)]
    add_at(ids, shares, moves)
    return Earning(ids, shares)


def expected_on(
    accounts: Int64s, before: Sequence[day_store.Part], sql: Sql, fund: Fund, on: date
) -> Int64s:
    """Return what must earn on a day, from the day before: shares + income + in - out, by account.

    Raises: KeyError for an account that the register does not have.
    """
    shares = np.zeros(len(accounts), np.int64)
    for part in before:
        places = np.searchsorted(accounts, part.accounts)
        assert (accounts[places] == part.accounts).all(), "accounts never leave the register"
        np.add.at(shares, places, part.shares + part.credits)
    banks = {line.bank.bytes: line.holder for line in fund.lines}
    moves = []
    for what, holder, bank, fen in due_store.moved_on(sql, fund.code, on):
        if what == "subscribe":
            moves.append((holder, fen))
        elif what == "redeem":
            moves.append((holder, -fen))
        elif bank is not None and what == "pledge":
            moves.append((banks[bank], -fen))
        elif bank is not None:
            sign = 1 if what == "back" else -1
            moves += [(holder, sign * fen), (banks[bank], -sign * fen)]
    add_at(accounts, shares, moves)
    return shares


def carry_on(accounts: Int64s, before: Sequence[day_store.Part]) -> Int64s:
    """Return what each account carries below a fen from the day before, in 1e-8 fen."""
    carry = np.zeros(len(accounts), np.int64)
    for part in before:
        carry[np.searchsorted(accounts, part.accounts)] = part.carry
    return carry

"""Replay in compiled code: journal records come to accounts that may contain some of them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numba import njit

from venule.ledger.holds import Int, hold, slot, unhold
from venule.ledger.kernel import LAST_ACCOUNT, NEXT_SEQ, PAGE_SHIFT, PENDING_COUNT
from venule.ledger.model import AccountFlags, TransferFlags

_US_PER_S: Final = 1_000_000
_PENDING: Final = int(TransferFlags.PENDING)
_VOID: Final = int(TransferFlags.VOID_PENDING)
_RESOLVE: Final = int(TransferFlags.POST_PENDING | TransferFlags.VOID_PENDING)
_TURN: Final = int(TransferFlags.CLOSE | TransferFlags.REOPEN)
_OPENS: Final = int(TransferFlags.OPENS)
_A_CLOSED: Final = int(AccountFlags.CLOSED)

REPLAY_OK: Final = 0
REPLAY_SEQ: Final = 1
REPLAY_ACCOUNT: Final = 2
REPLAY_PENDING: Final = 3
REPLAY_HEAD: Final = 4
REPLAY_BALANCE: Final = 5


@njit(cache=True)
def _agrees(
    a: Any, head: Int, balance: Int, debits_pending: Int, credits_pending: Int, prev: Int
) -> Int:
    """Compare an account after a record with what the record says of it; `head` is its head
    before."""
    if head != prev:
        return REPLAY_HEAD
    if (
        a.credits_posted - a.debits_posted != balance
        or a.debits_pending != debits_pending
        or a.credits_pending != credits_pending
    ):
        return REPLAY_BALANCE
    return REPLAY_OK


@njit(cache=True)
def _side(a: Any, r: Any, flags: Int, held: Int, is_debit: bool) -> Int:
    """Bring one record to one of its accounts and compare with the balances that the record
    states."""
    head = a.head
    if is_debit:
        if flags & _TURN != 0:
            a.flags = np.int64(a.flags) ^ _A_CLOSED
        elif flags & _PENDING != 0:
            a.debits_pending += r.amount
        else:
            a.debits_pending -= held
            if flags & _VOID == 0:
                a.debits_posted += r.amount
        a.head = r.seq
        return _agrees(
            a, head, r.debit_balance, r.debit_debits_pending, r.debit_credits_pending, r.prev_debit
        )
    if flags & _PENDING != 0:
        a.credits_pending += r.amount
    else:
        a.credits_pending -= held
        if flags & _VOID == 0:
            a.credits_posted += r.amount
    a.head = r.seq
    return _agrees(
        a, head, r.credit_balance, r.credit_debits_pending, r.credit_credits_pending, r.prev_credit
    )


@njit(cache=True)
def replay(accounts: Any, table: Any, records: Any, dirty: Any, state: Any, fault: Any) -> Int:
    """Bring records to the accounts; an account whose head is already there is left alone (a page
    of a checkpoint may be newer than the record). Returns how many records were taken; on a fault
    it stops, with fault[0] = the kind and fault[1] = the sequence number.

    `table` needs room for len(records) more entries. OPENS records only check that the accounts are
    there.
    """
    last = state[LAST_ACCOUNT]
    for k in range(len(records)):
        r = records[k]
        flags = np.int64(r.flags)
        debit = np.int64(r.debit)
        credit = np.int64(r.credit)
        fault[1] = r.seq
        if r.seq != state[NEXT_SEQ]:
            fault[0] = REPLAY_SEQ
            return k
        if debit < 1 or debit > last or credit > last or (credit < 1 and flags & _TURN == 0):
            fault[0] = REPLAY_ACCOUNT
            return k
        if flags & _OPENS == 0:
            held = np.int64(0)
            if flags & _RESOLVE != 0:
                i = slot(table, r.related)
                if (
                    table[i].seq != r.related
                    or table[i].debit != r.debit
                    or table[i].credit != r.credit
                ):
                    fault[0] = REPLAY_PENDING
                    return k
                held = table[i].amount
                if r.amount > held or (flags & _VOID != 0 and r.amount != held):
                    fault[0] = REPLAY_PENDING
                    return k
                unhold(table, r.related)
                state[PENDING_COUNT] -= 1
            elif flags & _PENDING != 0:
                expires_at = 0 if r.timeout_s == 0 else r.at + np.int64(r.timeout_s) * _US_PER_S
                hold(table, r.seq, r.amount, expires_at, debit, credit)
                state[PENDING_COUNT] += 1
            kind = REPLAY_OK
            if accounts[debit].head < r.seq:
                kind = _side(accounts[debit], r, flags, held, True)
                dirty[debit >> PAGE_SHIFT] = 1
            if kind == REPLAY_OK and credit > 0 and accounts[credit].head < r.seq:
                kind = _side(accounts[credit], r, flags, held, False)
                dirty[credit >> PAGE_SHIFT] = 1
            if kind != REPLAY_OK:
                fault[0] = kind
                return k
        state[NEXT_SEQ] += 1
    fault[0] = REPLAY_OK
    return len(records)

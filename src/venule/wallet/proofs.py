"""What must hold of client money, recomputed from the rows and from the ledger.

The members' proofs are run as well: one call proves both rooms.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from numpy.typing import NDArray

from venule.ledger import TransferFlags, TransferNotFound
from venule.members import WALLET_UNIT, Break, guarded
from venule.members import check as check_members
from venule.wallet import proof_store, store
from venule.wallet.accounts import CLIENT_ASSETS, CLIENT_LIABILITIES, OWN_BOOKS
from venule.wallet.entry_proofs import check_entries, check_reserves
from venule.wallet.model import PayoutState, TopUpState
from venule.wallet.proof_view import ROOM, ProofView


def check(view: ProofView) -> list[Break]:
    """Return everything that does not hold; empty when all is well."""
    checks: tuple[tuple[str, Callable[[ProofView], list[Break]]], ...] = (
        ("client money", check_client_money),
        ("the house's accounts and cases", check_house),
        ("orders under way", check_in_transit),
        ("payments and refunds", check_refunds),
        ("payments, refunds, top-ups and withdrawals", check_entries),
        ("bookings at the banks", check_reserves),
        ("limit counters and what they count", check_limits),
    )
    breaks = check_members(view)
    for what, each in checks:
        breaks += guarded(ROOM, partial(each, view), what)
    return breaks


def _differ(rule: str, subject: str, expected: object, actual: object) -> list[Break]:
    if expected == actual:
        return []
    return [Break(ROOM, rule, subject, str(expected), str(actual))]


def _balance(accounts: NDArray[Any], codes: range) -> int:
    """Credits less debits posted of all CNY accounts with these codes."""
    code = accounts["code"]
    mine = (accounts["unit"] == WALLET_UNIT) & (code >= codes.start) & (code < codes.stop)
    return int(accounts["credits_posted"][mine].sum() - accounts["debits_posted"][mine].sum())


def check_client_money(view: ProofView) -> list[Break]:
    """Client liabilities = client assets; and our own books balance by themselves."""
    accounts = view.accounts_view()
    assets, liabilities = -_balance(accounts, CLIENT_ASSETS), _balance(accounts, CLIENT_LIABILITIES)
    own = _balance(accounts, OWN_BOOKS)
    return [
        *_differ("client assets = client liabilities", "CNY, fen", liabilities, assets),
        *_differ("own books balance by themselves", "CNY, fen", 0, own),
    ]


def check_house(view: ProofView) -> list[Break]:
    """The house's accounts are where they should be, and suspense is what the open cases say."""
    accounts = view.accounts_view()
    breaks: list[Break] = []
    for name, code, account, _, _ in store.load_house(view.sql):
        found = (0, 0)
        if 0 < account < len(accounts):
            found = (int(accounts[account]["unit"]), int(accounts[account]["code"]))
        breaks += _differ("house account", name, (WALLET_UNIT, code), found)
        if name == "suspense":
            held = _posted(accounts, account)
            open_ = proof_store.suspense_total(view.sql)
            breaks += _differ("suspense = open cases", "fen", open_, held)
    return breaks


def _posted(accounts: NDArray[Any], account: int) -> int:
    row = accounts[account]
    return int(row["credits_posted"]) - int(row["debits_posted"])


def check_in_transit(view: ProofView) -> list[Break]:
    """What is in transit in the ledger is what the open orders say, each and in all."""
    house = {row[0]: row[2] for row in store.load_house(view.sql)}
    if not house:
        return []
    accounts = view.accounts_view()
    breaks: list[Break] = []
    told = reserved = sent = 0
    out, uncleared = house["payout_in_transit"], house["top_up_uncleared"]
    arriving = house["top_up_in_transit"]
    for t in store.open_top_ups(view.sql):
        if t.state is TopUpState.IN_TRANSIT:
            told += t.amount_minor
            coming = (arriving, uncleared, t.amount_minor, t.id, False)
            breaks += _differ("top-up in transit", str(t.id), coming, _found(view, t.told_seq))
    for p in store.open_payouts(view.sql):
        leaving = (p.account, out, p.amount_minor, p.id, True)
        breaks += _differ("withdrawal held", str(p.id), leaving, _found(view, p.held_seq))
        if p.state is PayoutState.RESERVED:
            reserved += p.amount_minor
        else:  # the return of a withdrawal is booked beside it until the debit is told
            sent += p.amount_minor * (2 if p.state is PayoutState.RETURNING else 1)
    return [
        *breaks,
        *_differ("TOP_UP_IN_TRANSIT = open top-ups", "fen", told, -_posted(accounts, arriving)),
        *_differ("TOP_UP_UNCLEARED = open top-ups", "fen", told, _posted(accounts, uncleared)),
        *_differ("PAYOUT_IN_TRANSIT = withdrawals sent", "fen", sent, _posted(accounts, out)),
        *_differ(
            "PAYOUT_IN_TRANSIT holds = withdrawals reserved",
            "fen",
            reserved,
            int(accounts[out]["credits_pending"]),
        ),
    ]


def _found(view: ProofView, seq: int) -> tuple[int, int, int, UUID, bool] | None:
    try:
        it = view.transfer(seq)
    except TransferNotFound:
        return None
    pending = bool(it.flags & TransferFlags.PENDING)
    return it.debit, it.credit, it.amount, UUID(bytes=it.ref), pending


def check_refunds(view: ProofView) -> list[Break]:
    """No payment has sent back more than was paid, nor other than its refunds say."""
    return [
        Break(
            ROOM,
            "refunded = sum of refunds <= paid",
            f"payment {UUID(bytes=raw)}, fen",
            f"{total} of {amount}",
            str(refunded),
        )
        for raw, amount, refunded, total in proof_store.refund_faults(view.sql)
    ]


def check_limits(view: ProofView) -> list[Break]:
    """Every limit counter is what the rows of the movements it counts say."""
    by_day: defaultdict[tuple[bytes, str], int] = defaultdict(int)
    by_year: defaultdict[tuple[bytes, int], int] = defaultdict(int)
    in_all: defaultdict[bytes, int] = defaultdict(int)
    for member, day, periodic, total in proof_store.counted_uses(view.sql):
        by_day[member, day] += periodic
        by_year[member, int(day[:4])] += periodic
        in_all[member] += total
    breaks: list[Break] = []
    for member, day, day_used, year, year_used, life_used in proof_store.counters(view.sql):
        expected = (by_day[member, day], by_year[member, year], in_all.pop(member, 0))
        found = (day_used, year_used, life_used)
        subject = f"member {UUID(bytes=member)}; day, year, in all, fen"
        breaks += _differ("limit counters", subject, expected, found)
    for member, total in sorted(in_all.items()):
        subject = f"member {UUID(bytes=member)}; in all, fen"
        breaks += _differ("limit counters", subject, total, 0)
    return breaks

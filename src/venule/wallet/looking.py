"""What members, merchants and the house look at: balances, limits, lists of orders.

Lists of payments and withdrawals have no index of their own: every one of them stands in the
journal of the wallet's account, newest first, with the order's id, so that a page costs the lines
it walks over and a payment costs nothing more to write.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from enum import Enum
from typing import Final
from uuid import UUID

import msgspec

from venule.kit.time import china_date
from venule.ledger import StatementLine, Tx
from venule.members import LimitRule, MemberId, party, wallet_account
from venule.wallet import bank_store, rules, store
from venule.wallet.accounts import AccountCode, WalletTransferCode
from venule.wallet.errors import ReconciliationUnknown
from venule.wallet.house_accounts import house, reserve_account
from venule.wallet.model import (
    Case,
    CaseId,
    Payment,
    PaymentId,
    Payout,
    Refund,
    RefundId,
    TopUp,
)
from venule.wallet.reconcile import Reconciliation
from venule.wallet.service import payment

PAGE_MAX: Final = 1_000
"""Most rows in one answer."""

OPEN_TOP_UPS_MAX: Final = 100
"""Most top-ups under way that are shown before those that are over."""

SCAN_LINES: Final = 200
SCAN_STEPS_MAX: Final = 10
"""A page looks at so many lines at a time, and so many times; then it says where to go on."""


class WalletBalance(msgspec.Struct, frozen=True):
    """A wallet as it stands, in fen: balance = available + held."""

    member_id: MemberId
    balance_minor: int
    available_minor: int
    held_minor: int


class Allowance(msgspec.Struct, frozen=True):
    """A limit of the member's tier, in fen. used_minor: 0 for a limit on single movements."""

    rule: LimitRule
    limit_minor: int
    used_minor: int


class Allowances(msgspec.Struct, frozen=True):
    """What a member has used today, this year and in all (fen), and the limits in force on it.

    counted: whether use is counted at all; it is for persons, while any limit is in force.
    """

    on: date
    counted: bool
    day_minor: int
    year_minor: int
    life_minor: int
    limits: list[Allowance]


class Direction(Enum):
    """Whose money it was: paid by the member, or to the member."""

    OUT = "out"
    IN = "in"


class OrdersQuery(msgspec.Struct, frozen=True):
    """Which of a member's orders: newest first. `until` is exclusive. direction: of payments."""

    member_id: MemberId
    limit: int = 50
    before_seq: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    direction: Direction | None = None


class PaymentList(msgspec.Struct, frozen=True):
    """A page. `next_before_seq`: for the next page; None at the end.

    A page may be short, even empty, and have a next one: it looks at a bounded number of lines.
    """

    items: list[Payment]
    next_before_seq: int | None


class PayoutList(msgspec.Struct, frozen=True):
    """A page, see `PaymentList`."""

    items: list[Payout]
    next_before_seq: int | None


class TopUpList(msgspec.Struct, frozen=True):
    """A page, see `PaymentList`."""

    items: list[TopUp]
    next_before_seq: int | None


class RefundsQuery(msgspec.Struct, frozen=True):
    """Which refunds of a payment: those after `after`, the oldest first."""

    payment_id: PaymentId
    limit: int = 50
    after: RefundId | None = None


class CasesQuery(msgspec.Struct, frozen=True):
    """Which open cases: those after `after`, the oldest first."""

    limit: int = 50
    after: CaseId | None = None


class ReconciliationQuery(msgspec.Struct, frozen=True):
    """A day of a reserve account."""

    reserve: str
    on: date


class ReconciliationsQuery(msgspec.Struct, frozen=True):
    """Which days of a reserve account: those before `before`, the last first."""

    reserve: str
    limit: int = 50
    before: date | None = None


class ReconciledDay(msgspec.Struct, frozen=True):
    """A day that is reconciled: the bank's closing balance (fen), and how many breaks there are."""

    reserve: str
    on: date
    closing_minor: int
    breaks: int


class HouseBalance(msgspec.Struct, frozen=True):
    """An account of the house. balance_minor: as its side has it: what an asset account holds,
    what was spent on an expense account, what is owed or earned on the others.
    """

    name: str
    code: int
    account: int
    balance_minor: int


# Members


def wallet_balance(tx: Tx, member_id: MemberId) -> WalletBalance:
    """Return a wallet's balance, and what of it is held. Raises: MemberUnknown."""
    wallet = tx.account(wallet_account(tx, member_id))
    return WalletBalance(
        member_id, wallet.balance, wallet.available_credit, wallet.balance - wallet.available_credit
    )


def allowances(tx: Tx, member_id: MemberId) -> Allowances:
    """Return what a member has used of their limits, and the limits. Raises: MemberUnknown."""
    who = party(tx, member_id)
    today = china_date(tx.now)
    used = store.load_counters(tx.sql, who.id, today)
    counted = rules.is_counted(who)
    of_rule = {
        LimitRule.BALANCE_OUT_DAY: used.day_minor,
        LimitRule.BALANCE_OUT_YEAR: used.year_minor,
        LimitRule.BALANCE_OUT_LIFETIME: used.life_minor,
        LimitRule.INVESTMENT_SINGLE: 0,
    }
    limits = [
        Allowance(rule, who.limits[rule], of_rule[rule]) for rule in LimitRule if rule in who.limits
    ]
    return Allowances(
        today,
        counted,
        used.day_minor,
        used.year_minor,
        used.life_minor,
        limits if counted else [],
    )


_PAYMENTS: Final = frozenset({WalletTransferCode.PAYMENT, WalletTransferCode.TRANSFER})
_PAYOUTS: Final = frozenset({WalletTransferCode.PAYOUT_HELD, WalletTransferCode.PAYOUT})
_TOP_UPS: Final = frozenset({WalletTransferCode.TOP_UP})


def payments_of(tx: Tx, query: OrdersQuery) -> PaymentList:
    """Return payments and transfers by and to a member, newest first. Raises: MemberUnknown."""

    def wanted(line: StatementLine) -> bool:
        if line.code not in _PAYMENTS:
            return False
        return query.direction is None or (line.amount < 0) == (query.direction is Direction.OUT)

    refs, more = _walk(tx, query, wanted)
    known = store.load_payments(tx.sql, refs)
    return PaymentList([known[PaymentId(ref)] for ref in refs if ref in known], more)


def withdrawals_of(tx: Tx, query: OrdersQuery) -> PayoutList:
    """Return a member's withdrawals, newest first. Raises: MemberUnknown."""
    refs, more = _walk(tx, query, lambda line: line.code in _PAYOUTS)
    known = store.load_payouts(tx.sql, refs)
    return PayoutList([known[ref] for ref in refs if ref in known], more)


def top_ups_of(tx: Tx, query: OrdersQuery) -> TopUpList:
    """Return a member's top-ups: on the first page those under way, then those that came, newest
    first. One that the bank has rejected has moved nothing and is not among them.

    Raises: MemberUnknown.
    """
    refs, more = _walk(tx, query, lambda line: line.code in _TOP_UPS)
    known = store.load_top_ups(tx.sql, refs)
    came = [known[ref] for ref in refs if ref in known]
    first = query.before_seq is None
    under_way = store.open_top_ups_of(tx.sql, query.member_id, OPEN_TOP_UPS_MAX) if first else []
    return TopUpList([*under_way, *came], more)


def _walk(
    tx: Tx, query: OrdersQuery, wanted: Callable[[StatementLine], bool]
) -> tuple[list[UUID], int | None]:
    """Return the orders of the wanted lines, and below which line to go on; None at the end."""
    account = wallet_account(tx, query.member_id)
    limit = max(1, min(query.limit, PAGE_MAX))
    refs: list[UUID] = []
    seq = query.before_seq
    for _ in range(SCAN_STEPS_MAX):
        lines = tx.statement(
            account, limit=SCAN_LINES, before_seq=seq, since=query.since, until=query.until
        )
        for line in lines:
            seq = line.seq
            if wanted(line):
                refs.append(UUID(bytes=line.ref))
                if len(refs) == limit:
                    return refs, seq
        if len(lines) < SCAN_LINES:
            return refs, None
    return refs, seq


def refunds(tx: Tx, query: RefundsQuery) -> list[Refund]:
    """Return refunds of a payment, the oldest first. Raises: PaymentUnknown."""
    paid = payment(tx, query.payment_id)
    after = b"" if query.after is None else query.after.bytes
    return store.load_refunds(tx.sql, paid.id, after, max(1, min(query.limit, PAGE_MAX)))


# The house


def cases_after(tx: Tx, query: CasesQuery) -> list[Case]:
    """Return open cases, the oldest first; none after a case that there is not."""
    return bank_store.open_cases_after(tx.sql, query.after, max(1, min(query.limit, PAGE_MAX)))


def reconciliation(tx: Tx, query: ReconciliationQuery) -> Reconciliation:
    """Return a day's result. Raises: ReserveUnknown, ReconciliationUnknown."""
    reserve_account(house(tx), query.reserve)
    found = bank_store.load_reconciliation(tx.sql, query.reserve, query.on)
    if found is None:
        raise ReconciliationUnknown(query.reserve, query.on)
    return msgspec.msgpack.decode(found[1], type=Reconciliation)


def reconciliations(tx: Tx, query: ReconciliationsQuery) -> list[ReconciledDay]:
    """Return the days of a reserve account that are reconciled. Raises: ReserveUnknown."""
    reserve_account(house(tx), query.reserve)
    limit = max(1, min(query.limit, PAGE_MAX))
    found = bank_store.reconciliations(tx.sql, query.reserve, query.before, limit)
    return [ReconciledDay(query.reserve, *row) for row in found]


_DEBIT_SIDE: Final = frozenset(
    {
        AccountCode.CLIENT_RESERVE,
        AccountCode.TOP_UP_IN_TRANSIT,
        AccountCode.OWN_BANK,
        AccountCode.SHORTFALLS,
    }
)


def house_balances(tx: Tx) -> list[HouseBalance]:
    """Return the house's accounts and what stands on them, by code. Raises: WalletNotSetUp."""
    house(tx)
    found = []
    for name, code, account, _, _ in store.load_house(tx.sql):
        balance = tx.account(account).balance
        found.append(
            HouseBalance(name, code, account, -balance if code in _DEBIT_SIDE else balance)
        )
    return sorted(found, key=lambda each: (each.code, each.name))

"""What must hold in the fund room, recomputed from the ledger's accounts and the rows.

Source: fund-clearing reference, sections 10 and 11.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Final

import numpy as np

from venule.fund import day_store, due_store, register, store
from venule.fund.day_store import Run
from venule.fund.entry_proofs import ROOM, check_entries
from venule.fund.model import Fund, FundAccountCode, FundTotals, RecordArray, Step
from venule.fund.schedule import DAY
from venule.kit.sql import Sql
from venule.members import Break, guarded
from venule.wallet import ProofView

_BEFORE_PAYMENT: Final = frozenset({Step.CONFIRM, Step.PAY_OUT})


def check(view: ProofView) -> list[Break]:
    """Check every fund: register, control accounts, orders, runs, entries. Empty if all holds."""
    breaks: list[Break] = []
    for code in store.fund_codes(view.sql):
        breaks += guarded(ROOM, partial(_check_fund, view, code), f"fund {code}")
    return [*breaks, *guarded(ROOM, partial(check_entries, view), "orders and freezes")]


def _check_fund(view: ProofView, code: str) -> list[Break]:
    accounts, sql = view.accounts_view(), view.sql
    fund = store.load_fund(sql, code)
    assert fund is not None
    noted, made_of = store.load_settings(sql, code), store.digest_settings(sql, code)
    return [
        *([Break(ROOM, "terms as noted", f"fund {code}", noted, made_of)] * (noted != made_of)),
        *fund_breaks(accounts, sql, fund, None),
        *_order_breaks(sql, fund),
        *_run_breaks(sql, fund),
        *_flow_breaks(accounts, sql, fund),
        *_holder_breaks(accounts, sql, fund),
    ]


def totals_of(accounts: RecordArray, fund: Fund) -> FundTotals:
    """Return a fund's register and control accounts as they stand in the ledger."""
    known = fund.accounts
    holders = accounts[register.account_ids(accounts, fund.unit, FundAccountCode.HOLDER)]
    return FundTotals(
        shares=-register.balance(accounts, known.issue),
        pledged=sum(register.balance(accounts, line.pledge) for line in fund.lines),
        reserved=int(holders["debits_pending"].sum()),
        in_transit=register.balance(accounts, known.collection),
        payable=register.balance(accounts, known.payable),
        advance_used=-sum(register.balance(accounts, line.line) for line in fund.lines),
        banks=sum(register.balance(accounts, line.holder) for line in fund.lines),
        loss=-register.balance(accounts, known.loss),
    )


def fund_breaks(accounts: RecordArray, sql: Sql, fund: Fund, after: date | None) -> list[Break]:
    """Check a fund's register and control accounts.

    after: look only at orders confirmed after that day, when all earlier ones are final; else all.
    """
    known, unit = fund.accounts, fund.unit
    totals = totals_of(accounts, fund)
    sums = due_store.open_sums(sql, fund.code, after)
    run = day_store.last_run(sql, fund.code)
    facts: list[tuple[str, str, int, int]] = []
    register_total = 0
    for code in (
        FundAccountCode.HOLDER,
        FundAccountCode.HOLDER_FROZEN,
        FundAccountCode.ADVANCE_PLEDGE,
    ):
        ids = register.account_ids(accounts, unit, code)
        shares = register.balances(accounts, ids)
        register_total += int(shares.sum())
        facts.append(("no negative holding", code.name, 0, int(np.count_nonzero(shares < 0))))
    payable = due_store.unpaid_total(sql, fund.code)
    unsettled: dict[bytes, int] = {}
    if run is not None and run.step in _BEFORE_PAYMENT:
        payable += due_store.awaiting_payment(sql, fund.code, run.on)
        unsettled = due_store.unpaid_pledges(sql, fund.code, run.on)
    facts += [
        ("holders' shares = shares in issue", "register", totals.shares, register_total),
        ("capital = shares", "capital", totals.shares, register.balance(accounts, known.capital)),
        ("collection = unconfirmed", "collection", sums.in_transit, totals.in_transit),
        ("payable = confirmed, unpaid", "payable", payable, totals.payable),
        ("holds = reserved by orders", "holds", sums.reserved, totals.reserved),
        ("income accounts = residue - losses", "income", *_income_fact(accounts, sql, fund, run)),
    ]
    for line in fund.lines:
        pledged = sums.pledged.get(line.bank.bytes, 0)
        used = pledged + unsettled.get(line.bank.bytes, 0)
        pledge, advanced, funding = (
            register.balance(accounts, account)
            for account in (line.pledge, line.line, line.funding)
        )
        facts += [
            ("pledge = fast orders", line.name, pledged, pledge),
            ("advance line = pledge + unsettled", line.name, used, -advanced),
            ("advance funding = line", line.name, used, funding),
        ]
    return [
        Break(ROOM, rule, f"fund {fund.code}, {what}", f"{expected} fen", f"{seen} fen")
        for rule, what, expected, seen in facts
        if expected != seen
    ]


def _income_fact(accounts: RecordArray, sql: Sql, fund: Fund, run: Run | None) -> tuple[int, int]:
    """Return what the income accounts should hold in all, and what they do."""
    expected = -day_store.total_loss_left(sql, fund.code)
    if run is not None:
        expected += run.residue + run.planned - run.credited
    known = fund.accounts
    seen = register.balance(accounts, known.income) + register.balance(accounts, known.loss)
    return expected, seen


def holder_breaks(
    accounts: RecordArray, sql: Sql, fund: Fund, run: Run, parts: list[day_store.Part]
) -> list[Break]:
    """Check, once a day's income is posted, that each holder has what he earned on plus it."""
    seen = register.earning_on(accounts, sql, fund, run.on)
    expected = np.zeros(len(seen.accounts), np.int64)
    for part in parts:
        places = np.searchsorted(seen.accounts, part.accounts)
        expected[places] += part.shares + part.credits
    wrong = np.flatnonzero(expected != seen.shares)
    return [
        Break(
            ROOM,
            "shares after income = shares + income",
            f"fund {fund.code}, {run.on}, account {seen.accounts[i]}",
            f"{expected[i]} fen",
            f"{seen.shares[i]} fen",
        )
        for i in wrong.tolist()
    ]


def _order_breaks(sql: Sql, fund: Fund) -> list[Break]:
    """Check that what is due is final, and that nothing was confirmed ahead of its day."""
    confirmed = day_store.confirmed_through(sql, fund.code)
    if confirmed == date.min:
        return []
    facts = (
        ("due orders are final", due_store.count_open_by(sql, fund.code, confirmed)),
        ("no order is confirmed early", due_store.count_final_after(sql, fund.code, confirmed)),
        ("amounts confirmed are within bounds", due_store.count_wrong_amounts(sql, fund.code)),
    )
    return [
        Break(ROOM, rule, f"fund {fund.code}, orders", "0", str(count))
        for rule, count in facts
        if count
    ]


def _run_breaks(sql: Sql, fund: Fund) -> list[Break]:
    """Check that every natural day has its run, in order, and its numbers add up."""
    breaks = [
        Break(ROOM, "a run is what its day was", f"fund {fund.code}, {on}, {what}", f"{a}", f"{b}")
        for on, what, a, b in day_store.run_faults(sql, fund.code)
    ]
    expected = fund.opened_on
    runs = day_store.load_runs(sql, fund.code)
    residue = 0
    for run in runs:
        subject = f"fund {fund.code}, {run.on}"
        if run.on != expected:
            breaks.append(Break(ROOM, "days without a gap", subject, str(expected), str(run.on)))
        if run.closed_at is None:
            if run is not runs[-1]:
                breaks.append(Break(ROOM, "only the last day is open", subject, "closed", "open"))
        else:
            given = run.credited + (run.residue - residue) - run.loss_left
            if given != run.net_income:
                breaks.append(
                    Break(
                        ROOM,
                        "credits + residue = net income",
                        subject,
                        f"{run.net_income} fen",
                        f"{given} fen",
                    )
                )
        residue = run.residue
        expected = run.on + DAY
    return breaks


def _flow_breaks(accounts: RecordArray, sql: Sql, fund: Fund) -> list[Break]:
    """Check the register's total against all that ever went in and out by the rows."""
    confirmed = due_store.confirmed_sums(sql, fund.code)
    credited = sum(run.credited for run in day_store.load_runs(sql, fund.code))
    taken_over = due_store.taken_over(sql, fund.code)
    expected = taken_over + credited + confirmed.get("subscribe", 0)
    expected -= confirmed.get("redeem", 0) + confirmed.get("pledge", 0)
    seen = -register.balance(accounts, fund.accounts.issue)
    if expected == seen:
        return []
    rule = "shares = taken over + income + subscribed - redeemed"
    return [Break(ROOM, rule, f"fund {fund.code}", f"{expected} fen", f"{seen} fen")]


def _holder_breaks(accounts: RecordArray, sql: Sql, fund: Fund) -> list[Break]:
    """Check that the rows and the register name the same accounts, and each the right owner."""
    rows = store.holder_owners(sql, fund.code)
    named = dict(rows)
    ids = register.account_ids(accounts, fund.unit, FundAccountCode.HOLDER)
    breaks = [
        Break(ROOM, "an account of its own", f"fund {fund.code}, account {account}", "1", "0")
        for account in sorted(set(named) ^ set(ids.tolist()))
    ]
    for account in ids.tolist():
        owner = bytes(accounts[account]["ref"])
        if account in named and named[account] != owner:
            subject = f"fund {fund.code}, account {account}"
            breaks.append(Break(ROOM, "owner", subject, named[account].hex(), owner.hex()))
    run = day_store.last_run(sql, fund.code)
    if run is not None and run.closed_at is not None:
        parts = day_store.load_parts(sql, fund.code, run.on)
        breaks += holder_breaks(accounts, sql, fund, run, parts)
    return breaks

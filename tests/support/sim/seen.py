"""What the home says, read straight from its tables and the ledger's memory, not by the services.

A view is a dict of dicts, so that a difference has a name.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from venule.kit.home import Home
from venule.ledger import Book, Tx

View = dict[str, dict[Any, Any]]
CLOSED = 4

TABLES = {
    "member": "SELECT id, external_ref, kind, tier, state, account FROM member",
    "bank_account": "SELECT id, member_id, bank, number, state FROM bank_account",
    "top_up": (
        "SELECT id, member_id, reserve, amount, bank_account_id IS NULL, requested_at, state,"
        " told_seq > 0 FROM top_up"
    ),
    "payout": (
        "SELECT id, member_id, reserve, amount, bank_account_id IS NULL, requested_at, state,"
        " counted_on FROM payout"
    ),
    "payment": (
        "SELECT id, kind, payer_id, payee_id, amount, fee, made_at, note, refunded, state,"
        " counted_on FROM payment"
    ),
    "refund": "SELECT id, payment_id, request_id, amount, refunded, made_at FROM refund",
    "case": "SELECT id, cause, kind, reserve, amount, state FROM bank_case",
    "used": "SELECT member_id, day_on, day_used, year_used, life_used FROM limit_counter",
    "use": "SELECT ref, counted_on, amount, returned FROM limit_use",
    "event": "SELECT name, COUNT(*) FROM event GROUP BY name",
    "key": "SELECT key, TRUE FROM idempotency",
    "fund": "SELECT code, unit, opened_on, subscriptions_open, redemptions_open FROM fund",
}
WIDE_TABLES = {
    "entry": (
        3,
        (
            "SELECT reserve, bank_ref, part, amount, booked_on, booked_at, matched_on IS NOT NULL"
            " FROM bank_entry"
        ),
    ),
    "line": (
        2,
        (
            "SELECT reserve, bank_ref, amount, our_ref, booked_on, matched_on IS NOT NULL"
            " FROM bank_line"
        ),
    ),
    "reconciled": (2, "SELECT reserve, day_on, closing, drift FROM reconciliation"),
    "tier_limit": (3, "SELECT rule, tier, from_on, amount, to_on FROM tier_limit"),
}
"""The first columns are the key."""
FUND_TABLES = {
    "freeze": "SELECT freeze_id, holder, shares, released_at IS NOT NULL FROM fund_freeze",
    "unpaid": "SELECT order_id, amount FROM fund_unpaid",
    "run": (
        "SELECT run_on, step, shard, shares_earning, holders, net_income, planned, credited,"
        " residue, loss_left, confirmed_in, confirmed_out, shares_total, closed_at IS NOT NULL"
        " FROM fund_run"
    ),
    "sweep": "SELECT swept_on, orders, amount FROM fund_sweep",
    "income": "SELECT income_on, net_income, per_10k_e4 FROM fund_income",
    "holder": "SELECT member, account, cash, frozen, sweep_keep FROM fund_holder",
}


def rows(home: Home[Tx], text: str, *params: Any) -> list[tuple[Any, ...]]:
    """Read rows; bytes become hex."""
    return [
        tuple(v.hex() if isinstance(v, bytes) else v for v in row)
        for row in home.sql.rows(text, params)
    ]


def keyed(home: Home[Tx], text: str, *params: Any) -> dict[Any, Any]:
    return {row[0]: row[1:] for row in rows(home, text, *params)}


def seen(home: Home[Tx]) -> View:
    """Return what the home says."""
    view: View = {name: keyed(home, text) for name, text in TABLES.items()}
    for name, (wide, text) in WIDE_TABLES.items():
        view[name] = {row[:wide]: row[wide:] for row in rows(home, text)}
    book = book_of(home)
    names = {i: row[0] for i, row in view["member"].items()}
    for name, places in (("bank_account", (0,)), ("top_up", (0,)), ("payout", (0,))):
        view[name] = named(names, view[name], *places)
    view["payment"] = named(names, view["payment"], 1, 2)
    view["used"] = {names.get(key, key): row for key, row in view["used"].items()}
    view["accounts"] = ledger_accounts(book)
    view["journal"] = {"transfers": book.memory.next_seq - 1}
    view["clock"] = {"last": home.sql.rows("SELECT last_at FROM home_clock")[0][0]}
    view["job"] = jobs_seen(home)
    taken = home.sql.rows("SELECT position FROM rail_cursor")
    view["rail"] = {"taken": sum(row[0] for row in taken)}
    for code in view["fund"]:
        view |= fund_seen(home, code, names)
    return view


def book_of(home: Home[Tx]) -> Book:
    book = home.participant
    assert isinstance(book, Book)
    return book


def named(names: dict[str, str], found: dict[Any, Any], *places: int) -> dict[Any, Any]:
    """Put members' names where their ids stand."""
    return {
        i: tuple(names.get(v, v) if at in places else v for at, v in enumerate(row))
        for i, row in found.items()
    }


def ledger_accounts(book: Book) -> dict[Any, Any]:
    found = book.memory.accounts[1 : book.memory.last_account + 1]
    names = ("unit", "code", "debits_posted", "credits_posted", "debits_pending", "credits_pending")
    columns = [found[name].tolist() for name in names]
    closed = ((found["flags"] & CLOSED) != 0).tolist()
    return dict(enumerate(zip(*columns, closed, strict=True), start=1))


def jobs_seen(home: Home[Tx]) -> dict[Any, Any]:
    found = {}
    text = "SELECT id, kind, payload, due_at, attempts, state FROM job"
    for job_id, kind, payload, due_at, attempts, state in home.sql.rows(text):
        order = msgspec.msgpack.decode(payload)["our_ref"].replace("-", "")
        found[job_id.hex()] = (order, kind, due_at if state == "ready" else 0, attempts, state)
    return found


def fund_seen(home: Home[Tx], code: str, names: dict[str, str]) -> View:
    view: View = {
        f"{name} {code}": keyed(home, f"{text} WHERE fund = ?", code)
        for name, text in FUND_TABLES.items()
    }
    view[f"holder {code}"] = {names[i]: row for i, row in view[f"holder {code}"].items()}
    banks = keyed(home, "SELECT bank, line FROM fund_advance_line WHERE fund = ?", code)
    text = (
        "SELECT order_id, number, kind, holder, amount, whole, accepted_at, trade_on, confirm_on,"
        " paid, state, reserved, leaves_on, returned_on, bank, confirmed FROM fund_order"
        " WHERE fund = ?"
    )
    view[f"order {code}"] = {
        row[0]: (*row[1:14], *banks.get(row[14], (None,)), row[15])
        for row in rows(home, text, code)
    }
    view[f"limit {code}"] = {
        row[:3]: row[3:]
        for row in rows(
            home,
            "SELECT rule, subject, from_on, amount, to_on FROM fund_limit WHERE fund = ?",
            code,
        )
    }
    view[f"carry {code}"] = carry_seen(home, code)
    return view


def carry_seen(home: Home[Tx], code: str) -> dict[Any, Any]:
    """Return each holder's part below a fen after the last run, where it is not nothing."""
    carry: dict[Any, Any] = {}
    text = (
        "SELECT accounts, carry FROM fund_run_part WHERE fund = ? AND run_on ="
        " (SELECT MAX(run_on) FROM fund_run_part WHERE fund = ?)"
    )
    for accounts, below in home.sql.rows(text, (code, code)):
        if below:  # nothing is written where nobody carries anything
            pairs = zip(np.frombuffer(accounts, "<i8"), np.frombuffer(below, "<i8"), strict=True)
            carry |= {int(a): int(c) for a, c in pairs if c}
    return carry

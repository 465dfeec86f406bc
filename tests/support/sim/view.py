"""The two views beside each other: how they differ, and whose a row is that nobody was told of."""

from __future__ import annotations

from collections import Counter
from typing import Any

from support.sim.expected import expected
from support.sim.model import Model
from support.sim.seen import View

DIFFERENCES_SHOWN = 12

IDENTITY = {
    "member": 1,
    "bank_account": 3,
    "top_up": 5,
    "payout": 5,
    "payment": 7,
    "refund": 2,
    "case": 1,
    "job": 2,
    "freeze": 2,
    "order": 8,
}
"""How many columns of a row tell what it is about; the others may change."""


def nameless(m: Model) -> list[tuple[str, list[Any]]]:
    """Return the things that lack an id, by the part of the view that they are in."""
    kinds: list[tuple[str, list[Any]]] = [
        ("member", list(m.members.values())),
        ("bank_account", m.bank_accounts),
        ("top_up", m.top_ups),
        ("payout", m.payouts),
        ("payment", m.payments),
        ("refund", m.refunds),
        ("case", list(m.cases.values())),
        ("job", m.jobs),
    ]
    for fund in m.funds.values():
        kinds += [(f"order {fund.code}", fund.orders), (f"freeze {fund.code}", fund.freezes)]
    found = [(name, [thing for thing in things if thing.id is None]) for name, things in kinds]
    return [(name, things) for name, things in found if things]


def adopt(m: Model, seen: View) -> None:
    """Give things that nobody was told of the ids of the rows that are theirs."""
    for name, things in nameless(m):
        wide = IDENTITY[name.split(maxsplit=1)[0]]
        must = expected(m)[name]
        known = {t for t in must if not t.startswith("nameless")}
        free: dict[Any, list[str]] = {}
        for i in sorted(set(seen.get(name, {})) - known):
            free.setdefault(tuple(seen[name][i][:wide]), []).append(i)
        rows_of = [row for i, row in must.items() if i.startswith("nameless")]
        for thing, row in zip(things, rows_of, strict=True):
            found = free.get(tuple(row[:wide]))
            if found:
                thing.id = found.pop(0)


def differences(must: View, seen: View) -> list[str]:
    """Return how two views differ, in words."""
    found = [
        f"{part} {key}: expected {must.get(part, {}).get(key)}, seen {seen.get(part, {}).get(key)}"
        for part in sorted(must.keys() | seen.keys())
        if must.get(part, {}) != seen.get(part, {})
        for key in sorted(must.get(part, {}).keys() | seen.get(part, {}).keys(), key=str)
        if must.get(part, {}).get(key) != seen.get(part, {}).get(key)
    ]
    more = len(found) - DIFFERENCES_SHOWN
    return found[:DIFFERENCES_SHOWN] + ([f"... and {more} more"] if more > 0 else [])


def states(m: Model) -> Counter[str]:
    """Count orders by kind and state."""
    count: Counter[str] = Counter()
    count.update(f"top-up {each.state}" for each in m.top_ups)
    count.update(f"payout {each.state}" for each in m.payouts)
    count.update(f"case {each.state}" for each in m.cases.values())
    for fund in m.funds.values():
        count.update(f"{o.kind} {o.state}" for o in fund.orders)
    return count

"""What the auditor says the home must hold: the same views as in `seen`, from the model alone."""

from __future__ import annotations

from typing import Any

from support.sim.fund_model import Fund, Order, Run
from support.sim.model import Model, Payment
from support.sim.seen import View


def _of(things: Any, row: Any) -> dict[Any, Any]:
    return {thing.id or f"nameless {place}": row(thing) for place, thing in enumerate(things)}


def expected(m: Model) -> View:
    """Return what the auditor says."""
    accounts = enumerate(m.books.accounts)
    view: View = {
        "accounts": {i: (a.unit, a.code, a.d, a.c, a.dp, a.cp, a.closed) for i, a in accounts if i},
        "journal": {"transfers": m.books.count},
        "clock": {"last": m.now},
        "member": _of(m.members.values(), lambda x: (x.ref, x.kind, x.tier, x.state, x.account)),
        "bank_account": _of(m.bank_accounts, lambda x: (x.owner, x.bank, x.number, x.state)),
        "payment": _of(m.payments, payment_row),
        "refund": _of(m.refunds, lambda x: (x.payment.id, x.request, x.amount, x.refunded, x.at)),
        "event": {name: (count,) for name, count in m.events.items() if count},
        "key": dict.fromkeys(m.keys, (True,)),
        "used": {
            ref: (u.last_on, u.days[u.last_on], u.years[u.last_on[:4]], u.life)
            for ref, u in m.used.items()
        },
        "use": {use.order.id: (use.on, use.amount, use.returned) for use in m.uses},
        "tier_limit": {(x.rule, x.tier, x.from_on): (x.amount, x.to_on or None) for x in m.limits},
        "fund": {
            f.code: (f.unit, f.opened_on, f.subscriptions, f.redemptions) for f in m.funds.values()
        },
    }
    view |= bank_expected(m)
    for fund in m.funds.values():
        view |= fund_expected(fund)
    return view


def payment_row(x: Payment) -> tuple[Any, ...]:
    made = (x.kind, x.payer, x.payee, x.amount, x.fee, x.at, x.note)
    return (*made, x.refunded, x.state, x.counted_on)


def bank_expected(m: Model) -> View:
    """Return what must be written about the bank: orders, jobs, bookings, lines, cases."""
    return {
        "top_up": _of(
            m.top_ups, lambda x: (x.member, x.reserve, x.amount, x.quick, x.at, x.state, x.told)
        ),
        "payout": _of(
            m.payouts,
            lambda x: (x.member, x.reserve, x.amount, x.quick, x.at, x.state, x.counted_on),
        ),
        "case": _of(m.cases.values(), lambda x: (x.cause, x.kind, x.reserve, x.amount, x.state)),
        "job": _of(
            m.jobs,
            lambda x: (
                x.order.id,
                x.kind,
                x.due_at if x.state == "ready" else 0,
                x.attempts,
                x.state,
            ),
        ),
        "entry": {
            (*key, part): (e.amount, e.booked_on, e.booked_at, e.matched)
            for key, each in m.entries.items()
            for part, e in enumerate(each)
        },
        "line": {key: (x.amount, x.our_ref, x.booked_on, x.matched) for key, x in m.lines.items()},
        "reconciled": {
            (name, on): (day["closing"], day["drift"])
            for name, done in m.reconciled.items()
            for on, day in done.items()
        },
        "rail": {"taken": m.taken},
    }


def order_row(fund: Fund, o: Order) -> tuple[Any, ...]:
    bank = fund.lines[o.line].line if o.line >= 0 else None
    asked = (o.number, o.kind, o.holder, o.amount, o.whole, o.at, o.trade_on, o.confirm_on)
    return (*asked, o.paid, o.state, o.reserved, o.leaves_on, o.returned_on, bank, o.confirmed)


def run_row(r: Run) -> tuple[Any, ...]:
    income = (r.earning, r.holders, r.net_income, r.planned, r.credited, r.residue, r.loss_left)
    return (r.step, r.shard, *income, r.confirmed_in, r.confirmed_out, r.total, r.closed)


def fund_expected(fund: Fund) -> View:
    """Return what must be written about a fund."""
    code = fund.code
    return {
        f"order {code}": _of(fund.orders, lambda o: order_row(fund, o)),
        f"holder {code}": {
            h.ref: (h.account, h.cash, h.frozen, h.keep) for h in fund.holders.values()
        },
        f"freeze {code}": _of(fund.freezes, lambda f: (f.holder, f.shares, f.released)),
        f"unpaid {code}": {o.id: (o.confirmed,) for o in fund.unpaid},
        f"run {code}": {r.on: run_row(r) for r in fund.runs.values()},
        f"sweep {code}": dict(fund.sweeps),
        f"income {code}": dict(fund.income),
        f"limit {code}": {
            (x.rule.value, x.subject, x.from_on.isoformat()): (
                x.amount,
                x.to_on.isoformat() if x.to_on else None,
            )
            for x in fund.limits
        },
        f"carry {code}": {account: fen for account, fen in fund.carry.items() if fen},
    }

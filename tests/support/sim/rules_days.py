"""What must come of a fund's days: confirm, pay out, cut, income to the fen, check and close.

raw(h) = shares(h) * income / total, cut to the fen; what is cut off goes by the fund's tail policy.
Written from the fund-clearing reference, sections 2, 4, 6 and 10.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from support.sim.books import Refuse, Wrong, china_at
from support.sim.fund_model import ONE, Days, Fund, Order, Run
from support.sim.model import Expect, Model, audits
from support.sim.rules_funds import fund_of, sorted_holders
from support.sim.rules_orders import money_in
from support.sim.rules_wallet import enter
from venule import fund as services
from venule.fund.close import close_step, open_step

CARRY_SCALE = 100_000_000
FEN_PER_10K_E4 = 100_000_000


@audits(services.publish_income)
def publish_income(m: Model, c: Any) -> Expect:
    fund, on = fund_of(m, c.fund), c.on.isoformat()
    given = (c.net_income_minor, c.per_10k_e4)
    if on < fund.opened_on:
        raise Refuse("DayOutOfOrder")
    if fund.income.setdefault(on, given) != given:
        raise Refuse("IncomeChanged")
    return Expect()


def half_up(a: int, b: int) -> int:
    """Divide; a half goes away from zero."""
    whole = (2 * abs(a) + b) // (2 * b)
    return whole if a >= 0 else -whole


# The run of a day


def run_of(fund: Fund, on: date) -> Run:
    """Return the run of a day, or a new one: day follows day."""
    known = fund.runs.get(on.isoformat())
    if known is not None:
        return known
    last = max(fund.runs.values(), key=lambda r: r.on, default=None)
    if last is None:
        expected = date.fromisoformat(fund.opened_on)
    else:
        expected = date.fromisoformat(last.on)
        if last.closed:
            expected += ONE
    if on != expected:
        raise Refuse("DayOutOfOrder")
    return Run(on.isoformat(), residue=last.residue if last else 0)


@audits(open_step)
def open_morning(m: Model, c: Any) -> Expect:
    fund = fund_of(m, c.fund)
    run = run_of(fund, c.on)
    if run.step in ("confirm", "pay_out"):
        if m.now < china_at(c.on):
            raise Refuse("DayNotOver")
        step(m, fund, run)
    return Expect({"next": run.step, "closed": None})


@audits(close_step)
def close(m: Model, c: Any) -> Expect:
    fund = fund_of(m, c.fund)
    run = run_of(fund, c.on)
    if not run.closed:
        if m.now < Days(m, fund).closes_from(c.on):
            raise Refuse("DayNotOver")
        if run.on not in fund.income:
            raise Refuse("YieldMissing")
        step(m, fund, run)
    if not run.closed:
        return Expect({"next": run.step, "closed": None})
    fields = {
        "on": run.on,
        "shares_earning": run.earning,
        "holders": run.holders,
        "net_income": run.net_income,
        "per_10k_e4": per_10k(fund, run),
        "credited": run.credited,
        "residue": run.residue,
        "loss_left": run.loss_left,
        "confirmed_in": run.confirmed_in,
        "confirmed_out": run.confirmed_out,
        "shares_total": run.total,
    }
    return Expect({"next": "closed", **{f"closed.{name}": v for name, v in fields.items()}})


def per_10k(fund: Fund, run: Run) -> int:
    published = fund.income[run.on][1]
    if published is not None:
        return published
    return half_up(run.net_income * FEN_PER_10K_E4, run.earning) if run.earning else 0


def step(m: Model, fund: Fund, run: Run) -> None:
    """Do the next step of a run."""
    fund.runs[run.on] = run
    if run.step == "confirm":
        run.confirmed_in = confirm_bought(m, fund, run)
        run.confirmed_out = confirm_sold(m, fund, run) + confirm_pledges(m, fund, run)
        run.step = "pay_out"
    elif run.step == "pay_out":
        pay_out(m, fund, run)
        run.step = "cut"
    elif run.step == "cut":
        cut(m, fund, run)
        run.step = "income"
    elif run.step == "income":
        take_income(m, fund, run)
        run.step = "distribute"
    elif run.step == "distribute":
        distribute_shard(m, fund, run)
        run.shard += 1
        run.step = "check" if run.shard == fund.terms.shards else "distribute"
    else:
        run.step, run.closed = "closed", True
        issue = m.books[fund.accounts["issue"]]
        run.total = issue.d - issue.c
        if run.loss_left:
            m.events["fund.loss_not_taken"] += 1
        m.events["fund.day_closed"] += 1


def due(fund: Fund, run: Run, kind: str) -> list[Order]:
    return [
        o for o in fund.orders if o.kind == kind and o.state == "sent" and o.confirm_on == run.on
    ]


def confirm_bought(m: Model, fund: Fund, run: Run) -> int:
    """Shares for what was paid; the money goes to the custodian in one sum."""
    total = 0
    for order in due(fund, run, "subscribe"):
        m.books.move(fund.accounts["collection"], fund.accounts["capital"], order.amount)
        m.books.move(fund.accounts["issue"], order.holder, order.amount)
        order.state, order.confirmed = "confirmed", order.amount
        total += order.amount
    if total:
        m.books.move(fund.accounts["custody"], fund.accounts["reserve"], total)
        enter(m, "reserve", f"fund-{fund.code}-{run.on}-in", -total, run.on, ours=True)
    return total


def confirm_sold(m: Model, fund: Fund, run: Run) -> int:
    """What is reserved is cancelled and payable; a loss may have taken some, income added some."""
    total = 0
    for order in due(fund, run, "redeem"):
        if order.reserved == 0:
            order.state = "rejected"
            continue
        m.books.capture(order.hold)
        m.books.move(fund.accounts["capital"], fund.accounts["payable"], order.reserved)
        part = order.reserved < order.amount and not order.whole
        order.state = "partly_confirmed" if part else "confirmed"
        order.confirmed = order.reserved
        total += order.reserved
    return total


def confirm_pledges(m: Model, fund: Fund, run: Run) -> int:
    total = 0
    for order in due(fund, run, "pledge"):
        m.books.move(fund.lines[order.line].pledge, fund.accounts["issue"], order.amount)
        m.books.move(fund.accounts["capital"], fund.accounts["payable"], order.amount)
        order.state, order.confirmed = "confirmed", order.amount
        total += order.amount
    for order in due(fund, run, "fast"):
        order.state, order.confirmed = "confirmed", order.amount
    return total


def pay_out(m: Model, fund: Fund, run: Run) -> None:
    """Pay the wallets what was sold, and the banks what they had advanced."""
    mine = [o for o in fund.orders if o.confirm_on == run.on and not o.paid and o.confirmed]
    total = 0
    for order in mine:
        if order.kind == "redeem":
            amount = order.confirmed or 0
            if m.books[order.cash].closed:
                fund.unpaid.append(order)
                m.events["fund.redemption_unpaid"] += 1
                continue
            m.books.move(fund.accounts["payable"], order.cash, amount)
            total += amount
            order.paid = True
    if total:
        money_in(m, fund, total, f"fund-{fund.code}-{run.on}-out", run.on)
    for place, line in enumerate(fund.lines):
        pledged = [o for o in mine if o.kind == "pledge" and o.line == place]
        amount = sum(o.amount for o in pledged)
        if amount:
            m.books.move(fund.accounts["payable"], line.line, amount)
            m.books.move(line.funding, fund.accounts["custody"], amount)
        for order in pledged:
            order.paid = True


def cut(m: Model, fund: Fund, run: Run) -> None:
    """T's orders are sent; pledges become one redemption a holder; banks pay their advances."""
    pledges: dict[tuple[str, int, int], Order] = {}
    for order in list(fund.orders):
        if order.state != "accepted" or order.trade_on != run.on:
            continue
        if order.kind == "subscribe" and not order.paid:
            order.state = "cancelled"
            continue
        order.state = "sent"
        if order.kind == "fast":
            key = (order.confirm_on, order.line, order.holder)
            if key not in pledges:
                made = Order(None, None, "pledge", order.holder, order.cash, order.ref, 0)
                made.at, made.accepted_on = m.now, run.on
                made.trade_on, made.confirm_on = run.on, order.confirm_on
                made.state, made.line = "sent", order.line
                pledges[key] = made
            pledges[key].amount += order.amount
    fund.orders += pledges.values()
    for line in fund.lines:
        amount = m.books[line.transit].d - m.books[line.transit].c
        if amount > 0:
            m.books.move(fund.accounts["reserve"], line.transit, amount)
        elif amount < 0:
            m.books.move(line.transit, fund.accounts["reserve"], -amount)
        if amount:
            ref = f"fund-{fund.code}-{run.on}-advance-{line.line}"
            enter(m, "reserve", ref, amount, run.on, ours=True)


# Income


def earning_on(m: Model, fund: Fund, on: str) -> dict[int, int]:
    """Return the shares that earn a day, by account.

    Whoever took money keeps earning until his order's `leaves_on`, his bank from then on; after a
    reversal the bank earns until `returned_on`.
    """
    earning = {h.account: m.books[h.account].balance for h in sorted_holders(fund)}
    for h in sorted_holders(fund):
        if h.frozen:
            earning[h.account] += m.books[h.frozen].balance
    for line in fund.lines:
        earning[line.holder] += m.books[line.pledge].balance
    for o in fund.orders:
        if o.kind != "fast":
            continue
        bank = fund.lines[o.line].holder
        leaves, returned = o.leaves_on or "", o.returned_on or ""
        if o.state in ("accepted", "sent") and leaves > on:
            earning[o.holder] += o.amount
            earning[bank] -= o.amount
        elif o.state == "cancelled" and leaves <= on < returned:
            earning[o.holder] -= o.amount
            earning[bank] += o.amount
    return earning


def take_income(m: Model, fund: Fund, run: Run) -> None:
    earning = earning_on(m, fund, run.on)
    if min(earning.values(), default=0) < 0:
        low = {a: s for a, s in earning.items() if s < 0}
        raise Wrong(f"fund {fund.code}, {run.on}: somebody earns on less than nothing: {low}")
    run.earning = sum(earning.values())
    run.holders = sum(1 for shares in earning.values() if shares)
    net, published = fund.income[run.on]
    run.net_income = half_up((published or 0) * run.earning, FEN_PER_10K_E4) if net is None else net
    tail = fund.terms.tail.value
    before = run.residue
    income = run.net_income if tail == "carry" else run.net_income + before
    left, run.loss_left = distribute(fund, run, earning, income)
    run.residue = left + before if tail == "carry" else left
    run.planned = sum(run.credits.values())
    book_income(m, fund, run)


def distribute(fund: Fund, run: Run, earning: dict[int, int], income: int) -> tuple[int, int]:
    """Work out each holder's fen; return what is left in the fund and what nobody can bear."""
    tail, total = fund.terms.tail.value, run.earning
    run.credits = {}
    if tail != "carry":
        fund.carry = {}
    if total == 0 or income == 0:
        return max(0, income), max(0, -income)
    not_taken = max(0, -income - total)
    income += not_taken
    sign, size = (1, income) if income > 0 else (-1, -income)
    if tail == "carry":
        for account, shares in earning.items():
            part = sign * shares * size * CARRY_SCALE // total  # toward minus infinity
            exact = fund.carry.get(account, 0) + part
            run.credits[account], fund.carry[account] = divmod(exact, CARRY_SCALE)
        return income - sum(run.credits.values()), not_taken
    cuts = {account: shares * size // total for account, shares in earning.items()}
    residue = size - sum(cuts.values())
    if tail == "truncate_redistribute":
        rest = {account: shares * size % total for account, shares in earning.items()}
        for account in sorted(rest, key=lambda a: (-rest[a], a))[:residue]:
            cuts[account] += 1
        residue = 0
    run.credits = {account: sign * fen for account, fen in cuts.items()}
    return sign * residue, not_taken


def book_income(m: Model, fund: Fund, run: Run) -> None:
    """Take the income in, and let what is left over of it meet a loss, or the other way."""
    a, net = fund.accounts, run.net_income
    gain = m.books[a["income"]].balance + max(net, 0) - max(run.planned, 0)
    if net > 0:
        m.books.move(a["accrued"], a["income"], net)
    elif net < 0:
        m.books.move(a["loss"], a["accrued"], -net)
    surplus = gain - max(run.residue, 0)
    if surplus > 0:
        m.books.move(a["income"], a["loss"], surplus)
    elif surplus < 0:
        m.books.move(a["loss"], a["income"], -surplus)


def distribute_shard(m: Model, fund: Fund, run: Run) -> None:
    a, shards = fund.accounts, fund.terms.shards
    mine = {h: fen for h, fen in sorted(run.credits.items()) if fen and h % shards == run.shard}
    total = sum(mine.values())
    if total > 0:
        free = {account: credit(m, fund, account, fen) for account, fen in mine.items()}
        for order in waiting(fund, run, mine):
            gain = min(free[order.holder], m.books[order.holder].free)
            if order.whole and gain:
                free[order.holder] -= gain
                hold_again(m, fund, order, order.reserved + gain)
        m.books.move(a["income"], a["capital"], total)
    elif total < 0:
        left = sum(lose(m, fund, run, account, -fen) for account, fen in mine.items())
        total += left
        run.planned += left
        run.loss_left += left
        if total:
            m.books.move(a["capital"], a["loss"], -total)
    run.credited += total


def credit(m: Model, fund: Fund, account: int, fen: int) -> int:
    """Income becomes shares; that of frozen shares is frozen too if the fund says so.

    Returns the free part of it.
    """
    frozen = next(h.frozen for h in fund.holders.values() if h.account == account)
    to_frozen = 0
    if frozen and fund.terms.frozen_income.value == "frozen":
        held = m.books[frozen].balance
        if held:
            to_frozen = fen * held // (held + m.books[account].balance)
    if fen - to_frozen:
        m.books.move(fund.accounts["issue"], account, fen - to_frozen)
    if to_frozen:
        m.books.move(fund.accounts["issue"], frozen, to_frozen)
    return fen - to_frozen


def waiting(fund: Fund, run: Run, accounts: Any) -> list[Order]:
    """Return the redemptions still to be confirmed, in the order of acceptance."""
    found = [
        o
        for o in fund.orders
        if o.kind == "redeem"
        and o.state in ("accepted", "sent")
        and o.confirm_on > run.on
        and o.holder in accounts
    ]
    return sorted(found, key=lambda o: (o.at, o.id or ""))


def hold_again(m: Model, fund: Fund, order: Order, shares: int) -> None:
    if order.hold:
        m.books.release(order.hold)
    order.hold = m.books.hold(order.holder, fund.accounts["issue"], shares)
    order.reserved = shares


def lose(m: Model, fund: Fund, run: Run, account: int, loss: int) -> int:
    """Take a loss: free shares, then reserved ones, then frozen ones; return what is left.

    Shares that are back and do not earn for the holder yet are not his to lose: they stay among
    the free ones, then the frozen ones, then in the redemptions that come last.
    """
    issue = fund.accounts["issue"]
    frozen = next(h.frozen for h in fund.holders.values() if h.account == account)
    held = m.books[frozen].balance if frozen else 0
    orders = waiting(fund, run, {account})
    spare = most_missed(fund, account, run.on)
    has: dict[Any, int] = {"free": m.books[account].free, "frozen": held}
    has |= {id(order): order.reserved for order in orders}
    for key in ("free", "frozen", *(id(order) for order in reversed(orders))):
        kept = min(spare, has[key])
        has[key] -= kept
        spare -= kept
    lost = {}
    for key in ("free", *map(id, orders), "frozen"):
        lost[key] = min(loss, has[key])
        loss -= lost[key]
    if lost["free"]:
        m.books.move(account, issue, lost["free"])
    if lost["frozen"]:
        m.books.move(frozen, issue, lost["frozen"])
    for order in orders:
        part = lost[id(order)]
        if part:
            m.books.release(order.hold)
            order.hold = 0
            m.books.move(account, issue, part)
            order.reserved -= part
            if order.reserved:
                order.hold = m.books.hold(account, issue, order.reserved)
    return loss


def most_missed(fund: Fund, account: int, on: str) -> int:
    """Return the most shares that earn for a bank on one day after `on`, though they are back."""
    back = [o for o in fund.orders if o.holder == account and o.state == "cancelled"]
    spans = [(o.leaves_on or "", o.returned_on or "", o.amount) for o in back if o.kind == "fast"]
    after = (date.fromisoformat(on) + ONE).isoformat()
    days = {max(leaves, after) for leaves, _, _ in spans}
    return max((sum(s for a, b, s in spans if a <= day < b) for day in days), default=0)


def next_day(fund: Fund) -> date:
    """Return the next day to be run."""
    open_days = [r.on for r in fund.runs.values() if not r.closed]
    if open_days:
        return date.fromisoformat(open_days[0])
    if not fund.runs:
        return date.fromisoformat(fund.opened_on)
    return date.fromisoformat(max(fund.runs)) + ONE


def closes_from(m: Model, fund: Fund, on: date) -> int:
    """Return the instant from which a day can be closed."""
    return Days(m, fund).closes_from(on)

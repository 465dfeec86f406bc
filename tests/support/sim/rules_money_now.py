"""What must come of money now: fast redemption, payment with shares; and of sweep and freezes."""

from __future__ import annotations

from typing import Any

from support.sim.books import NO_DEBT, Refuse
from support.sim.fund_model import FEN_MAX, Days, Freeze, Fund, Holder, Order
from support.sim.model import Expect, Model, audits
from support.sim.rules_funds import check_shares, fund_of, holder_of, limit_on, sorted_holders
from support.sim.rules_members import limits_of, used_by
from support.sim.rules_orders import (
    asked_today,
    find_order,
    first_order,
    held_by,
    new_order,
    order_answer,
    spend,
)
from support.sim.rules_wallet import make, pay_checks
from venule import fund as services


def advance(m: Model, fund: Fund, who: Holder, amount: int, number: Any) -> Order:
    """Give money now for shares, advanced by the first bank that has room."""
    if not fund.redemptions:
        raise Refuse("RedemptionsStopped")
    order = new_order(m, fund, "fast", who, amount, number)
    today = order.accepted_on
    limit = limit_on(fund, "fast_daily", today)
    if limit is not None and asked_today(fund, who, "fast", today) + amount > limit:
        raise Refuse("LimitExceeded")
    place = line_with_room(m, fund, amount, today)
    line = fund.lines[place]
    if m.books[who.account].free < amount:
        raise Refuse("SharesInsufficient")
    if m.books[who.cash].closed:
        raise Refuse("TransferRefused")
    m.books.move(who.account, line.pledge, amount)
    m.books.move(line.line, who.cash, amount)
    m.books.move(line.transit, line.funding, amount)
    order.leaves_on, order.line, order.paid = Days(m, fund).leaves_on(m).isoformat(), place, True
    fund.orders.append(order)
    return order


def line_with_room(m: Model, fund: Fund, amount: int, today: str) -> int:
    """Return the place of the first bank that can advance so much."""
    for place, line in enumerate(fund.lines):
        room = limit_on(fund, "advance_line", today, m.members[line.bank].id or "") or 0
        if room - (m.books[line.line].d - m.books[line.line].c) >= amount:
            return place
    raise Refuse("AdvanceExhausted")


@audits(services.fast_redeem)
def fast_redeem(m: Model, c: Any) -> Expect:
    fund = fund_of(m, c.fund)
    amount = check_shares(c.shares_minor)
    who = holder_of(m, fund, c.member_id)
    first = first_order(m, c, fund, "fast", who, amount)
    if first is None:
        first = advance(m, fund, who, amount, c.number)
    return order_answer(first)


@audits(services.reverse_fast)
def reverse_fast(m: Model, c: Any) -> Expect:
    fund, order = find_order(m, c.order_id)
    if order.kind != "fast" or order.state != "accepted":
        raise Refuse("IllegalTransition")
    line = fund.lines[order.line]
    if m.books[order.cash].closed:
        raise Refuse("TransferRefused")
    if m.books[order.cash].free < order.amount:
        raise Refuse("CashInsufficient")
    m.books.move(order.cash, line.line, order.amount)
    m.books.move(line.funding, line.transit, order.amount)
    m.books.move(line.pledge, order.holder, order.amount)
    order.state, order.returned_on = "cancelled", Days(m, fund).leaves_on(m).isoformat()
    m.events["fund.advance_reversed"] += 1
    return order_answer(order)


@audits(services.pay_from_fund, risky=True)
def pay_from_fund(m: Model, c: Any) -> Expect:
    """Pay from cash and shares: what cash lacks is redeemed fast, then the wallet pays all."""
    fund = fund_of(m, c.fund)
    amount = check_shares(c.amount_minor)
    who = holder_of(m, fund, c.payer_id)
    cash, shares = m.books[who.cash].free, m.books[who.account].free
    how = (c.funding or fund.terms.funding).value
    from_cash = {
        "cash_then_shares": min(amount, cash),
        "shares_then_cash": amount - min(amount, shares),
        "cash_only": amount,
        "shares_only": 0,
    }[how]
    from_shares = amount - from_cash
    if from_cash > cash or from_shares > shares:
        raise Refuse("FundingInsufficient")
    order = advance(m, fund, who, from_shares, None) if from_shares else None
    made = pay_checks(m, c, c.merchant_id, "payment", 0, amount)
    make(m, made)
    m.events["wallet.paid"] += 1
    fields: dict[str, Any] = {"cash_minor": from_cash, "shares_minor": from_shares}
    if order is not None:
        fields |= {f"order.{name}": value for name, value in order_answer(order).fields.items()}
    return Expect(fields)


# Sweep and freezes


@audits(services.set_sweep)
def set_sweep(m: Model, c: Any) -> Expect:
    fund = fund_of(m, c.fund)
    who = holder_of(m, fund, c.member_id)
    who.keep = c.keep_minor
    return Expect({"account": who.account, "sweep_keep": who.keep})


@audits(services.sweep)
def sweep(m: Model, c: Any) -> Expect:
    """Subscribe for all who chose it what lies above the sum they keep, as far as limits allow."""
    fund, on = fund_of(m, c.fund), c.on.isoformat()
    if on not in fund.sweeps:
        if m.today.isoformat() < fund.opened_on:
            raise Refuse("FundNotOpen")
        if c.on != m.today:
            raise Refuse("SweepNotToday")
        if not fund.subscriptions:
            raise Refuse("SubscriptionsStopped")
        made = [o for who in sorted_holders(fund) if (o := swept(m, fund, who)) is not None]
        for order in made:
            spend(m, order)
            m.books.move(order.cash, fund.accounts["collection"], order.amount)
        fund.orders += made
        fund.sweeps[on] = (len(made), sum(o.amount for o in made))
        m.events["fund.swept"] += 1
    orders, amount = fund.sweeps[on]
    return Expect({"orders": orders, "amount_minor": amount})


def swept(m: Model, fund: Fund, who: Holder) -> Order | None:
    """Return the order that the sweep makes for a holder, if any."""
    if who.keep is None:
        return None
    member, today = m.members[who.ref], m.today.isoformat()
    order = new_order(m, fund, "subscribe", who, 0, None)
    least = limit_on(fund, "subscribe_min", today) or 1
    amount = m.books[who.cash].free - who.keep
    if amount < least:
        return None
    left = [FEN_MAX, amount]
    if member.state != "active":
        return None
    limits, used = limits_of(m, member), used_by(m, member)
    left += [limits[rule] - used[rule] for rule in limits]
    daily = limit_on(fund, "subscribe_daily", today)
    if daily is not None:
        left.append(daily - asked_today(fund, who, "subscribe", today))
    cap = limit_on(fund, "holding_cap", today)
    if cap is not None:
        left.append(cap - held_by(m, fund, who))
    order.amount, order.paid = min(left), True
    return order if order.amount >= max(least, 1) else None


@audits(services.freeze_shares)
def freeze_shares(m: Model, c: Any) -> Expect:
    fund = fund_of(m, c.fund)
    shares = check_shares(c.shares_minor)
    who = holder_of(m, fund, c.member_id)
    if m.books[who.account].free < shares:
        raise Refuse("SharesInsufficient")
    if not who.frozen:
        who.frozen = m.books.open(fund.unit, 9030, NO_DEBT)
    m.books.move(who.account, who.frozen, shares)
    new = Freeze(None, who.account, shares)
    fund.freezes.append(new)
    m.events["fund.shares_frozen"] += 1
    return Expect({"holder": who.account, "shares_minor": shares, "released": False}, thing=new)


@audits(services.unfreeze_shares)
def unfreeze_shares(m: Model, c: Any) -> Expect:
    """With the holder's last freeze goes all that is frozen, income included."""
    for fund in m.funds.values():
        for freeze in fund.freezes:
            if freeze.id == c.freeze_id.hex and not freeze.released:
                who = next(h for h in fund.holders.values() if h.account == freeze.holder)
                held = m.books[who.frozen].balance
                mine = [f for f in fund.freezes if f.holder == who.account and not f.released]
                amount = held if len(mine) == 1 else min(freeze.shares, held)
                if amount:
                    m.books.move(who.frozen, who.account, amount)
                freeze.released = True
                m.events["fund.shares_unfrozen"] += 1
                return Expect({"shares_minor": amount, "released": True})
    raise Refuse("FreezeUnknown")

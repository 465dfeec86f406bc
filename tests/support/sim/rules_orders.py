"""What must come of a fund's orders: subscribe, pay, redeem, cancel, reject."""

from __future__ import annotations

from datetime import date
from typing import Any

from support.sim.books import Refuse
from support.sim.fund_model import Days, Fund, Holder, Order, Use
from support.sim.model import Expect, Model, audits
from support.sim.rules_funds import check_shares, fund_of, holder_of, limit_on
from support.sim.rules_members import check_limits, check_may_pay, count, uncount
from support.sim.rules_wallet import enter
from venule import fund as services


def order_answer(order: Order) -> Expect:
    fields = {
        "number": order.number,
        "kind": order.kind,
        "holder": order.holder,
        "amount": order.amount,
        "whole": order.whole,
        "paid": order.paid,
        "accepted_at": order.at,
        "accepted_on": order.accepted_on,
        "trade_on": order.trade_on,
        "confirm_on": order.confirm_on,
        "state": order.state,
        "reserved": order.reserved,
        "leaves_on": order.leaves_on,
        "returned_on": order.returned_on,
        "confirmed": order.confirmed,
    }
    return Expect(fields, thing=order)


def first_order(m: Model, c: Any, fund: Fund, kind: str, who: Holder, asked: int | None) -> Any:
    """Return the order of this number, if there is one with this content."""
    if c.number is None:
        return None
    for each in m.funds.values():
        for order in each.orders:
            if order.number == c.number:
                content = (order.kind, order.holder, None if order.whole else order.amount)
                if each is not fund or content != (kind, who.account, asked):
                    raise Refuse("OrderNumberReused")
                return order
    return None


def new_order(m: Model, fund: Fund, kind: str, who: Holder, amount: int, number: Any) -> Order:
    """Draw up an order with its days; it is not on the register yet."""
    days = Days(m, fund)
    today = m.today.isoformat()
    if today < fund.opened_on:
        raise Refuse("FundNotOpen")
    trade_on = days.trade_on(m)
    confirm_on = days.confirm_on(trade_on, kind)
    order = Order(None, number, kind, who.account, who.cash, who.ref, amount)
    order.at, order.accepted_on = m.now, today
    order.trade_on, order.confirm_on = trade_on.isoformat(), confirm_on.isoformat()
    return order


def asked_today(fund: Fund, who: Holder, kind: str, today: str) -> int:
    return sum(
        o.amount
        for o in fund.orders
        if o.holder == who.account
        and o.accepted_on == today
        and o.kind == kind
        and o.state != "cancelled"
    )


def in_transit(fund: Fund, who: Holder) -> int:
    return sum(
        o.amount
        for o in fund.orders
        if o.holder == who.account
        and o.kind == "subscribe"
        and o.paid
        and o.state in ("accepted", "sent")
    )


def held_by(m: Model, fund: Fund, who: Holder) -> int:
    """Return all that a holder has or will have: shares, frozen ones, money on the way in."""
    frozen = m.books[who.frozen].balance if who.frozen else 0
    return m.books[who.account].balance + frozen + in_transit(fund, who)


@audits(services.subscribe)
def subscribe(m: Model, c: Any) -> Expect:
    fund = fund_of(m, c.fund)
    amount = check_shares(c.amount_minor)
    who = holder_of(m, fund, c.member_id)
    first = first_order(m, c, fund, "subscribe", who, amount)
    if first is not None:
        return order_answer(first)
    if not fund.subscriptions:
        raise Refuse("SubscriptionsStopped")
    order = new_order(m, fund, "subscribe", who, amount, c.number)
    today = order.accepted_on
    minimum = limit_on(fund, "subscribe_min", today)
    if minimum is not None and amount < minimum:
        raise Refuse("BelowMinimum")
    daily = limit_on(fund, "subscribe_daily", today)
    if daily is not None and asked_today(fund, who, "subscribe", today) + amount > daily:
        raise Refuse("LimitExceeded")
    cap = limit_on(fund, "holding_cap", today)
    if cap is not None and held_by(m, fund, who) + amount > cap:
        raise Refuse("LimitExceeded")
    if c.paid:
        take_cash(m, fund, order)
    fund.orders.append(order)
    return order_answer(order)


def take_cash(m: Model, fund: Fund, order: Order) -> None:
    """Pay a subscription out of the wallet."""
    who = m.members[order.ref]
    check_may_pay(who)
    check_limits(m, who, "investment", order.amount)
    if m.books[order.cash].free < order.amount:
        raise Refuse("CashInsufficient")
    spend(m, order)
    m.books.move(order.cash, fund.accounts["collection"], order.amount)
    order.paid = True


def spend(m: Model, order: Order) -> None:
    """Count a subscription against the member's limits, to be given back if it comes to nothing."""
    on = count(m, m.members[order.ref], "investment", order.amount)
    if on is not None:
        m.uses.append(Use(order, on, order.amount))


def give_back(m: Model, order: Order) -> None:
    for use in m.uses:
        if use.order is order:
            use.returned += order.amount
            uncount(m, order.ref, "investment", use.on, order.amount)


@audits(services.pay_order)
def pay_order(m: Model, c: Any) -> Expect:
    fund, order = find_order(m, c.order_id)
    if order.kind != "subscribe" or order.state != "accepted" or order.paid:
        raise Refuse("OrderNotPayable")
    if m.now >= Days(m, fund).cut_off(date.fromisoformat(order.trade_on)):
        raise Refuse("CutOffPassed")
    take_cash(m, fund, order)
    return order_answer(order)


def find_order(m: Model, order_id: Any) -> tuple[Fund, Order]:
    for fund in m.funds.values():
        for order in fund.orders:
            if order.id == order_id.hex:
                return fund, order
    raise Refuse("OrderUnknown")


@audits(services.redeem)
def redeem(m: Model, c: Any) -> Expect:
    fund = fund_of(m, c.fund)
    asked = None if c.shares_minor is None else check_shares(c.shares_minor)
    who = holder_of(m, fund, c.member_id)
    first = first_order(m, c, fund, "redeem", who, asked)
    if first is not None:
        return order_answer(first)
    if not fund.redemptions:
        raise Refuse("RedemptionsStopped")
    free = m.books[who.account].free
    amount = free if asked is None else asked
    order = new_order(m, fund, "redeem", who, amount, c.number)
    if amount == 0 or free < amount:
        raise Refuse("SharesInsufficient")
    order.whole, order.reserved = asked is None, amount
    order.hold = m.books.hold(who.account, fund.accounts["issue"], amount)
    fund.orders.append(order)
    return order_answer(order)


@audits(services.cancel_order)
def cancel_order(m: Model, c: Any) -> Expect:
    fund, order = find_order(m, c.order_id)
    if order.kind not in ("subscribe", "redeem") or order.state != "accepted":
        raise Refuse("IllegalTransition")
    if m.now >= Days(m, fund).cut_off(date.fromisoformat(order.trade_on)):
        raise Refuse("CutOffPassed")
    return undo(m, fund, order, "cancelled")


@audits(services.reject_order)
def reject_order(m: Model, c: Any) -> Expect:
    fund, order = find_order(m, c.order_id)
    if order.kind not in ("subscribe", "redeem") or order.state != "sent":
        raise Refuse("IllegalTransition")
    return undo(m, fund, order, "rejected")


def undo(m: Model, fund: Fund, order: Order, state: str) -> Expect:
    """Give back an order's money or shares."""
    if order.kind == "redeem" and order.hold:
        m.books.release(order.hold)
    elif order.kind == "subscribe" and order.paid:
        if m.books[order.cash].closed:
            raise Refuse("TransferRefused")
        m.books.move(fund.accounts["collection"], order.cash, order.amount)
        give_back(m, order)
    order.state = state
    return Expect({"id": order.id, "state": state})


@audits(services.pay_unpaid)
def pay_unpaid(m: Model, c: Any) -> Expect:
    fund, order = find_order(m, c.order_id)
    if order not in fund.unpaid:
        raise Refuse("OrderNotPayable")
    who = m.member(c.member_id)
    if m.books[who.account].closed:
        raise Refuse("TransferRefused")
    amount = order.confirmed or 0
    m.books.move(fund.accounts["payable"], who.account, amount)
    money_in(m, fund, amount, f"fund-{fund.code}-unpaid-{order.id}", m.today.isoformat())
    fund.unpaid.remove(order)
    order.paid = True
    m.events["fund.unpaid_settled"] += 1
    return order_answer(order)


def money_in(m: Model, fund: Fund, amount: int, bank_ref: str, on: str) -> None:
    """Money comes from the custodian into the client reserve."""
    m.books.move(fund.accounts["reserve"], fund.accounts["custody"], amount)
    enter(m, "reserve", bank_ref, amount, on, ours=True)

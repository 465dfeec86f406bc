"""The daily sweep: what members choose not to keep in the wallet goes into the fund."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import numpy as np

from venule.fund import day_store, flows, order_store, rules, store
from venule.fund.commands import SetSweep, Sweep, Swept
from venule.fund.errors import AmountOutOfFund, SubscriptionsStopped, SweepNotToday
from venule.fund.funds import fund_of, holder
from venule.fund.model import (
    FEN_MAX,
    Fund,
    Holder,
    LimitRule,
    Order,
    OrderId,
    OrderKind,
    OrderState,
)
from venule.fund.posting import post_batch_all
from venule.fund.service import day_of
from venule.ledger import Tx
from venule.members import LimitRule as TierRule
from venule.members import MemberId, MemberKind, MemberState, Party, parties
from venule.wallet import Spend, Use, limits_used, spend_many

SPENDS_MAX = 50_000
"""Most uses of wallets checked in one call of the wallet room."""


def set_sweep(tx: Tx, command: SetSweep) -> Holder:
    """Choose the daily sweep, or end it. Raises: FundUnknown, AmountOutOfFund, HolderUnknown."""
    fund = fund_of(tx, command.fund)
    keep = command.keep_minor
    if keep is not None and not 0 <= keep <= FEN_MAX:
        raise AmountOutOfFund("what stays in the wallet", f"0 to {FEN_MAX} fen", keep)
    holder(tx, fund.code, command.member_id, command.distributor)
    store.save_sweep(tx.sql, fund.code, command.distributor, command.member_id, keep)
    return holder(tx, fund.code, command.member_id, command.distributor)


def sweep(tx: Tx, command: Sweep) -> Swept:
    """Subscribe for every member who chose the sweep what lies above the sum they keep.

    Once a natural day; again gives the first answer. Who is frozen is left out; so is what is below
    the fund's minimum; a limit cuts the amount down to what it leaves.
    Raises: FundUnknown, FundNotOpen, SubscriptionsStopped, SweepNotToday, CalendarExhausted.
    """
    fund = fund_of(tx, command.fund)
    done = store.load_sweep_done(tx.sql, fund.code, command.on)
    if done is not None:
        return Swept(*done)
    on = day_of(fund, tx.now)
    if on != command.on:
        raise SweepNotToday(fund.code, command.on, on)
    if not fund.subscriptions_open:
        raise SubscriptionsStopped(fund.code)
    orders, members = _orders(tx, fund, on)
    for start in range(0, len(orders), SPENDS_MAX):
        pairs = zip(orders[start : start + SPENDS_MAX], members[start:], strict=False)
        spend_many(tx, [Spend(m, o.amount, Use.INVESTMENT, o.id.bytes) for o, m in pairs])
    amounts = np.array([order.amount for order in orders], np.int64)
    if orders:
        cash = np.array([order.cash for order in orders], np.int64)
        refs = flows.refs_of([order.id.bytes for order in orders])
        post_batch_all(tx, flows.orders_paid(fund.accounts, cash, amounts, refs))
        order_store.insert_orders(tx.sql, orders)
    swept = Swept(len(orders), int(amounts.sum()))
    store.insert_sweep(tx.sql, fund.code, on, swept.orders, swept.amount_minor, tx.now_us)
    tx.emit("fund.swept", UUID(int=fund.unit), swept)
    return swept


def _orders(tx: Tx, fund: Fund, on: date) -> tuple[list[Order], list[MemberId]]:
    """Draw up the orders of a sweep, with whose they are."""
    rows = store.load_sweepers(tx.sql, fund.code)
    trade_on = fund.schedule.trade_on(tx.now)
    confirm_on = fund.schedule.subscription_confirm_on(trade_on)
    cash = np.array([row[3] for row in rows], np.int64)
    above = tx.availables(cash) - np.array([row[4] for row in rows], np.int64)
    room = _Room(tx, fund, on)
    chosen = [(r, a) for r, a in zip(rows, above.tolist(), strict=True) if a >= room.minimum]
    ids = [MemberId(UUID(bytes=row[1])) for row, _ in chosen]
    found = parties(tx, ids) if ids else {}
    orders, members = [], []
    for (distributor, raw, account, cash_account, _), free in chosen:
        member_id = MemberId(UUID(bytes=raw))
        amount = room.cut(tx, account, min(free, FEN_MAX, _may_spend(tx, found[member_id])))
        if amount == 0:
            continue
        order_id = OrderId(tx.new_id())
        members.append(member_id)
        orders.append(
            Order(
                id=order_id,
                fund=fund.code,
                distributor=distributor,
                number=None,
                kind=OrderKind.SUBSCRIBE,
                holder=account,
                cash=cash_account,
                amount=amount,
                whole=False,
                paid=True,
                accepted_at=tx.now_us,
                accepted_on=on,
                trade_on=trade_on,
                confirm_on=confirm_on,
                state=OrderState.ACCEPTED,
            )
        )
    return orders, members


def _may_spend(tx: Tx, party: Party) -> int:
    """Return what a member may still spend today on investments, in fen; 0 if frozen or closed."""
    if party.state is not MemberState.ACTIVE:
        return 0
    limits = party.limits
    if not limits or not party.counting or party.kind is not MemberKind.PERSON:
        return FEN_MAX
    used = limits_used(tx, party.id)
    left = [
        limits.get(rule, FEN_MAX) - fen
        for rule, fen in (
            (TierRule.INVESTMENT_SINGLE, 0),
            (TierRule.BALANCE_OUT_DAY, used.day_minor),
            (TierRule.BALANCE_OUT_YEAR, used.year_minor),
            (TierRule.BALANCE_OUT_LIFETIME, used.life_minor),
        )
    ]
    return max(0, min(left))


class _Room:
    """What the dated limits of a day leave for each holder."""

    def __init__(self, tx: Tx, fund: Fund, on: date) -> None:
        limits, since = fund.limits, fund.opened_on
        self.minimum = rules.limit_on(limits, LimitRule.SUBSCRIBE_MIN, on, since) or 1
        self.daily = rules.limit_on(limits, LimitRule.SUBSCRIBE_DAILY, on, since)
        self.cap = rules.limit_on(limits, LimitRule.HOLDING_CAP, on, since)
        self.bought: dict[int, int] = {}
        self.coming: dict[int, int] = {}
        self.frozen: dict[int, int] = {}
        if self.daily is not None:
            self.bought = order_store.asked_on_by_holder(tx.sql, fund.code, OrderKind.SUBSCRIBE, on)
        if self.cap is not None:
            confirmed = day_store.confirmed_through(tx.sql, fund.code)
            self.coming = order_store.in_transit_by_holder(tx.sql, fund.code, confirmed)
            self.frozen = dict(store.frozen_accounts(tx.sql, fund.code))

    def cut(self, tx: Tx, account: int, amount: int) -> int:
        """Return what may be swept of an amount, 0 if it is too little."""
        if self.daily is not None:
            amount = min(amount, self.daily - self.bought.get(account, 0))
        if self.cap is not None:
            held = tx.account(account).balance + self.coming.get(account, 0)
            if account in self.frozen:
                held += tx.account(self.frozen[account]).balance
            amount = min(amount, self.cap - held)
        return amount if amount >= self.minimum else 0

"""Orders on the register: subscribe, redeem, pay, cancel, reject; what a member holds.

Fast redemption and payment stand in `fast.py`, the daily sweep in `sweep.py`, the day's run in
`close.py`.
"""

from __future__ import annotations

from datetime import date, datetime

import msgspec

from venule.fund import due_store, flows, order_store, rules, states, store
from venule.fund.commands import CancelOrder, PayOrder, PayUnpaid, Redeem, RejectOrder, Subscribe
from venule.fund.errors import (
    CashInsufficient,
    CutOffPassed,
    FundNotOpen,
    IllegalTransition,
    OrderNotPayable,
    OrderNumberReused,
    OrderUnknown,
    RedemptionsStopped,
    SharesInsufficient,
    SubscriptionsStopped,
)
from venule.fund.funds import fund_of, holder
from venule.fund.model import (
    OWN_DISTRIBUTOR,
    Fund,
    Holder,
    Holding,
    LimitRule,
    Order,
    OrderEvent,
    OrderId,
    OrderKind,
    OrderState,
)
from venule.fund.schedule import CHINA_OFFSET
from venule.kit.time import china_date
from venule.ledger import Posted, Refusal, Transfer, TransferRefused, Tx
from venule.members import MemberId, wallet_account
from venule.wallet import ReserveEntry, Spend, Use, give_back, record_reserve_entry, spend

_CANCELLABLE = (OrderKind.SUBSCRIBE, OrderKind.REDEEM)


def subscribe(tx: Tx, command: Subscribe) -> Order:
    """Buy shares at 1.00 without fee. The money leaves the wallet now; the shares come at T+1.

    A number used before with the same content gives the order of then, as it stands now.
    Raises, in this order: FundUnknown, AmountOutOfFund, HolderUnknown, NumberMalformed,
    OrderNumberReused, SubscriptionsStopped, FundNotOpen, CalendarExhausted, BelowMinimum,
    LimitExceeded, what `wallet.spend` raises, CashInsufficient.
    """
    fund = fund_of(tx, command.fund)
    amount = rules.require_amount(command.amount_minor, "subscription")
    who = holder(tx, fund.code, command.member_id, command.distributor)
    if command.number is not None:
        first = first_order(tx, command.distributor, command.number)
        if first is not None:
            return same_order(first, fund, OrderKind.SUBSCRIBE, who, amount)
    if not fund.subscriptions_open:
        raise SubscriptionsStopped(fund.code)
    order_id = OrderId(tx.new_id())
    accepted_on = day_of(fund, tx.now)
    trade_on = fund.schedule.trade_on(tx.now)
    confirm_on = fund.schedule.subscription_confirm_on(trade_on)
    _check_subscription(tx, fund, who, amount, accepted_on)
    if command.paid:
        _take_cash(tx, fund, who, amount, order_id)
    order = Order(
        id=order_id,
        fund=fund.code,
        distributor=command.distributor,
        number=command.number,
        kind=OrderKind.SUBSCRIBE,
        holder=who.account,
        cash=who.cash,
        amount=amount,
        whole=False,
        paid=command.paid,
        accepted_at=tx.now_us,
        accepted_on=accepted_on,
        trade_on=trade_on,
        confirm_on=confirm_on,
        state=OrderState.ACCEPTED,
    )
    order_store.insert_order(tx.sql, order)
    return order


def _check_subscription(tx: Tx, fund: Fund, who: Holder, amount: int, on: date) -> None:
    """Check the dated limits. Raises: BelowMinimum, LimitExceeded."""
    limits, since = fund.limits, fund.opened_on
    minimum = rules.limit_on(limits, LimitRule.SUBSCRIBE_MIN, on, since)
    rules.check_minimum(fund.code, minimum, amount)
    daily = rules.limit_on(limits, LimitRule.SUBSCRIBE_DAILY, on, since)
    if daily is not None:
        used = order_store.asked_on(tx.sql, who.account, OrderKind.SUBSCRIBE, on)
        rules.check_limit(fund.code, LimitRule.SUBSCRIBE_DAILY, daily, used, amount, on)
    cap = rules.limit_on(limits, LimitRule.HOLDING_CAP, on, since)
    if cap is not None:
        held = tx.account(who.account).balance + order_store.in_transit_of(tx.sql, who.account)
        held += tx.account(who.frozen).balance if who.frozen else 0
        rules.check_limit(fund.code, LimitRule.HOLDING_CAP, cap, held, amount, on)


def _take_cash(tx: Tx, fund: Fund, who: Holder, amount: int, order_id: OrderId) -> None:
    ref = order_id.bytes
    spend(tx, Spend(who.member_id, amount, Use.INVESTMENT, ref))
    transfer = flows.order_paid(who.cash, fund.accounts, amount, ref)
    posted = tx.post((transfer,))[0]
    if posted.refusal is Refusal.EXCEEDS_CREDITS:
        raise CashInsufficient(amount, tx.account(who.cash).available_credit)
    require_posted((posted,), (transfer,))


def redeem(tx: Tx, command: Redeem) -> Order:
    """Sell shares, paid into the wallet when they are confirmed at T+1. Reserves the shares now.

    A number used before with the same content gives the order of then, as it stands now.
    Raises, in this order: FundUnknown, AmountOutOfFund, NumberMalformed, HolderUnknown,
    OrderNumberReused, RedemptionsStopped, FundNotOpen, CalendarExhausted, SharesInsufficient.
    """
    fund = fund_of(tx, command.fund)
    whole = command.shares_minor is None
    amount = 0
    if command.shares_minor is not None:
        amount = rules.require_amount(command.shares_minor, "redemption")
    who = holder(tx, fund.code, command.member_id, command.distributor)
    if command.number is not None:
        first = first_order(tx, command.distributor, command.number)
        if first is not None:
            return same_order(first, fund, OrderKind.REDEEM, who, None if whole else amount)
    if not fund.redemptions_open:
        raise RedemptionsStopped(fund.code)
    order_id = OrderId(tx.new_id())
    accepted_on = day_of(fund, tx.now)
    trade_on = fund.schedule.trade_on(tx.now)
    confirm_on = fund.schedule.redemption_confirm_on(trade_on)
    if whole:
        amount = tx.account(who.account).available_credit
    hold_seq = reserve(tx, fund, who.account, amount, order_id.bytes)
    order = Order(
        id=order_id,
        fund=fund.code,
        distributor=command.distributor,
        number=command.number,
        kind=OrderKind.REDEEM,
        holder=who.account,
        cash=who.cash,
        amount=amount,
        whole=whole,
        paid=False,
        accepted_at=tx.now_us,
        accepted_on=accepted_on,
        trade_on=trade_on,
        confirm_on=confirm_on,
        state=OrderState.ACCEPTED,
        reserved=amount,
        hold_seq=hold_seq,
    )
    order_store.insert_order(tx.sql, order)
    return order


def reserve(tx: Tx, fund: Fund, account: int, shares: int, ref: bytes) -> int:
    """Put shares on hold; return the hold's sequence number. Raises: SharesInsufficient."""
    if shares == 0:
        raise SharesInsufficient(fund.code, 1, 0)
    transfer = flows.shares_reserved(fund.accounts, account, shares, ref)
    posted = tx.post((transfer,))[0]
    if posted.refusal is Refusal.EXCEEDS_CREDITS:
        raise SharesInsufficient(fund.code, shares, tx.account(account).available_credit)
    require_posted((posted,), (transfer,))
    return posted.seq


def pay_order(tx: Tx, command: PayOrder) -> Order:
    """Pay a subscription accepted without money, before the cut-off of its trade day.

    Raises, in this order: OrderUnknown, OrderNotPayable, CutOffPassed, what `wallet.spend` raises,
    CashInsufficient.
    """
    before = order(tx, command.order_id)
    if before.kind is not OrderKind.SUBSCRIBE or before.state is not OrderState.ACCEPTED:
        raise OrderNotPayable(before.id, f"{before.state.value} {before.kind.value}")
    if before.paid:
        raise OrderNotPayable(before.id, "a paid one")
    fund = fund_of(tx, before.fund)
    _require_before_cut_off(tx, fund, before)
    member_id = MemberId(store.member_of(tx.sql, fund.code, before.holder))
    who = Holder(before.holder, member_id, before.cash)
    _take_cash(tx, fund, who, before.amount, before.id)
    order_store.save_paid(tx.sql, before)
    return order(tx, before.id)


def cancel_order(tx: Tx, command: CancelOrder) -> Order:
    """Take an order back until the cut-off of T, never after; money and shares are free at once.

    Raises, in this order: OrderUnknown, IllegalTransition (a fast redemption can't be cancelled),
    CutOffPassed.
    """
    before = order(tx, command.order_id)
    if before.kind not in _CANCELLABLE:
        raise IllegalTransition(f"{before.state.value} {before.kind.value}", "cancel")
    after = states.advance(before.state, OrderEvent.CANCEL)
    fund = fund_of(tx, before.fund)
    _require_before_cut_off(tx, fund, before)
    return _undo(tx, fund, before, after, "cancelled by the holder")


def pay_unpaid(tx: Tx, command: PayUnpaid) -> Order:
    """Pay a confirmed redemption, whose own wallet could not take it, into another wallet.

    Raises: OrderUnknown, OrderNotPayable if nothing is left to pay, MemberUnknown.
    """
    before = order(tx, command.order_id)
    ref = before.id.bytes
    unpaid = due_store.load_unpaid(tx.sql, ref)
    if unpaid is None:
        raise OrderNotPayable(before.id, f"{before.state.value} {before.kind.value}")
    fund, amount = fund_of(tx, unpaid[0]), unpaid[1]
    cash = wallet_account(tx, command.member_id)
    tx.post_all(
        (
            flows.redemption_paid(fund.accounts, cash, amount, ref),
            flows.money_from_fund(fund.accounts, amount, ref),
        )
    )
    bank_ref = f"fund-{fund.code}-unpaid-{before.id.hex}"
    record_reserve_entry(tx, ReserveEntry(bank_ref, amount, ref, china_date(tx.now)))
    due_store.delete_unpaid(tx.sql, ref)
    tx.emit("fund.unpaid_settled", ref, {"member_id": command.member_id, "amount_minor": amount})
    return order(tx, before.id)


def reject_order(tx: Tx, command: RejectOrder) -> Order:
    """Refuse an order that was sent; money and shares are free at once.

    Raises: OrderUnknown, IllegalTransition (a fast redemption has been paid already).
    """
    before = order(tx, command.order_id)
    if before.kind not in _CANCELLABLE:
        raise IllegalTransition(f"{before.state.value} {before.kind.value}", "reject")
    after = states.advance(before.state, OrderEvent.REJECT)
    return _undo(tx, fund_of(tx, before.fund), before, after, command.reason)


def _undo(tx: Tx, fund: Fund, before: Order, after: OrderState, reason: str) -> Order:
    """Give money or shares of an order back, write its final state and return it so."""
    ref = before.id.bytes
    if before.kind is OrderKind.REDEEM and before.hold_seq:
        release = flows.reservation_released(fund.accounts, before.holder, before.hold_seq, ref)
        tx.post_all((release,))
    elif before.kind is OrderKind.SUBSCRIBE and before.paid:
        tx.post_all((flows.order_refunded(before.cash, fund.accounts, before.amount, ref),))
        give_back(tx, ref, before.amount)
    order_store.save_state(tx.sql, before, after, reason)
    return msgspec.structs.replace(before, state=after, reason=reason)


def _require_before_cut_off(tx: Tx, fund: Fund, before: Order) -> None:
    cut_off = fund.schedule.cut_off(before.trade_on)
    if tx.now >= cut_off:
        raise CutOffPassed(before.id, cut_off, tx.now)


def order(tx: Tx, order_id: OrderId) -> Order:
    """Return an order. Raises: OrderUnknown."""
    found = order_store.load_order(tx.sql, order_id)
    if found is None:
        raise OrderUnknown(order_id)
    return found


def first_order(tx: Tx, distributor: str, number: str) -> Order | None:
    """Return the order that a distributor gave this number before. Raises: NumberMalformed."""
    return order_store.load_order_by_number(tx.sql, distributor, rules.require_number(number))


def same_order(first: Order, fund: Fund, kind: OrderKind, who: Holder, amount: int | None) -> Order:
    """Return an earlier order if it has this content. `amount` None: all shares.

    Raises: OrderNumberReused.
    """
    content = (first.fund, first.kind, first.holder, None if first.whole else first.amount)
    if content != (fund.code, kind, who.account, amount):
        raise OrderNumberReused(first.distributor, first.number or "", first.id)
    return first


def day_of(fund: Fund, now: datetime) -> date:
    """Return the natural day in China on which an order comes. Raises: FundNotOpen."""
    on = (now + CHINA_OFFSET).date()
    if on < fund.opened_on:
        raise FundNotOpen(fund.code, fund.opened_on, on)
    return on


def require_posted(posted: tuple[Posted, ...], transfers: tuple[Transfer, ...]) -> None:
    """Raises: TransferRefused for the first transfer that was refused by itself."""
    for index, (answer, transfer) in enumerate(zip(posted, transfers, strict=True)):
        if answer.refusal not in (Refusal.OK, Refusal.LINKED_EVENT_FAILED):
            raise TransferRefused(index, answer.refusal, transfer)


def holding(tx: Tx, fund: str, member_id: MemberId, distributor: str = OWN_DISTRIBUTOR) -> Holding:
    """Return what a member holds: total = available + reserved + frozen.

    Raises: HolderUnknown.
    """
    who = holder(tx, fund, member_id, distributor)
    account = tx.account(who.account)
    frozen = tx.account(who.frozen).balance if who.frozen else 0
    return Holding(
        account=who.account,
        cash_account=who.cash,
        total=account.balance + frozen,
        available=account.available_credit,
        reserved=account.debits_pending,
        frozen=frozen,
        in_transit=order_store.in_transit_of(tx.sql, who.account),
    )

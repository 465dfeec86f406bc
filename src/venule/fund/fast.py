"""Money now for shares: fast redemption (T+0) advanced by a bank, and payment from shares.

A bank's money goes into the wallet against a pledge of the shares; at the cut the pledges of a day
become one ordinary redemption a holder, whose proceeds fill the bank's line again.
Source: fund-clearing reference, section 6.
"""

from __future__ import annotations

from datetime import date

import msgspec

from venule.fund import flows, order_store, rules, store
from venule.fund.commands import FastRedeem, FundPayment, PayFromFund, ReverseFast
from venule.fund.errors import (
    AdvanceExhausted,
    AdvanceNotLicensed,
    CashInsufficient,
    IllegalTransition,
    RedemptionsStopped,
    SharesInsufficient,
)
from venule.fund.funds import fund_of, holder
from venule.fund.model import (
    AdvanceLine,
    Fund,
    Holder,
    LimitRule,
    Order,
    OrderEvent,
    OrderId,
    OrderKind,
    OrderState,
)
from venule.fund.service import day_of, first_order, order, require_posted, same_order
from venule.fund.states import advance
from venule.kit.money import Money
from venule.ledger import Refusal, Tx
from venule.wallet import Pay, pay


def fast_redeem(tx: Tx, command: FastRedeem) -> Order:
    """Sell shares for money in the wallet now.

    A number used before with the same content gives the order of then, as it stands now.
    Raises, in this order: FundUnknown, AmountOutOfFund, HolderUnknown, NumberMalformed,
    OrderNumberReused, RedemptionsStopped, FundNotOpen, LimitExceeded, AdvanceNotLicensed,
    AdvanceExhausted, CalendarExhausted, SharesInsufficient.
    """
    fund = fund_of(tx, command.fund)
    amount = rules.require_amount(command.shares_minor, "fast redemption")
    who = holder(tx, fund.code, command.member_id, command.distributor)
    if command.number is not None:
        first = first_order(tx, command.distributor, command.number)
        if first is not None:
            return same_order(first, fund, OrderKind.FAST, who, amount)
    return _advance(tx, fund, who, amount, command.distributor, command.number)


def _advance(
    tx: Tx, fund: Fund, who: Holder, amount: int, distributor: str, number: str | None
) -> Order:
    if not fund.redemptions_open:
        raise RedemptionsStopped(fund.code)
    on = day_of(fund, tx.now)
    limit = rules.limit_on(fund.limits, LimitRule.FAST_DAILY, on, fund.opened_on)
    if limit is not None:
        used = order_store.asked_on(tx.sql, who.account, OrderKind.FAST, on)
        rules.check_limit(fund.code, LimitRule.FAST_DAILY, limit, used, amount, on)
    line = _line_with_room(tx, fund, amount, on)
    order_id = OrderId(tx.new_id())
    trade_on = fund.schedule.trade_on(tx.now)
    made = Order(
        id=order_id,
        fund=fund.code,
        distributor=distributor,
        number=number,
        kind=OrderKind.FAST,
        holder=who.account,
        cash=who.cash,
        amount=amount,
        whole=False,
        paid=True,
        accepted_at=tx.now_us,
        accepted_on=on,
        trade_on=trade_on,
        confirm_on=fund.schedule.redemption_confirm_on(trade_on),
        state=OrderState.ACCEPTED,
        leaves_on=fund.schedule.leaves_on(tx.now),
        bank=line.bank,
    )
    transfers = flows.advanced(line, who.account, who.cash, amount, order_id.bytes)
    posted = tx.post(transfers)
    if posted[0].refusal is Refusal.EXCEEDS_CREDITS:
        free = tx.account(who.account).available_credit
        raise SharesInsufficient(fund.code, amount, free)
    require_posted(tuple(posted), tuple(transfers))
    made = msgspec.structs.replace(made, hold_seq=posted[0].seq)
    order_store.insert_order(tx.sql, made)
    return made


def _line_with_room(tx: Tx, fund: Fund, amount: int, on: date) -> AdvanceLine:
    """Return the first bank that may and can advance the amount.

    Raises: AdvanceNotLicensed if there are banks and none may, AdvanceExhausted.
    """
    most, allowed = 0, False
    for line in fund.lines:
        if not rules.may_advance(line, on, fund.opened_on):
            continue
        allowed = True
        limit = rules.limit_on(
            fund.limits, LimitRule.ADVANCE_LINE, on, fund.opened_on, line.bank.hex
        )
        left = (limit or 0) - tx.account(line.line).debit_balance
        if left >= amount:
            return line
        most = max(most, left)
    if fund.lines and not allowed:
        raise AdvanceNotLicensed(fund.code, on)
    raise AdvanceExhausted(fund.code, amount, most)


def reverse_fast(tx: Tx, command: ReverseFast) -> Order:
    """Undo a fast redemption whose pay-out failed, by mirror entries; before it goes into a cut.

    The holder earns again from the day on that an order of now would leave on.
    Raises, in this order: OrderUnknown, IllegalTransition, CashInsufficient.
    """
    before = order(tx, command.order_id)
    if before.kind is not OrderKind.FAST or before.state is not OrderState.ACCEPTED:
        raise IllegalTransition(f"{before.state.value} {before.kind.value}", "reverse")
    fund = fund_of(tx, before.fund)
    line = next(each for each in fund.lines if each.bank == before.bank)
    transfers = flows.advance_reversed(
        line, before.holder, before.cash, before.amount, before.hold_seq, before.id.bytes
    )
    posted = tx.post(transfers)
    if posted[0].refusal is Refusal.EXCEEDS_CREDITS:
        raise CashInsufficient(before.amount, tx.account(before.cash).available_credit)
    require_posted(tuple(posted), tuple(transfers))
    returned_on = fund.schedule.leaves_on(tx.now)
    after = advance(before.state, OrderEvent.CANCEL)
    order_store.save_returned(tx.sql, before, after, returned_on, command.reason)
    member_id = store.member_of(tx.sql, fund.code, before.holder)
    said = {"member_id": member_id, "amount_minor": before.amount}
    tx.emit("fund.advance_reversed", before.id, said)
    return order(tx, before.id)


def pay_from_fund(tx: Tx, command: PayFromFund) -> FundPayment:
    """Pay a merchant from cash and shares in the order chosen, whole or not at all.

    Shares do not pay directly: what cash lacks is redeemed fast into the wallet, then the wallet
    pays all; both are booked. The redemption counts against the fast limit like any other.
    Raises: what `fast_redeem` and `wallet.pay` raise, and FundingInsufficient.
    """
    fund = fund_of(tx, command.fund)
    amount = rules.require_amount(command.amount_minor, "payment")
    who = holder(tx, fund.code, command.payer_id, command.distributor)
    from_cash, from_shares = rules.split_payment(
        amount,
        tx.account(who.cash).available_credit,
        tx.account(who.account).available_credit,
        command.funding or fund.terms.funding,
    )
    redeemed = None
    if from_shares:
        redeemed = _advance(tx, fund, who, from_shares, command.distributor, None)
    paid = pay(
        tx, Pay(command.payer_id, command.merchant_id, Money(amount, "CNY"), note=command.note)
    )
    return FundPayment(paid.id, from_cash, from_shares, redeemed)

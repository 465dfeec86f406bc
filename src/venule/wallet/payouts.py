"""Use cases of withdrawing: reserve, send, and book what the bank has paid out at once."""

from __future__ import annotations

from uuid import UUID

import msgspec

from venule.ledger import Transfer, Tx
from venule.members import bound_bank_account, check_may_pay, check_text, parties, party
from venule.wallet import bank_store, flows, rules, store
from venule.wallet.errors import PayoutUnknown
from venule.wallet.house_accounts import add_entries, house, post, reserve_account
from venule.wallet.model import (
    TEXT_CHARS_MAX,
    Batch,
    Payout,
    PayoutEvent,
    PayoutId,
    PayOutMany,
    PayoutState,
    Use,
    Withdraw,
)
from venule.wallet.rail import RailAnswer, RailOrder
from venule.wallet.service import count, uncount
from venule.wallet.states import PAYOUT, PAYOUT_OVER, advance

SEND_PAYOUT = "wallet.send_payout"
"""The kind of job that sends a withdrawal to the bank; its payload is a RailOrder."""


def withdraw(tx: Tx, command: Withdraw) -> Payout:
    """Reserve money in the wallet; a job carries the order to the bank.

    Raises: CurrencyNotServed, AmountNotPositive, AmountTooLarge, ReserveUnknown, MemberUnknown,
    BankAccountUnknown, BankAccountUnbound, MemberFrozen, MemberClosed, LimitExceeded,
    InsufficientFunds.
    """
    amount = rules.check_amount(command.amount)
    known = house(tx)
    reserve_account(known, command.reserve)
    who = party(tx, command.member_id)
    theirs = bound_bank_account(tx, who.id, command.bank_account_id)
    check_may_pay(who)
    payout_id = PayoutId(tx.new_id())
    counted_on = count(tx, who, Use.WITHDRAWAL, amount)
    held = post(tx, flows.hold_payout(known, who.account, amount, payout_id.bytes))
    payout = Payout(
        payout_id,
        who.id,
        theirs.id,
        command.reserve,
        who.account,
        amount,
        PayoutState.RESERVED,
        "",
        held[0],
        counted_on,
        tx.now,
        None,
        None,
    )
    store.insert_payouts(tx.sql, (payout,))
    order = RailOrder(payout_id, command.reserve, theirs.bank, theirs.number, amount)
    tx.enqueue(SEND_PAYOUT, order)
    tx.emit("wallet.withdrawal_reserved", payout_id, payout)
    return payout


def payout(tx: Tx, payout_id: PayoutId) -> Payout:
    """Return a withdrawal. Raises: PayoutUnknown."""
    found = store.load_payouts(tx.sql, (payout_id,)).get(payout_id)
    if found is None:
        raise PayoutUnknown(payout_id)
    return found


def payout_answered(tx: Tx, payout_id: UUID, answer: RailAnswer) -> Payout:
    """Take the rail's answer to an order: accepted leaves the wallet, refused stays in it.

    Late, after the bank's own word, it changes nothing. Raises: PayoutUnknown, TransitionIllegal.
    """
    before = payout(tx, PayoutId(payout_id))
    event = PayoutEvent.ACCEPT if answer.accepted else PayoutEvent.REFUSE
    state = advance(PAYOUT, before.state, event)
    if state is before.state:
        return before
    known, ref = house(tx), before.id.bytes
    if state is PayoutState.SENT:
        post(tx, flows.send_payout(known, before.account, ref, before.held_seq))
        after = msgspec.structs.replace(before, state=state, sent_at=tx.now)
    else:
        assert state in PAYOUT_OVER
        post(tx, flows.release_payout(known, before.account, ref, before.held_seq))
        after = msgspec.structs.replace(before, state=state, reason=answer.reason, ended_at=tx.now)
        uncount(tx, before.member_id, Use.WITHDRAWAL, before.counted_on, before.amount_minor)
    store.save_payouts(tx.sql, (after,))
    tx.emit(f"wallet.withdrawal_{state.value}", after.id, after)
    return after


def pay_out_many(tx: Tx, command: PayOutMany) -> Batch:
    """Book many real-time payouts that the bank has settled, all or none.

    Raises: BatchTooLarge, AmountNotPositive, AmountTooLarge, TextMalformed, ReserveUnknown,
    MemberUnknown, MemberFrozen, MemberClosed, LimitExceeded, BankRefReused, InsufficientFunds.
    """
    rules.check_batch(command.lines)
    total = 0
    for line in command.lines:
        total += rules.check_minor(line.amount_minor)
        check_text("bank_ref", line.bank_ref, TEXT_CHARS_MAX)
    reserve = reserve_account(house(tx), command.reserve)
    found = parties(tx, [line.member_id for line in command.lines])
    now, now_us = tx.now, tx.now_us
    payouts: list[Payout] = []
    entries: list[bank_store.Entry] = []
    transfers: list[Transfer] = []
    for line in command.lines:
        who = found[line.member_id]
        check_may_pay(who)
        new = Payout(
            PayoutId(tx.new_id()),
            who.id,
            None,
            command.reserve,
            who.account,
            line.amount_minor,
            PayoutState.SETTLED,
            "",
            0,
            count(tx, who, Use.WITHDRAWAL, line.amount_minor),
            now,
            now,
            now,
        )
        ref = new.id.bytes
        payouts.append(new)
        entries.append(
            bank_store.Entry(
                command.reserve,
                line.bank_ref,
                0,
                -line.amount_minor,
                ref,
                command.booked_on,
                now_us,
            )
        )
        transfers += flows.pay_out(who.account, reserve, line.amount_minor, ref)
    add_entries(tx, command.reserve, entries)
    post(tx, transfers)
    store.insert_payouts(tx.sql, payouts)
    return Batch(len(payouts), total)

"""Use cases of topping up: ask the bank for a member's money; take what has come at once."""

from __future__ import annotations

from uuid import UUID

import msgspec

from venule.ledger import Transfer, Tx
from venule.members import bound_bank_account, check_may_receive, check_text, parties, party
from venule.wallet import bank_store, flows, rules, store
from venule.wallet.errors import TopUpUnknown
from venule.wallet.house_accounts import add_entries, house, post, reserve_account
from venule.wallet.model import (
    TEXT_CHARS_MAX,
    Batch,
    CreditTopUps,
    RequestTopUp,
    TopUp,
    TopUpEvent,
    TopUpId,
    TopUpState,
)
from venule.wallet.rail import RailAnswer, RailOrder
from venule.wallet.states import TOP_UP, TOP_UP_OVER, advance

REQUEST_DEBIT = "wallet.request_debit"
"""The kind of job that sends a top-up to the bank; its payload is a RailOrder."""


def request_top_up(tx: Tx, command: RequestTopUp) -> TopUp:
    """Ask for money from a member's bank account; a job carries the order to the bank.

    Nothing moves in the ledger until the bank has accepted.
    Raises: CurrencyNotServed, AmountNotPositive, AmountTooLarge, ReserveUnknown, MemberUnknown,
    BankAccountUnknown, BankAccountUnbound, MemberClosed.
    """
    amount = rules.check_amount(command.amount)
    reserve_account(house(tx), command.reserve)
    who = party(tx, command.member_id)
    theirs = bound_bank_account(tx, who.id, command.bank_account_id)
    check_may_receive(who)
    top_up = TopUp(
        TopUpId(tx.new_id()),
        who.id,
        theirs.id,
        command.reserve,
        who.account,
        amount,
        TopUpState.REQUESTED,
        "",
        0,
        tx.now,
        None,
        None,
    )
    store.insert_top_ups(tx.sql, (top_up,))
    order = RailOrder(top_up.id, command.reserve, theirs.bank, theirs.number, amount)
    tx.enqueue(REQUEST_DEBIT, order)
    tx.emit("wallet.top_up_requested", top_up.id, top_up)
    return top_up


def top_up(tx: Tx, top_up_id: TopUpId) -> TopUp:
    """Return a top-up. Raises: TopUpUnknown."""
    found = store.load_top_ups(tx.sql, (top_up_id,)).get(top_up_id)
    if found is None:
        raise TopUpUnknown(top_up_id)
    return found


def top_up_answered(tx: Tx, top_up_id: UUID, answer: RailAnswer) -> TopUp:
    """Take the rail's answer to an order: accepted is money in transit, refused is over.

    Late, after the bank's own word, it changes nothing. Raises: TopUpUnknown, TransitionIllegal.
    """
    before = top_up(tx, TopUpId(top_up_id))
    event = TopUpEvent.ACCEPT if answer.accepted else TopUpEvent.REFUSE
    state = advance(TOP_UP, before.state, event)
    if state is before.state:
        return before
    after = msgspec.structs.replace(before, state=state)
    if state is TopUpState.IN_TRANSIT:
        told = post(tx, flows.tell_top_up(house(tx), before.amount_minor, before.id.bytes))
        after = msgspec.structs.replace(after, told_seq=told[0], told_at=tx.now)
    else:
        assert state in TOP_UP_OVER
        after = msgspec.structs.replace(after, reason=answer.reason, ended_at=tx.now)
    store.save_top_ups(tx.sql, (after,))
    tx.emit(f"wallet.top_up_{state.value}", after.id, after)
    return after


def credit_top_ups(tx: Tx, command: CreditTopUps) -> Batch:
    """Credit many quick payments: ordered by the members, booked by the bank, all or none.

    Raises: BatchTooLarge, AmountNotPositive, AmountTooLarge, TextMalformed, ReserveUnknown,
    MemberUnknown, MemberClosed, BankRefReused.
    """
    rules.check_batch(command.lines)
    total = 0
    for line in command.lines:
        total += rules.check_minor(line.amount_minor)
        check_text("bank_ref", line.bank_ref, TEXT_CHARS_MAX)
    reserve = reserve_account(house(tx), command.reserve)
    found = parties(tx, [line.member_id for line in command.lines])
    now, now_us = tx.now, tx.now_us
    top_ups: list[TopUp] = []
    entries: list[bank_store.Entry] = []
    transfers: list[Transfer] = []
    for line in command.lines:
        who = found[line.member_id]
        check_may_receive(who)
        new = TopUp(
            TopUpId(tx.new_id()),
            who.id,
            None,
            command.reserve,
            who.account,
            line.amount_minor,
            TopUpState.CREDITED,
            "",
            0,
            now,
            None,
            now,
        )
        ref = new.id.bytes
        top_ups.append(new)
        entries.append(
            bank_store.Entry(
                command.reserve, line.bank_ref, 0, line.amount_minor, ref, command.booked_on, now_us
            )
        )
        transfers += flows.credit_wallet(reserve, who.account, line.amount_minor, ref)
    add_entries(tx, command.reserve, entries)
    post(tx, transfers)
    store.insert_top_ups(tx.sql, top_ups)
    return Batch(len(top_ups), total)

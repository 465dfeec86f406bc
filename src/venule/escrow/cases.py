"""A buyer's wish for a refund: asked, answered or met with silence, until it ends or is disputed.

While a case is open nothing else moves the trade's money, and its deadlines wait. Evidence and
rulings stand in `disputes.py`.
"""

from __future__ import annotations

from msgspec.structs import replace

from venule.escrow import case_store, deadlines, rules, states, store
from venule.escrow.case_errors import CaseOfTradeUnknown
from venule.escrow.commands import (
    AnswerCase,
    AskRefund,
    OpenDispute,
    SendBack,
    WithdrawCase,
)
from venule.escrow.errors import RequestNoReused
from venule.escrow.model import (
    CARRIER_CHARS_MAX,
    NUMBER_CHARS_MAX,
    TEXT_CHARS_MAX,
    Case,
    CaseEvent,
    CaseId,
    CaseState,
    Cause,
    Trade,
    TradeEvent,
    TradeId,
    TradeState,
)
from venule.escrow.refunds import OURS, check_request_no, refund_held
from venule.escrow.shipping import resume
from venule.escrow.terms import Terms
from venule.escrow.turning import no_case, remind, trade, turn
from venule.ledger import Tx

CASES_SHOWN_MAX = 500


def ask_refund(tx: Tx, command: AskRefund) -> Case:
    """Open a case: the buyer wants a part of what is held, or all. One at a time.

    The same number with the same content gives the case as it stands.
    Raises: EscrowTextMalformed, TradeAmountOutOfRange, TradeUnknown, NotTheParty, RequestNoReused,
    CaseStillOpen, EscrowTransitionIllegal, RefundExceedsTrade.
    """
    check_request_no(command.request_no)
    rules.check_text("reason", command.reason, TEXT_CHARS_MAX)
    rules.check_amount("refund", command.amount_minor)
    before = trade(tx, command.trade_id)
    rules.check_side("buyer", before.buyer_id, command.by)
    for each in case_store.load_cases(tx.sql, before.id):
        if each.request_no == command.request_no:
            return _same(each, command)
    no_case(before)
    if before.state not in states.HOLDING:  # then only the seller can give it back
        states.advance(states.TRADE, before.state, TradeEvent.REFUND_REST)
    known = store.load_shipments(tx.sql, before.id)
    rules.take_held(before, known, command.amount_minor, command.shipment)
    terms = store.load_terms(tx.sql, before.product)
    seconds = rules.case_s(CaseState.ASKED, terms, before.state is not TradeState.PAID)
    assert seconds is not None
    made = Case(
        CaseId(tx.new_id()),
        before.id,
        command.request_no,
        command.amount_minor,
        command.shipment,
        command.goods_back,
        command.reason,
        CaseState.ASKED,
        "",
        "",
        "",
        tx.now,
        deadlines.after(tx.now, seconds),
        None,
    )
    assert made.due_at is not None
    case_store.insert_case(tx.sql, made, command.by, before.seller_id)
    store.save_trade(tx.sql, replace(before, case_id=made.id))
    remind(tx, made.due_at)
    tx.emit("escrow.case_asked", before.id, made)
    return made


def _same(first: Case, command: AskRefund) -> Case:
    wanted = (command.amount_minor, command.shipment, command.goods_back)
    if (first.amount_minor, first.shipment, first.goods_back) != wanted:
        expected = f"{first.amount_minor} fen"
        raise RequestNoReused(
            "case", first.request_no, expected, f"{command.amount_minor} fen, or another wish"
        )
    return first


def answer_case(tx: Tx, command: AnswerCase) -> Case:
    """The seller agrees to a case, or refuses it.

    Raises: EscrowTextMalformed, CaseOfTradeUnknown, NotTheParty, EscrowTransitionIllegal.
    """
    rules.check_note("words", command.words, TEXT_CHARS_MAX)
    before = case(tx, command.case_id)
    of = trade(tx, before.trade_id)
    rules.check_side("seller", of.seller_id, command.by)
    event = CaseEvent.AGREE if command.agree else CaseEvent.REFUSE
    if command.agree and before.goods_back and before.state is CaseState.ASKED:
        event = CaseEvent.AGREE_RETURN
    return go_on(tx, replace(before, answer=command.words), of, event)


def send_back(tx: Tx, command: SendBack) -> Case:
    """The buyer has sent the goods back, as was agreed.

    Raises: EscrowTextMalformed, CaseOfTradeUnknown, NotTheParty, EscrowTransitionIllegal.
    """
    rules.check_text("carrier", command.carrier, CARRIER_CHARS_MAX)
    rules.check_text("tracking_no", command.tracking_no, NUMBER_CHARS_MAX)
    before = case(tx, command.case_id)
    of = trade(tx, before.trade_id)
    rules.check_side("buyer", of.buyer_id, command.by)
    sent = replace(before, carrier=command.carrier, tracking_no=command.tracking_no)
    return go_on(tx, sent, of, CaseEvent.SEND_BACK)


def withdraw_case(tx: Tx, command: WithdrawCase) -> Case:
    """The buyer no longer wants a refund: the trade goes on.

    Raises: CaseOfTradeUnknown, NotTheParty, EscrowTransitionIllegal.
    """
    before = case(tx, command.case_id)
    of = trade(tx, before.trade_id)
    rules.check_side("buyer", of.buyer_id, command.by)
    return go_on(tx, before, of, CaseEvent.WITHDRAW)


def open_dispute(tx: Tx, command: OpenDispute) -> Case:
    """The buyer does not accept a refusal: an operator is to rule.

    Raises: CaseOfTradeUnknown, NotTheParty, EscrowTransitionIllegal.
    """
    before = case(tx, command.case_id)
    of = trade(tx, before.trade_id)
    rules.check_side("buyer", of.buyer_id, command.by)
    return go_on(tx, before, of, CaseEvent.DISPUTE)


def go_on(tx: Tx, before: Case, of: Trade, event: CaseEvent) -> Case:
    """Write a case after an event that needs no ruling, and do what its end asks for.

    Raises: EscrowTransitionIllegal.
    """
    state = states.advance(states.CASE, before.state, event)
    terms = store.load_terms(tx.sql, of.product)
    if state is CaseState.REFUNDED:
        _refund(tx, before, of, terms)
    elif state is CaseState.CLOSED:
        freed = resume(tx, replace(of, case_id=None), tx.now - before.opened_at)
        store.save_trade(tx.sql, freed)
    return write(tx, before, state, terms, f"case_{event.value}")


def _refund(tx: Tx, before: Case, of: Trade, terms: Terms) -> None:
    number = f"{OURS}case {before.request_no}"
    made, after = refund_held(
        tx,
        replace(of, case_id=None),
        terms,
        before.amount_minor,
        Cause.CASE,
        number,
        before.reason,
        before.shipment,
    )
    event = rules.refund_event(of, after, terms)
    after = resume(tx, after, made.made_at - before.opened_at)
    turn(tx, after, event, terms, "refunded", number)


def write(tx: Tx, before: Case, state: CaseState, terms: Terms, word: str) -> Case:
    """Write a case in another state, with that state's deadline, and tell of it."""
    seconds = rules.case_s(state, terms, shipped=True)
    due_at = None if seconds is None else deadlines.after(tx.now, seconds)
    if due_at is not None:
        remind(tx, due_at)
    ended_at = tx.now if state in states.MACHINES["case"].over else None
    after = replace(before, state=state, due_at=due_at, ended_at=ended_at)
    case_store.save_case(tx.sql, after)
    tx.emit(f"escrow.{word}", after.trade_id, after)
    return after


def case(tx: Tx, case_id: CaseId) -> Case:
    """Return a case. Raises: CaseOfTradeUnknown."""
    found = case_store.load_case(tx.sql, case_id)
    if found is None:
        raise CaseOfTradeUnknown(str(case_id))
    return found


def cases(tx: Tx, trade_id: TradeId) -> list[Case]:
    """Return a trade's cases, the earliest first."""
    return case_store.load_cases(tx.sql, trade_id)


def cases_to_rule(tx: Tx, limit: int = CASES_SHOWN_MAX) -> list[Case]:
    """Return the cases that wait for an operator, the oldest first."""
    return case_store.cases_to_rule(tx.sql, max(1, min(limit, CASES_SHOWN_MAX)))

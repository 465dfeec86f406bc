"""Disputes: evidence, and rulings that split what a trade still holds in any way.

Above a product's limit a ruling needs a second operator; a ruling can be appealed once, and then
others rule. The money moves when a ruling can no longer be appealed.
"""

from __future__ import annotations

from hashlib import sha256

from msgspec.structs import replace

from venule.escrow import case_store, flows, rules, states, store
from venule.escrow.case_errors import EvidenceClosed, EvidenceUnknown, RulingUnknown
from venule.escrow.cases import case, go_on, write
from venule.escrow.commands import Appeal, DecideRuling, EvidenceFile, FileEvidence, Rule
from venule.escrow.errors import TooManyOfTrade
from venule.escrow.model import (
    EVIDENCE_FILES_MAX,
    TEXT_CHARS_MAX,
    Award,
    Case,
    CaseEvent,
    CaseId,
    CaseState,
    Cause,
    Evidence,
    EvidenceId,
    Ruling,
    RulingEvent,
    RulingState,
    ShipmentEvent,
    Side,
    Trade,
)
from venule.escrow.posting import fees_account, post_legs
from venule.escrow.refunds import OURS, write_held
from venule.escrow.terms import Terms
from venule.escrow.turning import pools, trade, turn
from venule.ledger import Tx
from venule.members import check_may_receive, parties

_TAKES_EVIDENCE = frozenset(
    {
        CaseState.ASKED,
        CaseState.REFUSED,
        CaseState.RETURNING,
        CaseState.RETURNED,
        CaseState.DISPUTED,
        CaseState.APPEALED,
    }
)


def file_evidence(tx: Tx, command: FileEvidence) -> Evidence:
    """Keep a file that a party puts before the operator, under its SHA-256.

    Raises: EscrowTextMalformed, EvidenceTooLarge, EvidenceTypeRefused, CaseOfTradeUnknown,
    NotTheParty, EvidenceClosed, TooManyOfTrade.
    """
    rules.check_text("name", command.name, TEXT_CHARS_MAX)
    rules.check_file(command.media_type, command.content)
    of = case(tx, command.case_id)
    side = rules.side_of(trade(tx, of.trade_id), command.by)
    if of.state not in _TAKES_EVIDENCE:
        raise EvidenceClosed(of.id, of.state.value)
    filed = sum(each.side is side for each in case_store.load_evidence(tx.sql, of.id))
    if filed >= EVIDENCE_FILES_MAX:
        raise TooManyOfTrade("files of a side", EVIDENCE_FILES_MAX, filed + 1)
    made = Evidence(
        EvidenceId(tx.new_id()),
        of.id,
        side,
        sha256(command.content).digest(),
        command.media_type,
        len(command.content),
        command.name,
        tx.now,
    )
    case_store.insert_evidence(tx.sql, made, command.content)
    tx.emit("escrow.evidence_filed", of.trade_id, made)
    return made


def evidence(tx: Tx, case_id: CaseId) -> list[Evidence]:
    """Return what was filed in a case, the earliest first, without the contents."""
    return case_store.load_evidence(tx.sql, case_id)


def evidence_file(tx: Tx, evidence_id: EvidenceId) -> EvidenceFile:
    """Return a file that was filed. Raises: EvidenceUnknown."""
    found = case_store.load_file(tx.sql, evidence_id)
    if found is None:
        raise EvidenceUnknown(str(evidence_id))
    side, name, media_type, content = found
    return EvidenceFile(Side(side), name, media_type, content)


def rule(tx: Tx, command: Rule) -> Ruling:
    """Split what a trade holds between buyer, seller and others: at once, or for approval.

    Raises: EscrowTextMalformed, CaseOfTradeUnknown, EscrowTransitionIllegal, TooManyOfTrade,
    TradeAmountOutOfRange, BuyerIsSeller, RulingUnbalanced, SameOperator, MemberUnknown,
    MemberClosed.
    """
    rules.check_text("reason", command.reason, TEXT_CHARS_MAX)
    before = case(tx, command.case_id)
    of = trade(tx, before.trade_id)
    terms = store.load_terms(tx.sql, of.product)
    alone = of.held_minor <= terms.two_people_minor
    state = states.advance(
        states.CASE, before.state, CaseEvent.RULE if alone else CaseEvent.PROPOSE
    )
    rules.check_ruling(command, of)
    known = case_store.load_rulings(tx.sql, before.id)
    rules.check_operator(command.operator, known, approves=False)
    found = parties(tx, [each.member_id for each in command.awards])
    awards = []
    for each in command.awards:
        check_may_receive(found[each.member_id])
        awards.append(Award(each.member_id, found[each.member_id].account, each.amount_minor))
    made = Ruling(
        before.id,
        len(known) + 1,
        RulingState.RULED if alone else RulingState.PROPOSED,
        command.buyer_minor,
        command.seller_minor,
        0,
        command.operator,
        "",
        command.reason,
        tx.now,
        awards,
    )
    case_store.insert_ruling(tx.sql, made)
    return _stand(tx, before, of, made, state, terms)


def decide_ruling(tx: Tx, command: DecideRuling) -> Ruling:
    """A second operator approves or rejects a proposed ruling.

    Raises: EscrowTextMalformed, CaseOfTradeUnknown, SameOperator, RulingUnknown.
    """
    before = case(tx, command.case_id)
    known = case_store.load_rulings(tx.sql, before.id)
    rules.check_operator(command.operator, known, approves=True)
    proposed = next((each for each in known if each.state is RulingState.PROPOSED), None)
    if proposed is None:
        raise RulingUnknown(str(before.id))
    of = trade(tx, before.trade_id)
    terms = store.load_terms(tx.sql, of.product)
    event, of_case = (
        (RulingEvent.APPROVE, CaseEvent.APPROVE)
        if command.approve
        else (RulingEvent.REJECT, CaseEvent.REJECT)
    )
    decided = replace(
        proposed,
        state=states.advance(states.RULING, proposed.state, event),
        second=command.operator,
    )
    case_store.save_ruling(tx.sql, decided)
    state = states.advance(states.CASE, before.state, of_case)
    return _stand(tx, before, of, decided, state, terms)


def _stand(
    tx: Tx, before: Case, of: Trade, ruling: Ruling, state: CaseState, terms: Terms
) -> Ruling:
    """Write a case after a word of an operator; move the money if nobody can appeal any more."""
    if state is CaseState.EXECUTED:
        ruling = _execute(tx, of, ruling, terms)
    write(tx, before, state, terms, f"case_{state.value}")
    return ruling


def appeal(tx: Tx, command: Appeal) -> Case:
    """A party does not accept a ruling: others are to rule, for good.

    Raises: EscrowTextMalformed, CaseOfTradeUnknown, NotTheParty, EscrowTransitionIllegal.
    """
    rules.check_text("reason", command.reason, TEXT_CHARS_MAX)
    before = case(tx, command.case_id)
    of = trade(tx, before.trade_id)
    side = rules.side_of(of, command.by)
    state = states.advance(states.CASE, before.state, CaseEvent.APPEAL)
    standing = _standing(tx, before.id)
    turned = states.advance(states.RULING, standing.state, RulingEvent.APPEAL)
    case_store.save_ruling(tx.sql, replace(standing, state=turned))
    terms = store.load_terms(tx.sql, of.product)
    words = f"{side.value}: {command.reason}"
    return write(tx, replace(before, answer=words), state, terms, "case_appealed")


def _standing(tx: Tx, case_id: CaseId) -> Ruling:
    known = case_store.load_rulings(tx.sql, case_id)
    return next(each for each in known if each.state is RulingState.RULED)


def case_due(tx: Tx, case_id: CaseId) -> None:
    """Somebody has been silent until the deadline of a case. Nothing if that is no longer so."""
    before = case(tx, case_id)
    if before.due_at is None or before.due_at > tx.now:
        return
    of = trade(tx, before.trade_id)
    terms = store.load_terms(tx.sql, of.product)
    event = rules.silence_event(before, of, terms)
    if event is not CaseEvent.APPEAL_DUE:
        go_on(tx, before, of, event)
        return
    state = states.advance(states.CASE, before.state, event)
    _stand(tx, before, of, _standing(tx, case_id), state, terms)


def _execute(tx: Tx, of: Trade, ruling: Ruling, terms: Terms) -> Ruling:
    """Move the money as a ruling says. Nothing is held after it."""
    ended = [
        replace(
            each,
            state=states.advance(states.SHIPMENT, each.state, ShipmentEvent.RULE),
            ended_at=tx.now,
        )
        for each in store.load_shipments(tx.sql, of.id)
        if each.ended_at is None
    ]
    store.save_shipments(tx.sql, ended)
    awarded = sum(each.amount_minor for each in ruling.awards)
    after = replace(of, unshipped_minor=0, shipped_minor=0, awarded_minor=awarded, case_id=None)
    if ruling.buyer_minor:
        _, after = write_held(
            tx, after, terms, ruling.buyer_minor, Cause.RULING, f"{OURS}ruling", ruling.reason
        )
    released = rules.release(after, terms, ruling.seller_minor)
    after, fee = released.after, released.fee_minor
    accounts = pools(tx)
    legs = flows.release(of, accounts, ruling.seller_minor, fee, fees_account(tx, fee))
    for each in ruling.awards:
        legs += flows.award(accounts, each.account, each.amount_minor)
    post_legs(tx, of.id.bytes, legs)
    turn(tx, after, rules.refund_event(of, after, terms), terms, "ruled")
    turned = states.advance(states.RULING, ruling.state, RulingEvent.EXECUTE)
    executed = replace(ruling, state=turned, fee_minor=fee)
    case_store.save_ruling(tx.sql, executed)
    return executed


def rulings(tx: Tx, case_id: CaseId) -> list[Ruling]:
    """Return a case's rulings, the first one first."""
    return case_store.load_rulings(tx.sql, case_id)

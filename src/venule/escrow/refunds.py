"""Money that goes back to the buyer: of what is held, or from the seller and its receivers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec.structs import replace

from venule.escrow import flows, rules, settlement_store, states, store
from venule.escrow.commands import CloseTrade, RefundTrade, RoyaltyBack
from venule.escrow.errors import EscrowTextMalformed, RequestNoReused, RoyaltyMalformed
from venule.escrow.model import (
    NUMBER_CHARS_MAX,
    TEXT_CHARS_MAX,
    Cause,
    Refund,
    RefundId,
    RoyaltyLine,
    RoyaltyOnRefund,
    RoyaltyReturn,
    Trade,
    TradeEvent,
    TradeId,
    TradeState,
)
from venule.escrow.posting import fees_account, post_legs
from venule.escrow.service import close_trade
from venule.escrow.shipping import take
from venule.escrow.terms import RefundTo, Terms
from venule.escrow.turning import no_case, pools, trade, turn
from venule.ledger import Tx
from venule.members import MemberId, check_may_pay, parties
from venule.wallet import give_back

RETURN_SHARES: Final = "escrow.return_shares"
RETURN_ATTEMPTS_MAX: Final = 3

OURS: Final = "#"
"""Request numbers that begin so are the room's own: for what deadlines and operators refund."""


class ReturnShares(msgspec.Struct, frozen=True):
    """Buy shares again for the part of a refund that was paid from them."""

    fund: str
    buyer_id: MemberId
    amount_minor: int
    refund_id: RefundId


def check_request_no(request_no: str) -> str:
    """Return a caller's request number. Raises: EscrowTextMalformed."""
    if request_no.startswith(OURS):
        raise EscrowTextMalformed("request_no", NUMBER_CHARS_MAX, request_no)
    return rules.check_text("request_no", request_no, NUMBER_CHARS_MAX)


def refund_trade(tx: Tx, command: RefundTrade) -> Refund:
    """Send back a part of a trade, by the seller's will.

    What is held goes back from there; what is the seller's comes from what is kept for settlement,
    then from its wallet, and from receivers as the command says. The same number with the same
    amount gives the first refund. Limits that the payment used are released.
    Raises: EscrowTextMalformed, TradeAmountOutOfRange, TradeUnknown, NotTheParty, RequestNoReused,
    EscrowTransitionIllegal, CaseStillOpen, RefundExceedsTrade, RoyaltyMalformed, MemberFrozen,
    MemberClosed, FeesSweptAway, InsufficientFunds.
    """
    check_request_no(command.request_no)
    rules.check_note("reason", command.reason, TEXT_CHARS_MAX)
    rules.check_amount("refund", command.amount_minor)
    before = trade(tx, command.trade_id)
    rules.check_side("seller", before.seller_id, command.by)
    first = store.load_refund(tx.sql, before.id, command.request_no)
    if first is not None:
        return _same(first, command.amount_minor)
    states.advance(states.TRADE, before.state, TradeEvent.REFUND_PART)
    no_case(before)
    terms = store.load_terms(tx.sql, before.product)
    if before.state is TradeState.SUCCESS:
        return _refund_late(tx, before, terms, command)
    made, after = refund_held(
        tx,
        before,
        terms,
        command.amount_minor,
        Cause.SELLER,
        command.request_no,
        command.reason,
        command.shipment,
    )
    turn(tx, after, rules.refund_event(before, after, terms), terms, "refunded", made.request_no)
    return made


def _same(first: Refund, amount_minor: int) -> Refund:
    if first.amount_minor != amount_minor:
        raise RequestNoReused(
            "refund", first.request_no, f"{first.amount_minor} fen", f"{amount_minor} fen"
        )
    return first


def refund_held(
    tx: Tx,
    before: Trade,
    terms: Terms,
    amount_minor: int,
    cause: Cause,
    request_no: str,
    reason: str,
    number: int | None = None,
) -> tuple[Refund, Trade]:
    """Send back a part of what is held; return the refund and the trade, not yet written.

    Raises: RefundExceedsTrade.
    """
    known = store.load_shipments(tx.sql, before.id)
    taken = rules.take_held(before, known, amount_minor, number)
    after = take(tx, before, taken)
    return write_held(tx, after, terms, amount_minor, cause, request_no, reason)


def write_held(
    tx: Tx,
    before: Trade,
    terms: Terms,
    amount_minor: int,
    cause: Cause,
    request_no: str,
    reason: str,
) -> tuple[Refund, Trade]:
    """Post and write a refund of held money that is taken off the trade already."""
    refunded = before.refunded_minor + amount_minor
    made = Refund(
        RefundId(tx.new_id()),
        before.id,
        request_no,
        cause,
        amount_minor,
        amount_minor,
        0,
        0,
        0,
        0,
        refunded,
        _fund_part(before, terms, amount_minor),
        reason,
        tx.now,
    )
    after = replace(before, refunded_minor=refunded)
    return made, _write(tx, after, made, [], [])


def _refund_late(tx: Tx, before: Trade, terms: Terms, command: RefundTrade) -> Refund:
    amount = command.amount_minor
    lines = settlement_store.load_royalties(tx.sql, before.id) if before.shared_minor else []
    returned = _returned(before, lines, command)
    borne = rules.bear(before, lines, returned, amount)
    _check_payers(tx, before, borne)
    late = before.refunded_late_minor + amount
    back = rules.fee_returned(before, terms, late)
    refunded = before.refunded_minor + amount
    made = Refund(
        RefundId(tx.new_id()),
        before.id,
        command.request_no,
        Cause.SELLER,
        amount,
        0,
        borne.unsettled_minor,
        borne.seller_minor,
        sum(returned),
        back,
        refunded,
        _fund_part(before, terms, amount),
        command.reason,
        tx.now,
    )
    after = replace(
        before,
        refunded_minor=refunded,
        refunded_late_minor=late,
        unsettled_minor=before.unsettled_minor - borne.unsettled_minor,
        shared_minor=before.shared_minor - sum(returned),
        fee_returned_minor=before.fee_returned_minor + back,
    )
    returns = [
        RoyaltyReturn(made.id, line.settlement_id, line.line, part) for line, part in borne.lines
    ]
    receivers = [(line.account, part) for line, part in borne.lines]
    after = _write(tx, after, made, receivers, returns)
    turn(tx, after, rules.refund_event(before, after, terms), terms, "refunded", made.request_no)
    return made


def _returned(before: Trade, lines: Sequence[RoyaltyLine], command: RefundTrade) -> list[int]:
    """Return what each line gives back. Raises: RoyaltyMalformed, RefundExceedsTrade."""
    if command.lines:
        return _named(lines, command.lines)
    if command.royalties is RoyaltyOnRefund.PRO_RATA:
        return rules.bear_pro_rata(before, lines, command.amount_minor)
    return [0] * len(lines)


def _named(lines: Sequence[RoyaltyLine], wanted: Sequence[RoyaltyBack]) -> list[int]:
    given = dict.fromkeys([(line.settlement_id, line.line) for line in lines], 0)
    for index, each in enumerate(wanted):
        rules.check_amount(f"line {index}", each.amount_minor)
        place = each.settlement_id, each.line
        if given.get(place) != 0:
            raise RoyaltyMalformed(index, "a line of this trade, once", f"{place[0]}, {place[1]}")
        given[place] = each.amount_minor
    return list(given.values())


def _check_payers(tx: Tx, before: Trade, borne: rules.Borne) -> None:
    """Raises: MemberFrozen, MemberClosed if somebody who is to give may not pay."""
    payers = [line.receiver_id for line, _ in borne.lines]
    if borne.seller_minor:
        payers.append(before.seller_id)
    for who in parties(tx, payers).values():
        check_may_pay(who)


def _fund_part(before: Trade, terms: Terms, amount_minor: int) -> int:
    return rules.to_fund(before, amount_minor) if terms.refund_to is RefundTo.SOURCE else 0


def _write(
    tx: Tx,
    after: Trade,
    made: Refund,
    receivers: list[tuple[int, int]],
    returns: list[RoyaltyReturn],
) -> Trade:
    fees = fees_account(tx, made.fee_returned_minor)
    post_legs(tx, after.id.bytes, flows.refund(after, pools(tx), made, receivers, fees))
    give_back(tx, after.counted_ref, made.amount_minor)
    store.insert_refund(tx.sql, made)
    if returns:
        settlement_store.save_returns(tx.sql, returns)
    if made.to_fund_minor:
        assert after.fund is not None
        assert after.buyer_id is not None
        again = ReturnShares(after.fund, after.buyer_id, made.to_fund_minor, made.id)
        tx.enqueue(RETURN_SHARES, again, max_attempts=RETURN_ATTEMPTS_MAX)
    return replace(after, shares_returned_minor=after.shares_returned_minor + made.to_fund_minor)


def ship_due(tx: Tx, trade_id: TradeId) -> None:
    """The seller has not shipped in time: what is not shipped goes back.

    Nothing if that is no longer so, or if the buyer wants a refund: then the deadline waits.
    """
    before = trade(tx, trade_id)
    if before.case_id is not None or not before.unshipped_minor:
        return
    terms = store.load_terms(tx.sql, before.product)
    amount = before.unshipped_minor
    after = replace(before, unshipped_minor=0)
    made, after = write_held(tx, after, terms, amount, Cause.SHIP_DUE, f"{OURS}ship-due", "")
    turn(tx, after, rules.refund_event(before, after, terms), terms, "refunded", made.request_no)


def cancel_trade(tx: Tx, command: CloseTrade) -> Trade:
    """Undo a trade whatever has become of it: close it, or refund all that is left. Again changes
    nothing.

    Raises: as `close_trade` and `refund_trade`.
    """
    before = trade(tx, command.trade_id)
    rules.check_side("seller", before.seller_id, command.by)
    if before.state is TradeState.CLOSED:
        return before
    if before.state is TradeState.CREATED:
        return close_trade(tx, command)
    left = before.amount_minor - before.refunded_minor
    refund_trade(tx, RefundTrade(before.id, command.by, f"cancel {before.id.hex}", left))
    return trade(tx, before.id)

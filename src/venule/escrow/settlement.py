"""Sharing out what a trade has brought: royalties to receivers that the seller has named."""

from __future__ import annotations

from hashlib import sha256

import msgspec
from msgspec.structs import replace

from venule.escrow import flows, rules, settlement_store, states, store
from venule.escrow.commands import BindReceivers, Settle, UnbindReceivers
from venule.escrow.errors import (
    BuyerIsSeller,
    NotForSettlement,
    ReceiverNotBound,
    RequestNoReused,
    TooManyOfTrade,
)
from venule.escrow.model import (
    RECEIVERS_MAX,
    TEXT_CHARS_MAX,
    RefundId,
    Relation,
    RoyaltyLine,
    RoyaltyReturn,
    Settlement,
    SettlementId,
    Trade,
    TradeEvent,
    TradeId,
)
from venule.escrow.posting import post_legs
from venule.escrow.refunds import OURS, check_request_no
from venule.escrow.turning import pools, trade, turn
from venule.ledger import Tx
from venule.members import MemberId, check_may_receive, parties


def bind_receivers(tx: Tx, command: BindReceivers) -> list[Relation]:
    """Name receivers of a seller's royalties; one that is named already stays. Return all.

    Raises: EscrowTextMalformed, TooManyOfTrade, MemberUnknown, BuyerIsSeller, MemberClosed.
    """
    rules.check_note("note", command.note, TEXT_CHARS_MAX)
    _check_count(command.receiver_ids)
    found = parties(tx, [command.seller_id, *command.receiver_ids])
    for each in command.receiver_ids:
        if each == command.seller_id:
            raise BuyerIsSeller(each)
        check_may_receive(found[each])
    settlement_store.bind(
        tx.sql,
        [Relation(command.seller_id, each, command.note, tx.now) for each in command.receiver_ids],
    )
    return receivers(tx, command.seller_id)


def unbind_receivers(tx: Tx, command: UnbindReceivers) -> list[Relation]:
    """No longer share with these receivers; one that is not named is none. Return the others.

    Raises: TooManyOfTrade.
    """
    _check_count(command.receiver_ids)
    settlement_store.unbind(tx.sql, command.seller_id, command.receiver_ids)
    return receivers(tx, command.seller_id)


def receivers(tx: Tx, seller_id: MemberId) -> list[Relation]:
    """Return a seller's receivers, the first named first."""
    return settlement_store.load_relations(tx.sql, seller_id)


def _check_count(asked: list[MemberId]) -> None:
    if len(asked) > RECEIVERS_MAX:
        raise TooManyOfTrade("receivers", RECEIVERS_MAX, len(asked))


def settle(tx: Tx, command: Settle) -> Settlement:
    """Share out what is kept for settlement, by amounts and ratios, exact to the fen.

    The same number with the same content gives the first settlement.
    Raises: EscrowTextMalformed, TooManyOfTrade, TradeUnknown, NotTheParty, RequestNoReused,
    NotForSettlement, EscrowTransitionIllegal, RoyaltyMalformed, SettlementExceedsRest,
    MemberUnknown, ReceiverNotBound, BuyerIsSeller, MemberClosed.
    """
    check_request_no(command.request_no)
    if len(command.receivers) > RECEIVERS_MAX:
        raise TooManyOfTrade("receivers", RECEIVERS_MAX, len(command.receivers))
    for each in command.receivers:
        rules.check_note("note", each.note, TEXT_CHARS_MAX)
    before = trade(tx, command.trade_id)
    rules.check_side("seller", before.seller_id, command.by)
    body = sha256(msgspec.msgpack.encode(command)).digest()
    first = settlement_store.find_settlement(tx.sql, before.app, command.request_no)
    if first is not None:
        if first[1] != body:
            raise RequestNoReused("settlement", command.request_no, "its content", "another one")
        return first[0]
    if not before.settle:
        raise NotForSettlement(before.id)
    states.advance(states.TRADE, before.state, TradeEvent.SETTLE)
    sums = rules.royalties(before, command.receivers)
    bound = {each.receiver_id for each in receivers(tx, before.seller_id)}
    found = parties(tx, [each.receiver_id for each in command.receivers])
    settlement_id = SettlementId(tx.new_id())
    lines = []
    for index, (each, fen) in enumerate(zip(command.receivers, sums, strict=True)):
        if each.receiver_id not in bound:
            raise ReceiverNotBound(before.seller_id, each.receiver_id)
        if each.receiver_id == before.buyer_id:
            raise BuyerIsSeller(each.receiver_id)
        who = found[each.receiver_id]
        check_may_receive(who)
        lines.append(RoyaltyLine(settlement_id, index, who.id, who.account, fen, 0, each.note))
    rest = before.unsettled_minor - sum(sums) if command.finish else 0
    made = _settlement(tx, settlement_id, before, command.request_no, lines, rest)
    after = _post(tx, before, made, body)
    terms = store.load_terms(tx.sql, before.product)
    turn(tx, after, TradeEvent.SETTLE, terms, "settled", made.request_no)
    return made


def _settlement(
    tx: Tx,
    settlement_id: SettlementId,
    before: Trade,
    request_no: str,
    lines: list[RoyaltyLine],
    seller_minor: int,
) -> Settlement:
    shared = sum(line.amount_minor for line in lines)
    return Settlement(
        settlement_id, before.id, before.app, request_no, shared, seller_minor, tx.now, lines
    )


def _post(tx: Tx, before: Trade, made: Settlement, body: bytes) -> Trade:
    to = [(line.account, line.amount_minor) for line in made.lines]
    post_legs(tx, before.id.bytes, flows.settle(before, pools(tx), to, made.seller_minor))
    settlement_store.insert_settlement(tx.sql, made, body)
    return replace(
        before,
        unsettled_minor=before.unsettled_minor - made.shared_minor - made.seller_minor,
        shared_minor=before.shared_minor + made.shared_minor,
    )


def end_due(tx: Tx, trade_id: TradeId) -> None:
    """The time for refunds and settlement is over: what is left goes to the seller."""
    before = trade(tx, trade_id)
    after = before
    if before.unsettled_minor:
        id_ = SettlementId(tx.new_id())
        number = f"{OURS}end {before.id.hex}"
        made = _settlement(tx, id_, before, number, [], before.unsettled_minor)
        after = _post(tx, before, made, bytes(32))
    turn(tx, after, TradeEvent.END_DUE, store.load_terms(tx.sql, before.product), "finished")


def settlement_by_number(tx: Tx, app: str, request_no: str) -> Settlement | None:
    """Return the settlement that an application calls so, or None."""
    found = settlement_store.find_settlement(tx.sql, app, request_no)
    return None if found is None else found[0]


def settlements(tx: Tx, trade_id: TradeId) -> list[Settlement]:
    """Return a trade's settlements with their lines, the earliest first."""
    return settlement_store.load_settlements(tx.sql, trade_id)


def royalty_returns(tx: Tx, refund_id: RefundId) -> list[RoyaltyReturn]:
    """Return what receivers gave back for a refund, line by line."""
    return settlement_store.load_returns(tx.sql, refund_id)

"""Goods on their way: shipped in parts, confirmed in parts, by the buyer or by its silence."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from venule.escrow import case_store, deadlines, flows, rules, states, store
from venule.escrow.commands import Confirm, Extend, Ship
from venule.escrow.errors import (
    CarrierMissing,
    ExceedsUnshipped,
    ExtendedAlready,
    ShipmentUnknown,
    TooManyOfTrade,
)
from venule.escrow.model import (
    CARRIER_CHARS_MAX,
    NUMBER_CHARS_MAX,
    SHIPMENTS_MAX,
    CaseState,
    Goods,
    Shipment,
    ShipmentEvent,
    ShipmentState,
    Trade,
    TradeEvent,
    TradeId,
)
from venule.escrow.posting import fees_account, post_legs
from venule.escrow.turning import no_case, pools, remind, tell, trade, turn
from venule.kit.time import MICROSECOND
from venule.ledger import Tx


def ship(tx: Tx, command: Ship) -> Shipment:
    """Note that goods are under way, and worth a part of the trade or all that is left.

    While a buyer wants a refund and no operator is asked, a seller may still ship.
    Raises: EscrowTextMalformed, TradeUnknown, NotTheParty, CarrierMissing, EscrowTransitionIllegal,
    CaseStillOpen, TradeAmountOutOfRange, ExceedsUnshipped, TooManyOfTrade.
    """
    before = trade(tx, command.trade_id)
    rules.check_note("carrier", command.carrier, CARRIER_CHARS_MAX)
    rules.check_note("tracking_no", command.tracking_no, NUMBER_CHARS_MAX)
    rules.check_side("seller", before.seller_id, command.by)
    if before.goods is not Goods.VIRTUAL and not (command.carrier and command.tracking_no):
        raise CarrierMissing(before.id, before.goods.value)
    states.advance(states.TRADE, before.state, TradeEvent.SHIP_REST)
    if not _may_ship_beside(tx, before):
        no_case(before)
    left = before.unshipped_minor
    asked = left if command.amount_minor is None else command.amount_minor
    rules.check_amount("goods", asked)
    if asked > left:
        raise ExceedsUnshipped(before.id, left, asked)
    known = store.load_shipments(tx.sql, before.id)
    if len(known) >= SHIPMENTS_MAX:
        raise TooManyOfTrade("shipments", SHIPMENTS_MAX, len(known) + 1)
    terms = store.load_terms(tx.sql, before.product)
    made = Shipment(
        before.id,
        len(known) + 1,
        asked,
        0,
        0,
        ShipmentState.SHIPPED,
        command.carrier,
        command.tracking_no,
        tx.now,
        deadlines.after(tx.now, rules.confirm_s(before.goods, terms)),
        None,
    )
    store.insert_shipment(tx.sql, made)
    remind(tx, made.due_at)
    after = replace(
        before,
        unshipped_minor=left - asked,
        shipped_minor=before.shipped_minor + asked,
    )
    event = TradeEvent.SHIP_PART if left > asked else TradeEvent.SHIP_REST
    turn(tx, after, event, terms, "shipped", str(made.number))
    return made


def _may_ship_beside(tx: Tx, before: Trade) -> bool:
    """Whether a case is open that leaves the seller free to ship all the same."""
    if before.case_id is None:
        return False
    case = case_store.load_case(tx.sql, before.case_id)
    return case is not None and case.state in (CaseState.ASKED, CaseState.REFUSED)


def confirm(tx: Tx, command: Confirm) -> Trade:
    """The buyer has the goods of a shipment, or of all under way: the seller is paid for them.

    Raises: TradeUnknown, NotTheParty, EscrowTransitionIllegal, CaseStillOpen, ShipmentUnknown.
    """
    before = trade(tx, command.trade_id)
    rules.check_side("buyer", before.buyer_id, command.by)
    states.advance(states.TRADE, before.state, TradeEvent.RELEASE_PART)
    no_case(before)
    known = store.load_shipments(tx.sql, before.id)
    wanted = [
        each
        for each in known
        if (each.ended_at is None if command.shipment is None else each.number == command.shipment)
    ]
    if not wanted:
        raise ShipmentUnknown(str(command.shipment))
    return _release(tx, before, wanted, ShipmentEvent.CONFIRM)


def confirm_due(tx: Tx, trade_id: TradeId, number: int) -> None:
    """The buyer has been silent until the deadline of a shipment: it counts as confirmed.

    Nothing if that is no longer so, or if the buyer wants a refund: then the deadline waits.
    """
    before = trade(tx, trade_id)
    it = next((s for s in store.load_shipments(tx.sql, trade_id) if s.number == number), None)
    if it is None or it.ended_at is not None or it.due_at > tx.now or before.case_id is not None:
        return
    _release(tx, before, [it], ShipmentEvent.CONFIRM_DUE)


def _release(tx: Tx, before: Trade, wanted: list[Shipment], event: ShipmentEvent) -> Trade:
    terms = store.load_terms(tx.sql, before.product)
    accounts, after, fees = pools(tx), before, 0
    legs: list[flows.Leg] = []
    ended = []
    for each in wanted:
        state = states.advance(states.SHIPMENT, each.state, event)
        amount = each.open_minor
        released = rules.release(after, terms, amount)
        after = replace(released.after, shipped_minor=after.shipped_minor - amount)
        fees = fees or fees_account(tx, released.fee_minor)
        legs += flows.release(before, accounts, amount, released.fee_minor, fees)
        ended.append(replace(each, state=state, fee_minor=released.fee_minor, ended_at=tx.now))
    post_legs(tx, before.id.bytes, legs)
    store.save_shipments(tx.sql, ended)
    numbers = " ".join(str(each.number) for each in ended)
    return turn(tx, after, rules.release_event(after, terms), terms, "confirmed", numbers)


def extend(tx: Tx, command: Extend) -> Trade:
    """Give the buyer more time for confirming what is under way; once a trade.

    Raises: TradeUnknown, NotTheParty, EscrowTransitionIllegal, CaseStillOpen, ExtendedAlready,
    ShipmentUnknown.
    """
    before = trade(tx, command.trade_id)
    rules.check_side("buyer", before.buyer_id, command.by)
    states.advance(states.TRADE, before.state, TradeEvent.RELEASE_PART)
    no_case(before)
    if before.extended:
        raise ExtendedAlready(before.id)
    terms = store.load_terms(tx.sql, before.product)
    known = [each for each in store.load_shipments(tx.sql, before.id) if each.ended_at is None]
    if not known:
        raise ShipmentUnknown("none under way")
    _put_off(tx, known, timedelta(seconds=terms.extension_s))
    after = replace(before, extended=True)
    store.save_trade(tx.sql, after)
    tell(tx, "extended", after)
    return after


def resume(tx: Tx, before: Trade, waited: timedelta) -> Trade:
    """A case has ended and the trade goes on: what was to be done has as long as was left of it."""
    due_at = before.due_at
    if due_at is not None:
        due_at = _later(tx, due_at, waited)
        remind(tx, due_at)
    _put_off(tx, [s for s in store.load_shipments(tx.sql, before.id) if s.ended_at is None], waited)
    return replace(before, due_at=due_at)


def _later(tx: Tx, due_at: datetime, by: timedelta) -> datetime:
    """Return a deadline that lies ahead: one that is over already would never be looked at."""
    return max(due_at + by, tx.now + MICROSECOND)


def _put_off(tx: Tx, known: Iterable[Shipment], by: timedelta) -> None:
    later = [replace(each, due_at=_later(tx, each.due_at, by)) for each in known]
    store.save_shipments(tx.sql, later)
    for each in later:
        remind(tx, each.due_at)


def take(tx: Tx, before: Trade, taken: rules.Taken) -> Trade:
    """Take a refund off what is held, and off the shipments that it is for."""
    changed = []
    for each, part in taken.shipments:
        refunded = each.refunded_minor + part
        if refunded == each.amount_minor:
            state = states.advance(states.SHIPMENT, each.state, ShipmentEvent.REFUND)
            changed.append(replace(each, refunded_minor=refunded, state=state, ended_at=tx.now))
        else:
            changed.append(replace(each, refunded_minor=refunded))
    store.save_shipments(tx.sql, changed)
    return replace(
        before,
        unshipped_minor=before.unshipped_minor - taken.unshipped_minor,
        shipped_minor=before.shipped_minor - sum(part for _, part in taken.shipments),
    )

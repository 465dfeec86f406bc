"""How a trade goes on: its state, its deadline, its row, and the word about it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec
from msgspec.structs import replace

from venule.escrow import deadlines, due_store, rules, states, store
from venule.escrow.case_errors import CaseStillOpen
from venule.escrow.errors import EscrowNotSetUp, TradeUnknown
from venule.escrow.model import Pools, Trade, TradeEvent, TradeId, TradeState
from venule.escrow.terms import Terms
from venule.kit.time import to_us
from venule.ledger import Tx

LOOK_AT_DEADLINES: Final = "escrow.look_at_deadlines"

_OVER: Final = states.MACHINES["trade"].over
_SHIPPING: Final = frozenset({TradeState.PAID, TradeState.PART_SHIPPED})


class Told(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """What the event of a trade says: its state and sums after it.

    number: of the refund, settlement or shipment that it is about. What else a notification needs
    stands on the trade, which never changes there.
    """

    state: TradeState
    number: str = ""
    held_minor: int = 0
    released_minor: int = 0
    refunded_minor: int = 0
    unsettled_minor: int = 0


class Tick(msgspec.Struct, frozen=True):
    """A minute whose deadlines are to be raised. what, after_us, after_id: where to go on."""

    tick_us: int
    what: str = ""
    after_us: int = 0
    after_id: bytes = b""


def remind(tx: Tx, due_at: datetime) -> None:
    """See to it that somebody looks when a deadline is over: one job a minute, for all."""
    tick = deadlines.tick_of(due_at, tx.now)
    if due_store.insert_tick(tx.sql, to_us(tick)):
        tx.enqueue(LOOK_AT_DEADLINES, Tick(to_us(tick)), due_at=tick)


def pools(tx: Tx) -> Pools:
    """Return the room's accounts. Raises: EscrowNotSetUp."""
    found = store.load_pools(tx.sql)
    if found is None:
        raise EscrowNotSetUp
    return found


def trade(tx: Tx, trade_id: TradeId) -> Trade:
    """Return a trade. Raises: TradeUnknown."""
    found = store.load_trade(tx.sql, trade_id)
    if found is None:
        raise TradeUnknown(str(trade_id))
    return found


def no_case(it: Trade) -> None:
    """Raises: CaseStillOpen."""
    if it.case_id is not None:
        raise CaseStillOpen(it.id, it.case_id)


def turn(
    tx: Tx, after: Trade, event: TradeEvent, terms: Terms, word: str, number: str = ""
) -> Trade:
    """Write a trade after an event, with the deadline of its new state, and tell of it.

    after: the trade with all but state and deadline as they will be. word: what happened; number:
    of the refund, settlement or shipment.
    Raises: EscrowTransitionIllegal.
    """
    state = states.advance(states.TRADE, after.state, event)
    due_at, ended_at = after.due_at, None
    if state in _OVER:
        due_at, ended_at = None, tx.now
    elif state is TradeState.SUCCESS and after.state is not TradeState.SUCCESS:
        due_at = deadlines.after(tx.now, rules.open_s(after, terms))
    elif state is TradeState.PAID and after.state is not TradeState.PAID:
        due_at = deadlines.end_of_business_days(tx.now, terms.ship_days)
    elif state not in _SHIPPING and state is not TradeState.SUCCESS:
        due_at = None
    if due_at is not None and due_at != after.due_at:
        remind(tx, due_at)
    after = replace(after, state=state, due_at=due_at, ended_at=ended_at)
    store.save_trade(tx.sql, after)
    tell(tx, word, after, number)
    return after


def tell(tx: Tx, word: str, it: Trade, number: str = "") -> None:
    """Tell what has happened to a trade; `number`: as in `turn`."""
    said = Told(
        it.state,
        number,
        it.held_minor,
        it.released_minor,
        it.refunded_minor,
        it.unsettled_minor,
    )
    tx.emit(f"escrow.{word}", it.id, said)

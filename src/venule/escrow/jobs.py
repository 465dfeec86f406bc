"""Deadlines and what follows a refund: the room's jobs.

A row that waits has `due_at`. Whoever sets one notes its minute (`turning.remind`); the minute's
one job finds the rows that are due then, and leaves a job for each, so that one that cannot be done
does not stop the others. That job looks again whether the deadline still holds.
"""

from __future__ import annotations

from typing import Final
from uuid import UUID

import msgspec

from venule.escrow import due_store, settlement
from venule.escrow.authorisations import unfreeze_due
from venule.escrow.disputes import case_due
from venule.escrow.model import AuthorisationId, CaseId, TradeEvent, TradeId, TradeState
from venule.escrow.refunds import OURS, RETURN_SHARES, ReturnShares, ship_due
from venule.escrow.service import terms_of
from venule.escrow.shipping import confirm_due
from venule.escrow.turning import LOOK_AT_DEADLINES, Tick, trade, turn
from venule.fund import Subscribe, subscribe
from venule.kit.jobs import Handler
from venule.ledger import Tx

RAISE_DEADLINE: Final = "escrow.raise_deadline"
TICK_US: Final = 60_000_000
DUE_AT_ONCE_MAX: Final = 500
_LAST_ID: Final = b"\xff" * 16


class Due(msgspec.Struct, frozen=True):
    """What may be due: a trade, a shipment of it, a case or an authorisation."""

    what: str
    id: UUID
    number: int


def look_at_deadlines(tx: Tx, tick: Tick) -> None:
    """Leave a job for each deadline that is over in a minute; for many, a page at a time."""
    kinds = due_store.KINDS
    what = tick.what or kinds[0]
    first = tick.after_us or tick.tick_us - TICK_US
    after_id = tick.after_id or _LAST_ID
    rows = due_store.due_between(tx.sql, what, first, after_id, tick.tick_us, DUE_AT_ONCE_MAX)
    for _, id_, number in rows:
        tx.enqueue(RAISE_DEADLINE, Due(what, UUID(bytes=id_), number))
    if len(rows) == DUE_AT_ONCE_MAX:
        due_us, id_, _ = rows[-1]
        tx.enqueue(LOOK_AT_DEADLINES, Tick(tick.tick_us, what, due_us, id_))
    elif what != kinds[-1]:
        after = kinds[kinds.index(what) + 1]
        look_at_deadlines(tx, Tick(tick.tick_us, after))
    else:
        due_store.delete_tick(tx.sql, tick.tick_us)


def raise_deadline(tx: Tx, due: Due) -> None:
    """Do what a deadline asks for, if it still holds."""
    if due.what == "shipment":
        confirm_due(tx, TradeId(due.id), due.number)
    elif due.what == "case":
        case_due(tx, CaseId(due.id))
    elif due.what == "authorisation":
        unfreeze_due(tx, AuthorisationId(due.id))
    else:
        trade_due(tx, TradeId(due.id))


def trade_due(tx: Tx, trade_id: TradeId) -> None:
    """Close what was not paid, refund what was not shipped, end what can no longer be refunded."""
    it = trade(tx, trade_id)
    if it.due_at is None or it.due_at > tx.now:
        return
    if it.state is TradeState.CREATED:
        turn(tx, it, TradeEvent.PAY_DUE, terms_of(tx, it), "closed")
    elif it.state is TradeState.SUCCESS:
        settlement.end_due(tx, trade_id)
    else:
        ship_due(tx, trade_id)


def return_shares(tx: Tx, payload: ReturnShares) -> None:
    """Buy shares for the part of a refund that was paid from them; the order bears the refund's id.

    What cannot be bought (the fund is shut, the money is spent) stays in the wallet: the job gives
    up, and a person sees it.
    """
    number = f"{OURS}{payload.refund_id.hex}"
    subscribe(tx, Subscribe(payload.fund, payload.buyer_id, payload.amount_minor, number))


def escrow_jobs() -> dict[str, Handler]:
    """Return the handlers of the room's kinds of job, for a `JobRunner`."""
    return {
        LOOK_AT_DEADLINES: look_at_deadlines,
        RAISE_DEADLINE: raise_deadline,
        RETURN_SHARES: return_shares,
    }

"""What a member is shown of its own, what waits for an operator: lists, a page at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from venule.escrow import list_store, store
from venule.escrow.cases import case
from venule.escrow.model import (
    Authorisation,
    AuthorisationId,
    AuthorisationState,
    Case,
    CaseId,
    Side,
    Trade,
    TradeId,
    TradeState,
)
from venule.escrow.terms import Product, Terms
from venule.escrow.turning import trade
from venule.kit.time import to_us
from venule.ledger import Tx
from venule.members import MemberId

LISTED_MAX: Final = 201
"""Most rows of one page, and the one behind it that says whether there is another page."""


class TradesQuery(msgspec.Struct, frozen=True):
    """Which of a member's trades. before: older than this one."""

    member_id: MemberId
    side: Side
    state: TradeState | None = None
    before: TradeId | None = None
    limit: int = LISTED_MAX


class CasesQuery(msgspec.Struct, frozen=True):
    """Which cases of a member's trades. before: older than this one."""

    member_id: MemberId
    side: Side
    before: CaseId | None = None
    limit: int = LISTED_MAX


class WaitingQuery(msgspec.Struct, frozen=True):
    """Which of the cases that wait for an operator: behind the one opened then, of this id."""

    after_at: datetime | None = None
    after: CaseId | None = None
    limit: int = LISTED_MAX


class AuthorisationsQuery(msgspec.Struct, frozen=True):
    """Which authorisations: a buyer's are those it has frozen, a seller's what it may be paid
    from. before: older than this one."""

    member_id: MemberId
    side: Side
    state: AuthorisationState | None = None
    before: AuthorisationId | None = None
    limit: int = LISTED_MAX


class CaseOfTrade(msgspec.Struct, frozen=True):
    """A case and the trade it is about."""

    case: Case
    trade: Trade


class TradeTerms(msgspec.Struct, frozen=True):
    """A trade and the terms it was created under."""

    trade: Trade
    terms: Terms


def trades_of(tx: Tx, query: TradesQuery) -> list[Trade]:
    """Return a member's trades as a buyer or as a seller, the newest first."""
    return list_store.trades_of(
        tx.sql, query.member_id, query.side, query.state, query.before, _most(query.limit)
    )


def cases_of(tx: Tx, query: CasesQuery) -> list[Case]:
    """Return the cases of a member's trades as a buyer or as a seller, the newest first."""
    return list_store.cases_of(
        tx.sql, query.member_id, query.side, query.before, _most(query.limit)
    )


def cases_waiting(tx: Tx, query: WaitingQuery) -> list[Case]:
    """Return the cases that wait for an operator, the oldest first."""
    after_us = -1 if query.after_at is None else to_us(query.after_at)
    after = (query.after or UUID(int=0)).bytes
    return list_store.cases_waiting(tx.sql, after_us, after, _most(query.limit))


def authorisations_of(tx: Tx, query: AuthorisationsQuery) -> list[Authorisation]:
    """Return a member's authorisations as a payer or as a payee, the newest first."""
    return list_store.authorisations_of(
        tx.sql, query.member_id, query.side, query.state, query.before, _most(query.limit)
    )


def case_of_trade(tx: Tx, case_id: CaseId) -> CaseOfTrade:
    """Return a case and its trade. Raises: CaseOfTradeUnknown."""
    found = case(tx, case_id)
    return CaseOfTrade(found, trade(tx, found.trade_id))


def trade_terms(tx: Tx, trade_id: TradeId) -> TradeTerms:
    """Return a trade and its terms. Raises: TradeUnknown."""
    found = trade(tx, trade_id)
    return TradeTerms(found, store.load_terms(tx.sql, found.product))


def products(tx: Tx) -> list[Product]:
    """Return every product as it is now, by name."""
    return list_store.products(tx.sql)


def _most(limit: int) -> int:
    return max(1, min(limit, LISTED_MAX))

"""Pieces of guaranteed trade for tests of pure rules."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from venule.escrow import Goods, RoyaltyLine, SettlementId, Trade, TradeId, TradeKind, TradeState
from venule.kit.time import EPOCH
from venule.members import MemberId

SETTLEMENT = SettlementId(UUID(int=9))


def trade(amount: int, **how: Any) -> Trade:
    """An instant trade that was paid and settled."""
    it = Trade(
        TradeId(UUID(int=1)),
        "app",
        "T1",
        TradeKind.INSTANT,
        Goods.EXPRESS,
        1,
        True,
        MemberId(UUID(int=2)),
        MemberId(UUID(int=3)),
        2,
        3,
        "tea",
        amount,
        TradeState.SUCCESS,
        EPOCH,
        None,
        EPOCH,
        released_minor=amount,
        **how,
    )
    return it


def line(index: int, amount: int) -> RoyaltyLine:
    """A receiver's line of the settlement."""
    receiver = MemberId(UUID(int=100 + index))
    return RoyaltyLine(SETTLEMENT, index, receiver, 10 + index, amount, 0, "")

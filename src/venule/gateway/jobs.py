"""The work beside the requests: following the house's events, throwing away what is over."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from venule.gateway import grant_store, store
from venule.gateway.following import Follow, follow, is_behind
from venule.kit.home import Home
from venule.kit.time import to_us
from venule.ledger import Tx


def follow_events(home: Home[Tx]) -> int:
    """Read the next events of the house, if there are any; return how many were read."""
    if not home.read(is_behind):
        return 0
    return home.run(follow, Follow()).events


CLEAN_AT_ONCE: Final = 500
GRANTS_KEPT: Final = timedelta(days=30)


def clean_gateway(home: Home[Tx]) -> bool:
    """Throw away codes, tokens and nonces that are long over; return whether there may be more."""
    return home.run(purge, to_us(home.clock.now() - GRANTS_KEPT)) >= CLEAN_AT_ONCE


def purge(tx: Tx, before_us: int) -> int:
    """Delete what was over before an instant; return how much that was."""
    return (
        grant_store.delete_grants(tx.sql, before_us)
        + store.delete_nonces(tx.sql, before_us)
        + store.delete_codes(tx.sql, before_us)
    )

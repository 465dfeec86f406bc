"""Numbers of v3 requests: each is taken once, for as long as its time is taken."""

from __future__ import annotations

import msgspec

from venule.gateway import store
from venule.ledger import Tx


class SeeNonce(msgspec.Struct, frozen=True):
    """A verified request's number. until_us: when its time is no longer taken."""

    app_id: str
    nonce: str
    until_us: int


def see_nonce(tx: Tx, command: SeeNonce) -> bool:
    """Keep the number of a request; False if it was seen."""
    store.delete_nonces(tx.sql, tx.now_us)
    return store.insert_nonce(tx.sql, command.app_id, command.nonce, command.until_us)

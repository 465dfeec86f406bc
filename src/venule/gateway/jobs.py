"""The work beside the requests: following the house's events, and sending notifications."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from venule.gateway import grant_store, store
from venule.gateway.following import Follow, follow, is_behind
from venule.gateway.notifying import SEND, TIMEOUT_S, Keys, Notifier, Post
from venule.kit.home import Home
from venule.kit.jobs import Handler
from venule.kit.sending import ANY_PORT, Network, Policy, Sender
from venule.kit.time import Clock, to_us
from venule.ledger import Tx

SCHEMES: Final = frozenset({"http", "https"})


def follow_events(home: Home[Tx]) -> int:
    """Read the next events of the house, if there are any; return how many were read."""
    if not home.read(is_behind):
        return 0
    return home.run(follow, Follow()).events


def post_over(sender: Sender) -> Post:
    """Return a way to merchants' addresses."""

    def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        sent = sender.post(url, headers, body, timeout_s=TIMEOUT_S)
        return sent.status, sent.body

    return post


def merchants_policy(allowed: tuple[Network, ...] = ()) -> Policy:
    """Return where notifications may go: any port of the open internet, `http` too.

    Merchants of this protocol have such addresses; what is sent is signed. allowed: networks of
    the operator's own choice besides.
    """
    return Policy(schemes=SCHEMES, ports=ANY_PORT, allowed=allowed)


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


def gateway_jobs(home: Home[Tx], clock: Clock, keys: Keys, post: Post) -> dict[str, Handler]:
    """Return the handlers of the room's kinds of job, for a `JobRunner`."""

    def look(fn: Callable[[Tx, Any], Any], query: Any) -> Any:
        return home.read(lambda tx: fn(tx, query))

    return {SEND: Notifier(look, clock, keys, post)}

"""The lives of an endpoint and of a delivery, as tables."""

from __future__ import annotations

from typing import Final

from venule.webhooks.errors import DeliveryTransitionIllegal, EndpointTransitionIllegal
from venule.webhooks.model import DeliveryEvent as D
from venule.webhooks.model import DeliveryState as S
from venule.webhooks.model import EndpointEvent as E
from venule.webhooks.model import EndpointState as P

ENDPOINT: Final[dict[tuple[P, E], P]] = {
    (P.ENABLED, E.DISABLE): P.DISABLED,
    (P.ENABLED, E.GONE): P.DISABLED,
    (P.ENABLED, E.GIVE_UP): P.DISABLED,
    (P.ENABLED, E.REMOVE): P.REMOVED,
    (P.DISABLED, E.ENABLE): P.ENABLED,
    (P.DISABLED, E.REMOVE): P.REMOVED,
}

DELIVERY: Final[dict[tuple[S, D], S]] = {
    (S.WAITING, D.TURN): S.READY,
    (S.WAITING, D.GIVE_UP): S.DEAD,
    (S.READY, D.DELIVER): S.DELIVERED,
    (S.READY, D.RETRY): S.READY,
    (S.READY, D.GIVE_UP): S.DEAD,
    (S.DEAD, D.DELIVER): S.DELIVERED,  # an answer that came after it was given up
    (S.DEAD, D.REPLAY): S.READY,
    (S.DEAD, D.REPLAY_BEHIND): S.WAITING,
    (S.DELIVERED, D.REPLAY): S.READY,
    (S.DELIVERED, D.REPLAY_BEHIND): S.WAITING,
}


def advance_endpoint(state: P, event: E) -> P:
    """Return the state after an event. Raises: EndpointTransitionIllegal."""
    after = ENDPOINT.get((state, event))
    if after is None:
        raise EndpointTransitionIllegal(state, event)
    return after


def advance_delivery(state: S, event: D) -> S:
    """Return the state after an event. Raises: DeliveryTransitionIllegal."""
    after = DELIVERY.get((state, event))
    if after is None:
        raise DeliveryTransitionIllegal(state, event)
    return after

# Made from the description of the API by `make pages`; do not edit.
"""Structs of the group `webhooks`."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

import msgspec

from venule.client.shapes import Struct, Word


class DeliveryState(Word):
    """waiting: behind another one of the same object. ready: sent when due. dead: given up."""

    DEAD = "dead"
    DELIVERED = "delivered"
    READY = "ready"
    WAITING = "waiting"


class EndpointState(Word):
    """Enabled: is told. Disabled: is not, until somebody enables it. Removed: for good."""

    DISABLED = "disabled"
    ENABLED = "enabled"
    REMOVED = "removed"


class AttemptView(Struct, frozen=True, kw_only=True):
    """How an attempt ended. status: 0 without an answer. answer: its first bytes, as text."""

    number: int
    at: dt.datetime
    status: int
    took_ms: int
    answer: str
    error: str


class DeliveriesPage(Struct, frozen=True, kw_only=True):
    """Deliveries, the newest first."""

    items: list[DeliveryView]
    next_cursor: str | None


class DeliveryShown(Struct, frozen=True, kw_only=True):
    """A delivery with what is sent, exactly as it is signed, and its attempts."""

    delivery: DeliveryView
    body: str
    attempts: list[AttemptView]


class DeliveryView(Struct, frozen=True, kw_only=True):
    """A message on its way to an endpoint. message_id: the header `webhook-id`."""

    id: UUID
    endpoint_id: UUID
    message_id: str
    state: DeliveryState
    attempts: int
    due_at: dt.datetime | None
    ended_at: dt.datetime | None
    type: str | None = None


class EndpointBody(Struct, frozen=True, kw_only=True):
    """An endpoint to be."""

    url: str
    types: list[str] = msgspec.field(default_factory=list)
    description: str = ""


class EndpointChange(Struct, frozen=True, kw_only=True):
    """What to change; what is left out stays."""

    url: str | None = None
    types: list[str] | None = None
    description: str | None = None


class EndpointMade(Struct, frozen=True, kw_only=True):
    """An endpoint and its secret, which is shown this once."""

    endpoint: EndpointView
    secret: str


class EndpointView(Struct, frozen=True, kw_only=True):
    """An endpoint. reason: why it is disabled. failing_since: it has taken nothing since."""

    id: UUID
    url: str
    types: list[str]
    description: str
    state: EndpointState
    reason: str
    created_at: dt.datetime
    failing_since: dt.datetime | None
    resting_until: dt.datetime | None


class EndpointsView(Struct, frozen=True, kw_only=True):
    """An application's endpoints, the earliest first."""

    items: list[EndpointView]


class EventTypeView(Struct, frozen=True, kw_only=True):
    """An event that can be told. fields: of `data`."""

    type: str
    description: str
    fields: list[str]


class EventTypesView(Struct, frozen=True, kw_only=True):
    """All events, by type."""

    items: list[EventTypeView]


class ReplayedView(Struct, frozen=True, kw_only=True):
    """How many messages go out again; `more`: ask once more for the rest."""

    count: int
    more: bool


class RotateBody(Struct, frozen=True, kw_only=True):
    """For how long the secret before goes on, in seconds."""

    overlap_s: int = 86400


class UnreadView(Struct, frozen=True, kw_only=True):
    """An event that nobody could be told of."""

    seq: int
    name: str
    error: str
    seen_at: dt.datetime


class UnreadsView(Struct, frozen=True, kw_only=True):
    """Such events, the latest first."""

    items: list[UnreadView]

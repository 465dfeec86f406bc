"""What the operations of webhooks take and give, in JSON."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from venule.kit.http import Cursor, Shape, line_pattern
from venule.kit.sending import URL_CHARS_MAX
from venule.webhooks.catalogue import TYPES
from venule.webhooks.model import (
    DESCRIPTION_CHARS_MAX,
    OVERLAP_S,
    OVERLAP_S_MAX,
    PAGE_MAX,
    Attempt,
    Delivery,
    DeliveryId,
    DeliveryState,
    Endpoint,
    EndpointId,
    EndpointState,
)
from venule.webhooks.signing import message_name

Url = Annotated[
    str,
    msgspec.Meta(
        pattern="^https?://[!-~]+$",
        max_length=URL_CHARS_MAX,
        description="Where messages are sent: https, a host of the open internet.",
        examples=["https://shop.example.com/hooks/venule"],
    ),
]
EventType = Annotated[
    str, msgspec.Meta(extra_json_schema={"enum": sorted(TYPES)}, examples=["payment.paid"])
]
Types = Annotated[
    list[EventType],
    msgspec.Meta(max_length=len(TYPES), description="Of which events; empty: of all."),
]
Description = Annotated[str, msgspec.Meta(pattern=line_pattern(DESCRIPTION_CHARS_MAX, empty=True))]


class EndpointBody(Shape, frozen=True):
    """An endpoint to be."""

    url: Url
    types: Types = []  # noqa: RUF012  msgspec copies it
    description: Description = ""


class EndpointChange(Shape, frozen=True):
    """What to change; what is left out stays."""

    url: Url | None = None
    types: Types | None = None
    description: Description | None = None


class RotateBody(Shape, frozen=True):
    """For how long the secret before goes on, in seconds."""

    overlap_s: Annotated[int, msgspec.Meta(ge=0, le=OVERLAP_S_MAX)] = OVERLAP_S


class EndpointPath(msgspec.Struct, frozen=True):
    """Which endpoint."""

    endpoint_id: EndpointId


class DeliveryPath(msgspec.Struct, frozen=True):
    """Which delivery."""

    delivery_id: DeliveryId


class DeliveriesParams(Shape, frozen=True):
    """Which page of which deliveries; the newest first."""

    state: DeliveryState | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=PAGE_MAX - 1)] = 50
    cursor: Cursor | None = None


class EndpointView(msgspec.Struct, frozen=True):
    """An endpoint. reason: why it is disabled. failing_since: it has taken nothing since."""

    id: EndpointId
    url: str
    types: list[str]
    description: str
    state: EndpointState
    reason: str
    created_at: datetime
    failing_since: datetime | None
    resting_until: datetime | None


class EndpointMade(msgspec.Struct, frozen=True):
    """An endpoint and its secret, which is shown this once."""

    endpoint: EndpointView
    secret: str


class EndpointsView(msgspec.Struct, frozen=True):
    """An application's endpoints, the earliest first."""

    items: list[EndpointView]


class DeliveryView(msgspec.Struct, frozen=True):
    """A message on its way to an endpoint. message_id: the header `webhook-id`."""

    id: DeliveryId
    endpoint_id: EndpointId
    message_id: str
    state: DeliveryState
    attempts: int
    due_at: datetime | None
    ended_at: datetime | None
    type: str | None = None


class DeliveriesPage(msgspec.Struct, frozen=True):
    """Deliveries, the newest first."""

    items: list[DeliveryView]
    next_cursor: str | None


class AttemptView(msgspec.Struct, frozen=True):
    """How an attempt ended. status: 0 without an answer. answer: its first bytes, as text."""

    number: int
    at: datetime
    status: int
    took_ms: int
    answer: str
    error: str


class DeliveryShown(msgspec.Struct, frozen=True):
    """A delivery with what is sent, exactly as it is signed, and its attempts."""

    delivery: DeliveryView
    body: str
    attempts: list[AttemptView]


class ReplayedView(msgspec.Struct, frozen=True):
    """How many messages go out again; `more`: ask once more for the rest."""

    count: int
    more: bool


class EventTypeView(msgspec.Struct, frozen=True):
    """An event that can be told. fields: of `data`."""

    type: str
    description: str
    fields: list[str]


class EventTypesView(msgspec.Struct, frozen=True):
    """All events, by type."""

    items: list[EventTypeView]


class UnreadView(msgspec.Struct, frozen=True):
    """An event that nobody could be told of."""

    seq: int
    name: str
    error: str
    seen_at: datetime


class UnreadsView(msgspec.Struct, frozen=True):
    """Such events, the latest first."""

    items: list[UnreadView]


def view(it: Endpoint) -> EndpointView:
    """Return what is shown of an endpoint."""
    return EndpointView(
        it.id,
        it.url,
        list(it.types),
        it.description,
        it.state,
        it.reason,
        it.created_at,
        it.failing_since,
        it.resting_until,
    )


def delivery_view(it: Delivery, type_: str | None = None) -> DeliveryView:
    """Return what is shown of a delivery. type_: of its message."""
    return DeliveryView(
        it.id,
        it.endpoint_id,
        message_name(it.message_id),
        it.state,
        it.attempts,
        it.due_at,
        it.ended_at,
        type_,
    )


def attempt_view(it: Attempt) -> AttemptView:
    """Return what is shown of an attempt."""
    answer = it.answer.decode("utf-8", "replace")
    return AttemptView(it.number, it.at, it.status, it.took_ms, answer, it.error)

"""Types of the webhooks room: endpoints of applications, messages, deliveries and their attempts.

Instants are aware UTC (`..._at`), or microseconds since the Unix epoch (`..._us`).
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Final, NewType
from uuid import UUID

import msgspec

from venule.partners import ApplicationId

EndpointId = NewType("EndpointId", UUID)
MessageId = NewType("MessageId", UUID)
DeliveryId = NewType("DeliveryId", UUID)

ENDPOINTS_MAX: Final = 20
"""Of one application."""

DESCRIPTION_CHARS_MAX: Final = 200
ANSWER_BYTES_KEPT: Final = 256
ERROR_CHARS_KEPT: Final = 300
PAGE_MAX: Final = 200
REPLAYED_AT_ONCE: Final = 1_000
OVERLAP_S: Final = 86_400
OVERLAP_S_MAX: Final = 7 * 86_400


class EndpointState(Enum):
    """Enabled: is told. Disabled: is not, until somebody enables it. Removed: for good."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    REMOVED = "removed"


class EndpointEvent(Enum):
    """gone: it has answered 410. give_up: it has failed for too long."""

    ENABLE = "enable"
    DISABLE = "disable"
    GONE = "gone"
    GIVE_UP = "give_up"
    REMOVE = "remove"


class DeliveryState(Enum):
    """waiting: behind another one of the same object. ready: sent when due. dead: given up."""

    WAITING = "waiting"
    READY = "ready"
    DELIVERED = "delivered"
    DEAD = "dead"


class DeliveryEvent(Enum):
    """turn: the one before has ended. replay_behind: asked for again while others are under way."""

    TURN = "turn"
    DELIVER = "deliver"
    RETRY = "retry"
    GIVE_UP = "give_up"
    REPLAY = "replay"
    REPLAY_BEHIND = "replay_behind"


class Endpoint(msgspec.Struct, frozen=True):
    """Where an application wants to be told. `types`: public event types; empty: all.

    from_seq: it is told of the events after this one. failures: in a row, in rounds. failing_since:
    the first of them. resting_until: not called before. reason: why it is disabled.
    """

    id: EndpointId
    application_id: ApplicationId
    url: str
    description: str
    types: tuple[str, ...]
    state: EndpointState
    reason: str
    created_at: datetime
    from_seq: int = 0
    failures: int = 0
    failing_since: datetime | None = None
    resting_until: datetime | None = None


class Secret(msgspec.Struct, frozen=True):
    """A signing secret, sealed. `until_at`: when it ends, None for the newest."""

    number: int
    sealed: bytes
    made_at: datetime
    until_at: datetime | None


class Message(msgspec.Struct, frozen=True):
    """What is told: JSON, the same bytes for everybody and every attempt.

    seq: of the event, 0 of a ping. ref: the business object, 16 bytes.
    """

    id: MessageId
    seq: int
    type: str
    ref: bytes
    body: bytes
    made_at: datetime


class Delivery(msgspec.Struct, frozen=True):
    """A message on its way to an endpoint.

    attempts: so far, in all. tries: of these, since it was made or last asked for again; begun_at:
    when that round began. due_at: when it is ready.
    """

    id: DeliveryId
    endpoint_id: EndpointId
    message_id: MessageId
    ref: bytes
    seq: int
    state: DeliveryState
    attempts: int = 0
    tries: int = 0
    begun_at: datetime | None = None
    due_at: datetime | None = None
    ended_at: datetime | None = None


class Attempt(msgspec.Struct, frozen=True):
    """How an attempt ended. status: 0 without an answer; then `error` says why.

    answer: its first bytes. took_ms: in milliseconds.
    """

    number: int
    at: datetime
    status: int
    took_ms: int
    answer: bytes
    error: str


class ListedDelivery(msgspec.Struct, frozen=True):
    """A delivery as its owner sees it, with the type of its message."""

    delivery: Delivery
    type: str


# Commands and queries of an application's owner


class AddEndpoint(msgspec.Struct, frozen=True):
    """Tell an application of events from now on. `sealed_secret`: what messages are signed with."""

    application_id: ApplicationId
    url: str
    sealed_secret: bytes
    types: tuple[str, ...] = ()
    description: str = ""


class ChangeEndpoint(msgspec.Struct, frozen=True):
    """Change what is given."""

    application_id: ApplicationId
    endpoint_id: EndpointId
    url: str | None = None
    types: tuple[str, ...] | None = None
    description: str | None = None


class OfEndpoint(msgspec.Struct, frozen=True):
    """Names an endpoint, and whose it must be."""

    application_id: ApplicationId
    endpoint_id: EndpointId


class RotateSecret(msgspec.Struct, frozen=True):
    """Sign with a new secret, and for `overlap_s` seconds with the one before as well."""

    application_id: ApplicationId
    endpoint_id: EndpointId
    sealed_secret: bytes
    overlap_s: int = OVERLAP_S


class OfDelivery(msgspec.Struct, frozen=True):
    """Names a delivery, and whose it must be."""

    application_id: ApplicationId
    delivery_id: DeliveryId


class ListDeliveries(msgspec.Struct, frozen=True):
    """An endpoint's deliveries, the newest first, before one of them."""

    application_id: ApplicationId
    endpoint_id: EndpointId
    state: DeliveryState | None = None
    before: DeliveryId | None = None
    limit: int = 50


class DeliveryDetail(msgspec.Struct, frozen=True):
    """A delivery, what is delivered, and its attempts, the first one first."""

    delivery: Delivery
    message: Message
    attempts: list[Attempt]


class Replayed(msgspec.Struct, frozen=True):
    """How many dead deliveries go out again; `more`: ask once more for the rest."""

    count: int
    more: bool


class Unread(msgspec.Struct, frozen=True):
    """An event that nobody could be told of, because its own record is at odds."""

    seq: int
    name: str
    error: str
    seen_at: datetime


# What the dispatcher asks for


class Look(msgspec.Struct, frozen=True):
    """Is there anything to do now?"""


class Work(msgspec.Struct, frozen=True):
    """What there is: events not yet looked at; deliveries that are due for some endpoint."""

    events: bool
    due: bool


class FanOut(msgspec.Struct, frozen=True):
    """Look at so many events, at most."""

    limit: int


class FannedOut(msgspec.Struct, frozen=True):
    """events: looked at. messages, deliveries: made of them."""

    events: int
    messages: int
    deliveries: int


class Claim(msgspec.Struct, frozen=True):
    """Take deliveries that are due. busy: how many of an endpoint are on their way already.

    after: the endpoint that was served last; the others come first.
    """

    limit: int
    busy: dict[UUID, int] = {}
    after: EndpointId | None = None


class Sending(msgspec.Struct, frozen=True):
    """A delivery to be sent now, as attempt `number`. sealed: the secrets, the newest first."""

    delivery_id: DeliveryId
    endpoint_id: EndpointId
    message_id: MessageId
    number: int
    url: str
    sealed: tuple[bytes, ...]
    body: bytes
    claimed_us: int


class Result(msgspec.Struct, frozen=True):
    """How a sending ended. retry_after_s: what the other side asked for, None if nothing."""

    delivery_id: DeliveryId
    endpoint_id: EndpointId
    number: int
    at_us: int
    status: int
    took_ms: int
    answer: bytes = b""
    error: str = ""
    retry_after_s: int | None = None


class Record(msgspec.Struct, frozen=True):
    """Keep how sendings ended."""

    results: tuple[Result, ...]


class TurnOver(msgspec.Struct, frozen=True):
    """Keep how sendings ended and take the next ones, in one."""

    record: Record
    claim: Claim


class Purge(msgspec.Struct, frozen=True):
    """Forget what has long been over."""

    limit: int

"""What can go wrong with webhooks.

AppError
|-- BadInput
|   `-- EventTypeUnknown, OverlapOutOfRange
|-- NotFound
|   `-- EndpointUnknown, DeliveryUnknown
|-- Conflict
|   `-- EndpointDisabled
`-- Refused
    `-- TooManyEndpoints, EndpointTransitionIllegal, DeliveryTransitionIllegal
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from venule.kit.errors import BadInput, Conflict, NotFound, Refused, shorten
from venule.webhooks.model import DeliveryEvent, DeliveryState, EndpointEvent, EndpointState


@dataclass(eq=False)
class EventTypeUnknown(BadInput):
    """A filter names an event type that does not exist, or one twice."""

    seen: str
    slug = "event-type-unknown"

    @property
    def message(self) -> str:
        return f"expected each type of the event catalogue at most once, seen {shorten(self.seen)}"


@dataclass(eq=False)
class OverlapOutOfRange(BadInput):
    """A secret that is replaced goes on for some time, not for ever."""

    seconds_max: int
    seen: int
    slug = "overlap-out-of-range"

    @property
    def message(self) -> str:
        return f"expected 0 to {self.seconds_max} seconds of overlap, seen {self.seen}"


@dataclass(eq=False)
class EndpointUnknown(NotFound):
    """The application has no such endpoint."""

    endpoint_id: UUID
    slug = "endpoint-unknown"

    @property
    def message(self) -> str:
        return f"expected the id of an endpoint of this application, seen {self.endpoint_id}"


@dataclass(eq=False)
class DeliveryUnknown(NotFound):
    """The application has no such delivery."""

    delivery_id: UUID
    slug = "delivery-unknown"

    @property
    def message(self) -> str:
        return f"expected the id of a delivery to this application, seen {self.delivery_id}"


@dataclass(eq=False)
class EndpointDisabled(Conflict):
    """Nothing is sent to an endpoint that is disabled."""

    endpoint_id: UUID
    reason: str
    slug = "endpoint-disabled"

    @property
    def message(self) -> str:
        return (
            f"expected an enabled endpoint, seen {self.endpoint_id}, which is disabled: "
            f"{self.reason}"
        )


@dataclass(eq=False)
class TooManyEndpoints(Refused):
    """An application has as many endpoints as it may have."""

    endpoints_max: int
    slug = "too-many-endpoints"

    @property
    def message(self) -> str:
        return f"expected at most {self.endpoints_max} endpoints of an application, seen one more"


@dataclass(eq=False)
class EndpointTransitionIllegal(Refused):
    """What was asked for cannot happen to an endpoint in this state."""

    state: EndpointState
    event: EndpointEvent
    slug = "endpoint-transition-illegal"

    @property
    def message(self) -> str:
        return f"an endpoint that is {self.state.value} cannot take event {self.event.value!r}"


@dataclass(eq=False)
class DeliveryTransitionIllegal(Refused):
    """What was asked for cannot happen to a delivery in this state."""

    state: DeliveryState
    event: DeliveryEvent
    slug = "delivery-transition-illegal"

    @property
    def message(self) -> str:
        return f"a delivery that is {self.state.value} cannot take event {self.event.value!r}"

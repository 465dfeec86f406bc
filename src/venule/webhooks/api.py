"""An application's webhooks, over HTTP: endpoints, secrets, deliveries, the catalogue of events.

An application sees its own alone; what is another's answers as if there were no such thing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from venule.kit.errors import Refused
from venule.kit.http import (
    ANYONE,
    PARTNER,
    STAFF,
    Call,
    Route,
    give_cursor,
    take_cursor,
)
from venule.kit.sending import Policy, UrlRefused, check_url
from venule.kit.vault import Vault
from venule.partners import ApplicationId
from venule.webhooks import service
from venule.webhooks.api_shapes import (
    DeliveriesPage,
    DeliveriesParams,
    DeliveryPath,
    DeliveryShown,
    DeliveryView,
    EndpointBody,
    EndpointChange,
    EndpointMade,
    EndpointPath,
    EndpointsView,
    EndpointView,
    EventTypesView,
    EventTypeView,
    ReplayedView,
    RotateBody,
    UnreadsView,
    UnreadView,
    attempt_view,
    delivery_view,
    view,
)
from venule.webhooks.catalogue import PING, TYPES
from venule.webhooks.errors import (
    DeliveryTransitionIllegal,
    DeliveryUnknown,
    EndpointDisabled,
    EndpointTransitionIllegal,
    EndpointUnknown,
    TooManyEndpoints,
)
from venule.webhooks.model import (
    ENDPOINTS_MAX,
    OVERLAP_S,
    PAGE_MAX,
    AddEndpoint,
    ChangeEndpoint,
    DeliveryId,
    ListDeliveries,
    OfDelivery,
    OfEndpoint,
    RotateSecret,
)
from venule.webhooks.signing import new_secret

TAG: Final = "webhooks"
SCOPE: Final = "webhooks.manage"


@dataclass(eq=False)
class EndpointUrlRefused(Refused):
    """Nothing is sent to this URL: its scheme, port or host is not one that may be called."""

    url: str
    reason: str
    slug = "endpoint-url-refused"

    @property
    def message(self) -> str:
        return self.reason


def _who(call: Call[Any, Any, Any]) -> ApplicationId:
    return ApplicationId(call.who.id)


def _of(call: Call[Any, Any, EndpointPath]) -> OfEndpoint:
    return OfEndpoint(_who(call), call.path.endpoint_id)


class _Making:
    """Operations that need more than a door: where requests may go, and how secrets are made."""

    def __init__(self, vault: Vault, policy: Policy, draw: Callable[[int], bytes]) -> None:
        self._vault = vault
        self._policy = policy
        self._draw = draw

    def _check(self, url: str) -> str:
        try:
            check_url(url, self._policy)
        except UrlRefused as error:
            raise EndpointUrlRefused(url, error.message) from None
        return url

    async def add_webhook_endpoint(self, call: Call[EndpointBody, None, None]) -> EndpointMade:
        """Add an endpoint."""
        body = call.body
        secret, sealed = new_secret(self._vault, self._draw)
        url, types = self._check(body.url), tuple(sorted({*body.types}))
        command = AddEndpoint(_who(call), url, sealed, types, body.description)
        return EndpointMade(view(await call.door.acall(service.add_endpoint, command)), secret)

    async def change_webhook_endpoint(
        self, call: Call[EndpointChange, None, EndpointPath]
    ) -> EndpointView:
        """Change an endpoint."""
        body = call.body
        url = None if body.url is None else self._check(body.url)
        types = None if body.types is None else tuple(sorted({*body.types}))
        command = ChangeEndpoint(_who(call), call.path.endpoint_id, url, types, body.description)
        return view(await call.door.acall(service.change_endpoint, command))

    async def rotate_webhook_secret(
        self, call: Call[RotateBody, None, EndpointPath]
    ) -> EndpointMade:
        """Give an endpoint a new secret."""
        secret, sealed = new_secret(self._vault, self._draw)
        of = _of(call)
        command = RotateSecret(of.application_id, of.endpoint_id, sealed, call.body.overlap_s)
        await call.door.acall(service.rotate_secret, command)
        return EndpointMade(view(await call.door.aread(service.endpoint, of)), secret)


async def list_webhook_endpoints(call: Call[None, None, None]) -> EndpointsView:
    """List the application's endpoints."""
    found = await call.door.aread(service.endpoints, _who(call))
    return EndpointsView([view(each) for each in found])


async def show_webhook_endpoint(call: Call[None, None, EndpointPath]) -> EndpointView:
    """Show an endpoint."""
    return view(await call.door.aread(service.endpoint, _of(call)))


async def remove_webhook_endpoint(call: Call[None, None, EndpointPath]) -> EndpointView:
    """Remove an endpoint for good."""
    return view(await call.door.acall(service.remove_endpoint, _of(call)))


async def enable_webhook_endpoint(call: Call[None, None, EndpointPath]) -> EndpointView:
    """Tell an endpoint again."""
    return view(await call.door.acall(service.enable_endpoint, _of(call)))


async def disable_webhook_endpoint(call: Call[None, None, EndpointPath]) -> EndpointView:
    """Stop telling an endpoint."""
    return view(await call.door.acall(service.disable_endpoint, _of(call)))


async def ping_webhook_endpoint(call: Call[None, None, EndpointPath]) -> DeliveryView:
    """Send a message to test with."""
    return delivery_view(await call.door.acall(service.ping, _of(call)), PING)


async def replay_dead_webhooks(call: Call[None, None, EndpointPath]) -> ReplayedView:
    """Send what an endpoint has missed once more."""
    done = await call.door.acall(service.replay_dead, _of(call))
    return ReplayedView(done.count, done.more)


async def list_webhook_deliveries(
    call: Call[None, DeliveriesParams, EndpointPath],
) -> DeliveriesPage:
    """List an endpoint's deliveries."""
    query, of = call.query, _of(call)
    before = None if query.cursor is None else take_cursor(query.cursor, DeliveryId)
    asked = ListDeliveries(of.application_id, of.endpoint_id, query.state, before, query.limit + 1)
    found = await call.door.aread(service.deliveries, asked)
    page = found[: query.limit]
    more = give_cursor(page[-1].delivery.id) if len(found) > len(page) else None
    return DeliveriesPage([delivery_view(each.delivery, each.type) for each in page], more)


async def show_webhook_delivery(call: Call[None, None, DeliveryPath]) -> DeliveryShown:
    """Show a delivery."""
    of = OfDelivery(_who(call), call.path.delivery_id)
    found = await call.door.aread(service.delivery, of)
    return DeliveryShown(
        delivery_view(found.delivery, found.message.type),
        found.message.body.decode(),
        [attempt_view(each) for each in found.attempts],
    )


async def replay_webhook_delivery(call: Call[None, None, DeliveryPath]) -> DeliveryView:
    """Send a message once more."""
    of = OfDelivery(_who(call), call.path.delivery_id)
    return delivery_view(await call.door.acall(service.replay, of))


async def list_webhook_event_types(call: Call[None, None, None]) -> EventTypesView:
    """List the events that can be told."""
    return EventTypesView(
        [
            EventTypeView(name, entry.says, list(entry.shape.__struct_fields__))
            for name, entry in sorted(TYPES.items())
        ]
    )


async def list_unread_events(call: Call[None, None, None]) -> UnreadsView:
    """List events that nobody could be told of."""
    found = await call.door.aread(service.unread, PAGE_MAX)
    return UnreadsView([UnreadView(e.seq, e.name, e.error, e.seen_at) for e in found])


_ENDPOINT: Final = {
    "id": str(UUID(int=1)),
    "url": "https://shop.example.com/hooks/venule",
    "types": ["payment.paid"],
    "description": "the till",
    "state": "enabled",
    "reason": "",
    "created_at": "2014-03-10T01:00:00Z",
    "failing_since": None,
    "resting_until": None,
}
_DELIVERY: Final = {
    "id": str(UUID(int=2)),
    "endpoint_id": str(UUID(int=1)),
    "message_id": f"msg_{UUID(int=3).hex}",
    "state": "dead",
    "attempts": 11,
    "due_at": None,
    "ended_at": "2014-03-13T01:00:00Z",
    "type": "payment.paid",
}
_MADE: Final = {"endpoint": _ENDPOINT, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}
_ATTEMPT: Final = {
    "number": 1,
    "at": "2014-03-10T01:00:00Z",
    "status": 503,
    "took_ms": 41,
    "answer": "closed",
    "error": "",
}
_ENDPOINTS: Final = "/v1/webhook-endpoints"
_ONE: Final = _ENDPOINTS + "/{endpoint_id}"
_DELIVERIES: Final = "/v1/webhook-deliveries/{delivery_id}"
_OURS: Final[dict[str, Any]] = {"who": PARTNER, "needs": SCOPE, "tag": TAG}


def webhook_routes(vault: Vault, policy: Policy, draw: Callable[[int], bytes]) -> list[Route]:
    """Return the operations of the room.

    policy: where messages may be sent. draw: gives so many random bytes, for secrets.
    """
    return [*_making_routes(_Making(vault, policy, draw)), *_endpoint_routes(), *_other_routes()]


def _making_routes(making: _Making) -> list[Route]:
    return [
        Route(
            method="POST", path=_ENDPOINTS, handler=making.add_webhook_endpoint,
            body=EndpointBody, answer=EndpointMade, status=201,
            summary="Add an endpoint; its secret is shown this once.",
            description=f"At most {ENDPOINTS_MAX} of an application.",
            errors=(EndpointUrlRefused, TooManyEndpoints),
            examples={
                "body": {"url": _ENDPOINT["url"], "types": ["payment.paid"]}, "answer": _MADE,
            }, **_OURS,
        ),
        Route(
            method="PATCH", path=_ONE, handler=making.change_webhook_endpoint,
            body=EndpointChange, takes_path=EndpointPath, answer=EndpointView,
            summary="Change an endpoint; what is on its way goes to the new URL.",
            errors=(EndpointUrlRefused, EndpointUnknown),
            examples={"body": {"description": "the till"}, "answer": _ENDPOINT}, **_OURS,
        ),
        Route(
            method="POST", path=_ONE + "/rotate-secret", handler=making.rotate_webhook_secret,
            body=RotateBody, takes_path=EndpointPath, answer=EndpointMade,
            summary="Sign with a new secret, and for some time with the one before as well.",
            errors=(EndpointUnknown,),
            examples={"body": {"overlap_s": OVERLAP_S}, "answer": _MADE}, **_OURS,
        ),
    ]  # fmt: skip


def _endpoint_routes() -> list[Route]:
    one: dict[str, Any] = {"takes_path": EndpointPath, **_OURS}
    return [
        Route(
            method="GET", path=_ENDPOINTS, handler=list_webhook_endpoints, answer=EndpointsView,
            summary="List the application's endpoints.",
            examples={"answer": {"items": [_ENDPOINT]}}, **_OURS,
        ),
        Route(
            method="GET", path=_ONE, handler=show_webhook_endpoint, answer=EndpointView,
            summary="Show an endpoint.", errors=(EndpointUnknown,),
            examples={"answer": _ENDPOINT}, **one,
        ),
        Route(
            method="DELETE", path=_ONE, handler=remove_webhook_endpoint, answer=EndpointView,
            summary="Remove an endpoint for good, with its secrets.", errors=(EndpointUnknown,),
            examples={"answer": _ENDPOINT | {"state": "removed", "reason": "by its owner"}}, **one,
        ),
        Route(
            method="POST", path=_ONE + "/enable", handler=enable_webhook_endpoint,
            answer=EndpointView, summary="Tell a disabled endpoint of what happens from now on.",
            errors=(EndpointUnknown, EndpointTransitionIllegal),
            examples={"answer": _ENDPOINT}, **one,
        ),
        Route(
            method="POST", path=_ONE + "/disable", handler=disable_webhook_endpoint,
            answer=EndpointView, summary="Stop telling an endpoint; what was on its way is dead.",
            errors=(EndpointUnknown, EndpointTransitionIllegal),
            examples={"answer": _ENDPOINT | {"state": "disabled", "reason": "by its owner"}}, **one,
        ),
        Route(
            method="POST", path=_ONE + "/ping", handler=ping_webhook_endpoint,
            answer=DeliveryView, status=201, summary="Send a message to test with.",
            errors=(EndpointUnknown, EndpointDisabled),
            examples={"answer": _DELIVERY | {
                "state": "ready", "attempts": 0, "due_at": "2014-03-10T01:00:00Z",
                "ended_at": None, "type": PING,
            }}, **one,
        ),
        Route(
            method="POST", path=_ONE + "/replay-dead", handler=replay_dead_webhooks,
            answer=ReplayedView,
            summary="Send what an endpoint has missed once more, in the order of the events.",
            errors=(EndpointUnknown, EndpointDisabled),
            examples={"answer": {"count": 12, "more": False}}, **one,
        ),
        Route(
            method="GET", path=_ONE + "/deliveries", handler=list_webhook_deliveries,
            query=DeliveriesParams, answer=DeliveriesPage,
            summary="List an endpoint's deliveries, the newest first.", errors=(EndpointUnknown,),
            examples={"answer": {"items": [_DELIVERY], "next_cursor": None}}, **one,
        ),
    ]  # fmt: skip


def _other_routes() -> list[Route]:
    one: dict[str, Any] = {"takes_path": DeliveryPath, **_OURS}
    return [
        Route(
            method="GET", path=_DELIVERIES, handler=show_webhook_delivery, answer=DeliveryShown,
            summary="Show a delivery: what is sent, and how each attempt ended.",
            errors=(DeliveryUnknown,),
            examples={"answer": {
                "delivery": _DELIVERY, "body": '{"type":"payment.paid"}', "attempts": [_ATTEMPT],
            }}, **one,
        ),
        Route(
            method="POST", path=_DELIVERIES + "/replay", handler=replay_webhook_delivery,
            answer=DeliveryView,
            summary="Send a message that has ended once more, under its own id.",
            errors=(DeliveryUnknown, EndpointDisabled, DeliveryTransitionIllegal),
            examples={"answer": _DELIVERY | {
                "state": "ready", "due_at": "2014-03-14T01:00:00Z", "ended_at": None,
            }}, **one,
        ),
        Route(
            method="GET", path="/v1/webhook-event-types", handler=list_webhook_event_types,
            answer=EventTypesView, who=ANYONE, tag=TAG, etag=True,
            summary="List the events that applications can be told of.",
            examples={"answer": {"items": [{
                "type": "payment.paid", "description": "A member has paid a merchant.",
                "fields": ["payment_id"],
            }]}},
        ),
        Route(
            method="GET", path="/v1/webhook-unread", handler=list_unread_events,
            answer=UnreadsView, who=STAFF, needs="audit.read", tag=TAG,
            summary="List events that nobody could be told of, since their record is at odds.",
            examples={"answer": {"items": [{
                "seq": 7, "name": "wallet.paid", "error": "ValidationError: ...",
                "seen_at": "2014-03-10T01:00:00Z",
            }]}},
        ),
    ]  # fmt: skip

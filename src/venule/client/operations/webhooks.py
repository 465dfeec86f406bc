# Made from the description of the API by `make pages`; do not edit.
"""Operations of the group `webhooks`."""

from __future__ import annotations

from uuid import UUID

from venule.client import models
from venule.client.ports import AsyncSender, Sender
from venule.client.shapes import Ask, part


class WebhooksOperations:
    """What can be asked for."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def show_webhook_delivery(self, delivery_id: UUID | str) -> models.DeliveryShown:
        """Show a delivery: what is sent, and how each attempt ended.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `GET /v1/webhook-deliveries/{delivery_id}`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/webhook-deliveries/{part(delivery_id)}",
                gives=models.DeliveryShown,
            )
        )

    def replay_webhook_delivery(self, delivery_id: UUID | str) -> models.DeliveryView:
        """Send a message that has ended once more, under its own id.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `POST /v1/webhook-deliveries/{delivery_id}/replay`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/webhook-deliveries/{part(delivery_id)}/replay",
                gives=models.DeliveryView,
            )
        )

    def add_webhook_endpoint(self, body: models.EndpointBody) -> models.EndpointMade:
        """Add an endpoint; its secret is shown this once.

        At most 20 of an application.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `POST /v1/webhook-endpoints`
        """
        return self._sender.send(
            Ask(method="POST", path="/v1/webhook-endpoints", gives=models.EndpointMade, body=body)
        )

    def list_webhook_endpoints(self) -> models.EndpointsView:
        """List the application's endpoints.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `GET /v1/webhook-endpoints`
        """
        return self._sender.send(
            Ask(method="GET", path="/v1/webhook-endpoints", gives=models.EndpointsView)
        )

    def change_webhook_endpoint(
        self, endpoint_id: UUID | str, body: models.EndpointChange
    ) -> models.EndpointView:
        """Change an endpoint; what is on its way goes to the new URL.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `PATCH /v1/webhook-endpoints/{endpoint_id}`
        """
        return self._sender.send(
            Ask(
                method="PATCH",
                path=f"/v1/webhook-endpoints/{part(endpoint_id)}",
                gives=models.EndpointView,
                body=body,
            )
        )

    def show_webhook_endpoint(self, endpoint_id: UUID | str) -> models.EndpointView:
        """Show an endpoint.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `GET /v1/webhook-endpoints/{endpoint_id}`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/webhook-endpoints/{part(endpoint_id)}",
                gives=models.EndpointView,
            )
        )

    def remove_webhook_endpoint(self, endpoint_id: UUID | str) -> models.EndpointView:
        """Remove an endpoint for good, with its secrets.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `DELETE /v1/webhook-endpoints/{endpoint_id}`
        """
        return self._sender.send(
            Ask(
                method="DELETE",
                path=f"/v1/webhook-endpoints/{part(endpoint_id)}",
                gives=models.EndpointView,
            )
        )

    def list_webhook_deliveries(
        self,
        endpoint_id: UUID | str,
        *,
        state: models.DeliveryState | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> models.DeliveriesPage:
        """List an endpoint's deliveries, the newest first.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `GET /v1/webhook-endpoints/{endpoint_id}/deliveries`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/webhook-endpoints/{part(endpoint_id)}/deliveries",
                gives=models.DeliveriesPage,
                query={"state": state, "limit": limit, "cursor": cursor},
            )
        )

    def disable_webhook_endpoint(self, endpoint_id: UUID | str) -> models.EndpointView:
        """Stop telling an endpoint; what was on its way is dead.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `POST /v1/webhook-endpoints/{endpoint_id}/disable`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/webhook-endpoints/{part(endpoint_id)}/disable",
                gives=models.EndpointView,
            )
        )

    def enable_webhook_endpoint(self, endpoint_id: UUID | str) -> models.EndpointView:
        """Tell a disabled endpoint of what happens from now on.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `POST /v1/webhook-endpoints/{endpoint_id}/enable`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/webhook-endpoints/{part(endpoint_id)}/enable",
                gives=models.EndpointView,
            )
        )

    def ping_webhook_endpoint(self, endpoint_id: UUID | str) -> models.DeliveryView:
        """Send a message to test with.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `POST /v1/webhook-endpoints/{endpoint_id}/ping`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/webhook-endpoints/{part(endpoint_id)}/ping",
                gives=models.DeliveryView,
            )
        )

    def replay_dead_webhooks(self, endpoint_id: UUID | str) -> models.ReplayedView:
        """Send what an endpoint has missed once more, in the order of the events.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `POST /v1/webhook-endpoints/{endpoint_id}/replay-dead`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/webhook-endpoints/{part(endpoint_id)}/replay-dead",
                gives=models.ReplayedView,
            )
        )

    def rotate_webhook_secret(
        self, endpoint_id: UUID | str, body: models.RotateBody
    ) -> models.EndpointMade:
        """Sign with a new secret, and for some time with the one before as well.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `POST /v1/webhook-endpoints/{endpoint_id}/rotate-secret`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/webhook-endpoints/{part(endpoint_id)}/rotate-secret",
                gives=models.EndpointMade,
                body=body,
            )
        )

    def list_webhook_event_types(self) -> models.EventTypesView:
        """List the events that applications can be told of.

        `GET /v1/webhook-event-types`
        """
        return self._sender.send(
            Ask(method="GET", path="/v1/webhook-event-types", gives=models.EventTypesView)
        )

    def list_unread_events(self) -> models.UnreadsView:
        """List events that nobody could be told of, since their record is at odds.

        Callers: staff.

        Needs `audit.read` (of partners and staff).

        `GET /v1/webhook-unread`
        """
        return self._sender.send(
            Ask(method="GET", path="/v1/webhook-unread", gives=models.UnreadsView)
        )


class AsyncWebhooksOperations:
    """What can be asked for; each answer is awaited."""

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    async def show_webhook_delivery(self, delivery_id: UUID | str) -> models.DeliveryShown:
        """Show a delivery: what is sent, and how each attempt ended.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `GET /v1/webhook-deliveries/{delivery_id}`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/webhook-deliveries/{part(delivery_id)}",
                gives=models.DeliveryShown,
            )
        )

    async def replay_webhook_delivery(self, delivery_id: UUID | str) -> models.DeliveryView:
        """Send a message that has ended once more, under its own id.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `POST /v1/webhook-deliveries/{delivery_id}/replay`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/webhook-deliveries/{part(delivery_id)}/replay",
                gives=models.DeliveryView,
            )
        )

    async def add_webhook_endpoint(self, body: models.EndpointBody) -> models.EndpointMade:
        """Add an endpoint; its secret is shown this once.

        At most 20 of an application.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `POST /v1/webhook-endpoints`
        """
        return await self._sender.send(
            Ask(method="POST", path="/v1/webhook-endpoints", gives=models.EndpointMade, body=body)
        )

    async def list_webhook_endpoints(self) -> models.EndpointsView:
        """List the application's endpoints.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `GET /v1/webhook-endpoints`
        """
        return await self._sender.send(
            Ask(method="GET", path="/v1/webhook-endpoints", gives=models.EndpointsView)
        )

    async def change_webhook_endpoint(
        self, endpoint_id: UUID | str, body: models.EndpointChange
    ) -> models.EndpointView:
        """Change an endpoint; what is on its way goes to the new URL.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `PATCH /v1/webhook-endpoints/{endpoint_id}`
        """
        return await self._sender.send(
            Ask(
                method="PATCH",
                path=f"/v1/webhook-endpoints/{part(endpoint_id)}",
                gives=models.EndpointView,
                body=body,
            )
        )

    async def show_webhook_endpoint(self, endpoint_id: UUID | str) -> models.EndpointView:
        """Show an endpoint.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `GET /v1/webhook-endpoints/{endpoint_id}`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/webhook-endpoints/{part(endpoint_id)}",
                gives=models.EndpointView,
            )
        )

    async def remove_webhook_endpoint(self, endpoint_id: UUID | str) -> models.EndpointView:
        """Remove an endpoint for good, with its secrets.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `DELETE /v1/webhook-endpoints/{endpoint_id}`
        """
        return await self._sender.send(
            Ask(
                method="DELETE",
                path=f"/v1/webhook-endpoints/{part(endpoint_id)}",
                gives=models.EndpointView,
            )
        )

    async def list_webhook_deliveries(
        self,
        endpoint_id: UUID | str,
        *,
        state: models.DeliveryState | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> models.DeliveriesPage:
        """List an endpoint's deliveries, the newest first.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `GET /v1/webhook-endpoints/{endpoint_id}/deliveries`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/webhook-endpoints/{part(endpoint_id)}/deliveries",
                gives=models.DeliveriesPage,
                query={"state": state, "limit": limit, "cursor": cursor},
            )
        )

    async def disable_webhook_endpoint(self, endpoint_id: UUID | str) -> models.EndpointView:
        """Stop telling an endpoint; what was on its way is dead.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `POST /v1/webhook-endpoints/{endpoint_id}/disable`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/webhook-endpoints/{part(endpoint_id)}/disable",
                gives=models.EndpointView,
            )
        )

    async def enable_webhook_endpoint(self, endpoint_id: UUID | str) -> models.EndpointView:
        """Tell a disabled endpoint of what happens from now on.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `POST /v1/webhook-endpoints/{endpoint_id}/enable`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/webhook-endpoints/{part(endpoint_id)}/enable",
                gives=models.EndpointView,
            )
        )

    async def ping_webhook_endpoint(self, endpoint_id: UUID | str) -> models.DeliveryView:
        """Send a message to test with.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `POST /v1/webhook-endpoints/{endpoint_id}/ping`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/webhook-endpoints/{part(endpoint_id)}/ping",
                gives=models.DeliveryView,
            )
        )

    async def replay_dead_webhooks(self, endpoint_id: UUID | str) -> models.ReplayedView:
        """Send what an endpoint has missed once more, in the order of the events.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `POST /v1/webhook-endpoints/{endpoint_id}/replay-dead`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/webhook-endpoints/{part(endpoint_id)}/replay-dead",
                gives=models.ReplayedView,
            )
        )

    async def rotate_webhook_secret(
        self, endpoint_id: UUID | str, body: models.RotateBody
    ) -> models.EndpointMade:
        """Sign with a new secret, and for some time with the one before as well.

        Callers: partner.

        Needs `webhooks.manage` (of partners and staff).

        `POST /v1/webhook-endpoints/{endpoint_id}/rotate-secret`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/webhook-endpoints/{part(endpoint_id)}/rotate-secret",
                gives=models.EndpointMade,
                body=body,
            )
        )

    async def list_webhook_event_types(self) -> models.EventTypesView:
        """List the events that applications can be told of.

        `GET /v1/webhook-event-types`
        """
        return await self._sender.send(
            Ask(method="GET", path="/v1/webhook-event-types", gives=models.EventTypesView)
        )

    async def list_unread_events(self) -> models.UnreadsView:
        """List events that nobody could be told of, since their record is at odds.

        Callers: staff.

        Needs `audit.read` (of partners and staff).

        `GET /v1/webhook-unread`
        """
        return await self._sender.send(
            Ask(method="GET", path="/v1/webhook-unread", gives=models.UnreadsView)
        )

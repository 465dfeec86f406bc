# Made from the description of the API by `make pages`; do not edit.
"""Operations of the group `sandbox`."""

from __future__ import annotations

from venule.client import models
from venule.client.ports import AsyncSender, Sender
from venule.client.shapes import Ask


class SandboxOperations:
    """What can be asked for."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def authorise(self, body: models.PlayConsent) -> models.PlayedConsent:
        """Consent to what an application asks for.

        `POST /v1/sandbox/gateway/authorise`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/sandbox/gateway/authorise",
                gives=models.PlayedConsent,
                body=body,
            )
        )

    def confirm(self, body: models.PlayBuyer) -> models.PlayedTrade:
        """Confirm receipt.

        `POST /v1/sandbox/gateway/confirm`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/sandbox/gateway/confirm",
                gives=models.PlayedTrade,
                body=body,
            )
        )

    def pay(self, body: models.PlayBuyer) -> models.PlayedTrade:
        """Pay an order.

        `POST /v1/sandbox/gateway/pay`
        """
        return self._sender.send(
            Ask(method="POST", path="/v1/sandbox/gateway/pay", gives=models.PlayedTrade, body=body)
        )

    def code(self, body: models.PlayCode) -> models.PlayedCode:
        """Show a payment code.

        `POST /v1/sandbox/gateway/paycode`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/sandbox/gateway/paycode",
                gives=models.PlayedCode,
                body=body,
            )
        )

    def ship(self, body: models.PlayShipping) -> models.PlayedTrade:
        """Ship goods.

        `POST /v1/sandbox/gateway/ship`
        """
        return self._sender.send(
            Ask(method="POST", path="/v1/sandbox/gateway/ship", gives=models.PlayedTrade, body=body)
        )


class AsyncSandboxOperations:
    """What can be asked for; each answer is awaited."""

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    async def authorise(self, body: models.PlayConsent) -> models.PlayedConsent:
        """Consent to what an application asks for.

        `POST /v1/sandbox/gateway/authorise`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/sandbox/gateway/authorise",
                gives=models.PlayedConsent,
                body=body,
            )
        )

    async def confirm(self, body: models.PlayBuyer) -> models.PlayedTrade:
        """Confirm receipt.

        `POST /v1/sandbox/gateway/confirm`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/sandbox/gateway/confirm",
                gives=models.PlayedTrade,
                body=body,
            )
        )

    async def pay(self, body: models.PlayBuyer) -> models.PlayedTrade:
        """Pay an order.

        `POST /v1/sandbox/gateway/pay`
        """
        return await self._sender.send(
            Ask(method="POST", path="/v1/sandbox/gateway/pay", gives=models.PlayedTrade, body=body)
        )

    async def code(self, body: models.PlayCode) -> models.PlayedCode:
        """Show a payment code.

        `POST /v1/sandbox/gateway/paycode`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/sandbox/gateway/paycode",
                gives=models.PlayedCode,
                body=body,
            )
        )

    async def ship(self, body: models.PlayShipping) -> models.PlayedTrade:
        """Ship goods.

        `POST /v1/sandbox/gateway/ship`
        """
        return await self._sender.send(
            Ask(method="POST", path="/v1/sandbox/gateway/ship", gives=models.PlayedTrade, body=body)
        )

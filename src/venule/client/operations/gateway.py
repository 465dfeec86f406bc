# Made from the description of the API by `make pages`; do not edit.
"""Operations of the group `gateway`."""

from __future__ import annotations

from uuid import UUID

from venule.client import models
from venule.client.ports import AsyncSender, Sender
from venule.client.shapes import Ask, part


class GatewayOperations:
    """What can be asked for."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def open_gateway_app(
        self, body: models.AppBody, *, idempotency_key: str | None = None
    ) -> models.AppView:
        """Open an application of a merchant.

        Callers: person, staff.

        Needs `partners.operate` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/gateway/apps`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/gateway/apps",
                gives=models.AppView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def list_gateway_apps(self, *, seller_id: UUID | None = None) -> models.AppsView:
        """List a merchant's applications.

        Callers: person, staff.

        Needs `partners.operate` (of partners and staff).

        `GET /v1/gateway/apps`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path="/v1/gateway/apps",
                gives=models.AppsView,
                query={"seller_id": seller_id},
            )
        )

    def show_gateway_app(self, app_id: str) -> models.AppView:
        """Show an application, and what its SDK is set up with.

        Callers: person, staff.

        Needs `partners.operate` (of partners and staff).

        `GET /v1/gateway/apps/{app_id}`
        """
        return self._sender.send(
            Ask(method="GET", path=f"/v1/gateway/apps/{part(app_id)}", gives=models.AppView)
        )

    def set_gateway_app(self, app_id: str, body: models.SettingsBody) -> models.AppView:
        """Set what an application may do.

        Callers: staff.

        Needs `partners.operate` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `PATCH /v1/gateway/apps/{app_id}`
        """
        return self._sender.send(
            Ask(
                method="PATCH",
                path=f"/v1/gateway/apps/{part(app_id)}",
                gives=models.AppView,
                body=body,
            )
        )

    def renew_gateway_aes_key(self, app_id: str) -> models.SecretView:
        """Make a new key for encrypted content; shown once.

        Callers: person, staff.

        Needs `partners.operate` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `POST /v1/gateway/apps/{app_id}/aes-key`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/gateway/apps/{part(app_id)}/aes-key",
                gives=models.SecretView,
            )
        )

    def certify_gateway_app(self, app_id: str, body: models.RequestBody) -> models.CertificatesView:
        """Issue a certificate; the application calls in that mode from then on.

        Callers: person, staff.

        Needs `partners.operate` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `POST /v1/gateway/apps/{app_id}/certificate`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/gateway/apps/{part(app_id)}/certificate",
                gives=models.CertificatesView,
                body=body,
            )
        )

    def let_into_classic(self, app_id: str) -> models.SecretView:
        """Let a partner into the classic interface; its key is shown once.

        Callers: staff.

        Needs `partners.operate` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `POST /v1/gateway/apps/{app_id}/classic`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/gateway/apps/{part(app_id)}/classic",
                gives=models.SecretView,
            )
        )

    def list_failed_notices(self, app_id: str) -> models.NoticesView:
        """List what an application could not be told.

        Callers: person, staff.

        Needs `partners.operate` (of partners and staff).

        `GET /v1/gateway/apps/{app_id}/failed-notices`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/gateway/apps/{part(app_id)}/failed-notices",
                gives=models.NoticesView,
            )
        )

    def set_gateway_keys(self, app_id: str, body: models.KeysBody) -> models.AppView:
        """Put other public keys in force.

        Callers: person, staff.

        Needs `partners.operate` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `PUT /v1/gateway/apps/{app_id}/keys`
        """
        return self._sender.send(
            Ask(
                method="PUT",
                path=f"/v1/gateway/apps/{part(app_id)}/keys",
                gives=models.AppView,
                body=body,
            )
        )

    def send_notice_again(self, app_id: str, notice_id: UUID | str) -> models.NoticeView:
        """Try once more.

        Callers: person, staff.

        Needs `partners.operate` (of partners and staff).

        `POST /v1/gateway/apps/{app_id}/notices/{notice_id}/send-again`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/gateway/apps/{part(app_id)}/notices/{part(notice_id)}/send-again",
                gives=models.NoticeView,
            )
        )

    def set_gateway_redirects(self, app_id: str, body: models.RedirectsBody) -> models.AppView:
        """Say where consents may lead.

        Callers: person, staff.

        Needs `partners.operate` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `PUT /v1/gateway/apps/{app_id}/redirects`
        """
        return self._sender.send(
            Ask(
                method="PUT",
                path=f"/v1/gateway/apps/{part(app_id)}/redirects",
                gives=models.AppView,
                body=body,
            )
        )

    def show_platform_key(self) -> models.PlatformView:
        """Show the gateway's public key.

        `GET /v1/gateway/platform-key`
        """
        return self._sender.send(
            Ask(method="GET", path="/v1/gateway/platform-key", gives=models.PlatformView)
        )


class AsyncGatewayOperations:
    """What can be asked for; each answer is awaited."""

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    async def open_gateway_app(
        self, body: models.AppBody, *, idempotency_key: str | None = None
    ) -> models.AppView:
        """Open an application of a merchant.

        Callers: person, staff.

        Needs `partners.operate` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/gateway/apps`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/gateway/apps",
                gives=models.AppView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def list_gateway_apps(self, *, seller_id: UUID | None = None) -> models.AppsView:
        """List a merchant's applications.

        Callers: person, staff.

        Needs `partners.operate` (of partners and staff).

        `GET /v1/gateway/apps`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path="/v1/gateway/apps",
                gives=models.AppsView,
                query={"seller_id": seller_id},
            )
        )

    async def show_gateway_app(self, app_id: str) -> models.AppView:
        """Show an application, and what its SDK is set up with.

        Callers: person, staff.

        Needs `partners.operate` (of partners and staff).

        `GET /v1/gateway/apps/{app_id}`
        """
        return await self._sender.send(
            Ask(method="GET", path=f"/v1/gateway/apps/{part(app_id)}", gives=models.AppView)
        )

    async def set_gateway_app(self, app_id: str, body: models.SettingsBody) -> models.AppView:
        """Set what an application may do.

        Callers: staff.

        Needs `partners.operate` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `PATCH /v1/gateway/apps/{app_id}`
        """
        return await self._sender.send(
            Ask(
                method="PATCH",
                path=f"/v1/gateway/apps/{part(app_id)}",
                gives=models.AppView,
                body=body,
            )
        )

    async def renew_gateway_aes_key(self, app_id: str) -> models.SecretView:
        """Make a new key for encrypted content; shown once.

        Callers: person, staff.

        Needs `partners.operate` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `POST /v1/gateway/apps/{app_id}/aes-key`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/gateway/apps/{part(app_id)}/aes-key",
                gives=models.SecretView,
            )
        )

    async def certify_gateway_app(
        self, app_id: str, body: models.RequestBody
    ) -> models.CertificatesView:
        """Issue a certificate; the application calls in that mode from then on.

        Callers: person, staff.

        Needs `partners.operate` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `POST /v1/gateway/apps/{app_id}/certificate`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/gateway/apps/{part(app_id)}/certificate",
                gives=models.CertificatesView,
                body=body,
            )
        )

    async def let_into_classic(self, app_id: str) -> models.SecretView:
        """Let a partner into the classic interface; its key is shown once.

        Callers: staff.

        Needs `partners.operate` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `POST /v1/gateway/apps/{app_id}/classic`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/gateway/apps/{part(app_id)}/classic",
                gives=models.SecretView,
            )
        )

    async def list_failed_notices(self, app_id: str) -> models.NoticesView:
        """List what an application could not be told.

        Callers: person, staff.

        Needs `partners.operate` (of partners and staff).

        `GET /v1/gateway/apps/{app_id}/failed-notices`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/gateway/apps/{part(app_id)}/failed-notices",
                gives=models.NoticesView,
            )
        )

    async def set_gateway_keys(self, app_id: str, body: models.KeysBody) -> models.AppView:
        """Put other public keys in force.

        Callers: person, staff.

        Needs `partners.operate` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `PUT /v1/gateway/apps/{app_id}/keys`
        """
        return await self._sender.send(
            Ask(
                method="PUT",
                path=f"/v1/gateway/apps/{part(app_id)}/keys",
                gives=models.AppView,
                body=body,
            )
        )

    async def send_notice_again(self, app_id: str, notice_id: UUID | str) -> models.NoticeView:
        """Try once more.

        Callers: person, staff.

        Needs `partners.operate` (of partners and staff).

        `POST /v1/gateway/apps/{app_id}/notices/{notice_id}/send-again`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/gateway/apps/{part(app_id)}/notices/{part(notice_id)}/send-again",
                gives=models.NoticeView,
            )
        )

    async def set_gateway_redirects(
        self, app_id: str, body: models.RedirectsBody
    ) -> models.AppView:
        """Say where consents may lead.

        Callers: person, staff.

        Needs `partners.operate` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `PUT /v1/gateway/apps/{app_id}/redirects`
        """
        return await self._sender.send(
            Ask(
                method="PUT",
                path=f"/v1/gateway/apps/{part(app_id)}/redirects",
                gives=models.AppView,
                body=body,
            )
        )

    async def show_platform_key(self) -> models.PlatformView:
        """Show the gateway's public key.

        `GET /v1/gateway/platform-key`
        """
        return await self._sender.send(
            Ask(method="GET", path="/v1/gateway/platform-key", gives=models.PlatformView)
        )

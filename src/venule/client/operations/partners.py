# Made from the description of the API by `make pages`; do not edit.
"""Operations of the group `partners`."""

from __future__ import annotations

from uuid import UUID

from venule.client import models
from venule.client.ports import AsyncSender, Sender
from venule.client.shapes import Ask, part


class PartnersOperations:
    """What can be asked for."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def open_application(self, body: models.ApplicationBody) -> models.ApplicationOpened:
        """Open an application for a partner.

        It may call when it is admitted, which takes two people.

        Callers: staff.

        Needs `partners.operate` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `POST /v1/applications`
        """
        return self._sender.send(
            Ask(method="POST", path="/v1/applications", gives=models.ApplicationOpened, body=body)
        )

    def list_applications(
        self,
        *,
        state: models.ApplicationState | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> models.ApplicationsPage:
        """List applications, in the order of sign-up.

        Callers: staff.

        Needs `partners.read` (of partners and staff).

        `GET /v1/applications`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path="/v1/applications",
                gives=models.ApplicationsPage,
                query={"state": state, "limit": limit, "cursor": cursor},
            )
        )

    def show_application(self, application_id: UUID | str) -> models.ApplicationView:
        """Show an application; its own to a partner.

        Callers: partner, staff.

        `GET /v1/applications/{application_id}`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/applications/{part(application_id)}",
                gives=models.ApplicationView,
            )
        )

    def close_application(
        self, application_id: UUID | str, body: models.WhyBody
    ) -> models.ApplicationView:
        """Stop an application for good.

        Callers: staff.

        Needs `partners.operate` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `POST /v1/applications/{application_id}/closure`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/applications/{part(application_id)}/closure",
                gives=models.ApplicationView,
                body=body,
            )
        )

    def list_application_keys(self, application_id: UUID | str) -> models.ApplicationKeysView:
        """List an application's keys.

        Callers: partner, staff.

        `GET /v1/applications/{application_id}/keys`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/applications/{part(application_id)}/keys",
                gives=models.ApplicationKeysView,
            )
        )

    def add_application_key(
        self, application_id: UUID | str, body: models.ApplicationKeyBody
    ) -> models.ApplicationKeyView:
        """Add a key, in a sandbox.

        Where money is real that takes two people: see the proposals of staff.

        Callers: partner, staff.

        `POST /v1/applications/{application_id}/keys`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/applications/{part(application_id)}/keys",
                gives=models.ApplicationKeyView,
                body=body,
            )
        )

    def revoke_application_key(
        self, application_id: UUID | str, key_id: UUID | str, body: models.WhyBody
    ) -> models.ApplicationKeyView:
        """End a key at once, for good.

        Callers: partner, staff.

        `POST /v1/applications/{application_id}/keys/{key_id}/revocation`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/applications/{part(application_id)}/keys/{part(key_id)}/revocation",
                gives=models.ApplicationKeyView,
                body=body,
            )
        )

    def ask_for_production(self, application_id: UUID | str) -> models.ProductionView:
        """Ask the house to admit an application, with the same keys.

        Two of the house's staff decide. Again changes nothing, but after a refusal it asks
        anew.

        Callers: partner, staff.

        `POST /v1/applications/{application_id}/production-request`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/applications/{part(application_id)}/production-request",
                gives=models.ProductionView,
            )
        )

    def show_production(self, application_id: UUID | str) -> models.ProductionView:
        """Show what the house has decided.

        Callers: partner, staff.

        `GET /v1/applications/{application_id}/production-request`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/applications/{part(application_id)}/production-request",
                gives=models.ProductionView,
            )
        )

    def change_redirect_uris(
        self, application_id: UUID | str, body: models.RedirectUrisBody
    ) -> models.ApplicationView:
        """Say anew where browsers may be sent back to.

        Callers: partner, staff.

        `PUT /v1/applications/{application_id}/redirect-uris`
        """
        return self._sender.send(
            Ask(
                method="PUT",
                path=f"/v1/applications/{part(application_id)}/redirect-uris",
                gives=models.ApplicationView,
                body=body,
            )
        )

    def refuse_application(
        self, application_id: UUID | str, body: models.WhyBody
    ) -> models.ApplicationView:
        """Do not let an application in; it may ask again.

        Callers: staff.

        Needs `partners.operate` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `POST /v1/applications/{application_id}/refusal`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/applications/{part(application_id)}/refusal",
                gives=models.ApplicationView,
                body=body,
            )
        )

    def suspend_application(
        self, application_id: UUID | str, body: models.WhyBody
    ) -> models.ApplicationView:
        """Stop an application for now.

        Callers: staff.

        Needs `partners.operate` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `POST /v1/applications/{application_id}/suspension`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/applications/{part(application_id)}/suspension",
                gives=models.ApplicationView,
                body=body,
            )
        )

    def list_consents(self) -> models.ConsentsView:
        """List what the caller lets applications do.

        Callers: person.

        `GET /v1/me/consents`
        """
        return self._sender.send(
            Ask(method="GET", path="/v1/me/consents", gives=models.ConsentsView)
        )

    def withdraw_consent(self, consent_id: UUID | str) -> None:
        """Take back what the caller lets an application do.

        Every token that came from it counts for nothing at once.

        Callers: person.

        `DELETE /v1/me/consents/{consent_id}`
        """
        self._sender.send(Ask[None](method="DELETE", path=f"/v1/me/consents/{part(consent_id)}"))

    def sign_up_application(self, body: models.ApplicationBody) -> models.ApplicationOpened:
        """Sign an application up, in a sandbox.

        It may call at once, and acts for a merchant of its own.

        `POST /v1/sandbox/applications`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/sandbox/applications",
                gives=models.ApplicationOpened,
                body=body,
            )
        )

    def list_scopes(self) -> models.ScopesView:
        """List what an application may be let do.

        `GET /v1/scopes`
        """
        return self._sender.send(Ask(method="GET", path="/v1/scopes", gives=models.ScopesView))

    def show_server_key(self) -> models.ServerKeyView:
        """Show the key that signs the answers to signed requests.

        `GET /v1/server-key`
        """
        return self._sender.send(
            Ask(method="GET", path="/v1/server-key", gives=models.ServerKeyView)
        )


class AsyncPartnersOperations:
    """What can be asked for; each answer is awaited."""

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    async def open_application(self, body: models.ApplicationBody) -> models.ApplicationOpened:
        """Open an application for a partner.

        It may call when it is admitted, which takes two people.

        Callers: staff.

        Needs `partners.operate` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `POST /v1/applications`
        """
        return await self._sender.send(
            Ask(method="POST", path="/v1/applications", gives=models.ApplicationOpened, body=body)
        )

    async def list_applications(
        self,
        *,
        state: models.ApplicationState | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> models.ApplicationsPage:
        """List applications, in the order of sign-up.

        Callers: staff.

        Needs `partners.read` (of partners and staff).

        `GET /v1/applications`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path="/v1/applications",
                gives=models.ApplicationsPage,
                query={"state": state, "limit": limit, "cursor": cursor},
            )
        )

    async def show_application(self, application_id: UUID | str) -> models.ApplicationView:
        """Show an application; its own to a partner.

        Callers: partner, staff.

        `GET /v1/applications/{application_id}`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/applications/{part(application_id)}",
                gives=models.ApplicationView,
            )
        )

    async def close_application(
        self, application_id: UUID | str, body: models.WhyBody
    ) -> models.ApplicationView:
        """Stop an application for good.

        Callers: staff.

        Needs `partners.operate` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `POST /v1/applications/{application_id}/closure`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/applications/{part(application_id)}/closure",
                gives=models.ApplicationView,
                body=body,
            )
        )

    async def list_application_keys(self, application_id: UUID | str) -> models.ApplicationKeysView:
        """List an application's keys.

        Callers: partner, staff.

        `GET /v1/applications/{application_id}/keys`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/applications/{part(application_id)}/keys",
                gives=models.ApplicationKeysView,
            )
        )

    async def add_application_key(
        self, application_id: UUID | str, body: models.ApplicationKeyBody
    ) -> models.ApplicationKeyView:
        """Add a key, in a sandbox.

        Where money is real that takes two people: see the proposals of staff.

        Callers: partner, staff.

        `POST /v1/applications/{application_id}/keys`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/applications/{part(application_id)}/keys",
                gives=models.ApplicationKeyView,
                body=body,
            )
        )

    async def revoke_application_key(
        self, application_id: UUID | str, key_id: UUID | str, body: models.WhyBody
    ) -> models.ApplicationKeyView:
        """End a key at once, for good.

        Callers: partner, staff.

        `POST /v1/applications/{application_id}/keys/{key_id}/revocation`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/applications/{part(application_id)}/keys/{part(key_id)}/revocation",
                gives=models.ApplicationKeyView,
                body=body,
            )
        )

    async def ask_for_production(self, application_id: UUID | str) -> models.ProductionView:
        """Ask the house to admit an application, with the same keys.

        Two of the house's staff decide. Again changes nothing, but after a refusal it asks
        anew.

        Callers: partner, staff.

        `POST /v1/applications/{application_id}/production-request`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/applications/{part(application_id)}/production-request",
                gives=models.ProductionView,
            )
        )

    async def show_production(self, application_id: UUID | str) -> models.ProductionView:
        """Show what the house has decided.

        Callers: partner, staff.

        `GET /v1/applications/{application_id}/production-request`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/applications/{part(application_id)}/production-request",
                gives=models.ProductionView,
            )
        )

    async def change_redirect_uris(
        self, application_id: UUID | str, body: models.RedirectUrisBody
    ) -> models.ApplicationView:
        """Say anew where browsers may be sent back to.

        Callers: partner, staff.

        `PUT /v1/applications/{application_id}/redirect-uris`
        """
        return await self._sender.send(
            Ask(
                method="PUT",
                path=f"/v1/applications/{part(application_id)}/redirect-uris",
                gives=models.ApplicationView,
                body=body,
            )
        )

    async def refuse_application(
        self, application_id: UUID | str, body: models.WhyBody
    ) -> models.ApplicationView:
        """Do not let an application in; it may ask again.

        Callers: staff.

        Needs `partners.operate` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `POST /v1/applications/{application_id}/refusal`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/applications/{part(application_id)}/refusal",
                gives=models.ApplicationView,
                body=body,
            )
        )

    async def suspend_application(
        self, application_id: UUID | str, body: models.WhyBody
    ) -> models.ApplicationView:
        """Stop an application for now.

        Callers: staff.

        Needs `partners.operate` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `POST /v1/applications/{application_id}/suspension`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/applications/{part(application_id)}/suspension",
                gives=models.ApplicationView,
                body=body,
            )
        )

    async def list_consents(self) -> models.ConsentsView:
        """List what the caller lets applications do.

        Callers: person.

        `GET /v1/me/consents`
        """
        return await self._sender.send(
            Ask(method="GET", path="/v1/me/consents", gives=models.ConsentsView)
        )

    async def withdraw_consent(self, consent_id: UUID | str) -> None:
        """Take back what the caller lets an application do.

        Every token that came from it counts for nothing at once.

        Callers: person.

        `DELETE /v1/me/consents/{consent_id}`
        """
        await self._sender.send(
            Ask[None](method="DELETE", path=f"/v1/me/consents/{part(consent_id)}")
        )

    async def sign_up_application(self, body: models.ApplicationBody) -> models.ApplicationOpened:
        """Sign an application up, in a sandbox.

        It may call at once, and acts for a merchant of its own.

        `POST /v1/sandbox/applications`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/sandbox/applications",
                gives=models.ApplicationOpened,
                body=body,
            )
        )

    async def list_scopes(self) -> models.ScopesView:
        """List what an application may be let do.

        `GET /v1/scopes`
        """
        return await self._sender.send(
            Ask(method="GET", path="/v1/scopes", gives=models.ScopesView)
        )

    async def show_server_key(self) -> models.ServerKeyView:
        """Show the key that signs the answers to signed requests.

        `GET /v1/server-key`
        """
        return await self._sender.send(
            Ask(method="GET", path="/v1/server-key", gives=models.ServerKeyView)
        )

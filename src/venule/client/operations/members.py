# Made from the description of the API by `make pages`; do not edit.
"""Operations of the group `members`."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from venule.client import models
from venule.client.ports import AsyncSender, Sender
from venule.client.shapes import Ask, part


class MembersOperations:
    """What can be asked for."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def show_me(self) -> models.MemberView:
        """Show the member that the caller is, or acts for.

        Callers: partner, person.

        Needs `members.read` (of partners and staff).

        `GET /v1/me`
        """
        return self._sender.send(Ask(method="GET", path="/v1/me", gives=models.MemberView))

    def open_members(
        self, body: models.MemberBatchBody, *, idempotency_key: str | None = None
    ) -> models.OpenedView:
        """Open many members, all or none.

        For persons above tier I the caller needs `members.verify` as well.

        Callers: partner, staff.

        Needs `members.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/member-batches`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/member-batches",
                gives=models.OpenedView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def open_member(
        self,
        body: models.PersonBody | models.MerchantBody | models.InstitutionBody,
        *,
        idempotency_key: str | None = None,
    ) -> models.MemberView:
        """Open a member and their wallet.

        A person above tier I: the caller needs `members.verify` as well.

        Callers: partner, staff.

        Needs `members.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/members`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/members",
                gives=models.MemberView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    def find_member(self, *, external_ref: str) -> models.MemberView:
        """Find the member who is known under a reference.

        Of a member who is not theirs, people and partners learn nothing: 404.

        Callers: partner, person, staff.

        Needs `members.read` (of partners and staff).

        `GET /v1/members`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path="/v1/members",
                gives=models.MemberView,
                query={"external_ref": external_ref},
            )
        )

    def show_member(self, member_id: UUID | str) -> models.MemberView:
        """Show a member.

        Of a member who is not theirs, people and partners learn nothing: 404.

        Callers: partner, person, staff.

        Needs `members.read` (of partners and staff).

        `GET /v1/members/{member_id}`
        """
        return self._sender.send(
            Ask(method="GET", path=f"/v1/members/{part(member_id)}", gives=models.MemberView)
        )

    def list_bank_accounts(
        self, member_id: UUID | str, *, limit: int | None = None, cursor: str | None = None
    ) -> models.BankAccountsPage:
        """List a member's bank accounts.

        Of a member who is not theirs, people and partners learn nothing: 404.

        Callers: partner, person, staff.

        Needs `members.read` (of partners and staff).

        `GET /v1/members/{member_id}/bank-accounts`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/members/{part(member_id)}/bank-accounts",
                gives=models.BankAccountsPage,
                query={"limit": limit, "cursor": cursor},
            )
        )

    def bind_bank_account(
        self, member_id: UUID | str, body: models.BankAccountBody
    ) -> models.BankAccountView:
        """Tie a bank account to a member.

        Of a member who is not theirs, people and partners learn nothing: 404.

        Callers: partner, person, staff.

        Needs `bank_accounts.write` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `POST /v1/members/{member_id}/bank-accounts`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/members/{part(member_id)}/bank-accounts",
                gives=models.BankAccountView,
                body=body,
            )
        )

    def unbind_bank_account(
        self, member_id: UUID | str, bank_account_id: UUID | str
    ) -> models.BankAccountView:
        """Untie a bank account from its member; orders already under way go on.

        Of a member who is not theirs, people and partners learn nothing: 404.

        Callers: partner, person, staff.

        Needs `bank_accounts.write` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `DELETE /v1/members/{member_id}/bank-accounts/{bank_account_id}`
        """
        return self._sender.send(
            Ask(
                method="DELETE",
                path=f"/v1/members/{part(member_id)}/bank-accounts/{part(bank_account_id)}",
                gives=models.BankAccountView,
            )
        )

    def freeze_member(
        self, member_id: UUID | str, body: models.MembersReasonBody
    ) -> models.MemberView:
        """Stop a member's money from going out; it may come in.

        Callers: staff.

        Needs `members.freeze` (of partners and staff).

        `POST /v1/members/{member_id}/freeze`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/members/{part(member_id)}/freeze",
                gives=models.MemberView,
                body=body,
            )
        )

    def unfreeze_member(
        self, member_id: UUID | str, body: models.MembersReasonBody
    ) -> models.MemberView:
        """Let a frozen member's money move again.

        Callers: staff.

        Needs `members.freeze` (of partners and staff).

        `POST /v1/members/{member_id}/unfreeze`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/members/{part(member_id)}/unfreeze",
                gives=models.MemberView,
                body=body,
            )
        )

    def list_tier_limits(self, *, on: dt.date) -> models.TierLimitsView:
        """List the limits of the tiers that are in force on a day.

        Callers: partner, person, staff.

        Needs `limits.read` (of partners and staff).

        `GET /v1/tier-limits`
        """
        return self._sender.send(
            Ask(method="GET", path="/v1/tier-limits", gives=models.TierLimitsView, query={"on": on})
        )


class AsyncMembersOperations:
    """What can be asked for; each answer is awaited."""

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    async def show_me(self) -> models.MemberView:
        """Show the member that the caller is, or acts for.

        Callers: partner, person.

        Needs `members.read` (of partners and staff).

        `GET /v1/me`
        """
        return await self._sender.send(Ask(method="GET", path="/v1/me", gives=models.MemberView))

    async def open_members(
        self, body: models.MemberBatchBody, *, idempotency_key: str | None = None
    ) -> models.OpenedView:
        """Open many members, all or none.

        For persons above tier I the caller needs `members.verify` as well.

        Callers: partner, staff.

        Needs `members.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/member-batches`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/member-batches",
                gives=models.OpenedView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def open_member(
        self,
        body: models.PersonBody | models.MerchantBody | models.InstitutionBody,
        *,
        idempotency_key: str | None = None,
    ) -> models.MemberView:
        """Open a member and their wallet.

        A person above tier I: the caller needs `members.verify` as well.

        Callers: partner, staff.

        Needs `members.write` (of partners and staff).

        Takes effect once for each idempotency key.

        `POST /v1/members`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/members",
                gives=models.MemberView,
                body=body,
                money=True,
                key=idempotency_key,
            )
        )

    async def find_member(self, *, external_ref: str) -> models.MemberView:
        """Find the member who is known under a reference.

        Of a member who is not theirs, people and partners learn nothing: 404.

        Callers: partner, person, staff.

        Needs `members.read` (of partners and staff).

        `GET /v1/members`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path="/v1/members",
                gives=models.MemberView,
                query={"external_ref": external_ref},
            )
        )

    async def show_member(self, member_id: UUID | str) -> models.MemberView:
        """Show a member.

        Of a member who is not theirs, people and partners learn nothing: 404.

        Callers: partner, person, staff.

        Needs `members.read` (of partners and staff).

        `GET /v1/members/{member_id}`
        """
        return await self._sender.send(
            Ask(method="GET", path=f"/v1/members/{part(member_id)}", gives=models.MemberView)
        )

    async def list_bank_accounts(
        self, member_id: UUID | str, *, limit: int | None = None, cursor: str | None = None
    ) -> models.BankAccountsPage:
        """List a member's bank accounts.

        Of a member who is not theirs, people and partners learn nothing: 404.

        Callers: partner, person, staff.

        Needs `members.read` (of partners and staff).

        `GET /v1/members/{member_id}/bank-accounts`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/members/{part(member_id)}/bank-accounts",
                gives=models.BankAccountsPage,
                query={"limit": limit, "cursor": cursor},
            )
        )

    async def bind_bank_account(
        self, member_id: UUID | str, body: models.BankAccountBody
    ) -> models.BankAccountView:
        """Tie a bank account to a member.

        Of a member who is not theirs, people and partners learn nothing: 404.

        Callers: partner, person, staff.

        Needs `bank_accounts.write` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `POST /v1/members/{member_id}/bank-accounts`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/members/{part(member_id)}/bank-accounts",
                gives=models.BankAccountView,
                body=body,
            )
        )

    async def unbind_bank_account(
        self, member_id: UUID | str, bank_account_id: UUID | str
    ) -> models.BankAccountView:
        """Untie a bank account from its member; orders already under way go on.

        Of a member who is not theirs, people and partners learn nothing: 404.

        Callers: partner, person, staff.

        Needs `bank_accounts.write` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `DELETE /v1/members/{member_id}/bank-accounts/{bank_account_id}`
        """
        return await self._sender.send(
            Ask(
                method="DELETE",
                path=f"/v1/members/{part(member_id)}/bank-accounts/{part(bank_account_id)}",
                gives=models.BankAccountView,
            )
        )

    async def freeze_member(
        self, member_id: UUID | str, body: models.MembersReasonBody
    ) -> models.MemberView:
        """Stop a member's money from going out; it may come in.

        Callers: staff.

        Needs `members.freeze` (of partners and staff).

        `POST /v1/members/{member_id}/freeze`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/members/{part(member_id)}/freeze",
                gives=models.MemberView,
                body=body,
            )
        )

    async def unfreeze_member(
        self, member_id: UUID | str, body: models.MembersReasonBody
    ) -> models.MemberView:
        """Let a frozen member's money move again.

        Callers: staff.

        Needs `members.freeze` (of partners and staff).

        `POST /v1/members/{member_id}/unfreeze`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/members/{part(member_id)}/unfreeze",
                gives=models.MemberView,
                body=body,
            )
        )

    async def list_tier_limits(self, *, on: dt.date) -> models.TierLimitsView:
        """List the limits of the tiers that are in force on a day.

        Callers: partner, person, staff.

        Needs `limits.read` (of partners and staff).

        `GET /v1/tier-limits`
        """
        return await self._sender.send(
            Ask(method="GET", path="/v1/tier-limits", gives=models.TierLimitsView, query={"on": on})
        )

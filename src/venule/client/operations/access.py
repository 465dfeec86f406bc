# Made from the description of the API by `make pages`; do not edit.
"""Operations of the group `access`."""

from __future__ import annotations

from uuid import UUID

from venule.client import models
from venule.client.ports import AsyncSender, Sender
from venule.client.shapes import Ask, part


class AccessOperations:
    """What can be asked for."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def list_auth_events(
        self, *, limit: int | None = None, cursor: str | None = None, login_id: UUID | None = None
    ) -> models.AuthEventsView:
        """List what was tried, by whom and from where.

        Callers: staff.

        Needs `access.read_log` (of partners and staff).

        `GET /v1/auth-events`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path="/v1/auth-events",
                gives=models.AuthEventsView,
                query={"limit": limit, "cursor": cursor, "login_id": login_id},
            )
        )

    def show_credentials(self) -> models.CredentialsView:
        """Show what your login can be opened with.

        Callers: person, staff.

        `GET /v1/credentials`
        """
        return self._sender.send(
            Ask(method="GET", path="/v1/credentials", gives=models.CredentialsView)
        )

    def set_fallback(self, body: models.FallbackBody) -> models.RecoveryCodesView:
        """Set password and TOTP anew; your other sessions end.

        Callers: person, staff.

        `PUT /v1/credentials/fallback`
        """
        return self._sender.send(
            Ask(
                method="PUT",
                path="/v1/credentials/fallback",
                gives=models.RecoveryCodesView,
                body=body,
            )
        )

    def remove_fallback(self) -> None:
        """Remove password, TOTP and recovery codes; keep passkeys.

        Callers: person, staff.

        `DELETE /v1/credentials/fallback`
        """
        self._sender.send(Ask[None](method="DELETE", path="/v1/credentials/fallback"))

    def change_password(self, body: models.NewPasswordBody) -> models.CredentialsView:
        """Change the password; your other sessions end.

        Callers: person, staff.

        `PUT /v1/credentials/password`
        """
        return self._sender.send(
            Ask(
                method="PUT",
                path="/v1/credentials/password",
                gives=models.CredentialsView,
                body=body,
            )
        )

    def renew_recovery_codes(self) -> models.RecoveryCodesView:
        """Get new recovery codes; the old ones are void.

        Callers: person, staff.

        `POST /v1/credentials/recovery-codes`
        """
        return self._sender.send(
            Ask(
                method="POST", path="/v1/credentials/recovery-codes", gives=models.RecoveryCodesView
            )
        )

    def offer_totp(self) -> models.TotpView:
        """Get a seed for an authenticator app.

        Callers: person, staff.

        `POST /v1/credentials/totp-offers`
        """
        return self._sender.send(
            Ask(method="POST", path="/v1/credentials/totp-offers", gives=models.TotpView)
        )

    def list_devices(self) -> models.DevicesView:
        """List the devices on which you have signed in.

        Callers: person, staff.

        `GET /v1/devices`
        """
        return self._sender.send(Ask(method="GET", path="/v1/devices", gives=models.DevicesView))

    def name_device(self, device_id: UUID | str, body: models.NameBody) -> models.DeviceView:
        """Give a device a name.

        Callers: person, staff.

        `PATCH /v1/devices/{device_id}`
        """
        return self._sender.send(
            Ask(
                method="PATCH",
                path=f"/v1/devices/{part(device_id)}",
                gives=models.DeviceView,
                body=body,
            )
        )

    def remove_device(self, device_id: UUID | str) -> None:
        """Forget a device and end its sessions.

        Callers: person, staff.

        `DELETE /v1/devices/{device_id}`
        """
        self._sender.send(Ask[None](method="DELETE", path=f"/v1/devices/{part(device_id)}"))

    def begin_enrolment(self, body: models.InvitedBody) -> models.InvitationView:
        """Show whose login an enrolment code is for.

        `POST /v1/enrolment`
        """
        return self._sender.send(
            Ask(method="POST", path="/v1/enrolment", gives=models.InvitationView, body=body)
        )

    def enrol_with_passkey(self, body: models.EnrolPasskeyBody) -> models.EnteredView:
        """Enrol with a passkey, and get a session.

        `POST /v1/enrolment/passkey`
        """
        return self._sender.send(
            Ask(method="POST", path="/v1/enrolment/passkey", gives=models.EnteredView, body=body)
        )

    def enrol_with_password(self, body: models.EnrolPasswordBody) -> models.EnteredView:
        """Enrol with a password and TOTP, and get a session.

        `POST /v1/enrolment/password`
        """
        return self._sender.send(
            Ask(method="POST", path="/v1/enrolment/password", gives=models.EnteredView, body=body)
        )

    def issue_code(self, login_id: UUID | str) -> models.IssuedView:
        """Hand out a new enrolment code; the one before is void.

        Callers: staff.

        Needs `access.issue_code` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `POST /v1/logins/{login_id}/code`
        """
        return self._sender.send(
            Ask(method="POST", path=f"/v1/logins/{part(login_id)}/code", gives=models.IssuedView)
        )

    def disable_login(
        self, login_id: UUID | str, body: models.DisableBody
    ) -> models.CredentialsView:
        """Let nobody in with a login; its sessions end.

        Callers: staff.

        Needs `access.disable_login` (of partners and staff).

        `POST /v1/logins/{login_id}/disable`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/logins/{part(login_id)}/disable",
                gives=models.CredentialsView,
                body=body,
            )
        )

    def open_member_login(
        self, member_id: UUID | str, body: models.OpenLoginBody
    ) -> models.IssuedView:
        """Let a member have a login; get its enrolment code.

        Callers: staff.

        Needs `access.issue_code` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `POST /v1/members/{member_id}/login`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/members/{part(member_id)}/login",
                gives=models.IssuedView,
                body=body,
            )
        )

    def show_member_login(self, member_id: UUID | str) -> models.CredentialsView:
        """Show a member's login.

        Callers: staff.

        Needs `members.read` (of partners and staff).

        `GET /v1/members/{member_id}/login`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/members/{part(member_id)}/login",
                gives=models.CredentialsView,
            )
        )

    def list_passkeys(self) -> models.PasskeysView:
        """List your passkeys.

        Callers: person, staff.

        `GET /v1/passkeys`
        """
        return self._sender.send(Ask(method="GET", path="/v1/passkeys", gives=models.PasskeysView))

    def add_passkey(self, body: models.NewPasskeyBody) -> models.PasskeyView:
        """Add a passkey.

        Callers: person, staff.

        `POST /v1/passkeys`
        """
        return self._sender.send(
            Ask(method="POST", path="/v1/passkeys", gives=models.PasskeyView, body=body)
        )

    def begin_passkey(self) -> models.CeremonyView:
        """Begin to add a passkey.

        Callers: person, staff.

        `POST /v1/passkeys/challenges`
        """
        return self._sender.send(
            Ask(method="POST", path="/v1/passkeys/challenges", gives=models.CeremonyView)
        )

    def name_passkey(self, passkey_id: UUID | str, body: models.NameBody) -> models.PasskeyView:
        """Give a passkey a name.

        Callers: person, staff.

        `PATCH /v1/passkeys/{passkey_id}`
        """
        return self._sender.send(
            Ask(
                method="PATCH",
                path=f"/v1/passkeys/{part(passkey_id)}",
                gives=models.PasskeyView,
                body=body,
            )
        )

    def remove_passkey(self, passkey_id: UUID | str) -> None:
        """Remove a passkey, but not the last.

        Callers: person, staff.

        `DELETE /v1/passkeys/{passkey_id}`
        """
        self._sender.send(Ask[None](method="DELETE", path=f"/v1/passkeys/{part(passkey_id)}"))

    def list_proposal_kinds(self) -> models.KindsView:
        """List the commands that take two people.

        Callers: staff.

        Needs `proposals.read` (of partners and staff).

        `GET /v1/proposal-kinds`
        """
        return self._sender.send(
            Ask(method="GET", path="/v1/proposal-kinds", gives=models.KindsView)
        )

    def list_proposals(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        state: models.ProposalState | None = None,
    ) -> models.ProposalsView:
        """List proposals.

        Callers: staff.

        Needs `proposals.read` (of partners and staff).

        `GET /v1/proposals`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path="/v1/proposals",
                gives=models.ProposalsView,
                query={"limit": limit, "cursor": cursor, "state": state},
            )
        )

    def propose(self, body: models.ProposeBody) -> models.ProposalView:
        """Propose a command that takes two people.

        It needs the permission that has the command's name.

        Callers: staff.

        Needs a step-up of the last five minutes (of people and staff).

        `POST /v1/proposals`
        """
        return self._sender.send(
            Ask(method="POST", path="/v1/proposals", gives=models.ProposalView, body=body)
        )

    def show_proposal(self, proposal_id: UUID | str) -> models.ProposalView:
        """Show a proposal.

        Callers: staff.

        Needs `proposals.read` (of partners and staff).

        `GET /v1/proposals/{proposal_id}`
        """
        return self._sender.send(
            Ask(method="GET", path=f"/v1/proposals/{part(proposal_id)}", gives=models.ProposalView)
        )

    def approve(self, proposal_id: UUID | str, body: models.ApproveBody) -> models.ProposalView:
        """Approve what was shown, and have it carried out at once.

        It needs the permission that has the command's name and `:check`. What the command
        itself is refused for is told as its own error; the proposal then stays open.

        Callers: staff.

        `POST /v1/proposals/{proposal_id}/approve`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/proposals/{part(proposal_id)}/approve",
                gives=models.ProposalView,
                body=body,
            )
        )

    def begin_approval(
        self, proposal_id: UUID | str, body: models.DigestBody
    ) -> models.CeremonyView:
        """Begin to approve with a passkey: it signs the digest.

        Callers: staff.

        `POST /v1/proposals/{proposal_id}/challenges`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/proposals/{part(proposal_id)}/challenges",
                gives=models.CeremonyView,
                body=body,
            )
        )

    def reject(self, proposal_id: UUID | str, body: models.RejectBody) -> models.ProposalView:
        """Reject what was shown.

        Callers: staff.

        `POST /v1/proposals/{proposal_id}/reject`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/proposals/{part(proposal_id)}/reject",
                gives=models.ProposalView,
                body=body,
            )
        )

    def withdraw(self, proposal_id: UUID | str) -> models.ProposalView:
        """Take back what you have proposed.

        Callers: staff.

        `POST /v1/proposals/{proposal_id}/withdraw`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/proposals/{part(proposal_id)}/withdraw",
                gives=models.ProposalView,
            )
        )

    def show_session(self) -> models.WhoView:
        """Show who calls.

        Callers: person, staff.

        `GET /v1/session`
        """
        return self._sender.send(Ask(method="GET", path="/v1/session", gives=models.WhoView))

    def sign_out(self) -> None:
        """Sign out.

        Callers: person, staff.

        `DELETE /v1/session`
        """
        self._sender.send(Ask[None](method="DELETE", path="/v1/session"))

    def list_own_events(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> models.AuthEventsView:
        """List what was tried with your login.

        Callers: person, staff.

        `GET /v1/session/events`
        """
        return self._sender.send(
            Ask(
                method="GET",
                path="/v1/session/events",
                gives=models.AuthEventsView,
                query={"limit": limit, "cursor": cursor},
            )
        )

    def begin_step_up(self) -> models.CeremonyView:
        """Begin to show that you are there.

        Callers: person, staff.

        `POST /v1/session/step-up/challenges`
        """
        return self._sender.send(
            Ask(method="POST", path="/v1/session/step-up/challenges", gives=models.CeremonyView)
        )

    def step_up_with_code(self, body: models.StepUpCodeBody) -> models.AccessSessionView:
        """Show with a code that you are there.

        Callers: person, staff.

        `POST /v1/session/step-up/code`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/session/step-up/code",
                gives=models.AccessSessionView,
                body=body,
            )
        )

    def step_up_with_passkey(self, body: models.StepUpPasskeyBody) -> models.AccessSessionView:
        """Show with a passkey that you are there.

        Callers: person, staff.

        `POST /v1/session/step-up/passkey`
        """
        return self._sender.send(
            Ask(
                method="POST",
                path="/v1/session/step-up/passkey",
                gives=models.AccessSessionView,
                body=body,
            )
        )

    def list_sessions(self) -> models.SessionsView:
        """List your open sessions.

        Callers: person, staff.

        `GET /v1/sessions`
        """
        return self._sender.send(Ask(method="GET", path="/v1/sessions", gives=models.SessionsView))

    def end_other_sessions(self) -> models.EndedView:
        """End all your sessions but this one.

        Callers: person, staff.

        `POST /v1/sessions/end-others`
        """
        return self._sender.send(
            Ask(method="POST", path="/v1/sessions/end-others", gives=models.EndedView)
        )

    def end_session(self, session_id: UUID | str) -> None:
        """End a session of yours.

        Callers: person, staff.

        `DELETE /v1/sessions/{session_id}`
        """
        self._sender.send(Ask[None](method="DELETE", path=f"/v1/sessions/{part(session_id)}"))

    def sign_in_with_passkey(self, body: models.PasskeySignInBody) -> models.EnteredView:
        """Show a passkey's answer, and get a session.

        `POST /v1/sign-in/passkey`
        """
        return self._sender.send(
            Ask(method="POST", path="/v1/sign-in/passkey", gives=models.EnteredView, body=body)
        )

    def begin_passkey_sign_in(self) -> models.CeremonyView:
        """Begin to sign in with a passkey.

        `POST /v1/sign-in/passkey-challenges`
        """
        return self._sender.send(
            Ask(method="POST", path="/v1/sign-in/passkey-challenges", gives=models.CeremonyView)
        )

    def sign_in_with_password(self, body: models.PasswordSignInBody) -> models.HalfInView:
        """Show a password; the second factor follows.

        An unknown name is answered, counted and slowed down as a wrong password is.

        `POST /v1/sign-in/password`
        """
        return self._sender.send(
            Ask(method="POST", path="/v1/sign-in/password", gives=models.HalfInView, body=body)
        )

    def finish_sign_in(self, body: models.SecondFactorBody) -> models.EnteredView:
        """Show the second factor, and get a session.

        `POST /v1/sign-in/second-factor`
        """
        return self._sender.send(
            Ask(
                method="POST", path="/v1/sign-in/second-factor", gives=models.EnteredView, body=body
            )
        )

    def list_staff(self) -> models.StaffListView:
        """List the staff and their roles.

        Callers: staff.

        Needs `access.read` (of partners and staff).

        `GET /v1/staff`
        """
        return self._sender.send(Ask(method="GET", path="/v1/staff", gives=models.StaffListView))


class AsyncAccessOperations:
    """What can be asked for; each answer is awaited."""

    def __init__(self, sender: AsyncSender) -> None:
        self._sender = sender

    async def list_auth_events(
        self, *, limit: int | None = None, cursor: str | None = None, login_id: UUID | None = None
    ) -> models.AuthEventsView:
        """List what was tried, by whom and from where.

        Callers: staff.

        Needs `access.read_log` (of partners and staff).

        `GET /v1/auth-events`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path="/v1/auth-events",
                gives=models.AuthEventsView,
                query={"limit": limit, "cursor": cursor, "login_id": login_id},
            )
        )

    async def show_credentials(self) -> models.CredentialsView:
        """Show what your login can be opened with.

        Callers: person, staff.

        `GET /v1/credentials`
        """
        return await self._sender.send(
            Ask(method="GET", path="/v1/credentials", gives=models.CredentialsView)
        )

    async def set_fallback(self, body: models.FallbackBody) -> models.RecoveryCodesView:
        """Set password and TOTP anew; your other sessions end.

        Callers: person, staff.

        `PUT /v1/credentials/fallback`
        """
        return await self._sender.send(
            Ask(
                method="PUT",
                path="/v1/credentials/fallback",
                gives=models.RecoveryCodesView,
                body=body,
            )
        )

    async def remove_fallback(self) -> None:
        """Remove password, TOTP and recovery codes; keep passkeys.

        Callers: person, staff.

        `DELETE /v1/credentials/fallback`
        """
        await self._sender.send(Ask[None](method="DELETE", path="/v1/credentials/fallback"))

    async def change_password(self, body: models.NewPasswordBody) -> models.CredentialsView:
        """Change the password; your other sessions end.

        Callers: person, staff.

        `PUT /v1/credentials/password`
        """
        return await self._sender.send(
            Ask(
                method="PUT",
                path="/v1/credentials/password",
                gives=models.CredentialsView,
                body=body,
            )
        )

    async def renew_recovery_codes(self) -> models.RecoveryCodesView:
        """Get new recovery codes; the old ones are void.

        Callers: person, staff.

        `POST /v1/credentials/recovery-codes`
        """
        return await self._sender.send(
            Ask(
                method="POST", path="/v1/credentials/recovery-codes", gives=models.RecoveryCodesView
            )
        )

    async def offer_totp(self) -> models.TotpView:
        """Get a seed for an authenticator app.

        Callers: person, staff.

        `POST /v1/credentials/totp-offers`
        """
        return await self._sender.send(
            Ask(method="POST", path="/v1/credentials/totp-offers", gives=models.TotpView)
        )

    async def list_devices(self) -> models.DevicesView:
        """List the devices on which you have signed in.

        Callers: person, staff.

        `GET /v1/devices`
        """
        return await self._sender.send(
            Ask(method="GET", path="/v1/devices", gives=models.DevicesView)
        )

    async def name_device(self, device_id: UUID | str, body: models.NameBody) -> models.DeviceView:
        """Give a device a name.

        Callers: person, staff.

        `PATCH /v1/devices/{device_id}`
        """
        return await self._sender.send(
            Ask(
                method="PATCH",
                path=f"/v1/devices/{part(device_id)}",
                gives=models.DeviceView,
                body=body,
            )
        )

    async def remove_device(self, device_id: UUID | str) -> None:
        """Forget a device and end its sessions.

        Callers: person, staff.

        `DELETE /v1/devices/{device_id}`
        """
        await self._sender.send(Ask[None](method="DELETE", path=f"/v1/devices/{part(device_id)}"))

    async def begin_enrolment(self, body: models.InvitedBody) -> models.InvitationView:
        """Show whose login an enrolment code is for.

        `POST /v1/enrolment`
        """
        return await self._sender.send(
            Ask(method="POST", path="/v1/enrolment", gives=models.InvitationView, body=body)
        )

    async def enrol_with_passkey(self, body: models.EnrolPasskeyBody) -> models.EnteredView:
        """Enrol with a passkey, and get a session.

        `POST /v1/enrolment/passkey`
        """
        return await self._sender.send(
            Ask(method="POST", path="/v1/enrolment/passkey", gives=models.EnteredView, body=body)
        )

    async def enrol_with_password(self, body: models.EnrolPasswordBody) -> models.EnteredView:
        """Enrol with a password and TOTP, and get a session.

        `POST /v1/enrolment/password`
        """
        return await self._sender.send(
            Ask(method="POST", path="/v1/enrolment/password", gives=models.EnteredView, body=body)
        )

    async def issue_code(self, login_id: UUID | str) -> models.IssuedView:
        """Hand out a new enrolment code; the one before is void.

        Callers: staff.

        Needs `access.issue_code` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `POST /v1/logins/{login_id}/code`
        """
        return await self._sender.send(
            Ask(method="POST", path=f"/v1/logins/{part(login_id)}/code", gives=models.IssuedView)
        )

    async def disable_login(
        self, login_id: UUID | str, body: models.DisableBody
    ) -> models.CredentialsView:
        """Let nobody in with a login; its sessions end.

        Callers: staff.

        Needs `access.disable_login` (of partners and staff).

        `POST /v1/logins/{login_id}/disable`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/logins/{part(login_id)}/disable",
                gives=models.CredentialsView,
                body=body,
            )
        )

    async def open_member_login(
        self, member_id: UUID | str, body: models.OpenLoginBody
    ) -> models.IssuedView:
        """Let a member have a login; get its enrolment code.

        Callers: staff.

        Needs `access.issue_code` (of partners and staff).

        Needs a step-up of the last five minutes (of people and staff).

        `POST /v1/members/{member_id}/login`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/members/{part(member_id)}/login",
                gives=models.IssuedView,
                body=body,
            )
        )

    async def show_member_login(self, member_id: UUID | str) -> models.CredentialsView:
        """Show a member's login.

        Callers: staff.

        Needs `members.read` (of partners and staff).

        `GET /v1/members/{member_id}/login`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path=f"/v1/members/{part(member_id)}/login",
                gives=models.CredentialsView,
            )
        )

    async def list_passkeys(self) -> models.PasskeysView:
        """List your passkeys.

        Callers: person, staff.

        `GET /v1/passkeys`
        """
        return await self._sender.send(
            Ask(method="GET", path="/v1/passkeys", gives=models.PasskeysView)
        )

    async def add_passkey(self, body: models.NewPasskeyBody) -> models.PasskeyView:
        """Add a passkey.

        Callers: person, staff.

        `POST /v1/passkeys`
        """
        return await self._sender.send(
            Ask(method="POST", path="/v1/passkeys", gives=models.PasskeyView, body=body)
        )

    async def begin_passkey(self) -> models.CeremonyView:
        """Begin to add a passkey.

        Callers: person, staff.

        `POST /v1/passkeys/challenges`
        """
        return await self._sender.send(
            Ask(method="POST", path="/v1/passkeys/challenges", gives=models.CeremonyView)
        )

    async def name_passkey(
        self, passkey_id: UUID | str, body: models.NameBody
    ) -> models.PasskeyView:
        """Give a passkey a name.

        Callers: person, staff.

        `PATCH /v1/passkeys/{passkey_id}`
        """
        return await self._sender.send(
            Ask(
                method="PATCH",
                path=f"/v1/passkeys/{part(passkey_id)}",
                gives=models.PasskeyView,
                body=body,
            )
        )

    async def remove_passkey(self, passkey_id: UUID | str) -> None:
        """Remove a passkey, but not the last.

        Callers: person, staff.

        `DELETE /v1/passkeys/{passkey_id}`
        """
        await self._sender.send(Ask[None](method="DELETE", path=f"/v1/passkeys/{part(passkey_id)}"))

    async def list_proposal_kinds(self) -> models.KindsView:
        """List the commands that take two people.

        Callers: staff.

        Needs `proposals.read` (of partners and staff).

        `GET /v1/proposal-kinds`
        """
        return await self._sender.send(
            Ask(method="GET", path="/v1/proposal-kinds", gives=models.KindsView)
        )

    async def list_proposals(
        self,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        state: models.ProposalState | None = None,
    ) -> models.ProposalsView:
        """List proposals.

        Callers: staff.

        Needs `proposals.read` (of partners and staff).

        `GET /v1/proposals`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path="/v1/proposals",
                gives=models.ProposalsView,
                query={"limit": limit, "cursor": cursor, "state": state},
            )
        )

    async def propose(self, body: models.ProposeBody) -> models.ProposalView:
        """Propose a command that takes two people.

        It needs the permission that has the command's name.

        Callers: staff.

        Needs a step-up of the last five minutes (of people and staff).

        `POST /v1/proposals`
        """
        return await self._sender.send(
            Ask(method="POST", path="/v1/proposals", gives=models.ProposalView, body=body)
        )

    async def show_proposal(self, proposal_id: UUID | str) -> models.ProposalView:
        """Show a proposal.

        Callers: staff.

        Needs `proposals.read` (of partners and staff).

        `GET /v1/proposals/{proposal_id}`
        """
        return await self._sender.send(
            Ask(method="GET", path=f"/v1/proposals/{part(proposal_id)}", gives=models.ProposalView)
        )

    async def approve(
        self, proposal_id: UUID | str, body: models.ApproveBody
    ) -> models.ProposalView:
        """Approve what was shown, and have it carried out at once.

        It needs the permission that has the command's name and `:check`. What the command
        itself is refused for is told as its own error; the proposal then stays open.

        Callers: staff.

        `POST /v1/proposals/{proposal_id}/approve`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/proposals/{part(proposal_id)}/approve",
                gives=models.ProposalView,
                body=body,
            )
        )

    async def begin_approval(
        self, proposal_id: UUID | str, body: models.DigestBody
    ) -> models.CeremonyView:
        """Begin to approve with a passkey: it signs the digest.

        Callers: staff.

        `POST /v1/proposals/{proposal_id}/challenges`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/proposals/{part(proposal_id)}/challenges",
                gives=models.CeremonyView,
                body=body,
            )
        )

    async def reject(self, proposal_id: UUID | str, body: models.RejectBody) -> models.ProposalView:
        """Reject what was shown.

        Callers: staff.

        `POST /v1/proposals/{proposal_id}/reject`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/proposals/{part(proposal_id)}/reject",
                gives=models.ProposalView,
                body=body,
            )
        )

    async def withdraw(self, proposal_id: UUID | str) -> models.ProposalView:
        """Take back what you have proposed.

        Callers: staff.

        `POST /v1/proposals/{proposal_id}/withdraw`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path=f"/v1/proposals/{part(proposal_id)}/withdraw",
                gives=models.ProposalView,
            )
        )

    async def show_session(self) -> models.WhoView:
        """Show who calls.

        Callers: person, staff.

        `GET /v1/session`
        """
        return await self._sender.send(Ask(method="GET", path="/v1/session", gives=models.WhoView))

    async def sign_out(self) -> None:
        """Sign out.

        Callers: person, staff.

        `DELETE /v1/session`
        """
        await self._sender.send(Ask[None](method="DELETE", path="/v1/session"))

    async def list_own_events(
        self, *, limit: int | None = None, cursor: str | None = None
    ) -> models.AuthEventsView:
        """List what was tried with your login.

        Callers: person, staff.

        `GET /v1/session/events`
        """
        return await self._sender.send(
            Ask(
                method="GET",
                path="/v1/session/events",
                gives=models.AuthEventsView,
                query={"limit": limit, "cursor": cursor},
            )
        )

    async def begin_step_up(self) -> models.CeremonyView:
        """Begin to show that you are there.

        Callers: person, staff.

        `POST /v1/session/step-up/challenges`
        """
        return await self._sender.send(
            Ask(method="POST", path="/v1/session/step-up/challenges", gives=models.CeremonyView)
        )

    async def step_up_with_code(self, body: models.StepUpCodeBody) -> models.AccessSessionView:
        """Show with a code that you are there.

        Callers: person, staff.

        `POST /v1/session/step-up/code`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/session/step-up/code",
                gives=models.AccessSessionView,
                body=body,
            )
        )

    async def step_up_with_passkey(
        self, body: models.StepUpPasskeyBody
    ) -> models.AccessSessionView:
        """Show with a passkey that you are there.

        Callers: person, staff.

        `POST /v1/session/step-up/passkey`
        """
        return await self._sender.send(
            Ask(
                method="POST",
                path="/v1/session/step-up/passkey",
                gives=models.AccessSessionView,
                body=body,
            )
        )

    async def list_sessions(self) -> models.SessionsView:
        """List your open sessions.

        Callers: person, staff.

        `GET /v1/sessions`
        """
        return await self._sender.send(
            Ask(method="GET", path="/v1/sessions", gives=models.SessionsView)
        )

    async def end_other_sessions(self) -> models.EndedView:
        """End all your sessions but this one.

        Callers: person, staff.

        `POST /v1/sessions/end-others`
        """
        return await self._sender.send(
            Ask(method="POST", path="/v1/sessions/end-others", gives=models.EndedView)
        )

    async def end_session(self, session_id: UUID | str) -> None:
        """End a session of yours.

        Callers: person, staff.

        `DELETE /v1/sessions/{session_id}`
        """
        await self._sender.send(Ask[None](method="DELETE", path=f"/v1/sessions/{part(session_id)}"))

    async def sign_in_with_passkey(self, body: models.PasskeySignInBody) -> models.EnteredView:
        """Show a passkey's answer, and get a session.

        `POST /v1/sign-in/passkey`
        """
        return await self._sender.send(
            Ask(method="POST", path="/v1/sign-in/passkey", gives=models.EnteredView, body=body)
        )

    async def begin_passkey_sign_in(self) -> models.CeremonyView:
        """Begin to sign in with a passkey.

        `POST /v1/sign-in/passkey-challenges`
        """
        return await self._sender.send(
            Ask(method="POST", path="/v1/sign-in/passkey-challenges", gives=models.CeremonyView)
        )

    async def sign_in_with_password(self, body: models.PasswordSignInBody) -> models.HalfInView:
        """Show a password; the second factor follows.

        An unknown name is answered, counted and slowed down as a wrong password is.

        `POST /v1/sign-in/password`
        """
        return await self._sender.send(
            Ask(method="POST", path="/v1/sign-in/password", gives=models.HalfInView, body=body)
        )

    async def finish_sign_in(self, body: models.SecondFactorBody) -> models.EnteredView:
        """Show the second factor, and get a session.

        `POST /v1/sign-in/second-factor`
        """
        return await self._sender.send(
            Ask(
                method="POST", path="/v1/sign-in/second-factor", gives=models.EnteredView, body=body
            )
        )

    async def list_staff(self) -> models.StaffListView:
        """List the staff and their roles.

        Callers: staff.

        Needs `access.read` (of partners and staff).

        `GET /v1/staff`
        """
        return await self._sender.send(
            Ask(method="GET", path="/v1/staff", gives=models.StaffListView)
        )

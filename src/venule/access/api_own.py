"""What members and staff do about their own sessions and credentials, over HTTP."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from venule.access.api_log import EventsPage, events_page
from venule.access.api_sign_in import SecondKind
from venule.access.api_views import (
    AuthEventsView,
    CeremonyView,
    Code,
    CredentialsView,
    DevicesView,
    DeviceView,
    Name,
    Offer,
    PasskeyAnswer,
    PasskeysView,
    PasskeyView,
    Password,
    RecoveryCodesView,
    SessionsView,
    SessionView,
    TotpView,
    WhoView,
    answer_text,
    ceremony_view,
    credentials_view,
    device_view,
    facts_of,
    origin_of,
    passkey_view,
    session_view,
    totp_view,
    who_view,
)
from venule.access.authn import Authn
from venule.access.commands import NameDevice, NamePasskey
from venule.access.credentials import name_passkey, passkeys
from venule.access.enrolment import Own
from venule.access.errors import (
    CeremonyRefused,
    CredentialsChanged,
    CredentialTaken,
    DeviceUnknown,
    FallbackMissing,
    LastCredential,
    PasskeyUnknown,
    PasswordsBusy,
    PasswordUnfit,
    SessionNotFound,
    SessionOver,
    SignInRefused,
    TooManyFailures,
    TooManyPasskeys,
)
from venule.access.logins import login
from venule.access.model import ChallengeId, DeviceId, Factor, PasskeyId, SessionId
from venule.access.sessions import devices, name_device, open_sessions
from venule.kit.http import PERSON, STAFF, Call, CursorUnknown, Route, Shape
from venule.kit.http.errors import StepUpNeeded

TAG: Final = "access"


class StepUpPasskeyBody(Shape, frozen=True):
    """A passkey's answer to the challenge of a step-up."""

    challenge_id: ChallengeId
    answer: PasskeyAnswer


class StepUpCodeBody(Shape, frozen=True):
    """A code of the app; or a recovery code, which serves to mend one's credentials alone."""

    code: Code
    factor: SecondKind = SecondKind.TOTP


class SessionPath(msgspec.Struct, frozen=True):
    """Which session."""

    session_id: SessionId


class DevicePath(msgspec.Struct, frozen=True):
    """Which device."""

    device_id: DeviceId


class PasskeyPath(msgspec.Struct, frozen=True):
    """Which passkey."""

    passkey_id: PasskeyId


class EndedView(msgspec.Struct, frozen=True):
    """How many sessions ended."""

    ended: int


class NameBody(Shape, frozen=True):
    """What its owner calls it."""

    name: Name


class NewPasskeyBody(Shape, frozen=True):
    """A new passkey, for the challenge of its registration."""

    challenge_id: ChallengeId
    answer: PasskeyAnswer
    name: Name = "passkey"


class NewPasswordBody(Shape, frozen=True):
    """A new password."""

    password: Password


class FallbackBody(Shape, frozen=True):
    """A new password, and a code of the app that has the seed offered."""

    password: Password
    offer: Offer
    totp_code: Code


class OwnApi:
    """The operations for those who are in, about themselves."""

    def __init__(self, authn: Authn, own: Own) -> None:
        self._authn = authn
        self._own = own

    # Sessions and devices

    async def show_session(self, call: Call[None, None, None]) -> WhoView:
        """Show who calls."""
        return who_view(facts_of(call))

    async def sign_out(self, call: Call[None, None, None]) -> None:
        """End this session."""
        facts = facts_of(call)
        await self._own.end_session(facts, facts.session.id, origin_of(call))

    async def list_sessions(self, call: Call[None, None, None]) -> SessionsView:
        """List one's open sessions."""
        found = await call.door.aread(open_sessions, facts_of(call).login_id)
        return SessionsView([session_view(each) for each in found])

    async def end_session(self, call: Call[None, None, SessionPath]) -> None:
        """End another session of one's own."""
        await self._own.end_session(facts_of(call), call.path.session_id, origin_of(call))

    async def end_other_sessions(self, call: Call[None, None, None]) -> EndedView:
        """End all one's sessions but this one."""
        return EndedView(await self._own.end_others(facts_of(call), origin_of(call)))

    async def list_devices(self, call: Call[None, None, None]) -> DevicesView:
        """List one's devices."""
        found = await call.door.aread(devices, facts_of(call).login_id)
        return DevicesView([device_view(each) for each in found])

    async def name_device(self, call: Call[NameBody, None, DevicePath]) -> DeviceView:
        """Give a device a name."""
        asked = NameDevice(facts_of(call).session.id, call.path.device_id, call.body.name)
        return device_view(await call.door.acall(name_device, asked))

    async def remove_device(self, call: Call[None, None, DevicePath]) -> None:
        """Forget a device and end its sessions."""
        await self._own.remove_device(facts_of(call), call.path.device_id, origin_of(call))

    async def list_own_events(self, call: Call[None, EventsPage, None]) -> AuthEventsView:
        """List what was tried with one's login."""
        return await events_page(call.door, call.query, facts_of(call).login_id)

    # Stepping up

    async def begin_step_up(self, call: Call[None, None, None]) -> CeremonyView:
        """Begin to show with a passkey that one is there."""
        return ceremony_view(await self._authn.begin_step_up(facts_of(call)))

    async def step_up_with_passkey(self, call: Call[StepUpPasskeyBody, None, None]) -> SessionView:
        """Show it with a passkey."""
        body = call.body
        stepped = await self._authn.step_up_passkey(
            facts_of(call), body.challenge_id, answer_text(body.answer), origin_of(call)
        )
        return session_view(stepped)

    async def step_up_with_code(self, call: Call[StepUpCodeBody, None, None]) -> SessionView:
        """Show it with a code."""
        body = call.body
        stepped = await self._authn.step_up_code(
            facts_of(call), body.code, Factor(body.factor.value), origin_of(call)
        )
        return session_view(stepped)

    # Credentials

    async def show_credentials(self, call: Call[None, None, None]) -> CredentialsView:
        """Show what one's login can be opened with."""
        return credentials_view(await call.door.aread(login, facts_of(call).login_id))

    async def list_passkeys(self, call: Call[None, None, None]) -> PasskeysView:
        """List one's passkeys."""
        found = await call.door.aread(passkeys, facts_of(call).login_id)
        return PasskeysView([passkey_view(each) for each in found])

    async def begin_passkey(self, call: Call[None, None, None]) -> CeremonyView:
        """Begin to add a passkey."""
        return ceremony_view(await self._own.begin_passkey(facts_of(call)))

    async def add_passkey(self, call: Call[NewPasskeyBody, None, None]) -> PasskeyView:
        """Add a passkey."""
        body = call.body
        added = await self._own.add_passkey(
            facts_of(call), body.challenge_id, answer_text(body.answer), body.name, origin_of(call)
        )
        return passkey_view(added)

    async def name_passkey(self, call: Call[NameBody, None, PasskeyPath]) -> PasskeyView:
        """Give a passkey a name."""
        asked = NamePasskey(facts_of(call).session.id, call.path.passkey_id, call.body.name)
        return passkey_view(await call.door.acall(name_passkey, asked))

    async def remove_passkey(self, call: Call[None, None, PasskeyPath]) -> None:
        """Remove a passkey."""
        await self._own.remove_passkey(facts_of(call), call.path.passkey_id, origin_of(call))

    async def change_password(self, call: Call[NewPasswordBody, None, None]) -> CredentialsView:
        """Change the password."""
        changed = await self._own.change_password(
            facts_of(call), call.body.password, origin_of(call)
        )
        return credentials_view(changed)

    async def offer_totp(self, call: Call[None, None, None]) -> TotpView:
        """Offer a seed for an app."""
        return totp_view(self._own.offer_totp(facts_of(call)))

    async def set_fallback(self, call: Call[FallbackBody, None, None]) -> RecoveryCodesView:
        """Set password and TOTP anew."""
        body = call.body
        _, codes = await self._own.set_fallback(
            facts_of(call), body.password, body.offer, body.totp_code, origin_of(call)
        )
        return RecoveryCodesView(codes)

    async def remove_fallback(self, call: Call[None, None, None]) -> None:
        """Remove password, TOTP and recovery codes."""
        await self._own.remove_fallback(facts_of(call), origin_of(call))

    async def renew_recovery_codes(self, call: Call[None, None, None]) -> RecoveryCodesView:
        """Put new recovery codes in place of the old ones."""
        codes = await self._own.renew_recovery(facts_of(call), origin_of(call))
        return RecoveryCodesView(codes)

    def routes(self) -> list[Route]:
        """Return the operations."""
        return [*self._session_routes(), *self._step_up_routes(), *self._credential_routes()]

    def _session_routes(self) -> list[Route]:
        mine: dict[str, Any] = {"tag": TAG, "who": PERSON | STAFF}
        over = (SessionOver,)
        return [
            Route(
                method="GET", path="/v1/session", handler=self.show_session, answer=WhoView,
                summary="Show who calls.", errors=over, **mine,
            ),
            Route(
                method="DELETE", path="/v1/session", handler=self.sign_out, status=204,
                summary="Sign out.", errors=(*over, SessionNotFound), **mine,
            ),
            Route(
                method="GET", path="/v1/sessions", handler=self.list_sessions,
                answer=SessionsView, summary="List your open sessions.", errors=over, **mine,
            ),
            Route(
                method="DELETE", path="/v1/sessions/{session_id}", handler=self.end_session,
                takes_path=SessionPath, status=204, summary="End a session of yours.",
                errors=(*over, SessionNotFound), **mine,
            ),
            Route(
                method="POST", path="/v1/sessions/end-others", handler=self.end_other_sessions,
                answer=EndedView, summary="End all your sessions but this one.", errors=over,
                **mine,
            ),
            Route(
                method="GET", path="/v1/devices", handler=self.list_devices, answer=DevicesView,
                summary="List the devices on which you have signed in.", errors=over, **mine,
            ),
            Route(
                method="PATCH", path="/v1/devices/{device_id}", handler=self.name_device,
                takes_path=DevicePath, body=NameBody, answer=DeviceView,
                summary="Give a device a name.", errors=(*over, DeviceUnknown), **mine,
            ),
            Route(
                method="DELETE", path="/v1/devices/{device_id}", handler=self.remove_device,
                takes_path=DevicePath, status=204,
                summary="Forget a device and end its sessions.",
                errors=(*over, DeviceUnknown), **mine,
            ),
            Route(
                method="GET", path="/v1/session/events", handler=self.list_own_events,
                query=EventsPage, answer=AuthEventsView,
                summary="List what was tried with your login.", errors=(*over, CursorUnknown),
                **mine,
            ),
        ]  # fmt: skip

    def _step_up_routes(self) -> list[Route]:
        mine: dict[str, Any] = {"method": "POST", "tag": TAG, "who": PERSON | STAFF}
        refused = (SessionOver, SignInRefused, TooManyFailures)
        return [
            Route(
                path="/v1/session/step-up/challenges", handler=self.begin_step_up,
                answer=CeremonyView, status=201, summary="Begin to show that you are there.",
                errors=(SessionOver,), **mine,
            ),
            Route(
                path="/v1/session/step-up/passkey", handler=self.step_up_with_passkey,
                body=StepUpPasskeyBody, answer=SessionView, rate="sign_in",
                summary="Show with a passkey that you are there.",
                errors=(*refused, CeremonyRefused), **mine,
            ),
            Route(
                path="/v1/session/step-up/code", handler=self.step_up_with_code,
                body=StepUpCodeBody, answer=SessionView, rate="sign_in",
                summary="Show with a code that you are there.", errors=refused, **mine,
                examples={"body": {"code": "123456"}},
            ),
        ]  # fmt: skip

    def _credential_routes(self) -> list[Route]:
        mine: dict[str, Any] = {"tag": TAG, "who": PERSON | STAFF}
        over = (SessionOver,)
        fresh = (SessionOver, StepUpNeeded)
        fallback = (*fresh, PasswordUnfit, PasswordsBusy, CredentialsChanged)
        return [
            Route(
                method="GET", path="/v1/credentials", handler=self.show_credentials,
                answer=CredentialsView, summary="Show what your login can be opened with.",
                errors=over, **mine,
            ),
            Route(
                method="GET", path="/v1/passkeys", handler=self.list_passkeys,
                answer=PasskeysView, summary="List your passkeys.", errors=over, **mine,
            ),
            Route(
                method="POST", path="/v1/passkeys/challenges", handler=self.begin_passkey,
                answer=CeremonyView, status=201, summary="Begin to add a passkey.",
                errors=fresh, **mine,
            ),
            Route(
                method="POST", path="/v1/passkeys", handler=self.add_passkey,
                body=NewPasskeyBody, answer=PasskeyView, status=201, summary="Add a passkey.",
                errors=(*fresh, CeremonyRefused, CredentialTaken, TooManyPasskeys), **mine,
            ),
            Route(
                method="PATCH", path="/v1/passkeys/{passkey_id}", handler=self.name_passkey,
                takes_path=PasskeyPath, body=NameBody, answer=PasskeyView,
                summary="Give a passkey a name.", errors=(*over, PasskeyUnknown), **mine,
            ),
            Route(
                method="DELETE", path="/v1/passkeys/{passkey_id}", handler=self.remove_passkey,
                takes_path=PasskeyPath, status=204, summary="Remove a passkey, but not the last.",
                errors=(*fresh, PasskeyUnknown, LastCredential), **mine,
            ),
            Route(
                method="PUT", path="/v1/credentials/password", handler=self.change_password,
                body=NewPasswordBody, answer=CredentialsView,
                summary="Change the password; your other sessions end.",
                errors=(*fallback, FallbackMissing), **mine,
            ),
            Route(
                method="POST", path="/v1/credentials/totp-offers", handler=self.offer_totp,
                answer=TotpView, status=201, summary="Get a seed for an authenticator app.",
                errors=fresh, **mine,
            ),
            Route(
                method="PUT", path="/v1/credentials/fallback", handler=self.set_fallback,
                body=FallbackBody, answer=RecoveryCodesView,
                summary="Set password and TOTP anew; your other sessions end.",
                errors=(*fallback, CeremonyRefused), **mine,
            ),
            Route(
                method="DELETE", path="/v1/credentials/fallback", handler=self.remove_fallback,
                status=204, summary="Remove password, TOTP and recovery codes; keep passkeys.",
                errors=(*fresh, FallbackMissing, LastCredential), **mine,
            ),
            Route(
                method="POST", path="/v1/credentials/recovery-codes",
                handler=self.renew_recovery_codes, answer=RecoveryCodesView, status=201,
                summary="Get new recovery codes; the old ones are void.",
                errors=(*fresh, FallbackMissing), **mine,
            ),
        ]  # fmt: skip

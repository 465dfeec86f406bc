"""Signing in and enrolling, over HTTP: for anyone, counted by address and by name."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any, Final

import msgspec

from venule.access.api_views import (
    CeremonyView,
    Code,
    DeviceBody,
    EnteredView,
    LoginName,
    Name,
    Offer,
    PasskeyAnswer,
    Password,
    Token,
    TotpView,
    answer_text,
    ceremony_view,
    device_of,
    entered_view,
    origin_of,
    totp_view,
)
from venule.access.authn import Authn
from venule.access.enrolment import Enrolment
from venule.access.errors import (
    CeremonyRefused,
    CodeRefused,
    CredentialTaken,
    OwnerGone,
    PasswordsBusy,
    PasswordUnfit,
    SignInRefused,
    TooManyFailures,
)
from venule.access.model import ChallengeId, Factor, OwnerKind
from venule.kit.http import ANYONE, Call, Route, Shape

TAG: Final = "access"


class SecondKind(Enum):
    """What follows the password: a code of the app, or a recovery code."""

    TOTP = "totp"
    RECOVERY = "recovery"


class PasswordSignInBody(Shape, frozen=True):
    """A login's name and password. kind: by which door."""

    login: LoginName
    password: Password
    kind: OwnerKind = OwnerKind.PERSON


class HalfInView(msgspec.Struct, frozen=True):
    """The second factor may follow with this token, until then."""

    token: str
    until: datetime


class SecondFactorBody(Shape, frozen=True):
    """The second factor. token: of the first step."""

    token: Token
    code: Code
    factor: SecondKind = SecondKind.TOTP
    device: DeviceBody = DeviceBody()


class PasskeySignInBody(Shape, frozen=True):
    """A passkey's answer."""

    challenge_id: ChallengeId
    answer: PasskeyAnswer
    kind: OwnerKind = OwnerKind.PERSON
    device: DeviceBody = DeviceBody()


class InvitedBody(Shape, frozen=True):
    """An enrolment code."""

    code: Code


class InvitationView(msgspec.Struct, frozen=True):
    """Whose login waits, and both ways to enrol: use one."""

    kind: OwnerKind
    login_name: str
    passkey: CeremonyView
    totp: TotpView


class EnrolPasskeyBody(Shape, frozen=True):
    """Enrol with a new passkey."""

    code: Code
    challenge_id: ChallengeId
    answer: PasskeyAnswer
    name: Name = "passkey"
    device: DeviceBody = DeviceBody()


class EnrolPasswordBody(Shape, frozen=True):
    """Enrol with a password, and a code of the app that has the seed offered."""

    code: Code
    password: Password
    offer: Offer
    totp_code: Code
    device: DeviceBody = DeviceBody()


class SignInApi:
    """The operations for those who are not in yet."""

    def __init__(self, authn: Authn, enrolment: Enrolment) -> None:
        self._authn = authn
        self._enrolment = enrolment

    async def sign_in_with_password(self, call: Call[PasswordSignInBody, None, None]) -> HalfInView:
        """Compare a password."""
        body = call.body
        half = await self._authn.sign_in_password(
            body.kind, body.login, body.password, origin_of(call)
        )
        return HalfInView(half.token, half.until)

    async def finish_sign_in(self, call: Call[SecondFactorBody, None, None]) -> EnteredView:
        """Open a session with the second factor."""
        body = call.body
        entered = await self._authn.finish_sign_in(
            body.token,
            body.code,
            Factor(body.factor.value),
            device_of(body.device),
            origin_of(call),
        )
        return entered_view(entered)

    async def begin_passkey_sign_in(self, call: Call[None, None, None]) -> CeremonyView:
        """Begin to sign in with a passkey."""
        return ceremony_view(await self._authn.begin_passkey())

    async def sign_in_with_passkey(self, call: Call[PasskeySignInBody, None, None]) -> EnteredView:
        """Open a session with a passkey."""
        body = call.body
        entered = await self._authn.finish_passkey(
            body.kind,
            body.challenge_id,
            answer_text(body.answer),
            device_of(body.device),
            origin_of(call),
        )
        return entered_view(entered)

    async def begin_enrolment(self, call: Call[InvitedBody, None, None]) -> InvitationView:
        """Show both ways to enrol."""
        invited = await self._enrolment.begin(call.body.code)
        return InvitationView(
            invited.kind,
            invited.login_name,
            ceremony_view(invited.passkey),
            totp_view(invited.totp),
        )

    async def enrol_with_passkey(self, call: Call[EnrolPasskeyBody, None, None]) -> EnteredView:
        """Enrol with a passkey."""
        body = call.body
        entered = await self._enrolment.with_passkey(
            body.code,
            body.challenge_id,
            answer_text(body.answer),
            body.name,
            device_of(body.device),
            origin_of(call),
        )
        return entered_view(entered)

    async def enrol_with_password(self, call: Call[EnrolPasswordBody, None, None]) -> EnteredView:
        """Enrol with a password and TOTP."""
        body = call.body
        entered = await self._enrolment.with_password(
            body.code,
            body.password,
            body.offer,
            body.totp_code,
            device_of(body.device),
            origin_of(call),
        )
        return entered_view(entered)

    def routes(self) -> list[Route]:
        """Return the operations."""
        all_: dict[str, Any] = {"method": "POST", "tag": TAG, "who": ANYONE, "rate": "sign_in"}
        refused = (SignInRefused, TooManyFailures)
        enrols = (CodeRefused, OwnerGone, CeremonyRefused)
        return [
            Route(
                path="/v1/sign-in/password", handler=self.sign_in_with_password,
                body=PasswordSignInBody, answer=HalfInView,
                summary="Show a password; the second factor follows.",
                description="An unknown name is answered, counted and slowed down as a wrong"
                " password is.",
                errors=(*refused, PasswordsBusy), **all_,
                examples={"body": {"login": "me@example.com", "password": "correct horse battery"}},
            ),
            Route(
                path="/v1/sign-in/second-factor", handler=self.finish_sign_in,
                body=SecondFactorBody, answer=EnteredView, status=201,
                summary="Show the second factor, and get a session.", errors=refused, **all_,
                examples={"body": {"token": "vsh_...", "code": "123456"}},
            ),
            Route(
                path="/v1/sign-in/passkey-challenges", handler=self.begin_passkey_sign_in,
                answer=CeremonyView, status=201, summary="Begin to sign in with a passkey.",
                **all_,
            ),
            Route(
                path="/v1/sign-in/passkey", handler=self.sign_in_with_passkey,
                body=PasskeySignInBody, answer=EnteredView, status=201,
                summary="Show a passkey's answer, and get a session.",
                errors=(*refused, CeremonyRefused), **all_,
            ),
            Route(
                path="/v1/enrolment", handler=self.begin_enrolment, body=InvitedBody,
                answer=InvitationView, summary="Show whose login an enrolment code is for.",
                errors=(CodeRefused, OwnerGone), **all_,
                examples={"body": {"code": "ABCD-EFGH-IJKL-MNOP"}},
            ),
            Route(
                path="/v1/enrolment/passkey", handler=self.enrol_with_passkey,
                body=EnrolPasskeyBody, answer=EnteredView, status=201,
                summary="Enrol with a passkey, and get a session.",
                errors=(*enrols, CredentialTaken), **all_,
            ),
            Route(
                path="/v1/enrolment/password", handler=self.enrol_with_password,
                body=EnrolPasswordBody, answer=EnteredView, status=201,
                summary="Enrol with a password and TOTP, and get a session.",
                errors=(*enrols, PasswordUnfit, PasswordsBusy), **all_,
            ),
        ]  # fmt: skip

"""Enrolling with a code, and changing what one signs in with: around the commands."""

from __future__ import annotations

import msgspec

from venule.access import rules
from venule.access.authn import Authn
from venule.access.commands import (
    AddPasskey,
    ChangePassword,
    EndOthers,
    EndSession,
    EnrolFallback,
    EnrolPasskey,
    HashQuery,
    IssueCode,
    Origin,
    RemoveDevice,
    RemoveFallback,
    RemovePasskey,
    RenewRecovery,
    SetFallback,
)
from venule.access.credentials import (
    ANY,
    add_passkey,
    change_password,
    passkeys,
    remove_fallback,
    remove_passkey,
    renew_recovery,
    set_fallback,
)
from venule.access.errors import CeremonyRefused
from venule.access.front import Ceremony, Device, Entered, Front, TotpOffer, code_hash, within
from venule.access.logins import enrol_fallback, enrol_passkey, issue_code, login_by_code
from venule.access.model import (
    STEP_UP_LASTS,
    ChallengeId,
    Denial,
    DeviceId,
    LoginId,
    LoginView,
    NewPasskey,
    OwnerKind,
    Passkey,
    PasskeyId,
    Purpose,
    SessionFacts,
    SessionId,
    StaffId,
)
from venule.access.sessions import end_others, end_session, remove_device
from venule.access.sign_in import login_facts


class Invitation(msgspec.Struct, frozen=True):
    """Whose login waits, and both ways to enrol."""

    kind: OwnerKind
    login_name: str
    passkey: Ceremony
    totp: TotpOffer


class IssuedCode(msgspec.Struct, frozen=True):
    """An enrolment code, shown once."""

    code: str
    login: LoginView


class Enrolment:
    """Codes, and what is done with them."""

    def __init__(self, front: Front) -> None:
        self._front = front

    async def issue(self, login_id: LoginId, by: StaffId | None, origin: Origin) -> IssuedCode:
        """Hand out a new code. Raises: LoginUnknown, LoginTransitionIllegal."""
        code = self._front.new_code()
        asked = IssueCode(login_id, code_hash(code), by, origin)
        return IssuedCode(code, await self._front.door.acall(issue_code, asked))

    async def begin(self, code: str) -> Invitation:
        """Return both ways to enrol. Raises: CodeRefused, OwnerGone."""
        front, hash_ = self._front, code_hash(code)
        login = await front.door.aread(login_by_code, HashQuery(hash_))
        challenge = await front.begin(Purpose.ENROL, login_id=login.id, subject=hash_)
        options = front.ceremonies.registration(login.id, login.name, challenge.challenge, [])
        ceremony = Ceremony(challenge.id, options)
        return Invitation(login.kind, login.name, ceremony, front.offer(login.id, login.name))

    async def with_passkey(
        self,
        code: str,
        challenge_id: ChallengeId,
        answer: str,
        name: str,
        device: Device,
        origin: Origin,
    ) -> Entered:
        """Enrol with a passkey. Raises: CeremonyRefused, and as `enrol_passkey`."""
        front = self._front
        new = await _registered(front, challenge_id, answer, name, "login.enrol", origin)
        opening, token, device_token = front.opening(device)
        asked = EnrolPasskey(code_hash(code), challenge_id, new, opening, origin)
        return front.entered(await front.door.acall(enrol_passkey, asked), token, device_token)

    async def with_password(
        self,
        code: str,
        password: str,
        offer: str,
        totp_code: str,
        device: Device,
        origin: Origin,
    ) -> Entered:
        """Enrol with a password and TOTP.

        Raises: PasswordUnfit, CeremonyRefused, PasswordsBusy, and as `enrol_fallback`.
        """
        front, hash_ = self._front, code_hash(code)
        login = await front.door.aread(login_by_code, HashQuery(hash_))
        new, codes = await front.new_fallback(login.id, login.name, password, offer, totp_code)
        opening, token, device_token = front.opening(device)
        answer = await front.door.acall(enrol_fallback, EnrolFallback(hash_, new, opening, origin))
        return front.entered(answer, token, device_token, codes)


async def _registered(
    front: Front,
    challenge_id: ChallengeId,
    answer: str,
    name: str,
    what: str,
    origin: Origin,
) -> NewPasskey:
    """Verify a new passkey; a refusal is logged. Raises: CeremonyRefused."""
    challenge = await front.open_challenge(challenge_id)
    try:
        return front.ceremonies.registered(answer, challenge.challenge, name)
    except CeremonyRefused:
        await front.deny(what, Denial.PASSKEY, origin, challenge_id)
        raise


class Own:
    """What the owner of a session changes about themselves."""

    def __init__(self, front: Front, authn: Authn) -> None:
        self._front = front
        self._authn = authn

    async def begin_passkey(self, facts: SessionFacts) -> Ceremony:
        """Begin to add a passkey. Raises: StepUpNeeded."""
        front = self._front
        self._check_fresh(facts)
        there = await front.door.aread(passkeys, facts.login_id)
        challenge = await front.begin(
            Purpose.REGISTER, login_id=facts.login_id, session_id=facts.session.id
        )
        options = front.ceremonies.registration(
            facts.login_id, facts.login_name, challenge.challenge, there
        )
        return Ceremony(challenge.id, options)

    def _check_fresh(self, facts: SessionFacts) -> None:
        """Say early what the command would say after much work."""
        rules.check_fresh(facts.session, self._front.clock.now(), STEP_UP_LASTS, ANY)

    async def add_passkey(
        self, facts: SessionFacts, challenge_id: ChallengeId, answer: str, name: str, origin: Origin
    ) -> Passkey:
        """Finish it. Raises: CeremonyRefused, and as `add_passkey`."""
        front, origin = self._front, within(facts, origin)
        new = await _registered(front, challenge_id, answer, name, "passkey.add", origin)
        asked = AddPasskey(facts.session.id, challenge_id, new, origin)
        return await front.door.acall(add_passkey, asked)

    async def remove_passkey(
        self, facts: SessionFacts, passkey_id: PasskeyId, origin: Origin
    ) -> LoginView:
        """See `credentials.remove_passkey`."""
        asked = RemovePasskey(facts.session.id, passkey_id, within(facts, origin))
        return self._changed(facts, await self._front.door.acall(remove_passkey, asked))

    async def change_password(
        self, facts: SessionFacts, password: str, origin: Origin
    ) -> LoginView:
        """Change the password. Raises: PasswordUnfit, PasswordsBusy, and as `change_password`."""
        front = self._front
        self._check_fresh(facts)
        login = await front.door.aread(login_facts, facts.login_id)
        hash_ = await front.passwords.hash(rules.password(password, login.name))
        asked = ChangePassword(facts.session.id, login.version, hash_, within(facts, origin))
        return self._changed(facts, await front.door.acall(change_password, asked))

    def offer_totp(self, facts: SessionFacts) -> TotpOffer:
        """Return a seed for an app. Raises: StepUpNeeded."""
        self._check_fresh(facts)
        return self._front.offer(facts.login_id, facts.login_name)

    async def set_fallback(
        self, facts: SessionFacts, password: str, offer: str, totp_code: str, origin: Origin
    ) -> tuple[LoginView, list[str]]:
        """Set password and TOTP anew; return the recovery codes, too.

        Raises: PasswordUnfit, CeremonyRefused, PasswordsBusy, and as `set_fallback`.
        """
        front = self._front
        self._check_fresh(facts)
        login = await front.door.aread(login_facts, facts.login_id)
        new, codes = await front.new_fallback(login.id, login.name, password, offer, totp_code)
        asked = SetFallback(facts.session.id, login.version, new, within(facts, origin))
        return self._changed(facts, await front.door.acall(set_fallback, asked)), codes

    async def remove_fallback(self, facts: SessionFacts, origin: Origin) -> LoginView:
        """See `credentials.remove_fallback`."""
        asked = RemoveFallback(facts.session.id, within(facts, origin))
        return self._changed(facts, await self._front.door.acall(remove_fallback, asked))

    async def renew_recovery(self, facts: SessionFacts, origin: Origin) -> list[str]:
        """Return new recovery codes; the old ones are void. Raises: as `renew_recovery`."""
        codes, hashes = self._front.new_recovery(facts.login_id)
        asked = RenewRecovery(facts.session.id, hashes, within(facts, origin))
        await self._front.door.acall(renew_recovery, asked)
        return codes

    async def end_session(self, facts: SessionFacts, session_id: SessionId, origin: Origin) -> None:
        """Sign out, or end another session of one's own. Raises: as `end_session`."""
        asked = EndSession(facts.session.id, session_id, within(facts, origin))
        await self._front.door.acall(end_session, asked)
        self._authn.forget(facts.login_id)

    async def end_others(self, facts: SessionFacts, origin: Origin) -> int:
        """End all other sessions of one's own; return how many. Raises: SessionOver."""
        asked = EndOthers(facts.session.id, within(facts, origin))
        count = await self._front.door.acall(end_others, asked)
        self._authn.forget(facts.login_id)
        return count

    async def remove_device(self, facts: SessionFacts, device_id: DeviceId, origin: Origin) -> None:
        """Forget a device and end its sessions. Raises: SessionOver, DeviceUnknown."""
        asked = RemoveDevice(facts.session.id, device_id, within(facts, origin))
        await self._front.door.acall(remove_device, asked)
        self._authn.forget(facts.login_id)

    def _changed(self, facts: SessionFacts, view: LoginView) -> LoginView:
        self._authn.forget(facts.login_id)
        return view

"""Signing in, knowing who calls, stepping up: the work of an API's process, around the commands."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, NamedTuple
from unicodedata import normalize
from uuid import UUID

import msgspec

from venule.access import rules
from venule.access.commands import (
    FinishSignIn,
    HashQuery,
    LoginByName,
    NotePassword,
    Origin,
    ProveOwner,
    SecondFactor,
    SignInPasskey,
    StepUp,
    Touch,
)
from venule.access.credentials import passkeys
from venule.access.errors import LoginNameMalformed, SessionOver, SignInRefused
from venule.access.front import (
    HALF_PREFIX,
    Ceremony,
    Device,
    Entered,
    Front,
    token_hash,
    within,
)
from venule.access.model import (
    PASSWORD_CHARS_MAX,
    SEEN_EVERY,
    ChallengeId,
    Factor,
    Login,
    LoginId,
    OwnerKind,
    Purpose,
    Session,
    SessionFacts,
)
from venule.access.sessions import session_facts, touch
from venule.access.sign_in import (
    finish_sign_in,
    half_facts,
    login_facts,
    note_password,
    prove_owner,
    sign_in_facts,
    sign_in_passkey,
    step_up,
)

CACHE_TTL_S: Final = 2
"""How long a session that another process has ended may still be used here."""

CACHE_MAX: Final = 10_000
_TTL: Final = timedelta(seconds=CACHE_TTL_S)
_NONE: Final = timedelta(0)


class HalfIn(msgspec.Struct, frozen=True):
    """The password was right: the second factor may follow with this token, until then."""

    token: str
    until: datetime


class _Kept(NamedTuple):
    facts: SessionFacts
    at: datetime


class Authn:
    """Lets people and staff in, and knows them again by their token."""

    def __init__(self, front: Front) -> None:
        self._front = front
        self._kept: dict[bytes, _Kept] = {}
        self._forgotten = 0  # how often sessions were ended here: what was asked before is old

    # Who calls

    async def authenticate(self, token: str) -> SessionFacts:
        """Return whom a token stands for. Raises: SessionOver.

        What this process ends is over at once, what another one ends within `CACHE_TTL_S`.
        """
        hash_ = token_hash(token)
        now = self._front.clock.now()
        kept = self._kept.get(hash_)
        if kept is None or not _NONE <= now - kept.at < _TTL:
            kept = await self._look_up(hash_, now)
        if not rules.is_open(kept.facts.session, kept.facts.kind, now):
            raise SessionOver
        if now - kept.facts.session.seen_at >= SEEN_EVERY:
            seen = await self._front.door.acall(touch, Touch(kept.facts.session.id))
            self._replace(hash_, seen)
        return kept.facts

    async def _look_up(self, hash_: bytes, now: datetime) -> _Kept:
        self._kept.pop(hash_, None)
        before = self._forgotten
        facts = await self._front.door.aread(session_facts, HashQuery(hash_))
        if facts is None:
            raise SessionOver
        kept = _Kept(facts, now)
        if before == self._forgotten:
            while len(self._kept) >= CACHE_MAX:
                del self._kept[next(iter(self._kept))]
            self._kept[hash_] = kept
        return kept

    def _replace(self, hash_: bytes, session: Session) -> None:
        kept = self._kept.get(hash_)
        if kept is not None and kept.facts.session.id == session.id:
            facts = msgspec.structs.replace(kept.facts, session=session)
            self._kept[hash_] = _Kept(facts, kept.at)

    def forget(self, login_id: LoginId | None = None) -> None:
        """Look a login's sessions up anew from now on; without one, everybody's."""
        self._forgotten += 1
        gone = [h for h, k in self._kept.items() if login_id in (None, k.facts.login_id)]
        for hash_ in gone:
            del self._kept[hash_]

    # Signing in

    async def sign_in_password(
        self, kind: OwnerKind, name: str, password: str, origin: Origin
    ) -> HalfIn:
        """Compare a password; the second factor follows.

        An unknown name takes as long, is counted and answered in the same way as a wrong password.
        Raises: SignInRefused, TooManyFailures, PasswordsBusy.
        """
        front = self._front
        try:
            facts = await front.door.aread(sign_in_facts, LoginByName(kind, name))
        except LoginNameMalformed:
            raise SignInRefused from None  # nobody can have such a name
        plain = normalize("NFKC", password[: 4 * PASSWORD_CHARS_MAX])
        known = None if facts.login is None else facts.login.password_hash
        correct = False
        rehash = None
        if not facts.wait_s:
            correct = await front.passwords.verify(known, plain)
            if correct and known is not None and front.passwords.is_stale(known):
                rehash = await front.passwords.hash(plain)
        half = front.new_token(HALF_PREFIX)
        noted = await front.door.acall(
            note_password,
            NotePassword(
                kind=kind,
                name=name,
                login_id=None if facts.login is None else facts.login.id,
                version=0 if facts.login is None else facts.login.version,
                correct=correct,
                half_hash=token_hash(half),
                rehash=rehash,
                origin=origin,
            ),
        )
        if noted.until is None:
            front.refuse(noted.wait_s)
        assert noted.until is not None
        return HalfIn(half, noted.until)

    async def finish_sign_in(
        self, half: str, code: str, factor: Factor, device: Device, origin: Origin
    ) -> Entered:
        """Finish what began with a password. factor: TOTP, or RECOVERY for a recovery code.

        Raises: SignInRefused, TooManyFailures, NameMalformed.
        """
        front = self._front
        facts = await front.door.aread(half_facts, HashQuery(token_hash(half)))
        second = self._second(facts.login, code, factor)
        opening, token, device_token = front.opening(device)
        asked = FinishSignIn(token_hash(half), second, opening, origin)
        answer = await front.door.acall(finish_sign_in, asked)
        return front.entered(answer, token, device_token)

    async def prove(
        self, kind: OwnerKind, name: str, password: str, code: str, origin: Origin
    ) -> UUID:
        """Return whose password and TOTP code these are; no session is opened, no device kept.

        Raises: SignInRefused, TooManyFailures, PasswordsBusy.
        """
        front = self._front
        half = await self.sign_in_password(kind, name, password, origin)
        hash_ = token_hash(half.token)
        facts = await front.door.aread(half_facts, HashQuery(hash_))
        second = self._second(facts.login, code, Factor.TOTP)
        proven = await front.door.acall(prove_owner, ProveOwner(hash_, second, origin))
        if proven.owner_id is None:
            front.refuse(proven.wait_s)
        assert proven.owner_id is not None
        return proven.owner_id

    def _second(self, login: Login, code: str, factor: Factor) -> SecondFactor:
        if factor is Factor.TOTP:
            return SecondFactor(factor, login.version, self._front.totp_step(login, code))
        hash_ = rules.code_hash(login.id.bytes, code)
        return SecondFactor(Factor.RECOVERY, login.version, None, hash_)

    async def begin_passkey(self) -> Ceremony:
        """Begin to sign in with a passkey; no name is asked for."""
        challenge = await self._front.begin(Purpose.SIGN_IN)
        return Ceremony(challenge.id, self._front.ceremonies.assertion(challenge.challenge))

    async def finish_passkey(
        self,
        kind: OwnerKind,
        challenge_id: ChallengeId,
        answer: str,
        device: Device,
        origin: Origin,
    ) -> Entered:
        """Finish it. Raises: CeremonyRefused, SignInRefused, NameMalformed."""
        front = self._front
        seen = await front.asserted(challenge_id, answer)
        opening, token, device_token = front.opening(device)
        signed_in = await front.door.acall(
            sign_in_passkey, SignInPasskey(kind, seen, opening, origin)
        )
        return front.entered(signed_in, token, device_token)

    # Stepping up

    async def begin_step_up(self, facts: SessionFacts) -> Ceremony:
        """Begin to show with a passkey that a session's owner is there."""
        front = self._front
        challenge = await front.begin(
            Purpose.STEP_UP, login_id=facts.login_id, session_id=facts.session.id
        )
        allowed = await front.door.aread(passkeys, facts.login_id)
        return Ceremony(challenge.id, front.ceremonies.assertion(challenge.challenge, allowed))

    async def step_up_passkey(
        self, facts: SessionFacts, challenge_id: ChallengeId, answer: str, origin: Origin
    ) -> Session:
        """Finish it. Raises: CeremonyRefused, SignInRefused, SessionOver."""
        seen = await self._front.asserted(challenge_id, answer)
        return await self._stepped_up(facts, StepUp(facts.session.id, seen, None, origin))

    async def step_up_code(
        self, facts: SessionFacts, code: str, factor: Factor, origin: Origin
    ) -> Session:
        """Show it with a code: of the app, or a recovery code.

        Raises: SignInRefused, TooManyFailures, SessionOver.
        """
        login = await self._front.door.aread(login_facts, facts.login_id)
        second = self._second(login, code, factor)
        return await self._stepped_up(facts, StepUp(facts.session.id, None, second, origin))

    async def _stepped_up(self, facts: SessionFacts, command: StepUp) -> Session:
        asked = msgspec.structs.replace(command, origin=within(facts, command.origin))
        answer = await self._front.door.acall(step_up, asked)
        if answer.session is None:
            self._front.refuse(answer.wait_s)
        assert answer.session is not None
        self.forget(facts.login_id)
        return answer.session

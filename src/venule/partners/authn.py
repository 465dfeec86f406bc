"""Find out who asks: from a signed request, or from a bearer token. For processes that serve.

What was looked up is remembered for at most `REMEMBERED_S`; what is taken back in this process is
forgotten at once (`forget`). Signatures are checked here, in the process that serves; the writer is
asked only whether a nonce is new.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import msgspec

from venule.kit.door import Door
from venule.kit.errors import AppError
from venule.kit.time import Clock, from_us, to_us
from venule.members import MemberId
from venule.partners import consents, grants, rules, service, signatures
from venule.partners.consent_model import NoteUse, TokenFacts, TokenQuery
from venule.partners.errors import (
    OriginNotOurs,
    ScopeMissing,
    SignatureKeyOver,
    SignatureKeyUnknown,
    TokenUnknown,
    UsedBefore,
)
from venule.partners.model import (
    ApplicationId,
    ConsentId,
    KeyFacts,
    KeyId,
    KeyUse,
    Once,
    TokenKind,
    UseOnce,
)
from venule.partners.public_keys import Verifier

REMEMBERED_S: Final = 2
REMEMBERED_MAX: Final = 10_000
NONCES_MAX: Final = 100_000
TOKEN_CHARS_MAX: Final = 128
ACCESS_PREFIX: Final = "vat_"
"""One look tells an access token from a session."""

FORGET_EVERY: Final = 256
"""One nonce in so many takes old ones with it; each time more than have come in between."""

MARGIN_S: Final = 600
"""So much may the clocks of the serving processes differ before a nonce is forgotten too soon."""

_US: Final = 1_000_000


class Caller(msgspec.Struct, frozen=True):
    """Who asks. how: `signature` or `bearer`.

    owner_id: for whom the application acts of itself. member_id: the member who lets it act for
    them; only with a bearer token. signature: the request's field Signature, for the answer's.
    """

    application_id: ApplicationId
    owner_id: MemberId | None
    member_id: MemberId | None
    scopes: frozenset[str]
    how: str
    key_id: KeyId | None = None
    consent_id: ConsentId | None = None
    signature: str | None = None

    @property
    def acts_for(self) -> MemberId | None:
        """The member for whom it acts: the one who lets it, or its owner."""
        return self.owner_id if self.member_id is None else self.member_id


class AuthnEvent(msgspec.Struct, frozen=True):
    """Somebody has proven who asks, or has not. seen: `ok`, or the slug of the refusal.

    named: the key, application or token that was named, as far as it can be told. routine: one of
    many of its kind, such as another request with the same key.
    """

    how: str
    seen: str
    application_id: ApplicationId | None
    named: str
    routine: bool


Tell = Callable[[AuthnEvent], Awaitable[None]]


async def tell_nobody(event: AuthnEvent) -> None:
    """Keep no log of who has proven what."""


def require(caller: Caller, scope: str) -> None:
    """Raises: ScopeMissing."""
    if scope not in caller.scopes:
        raise ScopeMissing(scope)


class _Known(msgspec.Struct):
    """What was looked up. until_us: when to look again."""

    value: Any
    until_us: int


class Authenticator:
    """Finds out who asks. One a process; for the tasks of one event loop."""

    def __init__(
        self, door: Door, clock: Clock, origins: frozenset[str], tell: Tell = tell_nobody
    ) -> None:
        """clock: the machine's, by which partners sign. origins: the service's own addresses, such
        as `https://api.example`. tell: takes every authentication event."""
        self._door = door
        self._clock = clock
        self._origins = origins
        self._tell = tell
        self._keys: dict[KeyId, _Known] = {}
        self._tokens: dict[bytes, _Known] = {}
        self._nonces: dict[tuple[ApplicationId, str], int] = {}
        self._taken = 0
        self._told: set[UUID] = set()

    @property
    def door(self) -> Door:
        """The way to the writer."""
        return self._door

    @property
    def clock(self) -> Clock:
        """The machine's clock."""
        return self._clock

    def forget(self) -> None:
        """Look up everything anew: a key, token, consent or application has changed."""
        self._keys.clear()
        self._tokens.clear()

    async def tell(self, event: AuthnEvent) -> None:
        """Keep an authentication event."""
        await self._tell(event)

    async def signed(self, request: signatures.WireRequest) -> Caller:
        """Return who has signed a request.

        Raises: OriginNotOurs, what `signatures.read` does, SignatureKeyUnknown, SignatureKeyOver,
        ApplicationMayNotCall, DigestWrong, SignatureWrong, UsedBefore; in this order.
        """
        named: list[str] = []
        try:
            caller = await self._signed(request, named)
        except AppError as error:
            await self._tell(
                AuthnEvent("signature", error.slug, None, named[0] if named else "", False)
            )
            raise
        assert caller.key_id is not None
        routine = caller.key_id in self._told
        if len(self._told) < REMEMBERED_MAX:
            self._told.add(caller.key_id)
        event = AuthnEvent("signature", "ok", caller.application_id, str(caller.key_id), routine)
        await self._tell(event)
        return caller

    async def _signed(self, request: signatures.WireRequest, named: list[str]) -> Caller:
        now = self._clock.now()
        if signatures.origin(request.url) not in self._origins:
            raise OriginNotOurs(request.url)
        claim = signatures.read(request, to_us(now) // _US)
        named.append(claim.key_id)
        facts, verifier = await self._key(claim.key_id, now)
        it = facts.application
        fault = rules.fault_of(facts.key, now)
        if fault:
            raise SignatureKeyOver(facts.key.id, fault)
        rules.check_may_call(it, facts.sandbox)
        signatures.check(claim, request, verifier)
        await self.take_once(it.id, Once.NONCE, claim.nonce, from_us(claim.until_s * _US))
        return Caller(
            it.id,
            it.owner_id,
            None,
            frozenset(it.scopes),
            "signature",
            key_id=facts.key.id,
            signature=request.field("signature"),
        )

    async def still_signs(self, caller: Caller) -> None:
        """Look anew at who has signed. Raises: SignatureKeyUnknown, SignatureKeyOver,
        ApplicationMayNotCall."""
        now = self._clock.now()
        facts, _ = await self._key(str(caller.key_id), now)
        fault = rules.fault_of(facts.key, now)
        if fault:
            raise SignatureKeyOver(facts.key.id, fault)
        rules.check_may_call(facts.application, facts.sandbox)

    async def _key(self, text: str, now: datetime) -> tuple[KeyFacts, Verifier]:
        try:
            key_id = KeyId(UUID(text))
        except ValueError:
            raise SignatureKeyUnknown(text) from None
        if str(key_id) != text:
            raise SignatureKeyUnknown(text)
        known = self._keys.get(key_id)
        now_us = to_us(now)
        if known is None or known.until_us <= now_us:
            facts = await self._door.aread(service.key_facts, key_id)
            if facts is None or facts.key.use is not KeyUse.REQUEST:
                raise SignatureKeyUnknown(text)
            loaded = (facts, Verifier(facts.key.public))
            known = _remember(self._keys, key_id, loaded, now_us, REMEMBERED_S * _US)
        found: tuple[KeyFacts, Verifier] = known.value
        return found

    async def take_once(
        self, application_id: ApplicationId, what: Once, value: str, until_at: datetime
    ) -> None:
        """Take what counts once, here and in every other process. Raises: UsedBefore.

        What this process has seen is refused without asking.
        """
        mine = (application_id, f"{what.value} {value}")
        now = self._clock.now()
        if mine in self._nonces:
            raise UsedBefore(what.value)
        if len(self._nonces) >= NONCES_MAX:
            self._drop(to_us(now))
        self._nonces[mine] = to_us(until_at)
        forget = None
        if self._taken % FORGET_EVERY == 0:
            forget = now - timedelta(seconds=MARGIN_S)
        self._taken += 1
        await self._door.acall(
            service.use_once, UseOnce(application_id, what, value, until_at, forget)
        )

    def _drop(self, now_us: int) -> None:
        """Make room: of those seen here, keep what could be taken again; at worst, none."""
        self._nonces = {mine: until for mine, until in self._nonces.items() if until > now_us}
        if len(self._nonces) >= NONCES_MAX:
            self._nonces.clear()

    async def bearer(self, token: str) -> Caller:
        """Return who holds a token. Raises: TokenUnknown."""
        try:
            facts = await self.token(token)
        except AppError as error:
            await self._tell(AuthnEvent("bearer", error.slug, None, "", False))
            raise
        caller = Caller(
            facts.application_id,
            facts.owner_id,
            facts.member_id,
            frozenset(facts.scopes),
            "bearer",
            consent_id=facts.consent_id,
        )
        await self._tell(
            AuthnEvent("bearer", "ok", facts.application_id, str(facts.consent_id or ""), True)
        )
        return caller

    async def token(self, token: str) -> TokenFacts:
        """Return an access token that holds. Raises: TokenUnknown."""
        if (
            not token.startswith(ACCESS_PREFIX)
            or not token.isascii()
            or len(token) > TOKEN_CHARS_MAX
        ):
            raise TokenUnknown
        digest = sha256(token.encode()).digest()
        now_us = to_us(self._clock.now())
        known = self._tokens.get(digest)
        if known is None or known.until_us <= now_us:
            facts = await self._door.aread(grants.token_facts, TokenQuery(digest))
            if facts is None or facts.kind is not TokenKind.ACCESS:
                raise TokenUnknown
            for_us = min(REMEMBERED_S * _US, facts.for_us)
            known = _remember(self._tokens, digest, facts, now_us, for_us)
            if facts.note_use and facts.consent_id is not None:
                await self._door.acall(consents.note_use, NoteUse(facts.consent_id))
        found: TokenFacts = known.value
        return found


def _remember(
    into: dict[Any, _Known], name: object, value: Any, now_us: int, for_us: int
) -> _Known:
    if len(into) >= REMEMBERED_MAX:
        into.clear()
    known = into[name] = _Known(value, now_us + for_us)
    return known

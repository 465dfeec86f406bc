"""What the room's work outside the writer shares: the door, the vault, chance, and tokens.

Slow and secret things happen here: hashes, signatures, seeds. What a command gets are results.
"""

from __future__ import annotations

import secrets
from base64 import b32encode, urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from datetime import timedelta
from hashlib import sha256
from typing import Any, Final

import msgspec

from venule.access import rules, totp
from venule.access.ceremonies import Ceremonies
from venule.access.commands import (
    Begin,
    CredentialQuery,
    NewFallback,
    NoteDenied,
    Opening,
    Origin,
    SignedIn,
)
from venule.access.errors import CeremonyRefused, SignInRefused, TooManyFailures
from venule.access.hashing import Chance, Passwords
from venule.access.log import note_denied
from venule.access.model import (
    RECOVERY_CODES,
    TOKEN_BYTES,
    Assertion,
    Challenge,
    ChallengeId,
    Denial,
    Login,
    LoginId,
    Purpose,
    Session,
    SessionFacts,
    SessionId,
)
from venule.access.sign_in import begin, credential_facts
from venule.kit.door import Door
from venule.kit.time import Clock, from_us, to_us
from venule.kit.vault import Vault, VaultSealBroken

CODE_BYTES: Final = 10
"""80 random bits for a code that people type: too many to try, with or without a pause."""

SESSION_PREFIX: Final = "vss_"
HALF_PREFIX: Final = "vsh_"
DEVICE_PREFIX: Final = "vsd_"
"""How tokens begin: so that one is known for what it is, wherever it turns up."""

OFFER_LASTS: Final = timedelta(minutes=15)
_TIME_BYTES: Final = 8


class Ceremony(msgspec.Struct, frozen=True):
    """What a browser needs to use a passkey: options, in JSON's types; and what to give back."""

    challenge_id: ChallengeId
    options: dict[str, Any]


class Device(msgspec.Struct, frozen=True):
    """The device that asks: the token that it kept, if any, and what its owner calls it."""

    token: str | None = None
    name: str = "device"


class Entered(msgspec.Struct, frozen=True):
    """A session was opened. token: shown once. device_token: of a device that is new, to be kept.
    recovery_codes: of a new fall-back, shown once."""

    token: str
    device_token: str | None
    session: Session
    recovery_codes: list[str] = []


class TotpOffer(msgspec.Struct, frozen=True):
    """A seed for an app, kept by nobody yet. offer: the seed sealed, to be given back with a
    code."""

    secret: str
    uri: str
    offer: str


def to_text(raw: bytes) -> str:
    """Return bytes as base64url without padding."""
    return urlsafe_b64encode(raw).decode().rstrip("=")


def from_text(text: str, error: Exception) -> bytes:
    """Return the bytes of base64url. Raises: `error`."""
    try:
        raw = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
    except (NotBase64, ValueError):
        raise error from None
    if to_text(raw) != text:
        raise error
    return raw


def token_hash(token: str) -> bytes:
    """Return what is stored of a token, whatever it looks like."""
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


def code_hash(code: str) -> bytes:
    """Return what is stored of an enrolment code."""
    return token_hash(rules.plain_code(code))


def new_code(chance: Chance) -> str:
    """Return a new code for people, such as `ABCD-EFGH-IJKL-MNOP`."""
    text = b32encode(chance(CODE_BYTES)).decode()
    return "-".join(text[i : i + 4] for i in range(0, len(text), 4))


class Front:
    """Everything that asks the writer on behalf of somebody who is about to come in."""

    def __init__(
        self,
        door: Door,
        vault: Vault,
        clock: Clock,
        ceremonies: Ceremonies,
        *,
        issuer: str,
        chance: Chance = secrets.token_bytes,
        passwords: Passwords | None = None,
        apps: Clock | None = None,
    ) -> None:
        """issuer: what an authenticator app calls the house. apps: the clock that such apps go by,
        if it is another one."""
        self.door = door
        self.clock = clock
        self._apps = clock if apps is None else apps
        self.ceremonies = ceremonies
        self.passwords = Passwords(chance) if passwords is None else passwords
        self._vault = vault
        self._issuer = issuer
        self._chance = chance

    def new_token(self, prefix: str) -> str:
        """Return a new token of 256 bits."""
        return prefix + to_text(self._chance(TOKEN_BYTES))

    def new_code(self) -> str:
        """Return a new code for people, such as `ABCD-EFGH-IJKL-MNOP`."""
        return new_code(self._chance)

    def new_recovery(self, login_id: LoginId) -> tuple[list[str], list[bytes]]:
        """Return new recovery codes, and what is stored of them."""
        codes = [self.new_code() for _ in range(RECOVERY_CODES)]
        return codes, [rules.code_hash(login_id.bytes, code) for code in codes]

    # Sessions

    def opening(self, device: Device) -> tuple[Opening, str, str]:
        """Return a session to be opened, its token, and that of the device if it is new."""
        token, device_token = self.new_token(SESSION_PREFIX), self.new_token(DEVICE_PREFIX)
        shown = None if device.token is None else token_hash(device.token)
        asked = Opening(token_hash(token), token_hash(device_token), shown, device.name)
        return asked, token, device_token

    def entered(
        self, answer: SignedIn, token: str, device_token: str, codes: list[str] | None = None
    ) -> Entered:
        """Return the session that was opened. Raises: SignInRefused, TooManyFailures."""
        if answer.session is None:
            self.refuse(answer.wait_s)
        assert answer.session is not None
        kept = device_token if answer.new_device else None
        return Entered(token, kept, answer.session, codes or [])

    def refuse(self, wait_s: int) -> None:
        """Say no, and for how long. Raises: SignInRefused, TooManyFailures."""
        if wait_s:
            raise TooManyFailures(wait_s)
        raise SignInRefused

    # Passkeys

    async def begin(
        self,
        purpose: Purpose,
        *,
        login_id: LoginId | None = None,
        session_id: SessionId | None = None,
        subject: bytes | None = None,
        ends_with: bytes = b"",
    ) -> Challenge:
        """Keep a new challenge. ends_with: what it must contain."""
        challenge = rules.approval_challenge(self._chance(TOKEN_BYTES), ends_with)
        asked = Begin(purpose, challenge, login_id, session_id, subject)
        return await self.door.acall(begin, asked)

    async def asserted(self, challenge_id: ChallengeId, answer: str) -> Assertion:
        """Verify a passkey's answer; one that does not hold has no passkey.

        Raises: CeremonyRefused for what is no answer at all.
        """
        seen = self.ceremonies.read(answer)
        query = CredentialQuery(challenge_id, seen.raw_id)
        facts = await self.door.aread(credential_facts, query)
        challenge = None if facts.challenge is None else facts.challenge.challenge
        return self.ceremonies.asserted(seen, challenge_id, challenge, facts.passkey)

    async def open_challenge(self, challenge_id: ChallengeId) -> Challenge:
        """Return a challenge that waits for its answer. Raises: CeremonyRefused."""
        facts = await self.door.aread(credential_facts, CredentialQuery(challenge_id, b""))
        if facts.challenge is None:
            raise CeremonyRefused
        return facts.challenge

    async def deny(
        self, what: str, denial: Denial, origin: Origin, challenge_id: ChallengeId | None = None
    ) -> None:
        """Log what is refused before it comes to a command, and use its challenge up."""
        await self.door.acall(note_denied, NoteDenied(what, denial, challenge_id, origin))

    # Passwords and TOTP

    def offer(self, login_id: LoginId, name: str) -> TotpOffer:
        """Return a new seed for a login, with the seed sealed for `OFFER_LASTS`."""
        seed = self._chance(totp.SEED_BYTES)
        content = to_us(self.clock.now()).to_bytes(_TIME_BYTES, "big") + seed
        sealed = self._vault.seal(f"access.totp-offer:{login_id}", content)
        uri = totp.provisioning_uri(seed, name, self._issuer)
        return TotpOffer(totp.seed_text(seed), uri, to_text(sealed))

    async def new_fallback(
        self, login_id: LoginId, name: str, password: str, offer: str, code: str
    ) -> tuple[NewFallback, list[str]]:
        """Return a new password and TOTP, ready to be stored, and the recovery codes.

        Raises: PasswordUnfit, CeremonyRefused if the code is not of the seed that was offered to
        this login a short time ago, PasswordsBusy.
        """
        plain = rules.password(password, name)
        try:
            sealed = from_text(offer, CeremonyRefused())
            content = self._vault.open(f"access.totp-offer:{login_id}", sealed)
        except VaultSealBroken:
            raise CeremonyRefused from None
        offered_at = from_us(int.from_bytes(content[:_TIME_BYTES], "big"))
        seed = content[_TIME_BYTES:]
        step = totp.matching_step(seed, code, self._apps.now())
        if step is None or self.clock.now() - offered_at > OFFER_LASTS:
            raise CeremonyRefused
        hash_ = await self.passwords.hash(plain)
        codes, hashes = self.new_recovery(login_id)
        kept = self._vault.seal(f"access.totp:{login_id}", seed)
        return NewFallback(hash_, kept, step, hashes), codes

    def totp_step(self, login: Login, code: str) -> int | None:
        """Return the time-step that a code is of, for a login's app; None if of none."""
        if login.totp_sealed is None:
            return None
        seed = self._vault.open(f"access.totp:{login.id}", login.totp_sealed)
        return totp.matching_step(seed, code, self._apps.now())


def within(facts: SessionFacts, origin: Origin) -> Origin:
    """Return where a request comes from, with its session."""
    return msgspec.structs.replace(origin, session_id=facts.session.id)

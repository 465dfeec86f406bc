"""Assertions by which a client proves itself: private_key_jwt (RFC 7523; OIDC Core, section 9).

Pure: keys and the instant come in, what is claimed comes out. Only keys that the application has
registered count; whatever key a header names or carries is not looked at.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from cryptography.hazmat.primitives.serialization import load_der_public_key
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey

from venule.kit.errors import INT64_MAX
from venule.kit.time import from_us, to_us
from venule.partners import rules
from venule.partners.model import NONCE_CHARS_MAX, ClientFacts, Key, KeyAlg
from venule.partners.oauth_errors import ClientNotProven

TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LIFE_S: Final = 300
SKEW_S: Final = 30
CHARS_MAX: Final = 4_000

ALGS: Final[Mapping[str, KeyAlg]] = {
    "Ed25519": KeyAlg.ED25519,
    "EdDSA": KeyAlg.ED25519,
    "ES256": KeyAlg.ES256,
}
"""What a header's `alg` may be, and the kind of key that goes with it (RFC 7518, RFC 9864)."""

_US: Final = 1_000_000


class Assertion(msgspec.Struct, frozen=True):
    """What an assertion says once it is proven. jti: counts once until `until_at`."""

    key: Key
    jti: str
    until_at: datetime


def claimed_client(text: str) -> str:
    """Return the `sub` of an assertion, of which nothing is proven. Raises: ClientNotProven."""
    return str(_claims(_parse(text).payload).get("sub", ""))


def check(text: str, client: ClientFacts, audiences: Sequence[str], now: datetime) -> Assertion:
    """Return what an assertion says, if a key of the client's has signed it for us, and lately.

    audiences: what `aud` may be: our issuer, or the endpoint that is asked.
    Raises: ClientNotProven.
    """
    token = _parse(text)
    header = token.headers()
    alg = header.get("alg")
    kind = ALGS.get(alg) if isinstance(alg, str) else None
    if kind is None:
        raise ClientNotProven(f"alg {', '.join(ALGS)}", str(alg))
    if "crit" in header or header.get("b64") is not None:
        raise ClientNotProven("a header without critical extensions", "one with some")
    key = _signer(text, str(alg), kind, header.get("kid"), client.keys, now)
    return _read_claims(_claims(token.payload), key, str(client.application.id), audiences, now)


def _parse(text: str) -> Any:
    if len(text) > CHARS_MAX or not text.isascii() or text.count(".") != 2:
        raise ClientNotProven(f"a compact JWS of at most {CHARS_MAX} characters", text)
    try:
        token = jws.extract_compact(text.encode())
    except (JoseError, ValueError, TypeError, KeyError) as error:
        raise ClientNotProven("a compact JWS", type(error).__name__) from None
    if not isinstance(token.headers(), dict):
        raise ClientNotProven("a header that is an object", "another")
    return token


def _claims(payload: bytes | None) -> dict[str, Any]:
    try:
        return msgspec.json.decode(payload or b"", type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise ClientNotProven("claims that are a JSON object", "others") from None


def _signer(
    text: str, alg: str, kind: KeyAlg, kid: object, keys: Sequence[Key], now: datetime
) -> Key:
    named = [key for key in keys if kid is None or str(key.id) == kid]
    if not named:
        raise ClientNotProven("kid, the id of a key for assertions", str(kid))
    good = [key for key in named if not rules.fault_of(key, now)]
    if not good:
        raise ClientNotProven("a key that is good now", f"one that {rules.fault_of(named[0], now)}")
    fitting = [key for key in good if key.alg is kind]
    for key in fitting:
        if _is_signed(text, alg, key):
            return key
    raise ClientNotProven("a signature by a key of the application", "another")


def _is_signed(text: str, alg: str, key: Key) -> bool:
    public: Any = load_der_public_key(key.public)
    kind: Any = OKPKey if key.alg is KeyAlg.ED25519 else ECKey
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that alg EdDSA has a newer name
            jws.deserialize_compact(text, kind.import_key(public), algorithms=[alg])
    except JoseError:
        return False
    return True


def _read_claims(
    claims: dict[str, Any], key: Key, client_id: str, audiences: Sequence[str], now: datetime
) -> Assertion:
    for name in ("iss", "sub"):
        if claims.get(name) != client_id:
            raise ClientNotProven(f"{name} that is the client's id", str(claims.get(name)))
    aud = claims.get("aud")
    if not any(each in audiences for each in (aud if isinstance(aud, list) else [aud])):
        raise ClientNotProven(f"aud {' or '.join(audiences)}", str(aud))
    now_s = to_us(now) // _US
    exp = _instant(claims, "exp")
    if exp is None or not now_s < exp <= now_s + LIFE_S + SKEW_S:
        raise ClientNotProven(f"exp after now and within {LIFE_S} s", str(claims.get("exp")))
    for name in ("iat", "nbf"):
        at = _instant(claims, name)
        if at is not None and at > now_s + SKEW_S:
            raise ClientNotProven(f"{name} that is past", str(claims[name]))
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 0 < len(jti) <= NONCE_CHARS_MAX or not jti.isprintable():
        expected = f"jti of 1 to {NONCE_CHARS_MAX} printable characters"
        raise ClientNotProven(expected, str(jti))
    return Assertion(key, jti, from_us(exp * _US))


def _instant(claims: dict[str, Any], name: str) -> int | None:
    """Return a NumericDate (RFC 7519, section 2) in whole seconds, rounded down."""
    at = claims.get(name)
    if at is None:
        return None
    if isinstance(at, bool) or not isinstance(at, int | float) or not 0 <= at < INT64_MAX // _US:
        raise ClientNotProven(f"{name} in Unix seconds", str(at))
    return int(at)

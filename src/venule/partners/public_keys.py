"""Read the public keys that partners send: PEM, JWK, or the bare bytes of an Ed25519 key."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import Any, Final, NamedTuple

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_public_key,
)

from venule.partners.errors import PublicKeyUnfit
from venule.partners.model import KeyAlg

PUBLIC_CHARS_MAX: Final = 2_000
ED25519_BYTES: Final = 32
P256_BYTES: Final = 32
EXPECTED: Final = (
    "an Ed25519 or P-256 public key as PEM, as a JWK, or (Ed25519) as 32 bytes in base64"
)
PRIVATE_MEMBERS: Final = frozenset({"d", "p", "q", "k"})

_P: Final = 2**255 - 19
_Y8: Final = 0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826
_SMALL_ORDER: Final = frozenset(
    y + wrap for y in (0, 1, _P - 1, _Y8, _P - _Y8) for wrap in (0, _P) if y + wrap < 2**255
)
"""The y of the eight points whose order divides 8, and those that mean the same (RFC 8032, 5.1)."""


class PublicKey(NamedTuple):
    """A key as it is kept: SubjectPublicKeyInfo in DER."""

    alg: KeyAlg
    der: bytes


def read_public_key(text: str) -> PublicKey:
    """Return a public key. Raises: PublicKeyUnfit, for a private one too."""
    text = text.strip()
    if len(text) > PUBLIC_CHARS_MAX:
        raise PublicKeyUnfit(EXPECTED, f"{len(text)} characters")
    try:
        key = _read(text)
    except (ValueError, UnsupportedAlgorithm, binascii.Error, msgspec.MsgspecError) as error:
        raise PublicKeyUnfit(
            EXPECTED, str(error).splitlines()[0] if str(error) else "none"
        ) from None
    if isinstance(key, Ed25519PublicKey):
        _check_order(key)
        return PublicKey(KeyAlg.ED25519, _der(key))
    if isinstance(key, EllipticCurvePublicKey) and isinstance(key.curve, SECP256R1):
        return PublicKey(KeyAlg.ES256, _der(key))
    raise PublicKeyUnfit(EXPECTED, f"a key of another kind: {type(key).__name__}")


def _read(text: str) -> Any:
    if "PRIVATE KEY" in text:
        raise PublicKeyUnfit(EXPECTED, "a private key: it is known now, make another")
    if text.startswith("-----"):
        return load_pem_public_key(text.encode())
    if text.startswith("{"):
        return _of_jwk(msgspec.json.decode(text, type=dict[str, Any]))
    raw = _unbase64(text)
    if len(raw) == ED25519_BYTES:
        return Ed25519PublicKey.from_public_bytes(raw)
    return load_der_public_key(raw)


def _of_jwk(jwk: dict[str, Any]) -> Any:
    if PRIVATE_MEMBERS & jwk.keys():
        raise PublicKeyUnfit(EXPECTED, "a private key: it is known now, make another")
    kind = (jwk.get("kty"), jwk.get("crv"))
    if kind == ("OKP", "Ed25519"):
        return Ed25519PublicKey.from_public_bytes(_unbase64(str(jwk.get("x", ""))))
    if kind == ("EC", "P-256"):
        x, y = (_unbase64(str(jwk.get(name, ""))) for name in "xy")
        if {len(x), len(y)} != {P256_BYTES}:
            raise ValueError("coordinates that are not 32 bytes")
        numbers = EllipticCurvePublicNumbers(int.from_bytes(x), int.from_bytes(y), SECP256R1())
        return numbers.public_key()
    raise ValueError(f"kty and crv {kind}")


def _unbase64(text: str) -> bytes:
    text = "".join(text.split()).replace("-", "+").replace("_", "/").rstrip("=")
    return b64decode(text + "=" * (-len(text) % 4), validate=True)


def _der(key: Ed25519PublicKey | EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _check_order(key: Ed25519PublicKey) -> None:
    """Raises: PublicKeyUnfit for a point of small order: anybody can sign for such a key."""
    raw = key.public_bytes_raw()
    if int.from_bytes(raw, "little") & (2**255 - 1) in _SMALL_ORDER:
        raise PublicKeyUnfit(EXPECTED, "a point of small order")


class Verifier:
    """Checks signatures of one key; loading it costs more than a look into a table."""

    __slots__ = ("_key", "raw")

    def __init__(self, der: bytes) -> None:
        """der: of an Ed25519 key."""
        key = load_der_public_key(der)
        assert isinstance(key, Ed25519PublicKey)
        self._key = key
        self.raw = key.public_bytes_raw()

    def holds(self, signature: bytes, signed: bytes) -> bool:
        """Whether a signature is this key's over some bytes."""
        try:
            self._key.verify(signature, signed)
        except InvalidSignature:
            return False
        return True

"""Signatures of the protocol: what is signed, RSA PKCS#1 v1.5, and keys as merchants paste them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

from venule.gateway.errors import KeyUnfit

RSA2: Final = "RSA2"
RSA: Final = "RSA"
KEY_BITS_MIN: Final = 2048
KEY_BITS_MIN_RSA: Final = 1024
"""Of an application that was let use SHA-1: its keys are as old."""

KEY_CHARS_MAX: Final = 8_000

_HASHES: Final[Mapping[str, hashes.HashAlgorithm]] = {
    RSA2: hashes.SHA256(),
    RSA: hashes.SHA1(),  # noqa: S303  what shops of that time sign with; off by default
}


def signed_text(
    values: Mapping[str, str], *, without: tuple[str, ...] = ("sign",), empty: bool = False
) -> str:
    """Return what is signed: `name=value` sorted by name and joined, without the names left out.

    empty: keep values that are empty.
    """
    kept = sorted(name for name, value in values.items() if name not in without)
    return "&".join(f"{name}={values[name]}" for name in kept if empty or values[name])


def verify(key: RSAPublicKey, text: bytes, sign: str, sign_type: str = RSA2) -> bool:
    """Say whether `sign` (base64) is that of a text."""
    try:
        raw = base64.b64decode(sign.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return False
    try:
        key.verify(raw, text, PKCS1v15(), _HASHES[sign_type])
    except InvalidSignature:
        return False
    return True


def sign(key: RSAPrivateKey, text: bytes, sign_type: str = RSA2) -> str:
    """Return the signature of a text, in base64 on one line."""
    return base64.b64encode(key.sign(text, PKCS1v15(), _HASHES[sign_type])).decode()


@lru_cache(4_096)
def public_key(text: str) -> RSAPublicKey:
    """Return the key of a SubjectPublicKeyInfo in base64. Raises: KeyUnfit."""
    try:
        der = base64.b64decode(text.encode("ascii"), validate=True)
        key = serialization.load_der_public_key(der)
    except (ValueError, UnicodeEncodeError, UnsupportedAlgorithm) as error:
        raise KeyUnfit("a public key in base64", type(error).__name__) from None
    if not isinstance(key, RSAPublicKey):
        raise KeyUnfit("an RSA key", type(key).__name__)
    return key


def bare_key(pasted: str, bits_min: int = KEY_BITS_MIN) -> str:
    """Return a public key as it is kept: base64 of its SubjectPublicKeyInfo, on one line.

    pasted: the same with blanks and line ends, with or without PEM armour.
    Raises: KeyUnfit.
    """
    if len(pasted) > KEY_CHARS_MAX:
        raise KeyUnfit("a public key", f"{len(pasted)} characters")
    lines = [line.strip() for line in pasted.splitlines()]
    text = "".join("".join(lines_) for lines_ in lines if not lines_.startswith("-----"))
    text = text.replace(" ", "")
    if not text:
        raise KeyUnfit("a public key", "nothing")
    key = public_key(text)
    if key.key_size < bits_min:
        raise KeyUnfit(f"a key of at least {bits_min} bits", f"{key.key_size} bits")
    return text


def told_key(key: RSAPublicKey) -> str:
    """Return a public key in base64 on one line."""
    der = key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(der).decode()


def pem_of(bare: str) -> str:
    """Return a public key in PEM armour."""
    lines = [bare[i : i + 64] for i in range(0, len(bare), 64)]
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])

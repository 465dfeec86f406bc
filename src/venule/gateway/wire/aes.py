"""Encrypted content: AES-128-CBC under a key of the application, IV of zeros, PKCS#7 padding.

The IV is the protocol's: two equal texts give equal ciphertexts. What protects a request is its
signature; this keeps it from those who read logs on the way.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

KEY_BYTES: Final = 16
_IV: Final = bytes(16)
_PADDING: Final = PKCS7(128)


def encrypt(key: bytes, plain: bytes) -> str:
    """Return base64 on one line."""
    padder = _PADDING.padder()
    padded = padder.update(plain) + padder.finalize()
    cipher = Cipher(AES(key), CBC(_IV)).encryptor()
    return base64.b64encode(cipher.update(padded) + cipher.finalize()).decode()


def decrypt(key: bytes, text: str) -> bytes | None:
    """Return what was encrypted, or None if it was not with this key."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
        cipher = Cipher(AES(key), CBC(_IV)).decryptor()
        padded = cipher.update(raw) + cipher.finalize()
        unpadder = _PADDING.unpadder()
        return unpadder.update(padded) + unpadder.finalize()
    except (binascii.Error, ValueError, UnicodeEncodeError):
        return None

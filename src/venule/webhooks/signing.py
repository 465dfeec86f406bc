"""Secrets and signatures of Standard Webhooks (specification 1.0): symmetric, version v1.

A message's id, the second it is sent and its body are signed together; while a secret is being
replaced, once with each, separated by a space.
"""

from __future__ import annotations

import hmac
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final
from uuid import UUID

from venule.kit.vault import Vault

SECRET_BYTES: Final = 32
SECRET_PREFIX: Final = "whsec_"  # noqa: S105  what every secret begins with
SEALED_FOR: Final = "webhook secret"


def message_name(message_id: UUID) -> str:
    """Return a message's id as receivers see it."""
    return f"msg_{message_id.hex}"


def new_secret(vault: Vault, draw: Callable[[int], bytes]) -> tuple[str, bytes]:
    """Make a secret: as its owner gets to see it once, and sealed for the row.

    draw: gives so many random bytes, such as `os.urandom`. Not inside a command.
    """
    key = draw(SECRET_BYTES)
    return SECRET_PREFIX + b64encode(key).decode(), vault.seal(SEALED_FOR, key)


def open_secret(vault: Vault, sealed: bytes) -> bytes:
    """Return the key of a sealed secret. Raises: VaultSealBroken."""
    return vault.open(SEALED_FOR, sealed)


def key_of(secret: str) -> bytes:
    """Return the key of a secret as its owner sees it."""
    return b64decode(secret.removeprefix(SECRET_PREFIX))


def sign(keys: Sequence[bytes], name: str, timestamp_s: int, body: bytes) -> str:
    """Return the header `webhook-signature`: one signature a key."""
    signed = f"{name}.{timestamp_s}.".encode() + body
    made = [b64encode(hmac.digest(key, signed, sha256)).decode() for key in keys]
    return " ".join(f"v1,{each}" for each in made)


def headers(
    keys: Sequence[bytes], message_id: UUID, timestamp_s: int, body: bytes
) -> dict[str, str]:
    """Return what goes with a message. timestamp_s: seconds since the Unix epoch, of now."""
    name = message_name(message_id)
    return {
        "webhook-id": name,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": sign(keys, name, timestamp_s, body),
        "content-type": "application/json",
        "user-agent": "venule-webhooks/1",
    }

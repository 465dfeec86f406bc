"""Secrets that must be read back are kept sealed: AES-256-GCM under one key of the house.

The key is a file beside the home, or wherever the operator keeps it; never a row. What is sealed
for one purpose cannot be opened for another. Sealing draws randomness: it is done by the process
that asks, not inside a command.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from venule.kit.errors import HomeError

KEY_BYTES: Final = 32
NONCE_BYTES: Final = 12
KEY_FILE: Final = "vault-key"
FORM: Final = b"\x01"
"""The first byte of what is sealed: which form it has."""


@dataclass(eq=False)
class VaultSealBroken(HomeError):
    """A sealed secret cannot be opened: another key, another purpose, or altered bytes."""

    purpose: str
    slug = "vault-seal-broken"

    @property
    def message(self) -> str:
        return (
            f"expected a secret sealed for {self.purpose!r} with this house's key, seen bytes "
            "that it does not open"
        )


@dataclass(eq=False)
class VaultKeyUnfit(HomeError):
    """The file of the vault's key is missing, has another length, or others may read it."""

    path: str
    seen: str
    slug = "vault-key-unfit"

    @property
    def message(self) -> str:
        return (
            f"{self.path}: expected a file of {KEY_BYTES} bytes that its owner alone can read, "
            f"seen {self.seen}"
        )


class Vault:
    """Seals and opens. One key for as long as the home lives."""

    def __init__(self, key: bytes) -> None:
        """key: 32 random bytes."""
        if len(key) != KEY_BYTES:
            raise ValueError(f"expected a key of {KEY_BYTES} bytes, seen {len(key)}")
        self._cipher = AESGCM(key)

    def seal(self, purpose: str, plain: bytes) -> bytes:
        """Return the secret sealed; each time other bytes."""
        nonce = os.urandom(NONCE_BYTES)
        return FORM + nonce + self._cipher.encrypt(nonce, plain, purpose.encode())

    def open(self, purpose: str, sealed: bytes) -> bytes:
        """Return the secret. Raises: VaultSealBroken."""
        nonce, content = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        if sealed[:1] != FORM or len(nonce) != NONCE_BYTES:
            raise VaultSealBroken(purpose)
        try:
            return self._cipher.decrypt(nonce, content, purpose.encode())
        except InvalidTag:
            raise VaultSealBroken(purpose) from None


def read_vault(path: Path, *, make: bool = False) -> Vault:
    """Return the vault whose key lies in a file. make: draw one if there is no file.

    Raises: VaultKeyUnfit.
    """
    if make:
        with suppress(FileExistsError):
            _make_key(path)
    try:
        mode = path.stat().st_mode
        key = path.read_bytes()
    except OSError as error:
        raise VaultKeyUnfit(str(path), error.strerror or str(error)) from error
    if mode & 0o077:
        raise VaultKeyUnfit(str(path), f"permissions {mode & 0o777:o}")
    if len(key) != KEY_BYTES:
        raise VaultKeyUnfit(str(path), f"{len(key)} bytes")
    return Vault(key)


def _make_key(path: Path) -> None:
    """Write a new key under its name in one step: a crash leaves none, never half of one."""
    if path.exists():
        return
    draft = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, os.urandom(KEY_BYTES))
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(draft, path)
    finally:
        os.unlink(draft)

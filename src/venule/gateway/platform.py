"""The gateway's own keys and certificates: made in the process that asks, kept sealed.

Making a key takes a second of work and draws randomness: no command does it.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from venule.gateway.applications import (
    NewPlatformKey,
    SetCertificate,
    add_platform_key,
    platform_keys,
)
from venule.gateway.gateway import ROOT_PURPOSE, RSA_PURPOSE, load_private
from venule.gateway.model import App, PlatformKey
from venule.gateway.wire import certificates
from venule.gateway.wire.signing import told_key
from venule.kit.door import Door
from venule.kit.time import Clock
from venule.kit.vault import Vault

KEY_BITS: Final = 2048


def make_platform(vault: Vault, now: datetime) -> NewPlatformKey:
    """Make a key, a root and a certificate for the gateway; see `add_platform_key`."""
    root, key = (rsa.generate_private_key(65_537, KEY_BITS) for _ in range(2))
    name = certificates.name_of("Venule Root", "Certification")
    root_cert = certificates.issue(
        name, root.public_key(), name, root, x509.random_serial_number(), now, is_root=True
    )
    cert = certificates.issue(
        certificates.name_of("Venule Gateway", "Gateway"),
        key.public_key(),
        name,
        root,
        x509.random_serial_number(),
        now,
    )
    root_pem = certificates.pem_of(root_cert)
    return NewPlatformKey(
        told_key(key.public_key()),
        vault.seal(RSA_PURPOSE, _der(key)),
        root_pem,
        certificates.root_sn(root_pem),
        vault.seal(ROOT_PURPOSE, _der(root)),
        certificates.pem_of(cert),
        certificates.cert_sn(cert),
    )


def _der(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


async def ready(door: Door, vault: Vault, clock: Clock) -> None:
    """See to it that the gateway has a key of its own; make one if there is none.

    Of two processes that find none at once both make one; the later signs, both verify.
    """
    if await door.aread(platform_keys):
        return
    made = await asyncio.to_thread(make_platform, vault, clock.now())
    await door.acall(add_platform_key, made)


def issue_for(
    vault: Vault, platform: PlatformKey, app: App, csr: str, id_: UUID, now: datetime
) -> SetCertificate:
    """Issue a certificate for an application's request; see `set_certificate`.

    id_: gives the serial number. Raises: KeyUnfit, VaultSealBroken.
    """
    key = certificates.requested_key(csr)
    root = load_private(vault.open(ROOT_PURPOSE, platform.root_sealed))
    issuer = x509.load_pem_x509_certificate(platform.root_cert.encode()).subject
    subject = certificates.name_of(f"app {app.app_id}", "Merchants")
    cert = certificates.issue(subject, key, issuer, root, id_.int >> 1, now)
    return SetCertificate(
        app.app_id, certificates.pem_of(cert), certificates.cert_sn(cert), told_key(key)
    )

"""An authenticator in software: makes passkeys and answers challenges as a browser passes them on.

Each trait that a relying party must look at can be set wrong: `verified`, `origin`, the counter.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

from venule.access import Ceremony

ORIGIN = "https://wallet.example"
RP_ID = "wallet.example"
PRESENT, VERIFIED, MAY_BACK_UP, BACKED_UP, ATTESTED = 0x01, 0x04, 0x08, 0x10, 0x40


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Authenticator:
    """One device. counts: whether its counter grows; a synced passkey's stays 0."""

    origin: str = ORIGIN
    verified: bool = True
    counts: bool = True
    synced: bool = False
    counter: int = 0
    claims: bytes | None = None  # makes its next passkey under this id
    keys: dict[bytes, tuple[ec.EllipticCurvePrivateKey, bytes]] = field(default_factory=dict)

    def make(self, ceremony: Ceremony) -> str:
        """Make a passkey; return what `navigator.credentials.create` gives."""
        options = ceremony.options
        key = ec.generate_private_key(ec.SECP256R1())
        drawn = sha256(str(len(self.keys)).encode() + unb64(options["challenge"])).digest()
        credential_id = self.claims or drawn
        self.keys[credential_id] = (key, unb64(options["user"]["id"]))
        numbers = key.public_key().public_numbers()
        cose = cbor2.dumps(
            {
                1: 2,
                3: -7,
                -1: 1,
                -2: numbers.x.to_bytes(32, "big"),
                -3: numbers.y.to_bytes(32, "big"),
            }
        )
        attested = bytes(16) + len(credential_id).to_bytes(2, "big") + credential_id + cose
        statement = {
            "fmt": "none",
            "attStmt": {},
            "authData": self._data(options["rp"]["id"], ATTESTED) + attested,
        }
        response = {
            "clientDataJSON": b64(self._client("webauthn.create", options["challenge"])),
            "attestationObject": b64(cbor2.dumps(statement)),
        }
        return self._credential(credential_id, response)

    def answer(self, ceremony: Ceremony, credential_id: bytes | None = None) -> str:
        """Answer a challenge; return what `navigator.credentials.get` gives."""
        options = ceremony.options
        if credential_id is None:
            credential_id = next(iter(self.keys))
        key, user = self.keys[credential_id]
        if self.counts:
            self.counter += 1
        data = self._data(options["rpId"])
        client = self._client("webauthn.get", options["challenge"])
        signature = key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": b64(client),
            "authenticatorData": b64(data),
            "signature": b64(signature),
            "userHandle": b64(user),
        }
        return self._credential(credential_id, response)

    def _data(self, rp_id: str, flags: int = 0) -> bytes:
        flags |= PRESENT | (VERIFIED if self.verified else 0)
        flags |= MAY_BACK_UP | BACKED_UP if self.synced else 0
        return sha256(rp_id.encode()).digest() + bytes((flags,)) + self.counter.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str) -> bytes:
        told = {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        return json.dumps(told).encode()

    def _credential(self, credential_id: bytes, response: dict[str, Any]) -> str:
        name = b64(credential_id)
        return json.dumps(
            {
                "id": name,
                "rawId": name,
                "type": "public-key",
                "response": response,
                "clientExtensionResults": {},
            }
        )

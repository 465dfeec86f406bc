"""Sign answers that carry money with a key of our own, which is made once and kept sealed."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from venule.kit.door import Door
from venule.kit.time import Clock, to_us
from venule.kit.vault import Vault
from venule.partners import service, signatures
from venule.partners.model import KeepServerKey, ServerKey

PURPOSE = "partners.server-key"


class AnswerSigner:
    """Signs answers. One a process."""

    def __init__(self, kept: ServerKey, private: bytes, clock: Clock) -> None:
        self.key = kept
        self._private = Ed25519PrivateKey.from_private_bytes(private)
        self._clock = clock

    def fields(
        self, status: int, content_type: str, body: bytes, request_signature: str | None
    ) -> list[tuple[str, str]]:
        """Return the fields Content-Digest, Signature-Input and Signature of an answer.

        request_signature: the request's field Signature, or None if it has none.
        """
        base = signatures.answer_base(
            status,
            content_type,
            body,
            created_s=to_us(self._clock.now()) // 1_000_000,
            key_id=str(self.key.id),
            request_signature=request_signature,
        )
        return base.fields(self._private.sign(base.base))


async def load_signer(door: Door, vault: Vault, clock: Clock) -> AnswerSigner:
    """Return what signs answers; the house's first one makes the key.

    Raises: VaultSealBroken if the key was sealed by another vault.
    """
    kept = await door.aread(service.server_key)
    if kept is None:
        made = Ed25519PrivateKey.generate()
        command = KeepServerKey(
            made.public_key().public_bytes_raw(), vault.seal(PURPOSE, made.private_bytes_raw())
        )
        kept = await door.acall(service.keep_server_key, command)
    return AnswerSigner(kept, vault.open(PURPOSE, kept.sealed), clock)

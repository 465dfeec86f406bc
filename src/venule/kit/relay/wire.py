"""What goes over the socket: a handshake that proves a shared secret on both sides, then frames.

    server -> client   MAGIC, 32 random bytes
    client -> server   MAGIC, 32 random bytes, proof
    server -> client   proof
    frames             4 bytes of length (big-endian, of what follows), 16 bytes of proof, content

A proof is BLAKE2b keyed with the secret (RFC 7693, section 2.9), with a word of its own for each
direction, over both sides' random bytes. Each direction then has a key of its own, and a frame's
proof covers how many frames came before it: none can be altered, repeated, left out or sent back.
Nothing is hidden: a network that others can read needs TLS around it.
"""

from __future__ import annotations

import asyncio
import hmac
import os
import struct
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Final

from venule.kit.errors import BadFile, BadInput

MAGIC: Final = b"venule-relay/1\r\n"
NONCE_BYTES: Final = 32
PROOF_BYTES: Final = 16
SECRET_BYTES_MIN: Final = 32
SECRET_BYTES_MAX: Final = 64
FRAME_BYTES_MAX: Final = 16 * 2**20
HANDSHAKE_S: Final = 5.0
"""So long may the other side take to prove itself."""

_HEAD: Final = struct.Struct(f">I{PROOF_BYTES}s")
_COUNT: Final = struct.Struct(">Q")


@dataclass(eq=False)
class RelaySecretUnfit(BadFile):
    """The file of the shared secret cannot be used."""

    slug = "relay-secret-unfit"


@dataclass(eq=False)
class SecretNotNamed(BadInput):
    """The home is an address: nothing beside it could hold the secret of its writers."""

    path: str
    slug = "relay-secret-not-named"

    @property
    def message(self) -> str:
        return f"{self.path}: expected the file of the shared secret to be named, seen no name"


@dataclass(eq=False)
class PeerUnproven(BadInput):
    """The other side of the socket does not know the secret, or what it sent was altered."""

    peer: str
    seen: str
    status = 401
    slug = "peer-unproven"

    @property
    def message(self) -> str:
        return f"expected {self.peer} to prove the shared secret, seen {self.seen}"


def read_secret(file: Path) -> bytes:
    """Return the shared secret: 32 to 64 bytes in a file that nobody else may read.

    Raises: RelaySecretUnfit.
    """
    try:
        mode = file.stat().st_mode & 0o777
        secret = file.read_bytes()
    except OSError as error:
        raise RelaySecretUnfit(
            str(file), 0, "a file that can be read", error.strerror or ""
        ) from error
    if mode & 0o077:
        raise RelaySecretUnfit(str(file), 0, "a file for its owner alone (0600)", f"{mode:04o}")
    if not SECRET_BYTES_MIN <= len(secret) <= SECRET_BYTES_MAX:
        expected = f"{SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} bytes"
        raise RelaySecretUnfit(str(file), 0, expected, f"{len(secret)} bytes")
    return secret


def make_secret(file: Path) -> bytes:
    """Draw a secret into a new file, unless there is one; return it. Raises: RelaySecretUnfit."""
    try:
        fd = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read_secret(file)
    secret = os.urandom(SECRET_BYTES_MIN)
    with os.fdopen(fd, "wb") as opened:
        opened.write(secret)
        opened.flush()
        os.fsync(opened.fileno())
    return secret


def _proof(secret: bytes, word: bytes, content: bytes, size: int = PROOF_BYTES) -> bytes:
    return blake2b(content, key=secret, person=word, digest_size=size).digest()


class Channel:
    """Frames over a connection whose other side has proven itself. One task reads at a time."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        peer: str,
        keys: tuple[bytes, bytes],
    ) -> None:
        """keys: for what is sent, and for what comes."""
        self.peer = peer
        self._reader = reader
        self._writer = writer
        self._send_key, self._receive_key = keys
        self._sent = 0
        self._received = 0

    def send(self, content: bytes) -> None:
        """Put a frame on its way."""
        assert len(content) <= FRAME_BYTES_MAX
        proof = _proof(self._send_key, b"frame", _COUNT.pack(self._sent) + content)
        self._sent += 1
        self._writer.write(_HEAD.pack(PROOF_BYTES + len(content), proof) + content)

    async def drain(self) -> None:
        """Wait while the other side is slow to take what was sent."""
        await self._writer.drain()

    async def receive(self) -> bytes | None:
        """Return the next frame, or None at the end of the connection.

        Raises: PeerUnproven; ConnectionError, asyncio.IncompleteReadError if it was cut.
        """
        head = await self._reader.read(_HEAD.size)
        if not head:
            return None
        if len(head) < _HEAD.size:
            head += await self._reader.readexactly(_HEAD.size - len(head))
        size, proof = _HEAD.unpack(head)
        if not PROOF_BYTES <= size <= PROOF_BYTES + FRAME_BYTES_MAX:
            raise PeerUnproven(self.peer, f"a frame of {size} bytes")
        content = await self._reader.readexactly(size - PROOF_BYTES)
        due = _proof(self._receive_key, b"frame", _COUNT.pack(self._received) + content)
        if not hmac.compare_digest(due, proof):
            raise PeerUnproven(self.peer, f"a wrong proof at frame {self._received}")
        self._received += 1
        return content

    def close(self) -> None:
        """End the connection, after what was sent is on its way."""
        self._writer.close()

    async def closed(self) -> None:
        """Wait for the end of the connection."""
        await self._writer.wait_closed()


async def greet(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, secret: bytes, peer: str
) -> Channel:
    """The server's side of the handshake. Raises: PeerUnproven."""
    mine = os.urandom(NONCE_BYTES)
    writer.write(MAGIC + mine)
    hello = await _read(reader, peer, len(MAGIC) + NONCE_BYTES + PROOF_BYTES)
    theirs = _nonce(hello, peer)
    both = mine + theirs
    due = _proof(secret, b"client", both)
    if not hmac.compare_digest(due, hello[-PROOF_BYTES:]):
        raise PeerUnproven(peer, "a wrong proof")
    writer.write(_proof(secret, b"server", both))
    return Channel(
        reader, writer, peer, (_key(secret, b"answers", both), _key(secret, b"asks", both))
    )


async def introduce(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, secret: bytes, peer: str
) -> Channel:
    """The client's side of the handshake. Raises: PeerUnproven."""
    theirs = _nonce(await _read(reader, peer, len(MAGIC) + NONCE_BYTES), peer)
    mine = os.urandom(NONCE_BYTES)
    both = theirs + mine
    writer.write(MAGIC + mine + _proof(secret, b"client", both))
    if not hmac.compare_digest(
        _proof(secret, b"server", both), await _read(reader, peer, PROOF_BYTES)
    ):
        raise PeerUnproven(peer, "a wrong proof")
    return Channel(
        reader, writer, peer, (_key(secret, b"asks", both), _key(secret, b"answers", both))
    )


def _key(secret: bytes, word: bytes, both: bytes) -> bytes:
    return _proof(secret, word, both, SECRET_BYTES_MIN)


def _nonce(hello: bytes, peer: str) -> bytes:
    if not hello.startswith(MAGIC):
        raise PeerUnproven(peer, f"a greeting of {hello[: len(MAGIC)]!r}")
    return hello[len(MAGIC) :][:NONCE_BYTES]


async def _read(reader: asyncio.StreamReader, peer: str, size: int) -> bytes:
    try:
        async with asyncio.timeout(HANDSHAKE_S):
            return await reader.readexactly(size)
    except asyncio.IncompleteReadError as error:
        raise PeerUnproven(peer, f"the end after {len(error.partial)} bytes") from error
    except TimeoutError as error:
        raise PeerUnproven(peer, f"nothing for {HANDSHAKE_S:g} s") from error

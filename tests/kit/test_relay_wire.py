"""The handshake and the frames against a hostile other side; secrets and endpoints."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.kit_homes import NoteTx, Put, open_notes, put
from support.relays import SECRET, Served, numbers, served
from venule.kit.home import Home
from venule.kit.relay import (
    AnswerLost,
    Endpoint,
    EndpointMalformed,
    PeerUnproven,
    Relay,
    RelaySecretUnfit,
    WriterUnreachable,
    make_secret,
    parse_endpoint,
    read_secret,
    wire,
)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home[NoteTx]]:
    with open_notes(tmp_path / "home") as home:
        yield home


@pytest.fixture
def serving(home: Home[NoteTx]) -> Iterator[Served]:
    with served(home, f"unix:{home.path}/writer") as serving:
        yield serving


def open_raw(serving: Served) -> socket.socket:
    raw = socket.socket(socket.AF_UNIX)
    raw.settimeout(20)
    raw.connect(serving.endpoint.removeprefix("unix:"))
    return raw


def alive(serving: Served) -> bool:
    with Relay(lambda: serving.endpoint, SECRET) as relay:
        return relay.read(numbers) == []


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"GET / HTTP/1.1\r\n\r\n" + bytes(64),
        wire.MAGIC,
        wire.MAGIC + bytes(48),
        os.urandom(4096),
    ],
    ids=["nothing", "another protocol", "half", "no proof", "noise"],
)
def test_who_does_not_know_the_secret_is_sent_away(serving: Served, said: bytes):
    with open_raw(serving) as raw:
        assert raw.recv(100).startswith(wire.MAGIC)
        raw.sendall(said)
        raw.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            assert raw.recv(100) == b""
    assert alive(serving)


def test_another_secret_does_not_do(serving: Served):
    other = bytes(32)
    relay = Relay(lambda: serving.endpoint, other, timeout_s=0.3)
    with relay, pytest.raises(WriterUnreachable):
        relay.call(put, Put(1), "k")
    assert alive(serving)


def test_a_false_writer_is_not_believed(tmp_path: Path):
    """It may send a nonce, but cannot answer ours; nor does our proof serve it elsewhere."""
    path = f"{tmp_path}/false"

    async def pretend() -> None:
        async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(wire.MAGIC + bytes(32))
            hello = await reader.readexactly(len(wire.MAGIC) + 48)
            writer.write(hello[-16:])
            writer.close()

        async with await asyncio.start_unix_server(meet, path):
            streams = await asyncio.open_unix_connection(path)
            with pytest.raises(PeerUnproven, match="wrong proof"):
                await wire.introduce(*streams, SECRET, "the writer")
            streams[1].close()

    asyncio.run(pretend())


class Between:
    """Sits between both and changes what the asking side sends after the handshake."""

    def __init__(self, path: str, change) -> None:
        self.path = path
        self.change = change

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_unix_connection(self.path)

        async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            while data := await source.read(1 << 16):
                target.write(data)
            target.close()

        back = asyncio.create_task(copy(there_reader, writer))
        there_writer.write(await reader.readexactly(len(wire.MAGIC) + 48))
        while head := await reader.read(4):
            frame = head + await reader.readexactly(int.from_bytes(head, "big"))
            for sent in self.change(frame):
                there_writer.write(sent)
        there_writer.close()
        await back


def flip(frame: bytes) -> list[bytes]:
    return [frame[:-1] + bytes([frame[-1] ^ 1])]


def double(frame: bytes) -> list[bytes]:
    return [frame, frame]


def too_long(frame: bytes) -> list[bytes]:
    return [b"\xff\xff\xff\xff" + frame[4:]]


@pytest.mark.parametrize("change", [flip, double, too_long])
def test_frames_cannot_be_changed_on_the_way(home: Home[NoteTx], serving: Served, change):
    async def ask() -> None:
        between = Between(serving.endpoint.removeprefix("unix:"), change)
        path = f"{home.path}/between"
        async with await asyncio.start_unix_server(between.meet, path):
            relay = Relay(lambda: f"unix:{path}", SECRET, timeout_s=0.5)
            answers = [
                await asyncio.wait([asyncio.ensure_future(relay.acall(put, Put(n)))])
                for n in range(3)
            ]
            for [done], _ in answers:
                told.append(done.exception())
            await asyncio.to_thread(relay.close)

    told: list[BaseException | None] = []
    asyncio.run(ask())
    done = home.read(numbers)
    assert done == sorted(set(done))
    if change is not double:  # the first of two is sound
        assert done == []
        assert all(isinstance(error, AnswerLost | WriterUnreachable) for error in told)
    with Relay(lambda: serving.endpoint, SECRET) as relay:
        assert home.read(numbers) == relay.read(numbers)


def test_a_request_that_is_none_ends_the_connection(serving: Served):
    async def ask() -> None:
        streams = await asyncio.open_unix_connection(serving.endpoint.removeprefix("unix:"))
        channel = await wire.introduce(*streams, SECRET, "the writer")
        channel.send(b"\x93\x01\x02\x03")
        assert await channel.receive() is None
        channel.close()

    asyncio.run(ask())
    assert alive(serving)


def test_over_tls(home: Home[NoteTx], tmp_path: Path):
    key, cert = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "ed25519",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-keyout",
            str(key),
            "-out",
            str(cert),
        ],
        check=True,
        capture_output=True,
    )
    ours = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    ours.load_cert_chain(cert, key)
    theirs = ssl.create_default_context(cafile=str(cert))
    with (
        served(home, "tcp:127.0.0.1:0", ssl=ours) as serving,
        Relay(lambda: serving.endpoint, SECRET, ssl=theirs) as relay,
    ):
        assert 1 == relay.call(put, Put(1)).number
        plain = Relay(lambda: serving.endpoint, SECRET, timeout_s=0.3)
        with plain, pytest.raises(WriterUnreachable):
            plain.read(numbers)


def test_a_socket_that_a_dead_writer_left_is_replaced(home: Home[NoteTx]):
    path = f"{home.path}/writer"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(path)
    with served(home, f"unix:{path}") as serving:
        assert alive(serving)
        with pytest.raises(OSError, match="in use"), served(home, f"unix:{path}"):
            pass
        assert alive(serving)


def test_a_file_that_is_no_socket_stays(home: Home[NoteTx]):
    (home.path / "writer").write_text("something of somebody")
    with pytest.raises(OSError, match="in use"), served(home, f"unix:{home.path}/writer"):
        pass
    assert "something of somebody" == (home.path / "writer").read_text()


@pytest.mark.parametrize(
    "text, endpoint",
    [
        ("unix:/run/venule", Endpoint(path="/run/venule")),
        ("tcp:db.example:7400", Endpoint(host="db.example", port=7400)),
        ("tcp:[::1]:0", Endpoint(host="::1", port=0)),
    ],
)
def test_endpoints(text: str, endpoint: Endpoint):
    assert endpoint == parse_endpoint(text)
    assert text == str(endpoint)


@pytest.mark.parametrize(
    "text", ["", "unix:", "tcp:", "tcp:host", "tcp::1", "tcp:h:70000", "tcp:h:٣", "http://h", "h:1"]
)
def test_endpoints_that_are_none(text: str):
    with pytest.raises(EndpointMalformed, match="expected unix:PATH"):
        parse_endpoint(text)


def test_secrets(tmp_path: Path):
    file = tmp_path / "secret"
    with pytest.raises(RelaySecretUnfit, match="can be read"):
        read_secret(file)
    secret = make_secret(file)
    assert 32 == len(secret)
    assert secret == make_secret(file) == read_secret(file)
    file.chmod(0o640)
    with pytest.raises(RelaySecretUnfit, match="0640"):
        read_secret(file)
    file.chmod(0o600)
    file.write_bytes(b"short")
    with pytest.raises(RelaySecretUnfit, match="5 bytes"):
        read_secret(file)

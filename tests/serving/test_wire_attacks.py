"""What comes over the wire from those who mean no good, and from those who cannot do better: raw
bytes to a whole service behind the connection that it is served with."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

import pytest

from support import house_folk as folk
from support.live import live
from venule.kit.http import PROBLEM_JSON, CallerUnknown, problem
from venule.serving.connection import HEAD_BYTES_MAX, Connection
from venule.serving.front import Front, asker_of
from venule.serving.settings import load_settings


class Impatient(Connection):
    """Waits less, so that a test need not."""

    head_s = 0.3


@pytest.fixture
def wire(house: Any) -> Iterator[Any]:
    """The house behind connections of its own kind; gives its address."""
    with live(house.service.asgi, http=Impatient) as url:
        yield url


def say(url: str, *parts: bytes, pause_s: float = 0.0, timeout_s: float = 10) -> bytes:
    """Send bytes as they are; return all that comes back until the other side is done."""
    address = urlsplit(url)
    assert address.hostname is not None
    with socket.create_connection((address.hostname, address.port), timeout_s) as raw:
        try:
            for at, part in enumerate(parts):
                if at and pause_s:
                    time.sleep(pause_s)
                raw.sendall(part)
        except (BrokenPipeError, ConnectionResetError):
            pass
        found = b""
        try:
            while chunk := raw.recv(65_536):
                found += chunk
        except ConnectionResetError:
            pass
        return found


def ask(url: str, line: str, *headers: str, body: bytes = b"") -> tuple[int, Any]:
    """Send one request; return its status and the problem or answer."""
    head = "".join(f"{each}\r\n" for each in (line, *headers, "Connection: close"))
    said = say(url, f"{head}\r\n".encode() + body)
    status, _, content = said.partition(b"\r\n\r\n")
    code = int(status.split()[1])
    try:
        return code, json.loads(content)
    except ValueError:
        return code, content


def code_of(answer: tuple[int, Any]) -> tuple[int, str]:
    return answer[0], answer[1]["code"] if isinstance(answer[1], dict) else ""


HOST = "Host: localhost"


def test_a_header_that_says_one_thing_comes_once(wire, house):
    one, other = folk.person(house.desk.call), folk.person(house.desk.call)
    tokens = [f"Authorization: Bearer {who.token}" for who in (one, other)]
    refused = (400, "header-repeated")
    assert refused == code_of(ask(wire, "GET /v1/wallet HTTP/1.1", HOST, *tokens))
    assert refused == code_of(ask(wire, "GET /v1/wallet HTTP/1.1", HOST, tokens[0], tokens[0]))
    keys = ["Idempotency-Key: a", "Idempotency-Key: b"]
    paid = ask(wire, "POST /v1/payments HTTP/1.1", HOST, tokens[0], *keys, "Content-Length: 2",
               "Content-Type: application/json", body=b"{}")  # fmt: skip
    assert refused == code_of(paid)
    assert refused == code_of(ask(wire, "GET /healthz HTTP/1.1", HOST, "Host: evil.example"))


def test_two_lengths_are_one_too_many(wire):
    """Who stands between us could read another request than we do (CWE-444)."""
    smuggled = b"0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    for pair in (
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: 5"),
        ("Content-Length: 5", "Content-Length: 6"),
        ("Transfer-Encoding: xchunked", "Content-Length: 5"),
        ("Content-Length: +5", "X: y"),
        ("Content-Length: 5, 5", "X: y"),
    ):
        head = "\r\n".join(("POST /v1/sign-in/password HTTP/1.1", HOST, *pair))
        said = say(wire, head.encode() + b"\r\n\r\n" + smuggled)
        assert said.startswith(b"HTTP/1.1 400"), (pair, said)
        assert 1 == said.count(b"HTTP/1.1"), (pair, said)


@pytest.mark.parametrize(
    "line",
    [
        "GET //v1/wallet HTTP/1.1",
        "GET /v1//wallet HTTP/1.1",
        "GET /v1/%2e%2e/v1/wallet HTTP/1.1",
        "GET /v1/../v1/wallet HTTP/1.1",
        "GET /v1/wallet/ HTTP/1.1",
        "GET /V1/wallet HTTP/1.1",
        "GET /v1/wallet%00 HTTP/1.1",
        "GET /v1/wallet;x=1 HTTP/1.1",
        "GET /v1\\wallet HTTP/1.1",
    ],
)
def test_a_path_is_what_it_is(wire, house, line):
    """No spelling of a path is another path."""
    token = folk.person(house.desk.call).token
    status, _ = ask(wire, line, HOST, f"Authorization: Bearer {token}")
    assert status in {400, 404}


def test_an_encoded_slash_opens_nothing(wire, house):
    """Decoded it is a path of its own, which asks who asks as any does."""
    assert 401 == ask(wire, "GET /v1%2Fwallet HTTP/1.1", HOST)[0]
    assert 401 == ask(wire, "GET /v1/%77allet HTTP/1.1", HOST)[0]


@pytest.mark.parametrize(
    "line",
    [
        "CONNECT evil.example:443 HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "TRACE / HTTP/1.1",
        "GET ftp://evil.example/ HTTP/1.1",
        "GET http:/// HTTP/1.1",
        "GET http://[::1/healthz HTTP/1.1",
        "GET /%ff%fe HTTP/1.1",
        "GET /\xff HTTP/1.1",
        "GET /v1/payments?cursor=%ff HTTP/1.1",
        "GET /v1/tier-limits?%00=%00 HTTP/1.1",
    ],
)
def test_strange_targets_break_nothing(wire, line):
    status, _ = ask(wire, line, HOST)
    assert status in {400, 401, 404, 405}, line


def test_the_host_is_not_believed(wire):
    """Whatever the request says of the host: no address in an answer is made of it."""
    for line, host in (
        ("GET /v1/wallet HTTP/1.1", "Host: evil.example"),
        ("GET http://evil.example/v1/wallet HTTP/1.1", HOST),
    ):
        status, body = ask(wire, line, host, "X-Forwarded-Host: evil.example")
        assert 401 == status
        assert "evil" not in json.dumps(body)


def test_no_address_is_made_of_the_host_without_a_setting_either():
    told = problem(CallerUnknown("nothing"), instance="/", trace_id="1", pages="/problems/")
    assert "/problems/caller-unknown" == told["type"]


def test_bodies_that_are_huge_or_deep(wire, house):
    token = f"Authorization: Bearer {folk.person(house.desk.call).token}"
    lines = ("POST /v1/payments HTTP/1.1", HOST, token, "Idempotency-Key: k",
             "Content-Type: application/json")  # fmt: skip
    deep = b"[" * 60_000
    for body in (deep, b'{"a":' * 10_000, deep[:30_000] + b"]" * 30_000):
        said = ask(wire, *lines, f"Content-Length: {len(body)}", body=body)
        assert said[0] in {400, 422}, said
    nested = b'{"merchant_id":' + b"[" * 900 + b"]" * 900 + b"}"
    assert ask(wire, *lines, f"Content-Length: {len(nested)}", body=nested)[0] in {400, 422}
    assert (413, "body-too-large") == code_of(ask(wire, *lines, "Content-Length: 99999999"))
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    said = ask(wire, *lines, "Transfer-Encoding: chunked", body=chunk * 3)
    assert (413, "body-too-large") == code_of(said)
    digits = b'{"amount":' + b"9" * 50_000 + b"}"
    assert ask(wire, *lines, f"Content-Length: {len(digits)}", body=digits)[0] in {400, 422}


def test_a_head_without_end_is_cut(wire):
    endless = [b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: "] + [b"a" * 8_192] * 40
    said = say(wire, *endless, pause_s=0.002)
    assert not said or said.startswith(b"HTTP/1.1 431")
    many = "".join(f"X-{n}: {'y' * 50}\r\n" for n in range(2 * HEAD_BYTES_MAX // 50)).encode()
    said = say(wire, b"GET /healthz HTTP/1.1\r\n", many[:70_000], many[70_000:], pause_s=0.05)
    assert not said or said.startswith(b"HTTP/1.1 431")


def test_a_slow_head_is_not_waited_for(wire):
    """A byte now and then holds a connection for so long, and no longer."""
    drip = [b"GET /healthz HTTP/1.1\r\n"] + [b"X: y\r\n"] * 30
    assert b"" == say(wire, *drip, pause_s=0.05)
    assert b"" == say(wire)  # says nothing at all
    # Also on a connection that has been answered before.
    whole = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
    said = say(wire, whole, whole[:20], pause_s=0.1)
    assert 1 == said.count(b"HTTP/1.1 200")
    # And who sends two requests in one go is answered twice.
    said = say(wire, whole + whole.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    assert 2 == said.count(b"HTTP/1.1 200")


def test_nobody_upgrades(wire):
    upgrade = ("Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Key: x",
               "Sec-WebSocket-Version: 13")  # fmt: skip
    head = "\r\n".join(("GET /v1/wallet HTTP/1.1", HOST, *upgrade)).encode() + b"\r\n\r\n"
    assert b"101" not in say(wire, head, timeout_s=5).split(b"\r\n")[0]


def test_digits_of_other_scripts_are_no_amounts(house):
    payer = folk.person(house.desk.call)
    shop = folk.new_shop(house.desk.call)
    for amount in ("１.００", "١٢.٣٤", "1.0０", "1e2", "+1.00", " 1.00", "1_0.00", "0x10", "1,00",
                   "NaN", "-1.00", "1.00\n", "1.00\u0000", "0.001", "00.01"):  # fmt: skip
        said = house.client.post(
            "/v1/payments", headers={**payer.headers, "idempotency-key": "k"},
            json={"merchant_id": str(shop), "amount": {"amount": amount, "currency": "CNY"}},
        )  # fmt: skip
        assert 422 == said.status_code, amount
        assert said.json()["code"] in {"request-invalid", "malformed-amount"}


PROXIES = load_settings(said={"home": "h", "trusted_proxies": ["10.0.0.0/8", "fd00::/8"]})


@pytest.mark.parametrize(
    "peer, forwarded, asker",
    [
        ("203.0.113.9", "198.51.100.7", "203.0.113.9"),  # no proxy of ours: not read
        ("10.0.0.1", "198.51.100.7", "198.51.100.7"),
        ("10.0.0.1", "1.1.1.1, 198.51.100.7", "198.51.100.7"),  # the first one is made up
        ("10.0.0.1", "198.51.100.7, 10.0.0.2", "198.51.100.7"),  # two proxies of ours
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "unknown", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.7, unknown", "10.0.0.1"),
        ("fd00::1", "[2001:db8::7]", "2001:db8::7"),
        ("10.0.0.1", "10.0.0.3", "10.0.0.3"),
        ("nowhere", "198.51.100.7", "nowhere"),
    ],
)
def test_who_asks_behind_proxies(peer, forwarded, asker):
    networks = [ip_network(each) for each in PROXIES.trusted_proxies]
    assert asker == asker_of(peer, forwarded, networks)
    assert peer == asker_of(peer, forwarded, [])


def test_nobody_s_word_for_another_address_is_taken(house):
    """The rate of sign-ins is counted by who is connected, whatever the request says."""
    seen: list[Any] = []

    async def api(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["client"][0])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    with live(Front(api, {})) as url:
        ask(url, "GET / HTTP/1.1", HOST, "X-Forwarded-For: 198.51.100.7", "Forwarded: for=1.1.1.1")
    assert ["127.0.0.1"] == seen


def test_what_is_private_is_not_kept_and_not_framed(house):
    payer = folk.person(house.desk.call)
    for path in ("/v1/wallet", "/v1/me", "/v1/payments", "/v1/sessions", "/sign-in", "/v1/nothing"):
        said = house.client.get(path, headers=payer.headers)
        kept = said.headers["cache-control"]
        assert "no-store" in kept or kept == "private, no-cache", path
        assert "nosniff" == said.headers["x-content-type-options"]
        if said.headers["content-type"].startswith("text/html"):
            assert "frame-ancestors 'none'" in said.headers["content-security-policy"]
        assert "server" not in said.headers
    assert PROBLEM_JSON == said.headers["content-type"]

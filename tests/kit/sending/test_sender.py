"""Requests to real servers on this machine, and to names that lead where they must not."""

import socket
import ssl
import threading
import time
from ipaddress import ip_network

import pytest

from support.receivers import HERE, Received, Reply, certified, receiving, talking
from venule.kit.sending import (
    ANSWER_BYTES_MAX,
    ANY_PORT,
    Policy,
    Request,
    RequestUnfit,
    Sender,
    SendFailed,
    SendRefused,
    SendStep,
    UrlRefused,
)

NAMES = Policy(
    schemes=frozenset({"http", "https"}), ports=ANY_PORT, allowed=(ip_network("127.0.0.1/32"),)
)


def nobody(host: str, port: int) -> list[str]:
    raise AssertionError(f"{host} was looked up")


def test_a_request_arrives_as_it_was_given():
    with receiving(lambda _: Reply(202, b"thanks", {"Retry-After": "7"})) as receiver:
        sender = Sender(HERE, look_up=nobody)
        sent = sender.post(f"{receiver.url}/hook?a=1", {"X-Id": "42"}, b'{"a":1}')
    assert (202, b"thanks", "7") == (sent.status, sent.body, sent.headers["retry-after"])
    assert 0 <= sent.took_ms < 15_000
    (received,) = receiver.received
    assert ("/hook?a=1", b'{"a":1}') == (received.path, received.body)
    assert "42" == received.headers["x-id"]
    assert receiver.url == "http://" + received.headers["host"]


def test_a_redirect_is_an_answer_like_any_other():
    def answer(received: Received) -> Reply:
        return Reply(307, headers={"Location": f"{receiver.url}/second"})

    with receiving(answer) as receiver:
        assert 307 == Sender(HERE).post(f"{receiver.url}/first", {}, b"").status
    assert ["/first"] == [each.path for each in receiver.received]


def test_of_a_long_answer_only_the_beginning_is_read():
    with receiving(lambda _: Reply(500, b"x" * 100_000)) as receiver:
        sent = Sender(HERE).post(receiver.url, {}, b"")
    assert (500, b"x" * ANSWER_BYTES_MAX) == (sent.status, sent.body)


def test_a_name_is_looked_up_once_and_its_checked_address_is_called():
    """A name that answers otherwise the second time (DNS rebinding) is not asked again."""
    answers = [["127.0.0.1"], ["10.0.0.1"]]
    asked = []

    def look_up(host: str, port: int) -> list[str]:
        asked.append((host, port))
        return answers.pop(0)

    with receiving() as receiver:
        port = int(receiver.url.rpartition(":")[2])
        sender = Sender(NAMES, look_up=look_up)
        assert 200 == sender.post(f"http://partner.example.com:{port}/", {}, b"").status
        with pytest.raises(SendRefused, match=r"10\.0\.0\.1"):
            sender.post(f"http://partner.example.com:{port}/", {}, b"")
    assert [("partner.example.com", port)] * 2 == asked
    assert [f"partner.example.com:{port}"] == [r.headers["host"] for r in receiver.received]


@pytest.mark.parametrize(
    "addresses",
    [
        ["10.0.0.1"],
        ["127.0.0.1", "10.0.0.1"],
        ["10.0.0.1", "127.0.0.1"],
        ["8.8.8.8", "127.0.0.2"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["fe80::1%1"],
        ["169.254.169.254"],
        ["127.0.0.1"] * 40 + ["0.0.0.0"],
    ],
)
def test_one_address_that_is_not_allowed_refuses_them_all(addresses: list[str]):
    with receiving() as receiver:
        port = receiver.url.rpartition(":")[2]
        sender = Sender(NAMES, look_up=lambda *_: addresses)
        with pytest.raises(SendRefused):
            sender.post(f"http://partner.example.com:{port}/", {}, b"")
    assert [] == receiver.received


def test_a_url_that_is_not_allowed_is_not_called():
    with receiving() as receiver:
        with pytest.raises(UrlRefused):
            Sender(Policy(), look_up=nobody).post(receiver.url, {}, b"")
        with pytest.raises(UrlRefused):
            Sender(Policy(ports=ANY_PORT), look_up=nobody).post("https://127.0.0.1/", {}, b"")
    assert [] == receiver.received


def test_the_next_address_is_tried_when_one_does_not_answer():
    policy = Policy(HERE.schemes, ANY_PORT, (ip_network("127.0.0.0/8"),))
    with receiving() as receiver:
        port = receiver.url.rpartition(":")[2]
        sender = Sender(policy, look_up=lambda *_: ["127.0.0.9", "127.0.0.1"])
        assert 200 == sender.post(f"http://partner.example.com:{port}/", {}, b"").status


def test_the_certificate_is_that_of_the_name(tmp_path):
    certificate, key = certified(tmp_path, "partner.example.com")
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(certificate, key)
    asked: list[str | None] = []
    serving.sni_callback = lambda _sock, name, _context: asked.append(name)
    trust = ssl.create_default_context(cafile=str(certificate))
    with receiving(tls=serving) as receiver:
        port = receiver.url.rpartition(":")[2]
        sender = Sender(NAMES, tls=trust, look_up=lambda *_: ["127.0.0.1"])
        assert 200 == sender.post(f"https://partner.example.com:{port}/h", {}, b"x").status
        assert 200 == sender.post(f"https://127.0.0.1:{port}/h", {}, b"x").status
        with pytest.raises(SendFailed, match="certificate") as raised:
            sender.post(f"https://other.example.com:{port}/h", {}, b"x")
        assert SendStep.TLS is raised.value.step
        stranger = Sender(NAMES, look_up=lambda *_: ["127.0.0.1"])
        with pytest.raises(SendFailed, match="certificate"):
            stranger.post(f"https://partner.example.com:{port}/h", {}, b"x")
    assert "partner.example.com" == asked[0]
    assert 2 == len(receiver.received)


@pytest.mark.parametrize(
    "headers, what",
    [
        ({"X-Id": "1\r\nHost: evil"}, "header X-Id"),
        ({"X-Id": "1\n2"}, "header X-Id"),
        ({"X-Id": "é"}, "header X-Id"),
        ({"X-Id": " 1"}, "header X-Id"),
        ({"X-Id": ""}, "header X-Id"),
        ({"X-Id\r\nEvil": "1"}, "header name"),
        ({"X Id": "1"}, "header name"),
        ({"": "1"}, "header name"),
        ({"Host": "evil"}, "header name"),
        ({"Transfer-Encoding": "chunked"}, "header name"),
        ({"content-length": "0"}, "header name"),
        ({f"X-{n}": "1" for n in range(40)}, "headers"),
        ({"X-Id": "1" * 9_000}, "headers"),
    ],
)
def test_headers_cannot_change_the_request(headers, what):
    with receiving() as receiver, pytest.raises(RequestUnfit) as raised:
        Sender(HERE).post(receiver.url, headers, b"")
    assert what == raised.value.what
    assert [] == receiver.received


def test_a_body_has_a_limit():
    with pytest.raises(RequestUnfit, match="1048576 bytes"):
        Sender(HERE).post("http://127.0.0.1:9/", {}, b"x" * ((1 << 20) + 1))


def say_nothing(_: socket.socket) -> None:
    threading.Event().wait(5)


def read_all(sock: socket.socket) -> None:
    while b"\r\n\r\n" not in sock.recv(65_536):
        pass


def test_a_side_that_never_answers_is_given_up_in_time():
    with talking(say_nothing) as port, pytest.raises(SendFailed) as raised:
        Sender(HERE).post(f"http://127.0.0.1:{port}/", {}, b"", timeout_s=0.1)
    assert SendStep.ANSWER is raised.value.step
    assert 100 <= raised.value.took_ms < 4_000


def test_a_side_that_answers_a_byte_at_a_time_is_given_up_in_time():
    def drip(sock: socket.socket) -> None:
        read_all(sock)
        for byte in b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 10_000:
            sock.sendall(bytes([byte]))
            time.sleep(0.02)

    with talking(drip) as port, pytest.raises(SendFailed) as raised:
        Sender(HERE).post(f"http://127.0.0.1:{port}/", {}, b"", timeout_s=0.3)
    assert SendStep.ANSWER is raised.value.step
    assert 300 <= raised.value.took_ms < 4_000


def test_a_side_that_takes_nothing_is_given_up_in_time():
    body = b"x" * (1 << 20)
    with talking(say_nothing) as port, pytest.raises(SendFailed) as raised:
        Sender(HERE).post(f"http://127.0.0.1:{port}/", {}, body, timeout_s=0.2)
    assert raised.value.step in {SendStep.SEND, SendStep.ANSWER}


def test_a_name_server_that_never_answers_is_given_up_in_time():
    answer = threading.Event()

    def look_up(host: str, port: int) -> list[str]:
        answer.wait(5)
        return ["127.0.0.1"]

    with pytest.raises(SendFailed, match="not found in time") as raised:
        Sender(NAMES, look_up=look_up).post("http://example.com/", {}, b"", timeout_s=0.1)
    answer.set()
    assert SendStep.LOOK_UP is raised.value.step


def test_a_name_that_is_not_there():
    def look_up(host: str, port: int) -> list[str]:
        raise socket.gaierror(-2, "Name or service not known")

    with pytest.raises(SendFailed, match="not known"):
        Sender(NAMES, look_up=look_up).post("http://example.com/", {}, b"")
    with pytest.raises(SendFailed, match="no address"):
        Sender(NAMES, look_up=lambda *_: []).post("http://example.com/", {}, b"")


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(SendFailed, match="refused") as raised:
        Sender(HERE).post(f"http://127.0.0.1:{port}/", {}, b"")
    assert SendStep.CONNECT is raised.value.step


@pytest.mark.parametrize(
    "raw, status, body",
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", 200, b"ok"),
        (b"HTTP/1.1 200 OK\r\n\r\nuntil the end", 200, b"until the end"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", 204, b""),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", 410, b""),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
            200,
            b"abc",
        ),
        (b"HTTP/1.0 503 Busy\r\n\r\n", 503, b""),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", 200, b"half"),
    ],
)
def test_answers_of_every_form(raw: bytes, status: int, body: bytes):
    def talk(sock: socket.socket) -> None:
        read_all(sock)
        sock.sendall(raw)

    with talking(talk) as port:
        sent = Sender(HERE).post(f"http://127.0.0.1:{port}/", {}, b"")
    assert (status, body) == (sent.status, sent.body)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"HTTP/1.1 200",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 50,
        b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    ],
)
def test_what_is_no_answer_is_a_failure(raw: bytes):
    def talk(sock: socket.socket) -> None:
        read_all(sock)
        sock.sendall(raw)

    with talking(talk) as port, pytest.raises(SendFailed) as raised:
        Sender(HERE).post(f"http://127.0.0.1:{port}/", {}, b"")
    assert SendStep.ANSWER is raised.value.step


def test_many_at_once_are_answered_in_their_order():
    """All four must be there before one is answered: they are sent at the same time."""
    together = threading.Barrier(4)

    def answer(received: Received) -> Reply:
        together.wait(10)
        return Reply(200, received.body)

    with receiving(answer) as receiver:
        bad = [Request("https://10.0.0.1/", {}, b""), Request(receiver.url, {"Host": "x"}, b"")]
        good = [Request(receiver.url, {}, str(n).encode()) for n in range(4)]
        answers = Sender(HERE).post_many([*bad, *good], at_once=4)
    assert [UrlRefused, RequestUnfit] == [type(each) for each in answers[:2]]
    assert [b"0", b"1", b"2", b"3"] == [each.body for each in answers[2:]]


def test_many_of_none_and_of_one():
    with receiving() as receiver:
        assert [] == Sender(HERE).post_many([])
        (answer,) = Sender(HERE).post_many([Request(receiver.url, {}, b"")])
    assert 200 == answer.status

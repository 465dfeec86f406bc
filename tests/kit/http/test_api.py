"""From a request to an answer, over a real connection."""

from __future__ import annotations

import socket
import threading
import time
from urllib.parse import urlsplit

import httpx
import pytest

from support.kit_homes import left, numbers

NOTE = {"number": 1, "kind": "a"}


def put(site, body=NOTE, key="k1", who="me", path="/v1/notes", **headers):
    sent = {"authorization": f"Bearer {who}", **headers}
    if key:
        sent["idempotency-key"] = key
    return site.client.post(path, json=body, headers=sent)


def raw(site, text: bytes) -> bytes:
    host, port = urlsplit(site.url).netloc.split(":")
    with socket.create_connection((host, int(port)), 10) as peer:
        peer.sendall(text)
        answer = b""
        while part := peer.recv(65536):
            answer += part
    return answer


def test_a_note_is_put_down(site):
    answer = put(site)

    assert 201 == answer.status_code
    assert 1 == answer.json()["number"]
    assert [1] == numbers(site.home)
    assert "no-store" == answer.headers["cache-control"]
    assert 36 == len(answer.headers["x-request-id"])


def test_every_flaw_is_told_at_once(site):
    body = {
        "number": 101,
        "kind": "A1",
        "inner": {"text": "too long", "extra": 1},
        "others": [{"text": "ok", "number": 1}, {"text": 3, "number": "x"}],
        "more/~": None,
    }
    answer = put(site, body)

    assert 422 == answer.status_code
    assert "application/problem+json" == answer.headers["content-type"]
    problem = answer.json()
    assert "request-invalid" == problem["code"]
    assert problem["type"].endswith("/problems/request-invalid")
    assert problem["trace_id"] == answer.headers["x-request-id"]
    assert {
        "/more~1~0", "/number", "/kind", "/inner/extra", "/inner/text", "/inner/number",
        "/others/1/text", "/others/1/number",
    } == {flaw["pointer"] for flaw in problem["errors"]}  # fmt: skip
    assert all("expected" in flaw["detail"] for flaw in problem["errors"])
    assert [] == numbers(site.home)


@pytest.mark.parametrize(
    "content, status, code",
    [
        (b"{", 400, "body-not-json"),
        (b'{"number": NaN}', 400, "body-not-json"),
        (b"\xff\xfe", 400, "body-not-json"),
        (b"[" * 5000, 400, "body-not-json"),
        (b"", 422, "request-invalid"),
        (b"[]", 422, "request-invalid"),
        (b" " * 70_000, 413, "body-too-large"),
    ],
)
def test_bodies_that_are_none(site, content, status, code):
    answer = site.client.post(
        "/v1/notes",
        content=content,
        headers={"authorization": "Bearer me", "idempotency-key": "k",
                 "content-type": "application/json"},
    )  # fmt: skip
    assert (status, code) == (answer.status_code, answer.json()["code"])
    assert {"note": 0, "event": 0, "job": 0, "idempotency": 0, "tally": 0} == left(site.home)


def test_a_body_without_a_length_is_cut_off_too(site):
    def parts():
        for _ in range(20):
            yield b" " * 8192

    answer = site.client.post("/v1/notes", content=parts(), headers={"authorization": "Bearer me"})
    assert 413 == answer.status_code


def test_another_media_type_is_refused(site):
    answer = site.client.post(
        "/v1/notes", content=b"number=1", headers={"authorization": "Bearer me",
        "idempotency-key": "k", "content-type": "application/x-www-form-urlencoded"}
    )  # fmt: skip
    assert (415, "media-type-not-served") == (answer.status_code, answer.json()["code"])


def test_queries_and_paths_are_checked(site):
    found = site.client.get("/v1/notes?limit=0&limit=1&what=1")
    assert 422 == found.status_code
    assert {"limit"} == {flaw["parameter"] for flaw in found.json()["errors"]}
    found = site.client.get("/v1/notes?limit=0&what=1")
    assert {"limit", "what"} == {flaw["parameter"] for flaw in found.json()["errors"]}
    assert 422 == site.client.get("/v1/notes/x").status_code
    assert 422 == site.client.get("/v1/notes/3?a=1").status_code
    assert [3] == site.client.get("/v1/notes/3").json()["numbers"]


def test_unknown_paths_and_methods(site):
    assert 404 == site.client.get("/v1/other").status_code
    assert 404 == site.client.get("/v1/notes/").status_code
    assert 404 == site.client.get("/v1/notes/3/4").status_code
    answer = site.client.delete("/v1/notes")
    assert (405, "GET, POST") == (answer.status_code, answer.headers["allow"])
    assert "method-not-allowed" == answer.json()["code"]


def test_a_bug_is_told_without_its_insides(site):
    answer = site.client.post("/v1/broken")

    assert (500, "internal-error") == (answer.status_code, answer.json()["code"])
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text


def test_an_answer_that_does_not_come_in_time(site):
    answer = site.client.post("/v1/slow")

    assert (503, "request-timed-out") == (answer.status_code, answer.json()["code"])
    assert "1" == answer.headers["retry-after"]


# ---------------------------------------------------------------- who asks


def test_nobody_and_somebody_unproven(site):
    nobody = site.client.post("/v1/notes", json=NOTE, headers={"idempotency-key": "k"})
    assert (401, "caller-unknown") == (nobody.status_code, nobody.json()["code"])
    assert nobody.headers["www-authenticate"].startswith("Bearer")
    assert 401 == put(site, who="bad").status_code


def test_guessing_is_slowed_down(site):
    seen = [put(site, who="bad").status_code for _ in range(8)]

    assert [401] * 5 + [429] * 3 == seen
    assert 201 == put(site).status_code


def test_kinds_permissions_and_step_up(site):
    def ask(method, path, who):
        answer = site.client.request(method, path, headers={"authorization": f"Bearer {who}"})
        return answer.status_code, answer.json()["code"] if answer.content else ""

    assert (403, "not-permitted") == ask("GET", "/v1/secret", "me")
    assert (403, "not-permitted") == ask("GET", "/v1/secret", "staff")
    assert (204, "") == ask("GET", "/v1/secret", "reader")
    assert (403, "step-up-needed") == ask("POST", "/v1/risky", "me")
    assert (403, "step-up-needed") == ask("POST", "/v1/risky", "staff")
    assert (204, "") == ask("POST", "/v1/risky", "fresh")


# ---------------------------------------------------------------- once


def test_a_money_call_needs_a_key(site):
    missing = put(site, key="")
    assert (400, "idempotency-key-missing") == (missing.status_code, missing.json()["code"])
    for key in ("k" * 129, "two words", "k/1", '""', "k,k"):
        unfit = put(site, key=key)
        assert (422, "idempotency-key-not-plain") == (unfit.status_code, unfit.json()["code"])
    assert [] == numbers(site.home)


def test_the_same_request_has_one_effect_and_one_answer(site):
    first, again = put(site), put(site)

    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert [1] == numbers(site.home)
    assert first.content == put(site, key='"k1"').content, "a key may be a quoted string"


def test_the_same_key_with_another_body(site):
    put(site)
    other = put(site, {"number": 2, "kind": "a"})
    spaced = site.client.post(
        "/v1/notes",
        content=b'{"number":1, "kind":"a"}',
        headers={"authorization": "Bearer me", "idempotency-key": "k1",
                 "content-type": "application/json"},
    )  # fmt: skip
    for answer in (other, spaced):
        assert (422, "idempotency-key-reused") == (answer.status_code, answer.json()["code"])
    assert 201 == put(site, who="other").status_code, "keys are each caller's own"
    assert [1, 1] == numbers(site.home)


def test_a_refusal_is_an_answer(site):
    first, again = put(site, {"number": -1, "kind": "a"}), put(site, {"number": -1, "kind": "a"})

    assert 409 == first.status_code
    told = first.json() | {"trace_id": ""}
    assert (409, told) == (again.status_code, again.json() | {"trace_id": ""})
    assert 422 == put(site, {"number": 2, "kind": "a"}).status_code


def test_the_first_is_still_running(site):
    answers: list[httpx.Response] = []
    first = threading.Thread(target=lambda: answers.append(put(site, path="/v1/held")))
    first.start()
    while not site.gates:
        time.sleep(0.005)
    second = put(site, path="/v1/held")
    assert (409, "idempotency-key-running") == (second.status_code, second.json()["code"])
    assert second.json()["retryable"]
    site.gates[0].let_go()
    first.join()

    assert 201 == answers[0].status_code
    assert [1] == numbers(site.home)


def test_too_much_at_once_is_refused_at_once_and_passes(site):
    answers: list[int] = []

    def ask(n):
        answers.append(put(site, key=f"k{n}", path="/v1/held").status_code)

    waiting = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for thread in waiting:
        thread.start()
    while len(site.gates) < 4:
        time.sleep(0.005)
    shed = put(site, key="k9")
    assert (503, "overloaded") == (shed.status_code, shed.json()["code"])
    assert "1" == shed.headers["retry-after"]
    for gate in site.gates:
        gate.let_go()
    for thread in waiting:
        thread.join()

    assert [201] * 4 == answers
    assert 201 == put(site, key="k9").status_code
    assert 5 == len(numbers(site.home))


# ---------------------------------------------------------------- reading


def test_pages_by_cursor(site):
    for n in range(5):
        put(site, {"number": n, "kind": "a"}, key=f"k{n}")
    seen, cursor = [], ""
    while True:
        page = site.client.get(f"/v1/notes?limit=2{cursor}").json()
        seen.append(page["numbers"])
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"

    assert [[0, 1], [2, 3], [4]] == seen
    for bad in ("x", "é", "gA"):
        answer = site.client.get("/v1/notes", params={"cursor": bad})
        assert (404, "cursor-unknown") == (answer.status_code, answer.json()["code"])


def test_what_has_not_changed_is_not_sent_again(site):
    first = site.client.get("/v1/notes")
    tag = first.headers["etag"]
    for asked in (tag, f'W/{tag}, "x"', "*"):
        again = site.client.get("/v1/notes", headers={"if-none-match": asked})
        assert (304, b"", tag) == (again.status_code, again.content, again.headers["etag"])
    put(site)
    assert 200 == site.client.get("/v1/notes", headers={"if-none-match": tag}).status_code


def test_a_head_has_no_body(site):
    answer = site.client.head("/v1/notes")
    assert (200, b"") == (answer.status_code, answer.content)
    assert int(answer.headers["content-length"]) == len(site.client.get("/v1/notes").content)


def test_a_stream_of_events(site):
    answer = site.client.get("/v1/stream")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert 'id: 0\nevent: number\ndata: {"n":0}\n\n' == answer.text[:35]
    assert 3 == answer.text.count("event: number")


@pytest.mark.parametrize("host", ["venule.test", "venule.test:8080"])
def test_the_absolute_form_of_a_target(site, host):
    for prefix in ("http://", "HTTP://"):
        answer = raw(
            site,
            f"GET {prefix}{host}/v1/notes?limit=3 HTTP/1.1\r\nHost: {host}\r\n"
            "Connection: close\r\n\r\n".encode(),
        )
        assert answer.startswith(b"HTTP/1.1 200"), answer


def test_observers_are_told_of_every_answer(site):
    put(site)
    site.client.get("/v1/nothing")
    site.client.get("/v1/notes/7")
    while len(site.answered) < 3:
        time.sleep(0.005)

    assert [
        ("/v1/notes", "POST", 201, ""),
        ("", "GET", 404, "route-not-found"),
        ("/v1/notes/{number}", "GET", 200, ""),
    ] == site.answered


def test_a_service_that_stops_takes_nothing_new(site):
    site.api.stopping = True
    answer = put(site)
    assert (503, "stopping") == (answer.status_code, answer.json()["code"])

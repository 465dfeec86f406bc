"""A call is made again when that is right, with the same key, and not for ever."""

from __future__ import annotations

from uuid import UUID

import httpx
import pytest

from venule.client import (
    AnswerUnreadable,
    ApiProblem,
    ApiUnreachable,
    ClientCredentials,
    Retries,
    models,
)
from venule.client.retrying import passes

PAYMENT = {
    "id": str(UUID(int=1)), "kind": "payment", "state": "paid", "payer_id": str(UUID(int=2)),
    "payee_id": str(UUID(int=3)), "amount": {"amount": "1.00", "currency": "CNY"}, "fee": None,
    "refunded": {"amount": "0.00", "currency": "CNY"}, "note": "",
    "made_at": "2026-01-01T00:00:00Z",
}  # fmt: skip
BODY = models.WalletPayBody(
    merchant_id=UUID(int=3), amount=models.Paid(amount="1.00", currency="CNY")
)


def pay(client):
    return client.wallet.make_payment(BODY)


def look(client):
    return client.wallet.list_payments()


def freeze(client):
    return client.members.freeze_member(UUID(int=1), models.MembersReasonBody(reason="x"))


def paid():
    return httpx.Response(201, json=PAYMENT)


def nothing():
    return httpx.Response(200, json={"items": [], "next_cursor": None})


def refusal(status, code, *, retryable=False, retry_after=None, **facts):
    body = {
        "type": f"https://x.example/problems/{code}", "title": "No", "status": status,
        "detail": "expected this, seen that", "instance": "/v1/x", "code": code,
        "trace_id": "t-1", "retryable": retryable, **facts,
    }  # fmt: skip
    headers = {"content-type": "application/problem+json"}
    if retry_after is not None:
        headers["retry-after"] = str(retry_after)
    return httpx.Response(status, json=body, headers=headers)


def test_a_payment_without_an_answer_is_sent_again_with_its_key(played):
    broken = (httpx.ReadTimeout("late"), httpx.RemoteProtocolError("cut"), httpx.ConnectError("no"))
    made = played.call(pay, *broken, paid())

    assert UUID(int=1) == made.id
    assert 4 == len(played.sent)
    assert 1 == len(set(played.keys))
    assert UUID(played.keys[0]).version == 7
    assert 1 == len({request.content for request in played.sent})


def test_a_key_that_the_caller_chose_is_kept(played):
    ask = "order-7"
    running = refusal(409, "idempotency-key-running", retryable=True, retry_after=1)
    played.call(lambda c: c.wallet.make_payment(BODY, idempotency_key=ask), running, paid())

    assert [ask, ask] == played.keys
    assert [1.0] == played.waits


def test_two_calls_have_two_keys(played):
    played.call(pay, paid())
    played.call(pay, paid())

    assert 2 == len(set(played.keys))


@pytest.mark.parametrize(
    "status, code", [(429, "too-many-requests"), (503, "overloaded"), (503, "home-busy")]
)
def test_who_is_asked_to_wait_waits_so_long(played, status, code):
    played.call(pay, refusal(status, code, retryable=True, retry_after=7), paid())

    assert [7.0] == played.waits


def test_a_service_that_asks_for_too_long_is_not_waited_for(played):
    with pytest.raises(ApiProblem) as caught:
        played.call(pay, refusal(429, "too-many-requests", retryable=True, retry_after=3_600))

    assert 3_600 == caught.value.retry_after_s
    assert [] == played.waits


def test_attempts_are_bounded_and_pauses_grow(played):
    with pytest.raises(ApiUnreachable) as caught:
        played.call(pay, *[httpx.ConnectError("no")] * 4, retries=Retries(attempts_max=4))

    assert 4 == caught.value.attempts == len(played.sent)
    assert [caught.value.idempotency_key] * 4 == played.keys
    assert [0.1, 0.2, 0.4] == played.waits


def test_a_refusal_is_told_whole_and_at_once(played):
    flaw = {"detail": "expected a number", "pointer": "#/amount/amount"}
    with pytest.raises(ApiProblem) as caught:
        played.call(pay, refusal(422, "request-invalid", errors=[flaw], limit=3))

    problem = caught.value
    assert (422, "request-invalid", "t-1", False) == (
        problem.status, problem.code, problem.trace_id, problem.retryable
    )  # fmt: skip
    assert ("expected a number", "#/amount/amount") == (
        problem.errors[0].detail, problem.errors[0].pointer
    )  # fmt: skip
    assert {"limit": 3} == problem.facts
    assert 1 == len(played.sent)


def test_what_may_have_happened_is_not_done_twice(played):
    with pytest.raises(ApiUnreachable) as caught:
        played.call(freeze, httpx.ReadTimeout("late"))
    assert caught.value.idempotency_key is None

    with pytest.raises(ApiProblem):
        played.call(freeze, refusal(503, "home-busy", retryable=True))
    assert 2 == len(played.sent)


@pytest.mark.parametrize("first", [httpx.ConnectError("no"), refusal(503, "overloaded")])
def test_what_surely_did_not_happen_is_tried_again(played, first):
    view = {
        "id": str(UUID(int=1)), "external_ref": "a", "kind": "person", "tier": "I",
        "state": "frozen", "display_name": None, "opened_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip

    assert "frozen" == played.call(freeze, first, httpx.Response(200, json=view)).state
    assert ["", ""] == played.keys


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_look_is_repeated_whatever_stands_between(played, status):
    played.call(look, httpx.Response(status, text="<h1>Bad gateway</h1>"), nothing())

    assert 2 == len(played.sent)


def test_a_page_of_a_proxy_is_a_problem_too(played):
    with pytest.raises(ApiProblem) as caught:
        played.call(look, httpx.Response(418, text="<h1>No</h1>"))

    assert "http-418" == caught.value.code


def test_an_answer_of_another_kind_is_not_taken(played):
    with pytest.raises(AnswerUnreadable, match="GET /v1/payments"):
        played.call(look, httpx.Response(200, json={"items": 7}))


def test_a_refusal_of_the_business_is_never_repeated():
    problem = ApiProblem(409, "insufficient-funds", "", "", retryable=True)

    assert not passes(problem, "POST", True)


def token(word):
    return httpx.Response(200, json={"access_token": word, "expires_in": 600, "scope": "x"})


def credentials():
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return ClientCredentials("client", "key", Ed25519PrivateKey.generate())


def test_a_token_that_is_not_taken_any_more_is_renewed_once(played):
    late = refusal(401, "token-unknown")
    played.call(look, token("vat_1"), late, token("vat_2"), nothing(), auth=credentials())
    said = [request.headers.get("authorization") for request in played.sent]
    assert [None, "Bearer vat_1", None, "Bearer vat_2"] == said

    with pytest.raises(ApiProblem) as caught:
        played.call(look, token("a"), refusal(401, "x"), token("b"), refusal(401, "x"),
                    auth=credentials())  # fmt: skip
    assert 401 == caught.value.status


def test_a_client_that_gets_no_token_learns_why(played):
    no = httpx.Response(
        401,
        json={"error": "invalid_client", "error_description": "no", "code": "client-not-proven"},
    )
    with pytest.raises(ApiProblem) as caught:
        played.call(look, no, auth=credentials())

    assert (401, "client-not-proven", "no") == (
        caught.value.status, caught.value.code, caught.value.detail
    )  # fmt: skip


def test_no_attempt_waits_for_ever(played):
    played.call(look, nothing())
    limits = played.sent[0].extensions["timeout"]

    assert {"connect": 5.0, "read": 20.0, "write": 20.0, "pool": 20.0} == limits

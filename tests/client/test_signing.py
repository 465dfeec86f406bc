"""The service takes what the client signs; the client believes what the service has signed."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import HTTPMessageVerifier, algorithms
from hypothesis import given
from hypothesis import strategies as st

from venule.client import AnswerNotProven
from venule.client.signing import Incoming, Outgoing, prove_answer, sign_request
from venule.partners import WireRequest, signatures

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
NOW_S = 1_800_000_000
TEXT = st.text("abcXYZ012/._~-", max_size=20)


class OwnKey:
    """The service's side of a key."""

    def __init__(self, public: Ed25519PublicKey) -> None:
        self._public = public

    def holds(self, signature: bytes, signed: bytes) -> bool:
        self._public.verify(signature, signed)
        return True


def request_of(method, url, body, key):
    fields = {"accept": "application/json", "host": "pay.example"}
    if body:
        fields["content-type"] = "application/json"
    if key:
        fields["idempotency-key"] = key
    outgoing = Outgoing(method, url, fields, body)
    added = sign_request(outgoing, "key-1", KEY, created_s=NOW_S, nonce="n-1")
    return WireRequest(method, url, list((fields | added).items()), body)


@given(
    st.sampled_from(["GET", "POST", "PUT", "DELETE"]),
    st.sampled_from(["https://pay.example", "https://PAY.example:443", "http://pay.example:8080"]),
    TEXT, TEXT, st.binary(max_size=50), st.sampled_from(["", "order-1"]),
)  # fmt: skip
def test_the_service_takes_what_the_client_signs(method, origin, path, query, body, key):
    url = f"{origin}/{path}" + (f"?{query}" if query else "")
    request = request_of(method, url, body, key)
    claim = signatures.read(request, NOW_S)
    signatures.check(claim, request, OwnKey(KEY.public_key()))

    assert ("key-1", "n-1", NOW_S) == (claim.key_id, claim.nonce, claim.created_s)
    assert ("idempotency-key" in claim.covered) == bool(key)


def test_another_library_takes_it_too():
    wire = request_of("POST", "https://pay.example/v1/payments", b"{}", "order-1")
    message = SimpleNamespace(method=wire.method, url=wire.url, headers=dict(wire.fields))
    resolver = SimpleNamespace(resolve_public_key=lambda key_id: KEY.public_key())
    verifier = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=resolver)
    verifier.validate_created_and_expires = lambda *args, **more: None
    (found,) = verifier.verify(message, max_age=timedelta(days=36_500))

    assert '"@method"' in found.covered_components


def answer_to(sent, *, status=201, body=b'{"id":1}', media="application/json", at=NOW_S):
    base = signatures.answer_base(
        status, media, body, created_s=at, key_id="house-1", request_signature=sent
    )
    fields = {"content-type": media, **dict(base.fields(KEY.sign(base.base)))}
    return Incoming(status, fields, body)


def check(answer, sent="sig1=:AAAA:", key_id="house-1"):
    prove_answer(answer, sent, key_id, KEY.public_key(), NOW_S)


def test_an_answer_of_the_service_is_proven():
    check(answer_to("sig1=:AAAA:"))
    check(answer_to("sig1=:AAAA:", at=NOW_S - 299))


def altered(answer, **changed):
    fields = dict(answer.fields) | changed.pop("fields", {})
    return Incoming(changed.get("status", answer.status), fields, changed.get("body", answer.body))


GOOD = answer_to("sig1=:AAAA:")
OTHER = b'{"id":2}'


@pytest.mark.parametrize(
    "answer",
    [
        altered(GOOD, status=200),
        altered(GOOD, body=OTHER),
        altered(GOOD, body=OTHER, fields={"content-digest": signatures.digest(OTHER)}),
        altered(GOOD, fields={"content-type": "text/html"}),
        altered(GOOD, fields={"signature": ""}),
        altered(GOOD, fields={"signature-input": ""}),
        altered(GOOD, fields={"signature": f"venule=:{'A' * 86}==:"}),
        altered(GOOD, fields={"signature-input": GOOD.fields["signature-input"].replace(
            '"content-digest" ', "")}),
        answer_to("sig1=:BBBB:"),
        answer_to("sig1=:AAAA:", at=NOW_S - 301),
        answer_to("sig1=:AAAA:", at=NOW_S + 301),
    ],
)  # fmt: skip
def test_an_answer_that_was_touched_is_not_believed(answer):
    with pytest.raises(AnswerNotProven):
        check(answer)


def test_another_key_is_not_the_services():
    with pytest.raises(AnswerNotProven):
        check(GOOD, key_id="house-2")
    with pytest.raises(AnswerNotProven):
        prove_answer(
            GOOD, "sig1=:AAAA:", "house-1", Ed25519PrivateKey.generate().public_key(), NOW_S
        )

"""The profile of RFC 9421 by itself: the standard's own example, another implementation as oracle,
and whatever bytes may come."""

from __future__ import annotations

import asyncio
import base64
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    InvalidSignature,
    algorithms,
)
from http_message_signatures.exceptions import HTTPMessageSignaturesException
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from support.both_homes import only_files
from support.partner_town import COVERED, ISSUER, OneKey, WireDoor, private_key
from venule.kit.errors import AppError
from venule.kit.time import to_us
from venule.kit.vault import Vault, VaultSealBroken
from venule.partners import WireRequest, load_signer, signatures
from venule.partners.public_keys import Verifier, read_public_key

NOW = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
NOW_S = to_us(NOW) // 1_000_000
PRIVATE = private_key("the oracle's")

# RFC 9421, appendix B.1.4: the key, and B.2.6: what it signs.
RFC_PRIVATE = """\
-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
-----END PRIVATE KEY-----
"""
RFC_BASE = """\
"date": Tue, 20 Apr 2021 02:07:55 GMT
"@method": POST
"@path": /foo
"@authority": example.com
"content-type": application/json
"content-length": 18
"@signature-params": ("date" "@method" "@path" "@authority" "content-type" "content-length")\
;created=1618884473;keyid="test-key-ed25519"\
"""
RFC_SIGNATURE = (
    "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw=="
)
RFC_REQUEST = WireRequest(
    "POST",
    "https://example.com/foo?param=Value&Pet=dog",
    [
        ("host", "example.com"),
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("content-type", "application/json"),
        ("content-length", "18"),
    ],
    b'{"hello": "world"}',
)


def verifier(private):
    spki = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return Verifier(private.public_key().public_bytes(*spki))


def test_the_example_of_the_standard():
    private = load_pem_private_key(RFC_PRIVATE.encode(), None)
    names = ("date", "@method", "@path", "@authority", "content-type", "content-length")
    lines = [f'"{name}": {signatures.component(RFC_REQUEST, name)}' for name in names]
    params = RFC_BASE.rpartition("\n")[2]
    assert RFC_BASE == "\n".join([*lines, params])
    signature = base64.b64decode(RFC_SIGNATURE)
    assert verifier(private).holds(signature, RFC_BASE.encode())
    assert not verifier(private).holds(signature, RFC_BASE.replace("18", "19").encode())
    assert not verifier(PRIVATE).holds(signature, RFC_BASE.encode())


def test_the_digest_of_the_standard():
    """RFC 9421, appendix B.2."""
    body = b'{"hello": "world"}'
    digest = (
        "WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew=="
    )
    text = f"sha-512=:{digest}:"
    signatures.check_digest(text, body)
    signatures.check_digest(f"{text}, unheard-of=:AAAA:", body)
    signatures.check_digest(signatures.digest(body), body)


def signed(covered, message, body, created=NOW, **how):
    signer = HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=OneKey(PRIVATE))
    signer.sign(
        message,
        key_id="key",
        created=created,
        covered_component_ids=covered,
        body=body or None,
        **{"nonce": "n", **how},
    )
    fields = [(name.lower(), value) for name, value in message.headers.items()]
    return WireRequest(message.method, message.url, fields, body)


def oracle(request):
    """What the library says of a request, asked for all that the profile asks."""
    message = SimpleNamespace(method=request.method, url=request.url, headers=dict(request.fields))
    needed = list(COVERED)
    if request.body:
        needed += ["content-digest", "content-type"]
    if request.field("idempotency-key") is not None:
        needed.append("idempotency-key")
    checker = HTTPMessageVerifier(
        signature_algorithm=algorithms.ED25519, key_resolver=OneKey(PRIVATE)
    )
    try:
        found = checker.verify(
            message,
            max_age=timedelta(days=36_500),
            require_components=needed,
            body=request.body or None,
        )
    except (InvalidSignature, HTTPMessageSignaturesException):
        return False
    return len(found) == 1


def ours(request):
    try:
        signatures.check(signatures.read(request, NOW_S), request, verifier(PRIVATE))
    except AppError:
        return False
    return True


words = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=12)
paths = st.text("abcXYZ019-._~!$&'()*+,;=:@/%20", max_size=20).map(
    lambda text: "/" + text.replace("%", "%25").lstrip("/")
)


@st.composite
def requests(draw):
    body = draw(st.binary(max_size=40))
    url = ISSUER + draw(paths)
    if draw(st.booleans()):
        url += "?" + draw(st.text("abc=&;.%41", max_size=12)).replace("%", "%25")
    headers = {"X-Word": draw(words)}
    covered = [*COVERED]
    if body:
        headers["Content-Type"] = draw(words)
        covered += ["content-type"]
    if draw(st.booleans()):
        headers["Idempotency-Key"] = draw(words)
        covered.append("idempotency-key")
    covered += draw(
        st.lists(st.sampled_from(["x-word", "@path", "@query", "@scheme"]), unique=True)
    )
    message = SimpleNamespace(
        method=draw(st.sampled_from(["GET", "POST", "DELETE"])), url=url, headers=headers
    )
    how = {"nonce": draw(words), "include_alg": draw(st.booleans())}
    return signed(tuple(draw(st.permutations(covered))), message, body, **how)


@given(requests())
def test_what_the_library_signs_is_taken(request):
    assert ours(request)
    assert oracle(request)


@given(requests(), st.data())
def test_what_the_library_refuses_is_refused(request, data):
    """Change something; we may be stricter, never more lenient."""
    where = data.draw(st.integers(-3, len(request.fields) - 1))
    if where == -3:
        request = replace(request, method="PATCH")
    elif where == -2:
        request = replace(request, url=request.url + "x")
    elif where == -1:
        request = replace(request, body=request.body + b"x")
    else:
        fields = [*request.fields]
        name, value = fields[where]
        at = data.draw(st.integers(0, len(value)))
        fields[where] = (
            name,
            value[:at] + data.draw(words) + value[at + data.draw(st.integers(0, 2)) :],
        )
        request = replace(request, fields=fields)
    if ours(request):
        assert oracle(request)


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_comes_is_refused_by_name(written, raw):
    fields = [("signature-input", written), ("signature", raw)]
    request = WireRequest("GET", f"{ISSUER}/", fields)
    with pytest.raises(AppError):
        signatures.read(request, NOW_S)


@given(st.text(max_size=60), st.binary(max_size=20))
def test_whatever_digest_comes_is_refused_by_name(text, body):
    with pytest.raises(AppError):
        signatures.check_digest(text, body)


def test_several_lines_are_one_field():
    fields = [("x", " a "), ("y", "b"), ("x", "c\t")]
    assert "a, c" == WireRequest("GET", ISSUER, fields).field("x")


@pytest.mark.parametrize(
    "url, expected",
    [
        ("https://API.example/v1", ISSUER),
        ("https://api.example:443/v1", ISSUER),
        ("https://api.example:8443/v1", f"{ISSUER}:8443"),
        ("https://api.example?x", ISSUER),
        ("https://api.example@evil.example/", "https://api.example@evil.example"),
        ("http://api.example:80/", "http://api.example"),
    ],
)
def test_the_origin_of_an_address(url, expected):
    assert expected == signatures.origin(url)


# Our own signature over answers


def check_answer(signer, fields, request, status=200, body=b'{"ok":true}'):
    """Let the library check an answer, as a partner would."""
    headers = {"Content-Type": "application/json", **dict(fields)}
    answer = SimpleNamespace(status_code=status, headers=headers, request=request)
    key = Ed25519PublicKey.from_public_bytes(signer.key.public)

    class Known(OneKey):
        def resolve_public_key(self, key_id):
            assert str(signer.key.id) == key_id
            return key

    checker = HTTPMessageVerifier(signature_algorithm=algorithms.ED25519, key_resolver=Known(None))
    needed = ["@status", "content-digest", "content-type"]
    if request is not None:
        needed.append('"signature";req')
    checker.verify(answer, max_age=timedelta(days=36_500), require_components=needed, body=body)


def test_an_answer_is_signed_with_the_request_it_answers(town, partner):
    vault = Vault(bytes(range(32)))
    signer = asyncio.run(load_signer(WireDoor(town.desk), vault, town.clock))
    request = town.signed(partner)
    body = b'{"ok":true}'
    signature = town.ask(request).signature
    fields = signer.fields(200, "application/json", body, signature)
    asked = SimpleNamespace(method=request.method, url=request.url, headers=dict(request.fields))
    check_answer(signer, fields, asked)
    with pytest.raises(InvalidSignature):
        check_answer(signer, fields, asked, status=201)
    with pytest.raises((InvalidSignature, HTTPMessageSignaturesException)):
        check_answer(signer, fields, asked, body=b'{"ok":null}')
    other = town.signed(partner)
    asked = SimpleNamespace(method=other.method, url=other.url, headers=dict(other.fields))
    with pytest.raises(InvalidSignature):
        check_answer(signer, fields, asked)


def test_an_answer_to_a_request_without_signature_is_signed_too(town):
    vault = Vault(bytes(range(32)))
    signer = asyncio.run(load_signer(WireDoor(town.desk), vault, town.clock))
    check_answer(signer, signer.fields(200, "application/json", b'{"ok":true}', None), None)


def test_the_key_of_our_own_is_made_once_and_kept_sealed(town):
    vault = Vault(bytes(range(32)))
    first = asyncio.run(load_signer(WireDoor(town.desk), vault, town.clock))
    town.reopen()
    again = asyncio.run(load_signer(WireDoor(town.desk), vault, town.clock))
    assert first.key == again.key
    with pytest.raises(VaultSealBroken):
        asyncio.run(load_signer(WireDoor(town.desk), Vault(bytes(32)), town.clock))


@only_files
def test_two_that_make_a_key_at_once_keep_one(town):
    from venule import partners

    vault = Vault(bytes(range(32)))
    first = asyncio.run(load_signer(WireDoor(town.desk), vault, town.clock))
    late = partners.KeepServerKey(bytes(32), b"sealed")
    assert first.key == town.run(partners.keep_server_key, late)


def test_the_public_key_is_readable_as_any_other(town):
    signer = asyncio.run(load_signer(WireDoor(town.desk), Vault(bytes(32)), town.clock))
    assert read_public_key(base64.b64encode(signer.key.public).decode())

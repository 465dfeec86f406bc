"""Sign requests, and prove answers: the profile of RFC 9421 and RFC 9530 that the service has.

A request is signed with Ed25519 over `@method`, `@authority` and `@target-uri`, and over
`content-digest`, `content-type` and `idempotency-key` where it has them. An answer is signed over
its status, digest and media type, and over the request's signature, so that it answers that one.
"""

from __future__ import annotations

import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from venule.client.errors import AnswerNotProven

LABEL: Final = "sig1"
WINDOW_S: Final = 300
"""So far may an answer's time be from ours."""

COVERED: Final = ("content-digest", "content-type", "idempotency-key")
OF_ANSWER: Final = ('"@status"', '"content-digest"', '"content-type"', '"signature";req')

_PORTS: Final = {"http": ":80", "https": ":443"}
_INPUT: Final = re.compile(r"([a-z*][a-z0-9_.*-]*)=(\(([^()]*)\)((?:;[a-z]+=(?:\"[^\"]*\"|\d+))*))")
_PARAM: Final = re.compile(r";([a-z]+)=(?:\"([^\"]*)\"|(\d+))")
_BYTES: Final = re.compile(r"([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]+={0,2}):")


class Outgoing(msgspec.Struct, frozen=True):
    """A request as it is sent. url: its whole address. fields: names in lower case."""

    method: str
    url: str
    fields: Mapping[str, str]
    body: bytes


class Incoming(msgspec.Struct, frozen=True):
    """An answer as it came. fields: names in lower case."""

    status: int
    fields: Mapping[str, str]
    body: bytes


def content_digest(body: bytes) -> str:
    """Return the field Content-Digest of a body."""
    return f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"


def sign_request(
    request: Outgoing, key_id: str, key: Ed25519PrivateKey, *, created_s: int, nonce: str
) -> dict[str, str]:
    """Return the fields that a signed request has beyond its own.

    nonce: serves once. created_s: Unix seconds; the service takes it for five minutes.
    """
    fields = {name: value for name, value in request.fields.items() if name in COVERED}
    if request.body:
        fields["content-digest"] = content_digest(request.body)
    parts = urlsplit(request.url)
    values = {
        "@method": request.method,
        "@authority": parts.netloc.lower().removesuffix(_PORTS.get(parts.scheme, " ")),
        "@target-uri": request.url,
    }
    values |= {name: fields[name] for name in COVERED if name in fields}
    names = " ".join(f'"{name}"' for name in values)
    params = f'({names});created={created_s};keyid="{key_id}";nonce="{nonce}";alg="ed25519"'
    lines = [f'"{name}": {value}' for name, value in values.items()]
    base = "\n".join([*lines, f'"@signature-params": {params}'])
    signature = b64encode(key.sign(base.encode("ascii"))).decode()
    added = {"signature-input": f"{LABEL}={params}", "signature": f"{LABEL}=:{signature}:"}
    if request.body:
        added["content-digest"] = fields["content-digest"]
    return added


def prove_answer(
    answer: Incoming,
    request_signature: str,
    key_id: str,
    key: Ed25519PublicKey,
    now_s: int,
) -> None:
    """Check that an answer is the service's, whole, and to this very request.

    request_signature: the field Signature that was sent. key_id, key: of the service.
    Raises: AnswerNotProven.
    """
    found = _INPUT.fullmatch(answer.fields.get("signature-input", ""))
    signed = _BYTES.fullmatch(answer.fields.get("signature", ""))
    if found is None or signed is None or found[1] != signed[1]:
        raise AnswerNotProven("expected one signature of the answer, seen none that can be read")
    params = {name: text or number for name, text, number in _PARAM.findall(found[4])}
    if tuple(found[3].split(" ")) != OF_ANSWER:
        raise AnswerNotProven(f"expected a signature over {' '.join(OF_ANSWER)}, seen {found[3]}")
    if params.get("keyid") != key_id:
        raise AnswerNotProven(f"expected the key {key_id}, seen {params.get('keyid')}")
    created = params.get("created", "")
    if not created.isdigit() or abs(int(created) - now_s) > WINDOW_S:
        raise AnswerNotProven(f"expected a signature of the last {WINDOW_S} s, seen one of another")
    digest = answer.fields.get("content-digest", "")
    if not hmac.compare_digest(digest, content_digest(answer.body)):
        raise AnswerNotProven("expected the digest of the answer's body, seen another")
    values = (str(answer.status), digest, answer.fields.get("content-type", ""), request_signature)
    lines = [f"{name}: {value}" for name, value in zip(OF_ANSWER, values, strict=True)]
    base = "\n".join([*lines, f'"@signature-params": {found[2]}'])
    try:
        key.verify(b64decode(signed[2], validate=True), base.encode())
    except (InvalidSignature, ValueError):
        raise AnswerNotProven(
            "expected a signature by the service's key, seen one that is not"
        ) from None

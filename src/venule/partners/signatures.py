"""Signatures over requests and answers: one profile of RFC 9421 and RFC 9530, pure.

A request has exactly one signature, by Ed25519, over at least `@method`, `@authority` and
`@target-uri`; over `content-digest` and `content-type` if it has a body, and over `idempotency-key`
if it has one. Its parameters `created`, `keyid` and `nonce` are needed, `expires`, `alg` and `tag`
may be there. Components with parameters of their own are refused: what is not in the profile cannot
be misread.

`read` says what is claimed, `check` whether it holds. Whether a nonce is new is not known here.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Final, Protocol
from urllib.parse import urlsplit

import msgspec

from venule.partners.errors import (
    DigestWrong,
    SignatureIncomplete,
    SignatureMalformed,
    SignatureMissing,
    SignatureOutOfTime,
    SignatureWrong,
)
from venule.partners.model import NONCE_CHARS_MAX

WINDOW_S: Final = 300
"""So old may a signature be."""

SKEW_S: Final = 30
"""So far ahead may the signer's clock be."""

ALG: Final = "ed25519"
FIELD_CHARS_MAX: Final = 2_000
COMPONENTS_MAX: Final = 24
ALWAYS: Final = ("@method", "@authority", "@target-uri")

_COMPONENT: Final = re.compile(r'"(@?[a-z0-9!#$%&\'*+.^_`|~-]+)"')
_INPUT: Final = re.compile(
    r"[ \t]*(?P<label>[a-z*][a-z0-9_.*-]*)="
    r'\( *(?P<list>(?:"[^"\\]*"(?: +"[^"\\]*")*)?) *\)'
    r'(?P<params>(?:; *[a-z*][a-z0-9_.*-]*=(?:"(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"'
    r"|-?[0-9]{1,15}))*)[ \t]*"
)
_PARAM: Final = re.compile(
    r'; *([a-z*][a-z0-9_.*-]*)=("(?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"|-?[0-9]{1,15})'
)
_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,14}")
_BYTES: Final = re.compile(r"[ \t]*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]+={0,2}):[ \t]*")
_DIGEST: Final = re.compile(r"[ \t]*([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):[ \t]*")
_HASHES: Final = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512}
_PORTS: Final = {"http": ":80", "https": ":443"}
_KINDS: Final[dict[str, type]] = {
    "created": int,
    "expires": int,
    "keyid": str,
    "nonce": str,
    "alg": str,
    "tag": str,
}


class WireRequest(msgspec.Struct, frozen=True):
    """A request as it came in, whatever server took it.

    url: its whole address (`@target-uri`), as sent. fields: the header fields, names in lower case,
    in the order in which they came.
    """

    method: str
    url: str
    fields: Sequence[tuple[str, str]]
    body: bytes = b""

    def field(self, name: str) -> str | None:
        """Return a field's value; several lines are one, as RFC 9421, section 2.1, joins them."""
        found = [value.strip(" \t") for key, value in self.fields if key == name]
        return ", ".join(found) if found else None


class Claim(msgspec.Struct, frozen=True):
    """What a signature says of itself. base: the bytes that are signed (RFC 9421, 2.5).

    until_s: when it could no longer be taken, in Unix seconds.
    """

    label: str
    key_id: str
    nonce: str
    created_s: int
    until_s: int
    covered: tuple[str, ...]
    base: bytes
    signature: bytes


class KeyCheck(Protocol):
    """A key that can say whether a signature is its own."""

    def holds(self, signature: bytes, signed: bytes) -> bool:
        """Whether a signature is this key's over some bytes."""


def read(request: WireRequest, now_s: int) -> Claim:
    """Return what a request's signature claims; its form, cover and time are in order then.

    Raises, in this order: SignatureMissing, SignatureMalformed, SignatureIncomplete,
    SignatureOutOfTime.
    """
    written, raw = request.field("signature-input"), request.field("signature")
    if written is None or raw is None:
        raise SignatureMissing
    label, covered, params = _read_input(written)
    signature = _read_signature(raw, label)
    facts = _read_params(params)
    _check_cover(request, covered)
    until_s = _check_time(facts, now_s)
    shown = "".join(f";{name}={value}" for name, value in params)
    names = " ".join(f'"{name}"' for name in covered)
    lines = [f'"{name}": {component(request, name)}' for name in covered]
    lines.append(f'"@signature-params": ({names}){shown}')
    base = "\n".join(lines)
    if not base.isascii():
        raise SignatureMalformed("covered fields in ASCII", base)
    return Claim(
        label,
        str(facts["keyid"]),
        str(facts["nonce"]),
        int(facts["created"]),
        until_s,
        covered,
        base.encode("ascii"),
        signature,
    )


def check(claim: Claim, request: WireRequest, key: KeyCheck) -> None:
    """Check that a claim holds: the body is the one digested, the signature is the key's.

    Raises: DigestWrong, SignatureWrong.
    """
    if "content-digest" in claim.covered:
        check_digest(request.field("content-digest") or "", request.body)
    if not key.holds(claim.signature, claim.base):
        raise SignatureWrong


def _read_input(text: str) -> tuple[str, tuple[str, ...], list[tuple[str, str]]]:
    found = _INPUT.fullmatch(text) if len(text) <= FIELD_CHARS_MAX else None
    if found is None:
        raise SignatureMalformed(
            "one Signature-Input of quoted components without parameters, with string and "
            f"integer parameters, in {FIELD_CHARS_MAX} characters",
            text,
        )
    names = []
    for quoted in found["list"].split():
        component_name = _COMPONENT.fullmatch(quoted)
        if component_name is None:
            raise SignatureMalformed("names of fields in lower case", quoted)
        names.append(component_name[1])
    params = _PARAM.findall(found["params"])
    if len(set(names)) != len(names) or len({name for name, _ in params}) != len(params):
        raise SignatureMalformed("each component and parameter once", text)
    if len(names) > COMPONENTS_MAX:
        raise SignatureMalformed(f"at most {COMPONENTS_MAX} components", text)
    return found["label"], tuple(names), params


def _read_signature(text: str, label: str) -> bytes:
    found = _BYTES.fullmatch(text) if len(text) <= FIELD_CHARS_MAX else None
    if found is None or found[1] != label:
        raise SignatureMalformed(f"one Signature {label}=:base64:", text)
    return _unbase64(found[2], text)


def _unbase64(text: str, whole: str) -> bytes:
    try:
        raw = b64decode(text, validate=True)
    except ValueError:
        raise SignatureMalformed("base64 between colons", whole) from None
    return raw


def _read_params(params: Sequence[tuple[str, str]]) -> dict[str, int | str]:
    facts: dict[str, int | str] = {}
    for name, value in params:
        if value.startswith('"'):
            facts[name] = value[1:-1].replace('\\"', '"').replace("\\\\", "\\")
        elif _INTEGER.fullmatch(value):
            facts[name] = int(value)
        else:
            raise SignatureMalformed("integers without leading zeros", value)
    for name in ("created", "keyid", "nonce"):
        if name not in facts:
            raise SignatureIncomplete([name])
    for name, fact in facts.items():
        kind = _KINDS.get(name)
        if kind is not None and not isinstance(fact, kind):
            raise SignatureMalformed(f"{name} of its own type", repr(fact))
    if facts.get("alg", ALG) != ALG:
        raise SignatureMalformed(f'alg="{ALG}"', str(facts["alg"]))
    if not 0 < len(str(facts["nonce"])) <= NONCE_CHARS_MAX:
        raise SignatureMalformed(f"a nonce of 1 to {NONCE_CHARS_MAX} characters", "another length")
    return facts


def _check_cover(request: WireRequest, covered: Sequence[str]) -> None:
    needed = [*ALWAYS]
    if request.body:
        needed += ["content-digest", "content-type"]
    needed += [
        name
        for name in ("content-digest", "content-type", "idempotency-key")
        if name not in needed and any(key == name for key, _ in request.fields)
    ]
    missing = [name for name in needed if name not in covered]
    if missing:
        raise SignatureIncomplete(missing)


def _check_time(facts: dict[str, int | str], now_s: int) -> int:
    created = int(facts["created"])
    if not now_s - WINDOW_S <= created <= now_s + SKEW_S:
        raise SignatureOutOfTime(created, now_s - WINDOW_S, now_s + SKEW_S)
    expires = int(facts.get("expires", created + WINDOW_S))
    if expires <= now_s and "expires" in facts:
        raise SignatureOutOfTime(expires, now_s + 1, created + WINDOW_S)
    return created + WINDOW_S


def component(request: WireRequest, name: str) -> str:
    """Return the value of a covered component (RFC 9421, sections 2.1 and 2.2).

    Raises: SignatureMalformed for one that the request does not have.
    """
    if not name.startswith("@"):
        value = request.field(name)
        if value is None:
            raise SignatureMalformed("covered fields that the request has", name)
        if "\r" in value or "\n" in value:
            raise SignatureMalformed("fields of one line", value)
        return value
    if name == "@method":
        return request.method
    if name == "@target-uri":
        return request.url
    parts = urlsplit(request.url)
    if name == "@authority":
        return authority(parts.scheme, parts.netloc)
    if name == "@scheme":
        return parts.scheme.lower()
    if name == "@path":
        return parts.path or "/"
    if name == "@query":
        return f"?{parts.query}"
    if name == "@request-target":
        return (parts.path or "/") + (f"?{parts.query}" if "?" in request.url else "")
    raise SignatureMalformed("components of a request", name)


def authority(scheme: str, host: str) -> str:
    """Return host and port in lower case, without the scheme's own port (RFC 9421, 2.2.3)."""
    return host.lower().removesuffix(_PORTS.get(scheme.lower(), " "))


def check_digest(text: str, body: bytes) -> None:
    """Check Content-Digest against a body: every hash of a kind that we know, at least one.

    Raises: DigestWrong.
    """
    known = 0
    for part in text.split(","):
        found = _DIGEST.fullmatch(part)
        if found is None:
            raise DigestWrong("a field sha-256=:base64:", text)
        make = _HASHES.get(found[1])
        if make is not None:
            known += 1
            if not hmac.compare_digest(found[2], b64encode(make(body).digest()).decode()):
                raise DigestWrong(f"the {found[1]} of the body", text)
    if not known:
        raise DigestWrong("a hash by sha-256 or sha-512", text)


def digest(body: bytes) -> str:
    """Return Content-Digest of a body."""
    return f"sha-256=:{b64encode(hashlib.sha256(body).digest()).decode()}:"


class AnswerBase(msgspec.Struct, frozen=True):
    """What is signed of an answer, and what its fields then say."""

    content_digest: str
    params: str
    base: bytes

    def fields(self, signature: bytes) -> list[tuple[str, str]]:
        """Return the fields that an answer gets."""
        return [
            ("content-digest", self.content_digest),
            ("signature-input", f"{LABEL}={self.params}"),
            ("signature", f"{LABEL}=:{b64encode(signature).decode()}:"),
        ]


LABEL: Final = "venule"


def answer_base(
    status: int,
    content_type: str,
    body: bytes,
    *,
    created_s: int,
    key_id: str,
    request_signature: str | None,
) -> AnswerBase:
    """Return what is to be signed of an answer.

    request_signature: the request's field Signature, which ties the answer to it (RFC 9421,
    section 2.4); None for a request without.
    """
    content_digest = digest(body)
    names = ['"@status"', '"content-digest"', '"content-type"']
    values = [str(status), content_digest, content_type]
    if request_signature is not None:
        names.append('"signature";req')
        values.append(request_signature)
    params = f'({" ".join(names)});created={created_s};keyid="{key_id}";alg="{ALG}"'
    lines = [f"{name}: {value}" for name, value in zip(names, values, strict=True)]
    base = "\n".join([*lines, f'"@signature-params": {params}'])
    return AnswerBase(content_digest, params, base.encode("ascii"))


def origin(url: str) -> str:
    """Return scheme and authority of an address, in lower case, without the scheme's own port."""
    scheme, divider, rest = url.partition("://")
    host = rest.partition("/")[0].partition("?")[0]
    return f"{scheme.lower()}{divider}{authority(scheme, host)}"

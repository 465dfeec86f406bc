"""v3: JSON over paths, with the signature in a header. What is signed is what was received."""

from __future__ import annotations

import re
from typing import Final

import msgspec

from venule.gateway.errors import GatewayRefused

SCHEME: Final = "ALIPAY-SHA256withRSA"
PREFIX: Final = "/v3/"
_NONCE: Final = re.compile(r"[!-~]{1,64}", re.ASCII)
_PATH: Final = re.compile(r"/v3/(alipay(?:/[A-Za-z]+)+)", re.ASCII)


class Authorization(msgspec.Struct, frozen=True):
    """The header `authorization`. text: what of it is signed, as it was sent."""

    text: str
    sign: str
    app_id: str
    nonce: str
    timestamp_ms: int
    app_cert_sn: str = ""
    expired_s: int | None = None


def refused(name: str, detail: str) -> GatewayRefused:
    """Return a refusal by one of v3's own names."""
    return GatewayRefused("v3", name, detail)


def read_authorization(header: str) -> Authorization:
    """Return what the header says. Raises: GatewayRefused."""
    if not header:
        raise refused("missing-authorization", "expected a header authorization, seen none")
    scheme, _, rest = header.partition(" ")
    text, comma, sign = rest.rpartition(",sign=")
    if scheme != SCHEME or not comma or not sign or not text.isascii():
        raise refused("invalid-authorization", f"expected {SCHEME} app_id=...,sign=...")
    pairs = [part.partition("=") for part in text.split(",")]
    values = {name.strip(): value for name, _, value in pairs}
    if len(values) != len(pairs):
        raise refused("invalid-authorization", "expected each name once")
    stamp, expired = values.get("timestamp", ""), values.get("expired_seconds", "")
    if not _NONCE.fullmatch(values.get("nonce", "")):
        raise refused("invalid-authorization", "expected a nonce of 1 to 64 characters")
    if not (stamp.isascii() and stamp.isdigit() and len(stamp) <= 14):
        raise refused("invalid-timestamp", "expected milliseconds since 1970")
    if expired and not (expired.isascii() and expired.isdigit() and len(expired) <= 6):
        raise refused("invalid-authorization", "expected expired_seconds to be a number")
    return Authorization(
        text,
        sign,
        values.get("app_id", ""),
        values["nonce"],
        int(stamp),
        values.get("app_cert_sn", ""),
        int(expired) if expired else None,
    )


def signed_request(
    auth: str, http_method: str, target: str, body: bytes, app_auth_token: str
) -> bytes:
    """Return what a request's signature is over. target: path and query as they stood."""
    head = f"{auth}\n{http_method}\n{target}\n".encode()
    tail = f"{app_auth_token}\n".encode() if app_auth_token else b""
    return head + body + b"\n" + tail


def signed_answer(timestamp: str, nonce: str, body: bytes) -> bytes:
    """Return what an answer's signature is over."""
    return f"{timestamp}\n{nonce}\n".encode() + body + b"\n"


def method_of(path: str) -> str:
    """Return the method that a path names, or nothing."""
    found = _PATH.fullmatch(path)
    return "" if found is None else found[1].replace("/", ".")

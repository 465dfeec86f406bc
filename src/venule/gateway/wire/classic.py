"""The classic interface of 2013: MD5 over parameters and a shared key, answers in XML.

MD5 with a shared key is what the SDKs of that time speak. It is off until an operator lets a
partner in; with it nothing moves but what the buyer agrees to, or what the partner ships.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import md5
from xml.sax.saxutils import escape, quoteattr

from venule.gateway.wire.signing import signed_text

LEFT_OUT = ("sign", "sign_type")


def digest(text: str, key: str, charset: str) -> str:
    """Return the MD5 of a text and a key, in hex."""
    return md5((text + key).encode(charset), usedforsecurity=False).hexdigest()


def sign(values: Mapping[str, str], key: str, charset: str) -> str:
    """Return the signature of parameters; empty ones are left out."""
    return digest(signed_text(values, without=LEFT_OUT), key, charset)


def verify(values: Mapping[str, str], key: str, charset: str) -> bool:
    """Say whether parameters are signed; one SDK keeps the empty ones."""
    given = values.get("sign", "").encode("utf-8", "replace")
    texts = {
        signed_text(values, without=LEFT_OUT),
        signed_text(values, without=LEFT_OUT, empty=True),
    }
    known = [digest(text, key, charset).encode() for text in texts]
    return any(hmac.compare_digest(each, given) for each in known)


def write_answer(
    request: Mapping[str, str], root: str, members: Mapping[str, str], key: str, charset: str
) -> bytes:
    """Return an answer that says yes: the request repeated, one element, and its signature."""
    told = {name: value for name, value in members.items() if value}
    params = "".join(
        f"<param name={quoteattr(name)}>{_text(value)}</param>"
        for name, value in sorted(request.items())
        if name not in LEFT_OUT
    )
    inside = "".join(f"<{name}>{_text(value)}</{name}>" for name, value in told.items())
    page = (
        f'<?xml version="1.0" encoding="{charset}"?><alipay><is_success>T</is_success>'
        f"<request>{params}</request><response><{root}>{inside}</{root}></response>"
        f"<sign>{sign(told, key, charset)}</sign><sign_type>MD5</sign_type></alipay>"
    )
    return page.encode(charset, "xmlcharrefreplace")


def write_error(error: str, charset: str) -> bytes:
    """Return an answer that says no."""
    return (
        f'<?xml version="1.0" encoding="{charset}"?><alipay><is_success>F</is_success>'
        f"<error>{escape(error)}</error></alipay>"
    ).encode(charset)


def _text(text: str) -> str:
    """Escape what XML 1.0 does not take; control characters have no place in it at all."""
    kept = "".join(c if c.isprintable() or c in "\t\n\r" else "\ufffd" for c in text)
    return escape(kept)

"""Answers, byte by byte: the SDKs cut the signed text out of the page with their own expressions.

What each of them needs is in docs/partners/gateway.md; the rules are numbered as there.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

ERROR_ROOT: Final = "error_response"

Content = dict[str, Any]
"""What an answer says: texts, numbers where the protocol has them, lists and objects of these."""


def _as_escapes(error: UnicodeError) -> tuple[str, int]:
    """Write what a charset does not have as JSON's own escapes."""
    assert isinstance(error, UnicodeEncodeError)
    text = error.object[error.start : error.end]
    units = text.encode("utf-16-be", "surrogatepass")
    escapes = (f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))
    return "".join(escapes), error.end


codecs.register_error("venule.json", _as_escapes)


def write_content(content: Mapping[str, Any], charset: str) -> bytes:
    """Return a content object as it stands on the wire.

    One line without blanks (B1); braces in texts are escaped (B3), and so is `_response`, so that
    no text looks like the name of an answer (B5). Nothing absent is written (B8).
    """
    return _value(content).encode(charset, "venule.json")


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        members = (f"{_text(name)}:{_value(each)}" for name, each in value.items() if _is(each))
        return f"{{{','.join(members)}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join(_value(each) for each in value)}]"
    if type(value) is int:
        return str(value)
    raise TypeError(f"expected a text, a number, a list or an object, got {value!r}")


def _is(value: Any) -> bool:
    return value is not None and value != ""


def _text(text: str) -> str:
    quoted = json.dumps(text, ensure_ascii=False)
    return (
        quoted.replace("{", "\\u007b")
        .replace("}", "\\u007d")
        .replace("_response", "_\\u0072esponse")
    )


def root_of(method: str) -> str:
    """Return the name that an answer stands under (B6, B7)."""
    return f"{method.replace('.', '_')}_response" if is_method(method) else ERROR_ROOT


def is_method(name: str) -> bool:
    """Say whether a text can name a method: letters and dots, as `alipay.trade.query`."""
    parts = name.split(".")
    return (
        len(name) <= 128
        and len(parts) > 1
        and all(part.isascii() and part.isalpha() for part in parts)
    )


def write_answer(root: str, content: bytes, sign: Callable[[bytes], str], cert_sn: str) -> bytes:
    """Return a whole answer: the content, then its signature over those very bytes (B1, B2, B4).

    cert_sn: of the platform's certificate, in certificate mode alone.
    """
    middle = f',"alipay_cert_sn":"{cert_sn}"' if cert_sn else ""
    tail = f'{middle},"sign":"{sign(content)}"}}'
    return b"".join((b'{"', root.encode(), b'":', content, tail.encode()))

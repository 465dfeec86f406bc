"""Reading fields of requests: what is wrong is said with the field's own name."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from venule.gateway.errors import WireFieldWrong
from venule.gateway.wire.money import read_amount, read_span, read_stamp

NUMBER_CHARS_MAX: Final = 64
URL_CHARS_MAX: Final = 256
_OUT_NO: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_REQUEST_NO: Final = re.compile(r"[!-~]{1,64}", re.ASCII)
_URL: Final = re.compile(r"https?://[!-~]{1,248}", re.ASCII)


def amount_of(field: str, text: str) -> int:
    """Return fen. Raises: WireFieldWrong."""
    found = read_amount(text)
    if found is None:
        raise WireFieldWrong(field, "yuan from 0.01 to 100000000.00, at most two decimals", text)
    return found


def out_no(field: str, text: str) -> str:
    """Return a merchant's number of letters, digits, `_` and `-`. Raises: WireFieldWrong."""
    if not _OUT_NO.fullmatch(text):
        raise WireFieldWrong(field, "1 to 64 letters, digits, _ or -", text)
    return text


def request_no(field: str, text: str, chars_max: int = NUMBER_CHARS_MAX) -> str:
    """Return the number of a request: printable ASCII without blanks. Raises: WireFieldWrong."""
    if not _REQUEST_NO.fullmatch(text) or len(text) > chars_max or text.startswith("#"):
        raise WireFieldWrong(field, f"1 to {chars_max} printable characters", text)
    return text


def note_of(field: str, text: str, chars_max: int) -> str:
    """Return a text that may be empty. Raises: WireFieldWrong."""
    if len(text) > chars_max:
        raise WireFieldWrong(field, f"at most {chars_max} characters", text)
    return text


def plain_of(field: str, text: str, chars_max: int) -> str:
    """Return a text in one line, blanks around it cut off. Raises: WireFieldWrong."""
    line = "".join(c if c.isprintable() else " " for c in note_of(field, text, chars_max)).strip()
    if not line:
        raise WireFieldWrong(field, "a text", text)
    return line


def url_of(field: str, text: str) -> str:
    """Return an address, or nothing. Raises: WireFieldWrong."""
    if text and (not _URL.fullmatch(text) or len(text) > URL_CHARS_MAX):
        raise WireFieldWrong(field, "an address of http or https, at most 256 characters", text)
    return text


def until_of(now: datetime, absolute: str, span: str) -> datetime | None:
    """Return until when a trade can be paid: `time_expire` wins over `timeout_express`; or None.

    Raises: WireFieldWrong.
    """
    if absolute:
        until = read_stamp(absolute)
        if until is None:
            raise WireFieldWrong("time_expire", "yyyy-MM-dd HH:mm:ss", absolute)
        return until
    until = read_span(span, now) if span else None
    if span and until is None:
        raise WireFieldWrong("timeout_express", "1m to 15d, or 1c", span)
    return until

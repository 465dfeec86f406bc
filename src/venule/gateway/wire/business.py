"""`biz_content`: a JSON object whose scalars are all texts, however the merchant wrote them."""

from __future__ import annotations

import json
from typing import Any, Final, TypeVar

import msgspec

from venule.gateway.wire.parameters import invalid

DEPTH_MAX: Final = 16
Q = TypeVar("Q")


def read_object(text: str) -> dict[str, Any]:
    """Return the members of a JSON object: scalars as texts, numbers as they were written.

    What is null or empty counts as absent. Raises: GatewayRefused.
    """
    try:
        value = json.loads(
            text,
            parse_int=str,
            parse_float=str,
            parse_constant=_refuse,
            object_pairs_hook=_once,
        )
    except (ValueError, RecursionError):
        raise invalid("expected biz_content to be a JSON object with each name once") from None
    if not isinstance(value, dict):
        raise invalid("expected biz_content to be a JSON object")
    cleaned: dict[str, Any] = _clean(value, 0)
    return cleaned


def _refuse(text: str) -> Any:
    raise ValueError(text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name comes twice")
    return found


def _clean(value: Any, depth: int) -> Any:
    if depth > DEPTH_MAX:
        raise invalid(f"expected objects at most {DEPTH_MAX} deep")
    if isinstance(value, dict):
        members = {name: _clean(each, depth + 1) for name, each in value.items()}
        return {name: each for name, each in members.items() if each is not None and each != ""}
    if isinstance(value, list):
        return [_clean(each, depth + 1) for each in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and ("\0" in value or (not value.isascii() and _is_broken(value))):
        raise invalid("expected text, seen a NUL or half of a character")
    return value


def _is_broken(text: str) -> bool:
    return any("\ud800" <= char <= "\udfff" for char in text)


def shape(members: dict[str, Any], type_: type[Q]) -> Q:
    """Return the members as a request. Raises: msgspec.ValidationError."""
    return msgspec.convert(members, type_)

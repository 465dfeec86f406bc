"""From bytes to structs, with every flaw listed at once.

The fast way decodes straight into the struct. Only if that fails are the fields looked at one by
one, so that whoever sent them learns of all flaws in one answer.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints

import msgspec

from venule.kit.errors import AppError
from venule.kit.http.errors import BodyNotJson, Flaw, RequestInvalid

FLAWS_MAX: Final = 50
DEPTH_MAX: Final = 20
WHOLE_MAX: Final = 2**53
"""Up to here a JSON number with a point stands for one integer only."""


@cache
def _decoder(type_: Any) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(type_)


def read_json(type_: Any, body: bytes) -> Any:
    """Return the struct that a JSON body holds. Raises: BodyNotJson, RequestInvalid."""
    try:
        return _decoder(type_).decode(body)
    except msgspec.ValidationError as error:
        first = error
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BodyNotJson(str(error)) from None
    except AppError as error:  # of a value that a struct checks by itself
        raise RequestInvalid([Flaw(error.message)]) from None
    try:
        value = _whole(msgspec.json.decode(body))
        with suppress(msgspec.ValidationError, AppError):
            return msgspec.convert(value, type_)
        flaws = flaws_of(type_, value)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise BodyNotJson(str(error)) from None
    raise RequestInvalid(flaws or [Flaw(_told(str(first)))])


def read_pairs(type_: Any, pairs: Iterable[tuple[str, str]]) -> Any:
    """Return the struct that query or path parameters hold. Raises: RequestInvalid."""
    values: dict[str, Any] = {}
    doubled = []
    names = {field.encode_name: field.type for field in msgspec.structs.fields(type_)}
    for name, value in pairs:
        if name in values:
            if _is_list(names.get(name)):
                values[name].append(value)
                continue
            doubled.append(Flaw("expected once, seen again", parameter=name))
        values[name] = [value] if _is_list(names.get(name)) else value
    if doubled:
        raise RequestInvalid(doubled)
    try:
        return msgspec.convert(values, type_, strict=False)
    except msgspec.ValidationError as error:
        flaws = [
            Flaw(flaw.detail, parameter=flaw.pointer.lstrip("/"))
            for flaw in flaws_of(type_, values, strict=False)
        ]
        raise RequestInvalid(flaws or [Flaw(str(error))]) from None


def _is_list(type_: Any) -> bool:
    return get_origin(_bare(type_)) is list


def _whole(value: Any) -> Any:
    """Return a JSON value with 73.0 written as 73: to JSON Schema it is the same integer."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= WHOLE_MAX:
        return int(value)
    if isinstance(value, dict):
        return {name: _whole(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_whole(each) for each in value]
    return value


def flaws_of(type_: Any, value: Any, *, strict: bool = True) -> list[Flaw]:
    """Return what is wrong with a value that should be of a type; empty if nothing is."""
    found: list[Flaw] = []
    for flaw in _look(type_, value, "", strict, 0):
        found.append(flaw)
        if len(found) == FLAWS_MAX:
            break
    return found


def _look(type_: Any, value: Any, pointer: str, strict: bool, depth: int) -> Iterator[Flaw]:
    """Yield what is wrong with a value and with what is inside."""
    try:
        msgspec.convert(value, type_, strict=strict)
        return
    except (msgspec.ValidationError, AppError) as error:
        said = str(error)
    bare = _bare(type_)
    inner: list[Flaw] = []
    if depth < DEPTH_MAX:
        if _is_struct(bare) and isinstance(value, dict):
            inner = list(_look_in_struct(bare, value, pointer, strict, depth))
        elif get_origin(bare) in {list, tuple} and isinstance(value, list):
            of = get_args(bare)[0]
            for place, item in enumerate(value):
                inner += _look(of, item, f"{pointer}/{place}", strict, depth + 1)
                if len(inner) >= FLAWS_MAX:
                    break
    yield from inner or [Flaw(_told(said), pointer)]


def _look_in_struct(
    type_: Any, value: dict[str, Any], pointer: str, strict: bool, depth: int
) -> Iterator[Flaw]:
    fields = {field.encode_name: field for field in msgspec.structs.fields(type_)}
    hints = get_type_hints(type_, include_extras=True)
    if type_.__struct_config__.forbid_unknown_fields:
        for name in value:
            if name not in fields:
                yield Flaw("expected only known fields, seen this one", _below(pointer, name))
    for name, field in fields.items():
        if name in value:
            of = hints[field.name]
            yield from _look(of, value[name], _below(pointer, name), strict, depth + 1)
        elif field.required:
            yield Flaw("expected a value, seen none", _below(pointer, name))


def _below(pointer: str, name: str) -> str:
    escaped = name.replace("~", "~0").replace("/", "~1")
    return f"{pointer}/{escaped}"


def _bare(type_: Any) -> Any:
    """Return a type without its annotations, and without `| None`."""
    while get_origin(type_) is Annotated:
        type_ = get_args(type_)[0]
    if get_origin(type_) in {Union, types.UnionType}:
        others = [each for each in get_args(type_) if each is not type(None)]
        return _bare(others[0]) if len(others) == 1 else type_
    return type_


def _is_struct(type_: Any) -> bool:
    return isinstance(type_, type) and issubclass(type_, msgspec.Struct)


def _told(said: str) -> str:
    """Return the library's words in ours: `expected ..., seen ...`, without the place."""
    said = said.partition(" - at `")[0]
    return said[:1].lower() + said[1:].replace(", got ", ", seen ")

"""Parameters of a request: from the query string and the form, decoded once, each name once.

The charset is looked for first, in plain ASCII, since the rest is decoded by it. What cannot be
read is refused before anything else is done.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote_to_bytes

import msgspec
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from venule.gateway.errors import GatewayRefused

REQUEST_BYTES_MAX: Final = 1_200_000
"""A query string or a body may have so many: a `biz_content` of 1 MiB, encoded, and the rest."""

PARAMETERS_MAX: Final = 200
NAME_CHARS_MAX: Final = 64
VALUE_BYTES_MAX: Final = 1 << 20

UTF8: Final = "utf-8"
_CHARSETS: Final = {
    "utf-8": UTF8,
    "utf8": UTF8,
    "gbk": "gbk",
    "gb2312": "gb2312",
    "gb18030": "gb18030",
}

Pair = tuple[bytes, bytes]


class Parameters(msgspec.Struct, frozen=True):
    """What was sent: decoded values by name, and the charset, as Python names it."""

    values: dict[str, str]
    charset: str = UTF8

    def get(self, name: str) -> str:
        """Return a value; an absent one is empty."""
        return self.values.get(name, "")


def invalid(detail: str, sub_code: str = "isv.invalid-parameter") -> GatewayRefused:
    """Return the refusal of a request that cannot be read."""
    return GatewayRefused("40002", sub_code, detail)


def known_charset(name: str) -> str | None:
    """Return Python's name of a charset that the protocol has, or None."""
    return _CHARSETS.get(name.strip().lower())


def read_parameters(
    query: bytes, body: bytes, content_type: str = "", charset_name: str = "charset"
) -> Parameters:
    """Return the parameters of a query string and a form.

    charset_name: of the parameter that names the charset.
    Raises: GatewayRefused.
    """
    pairs = [*_pairs(query), *_form(body, content_type)]
    if len(pairs) > PARAMETERS_MAX:
        raise invalid(f"expected at most {PARAMETERS_MAX} parameters, seen {len(pairs)}")
    wanted = charset_name.encode()
    named = [value for name, value in pairs if name == wanted]
    charset = _charset(named[0]) if named else UTF8
    return Parameters(_decode(pairs, charset), charset)


def _charset(raw: bytes) -> str:
    charset = known_charset(raw.decode("ascii", "replace"))
    if charset is None:
        raise invalid("expected a charset of utf-8, gbk, gb2312 or gb18030", "isv.invalid-charset")
    return charset


def _decode(pairs: Iterable[Pair], charset: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for raw_name, raw in pairs:
        if not raw_name.isascii() or not 0 < len(raw_name) <= NAME_CHARS_MAX:
            raise invalid("expected names of 1 to 64 ASCII characters")
        name = raw_name.decode("ascii")
        if name in values:
            raise invalid(f"expected each parameter once, seen {name!r} again")
        if len(raw) > VALUE_BYTES_MAX:
            raise invalid(f"{name!r}: expected at most {VALUE_BYTES_MAX} bytes, seen {len(raw)}")
        try:
            value = raw.decode(charset)
        except UnicodeDecodeError:
            raise invalid(f"{name!r} is not {charset}", "isv.invalid-charset") from None
        if "\0" in value:
            raise invalid(f"{name!r}: expected text, seen a NUL")
        values[name] = value
    return values


def _pairs(text: bytes) -> list[Pair]:
    if len(text) > REQUEST_BYTES_MAX:
        raise invalid(f"expected at most {REQUEST_BYTES_MAX} bytes, seen {len(text)}")
    parts = [part for part in text.split(b"&") if part]
    if len(parts) > PARAMETERS_MAX:
        raise invalid(f"expected at most {PARAMETERS_MAX} parameters, seen {len(parts)}")
    found = []
    for part in parts:
        name, _, value = part.partition(b"=")
        found.append((_unquote(name), _unquote(value)))
    return found


def _unquote(text: bytes) -> bytes:
    return unquote_to_bytes(text.replace(b"+", b" "))


def _form(body: bytes, content_type: str) -> list[Pair]:
    if not body:
        return []
    kind, options = parse_options_header(content_type)
    if kind == b"multipart/form-data":
        return read_multipart(body, options.get(b"boundary", b""))
    return _pairs(body.strip(b"\r\n"))


class _Fields:
    """Gathers the fields of a multipart body that are no files."""

    def __init__(self) -> None:
        self.found: list[Pair] = []
        self.ended = False
        self._name, self._value, self._header = b"", b"", b""
        self._data = bytearray()
        self._is_file = False

    def on_part_begin(self) -> None:
        self._name, self._is_file = b"", False
        self._data = bytearray()

    def on_header_begin(self) -> None:
        self._header, self._value = b"", b""

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def on_header_end(self) -> None:
        if self._header.lower() == b"content-disposition":
            _, options = parse_options_header(self._value)
            self._name = options.get(b"name", b"")
            self._is_file = b"filename" in options

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        if not self._is_file:
            self._data += data[start:end]

    def on_part_end(self) -> None:
        if not self._is_file:
            self.found.append((self._name, bytes(self._data)))

    def on_end(self) -> None:
        self.ended = True


def read_multipart(body: bytes, boundary: bytes) -> list[Pair]:
    """Return the fields of a multipart body; files are left out. Raises: GatewayRefused."""
    if len(body) > REQUEST_BYTES_MAX:
        raise invalid(f"expected at most {REQUEST_BYTES_MAX} bytes, seen {len(body)}")
    fields = _Fields()
    names = (
        "on_part_begin", "on_header_begin", "on_header_field", "on_header_value",
        "on_header_end", "on_part_data", "on_part_end", "on_end",
    )  # fmt: skip
    try:
        if not boundary:
            raise invalid("expected a boundary, seen none")
        parser = MultipartParser(boundary, {name: getattr(fields, name) for name in names})  # type: ignore[arg-type]
        parser.write(body)
        parser.finalize()
    except (MultipartParseError, ValueError) as error:
        raise invalid(f"a form cannot be read: {type(error).__name__}") from None
    if not fields.ended or len(fields.found) > PARAMETERS_MAX:
        raise invalid("expected a form that ends, with at most 200 fields")
    return fields.found


def guess_parameter(name: str, query: bytes, body: bytes) -> str:
    """Return a parameter of a request that cannot be read as a whole, or nothing."""
    wanted = name.encode() + b"="
    for part in (*query[:REQUEST_BYTES_MAX].split(b"&"), *body[:REQUEST_BYTES_MAX].split(b"&")):
        if part.startswith(wanted):
            return _unquote(part[len(wanted) :]).decode("ascii", "replace")
    return ""

"""The client's structs, out of the schemas of the description."""

from __future__ import annotations

import keyword
from collections.abc import Iterator
from inspect import cleandoc
from textwrap import indent, wrap
from typing import Any, Final

WIDTH: Final = 96
COMMON: Final = "common"
PREFIX: Final = "#/components/schemas/"
LEFT_OUT: Final = frozenset({"Problem"})
"""The client has its own."""

_SIMPLE: Final = {"integer": "int", "number": "float", "boolean": "bool", "null": "None"}
_FORMATS: Final = {"uuid": "UUID", "date": "dt.date", "date-time": "dt.datetime"}

HEAD: Final = '''\
"""{title}"""

from __future__ import annotations

import datetime as dt
from typing import Any
from uuid import UUID

import msgspec

from venule.client.shapes import Struct, Word
'''


class Models:
    """The structs of one description, and the file in which each of them is."""

    def __init__(self, description: dict[str, Any]) -> None:
        self.schemas: dict[str, Any] = {
            name: schema
            for name, schema in description["components"]["schemas"].items()
            if name not in LEFT_OUT
        }
        self._numbers = {
            name
            for name, schema in self.schemas.items()
            if all(isinstance(each, int) for each in schema.get("enum", [""]))
        }
        self._tags = _tagged(description)
        self._homes = self._find_homes(description)

    def named_like(self, schema: dict[str, Any]) -> str | None:
        """Return the class that an inlined enumeration is, if it is one of ours."""
        for name, known in self.schemas.items():
            if "enum" in known and all(known.get(k) == schema.get(k) for k in ("title", "enum")):
                return name
        return None

    def type_of(self, schema: dict[str, Any], prefix: str = "") -> str:
        """Return a schema as a type. prefix: before the names of classes."""
        if "$ref" in schema:
            name = str(schema["$ref"]).removeprefix(PREFIX)
            return "int" if name in self._numbers else prefix + name
        if "anyOf" in schema:
            found = [self.type_of(each, prefix) for each in schema["anyOf"]]
            return " | ".join(dict.fromkeys(sorted(found, key=lambda each: each == "None")))
        if "enum" in schema:
            known = self.named_like(schema)
            if known is not None:
                return prefix + known
            # In a struct any word is taken: there may be more of them one day.
            return f"Literal[{', '.join(map(repr, schema['enum']))}]" if prefix else "str"
        match schema.get("type"):
            case "string":
                if schema.get("contentEncoding") == "base64":
                    return "bytes"
                return _FORMATS.get(schema.get("format", ""), "str")
            case "array":
                return f"list[{self.type_of(schema.get('items', {}), prefix)}]"
            case "object":
                rest = schema.get("additionalProperties")
                return f"dict[str, {self.type_of(rest, prefix) if rest else 'Any'}]"
            case None:
                return "Any"
            case kind:
                return _SIMPLE[kind]

    def files(self) -> dict[str, str]:
        """Return the files: name -> text."""
        homes = sorted(set(self._homes.values()) | {COMMON})
        found = {home: self._file(home) for home in homes}
        lines = ['"""What is sent and received: every struct of the API."""', ""]
        for home in homes:
            names = sorted(name for name, at in self._homes.items() if at == home)
            inside = "".join(f"    {name} as {name},\n" for name in names)
            lines.append(f"from venule.client.models.{home} import (\n{inside})")
        return found | {"__init__": "\n".join(lines) + "\n"}

    def _find_homes(self, description: dict[str, Any]) -> dict[str, str]:
        """A struct is in the file of the one group that uses it, or in the common one."""
        homes: dict[str, str] = {}
        for methods in description["paths"].values():
            for operation in methods.values():
                tag = (operation.get("tags") or [COMMON])[0].replace("-", "_")
                for name in self._reached(operation) - self._numbers:
                    homes[name] = tag if homes.get(name, tag) == tag else COMMON
        return homes

    def _reached(self, start: Any) -> set[str]:
        found: set[str] = set()
        rest = [start]
        while rest:
            for name in _references(rest.pop()):
                if name in self.schemas and name not in found:
                    found.add(name)
                    rest.append(self.schemas[name])
            # An enumeration of a query is inlined, and is found by its title.
        return found | {name for name in self.schemas if self._is_query(start, name)}

    def _is_query(self, operation: Any, name: str) -> bool:
        schema = self.schemas[name]
        return "enum" in schema and any(
            parameter["schema"].get("title") == schema.get("title")
            and parameter["schema"].get("enum") == schema["enum"]
            for parameter in operation.get("parameters", ())
        )

    def _file(self, home: str) -> str:
        names = sorted(
            (name for name, at in self._homes.items() if at == home),
            key=lambda name: ("enum" not in self.schemas[name], name),
        )
        parts = [HEAD.format(title=f"Structs of the group `{home}`." if home != COMMON
                             else "Structs of more than one group.")]  # fmt: skip
        used = {each for name in names for each in _references(self.schemas[name])}
        foreign = sorted(
            name
            for name in used
            if self._homes.get(name, home) != home and name not in self._numbers
        )
        if foreign:
            parts[0] += f"from venule.client.models.{COMMON} import {', '.join(foreign)}\n"
        parts += [self._class(name) for name in names]
        return "\n\n".join(parts)

    def _class(self, name: str) -> str:
        schema = self.schemas[name]
        text = docstring(schema.get("description", "")) or '"""See the reference of the API."""\n'
        if "enum" in schema:
            words = [f"{_word(each)} = {each!r}" for each in schema["enum"]]
            return f"class {name}(Word):\n" + indent(f"{text}\n" + "\n".join(words) + "\n", "    ")
        options = "frozen=True, kw_only=True"
        field, tag = self._tags.get(name, ("", ""))
        if field:
            options += f", tag_field={field!r}, tag={tag!r}"
        fields = [
            self._field(each, known, each in schema.get("required", ()))
            for each, known in schema.get("properties", {}).items()
            if each != field
        ]
        body = f"{text}\n" + "\n".join(fields) + "\n"
        return f"class {name}(Struct, {options}):\n" + indent(body, "    ")

    def _field(self, name: str, schema: dict[str, Any], required: bool) -> str:
        type_ = self.type_of(schema)
        safe = f"{name}_" if keyword.iskeyword(name) else name
        renamed = f"name={name!r}" if safe != name else ""
        if required:
            default = f"msgspec.field({renamed})" if renamed else ""
        elif "default" not in schema:
            arguments = ", ".join(filter(None, ("default=msgspec.UNSET", renamed)))
            return f"{safe}: {type_} | msgspec.UnsetType = msgspec.field({arguments})"
        else:
            default = self._default(schema, type_)
            if renamed:
                default = f"msgspec.field(default={default}, {renamed})"
        return f"{safe}: {type_}" + (f" = {default}" if default else "")

    def _default(self, schema: dict[str, Any], type_: str) -> str:
        value = schema["default"]
        if isinstance(value, list):
            assert not value, "a list that is not empty needs a factory"
            return "msgspec.field(default_factory=list)"
        if isinstance(value, dict):
            return f"msgspec.field(default_factory={type_})"
        if value is not None and "$ref" in schema:
            return f"{type_}({value!r})"
        if value is not None:
            for each in schema.get("anyOf", ()):
                if "$ref" in each:
                    return f"{self.type_of(each)}({value!r})"
        return repr(value)


def docstring(text: str) -> str:
    """Return a text as a docstring; empty if it is."""
    parts = [" ".join(part.split()) for part in cleandoc(text).split("\n\n") if part.strip()]
    if not parts:
        return ""
    safe = [part.replace("\\", "\\\\").replace('"""', "'''") for part in parts]
    lines: list[str] = []
    for number, part in enumerate(safe):
        lines += ([""] if number else []) + wrap(part, WIDTH - 8, break_on_hyphens=False)
    if len(lines) == 1 and not lines[0].endswith('"'):
        return f'"""{lines[0]}"""\n'
    return '"""' + "\n".join(lines) + '\n"""\n'


def _tagged(description: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Return the field and word by which each part of a union is known."""
    found = {}
    for union in _unions(description):
        field = union["discriminator"]["propertyName"]
        for word, reference in union["discriminator"]["mapping"].items():
            found[reference.removeprefix(PREFIX)] = (field, word)
    return found


def _unions(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if "discriminator" in value:
            yield value
        for each in value.values():
            yield from _unions(each)
    elif isinstance(value, list):
        for each in value:
            yield from _unions(each)


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        said = value.get("$ref")
        if isinstance(said, str):
            yield said.removeprefix(PREFIX)
        for each in value.values():
            yield from _references(each)
    elif isinstance(value, list):
        for each in value:
            yield from _references(each)


def _word(value: Any) -> str:
    name = "".join(each if each.isalnum() else "_" for each in str(value)).upper()
    return f"_{name}" if name[0].isdigit() else name

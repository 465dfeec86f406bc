"""The description of an API in OpenAPI 3.1, made from its routes: it says what is served."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

import msgspec
from msgspec import inspect

from venule.kit.errors import AppError, IdempotencyKeyReused
from venule.kit.http.callers import CallerKind
from venule.kit.http.errors import (
    BodyNotJson,
    BodyTooLarge,
    BodyTooSlow,
    CallerUnknown,
    CursorUnknown,
    HeaderRepeated,
    IdempotencyKeyMissing,
    IdempotencyKeyNotPlain,
    IdempotencyKeyRunning,
    InternalError,
    MediaTypeNotServed,
    NotPermitted,
    Overloaded,
    RequestInvalid,
    RequestTimedOut,
    RouteNotFound,
    StepUpNeeded,
    TooManyRequests,
)
from venule.kit.http.problems import PROBLEM_JSON, Problem
from venule.kit.http.route import Route

PREFIX: Final = "#/components/schemas/"
REF: Final = PREFIX + "{name}"
KEY_CHARS_MAX: Final = 128

SECURITY: Final[dict[str, Any]] = {
    "session": {
        "type": "http",
        "scheme": "bearer",
        "description": "A member's or staff member's session, or a partner's OAuth access token.",
    },
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "Signature",
        "description": "A partner's signature of the request with its Ed25519 key (RFC 9421).",
    },
}


def describe(
    routes: Iterable[Route],
    *,
    title: str,
    version: str,
    description: str,
    server: str,
    tags: Mapping[str, str],
) -> dict[str, Any]:
    """Return the description of routes. tags: name -> what the group of operations is for."""
    shown = [route for route in routes if not route.hidden]
    schemas = _Schemas(shown)
    paths: dict[str, dict[str, Any]] = {}
    for route in shown:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": title,
            "version": version,
            "description": description,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server}],
        "tags": [{"name": name, "description": said} for name, said in tags.items()],
        "paths": dict(sorted(paths.items())),
        "components": {"schemas": schemas.named, "securitySchemes": SECURITY},
    }


class _Schemas:
    """The schemas of all that routes take and give. named: those that have a name.

    Structs of the same name in two rooms are told apart by their rooms' names before it: which name
    stands for which of them is only known for all together.
    """

    def __init__(self, routes: list[Route]) -> None:
        types: list[Any] = [Problem]
        for route in routes:
            takes = route.body if route.takes == "application/json" else None
            types += [type_ for type_ in (takes, route.answer) if type_ not in (None, bytes)]
        found, named = msgspec.json.schema_components(types, ref_template=REF)
        for struct, fields in _instants(types).items():
            whole = f"{struct.__module__}.{struct.__qualname__}"
            properties = named.get(whole, named.get(struct.__name__, {})).get("properties", {})
            for field in fields:
                _mark_instant(properties[field])
        names = {name: _short(name) for name in named}
        if len(set(names.values())) != len(names):
            raise ValueError(f"expected one struct of a name in a room, seen {sorted(names)}")
        self.named: dict[str, Any] = {
            names[name]: _renamed(named[name], names)
            for name in sorted(named, key=names.__getitem__)
        }
        self._of = {
            type_: _renamed(schema, names) for type_, schema in zip(types, found, strict=True)
        }

    def of(self, type_: Any) -> dict[str, Any]:
        """Return the schema of a type, by reference where it has a name."""
        found: dict[str, Any] = self._of[type_]
        return found


def _instants(types: list[Any]) -> dict[type, list[str]]:
    """Return the fields of each struct that hold instants: the schemas of msgspec do not say so."""
    found: dict[type, list[str]] = {}
    rest: list[Any] = list(inspect.multi_type_info(types))
    while rest:
        info = rest.pop()
        if isinstance(info, inspect.StructType):
            if info.cls not in found:
                found[info.cls] = [f.encode_name for f in info.fields if _has_instant(f.type)]
                rest += [field.type for field in info.fields]
        else:
            rest += _inside(info)
    return found


def _inside(info: Any) -> list[Any]:
    """Return the types of which a type is made."""
    if isinstance(info, inspect.Metadata):
        return [info.type]
    if isinstance(info, inspect.UnionType):
        return list(info.types)
    if isinstance(info, inspect.DictType):
        return [info.value_type]
    if isinstance(info, inspect.CollectionType | inspect.VarTupleType):
        return [info.item_type]
    return []


def _has_instant(info: Any) -> bool:
    return isinstance(info, inspect.DateTimeType) or any(map(_has_instant, _inside(info)))


def _mark_instant(schema: dict[str, Any]) -> None:
    for part in (schema, *schema.get("anyOf", ()), schema.get("items", {})):
        if part.get("type") == "string" and "enum" not in part:
            part["format"] = "date-time"


def _short(name: str) -> str:
    """Return what a struct is called: `venule.wallet.api.PayBody` is `WalletPayBody`."""
    _, *rooms, _, last = name.split(".") if name.count(".") > 1 else ("", "", name)
    return "".join(room.capitalize() for room in rooms[:1]) + last


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """Return a schema whose references have other names."""
    if isinstance(value, dict):
        return {key: _renamed(each, names) for key, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each, names) for each in value]
    if isinstance(value, str) and value.startswith(PREFIX):
        return PREFIX + names[value.removeprefix(PREFIX)]
    return value


def _operation(route: Route, schemas: _Schemas) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": route.name,
        "summary": route.summary,
        "description": _told(route),
        "parameters": _parameters(route),
        "responses": _responses(route, schemas),
    }
    if route.tag:
        operation["tags"] = [route.tag]
    if route.who:
        ways: list[dict[str, list[str]]] = [{"session": []}]
        if CallerKind.PARTNER in route.who:
            ways.append({"signature": []})
        operation["security"] = ways
    if route.body is not None:
        content: dict[str, Any] = {"schema": _body_schema(route, schemas)}
        if "body" in route.examples:
            content["example"] = msgspec.to_builtins(route.examples["body"])
        operation["requestBody"] = {"required": True, "content": {route.takes: content}}
    return operation


def _body_schema(route: Route, schemas: _Schemas) -> dict[str, Any]:
    if route.takes == "application/x-www-form-urlencoded":
        return _inline(route.body)
    return {"type": "string"} if route.body is bytes else schemas.of(route.body)


def _told(route: Route) -> str:
    said = [route.description] if route.description else []
    if route.who:
        said.append(f"Callers: {', '.join(sorted(kind.value for kind in route.who))}.")
    if route.needs:
        said.append(f"Needs `{route.needs}` (of partners and staff).")
    if route.fresh:
        said.append("Needs a step-up of the last five minutes (of people and staff).")
    if route.money:
        said.append("Takes effect once for each idempotency key.")
    return "\n\n".join(said)


def _inline(type_: Any) -> dict[str, Any]:
    """Return the schema of a struct without its name, its parts resolved."""
    (schema,), components = msgspec.json.schema_components([type_], ref_template=REF)
    name = schema["$ref"].rpartition("/")[2]
    found: dict[str, Any] = components[name]
    for field in found["properties"].values():
        if "$ref" in field:
            field.update(components[field.pop("$ref").rpartition("/")[2]])
        for each in field.get("anyOf", ()):
            if "$ref" in each:
                each.update(components[each.pop("$ref").rpartition("/")[2]])
    return found


def _parameters(route: Route) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for place, type_ in (("path", route.takes_path), ("query", route.query)):
        if type_ is None:
            continue
        schema = _inline(type_)
        required = set(schema.get("required", ()))
        for name, field in schema["properties"].items():
            parameter = {"name": name, "in": place, "schema": _without_null(field)}
            if place == "path" or name in required:
                parameter["required"] = True
            found.append(parameter)
    if route.money:
        found.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "required": True,
                "description": "The same key with the same request has one effect and one answer.",
                "schema": {
                    "type": "string",
                    "pattern": r"^[A-Za-z0-9_.:-]+$",
                    "minLength": 1,
                    "maxLength": KEY_CHARS_MAX,
                },
                "example": "order-2014-0001",
            }
        )
    return found


def _without_null(field: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a parameter: one that is left out is not there, it is not null."""
    found = {name: said for name, said in field.items() if (name, said) != ("default", None)}
    rest = [each for each in found.pop("anyOf", ()) if each != {"type": "null"}]
    if len(rest) > 1:
        found["anyOf"] = rest
    elif rest:
        found |= rest[0]
    return found


def errors_of(route: Route) -> list[type[AppError]]:
    """Return every kind of error that a route may answer with."""
    found: list[type[AppError]] = [
        InternalError,
        Overloaded,
        RequestTimedOut,
        TooManyRequests,
        RequestInvalid,
        BodyTooLarge,
        BodyTooSlow,
        HeaderRepeated,
    ]
    if route.takes_path is not None:
        found.append(RouteNotFound)
    if route.query is not None and "cursor" in route.query.__struct_fields__:
        found.append(CursorUnknown)
    if route.who:
        found += [CallerUnknown, NotPermitted]
    if route.fresh:
        found.append(StepUpNeeded)
    if route.body is not None:
        found += [BodyNotJson, MediaTypeNotServed]
    if route.money:
        found += [
            IdempotencyKeyMissing,
            IdempotencyKeyNotPlain,
            IdempotencyKeyReused,
            IdempotencyKeyRunning,
        ]
    return found + list(route.errors)


def _responses(route: Route, schemas: _Schemas) -> dict[str, Any]:
    status = route.status if route.answer is not None or route.status != 200 else 204
    if route.stream is not None:
        status = 200
    good: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if route.answer is not None and status != 204:
        schema = {"type": "string"} if route.answer is bytes else schemas.of(route.answer)
        content: dict[str, Any] = {"schema": schema}
        if "answer" in route.examples:
            content["example"] = msgspec.to_builtins(route.examples["answer"])
        good["content"] = {route.gives: content}
    elif route.stream is not None:
        good["content"] = {"text/event-stream": {"schema": {"type": "string"}}}
    found: dict[str, Any] = {str(status): good}
    if route.etag:
        found["304"] = {"description": HTTPStatus(304).phrase}
    by_status: dict[int, list[str]] = {}
    for error in errors_of(route):
        by_status.setdefault(error.status, []).append(f"`{error.slug}`")
    for code, slugs in sorted(by_status.items()):
        found[str(code)] = {
            "description": f"{HTTPStatus(code).phrase}: {', '.join(sorted(set(slugs)))}",
            "content": {PROBLEM_JSON: {"schema": {"$ref": REF.format(name="Problem")}}},
        }
    return found

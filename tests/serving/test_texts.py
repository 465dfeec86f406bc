"""Texts that no row can hold and no line may show, in every text that anybody may send, on every
kind of home: refused, and never an error of ours."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import msgspec
import pytest

from support import house_folk as folk
from venule.access import Role
from venule.kit.http import CallerKind, Route
from venule.partners.scopes import SCOPES

HOSTILE = (
    b"\\u0000",  # NUL: PostgreSQL has none in texts
    b"a\\u0000b",
    b"\\ud800",  # half a character
    b"\\udfff\\ud800",
    b"\\u202e",  # turns what follows around
    b"\\u001b[2J",
    b"a\\nb",
    b"\\uffff",
    b"' OR 1=1 --",
    b"{{7*7}}${7*7}<script>",
    b"\xf0\x9f\x92\xb0" * 300,
)
NOTHING = "01890a5d-ac96-774b-bcce-b302099a8057"
MARK = "MARK-HERE"
WORDS: dict[str, Any] = {
    "answer": {"id": MARK},
    "challenge_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "device": {"name": MARK},
    "digest": "0" * 64,
    "other_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    "public_keys": [MARK],
    "redirect_uris": [f"https://shop.example/{MARK}"],
    "redirects": [f"https://shop.example/{MARK}"],
    "use": "request",
}


def marked(value: Any) -> Iterator[Any]:
    """Yield a body again and again, each time with another one of its texts marked."""

    def places(within: Any, path: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        if isinstance(within, str):
            yield path
        items = within.items() if isinstance(within, dict) else ()
        if isinstance(within, list):
            items = enumerate(within)
        for name, each in items:
            yield from places(each, (*path, name))

    for path in list(places(value, ())):
        changed = copy.deepcopy(value)
        inside = changed
        for name in path[:-1]:
            inside = inside[name]
        inside[path[-1]] = MARK
        yield changed


def body_of(route: Route) -> Any:
    example = route.examples.get("body")
    if example is not None:
        return msgspec.to_builtins(example)
    return {
        field.encode_name: WORDS.get(field.encode_name, MARK)
        for field in msgspec.structs.fields(route.body)
    }


@pytest.fixture
def callers(house: Any) -> dict[CallerKind, Any]:
    run = house.desk.call
    shop = folk.new_shop(run)
    operator, _ = folk.staff(run, [Role.OPERATOR, Role.FINANCE, Role.RISK], [Role.OPERATOR])
    return {
        CallerKind.PERSON: folk.person(run),
        CallerKind.STAFF: operator,
        CallerKind.PARTNER: folk.app(run, shop, tuple(SCOPES)),
    }


def ask(house: Any, callers: Any, route: Route, path: str, body: bytes) -> Any:
    headers = {"content-type": "application/json"} if body else {}
    if route.money:
        headers["idempotency-key"] = f"k-{uuid4()}"
    kinds = [kind for kind in callers if kind in route.who]
    who = callers[kinds[0]] if kinds else None
    if isinstance(who, folk.App):
        headers = who.signed(route.method, f"{house.url}{path}", body, **headers)
    elif who is not None:
        headers |= who.headers
    return house.client.request(route.method, path, content=body, headers=headers)


def filled(route: Route) -> str:
    known = {"{on}": "2014-03-10"}
    return "/".join(
        known.get(part, NOTHING) if part.startswith("{") else part for part in route.path.split("/")
    )


def test_no_text_of_a_body_breaks_anything(house, callers):
    broken, asked = [], 0
    for route in house.service.rooms.routes():
        if route.body is None or route.takes != "application/json":
            continue
        for body in marked(body_of(route)):
            text = json.dumps(body).encode()
            for hostile in HOSTILE:
                sent = text.replace(MARK.encode(), hostile, 1)
                said = ask(house, callers, route, filled(route), sent)
                asked += 1
                if said.status_code >= 500:
                    broken.append(f"{route.method} {route.path}: {sent!r}: {said.text}")
                    break
    assert [] == broken
    assert asked > 1_000


def test_no_text_of_a_query_or_path_breaks_anything(house, callers):
    broken = []
    hostile = ("%00", "a%00b", "%ff", "%ed%a0%80", "%0a", "a" * 3_000, "%27", "9" * 30, "-1")
    for route in house.service.rooms.routes():
        paths = []
        if route.query is not None:
            names = [field.encode_name for field in msgspec.structs.fields(route.query)]
            paths += [f"{filled(route)}?{name}={text}" for name in names for text in hostile]
        if "{" in route.path:
            head = route.path.partition("{")[0]
            rest = filled(route)[len(head) :].partition("/")[2]
            paths += [f"{head}{text}{'/' + rest if rest else ''}" for text in hostile]
        for path in paths:
            body = b"" if route.body is None else b"{}"
            said = ask(house, callers, route, path, body)
            if said.status_code >= 500:
                broken.append(f"{route.method} {path}: {said.text}")
    assert [] == broken

"""The description is whole, and is what is served."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from itertools import count

import msgspec
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from venule.kit.http import PROBLEM_JSON, Route, describe, errors_of


def description(site):
    routes = [route for route in site.api.routes if "broken" not in route.path]
    return describe(
        [route for route in routes if route.path not in {"/v1/slow", "/v1/held"}],
        title="Notes", version="1", description="Notes.", server=site.url, tags={},
    )  # fmt: skip


def test_every_route_is_described_with_its_errors(site):
    said = description(site)

    assert "3.1.0" == said["openapi"]
    put = said["paths"]["/v1/notes"]["post"]
    assert {"$ref": "#/components/schemas/NoteBody"} == (
        put["requestBody"]["content"]["application/json"]["schema"]
    )
    assert {"201", "400", "401", "403", "408", "409", "413", "415", "422", "429", "500", "503"} == (
        set(put["responses"])
    )
    assert "`test-unlucky`" in put["responses"]["409"]["description"]
    assert PROBLEM_JSON in put["responses"]["422"]["content"]
    assert ["Idempotency-Key"] == [each["name"] for each in put["parameters"]]
    get = said["paths"]["/v1/notes"]["get"]
    assert {"limit": 2, "cursor": None} == {
        each["name"]: each["schema"].get("default") for each in get["parameters"]
    }
    for route in site.api.routes:
        assert len(errors_of(route)) == len(set(errors_of(route)))


def test_a_machine_that_reads_it_finds_no_lie(site):
    """All checks of schemathesis, good requests and bad ones, against the live server."""
    schema = schemathesis.openapi.from_dict(description(site))
    keys = count()
    for result in schema.get_all_operations():
        operation = result.ok()
        if "stream" in operation.path:
            continue

        @settings(
            max_examples=8, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
        def good(case):
            if "Idempotency-Key" in case.headers:
                case.headers["Idempotency-Key"] = f"k{next(keys)}"
            check(case)

        @settings(
            max_examples=8, deadline=None, database=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
        def bad(case):
            check(case)

        def check(case):
            case.call_and_validate(base_url=site.url, headers={"Authorization": "Bearer fresh"})

        good()
        with suppress(Unsatisfiable):  # what takes nothing cannot be asked wrongly
            bad()
    assert "internal-error" not in {code for _, _, _, code in site.answered}
    assert {200, 201, 204, 304, 409, 422} >= {status for _, _, status, _ in site.answered} - {
        400, 401, 403, 404, 405, 415, 429
    }  # fmt: skip


def test_structs_of_one_name_are_told_apart_by_their_rooms(site):
    part = msgspec.defstruct("Part", [("size", int)], module="venule.wallet.api")
    whole = msgspec.defstruct("Whole", [("parts", list[part])], module="venule.wallet.api")
    other = msgspec.defstruct("Part", [("colour", str)], module="venule.fund.model")

    async def show(call):
        raise AssertionError

    async def look(call):
        raise AssertionError

    said = describe(
        [
            Route(method="GET", path="/v1/wholes", handler=show, answer=whole, summary="A whole."),
            Route(method="GET", path="/v1/others", handler=look, answer=other, summary="Another."),
        ],
        title="x", version="1", description="x", server=site.url, tags={},
    )  # fmt: skip

    schemas = said["components"]["schemas"]
    assert {"Problem", "Whole", "WalletPart", "FundPart"} == set(schemas)
    parts = schemas["Whole"]["properties"]["parts"]
    assert {"$ref": "#/components/schemas/WalletPart"} == parts["items"]
    answer = said["paths"]["/v1/others"]["get"]["responses"]["200"]["content"]["application/json"]
    assert {"$ref": "#/components/schemas/FundPart"} == answer["schema"]


def test_instants_are_said_to_be_instants(site):
    inner = msgspec.defstruct("Inner", [("at", datetime)], module="venule.wallet.api")
    fields = [("at", datetime | None, None), ("all_at", list[datetime]), ("by", dict[str, inner]),
              ("name", str)]  # fmt: skip
    outer = msgspec.defstruct("Outer", fields, module="venule.wallet.api", kw_only=True)

    async def show(call):
        raise AssertionError

    route = Route(method="GET", path="/v1/outers", handler=show, answer=outer, summary="It.")
    said = describe([route], title="x", version="1", description="x", server=site.url, tags={})

    schemas = said["components"]["schemas"]
    instant = {"type": "string", "format": "date-time"}
    assert instant == schemas["Inner"]["properties"]["at"]
    assert instant in schemas["Outer"]["properties"]["at"]["anyOf"]
    assert instant == schemas["Outer"]["properties"]["all_at"]["items"]
    assert {"type": "string"} == schemas["Outer"]["properties"]["name"]

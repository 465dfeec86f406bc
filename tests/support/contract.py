"""A machine reads an API's description and holds the live service to it (schemathesis)."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import count
from typing import Any, Final

import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode

from venule.kit.http import Route, describe

EXAMPLES: Final = 3
"""Of each operation and each way, unless somebody searches: there are 200 of them."""

Headers = Callable[[str, str], dict[str, str]]
"""Who asks: from an operation's method and path to the headers that say it."""


def at_most(examples: int) -> int:
    """Return how many examples are drawn: all with `make thorough`, else a few."""
    return examples if os.environ.get("VENULE_THOROUGH") else min(EXAMPLES, examples)


def find_no_lie(
    routes: Iterable[Route],
    url: str,
    headers: Headers,
    *,
    examples: int = 20,
    prepare: Callable[[Any], None] | None = None,
) -> int:
    """Hold a live service to its routes: all checks, good requests and bad ones; count them.

    headers: of a caller who may do it. prepare: may put things that there are (a member's id)
    in the place of those that were made up.
    """
    said = describe(
        routes, title="Under test", version="1", description="Under test.", server=url, tags={}
    )
    keys = count()
    asked = 0
    for result in schemathesis.openapi.from_dict(said).get_all_operations():
        operation = result.ok()

        hold = settings(
            max_examples=at_most(examples), deadline=None, database=None, derandomize=True,
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip

        def ask(case: Any) -> None:
            nonlocal asked
            asked += 1
            case.call_and_validate(base_url=url, headers=headers(case.method, case.path))

        @hold
        @given(case=operation.as_strategy(generation_mode=GenerationMode.POSITIVE))
        def good(case: Any) -> None:
            if "Idempotency-Key" in case.headers:
                case.headers["Idempotency-Key"] = f"k{next(keys)}"
            if prepare is not None:
                prepare(case)
            ask(case)

        @hold
        @given(case=operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))
        def bad(case: Any) -> None:
            ask(case)

        good()
        with suppress(Unsatisfiable):  # what takes nothing cannot be asked wrongly
            bad()
    return asked

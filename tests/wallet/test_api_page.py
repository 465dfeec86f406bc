"""The page of operations lists those that are served."""

import re
from pathlib import Path

from venule.members.api import ROUTES as MEMBERS
from venule.wallet.api import ROUTES as WALLET

PAGE = Path(__file__).parents[2] / "docs" / "api-wallet.md"


def test_the_page_lists_every_operation_with_who_may():
    rows = re.findall(
        r"^\| ([A-Z]+) \| `(/[^`]+)` \| ([a-z, ]+) \| `([a-z_.]+)` \| (.+) \|$",
        PAGE.read_text(encoding="utf-8"),
        re.MULTILINE,
    )

    assert [
        (
            route.method,
            route.path,
            ", ".join(sorted(kind.value for kind in route.who)),
            route.needs,
            route.summary.rstrip("."),
        )
        for route in [*MEMBERS, *WALLET]
    ] == rows


def test_names_and_places_are_unique():
    routes = [*MEMBERS, *WALLET]

    assert len(routes) == len({route.name for route in routes})
    assert len(routes) == len({(route.method, route.path) for route in routes})

"""Houses for the tests of who may come in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.access_town import Town
from support.both_homes import Places


@pytest.fixture
def town(places: Places) -> Iterator[Town]:
    """An open home on 2017-03-10 09:00 in China."""
    with Town(places("home")) as town:
        yield town
        assert [] == town.breaks()

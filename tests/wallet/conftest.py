"""Towns for the wallet's tests."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from support.both_homes import Places
from support.wallet_town import Town


@pytest.fixture
def town(places: Places) -> Iterator[Town]:
    """An open home on 2014-03-10 09:00 in China, before any tier limit."""
    with Town(places("home"), datetime(2014, 3, 10, 1, tzinfo=UTC)) as town:
        yield town


@pytest.fixture
def town_2017(places: Places) -> Iterator[Town]:
    """An open home on 2017-03-10 09:00 in China, with tier limits in force."""
    with Town(places("home-2017"), datetime(2017, 3, 10, 1, tzinfo=UTC)) as town:
        yield town

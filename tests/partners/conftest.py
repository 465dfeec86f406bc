"""Towns with partners, in files and in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from support.both_homes import Places
from support.partner_town import Partner, PartnerTown, make_towns


@pytest.fixture
def make_town(places: Places) -> Iterator[Callable[..., PartnerTown]]:
    """Open towns on the test's kind of home."""
    yield from make_towns(places)


@pytest.fixture
def town(make_town: Callable[..., PartnerTown]) -> PartnerTown:
    """A town where money is real, with a shop and a buyer."""
    return make_town()


@pytest.fixture
def partner(town: PartnerTown) -> Partner:
    """An application that is admitted, for the shop."""
    return town.partner()

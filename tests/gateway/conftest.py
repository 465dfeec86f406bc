"""A house with a gateway, and a merchant that calls it in process: on every kind of home."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.both_homes import Places
from support.gateway_client import Merchant
from support.gateway_house import GatewayHouse, gateway_house


@pytest.fixture
def house(places: Places) -> Iterator[GatewayHouse]:
    with gateway_house(places("home")) as house:
        yield house


@pytest.fixture
def shop(house: GatewayHouse) -> Iterator[Merchant]:
    merchant = Merchant(house)
    yield merchant
    merchant.close()


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayHouse]:
    """A house that tests only look at, or leave as it was."""
    with gateway_house(tmp_path_factory.mktemp("still") / "home") as house:
        yield house


@pytest.fixture(scope="module")
def caller(still: GatewayHouse) -> Iterator[Merchant]:
    merchant = Merchant(still)
    yield merchant
    merchant.close()

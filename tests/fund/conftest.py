"""Funds for the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from support.both_homes import Places
from support.fund_town import FundTown


@pytest.fixture
def make_town(places: Places) -> Iterator[Callable[..., FundTown]]:
    """Open towns with parameters of their own; whatever a test has done, all proofs must hold."""
    with ExitStack() as stack:
        towns = []

        def make(**how: Any) -> FundTown:
            towns.append(stack.enter_context(FundTown(places(f"home {len(towns)}"), **how)))
            return towns[-1]

        yield make
        for town in towns:
            if not town.spoilt:
                assert [] == town.breaks()


@pytest.fixture
def town(make_town: Callable[..., FundTown]) -> FundTown:
    """A fund opened on Monday 2014-05-12; it is noon of that day in China."""
    return make_town()

"""Towns for the tests of guaranteed trade.

They are directories. `VENULE_PLACE=postgresql .venv/bin/pytest tests/escrow` takes PostgreSQL homes
for all of them; what differs most between the two is run on both each time (test_proofs.py).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from support.escrow_town import EscrowTown


@pytest.fixture
def make_town(
    tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., EscrowTown]]:
    """Open towns with parameters of their own; whatever a test has done, all proofs must hold."""
    with ExitStack() as stack:
        towns: list[EscrowTown] = []

        def make(**how: Any) -> EscrowTown:
            place: Path | str = tmp_path / f"home {len(towns)}"
            if os.environ.get("VENULE_PLACE") == "postgresql":
                place = request.getfixturevalue("postgres").address()
            towns.append(stack.enter_context(EscrowTown(how.pop("place", place), **how)))
            return towns[-1]

        yield make
        for town in towns:
            assert [] == town.breaks()


@pytest.fixture
def town(make_town: Callable[..., EscrowTown]) -> EscrowTown:
    """A town at noon of Monday 2014-05-12 in China, without fees."""
    return make_town()

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.book_house import BookTown


@pytest.fixture(params=["files", "database"])
def town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BookTown]:
    """Four books, in directories or in schemas of one database."""
    root: Path | str = tmp_path / "house"
    if request.param == "database":
        root = request.getfixturevalue("postgres").address()
    with BookTown(root) as town:
        yield town


@pytest.fixture
def kept_town(tmp_path: Path) -> Iterator[BookTown]:
    """Four books in directories, whose files a test may change."""
    with BookTown(tmp_path / "house") as town:
        yield town

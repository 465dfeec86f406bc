from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.book_house import BookTown


@pytest.fixture
def town(tmp_path: Path) -> Iterator[BookTown]:
    with BookTown(tmp_path / "house") as town:
        yield town

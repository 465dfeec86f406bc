"""The page of the ledger says what the code does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from venule.ledger import Refusal

PAGE = Path(__file__).parents[2] / "docs" / "ledger.md"


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    [example] = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(example, "docs/ledger.md", "exec"), names)
    assert names["seq"] == names["again"]
    assert [-20_00, 6_50, 13_50] == names["balances"]
    assert [6_50, 10_00, 10_00] == [line.balance for line in names["statement"]]


def test_the_refusals_are_all_there_in_their_order() -> None:
    rows = re.findall(r"^\| (\d+) \| `(\w+)` \|", PAGE.read_text(), re.MULTILINE)
    expected = [(str(int(refusal)), refusal.name) for refusal in Refusal if refusal]
    assert expected == rows

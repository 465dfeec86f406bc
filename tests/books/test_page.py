"""The page of several books says what the code does."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from venule.app import books_root, verify
from venule.books import ItemKind, PaymentState, ReceiptState, consistent_cut, file_readers
from venule.books.cut import house_totals
from venule.books.states import TRANSITIONS
from venule.cli.commands import app

PAGE = Path(__file__).parents[2] / "docs" / "books.md"


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    [example] = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(example, "docs/books.md", "exec"), names)
    assert ReceiptState.RECEIVED is names["word"]
    readers = file_readers(books_root("house"))
    assert 10_00 == house_totals(readers, consistent_cut(readers)).client_minor
    assert verify("house/book-0002").ok


def test_the_commands_exist() -> None:
    blocks = re.findall(r"```console\n(.*?)```", PAGE.read_text(), re.DOTALL)
    commands = [shlex.split(line.rstrip("& ")) for block in blocks for line in block.splitlines()]
    assert 7 == len(commands)
    for words in commands:
        app.parse_args(words[1:], exit_on_error=False, print_error=False)


def test_the_states_and_items_are_all_there() -> None:
    text = PAGE.read_text()
    drawn = re.findall(r"── (\w+) ─*▶ (\w+)", text)
    expected = [
        (event.value, after.value)
        for (state, event), after in TRANSITIONS.items()
        if state is PaymentState.HELD
    ]
    assert sorted(expected) == sorted(drawn)
    assert [each.value for each in ItemKind] == re.findall(r"^\| `(\w+)` \|", text, re.MULTILINE)

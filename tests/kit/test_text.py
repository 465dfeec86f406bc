"""A line of text: the rule of the rows is the pattern of the schema."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venule.kit.text import LINE_PATTERN, NOTE_PATTERN, is_line, line_pattern_but


@pytest.mark.parametrize(
    "text", ["a", "a b", "订单 12", "Ünïcödé", "ئۇيغۇر", "བོད་ཡིག", "🍵 tea", "x" * 300, "<&>\"'"]
)
def test_lines_that_people_write(text: str) -> None:
    assert is_line(text)


@pytest.mark.parametrize(
    "text",
    ["", " ", " a", "a ", "a\n", "a\nb", "\x00", "a\x7f", "a\u00a0b", "a\u202eb", "a\u200bb",
     "\ufeffa", "a\u2028b", "a\u3000b", "a\ud800", "a\uffff", "a\U000e0041"],
)  # fmt: skip
def test_what_hides_or_breaks_a_line_is_refused(text: str) -> None:
    assert not is_line(text)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=8))
def test_the_pattern_says_the_same(text: str) -> None:
    assert is_line(text) == (re.fullmatch(LINE_PATTERN, text) is not None)
    assert (is_line(text) or not text) == (re.fullmatch(NOTE_PATTERN, text) is not None)


def test_a_first_character_can_be_kept_for_us() -> None:
    pattern = line_pattern_but("#")

    assert re.search(pattern, "a#1")
    assert not re.search(pattern, "#1")
    assert not re.search(pattern, "")

"""What a schema lets through as text is what our rules take for text."""

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venule.kit.http import line_pattern, text_pattern


def test_every_character_of_the_patterns_is_printable():
    one = re.compile(text_pattern(1))
    let_through = [chr(c) for c in range(sys.maxunicode + 1) if one.search(chr(c))]

    assert [] == [c for c in let_through if not c.isprintable() and c != "\n"]
    assert len(let_through) > 100_000


@pytest.mark.parametrize(
    "name", ["小明", "བཀྲ་ཤིས", "ئابلىز", "Müller & Söhne (1)", "𠮷野", "李·四", "O'Neil"]
)
def test_names_of_people_are_let_through(name):
    assert re.search(line_pattern(64), name)


@pytest.mark.parametrize(
    "text", ["", " a", "a ", "a\nb", "a\x00", "a\u200bb", "\ud800", "a" * 9, "\u3000"]
)
def test_what_is_no_line_is_not(text):
    assert not re.search(line_pattern(8), text)


def test_a_line_may_be_empty_where_it_is_said():
    assert re.search(line_pattern(8, empty=True), "")
    assert re.search(text_pattern(8), "  a  ")
    assert not re.search(text_pattern(8), "a" * 9)


@given(st.text(max_size=12))
def test_a_line_is_printable_short_and_has_no_space_at_its_ends(text):
    if re.search(line_pattern(8), text) and not text.endswith("\n"):
        assert text.isprintable()
        assert text == text.strip()
        assert 1 <= len(text) <= 8

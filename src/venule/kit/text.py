"""A line of text that people read: the same rule for rows and for the schema of the API.

The rule does not change with the version of the interpreter (`str.isprintable` does, with each
edition of Unicode). Refused are controls, surrogates, noncharacters, what is invisible or turns the
direction of writing (so that two texts that look alike are alike), and every space but the plain
one, which may stand inside.
"""

from __future__ import annotations

import re
from typing import Final

_NEVER: Final = (
    r"\u0000-\u001f\u007f-\u00a0\u00ad\u0600-\u0605\u061c\u06dd\u070f\u1680\u180e\u2000-\u200f"
    r"\u2028-\u202f\u205f-\u206f\u3000\ufeff\ufff9-\uffff"
    "\U000e0000-\U000e007f"
)
LINE_PATTERN: Final = rf"^[^ {_NEVER}]([^{_NEVER}]*[^ {_NEVER}])?$"
"""One line, not empty, that neither begins nor ends with a space."""

NOTE_PATTERN: Final = rf"^([^ {_NEVER}]([^{_NEVER}]*[^ {_NEVER}])?)?$"
"""The same, or nothing."""


def line_pattern_but(first: str) -> str:
    """Return the pattern of lines that do not begin with one of these characters."""
    return rf"^[^ {re.escape(first)}{_NEVER}]([^{_NEVER}]*[^ {_NEVER}])?$"


_LINE: Final = re.compile(LINE_PATTERN)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
"""Not in the pattern: JSON in UTF-8 has none, and engines of JSON Schema know no such class."""


def is_line(text: str) -> bool:
    """Say whether a text is one line, not empty, that neither begins nor ends with a space."""
    return _LINE.fullmatch(text) is not None and _SURROGATE.search(text) is None

"""Texts as a schema can say them: what a machine reads there is what is taken.

Our rule for a line of text is "printable, and no space at either end". A JSON schema knows no
classes of characters, so its pattern lists the scripts: those that people in China write, of them
only what is printable.
"""

from __future__ import annotations

from typing import Final

_SCRIPTS: Final = (
    (0x21, 0x7E),  # ASCII
    (0xA1, 0xAC),
    (0xAE, 0x377),  # Latin, marks, Greek
    (0x3A3, 0x52F),  # Greek, Cyrillic: also Kazakh and Mongolian
    (0x61D, 0x6DC),  # Arabic: also Uyghur
    (0xF00, 0xF47),  # Tibetan
    (0xF49, 0xF6C),
    (0xF71, 0xF97),
    (0xF99, 0xFBC),
    (0x1820, 0x1878),  # Mongolian
    (0x1D00, 0x1F15),
    (0x2010, 0x2027),  # punctuation
    (0x2030, 0x205E),
    (0x20A0, 0x20C0),  # currencies
    (0x2100, 0x218B),
    (0x2190, 0x2426),
    (0x2460, 0x2B73),
    (0x2E80, 0x2E99),  # Chinese, Japanese and Korean; Yi
    (0x2E9B, 0x2EF3),
    (0x2F00, 0x2FD5),
    (0x2FF0, 0x2FFB),
    (0x3001, 0x303F),
    (0x3041, 0x3096),
    (0x3099, 0x30FF),
    (0x3105, 0x312F),
    (0x3131, 0x318E),
    (0x3190, 0x31E3),
    (0x31F0, 0x321E),
    (0x3220, 0xA48C),
    (0xA490, 0xA4C6),
    (0xAC00, 0xD7A3),
    (0xF900, 0xFA6D),
    (0xFA70, 0xFAD9),
    (0xFE00, 0xFE0F),
    (0xFE30, 0xFE52),
    (0xFF01, 0xFFBE),
    (0x1F300, 0x1F6D7),  # pictures
    (0x1F900, 0x1FA53),
    (0x20000, 0x2A6DF),  # rare characters of names
    (0x2A700, 0x2B738),
    (0x2B740, 0x2B81D),
    (0x2B820, 0x2CEA1),
    (0x2CEB0, 0x2EBE0),
    (0x30000, 0x3134A),
)


def _char(code: int) -> str:
    """Return a character as both Python and ECMAScript write it in a class of characters."""
    return f"\\u{code:04X}" if code < 0x10000 else chr(code)


_PRINTABLE: Final = "".join(f"{_char(first)}-{_char(last)}" for first, last in _SCRIPTS)


def line_pattern(chars_max: int, *, empty: bool = False) -> str:
    """Return the pattern of a line: 1 to `chars_max` characters, none of the ends a space.

    empty: no character will do, too.
    """
    inner = f"[{_PRINTABLE}](?:[ {_PRINTABLE}]{{0,{chars_max - 2}}}[{_PRINTABLE}])?"
    return f"^(?:{inner})?$" if empty else f"^{inner}$"


def text_pattern(chars_max: int) -> str:
    """Return the pattern of what others have written: up to `chars_max` characters, spaces too."""
    return f"^[ {_PRINTABLE}]{{0,{chars_max}}}$"

"""Answers on the screen: one JSON document, or tables that a person and `less` can read."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from rich.cells import cell_len
from rich.console import Console, ConsoleDimensions, JustifyMethod
from rich.table import Table

from venule.kit.money import format_minor
from venule.kit.time import CHINA, from_us

PIPE_WIDTH: Final = 200
"""Columns when the output is no terminal: nothing is cut or folded."""

CUT_WIDTH_MIN: Final = 9
"""What is left of a column that is cut: eight digits of a UUID, and the sign that there is more."""


class _Console(Console):
    """Lets the caller know when the reader of the output has gone."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def print_json(document: object) -> None:
    """Print one JSON document, in UTF-8 and with a line end."""
    sys.stdout.write(json.dumps(document, ensure_ascii=False, indent=2) + "\n")


def print_line(text: str) -> None:
    """Print one line as it is."""
    sys.stdout.write(text + "\n")


def print_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[object]],
    right: Sequence[str] = (),
    cut: Sequence[str] = (),
) -> None:
    """Print a table; the columns named in `right` are set to the right.

    On a narrow terminal those named in `cut` are cut short; of the others nothing ever is: half an
    amount is worse than a long line.
    """
    cells = [[str(cell) for cell in row] for row in rows]
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    needed = 0
    for place, column in enumerate(columns):
        may_cut = column in cut
        justify: JustifyMethod = "right" if column in right else "left"
        table.add_column(column, justify=justify, no_wrap=not may_cut, overflow="ellipsis")
        width = max(cell_len(column), *(cell_len(row[place]) for row in cells), 0)
        needed += 2 + (min(width, CUT_WIDTH_MIN) if may_cut else width)
    for row in cells:
        table.add_row(*row)
    console = _Console(file=sys.stdout, highlight=False, markup=False)
    width = max(needed, console.width if sys.stdout.isatty() else PIPE_WIDTH)
    console.size = ConsoleDimensions(width, console.height)
    console.print(table)


def amount(minor: int, scale: int) -> str:
    """Format minor units with the unit's decimals: 1234 with 2 is 12.34."""
    return format_minor(minor, scale)


def instant(at_us: int) -> str:
    """Format an instant in China time, to the second."""
    return from_us(at_us).astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")


def iso(at: datetime | int) -> str:
    """Format an instant as ISO 8601 in UTC, to the microsecond."""
    aware = from_us(at) if isinstance(at, int) else at
    return aware.isoformat(timespec="microseconds").replace("+00:00", "Z")

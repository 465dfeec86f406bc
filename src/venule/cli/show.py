"""Answers on the screen: one JSON document, or tables that a person and `less` can read."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from rich.console import Console
from rich.table import Table

from venule.kit.money import format_minor
from venule.kit.time import CHINA, from_us

PIPE_WIDTH: Final = 200
"""Columns when the output is no terminal: nothing is cut or folded."""


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
    columns: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[str] = ()
) -> None:
    """Print a table; the columns named in `right` are set to the right."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, justify="right" if column in right else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(str(cell) for cell in row))
    terminal = sys.stdout.isatty()
    console = _Console(
        file=sys.stdout, width=None if terminal else PIPE_WIDTH, highlight=False, markup=False
    )
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

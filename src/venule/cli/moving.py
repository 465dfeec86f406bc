"""The command `venule move`: a home goes from a directory to a database, or back."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from venule import app
from venule.cli.exits import Exit
from venule.cli.show import print_json, print_line, print_table
from venule.kit.moving import MoveReport, Tick

LINE_EVERY_ROWS: Final = 1_000_000
"""Without a terminal the progress is one line for so many rows."""

WORDS: Final = {
    "fill": "moving",
    "archive": "archive files",
    "compare": "comparing",
    "prove": "proving the books",
}
COLUMNS: Final = (
    TextColumn("{task.fields[what]}"),
    BarColumn(),
    TextColumn("{task.fields[rows]}"),
    TextColumn("{task.fields[rate]}"),
    TimeRemainingColumn(),
)


def move(source: str, target: str, *, json: bool) -> int:
    """Move a home, and tell what has moved."""
    with _progress() as tick:
        report = app.move_home(source, target, tick=tick)
    if json:
        print_json(msgspec.to_builtins(report))
        return Exit.OK
    if report.tables:
        print_table(
            ("table", "rows", "sha256"),
            [(table.name, f"{table.rows:,}", table.sha256) for table in report.tables],
            right=("rows",),
        )
        print_line("")
    for line in _words(report):
        print_line(line)
    return Exit.OK


def _words(report: MoveReport) -> list[str]:
    said = [
        f"from: {report.source} (takes no writer any more; readers and `venule verify` do)",
        f"to: {report.target}",
        f"home: {report.home}",
        f"books: up to transfer {report.seq}, journal hash {report.hash or 'none'}",
    ]
    if not report.tables:
        return [*said, "moved by an earlier command; nothing was left to be done"]
    files = f", {report.archive_files} archive files" if report.archive_files else ""
    return [*said, f"moved: {report.rows:,} rows{files}, the same on both sides; the books prove"]


@contextmanager
def _progress() -> Iterator[Callable[[Tick], None]]:
    if not sys.stderr.isatty():
        yield _Lines()
        return
    with Progress(*COLUMNS, console=Console(stderr=True), transient=True) as bar:
        yield _Bar(bar)


class _Lines:
    """A line at the start of each step, and now and then."""

    def __init__(self) -> None:
        self._step = ""
        self._next = 0

    def __call__(self, tick: Tick) -> None:
        if tick.step != self._step:
            self._step, self._next = tick.step, tick.rows + LINE_EVERY_ROWS
        elif tick.rows >= self._next:
            self._next += LINE_EVERY_ROWS
        else:
            return
        rows = f"{tick.rows:,} of {tick.rows_total:,} rows"
        sys.stderr.write(f"move: {WORDS[tick.step]}, {rows}, {tick.table}\n")
        sys.stderr.flush()


class _Bar:
    """A bar for each step, with rows a second counted from where this run began."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._id = bar.add_task("", total=None, what="opening", rows="", rate="")
        self._step = ""
        self._before = 0

    def __call__(self, tick: Tick) -> None:
        if tick.step != self._step:
            self._step, self._before = tick.step, tick.rows
            self._bar.reset(self._id, total=tick.rows_total, completed=tick.rows)
        rate, elapsed = "", self._bar.tasks[self._id].elapsed
        if elapsed:
            rate = f"{(tick.rows - self._before) / elapsed:,.0f} rows/s"
        self._bar.update(
            self._id,
            completed=tick.rows,
            what=f"{WORDS[tick.step]} {tick.table}",
            rows=f"{tick.rows:,}/{tick.rows_total:,}",
            rate=rate,
        )

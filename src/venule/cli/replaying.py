"""`venule replay`: the options handed on, the progress shown, the report told."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Final, Protocol

import msgspec
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, Progress, Task, TextColumn, TimeRemainingColumn

from venule import app
from venule.cli.exits import Exit
from venule.cli.options import Place
from venule.cli.show import print_json, print_line, print_table
from venule.fund import FundAccountCode
from venule.kit.place import shown
from venule.replay import ReplayOptions, run, summary

HOLDER_CODE: Final = int(FundAccountCode.HOLDER)
EXAMPLE_MINOR: Final = 100_000
LINE_EVERY_DAYS: Final = 30
"""Without a terminal the progress is one line for so many days."""

COLUMNS: Final = (
    TextColumn("{task.fields[day]}"),
    BarColumn(),
    TextColumn("{task.fields[days]}"),
    TextColumn("{task.fields[rate]}"),
    TimeRemainingColumn(),
)


class Tick(Protocol):
    """Called after each day: days done, days in all, transfers in the books, the day."""

    def __call__(self, done: int, total: int, transfers: int, day: date, /) -> None: ...


def replay(options: ReplayOptions, *, json: bool) -> int:
    """Run or continue a replay and tell what came out; REFUSED if the books do not balance."""
    with _progress() as tick:
        report = run(options, app.open_home, tick)
    if json:
        print_json(msgspec.to_builtins(report))
    else:
        print_table(("what", "result"), summary(report))
        print_line("")
        print_line("Look next at:")
        home = shown(options.home)
        for what in (
            f"{options.report / 'report.html'}  (plots; opens offline)",
            f"venule verify {home}",
            f"venule balances {home} --at {report.last_day}",
            f"venule accounts {home} --code {HOLDER_CODE}",
            f"venule statement {home} {_example(options.home)}",
        ):
            print_line(f"  {what}")
    return Exit.OK if report.books_balance else Exit.REFUSED


def _example(home: Place) -> str:
    """Name the account of a holder whose statement is worth a look: income on most days."""
    with app.open_home(home, readonly=True) as opened:
        view = opened.read(lambda tx: tx.accounts_view())
        holders = np.flatnonzero(view["code"] == HOLDER_CODE)
        if not len(holders):
            return "ACCOUNT"
        shares = view["credits_posted"][holders] - view["debits_posted"][holders]
        return str(holders[shares >= min(EXAMPLE_MINOR, int(shares.max()))][0])


@contextmanager
def _progress() -> Iterator[Tick]:
    if not sys.stderr.isatty():
        yield _print_now_and_then
        return
    with Progress(*COLUMNS, console=Console(stderr=True), transient=True) as bar:
        yield Bar(bar)


def _print_now_and_then(done: int, total: int, transfers: int, day: date, /) -> None:
    if done % LINE_EVERY_DAYS == 0 or done == total:
        sys.stderr.write(f"replay: {day}, {done} of {total} days, {transfers:,} transfers\n")
        sys.stderr.flush()


class Bar:
    """A bar with transfers a second, counted from where this run began."""

    def __init__(self, bar: Progress) -> None:
        self._bar = bar
        self._id = bar.add_task("", total=None, day="reading", days="", rate="")
        self._transfers_before: int | None = None

    def __call__(self, done: int, total: int, transfers: int, day: date, /) -> None:
        if self._transfers_before is None:
            self._transfers_before = transfers
            self._bar.reset(self._id, total=total, completed=done)
        task: Task = self._bar.tasks[self._id]
        rate = ""
        if task.elapsed:
            rate = f"{(transfers - self._transfers_before) / task.elapsed:,.0f} transfers/s"
        days = f"{done}/{total} days"
        self._bar.update(self._id, completed=done, day=day, days=days, rate=rate)

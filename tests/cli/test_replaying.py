"""The replay's options, progress and report, with a replay that only pretends."""

import io
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import msgspec
import pytest
from rich.console import Console
from rich.progress import Progress

from venule.cli import replaying
from venule.cli.exits import Exit

DAYS = 61


class Found(msgspec.Struct):
    """As much of a report as the command looks at."""

    books_balance: bool = True
    last_day: str = "2013-08-30"


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch, home: Path) -> list:
    """Replace the replay; return the options it was asked with."""
    asked = []
    open_home = partial(replaying.app.open_home, readonly=True)

    def run(options, _open_home, tick):
        asked.append(options)
        for done in range(1, DAYS + 1):
            tick(done, DAYS, 1_000 * done, date(2013, 6, 30) + timedelta(days=done))
        return Found(books_balance=options.seed != 13)

    monkeypatch.setattr(replaying, "run", run)
    monkeypatch.setattr(replaying.app, "open_home", lambda _path, *, readonly: open_home(home))
    monkeypatch.setattr(replaying, "summary", lambda report: [("days", str(DAYS))])
    return asked


def test_it_says_what_to_look_at_next(venule, pretend):
    answer = venule("replay", "--home", "h", "--report", "r")

    assert Exit.OK == answer.code
    for text in ("days", "61", "r/report.html", "venule verify h", "venule statement h 5\n"):
        assert text in answer.out
    assert [
        "replay: 2013-07-30, 30 of 61 days, 30,000 transfers",
        "replay: 2013-08-29, 60 of 61 days, 60,000 transfers",
        "replay: 2013-08-30, 61 of 61 days, 61,000 transfers",
    ] == answer.err.splitlines()


def test_json_is_the_report(venule, pretend):
    answer = venule("replay", "--json")

    assert {"books_balance": True, "last_day": "2013-08-30"} == answer.json


def test_books_that_do_not_balance(venule, pretend):
    assert Exit.REFUSED == venule("replay", "--seed", 13).code


def test_options_reach_the_replay(venule, pretend):
    venule("replay")
    venule(
        "replay", "--flows", "f", "--yields", "y", "--users", "u", "--calendar", "c", "--seed", 7
    )
    venule("replay", "--users-max", 5, "--days-max", 9)

    first, second, third = pretend
    assert (None, None, None, None) == (first.flows, first.yields, first.users, first.calendar)
    assert (Path("f"), Path("y"), Path("u"), Path("c"), 7) == (
        second.flows,
        second.yields,
        second.users,
        second.calendar,
        second.seed,
    )
    assert (5, 9, first.seed) == (third.users_max, third.days_max, third.seed)


def test_the_bar_shows_days_and_rate():
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100)
    with Progress(*replaying.COLUMNS, console=console, auto_refresh=False) as progress:
        bar = replaying.Bar(progress)
        bar(100, 365, 5_000, date(2013, 10, 8))
        bar(101, 365, 6_000, date(2013, 10, 9))
        progress.refresh()

    assert "2013-10-09" in screen.getvalue()
    assert "101/365 days" in screen.getvalue()
    assert "transfers/s" in screen.getvalue()

"""The replay itself, through the services: totals, kills, and homes that are not its own."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from support.postgres import PostgresServer
from venule import app
from venule.replay import ReplayHomeDiffers, ReplayOptions, Report, run
from venule.replay.inputs import read_inputs
from venule.replay.plan import make_plan

TIMES = {"seconds", "transfers_per_s", "peak_rss_mb"}

# Runs the replay of `options` and dies by SIGKILL around its n-th group: before it, behind it.
KILLED = """
import os, signal, sys
import msgspec
from venule import app
from venule.kit.home import Home
from venule.replay import ReplayOptions, run

options = msgspec.json.decode(sys.argv[1], type=ReplayOptions, dec_hook=lambda kind, v: kind(v))
countdown, behind = int(sys.argv[2]), sys.argv[3] == "behind"
group = Home.run_many

def run_many(home, calls):
    global countdown
    countdown -= 1
    if countdown == 0 and not behind:
        os.kill(os.getpid(), signal.SIGKILL)
    outcomes = group(home, calls)
    if countdown == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return outcomes

Home.run_many = run_many
run(options, app.open_home)
"""


def _options(folder: Path, **more: object) -> ReplayOptions:
    settled = {"home": folder / "home", "report": folder / "report", "seed": 5}
    return ReplayOptions(**{**settled, "users_max": 4_000, "days_max": 16, **more})


def _figures(folder: Path) -> dict[str, object]:
    figures = json.loads((folder / "report" / "report.json").read_text())
    return {name: value for name, value in figures.items() if name not in TIMES}


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> tuple[Path, Report, list[object]]:
    folder = tmp_path_factory.mktemp("replay")
    ticks: list[object] = []
    report = run(_options(folder), app.open_home, lambda *tick: ticks.append(tick))
    return folder, report, ticks


def test_a_replay_meets_its_flows(finished):
    _, report, _ = finished

    assert (16, 4_000, []) == (report.days, report.users, report.breaks)
    assert report.books_balance
    assert 0 == report.yield_mismatches
    assert report.income_days_within_1pct == report.income_days
    assert report.transfers > 1_000


def test_progress_is_told_after_each_day(finished):
    _, report, ticks = finished

    assert [(done, 16) for done in range(17)] == [(done, total) for done, total, _, _ in ticks]
    assert report.transfers == ticks[-1][2]
    assert str(ticks[-1][3]) == report.last_day


def test_the_home_is_proved_from_its_files(finished):
    folder, *_ = finished

    verified = app.verify(folder / "home")

    assert verified.ok, verified.faults


def test_a_finished_home_is_only_reported_on(finished):
    folder, *_ = finished
    before = _figures(folder)
    database = (folder / "home" / "home.sqlite").read_bytes()
    (folder / "report" / "report.json").unlink()

    run(_options(folder), app.open_home)

    assert before == _figures(folder)
    assert database == (folder / "home" / "home.sqlite").read_bytes()


@pytest.mark.parametrize("other", [{"seed": 6}, {"users_max": 3_999}, {"days_max": 15}])
def test_a_home_of_other_inputs_is_refused(finished, other):
    folder, *_ = finished
    before = _figures(folder)

    with pytest.raises(ReplayHomeDiffers):
        run(_options(folder, **other), app.open_home)

    assert before == _figures(folder)


def test_a_home_of_something_else_is_refused(tmp_path):
    from venule.wallet import OurBankAccount, SetUp, set_up

    bank = OurBankAccount("own", "Bank", "1")
    with app.open_home(tmp_path / "home") as home:
        home.run(set_up, SetUp((OurBankAccount("reserve", "Bank", "2"),), bank))

    with pytest.raises(ReplayHomeDiffers):
        run(_options(tmp_path), app.open_home)


def _run_and_kill(folder: Path, group: int, where: str) -> int:
    encoded = msgspec.json.encode(_options(folder), enc_hook=str).decode()
    return subprocess.run(
        [sys.executable, "-c", KILLED, encoded, str(group), where], capture_output=True, timeout=200
    ).returncode


@pytest.mark.parametrize(
    "groups",
    [
        [(1, "before"), (1, "behind"), (3, "behind"), (6, "before")],  # while all is founded
        [(40, "before"), (9, "behind"), (11, "behind")],
        [(71, "behind"), (2, "before"), (5, "before")],
    ],
)
def test_a_killed_replay_goes_on_and_ends_alike(finished, tmp_path, groups):
    folder, *_ = finished

    for group, where in groups:
        assert -signal.SIGKILL == _run_and_kill(tmp_path, group, where)
    run(_options(tmp_path), app.open_home)

    assert _figures(folder) == _figures(tmp_path)
    assert app.verify(tmp_path / "home").ok


def test_holdings_in_the_books_are_those_of_the_plan(finished):
    """Income apart, every user holds what he bought and did not take out."""
    from venule.fund import holding
    from venule.replay.model import KINDS_IN, KINDS_OUT
    from venule.replay.steps import FUND, USER
    from venule.replay.store import load_members

    folder, report, _ = finished
    plan = make_plan(read_inputs(_options(folder)))
    principal = plan.opening + plan.by_user(KINDS_IN) - plan.by_user(KINDS_OUT)

    def held(tx):
        found = []
        for number, member in enumerate(load_members(tx.sql, USER)):
            if plan.population.joins[number] < plan.population.never:
                mine = holding(tx, FUND, member)
                found.append(mine.total + mine.in_transit - int(principal[number]))
        return found

    with app.open_home(folder / "home", readonly=True) as home:
        income = home.read(held)

    assert min(income) >= 0
    assert report.income_fen == sum(income)


def test_the_first_real_days(fund_data, tmp_path):
    report = run(
        ReplayOptions(
            home=tmp_path / "home",
            report=tmp_path / "report",
            flows=fund_data / "daily_flows.csv",
            yields=fund_data / "daily_yield.csv",
            users=fund_data / "users.csv.gz",
            calendar=fund_data / "calendar.csv",
            users_max=2_000,
            days_max=15,
        ),
        app.open_home,
    )

    assert (15, 2_000, []) == (report.days, report.users, report.breaks)
    assert report.books_balance
    assert 0 == report.yield_mismatches
    assert "real" == report.totals_are
    assert report.transfers > 1_000


def test_a_refused_command_ends_the_replay_for_good(tmp_path, monkeypatch):
    """The plan and the books disagree: whoever comes again is told so, and nothing goes on."""
    from venule.fund import FundingOrder, PayFromFund, pay_from_fund
    from venule.replay import ReplayStepRefused, steps

    def cash_only(tx, command: PayFromFund):
        changed = msgspec.structs.replace(command, funding=FundingOrder.CASH_ONLY)
        return pay_from_fund(tx, changed)

    monkeypatch.setattr(steps, "pay_from_fund", cash_only)
    with pytest.raises(ReplayStepRefused) as first:
        run(_options(tmp_path), app.open_home)
    monkeypatch.undo()
    with pytest.raises(ReplayStepRefused) as again:
        run(_options(tmp_path), app.open_home)

    assert "afternoon" in first.value.message
    assert first.value.message in again.value.message
    assert not (tmp_path / "report").exists()
    assert app.verify(tmp_path / "home").ok


def test_a_second_writer_is_refused(tmp_path):
    from venule.kit.errors import HomeLocked

    def second(done, _total, _transfers, _day):
        if done == 2:
            with pytest.raises(HomeLocked):
                run(_options(tmp_path, days_max=3), app.open_home)

    assert run(_options(tmp_path, days_max=3), app.open_home, second).books_balance


def test_the_same_books_in_a_database(finished, postgres: PostgresServer, tmp_path):
    """Day by day the same commands: the journals are equal to the last hash."""
    folder, report, _ = finished
    address = postgres.address()
    other = run(_options(tmp_path, home=address), app.open_home)

    assert report.books_balance
    expected, seen = (app.verify(place).checked for place in (folder / "home", address))
    assert expected["journal_hash"] == seen["journal_hash"]
    assert _figures(folder) == _figures(tmp_path)
    assert other == run(_options(tmp_path, home=address), app.open_home)  # only reported on

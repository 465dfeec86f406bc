"""The report: figures, the page that opens offline, and files put in place at once."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path

import msgspec
import numpy as np
import pytest

from venule.fund import net_income_of
from venule.replay import Break, ReplayOptions, Report, ReportNotWritable, output, summary
from venule.replay.inputs import read_inputs
from venule.replay.model import KIND_COLUMNS
from venule.replay.page import render
from venule.replay.plan import make_plan
from venule.replay.report import Measured, make_report, yuan
from venule.replay.rules import first_income_day
from venule.replay.store import DayDone

# The keys that others rely on.
KEYS = {
    "days",
    "users",
    "transfers",
    "breaks",
    "income_fen",
    "income_real_fen",
    "income_days_within_1pct",
    "yield_mismatches",
    "books_balance",
    "seconds",
    "transfers_per_s",
    "peak_rss_mb",
}


def _days(inputs, plan):
    """What the books would say, if the services did nothing but their sums."""
    balance, pending, waiting, days = int(plan.opening.sum()), 0, {}, []
    per_10k = dict(zip(inputs.yields.days, inputs.yields.per_10k_e4.tolist(), strict=True))
    for day in plan.days:
        pending -= waiting.pop(day.day, 0)
        income = net_income_of(per_10k[day.day], balance - pending)
        sums = day.sums()
        staying = int(sums[:2].sum()) - int(day.at_once.fen.sum())
        earns_on = first_income_day(day.day)
        waiting[earns_on] = waiting.get(earns_on, 0) + staying
        pending += staying
        balance += int(sums[:2].sum() - sums[2:].sum()) + income
        days.append(DayDone(day.index, day.day, balance, income, balance - pending, 9, 50))
    return days


@pytest.fixture(scope="module")
def made(builtin):
    inputs = builtin(days=20)
    plan = make_plan(inputs)
    days = _days(inputs, plan)
    report = make_report(inputs, plan, days, True, Measured(2.5, 321))
    return inputs, plan, days, report


def test_the_figures(made):
    *_, report = made

    assert KEYS <= set(msgspec.to_builtins(report))
    assert (20, 300, 50, []) == (report.days, report.users, report.transfers, report.breaks)
    assert (0, 359) == (report.yield_mismatches, report.yield_windows)
    assert report.income_days_within_1pct == report.income_rules[0].days_within_1pct
    assert (2.5, 20, 321) == (report.seconds, report.transfers_per_s, report.peak_rss_mb)
    assert "generated" == report.totals_are
    assert {"days", "wallets", "breaks in the source"} <= {name for name, _ in summary(report)}


def test_a_break_and_a_wrong_yield_are_found(made):
    inputs, plan, days, _ = made
    columns = {name: column.copy() for name, column in inputs.flows.columns.items()}
    columns["balance_fen"][12:] -= 100
    columns["prev_balance_fen"][13:] -= 100
    yields = inputs.yields.yield_7d_milli.copy()
    yields[200] += 1
    flows = type(inputs.flows)(inputs.flows.days, columns, inputs.flows.source)
    spoiled = type(inputs)(
        **vars(inputs)
        | {
            "flows": flows,
            "yields": type(inputs.yields)(
                inputs.yields.days, inputs.yields.per_10k_e4, yields, "test"
            ),
        }
    )

    report = make_report(spoiled, plan, days, True, Measured(1, 1))

    assert [Break(inputs.flows.days[12], -100)] == report.breaks
    assert 1 == report.yield_mismatches


def test_the_real_year_has_exactly_one_break(fund_data):
    inputs = read_inputs(
        ReplayOptions(
            home=Path("nowhere"),
            report=Path("nowhere"),
            flows=fund_data / "daily_flows.csv",
            yields=fund_data / "daily_yield.csv",
            users=fund_data / "users.csv.gz",
        )
    )
    plan = make_plan(inputs)

    report = make_report(inputs, plan, _days(inputs, plan), True, Measured(1, 1))

    assert [("2013-08-13", -100)] == [(str(found.date), found.fen) for found in report.breaks]
    assert (0, 359) == (report.yield_mismatches, report.yield_windows)
    assert report.income_share_within_1pct >= 0.88
    books, sums_only, calendar = report.income_rules
    assert 315 == sums_only.days_within_1pct < books.days_within_1pct
    assert calendar.days_within_1pct < sums_only.days_within_1pct


class Elements(HTMLParser):
    """Collects what a page would load from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.loads = []
        self.ids = []

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("src", "href", "action", "data", "srcset", "poster"):
                self.loads.append((tag, value))
            if name == "id":
                self.ids.append(value)


def test_the_page_needs_nothing_from_elsewhere(made):
    inputs, plan, days, report = made
    page = render(report, inputs, plan, days)
    parser = Elements()
    parser.feed(page)

    assert [] == parser.loads
    assert not re.search(r"@import|url\(\s*['\"]?https?:", page.split("</style>")[0])
    assert {"balance", "flows", "income", "yields", "data"} <= set(parser.ids)
    assert 3 == page.count("</script>")
    assert "The users and the daily totals are generated" in page
    assert "echarts" in page


def test_the_page_has_the_figures_of_every_day(made):
    inputs, plan, days, report = made
    page = render(report, inputs, plan, days)
    data = json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])

    assert [str(day.happened_on) for day in days] == data["days"]
    assert [day.balance_fen / 100 for day in days] == data["balance"]
    assert len(KIND_COLUMNS) == len(data["flows"])
    assert [None] * 6 == data["yield_ours"][:6]
    assert data["yield_published"][6:] == data["yield_ours"][6:]


def test_a_hostile_file_name_stays_text(made):
    inputs, plan, days, report = made
    named = msgspec.structs.replace(
        report,
        totals_are="real",
        sources=report.sources | {"flows": "</script><script>alert(1)</script>"},
    )

    page = render(named, inputs, plan, days)

    assert "<script>alert" not in page
    assert "The users are generated, the daily totals are real." in page


def test_files_are_put_in_place_whole(made, tmp_path):
    *_, report = made
    folder = tmp_path / "a" / "b"

    output.write(folder, report, "<p>one</p>")
    output.write(folder, report, "<p>two</p>")

    assert ["report.html", "report.json"] == sorted(path.name for path in folder.iterdir())
    assert "<p>two</p>" == (folder / "report.html").read_text()
    read = msgspec.json.decode((folder / "report.json").read_bytes(), type=Report)
    assert report == read


def test_a_directory_in_the_way_is_told(made, tmp_path):
    *_, report = made
    (tmp_path / "report.json").mkdir()

    with pytest.raises(ReportNotWritable):
        output.write(tmp_path, report, "")

    assert ["report.html", "report.json"] == sorted(path.name for path in tmp_path.iterdir())


@pytest.mark.parametrize(
    "fen, text", [(0, "0.00"), (-100, "-1.00"), (5, "0.05"), (548_709_852, "5,487,098.52")]
)
def test_yuan(fen, text):
    assert text == yuan(fen)


def test_income_of_nothing_real_is_no_fault(made):
    inputs, plan, days, _ = made
    columns = inputs.flows.columns | {"income_fen": np.zeros(20, dtype=np.int64)}
    flows = type(inputs.flows)(inputs.flows.days, columns, "test")
    without = type(inputs)(**vars(inputs) | {"flows": flows})

    report = make_report(without, plan, days, True, Measured(0, 1))

    assert 0 == report.income_real_fen
    assert 0 == report.income_days_within_1pct
    assert "Infinity" not in render(report, without, plan, days)

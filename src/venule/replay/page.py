"""report.html: one file that opens offline, with the charts' library and the figures in it."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Any, Final

import msgspec
from jinja2 import Environment, StrictUndefined

from venule.fund import seven_day_yield
from venule.replay.inputs import Inputs
from venule.replay.model import Ints, Kind
from venule.replay.plan import PASSED_ON_PERCENT, SPENT_AT_ONCE_PERCENT, Plan
from venule.replay.report import YIELD_WINDOW, Report, yuan
from venule.replay.store import DayDone

BREAKS_SHOWN: Final = 20


def render(report: Report, inputs: Inputs, plan: Plan, days: Sequence[DayDone]) -> str:
    """Return the page."""
    real = report.totals_are == "real"
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    )
    environment.filters |= {"yuan": yuan, "percent": lambda part: f"{100 * part:.2f} %"}
    template = environment.from_string(_asset("report.html.j2"))
    return template.render(
        BREAKS_SHOWN=BREAKS_SHOWN,
        title="A year of Yu’e Bao, replayed" if real else "A year of a money fund, replayed",
        lead=_lead(report),
        note=_note(report),
        real="real" if real else "expected",
        figures=_figures(report),
        texts=_texts(report),
        provenance=_provenance(report),
        report=report,
        css=_asset("report.css"),
        echarts=_asset("echarts.min.js"),
        script=_asset("report.js"),
        data=_json(_series(report, inputs, plan, days)),
    )


def _asset(name: str) -> str:
    return (resources.files("venule.replay") / "assets" / name).read_text(encoding="utf-8")


def _json(value: object) -> str:
    """Encode for a script element: nothing in it can close the element."""
    return msgspec.json.encode(value).decode().replace("<", "\\u003c")


def _series(report: Report, inputs: Inputs, plan: Plan, days: Sequence[DayDone]) -> dict[str, Any]:
    flows = inputs.flows
    published = dict(zip(inputs.yields.days, inputs.yields.yield_7d_milli.tolist(), strict=True))
    per_10k = inputs.yields.per_10k_e4.tolist()
    ours: dict[Any, float | None] = {}
    for index, day in enumerate(inputs.yields.days):
        window = per_10k[index + 1 - YIELD_WINDOW : index + 1] if index + 1 >= YIELD_WINDOW else []
        ours[day] = seven_day_yield(window) / 1000 if window else None
    place = {day: index for index, day in enumerate(flows.days)}
    balance_real = flows["balance_fen"].tolist()
    return {
        "days": [str(day) for day in flows.days],
        "balance": [day.balance_fen / 100 for day in days],
        "balance_real": [fen / 100 for fen in balance_real],
        "flows": [_yuan_list(flows.kind(kind)) for kind in Kind],
        "income": [day.income_fen / 100 for day in days],
        "income_real": _yuan_list(flows["income_fen"]),
        "yield_ours": [ours[day] for day in flows.days],
        "yield_published": [published[day] / 1000 for day in flows.days],
        "breaks": [
            {
                "date": str(found.date),
                "at": balance_real[place[found.date]] / 100,
                "yuan": found.fen / 100,
            }
            for found in report.breaks[:BREAKS_SHOWN]
        ],
    }


def _yuan_list(fen: Ints) -> list[float]:
    return [value / 100 for value in fen.tolist()]


def _lead(report: Report) -> str:
    return (
        f"From {report.first_day} to {report.last_day} {report.users:,} wallets bought and "
        "redeemed fund shares, spent them in shops and earned income every day. Each movement went "
        "through the wallet, the fund and the double-entry ledger; then the books were compared "
        "with the source."
    )


def _note(report: Report) -> str:
    if report.totals_are == "real":
        return "The users are generated, the daily totals are real."
    return "The users and the daily totals are generated; the fund’s daily yields are real."


def _figures(report: Report) -> list[dict[str, str]]:
    def figure(name: str, value: str, small: str, mood: str = "") -> dict[str, str]:
        return {"name": name, "value": value, "small": small, "mood": mood}

    breaks = ", ".join(f"{found.fen:,} fen on {found.date}" for found in report.breaks[:2])
    mismatches = report.yield_mismatches
    return [
        figure("Days", f"{report.days:,}", f"{report.first_day} to {report.last_day}"),
        figure("Wallets", f"{report.users:,}", f"{report.users_joined:,} joined the fund"),
        figure("Ledger transfers", f"{report.transfers:,}", f"{report.transfers_per_s:,} a second"),
        figure(
            "Books",
            "balance" if report.books_balance else "do not balance",
            "to the fen" if report.books_balance else "see the log",
            "good" if report.books_balance else "bad",
        ),
        figure("Breaks in the source", str(len(report.breaks)), breaks or "none"),
        figure(
            "Income credited, yuan",
            yuan(report.income_fen),
            f"{'real' if report.totals_are == 'real' else 'in the flows'}: "
            f"{yuan(report.income_real_fen)}",
        ),
        figure(
            "Income within 1 %",
            f"{100 * report.income_share_within_1pct:.1f} %",
            f"{report.income_days_within_1pct} of {report.income_days} days",
        ),
        figure(
            "Yield mismatches",
            str(mismatches),
            f"of {report.yield_windows} published",
            "bad" if mismatches else "good",
        ),
    ]


def _texts(report: Report) -> dict[str, str]:
    drift = report.balance_fen - report.balance_real_fen
    kind = report.totals_are
    movements = sum(report.movements.values())
    plain = report.income_rules[1]
    return {
        "balance": (
            f"The books end {yuan(abs(drift))} yuan {'above' if drift >= 0 else 'below'} the "
            "source: the sum of the daily differences in income, and of the breaks."
        ),
        "flows": (
            f"{movements:,} movements of members add up to the {kind} totals of each day, "
            "component by component, to the fen."
        ),
        "income": (
            "The fund works out each day’s income from the published income per 10,000 shares and "
            "the shares that earn by the rule of natural days, and credits it holder by holder. "
            f"{yuan(report.at_once_fen)} yuan went in and out on one day and never earned; daily "
            f"sums cannot show that, and without it {plain.days_within_1pct} days would be within "
            "1 %. What was bought just before the first day is not known, so that the first days "
            "earn too much. A fund in production goes by its calendar of open days instead."
        ),
        "yields": (
            "Worked out from the published daily income by compounding seven days, and compared "
            f"with what the fund published: {report.yield_mismatches} of {report.yield_windows} "
            "differ."
        ),
        "concentration": (
            "The sizes of the generated users are drawn such that the largest have about the "
            "published part of all purchases and redemptions."
        ),
        "breaks": (
            "Days on which the source’s balance moves otherwise than its own flows say, with its "
            "own income."
        ),
    }


def _provenance(report: Report) -> list[str]:
    sources = report.sources
    totals = (
        f"Daily totals (purchases, redemptions and their parts, income): real, {sources['flows']}."
        if report.totals_are == "real"
        else "Daily totals: generated, with the published number of new users a month."
    )
    people = (
        f"How often each user acts: {sources['users']}. Who is who, who acts on which day and how "
        "much: generated from the seed."
    )
    assumed = (
        f"How much money goes in and out on one day: assumed ({SPENT_AT_ONCE_PERCENT} % of what is "
        f"spent in shops, {PASSED_ON_PERCENT} % of what is redeemed to wallet or bank); no figure "
        "is published."
    )
    return [
        totals,
        f"Daily income and seven-day yield of the fund: as published, {sources['yields']}.",
        people,
        assumed,
        f"Business days: {sources['calendar']}.",
    ]

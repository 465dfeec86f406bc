"""What a replay found: the report, from the inputs, the plan and the days in the books."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec
import numpy as np

from venule.fund import seven_day_yield
from venule.replay.inputs import Inputs
from venule.replay.model import KIND_COLUMNS, KINDS_IN, KINDS_OUT, Break, Ints, Kind, Yields
from venule.replay.plan import Plan
from venule.replay.rules import (
    PUBLISHED_SHARES,
    find_breaks,
    modelled_income,
    top_shares,
    within_1_percent,
)
from venule.replay.store import DayDone

YIELD_WINDOW: Final = 7
SHARE_DIGITS: Final = 4
RATIO_DIGITS: Final = 6


class IncomeRule(msgspec.Struct, frozen=True):
    """How a rule's income compares with the real one. ratio: real / ours over all days."""

    name: str
    income_fen: int
    days_within_1pct: int
    share_within_1pct: float
    ratio: float
    worst_day: str
    worst_pct: float


class Concentration(msgspec.Struct, frozen=True):
    """Which part of all purchases and redemptions a group of the largest users made."""

    group: str
    purchases: float
    purchases_published: float
    redemptions: float
    redemptions_published: float


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of report.json. Amounts in fen; all but the last three repeat exactly.

    users: wallets. transfers: in the ledger's journal. breaks: source minus books.
    income_days_within_1pct: of `income_days`. yield_mismatches: published seven-day yields that
    differ from ours, of `yield_windows`. movements: commands of members, by kind.
    at_once_fen: what was bought and taken out again the same day, before it could earn.
    """

    days: int
    users: int
    transfers: int
    breaks: list[Break]
    income_fen: int
    income_real_fen: int
    income_days_within_1pct: int
    yield_mismatches: int
    books_balance: bool
    first_day: str
    last_day: str
    income_days: int
    income_share_within_1pct: float
    income_rules: list[IncomeRule]
    yield_windows: int
    balance_fen: int
    balance_real_fen: int
    users_joined: int
    movements: dict[str, int]
    at_once_fen: int
    concentration: list[Concentration]
    totals_are: str
    users_are: str
    sources: dict[str, str]
    seed: int
    inputs_sha256: str
    seconds: float
    transfers_per_s: int
    peak_rss_mb: int


class Measured(msgspec.Struct, frozen=True):
    """What differs from run to run."""

    seconds: float
    peak_rss_mb: int


def make_report(
    inputs: Inputs, plan: Plan, days: Sequence[DayDone], books_balance: bool, measured: Measured
) -> Report:
    """Compare the books with the source."""
    flows = inputs.flows
    ours = np.array([day.income_fen for day in days], dtype=np.int64)
    real = flows["income_fen"]
    rules = _income_rules(inputs, plan, ours)
    mismatches, windows = check_yields(inputs.yields)
    transfers = days[-1].transfers
    return Report(
        days=len(days),
        users=len(plan.population),
        transfers=transfers,
        breaks=find_breaks(flows, movements_with_real_income(inputs, plan, days)),
        income_fen=int(ours.sum()),
        income_real_fen=int(real.sum()),
        income_days_within_1pct=rules[0].days_within_1pct,
        yield_mismatches=mismatches,
        books_balance=books_balance,
        first_day=str(flows.days[0]),
        last_day=str(flows.days[-1]),
        income_days=len(days),
        income_share_within_1pct=rules[0].share_within_1pct,
        income_rules=rules,
        yield_windows=windows,
        balance_fen=days[-1].balance_fen,
        balance_real_fen=int(flows["balance_fen"][-1]),
        users_joined=int((plan.population.joins < plan.population.never).sum()),
        movements=_movements(plan),
        at_once_fen=int(_at_once(plan).sum()),
        concentration=_concentration(plan),
        totals_are="generated" if flows.source == "generated" else "real",
        users_are="generated",
        sources={
            "flows": flows.source,
            "yields": inputs.yields.source,
            "users": inputs.users.source,
            "calendar": inputs.calendar_source,
        },
        seed=inputs.seed,
        inputs_sha256=inputs.digest,
        seconds=round(measured.seconds, 3),
        transfers_per_s=round(transfers / max(measured.seconds, 0.001)),
        peak_rss_mb=measured.peak_rss_mb,
    )


def movements_with_real_income(inputs: Inputs, plan: Plan, days: Sequence[DayDone]) -> Ints:
    """Return how all holdings moved each day, the real income in place of ours."""
    closing = np.array([day.balance_fen for day in days], dtype=np.int64)
    income = np.array([day.income_fen for day in days], dtype=np.int64)
    moved = np.diff(closing, prepend=np.int64(plan.opening.sum()))
    answer: Ints = moved - income + inputs.flows["income_fen"]
    return answer


def check_yields(yields: Yields) -> tuple[int, int]:
    """Recompute each published seven-day yield; return how many differ, and of how many."""
    per_10k = yields.per_10k_e4.tolist()
    ends = range(YIELD_WINDOW, len(per_10k) + 1)
    ours = [seven_day_yield(per_10k[end - YIELD_WINDOW : end]) for end in ends]
    published = yields.yield_7d_milli[YIELD_WINDOW - 1 :].tolist()
    return sum(a != b for a, b in zip(ours, published, strict=True)), len(ours)


def _at_once(plan: Plan) -> Ints:
    return np.array([int(day.at_once.fen.sum()) for day in plan.days], dtype=np.int64)


def _income_rules(inputs: Inputs, plan: Plan, ours: Ints) -> list[IncomeRule]:
    """Compare what the books credited, and both rules worked out from daily sums alone."""
    flows, yields = inputs.flows, inputs.yields
    bought = flows["purchase_direct_fen"]
    staying = bought - _at_once(plan)
    incomes = {
        "natural days, in the books": ours,
        "natural days, daily sums only": modelled_income(flows, yields, bought),
        "production calendar": modelled_income(flows, yields, staying, inputs.fund_days),
    }
    return [_income_rule(inputs, name, income) for name, income in incomes.items()]


def _income_rule(inputs: Inputs, name: str, income: Ints) -> IncomeRule:
    real = inputs.flows["income_fen"]
    near = int(within_1_percent(income, real).sum())
    off = (income - real) / np.maximum(real, 1)
    worst = int(np.argmax(np.abs(off)))
    return IncomeRule(
        name=name,
        income_fen=int(income.sum()),
        days_within_1pct=near,
        share_within_1pct=round(near / len(real), SHARE_DIGITS),
        ratio=round(int(real.sum()) / max(int(income.sum()), 1), RATIO_DIGITS),
        worst_day=str(inputs.flows.days[worst]),
        worst_pct=round(100 * float(off[worst]), 2),
    )


def _movements(plan: Plan) -> dict[str, int]:
    names = [column.removesuffix("_fen") for column in KIND_COLUMNS]
    counts = {
        name: sum(len(day.moves[Kind(n)]) for day in plan.days) for n, name in enumerate(names)
    }
    return counts | {"in_and_out_the_same_day": sum(len(day.at_once) for day in plan.days)}


def _concentration(plan: Plan) -> list[Concentration]:
    users = len(plan.population)
    bought = top_shares(plan.by_user(KINDS_IN), users)
    redeemed = top_shares(plan.by_user(KINDS_OUT), users)
    return [
        Concentration(
            group=name,
            purchases=round(bought[n], SHARE_DIGITS),
            purchases_published=purchases,
            redemptions=round(redeemed[n], SHARE_DIGITS),
            redemptions_published=redemptions,
        )
        for n, (name, _, purchases, redemptions) in enumerate(PUBLISHED_SHARES)
    ]


def summary(report: Report) -> list[tuple[str, str]]:
    """Return the rows of the closing table: what, and the figure."""
    breaks = "; ".join(f"{found.date}: {found.fen} fen" for found in report.breaks) or "none"
    theirs = "real" if report.totals_are == "real" else "of the generated flows"
    near = f"{report.income_days_within_1pct} of {report.income_days} days"
    return [
        ("days", f"{report.days:,} ({report.first_day} to {report.last_day})"),
        ("wallets", f"{report.users:,} ({report.users_joined:,} joined)"),
        ("transfers", f"{report.transfers:,}"),
        ("breaks in the source", breaks),
        ("income, ours", f"{yuan(report.income_fen)} yuan"),
        (f"income, {theirs}", f"{yuan(report.income_real_fen)} yuan"),
        ("income within 1 %", f"{near} ({report.income_share_within_1pct:.1%})"),
        ("yield mismatches", f"{report.yield_mismatches} of {report.yield_windows}"),
        ("books balance", "yes" if report.books_balance else "NO"),
        ("seconds", f"{report.seconds:.1f} ({report.transfers_per_s:,} transfers/s)"),
    ]


def yuan(fen: int) -> str:
    """Write fen as yuan, such as 5,487,098.52."""
    sign = "-" if fen < 0 else ""
    return f"{sign}{abs(fen) // 100:,}.{abs(fen) % 100:02}"

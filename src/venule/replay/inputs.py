"""The inputs of a replay, read whole and checked before anything is changed."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Final

import numpy as np

from venule.kit.calendar import Calendar, china_2013_2014, load_calendars
from venule.kit.errors import BadFile, CalendarExhausted, FileEmpty
from venule.replay import scenario
from venule.replay.errors import (
    FlowIdentityBroken,
    ReplayDayUncovered,
    ReplayOptionWrong,
    UserDoubled,
)
from venule.replay.files import Row, read_rows
from venule.replay.model import FLOW_COLUMNS, Flows, ReplayOptions, Users, Yields

FORMAT: Final = 1
"""Raised when the same inputs would give another plan: homes of the older plan are refused."""

FEN_MAX: Final = 10**15
"""10 trillion yuan, more than all of China's money funds; a year of it fits 64 bits."""
USERS_MAX: Final = 10_000_000
SEED_MAX: Final = 2**63 - 1
ACTIVE_DAYS_MAX: Final = 100_000
YIELD_7D_PERCENT_MAX: Final = 1_000
PER_10K_YUAN_MAX: Final = 100
"""A hundred times what a money fund earns; a wallet's balance times this fits 64 bits."""

_IDENTITIES: Final = (
    ("purchase_direct_fen", "purchase_from_wallet_fen", "purchase_from_bank_fen"),
    ("purchase_total_fen", "purchase_direct_fen", "income_fen"),
    ("redeem_transfer_fen", "redeem_to_wallet_fen", "redeem_to_bank_fen"),
    ("redeem_total_fen", "redeem_consume_fen", "redeem_transfer_fen"),
)


@dataclass(frozen=True, eq=False)
class Inputs:
    """Everything a replay depends on. `digest`: equal inputs, options and plan, equal digest."""

    flows: Flows
    yields: Yields
    users: Users
    bank_days: Calendar
    fund_days: Calendar
    calendar_source: str
    seed: int
    users_max: int | None
    digest: str


def read_inputs(options: ReplayOptions) -> Inputs:
    """Read the files of the options, or what the package has in their place.

    Raises: BadFile, ReplayOptionWrong, CalendarExhausted. Changes nothing.
    """
    _check_options(options)
    yields = read_yields(options.yields) if options.yields else builtin_yields()
    users = read_users(options.users) if options.users else scenario.make_users(options.seed)
    if options.flows:
        flows = read_flows(options.flows)
    else:
        flows = scenario.make_flows(yields, len(users.active_days), options.seed)
    if options.calendar:
        bank_days, fund_days = load_calendars(options.calendar)
    else:
        bank_days, fund_days = china_2013_2014()
    if options.days_max is not None:
        flows = _first_days(flows, options.days_max)
    _check_cover(flows, yields, fund_days, options)
    inputs = Inputs(
        flows=flows,
        yields=yields,
        users=users,
        bank_days=bank_days,
        fund_days=fund_days,
        calendar_source=str(options.calendar.name) if options.calendar else "built in",
        seed=options.seed,
        users_max=options.users_max,
        digest="",
    )
    return Inputs(**{**vars(inputs), "digest": _digest(inputs)})


def _check_options(options: ReplayOptions) -> None:
    for name, value, low, high in (
        ("--seed", options.seed, 0, SEED_MAX),
        ("--users-max", options.users_max, 1, USERS_MAX),
        ("--days-max", options.days_max, 1, ACTIVE_DAYS_MAX),
    ):
        if value is not None and not low <= value <= high:
            raise ReplayOptionWrong(name, f"a whole number from {low} to {high}", str(value))


def read_flows(path: Path) -> Flows:
    """Read the daily sums; every identity but that of the balance must hold on every row.

    The identity of the balance is left to the reconciliation, which reports it.
    """
    days: list[date] = []
    table: list[list[int]] = []
    for row in read_rows(path, ("date", *FLOW_COLUMNS)):
        days.append(row.next_day(days[-1] if days else None))
        values = [row.whole(column, 0, FEN_MAX) for column in FLOW_COLUMNS]
        _check_row(row, dict(zip(FLOW_COLUMNS, values, strict=True)), table)
        table.append(values)
    columns = np.array(table, dtype=np.int64).T.copy()
    return Flows(tuple(days), dict(zip(FLOW_COLUMNS, columns, strict=True)), path.name)


def _check_row(row: Row, values: dict[str, int], before: list[list[int]]) -> None:
    for whole, left, right in _IDENTITIES:
        parts = values[left] + values[right]
        if values[whole] != parts:
            expected = f"{whole} = {left} + {right} = {parts}"
            raise row.wrong(FlowIdentityBroken, expected, str(values[whole]))
    if values["new_users"] > values["users"]:
        expected = f"new_users at most users = {values['users']}"
        raise row.wrong(FlowIdentityBroken, expected, str(values["new_users"]))
    if before:
        closing = before[-1][FLOW_COLUMNS.index("balance_fen")]
        if values["prev_balance_fen"] != closing:
            expected = f"prev_balance_fen = balance_fen of the row before = {closing}"
            raise row.wrong(FlowIdentityBroken, expected, str(values["prev_balance_fen"]))


def read_yields(path: Path, source: str | None = None) -> Yields:
    """Read the fund's published income per 10,000 shares and its seven-day yield, day by day."""
    days: list[date] = []
    table: list[tuple[int, int]] = []
    for row in read_rows(path, ("date", "income_per_10k", "yield_7d_pct")):
        days.append(row.next_day(days[-1] if days else None))
        per_10k = row.fixed("income_per_10k", 4, PER_10K_YUAN_MAX)
        table.append((per_10k, row.fixed("yield_7d_pct", 3, YIELD_7D_PERCENT_MAX)))
    columns = np.array(table, dtype=np.int64).T.copy()
    return Yields(tuple(days), columns[0], columns[1], source or path.name)


def builtin_yields() -> Yields:
    """Return the published yields that ship with the package (data/README.md tells of them)."""
    entry = resources.files("venule.replay") / "data" / "daily_yield.csv"
    with resources.as_file(entry) as path:
        return read_yields(path, "built in")


def read_users(path: Path) -> Users:
    """Read the sampled users; only how often each one acts is used."""
    seen: set[int] = set()
    active: list[int] = []
    for row in read_rows(path, ("user_id", "sex", "city", "active_days")):
        user = row.whole("user_id", 0, 10**18 - 1)
        if user in seen:
            raise row.wrong(UserDoubled, "each user_id once", str(user))
        seen.add(user)
        active.append(row.whole("active_days", 0, ACTIVE_DAYS_MAX))
    if len(active) > USERS_MAX:
        raise FileEmpty(str(path), 0, f"at most {USERS_MAX} users", str(len(active)))
    return Users(np.array(active, dtype=np.int64), path.name)


def _first_days(flows: Flows, count: int) -> Flows:
    columns = {name: column[:count] for name, column in flows.columns.items()}
    return Flows(flows.days[:count], columns, flows.source)


def _check_cover(flows: Flows, yields: Yields, fund: Calendar, options: ReplayOptions) -> None:
    """Every day of the flows needs a yield, and a fund calendar that reaches its confirmation."""
    published = set(yields.days)
    for index, day in enumerate(flows.days):
        place = (str(options.flows or "built-in flows"), index + 2)
        error: BadFile
        if day not in published:
            covered = f"{yields.days[0]} to {yields.days[-1]} ({yields.source})"
            error = ReplayDayUncovered(*place, f"a day with a published yield, {covered}", str(day))
            raise error
        try:
            fund.add_open(fund.next_open_or_same(day), 1)
        except CalendarExhausted as reason:
            covered = f"{reason.first} to {reason.last}"
            expected = f"a day whose confirmation the calendar covers, {covered}"
            raise ReplayDayUncovered(*place, expected, str(day)) from reason


def _digest(inputs: Inputs) -> str:
    """Hash what the replay depends on: values, not file names."""
    digest = hashlib.sha256(
        repr((FORMAT, inputs.seed, inputs.users_max, len(inputs.flows.days))).encode()
    )
    for name in FLOW_COLUMNS:
        digest.update(inputs.flows[name].tobytes())
    for days in (inputs.flows.days, inputs.yields.days):
        digest.update(",".join(map(str, days)).encode())
    for column in (inputs.yields.per_10k_e4, inputs.yields.yield_7d_milli):
        digest.update(column.tobytes())
    digest.update(inputs.users.active_days.tobytes())
    for calendar in (inputs.bank_days, inputs.fund_days):
        digest.update(repr((calendar.first, calendar.last)).encode())
        digest.update(",".join(map(str, sorted(calendar.open_days))).encode())
    return digest.hexdigest()

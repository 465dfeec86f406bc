"""SQL of the days: published income, runs with their steps and inputs, valuations."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

import msgspec
import numpy as np

from venule.fund.model import (
    DayClosed,
    Int64s,
    ShadowState,
    Step,
)
from venule.fund.schedule import DAY
from venule.fund.shadow import ShadowVerdict, Valuation
from venule.kit.sql import Row, Sql

_ALL_SHARDS: Final = 2**31
INT64: Final = np.dtype("<i8")


# Income


def load_income(sql: Sql, fund: str, on: date) -> tuple[int | None, int | None] | None:
    """Return a day's published net income (fen) and income per 10,000 (1e-4 yuan), one of them."""
    row: Any = sql.row(
        "SELECT net_income, per_10k_e4 FROM fund_income WHERE fund = ? AND income_on = ?",
        (fund, on.isoformat()),
    )
    return row  # type: ignore[no-any-return]


def insert_income(
    sql: Sql, fund: str, on: date, net_income: int | None, per_10k_e4: int | None, now_us: int
) -> None:
    """Write a day's published income."""
    sql.run(
        "INSERT INTO fund_income (fund, income_on, net_income, per_10k_e4, published_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (fund, on.isoformat(), net_income, per_10k_e4, now_us),
    )


# Runs


class Run(msgspec.Struct, frozen=True):
    """A day's run as it stands; see the migration for the columns."""

    fund: str
    on: date
    step: Step
    shards: int
    shard: int
    shares_earning: int
    holders: int
    net_income: int
    planned: int
    credited: int
    residue: int
    loss_left: int
    confirmed_in: int
    confirmed_out: int
    shares_total: int
    input_hash: bytes
    opened_at: int
    closed_at: int | None


class StepRecord(msgspec.Struct, frozen=True):
    """A step done: entries posted or rows changed, fen moved, hash of what it worked on."""

    on: date
    step: Step
    shard: int
    entries: int
    fen: int
    hash: bytes
    done_at: int


_RUN: Final = (
    "fund, run_on, step, shards, shard, shares_earning, holders, net_income, planned, credited,"
    " residue, loss_left, confirmed_in, confirmed_out, shares_total, input_hash, opened_at,"
    " closed_at"
)
_STEPS: Final = {step.value: step for step in Step}


def last_run(sql: Sql, fund: str) -> Run | None:
    """Return the latest run, open or closed."""
    row = sql.row(
        f"SELECT {_RUN} FROM fund_run WHERE fund = ? ORDER BY run_on DESC LIMIT 1",  # noqa: S608
        (fund,),
    )
    return None if row is None else _run(row)


def confirmed_through(sql: Sql, fund: str) -> date:
    """Return the last day whose orders are all confirmed; `date.min` before the first run."""
    run = last_run(sql, fund)
    if run is None:
        return date.min
    return run.on - DAY if run.step is Step.CONFIRM else run.on


def load_run(sql: Sql, fund: str, on: date) -> Run | None:
    """Return a day's run."""
    row = sql.row(
        f"SELECT {_RUN} FROM fund_run WHERE fund = ? AND run_on = ?",  # noqa: S608
        (fund, on.isoformat()),
    )
    return None if row is None else _run(row)


def load_runs(sql: Sql, fund: str) -> list[Run]:
    """Return all runs, in order."""
    rows = sql.rows(
        f"SELECT {_RUN} FROM fund_run WHERE fund = ? ORDER BY run_on",  # noqa: S608
        (fund,),
    )
    return [_run(row) for row in rows]


def _run(row: Row) -> Run:
    return Run(row[0], date.fromisoformat(row[1]), _STEPS[row[2]], *row[3:])


def save_run(sql: Sql, run: Run) -> None:
    """Write a run, new or changed."""
    sql.run(
        f"INSERT INTO fund_run ({_RUN})"  # noqa: S608
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (fund, run_on) DO UPDATE SET step = excluded.step, shard = excluded.shard,"
        " shares_earning = excluded.shares_earning, holders = excluded.holders,"
        " net_income = excluded.net_income, planned = excluded.planned,"
        " credited = excluded.credited, residue = excluded.residue,"
        " loss_left = excluded.loss_left, confirmed_in = excluded.confirmed_in,"
        " confirmed_out = excluded.confirmed_out, shares_total = excluded.shares_total,"
        " input_hash = excluded.input_hash, closed_at = excluded.closed_at",
        (
            run.fund,
            run.on.isoformat(),
            run.step.value,
            run.shards,
            run.shard,
            run.shares_earning,
            run.holders,
            run.net_income,
            run.planned,
            run.credited,
            run.residue,
            run.loss_left,
            run.confirmed_in,
            run.confirmed_out,
            run.shares_total,
            run.input_hash,
            run.opened_at,
            run.closed_at,
        ),
    )


def closed_of(run: Run, per_10k_e4: int) -> DayClosed:
    """Return a closed run as its answer."""
    return DayClosed(
        fund=run.fund,
        on=run.on,
        shares_earning=run.shares_earning,
        holders=run.holders,
        net_income=run.net_income,
        per_10k_e4=per_10k_e4,
        credited=run.credited,
        residue=run.residue,
        loss_left=run.loss_left,
        confirmed_in=run.confirmed_in,
        confirmed_out=run.confirmed_out,
        shares_total=run.shares_total,
        input_hash=run.input_hash,
    )


def insert_step(
    sql: Sql, run: Run, step: Step, shard: int, entries: int, fen: int, digest: bytes, now_us: int
) -> None:
    """Write that a step is done; a second time is a bug and breaks the primary key."""
    sql.run(
        "INSERT INTO fund_run_step (fund, run_on, step, shard, entries, fen, hash, done_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (run.fund, run.on.isoformat(), step.value, shard, entries, fen, digest, now_us),
    )


def load_steps(sql: Sql, fund: str, on: date) -> list[StepRecord]:
    """Return the steps done of a day's run, in order."""
    rows = sql.rows(
        "SELECT step, shard, entries, fen, hash, done_at FROM fund_run_step"
        " WHERE fund = ? AND run_on = ?",
        (fund, on.isoformat()),
    )
    records = [StepRecord(on, _STEPS[row[0]], *row[1:]) for row in rows]
    order = list(Step)
    return sorted(records, key=lambda record: (order.index(record.step), record.shard))


# Frozen inputs


class Part(msgspec.Struct, frozen=True):
    """One shard's frozen inputs and what was worked out from them; arrays of one length."""

    shard: int
    accounts: Int64s
    shares: Int64s
    credits: Int64s
    carry: Int64s


def insert_parts(sql: Sql, fund: str, on: date, parts: Iterable[Part]) -> None:
    """Write a run's frozen inputs."""
    sql.many(
        "INSERT INTO fund_run_part (fund, run_on, shard, accounts, shares, credits, carry)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (
                fund,
                on.isoformat(),
                part.shard,
                part.accounts.tobytes(),
                part.shares.tobytes(),
                part.credits.tobytes(),
                part.carry.tobytes() if part.carry.any() else b"",
            )
            for part in parts
        ],
    )


def save_credits(sql: Sql, fund: str, on: date, shard: int, credits: Int64s) -> None:
    """Write what a shard's holders really bore of a loss, where it is less than was worked out."""
    sql.run(
        "UPDATE fund_run_part SET credits = ? WHERE fund = ? AND run_on = ? AND shard = ?",
        (credits.tobytes(), fund, on.isoformat(), shard),
    )


def load_parts(sql: Sql, fund: str, on: date, shard: int | None = None) -> list[Part]:
    """Return the frozen inputs of a run, all shards or one."""
    first, last = (0, _ALL_SHARDS) if shard is None else (shard, shard)
    rows = sql.rows(
        "SELECT shard, accounts, shares, credits, carry FROM fund_run_part"
        " WHERE fund = ? AND run_on = ? AND shard BETWEEN ? AND ? ORDER BY shard",
        (fund, on.isoformat(), first, last),
    )
    return [_part(row) for row in rows]


def _part(row: Row) -> Part:
    accounts, shares, credits = (np.frombuffer(raw, INT64) for raw in row[1:4])
    carry = np.frombuffer(row[4], INT64) if row[4] else np.zeros(len(accounts), np.int64)
    return Part(row[0], accounts, shares, credits, carry)


def add_taken_over(sql: Sql, fund: str, on: date, accounts: Int64s, shares: Int64s) -> None:
    """Keep what was taken over as if it were the frozen input of the day before the first."""
    row = sql.row(
        "SELECT COUNT(*) FROM fund_run_part WHERE fund = ? AND run_on = ?", (fund, on.isoformat())
    )
    assert row is not None
    nothing = np.zeros(len(accounts), np.int64)
    sql.run(
        "INSERT INTO fund_import (fund, part, holders, shares) VALUES (?, ?, ?, ?)",
        (fund, row[0], len(accounts), int(shares.sum())),
    )
    insert_parts(sql, fund, on, [Part(row[0], accounts, shares, nothing, nothing)])


def drop_parts_before(sql: Sql, fund: str, on: date) -> None:
    """Let go of the frozen inputs of earlier days; their hashes stay."""
    sql.run("DELETE FROM fund_run_part WHERE fund = ? AND run_on < ?", (fund, on.isoformat()))


# Valuations


def load_valuations(sql: Sql, fund: str, count: int) -> list[tuple[Valuation, ShadowState]]:
    """Return the last `count` valuations, oldest first, each with the state after it."""
    rows = sql.rows(
        "SELECT valued_on, amortised, shadow, state FROM fund_valuation WHERE fund = ?"
        " ORDER BY valued_on DESC LIMIT ?",
        (fund, count),
    )
    return [
        (Valuation(date.fromisoformat(row[0]), row[1], row[2]), ShadowState(row[3]))
        for row in reversed(rows)
    ]


def insert_valuation(
    sql: Sql, fund: str, value: Valuation, verdict: ShadowVerdict, mend_by: date | None, now_us: int
) -> None:
    """Write a valuation and what it led to."""
    sql.run(
        "INSERT INTO fund_valuation (fund, valued_on, amortised, shadow, deviation_ppm, state,"
        " mend_by_on, reported_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            fund,
            value.on.isoformat(),
            value.amortised,
            value.shadow,
            verdict.deviation_ppm,
            verdict.state.value,
            None if mend_by is None else mend_by.isoformat(),
            now_us,
        ),
    )
    sql.run("UPDATE fund SET shadow_state = ? WHERE code = ?", (verdict.state.value, fund))


def total_loss_left(sql: Sql, fund: str) -> int:
    """Return what holders could not bear in all runs, in fen."""
    row = sql.row("SELECT COALESCE(SUM(loss_left), 0) FROM fund_run WHERE fund = ?", (fund,))
    assert row is not None
    return int(row[0])


def run_faults(sql: Sql, fund: str) -> list[Row]:
    """Return day, what, expected and seen where a run's sums are not those of its orders or of the
    income that was published."""
    rows = sql.rows(
        "SELECT r.run_on, 'confirmed in', COALESCE(SUM(o.confirmed), 0), r.confirmed_in"
        " FROM fund_run AS r LEFT JOIN fund_order AS o ON o.fund = r.fund"
        "  AND o.confirm_on = r.run_on AND o.kind = 'subscribe'"
        " WHERE r.fund = ? AND r.step <> 'confirm' GROUP BY r.run_on, r.confirmed_in"
        " HAVING COALESCE(SUM(o.confirmed), 0) <> r.confirmed_in",
        (fund,),
    )
    rows += sql.rows(
        "SELECT r.run_on, 'confirmed out', COALESCE(SUM(o.confirmed), 0), r.confirmed_out"
        " FROM fund_run AS r LEFT JOIN fund_order AS o ON o.fund = r.fund"
        "  AND o.confirm_on = r.run_on AND o.kind IN ('redeem', 'pledge')"
        " WHERE r.fund = ? AND r.step <> 'confirm' GROUP BY r.run_on, r.confirmed_out"
        " HAVING COALESCE(SUM(o.confirmed), 0) <> r.confirmed_out",
        (fund,),
    )
    rows += sql.rows(
        "SELECT r.run_on, 'net income', i.net_income, r.net_income"
        " FROM fund_run AS r JOIN fund_income AS i ON i.fund = r.fund AND i.income_on = r.run_on"
        " WHERE r.fund = ? AND r.closed_at IS NOT NULL AND i.net_income <> r.net_income",
        (fund,),
    )
    rows += sql.rows(
        "SELECT run_on, 'credited', planned, credited FROM fund_run"
        " WHERE fund = ? AND closed_at IS NOT NULL AND planned <> credited",
        (fund,),
    )
    return rows

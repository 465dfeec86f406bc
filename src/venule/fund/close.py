"""A day from its opening to its close: recorded steps, each one command, in one order.

A run can be killed between any two steps and goes on where it stood; the same day again gives the
first answer. Days are run one after the other, and every natural day has its run.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Final
from uuid import UUID

import msgspec

from venule.fund import day_store, steps
from venule.fund.commands import CloseDay, OpenDay, PublishIncome
from venule.fund.day_store import Run, StepRecord
from venule.fund.distribution import distribute_shard
from venule.fund.errors import (
    AmountOutOfFund,
    CloseRefused,
    DayNotOver,
    DayOutOfOrder,
    IncomeChanged,
    TermsWrong,
    YieldMissing,
)
from venule.fund.funds import fund_of
from venule.fund.model import FEN_MAX, DayClosed, Fund, FundTotals, Step
from venule.fund.proofs import fund_breaks, holder_breaks, totals_of
from venule.fund.register import balance
from venule.fund.schedule import DAY
from venule.fund.yields import PER_10K_E4_MAX, per_10k_e4, seven_day_yield
from venule.kit.home import Home
from venule.kit.time import china_instant
from venule.kit.tx import Call
from venule.ledger import GroupTooLarge, Tx

STEPS_A_GROUP: Final = 8
"""Steps put into one group of the home, so that a small fund's day takes one disk flush."""

_STEPS: Final[dict[Step, Callable[[Tx, Fund, Run], Run]]] = {
    Step.CONFIRM: steps.confirm,
    Step.PAY_OUT: steps.pay_out,
    Step.CUT: steps.cut,
    Step.INCOME: steps.take_income,
    Step.DISTRIBUTE: distribute_shard,
}
_MORNING: Final = (Step.CONFIRM, Step.PAY_OUT)


class StepDone(msgspec.Struct, frozen=True):
    """Where a run stands after a command: its next step, and its answer once it is closed."""

    next: Step
    closed: DayClosed | None


def close_day(home: Home[Tx], command: CloseDay) -> DayClosed:
    """Run a natural day to its end; again gives the first answer.

    Call it again after a kill, or once what it lacked is there.
    Raises, in this order: FundUnknown, CalendarExhausted, DayOutOfOrder, DayNotOver, YieldMissing;
    in the course of the run CloseRefused: then the day stays open, at the step that saw the break.
    """
    calls = [Call(close_step, command)] * STEPS_A_GROUP
    while True:
        moved = False
        for outcome in home.run_many(calls):
            if isinstance(outcome.error, GroupTooLarge) and moved:
                break  # the step does not fit this group, but it may fit one of its own
            done: StepDone = outcome.result()
            moved = True
            if done.closed is not None:
                return done.closed


def open_day(home: Home[Tx], command: OpenDay) -> None:
    """Confirm and pay in the morning what is due on a day; again changes nothing.

    The close does it otherwise. Raises: FundUnknown, CalendarExhausted, DayOutOfOrder, DayNotOver
    before the day has begun, CloseRefused.
    """
    for outcome in home.run_many([Call(open_step, command)] * len(_MORNING)):
        outcome.result()


def close_step(tx: Tx, command: CloseDay) -> StepDone:
    """Do the next step of a day's run. Raises: as `close_day`."""
    fund = fund_of(tx, command.fund)
    from_at = fund.schedule.closes_from(command.on)
    run = _run(tx, fund, command.on)
    if run.closed_at is not None:
        return StepDone(Step.CLOSED, _answer(tx, run))
    if tx.now < from_at:
        raise DayNotOver(fund.code, command.on, from_at, tx.now)
    if day_store.load_income(tx.sql, fund.code, command.on) is None:
        raise YieldMissing(fund.code, command.on)
    after = _close(tx, fund, run) if run.step is Step.CHECK else _STEPS[run.step](tx, fund, run)
    day_store.save_run(tx.sql, after)
    return StepDone(after.step, _answer(tx, after) if after.closed_at is not None else None)


def open_step(tx: Tx, command: OpenDay) -> StepDone:
    """Do the next of a day's morning steps. Raises: as `open_day`."""
    fund = fund_of(tx, command.fund)
    fund.schedule.closes_from(command.on)
    run = _run(tx, fund, command.on)
    if run.step not in _MORNING:
        return StepDone(run.step, None)
    from_at = china_instant(command.on, time(0))
    if tx.now < from_at:
        raise DayNotOver(fund.code, command.on, from_at, tx.now)
    after = _STEPS[run.step](tx, fund, run)
    day_store.save_run(tx.sql, after)
    return StepDone(after.step, None)


def _run(tx: Tx, fund: Fund, on: date) -> Run:
    """Return the day's run as it stands, or a new one. Raises: DayOutOfOrder."""
    last = day_store.last_run(tx.sql, fund.code)
    if last is not None and last.on == on:
        return last
    if last is not None and on < last.on and on >= fund.opened_on:
        found = day_store.load_run(tx.sql, fund.code, on)
        assert found is not None, "every natural day before the last has its run"
        return found
    if last is None:
        expected = fund.opened_on
    else:
        expected = last.on if last.closed_at is None else last.on + DAY
    if on != expected:
        raise DayOutOfOrder(fund.code, expected, on)
    return Run(
        fund=fund.code,
        on=on,
        step=Step.CONFIRM,
        shards=fund.terms.shards,
        shard=0,
        shares_earning=0,
        holders=0,
        net_income=0,
        planned=0,
        credited=0,
        residue=0 if last is None else last.residue,
        loss_left=0,
        confirmed_in=0,
        confirmed_out=0,
        shares_total=0,
        input_hash=b"",
        opened_at=tx.now_us,
        closed_at=None,
    )


def _close(tx: Tx, fund: Fund, run: Run) -> Run:
    """Check the invariants and close the day. Raises: CloseRefused for the first that is broken."""
    accounts = tx.accounts_view()
    before = day_store.load_run(tx.sql, fund.code, run.on - DAY)
    residue = 0 if before is None else before.residue
    given = run.credited + run.residue - residue - run.loss_left
    if given != run.net_income:
        raise CloseRefused(
            fund.code, run.on, "credits + residue = net income", "income",
            f"{run.net_income} fen", f"{given} fen",
        )  # fmt: skip
    parts = day_store.load_parts(tx.sql, fund.code, run.on)
    breaks = fund_breaks(accounts, tx.sql, fund, run.on)
    breaks += holder_breaks(accounts, tx.sql, fund, run, parts)
    for found in breaks[:1]:
        raise CloseRefused(
            fund.code, run.on, found.rule, found.subject, found.expected, found.actual
        )
    after = msgspec.structs.replace(
        run,
        step=Step.CLOSED,
        shares_total=-balance(accounts, fund.accounts.issue),
        closed_at=tx.now_us,
    )
    day_store.insert_step(
        tx.sql, run, Step.CHECK, 0, run.holders, after.shares_total, run.input_hash, tx.now_us
    )
    if not fund.terms.keep_inputs:
        day_store.drop_parts_before(tx.sql, fund.code, run.on)
    subject = UUID(int=fund.unit)
    if run.loss_left:
        alarm = {"fund": fund.code, "on": run.on, "loss_minor": run.loss_left}
        tx.emit("fund.loss_not_taken", subject, alarm)
    tx.emit("fund.day_closed", subject, {"fund": fund.code, "on": run.on})
    return after


def _answer(tx: Tx, run: Run) -> DayClosed:
    """Return a closed run's answer, with the income per 10,000 published or worked out."""
    return day_store.closed_of(run, _per_10k(tx, run))


def _per_10k(tx: Tx, run: Run) -> int:
    published = day_store.load_income(tx.sql, run.fund, run.on)
    assert published is not None, "a closed day has its income"
    if published[1] is not None:
        return published[1]
    return per_10k_e4(run.net_income, run.shares_earning) if run.shares_earning else 0


def publish_income(tx: Tx, command: PublishIncome) -> None:
    """Publish a natural day's income; again with the same figure changes nothing.

    Raises: FundUnknown, TermsWrong unless exactly one figure is given, AmountOutOfFund,
    CalendarExhausted, DayOutOfOrder before the fund's first day, IncomeChanged.
    """
    fund = fund_of(tx, command.fund)
    given = (command.net_income_minor, command.per_10k_e4)
    if (given[0] is None) == (given[1] is None):
        raise TermsWrong("income", "net_income_minor or per_10k_e4, one of them", str(given))
    for name, value, most in (
        ("net income", given[0], FEN_MAX),
        ("income per 10,000", given[1], PER_10K_E4_MAX),
    ):
        if value is not None and not -most <= value <= most:
            raise AmountOutOfFund(name, f"-{most} to {most}", value)
    fund.schedule.closes_from(command.on)
    if command.on < fund.opened_on:
        raise DayOutOfOrder(fund.code, fund.opened_on, command.on)
    known = day_store.load_income(tx.sql, fund.code, command.on)
    if known is None:
        day_store.insert_income(tx.sql, fund.code, command.on, *given, tx.now_us)
    elif known != given:
        raise IncomeChanged(fund.code, command.on)


# What can be asked of the days


def day(tx: Tx, fund: str, on: date) -> DayClosed | None:
    """Return a closed day, None if it is not closed."""
    run = day_store.load_run(tx.sql, fund, on)
    return None if run is None or run.closed_at is None else _answer(tx, run)


def day_steps(tx: Tx, fund: str, on: date) -> list[StepRecord]:
    """Return the steps done of a day's run, in order."""
    return day_store.load_steps(tx.sql, fund, on)


def last_closed(tx: Tx, fund: str) -> date | None:
    """Return the last closed day of a fund."""
    run = day_store.last_run(tx.sql, fund)
    if run is None or run.closed_at is not None:
        return None if run is None else run.on
    before = day_store.load_run(tx.sql, fund, run.on - DAY)
    return None if before is None else before.on


def yield_on(tx: Tx, fund: str, on: date) -> int | None:
    """Return the 7-day annualised yield as of a closed day, percent with 3 decimals.

    By the formula of the fund's carry; of fewer days for a young fund. None if it is not closed.
    """
    terms = fund_of(tx, fund).terms
    closed = [day(tx, fund, on - i * DAY) for i in range(7)]
    if closed[0] is None:
        return None
    known = [each.per_10k_e4 for each in closed if each is not None]
    return seven_day_yield(known[::-1], terms.carry)


def totals(tx: Tx, fund: str) -> FundTotals:
    """Return a fund's register and control accounts. Raises: FundUnknown."""
    return totals_of(tx.accounts_view(), fund_of(tx, fund))


def customers_balance(tx: Tx, fund: str) -> int:
    """Return what a distributor shows its customers in all, in fen.

    Shares, and money on the way in, less what has been asked back; without the banks' own.
    """
    found = totals(tx, fund)
    owned = found.shares - found.pledged - found.banks
    return owned + found.in_transit - found.reserved

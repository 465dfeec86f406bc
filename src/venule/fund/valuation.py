"""Taking in the shadow price of a trading day; what it stops, it stops by itself."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from venule.fund import day_store, rules
from venule.fund.commands import ReportValuation
from venule.fund.errors import ValuationNotDue
from venule.fund.funds import fund_of
from venule.fund.model import Fund, ShadowState
from venule.fund.schedule import DAY
from venule.fund.shadow import ShadowVerdict, Valuation, judge
from venule.kit.errors import CalendarExhausted
from venule.ledger import Tx

VALUES_SEEN = 32
"""How many trading days back a verdict looks: more than any rule asks for."""


def report_valuation(tx: Tx, command: ReportValuation) -> ShadowVerdict:
    """Judge a trading day's deviation; subscriptions and redemptions stop and open accordingly.

    The same day again with the same values gives the same verdict.
    Raises: FundUnknown, AmountOutOfFund, CalendarExhausted, ValuationNotDue for a day that is no
    trading day, has another value already, or leaves out a trading day.
    """
    fund = fund_of(tx, command.fund)
    rules.require_amount(command.amortised_minor, "value at amortised cost")
    rules.require_amount(command.shadow_minor, "value at market")
    value = Valuation(command.on, command.amortised_minor, command.shadow_minor)
    known = day_store.load_valuations(tx.sql, fund.code, VALUES_SEEN)
    if known and known[-1][0] == value:
        values = [each for each, _ in known]
        state = known[-2][1] if len(known) > 1 else ShadowState.INSIDE
        return _judge(fund, values, state)
    _require_due(fund, value, known[-1][0].on if known else None)
    values = [each for each, _ in known] + [value]
    verdict = _judge(fund, values, fund.shadow_state)
    mend_by = _mend_by(fund, verdict)
    day_store.insert_valuation(tx.sql, fund.code, value, verdict, mend_by, tx.now_us)
    if verdict.state is not ShadowState.INSIDE or fund.shadow_state is not ShadowState.INSIDE:
        tx.emit("fund.deviation", UUID(int=fund.unit), verdict)
    if verdict.mend_days == 0:
        tx.emit("fund.deviation_overdue", UUID(int=fund.unit), verdict)
    return verdict


def _judge(fund: Fund, values: list[Valuation], state: ShadowState) -> ShadowVerdict:
    terms = fund.terms
    return judge(values, terms.shadow, state, liquidate=terms.liquidate_on_second_day)


def _require_due(fund: Fund, value: Valuation, last_on: date | None) -> None:
    if not fund.schedule.is_trading(value.on):
        raise ValuationNotDue(fund.code, value.on, f"{value.on}, no trading day")
    if last_on is None:
        return
    if value.on <= last_on:
        raise ValuationNotDue(fund.code, value.on, f"{value.on}, not after {last_on}")
    due = last_on + DAY
    while not fund.schedule.is_trading(due):
        due += DAY
    if value.on != due:
        raise ValuationNotDue(fund.code, value.on, f"{value.on} where {due} is missing")


def _mend_by(fund: Fund, verdict: ShadowVerdict) -> date | None:
    """Return the trading day by which the deviation must be inside; None past the calendar."""
    if verdict.mend_days is None:
        return None
    on, left = verdict.on, verdict.mend_days
    try:
        while left:
            on += timedelta(days=1)
            left -= fund.schedule.is_trading(on)
    except CalendarExhausted:
        return None
    return on

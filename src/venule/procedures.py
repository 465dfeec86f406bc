"""What the writer of a home does for other processes: the rooms' use cases, by name.

A command is carried out in the writer's groups, a reader looks between two of them. Left out is
what only another room calls (spending, giving back, a member's accounts), and the answers of the
bank's rail, which come through its jobs.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any, Final

import msgspec

from venule import fund, members, wallet
from venule.ledger import Tx
from venule.members import MemberId

COMMANDS: Final[tuple[Callable[..., Any], ...]] = (
    members.onboard,
    members.onboard_many,
    members.freeze,
    members.unfreeze,
    members.change_tier,
    members.set_tier_limit,
    members.bind_bank_account,
    members.unbind_bank_account,
    wallet.set_up,
    wallet.pay,
    wallet.pay_many,
    wallet.transfer,
    wallet.refund,
    wallet.request_top_up,
    wallet.credit_top_ups,
    wallet.confirm_top_ups,
    wallet.take_bank_messages,
    wallet.withdraw,
    wallet.pay_out_many,
    wallet.reconcile_day,
    wallet.credit_case,
    wallet.cover_case,
    wallet.offset_cases,
    wallet.dismiss_case,
    wallet.pay_in_capital,
    wallet.record_reserve_entry,
    wallet.sweep_fees,
    wallet.close_member,
    fund.load_calendar,
    fund.open_fund,
    fund.set_limit,
    fund.set_sales,
    fund.open_advance_line,
    fund.open_holding,
    fund.open_holdings,
    fund.import_opening_balances,
    fund.subscribe,
    fund.redeem,
    fund.fast_redeem,
    fund.reverse_fast,
    fund.pay_from_fund,
    fund.pay_order,
    fund.pay_unpaid,
    fund.cancel_order,
    fund.reject_order,
    fund.set_sweep,
    fund.sweep,
    fund.freeze_shares,
    fund.unfreeze_shares,
    fund.report_valuation,
    fund.publish_income,
    fund.open_step,
    fund.close_step,
)


class HolderQuery(msgspec.Struct, frozen=True):
    """A member's shares of a fund, with a distributor."""

    fund: str
    member_id: MemberId
    distributor: str = "venule"


class DayQuery(msgspec.Struct, frozen=True):
    """A fund's day."""

    fund: str
    on: date


def holding(tx: Tx, query: HolderQuery) -> fund.Holding:
    """See `fund.holding`."""
    return fund.holding(tx, query.fund, query.member_id, query.distributor)


def holder(tx: Tx, query: HolderQuery) -> fund.Holder:
    """See `fund.holder`."""
    return fund.holder(tx, query.fund, query.member_id, query.distributor)


def day(tx: Tx, query: DayQuery) -> fund.DayClosed | None:
    """See `fund.day`."""
    return fund.day(tx, query.fund, query.on)


def yield_on(tx: Tx, query: DayQuery) -> int | None:
    """See `fund.yield_on`."""
    return fund.yield_on(tx, query.fund, query.on)


READERS: Final[tuple[Callable[..., Any], ...]] = (
    members.member,
    members.member_by_ref,
    members.bank_account,
    members.tier_limits,
    wallet.available,
    wallet.limits_used,
    wallet.wallet_statement,
    wallet.payment,
    wallet.top_up,
    wallet.payout,
    wallet.open_cases,
    wallet.case,
    wallet.house,
    fund.fund_of,
    fund.order,
    holding,
    holder,
    day,
    yield_on,
    fund.last_closed,
    fund.totals,
    fund.customers_balance,
)

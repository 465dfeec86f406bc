"""What the writer of a home does for other processes: the rooms' use cases, by name.

A command is carried out in the writer's groups, a reader looks between two of them. Left out is
what only another room calls (spending, giving back, a member's accounts), and the answers of the
bank's rail, which come through its jobs.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any, Final

import msgspec

from venule import access, escrow, fund, gateway, members, overview, partners, wallet, webhooks
from venule.kit.jobs import revive
from venule.ledger import Tx
from venule.members import MemberId

SENSITIVE: Final = access.Sensitive(
    (
        members.change_tier,
        members.set_tier_limit,
        access.add_staff,
        access.change_roles,
        access.reset_login,
        wallet.credit_top_ups,
        wallet.confirm_top_ups,
        wallet.pay_out_many,
        wallet.credit_case,
        wallet.cover_case,
        wallet.pay_in_capital,
        wallet.record_reserve_entry,
        wallet.sweep_fees,
        fund.launch_fund,
        fund.import_opening_balances,
        fund.reverse_fast,
        fund.unfreeze_shares,
        escrow.unfreeze_funds,
        escrow.close_member,
        partners.admit,
        partners.add_key,
        partners.bind_owner,
        partners.change_scopes,
        partners.resume,
    )
)
"""What takes two of the staff: tier overrides, postings by hand, releases of holds, the staff,
what gives a partner more."""

COMMANDS: Final[tuple[Callable[..., Any], ...]] = (
    SENSITIVE.propose,
    SENSITIVE.approve,
    revive,
    access.reject,
    access.withdraw,
    access.note_failed,
    access.note_denied,
    access.note_partner,
    access.purge_access,
    access.open_login,
    access.issue_code,
    access.disable_login,
    access.enrol_fallback,
    access.enrol_passkey,
    access.found_staff,
    access.begin,
    access.note_password,
    access.finish_sign_in,
    access.prove_owner,
    access.sign_in_passkey,
    access.step_up,
    access.touch,
    access.end_session,
    access.end_others,
    access.name_device,
    access.remove_device,
    access.add_passkey,
    access.name_passkey,
    access.remove_passkey,
    access.change_password,
    access.set_fallback,
    access.remove_fallback,
    access.renew_recovery,
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
    fund.load_calendar,
    fund.open_fund,
    fund.launch_fund,
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
    fund.cancel_own_order,
    fund.pay_own_order,
    fund.change_limit,
    fund.change_sales,
    fund.reject_order,
    fund.set_sweep,
    fund.sweep,
    fund.freeze_shares,
    fund.unfreeze_shares,
    fund.report_valuation,
    fund.publish_income,
    fund.open_step,
    fund.close_step,
    escrow.set_up_escrow,
    escrow.set_product,
    escrow.create_trade,
    escrow.pay_trade,
    escrow.close_trade,
    escrow.cancel_trade,
    escrow.ship,
    escrow.confirm,
    escrow.extend,
    escrow.refund_trade,
    escrow.bind_receivers,
    escrow.unbind_receivers,
    escrow.settle,
    escrow.ask_refund,
    escrow.answer_case,
    escrow.send_back,
    escrow.withdraw_case,
    escrow.open_dispute,
    escrow.file_evidence,
    escrow.rule,
    escrow.decide_ruling,
    escrow.appeal,
    escrow.freeze_funds,
    escrow.pay_authorised,
    escrow.unfreeze_funds,
    escrow.close_member,
    partners.set_up_sandbox,
    partners.sign_up,
    partners.open_application,
    partners.carry_over,
    partners.bind_owner,
    partners.ask_production,
    partners.admit,
    partners.refuse,
    partners.suspend,
    partners.resume,
    partners.close_application,
    partners.change_scopes,
    partners.change_redirects,
    partners.add_key,
    partners.revoke_key,
    partners.use_once,
    partners.keep_server_key,
    partners.ask_consent,
    partners.decide_consent,
    partners.withdraw_consent,
    partners.note_use,
    partners.issue_for_client,
    partners.exchange_code,
    partners.renew,
    partners.revoke_token,
    partners.purge_grants,
    webhooks.add_endpoint,
    webhooks.change_endpoint,
    webhooks.enable_endpoint,
    webhooks.disable_endpoint,
    webhooks.remove_endpoint,
    webhooks.rotate_secret,
    webhooks.ping,
    webhooks.replay,
    webhooks.replay_dead,
    webhooks.fan_out,
    webhooks.claim,
    webhooks.record,
    webhooks.turn_over,
    webhooks.purge,
    *gateway.COMMANDS,
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


class NumberQuery(msgspec.Struct, frozen=True):
    """What an application calls a trade or a settlement."""

    app: str
    number: str


class RefundQuery(msgspec.Struct, frozen=True):
    """A refund of a trade."""

    trade_id: escrow.TradeId
    request_no: str


class AuthorisationQuery(msgspec.Struct, frozen=True):
    """What an application calls an authorisation."""

    app: str
    out_order_no: str
    request_no: str


class PaidQuery(msgspec.Struct, frozen=True):
    """A seller's trades that were paid in a span; its end is excluded."""

    seller_id: MemberId
    since: datetime
    until: datetime


def trade_by_number(tx: Tx, query: NumberQuery) -> escrow.Trade:
    """See `escrow.trade_by_number`."""
    return escrow.trade_by_number(tx, query.app, query.number)


def settlement_by_number(tx: Tx, query: NumberQuery) -> escrow.Settlement | None:
    """See `escrow.settlement_by_number`."""
    return escrow.settlement_by_number(tx, query.app, query.number)


def refund_by_number(tx: Tx, query: RefundQuery) -> escrow.Refund | None:
    """See `escrow.refund_by_number`."""
    return escrow.refund_by_number(tx, query.trade_id, query.request_no)


def authorisation_by_number(tx: Tx, query: AuthorisationQuery) -> escrow.Authorisation:
    """See `escrow.authorisation_by_number`."""
    return escrow.authorisation_by_number(tx, query.app, query.out_order_no, query.request_no)


def trades_paid(tx: Tx, query: PaidQuery) -> list[escrow.Trade]:
    """See `escrow.trades_paid`."""
    return escrow.trades_paid(tx, query.seller_id, query.since, query.until)


READERS: Final[tuple[Callable[..., Any], ...]] = (
    access.session_facts,
    access.sign_in_facts,
    access.half_facts,
    access.login_facts,
    access.login_by_code,
    access.credential_facts,
    access.login,
    access.login_of,
    access.login_named,
    access.passkeys,
    access.open_sessions,
    access.devices,
    access.all_staff,
    access.staff_member,
    access.proposal,
    access.proposals,
    access.auth_events,
    members.member,
    members.member_by_ref,
    members.bank_account,
    members.bank_accounts,
    members.tier_limits,
    wallet.available,
    wallet.wallet_balance,
    wallet.allowances,
    wallet.limits_used,
    wallet.wallet_statement,
    wallet.payment,
    wallet.payments_of,
    wallet.refunds,
    wallet.top_up,
    wallet.top_ups_of,
    wallet.payout,
    wallet.withdrawals_of,
    wallet.open_cases,
    wallet.cases_after,
    wallet.case,
    wallet.reconciliation,
    wallet.reconciliations,
    wallet.house,
    wallet.house_balances,
    fund.fund_of,
    fund.order,
    holding,
    holder,
    day,
    yield_on,
    fund.last_closed,
    fund.totals,
    fund.all_funds,
    fund.fund_facts,
    fund.fund_day,
    fund.steps_of_day,
    fund.orders_of,
    fund.own_order,
    fund.income_of,
    fund.held_by,
    fund.customers_balance,
    escrow.trade,
    escrow.product,
    escrow.shipments,
    escrow.refunds,
    escrow.terms_of,
    escrow.receivers,
    escrow.settlements,
    escrow.case,
    escrow.cases,
    escrow.cases_to_rule,
    escrow.evidence,
    escrow.evidence_file,
    escrow.rulings,
    escrow.authorisation,
    escrow.operations,
    escrow.trades_of,
    escrow.cases_of,
    escrow.cases_waiting,
    escrow.authorisations_of,
    escrow.case_of_trade,
    escrow.trade_terms,
    escrow.products,
    trade_by_number,
    settlement_by_number,
    refund_by_number,
    authorisation_by_number,
    trades_paid,
    partners.application,
    partners.applications,
    partners.keys,
    partners.key_facts,
    partners.client_facts,
    partners.is_sandbox,
    partners.server_key,
    partners.consents_of,
    partners.token_facts,
    partners.watchers,
    webhooks.endpoints,
    webhooks.endpoint,
    webhooks.deliveries,
    webhooks.delivery,
    webhooks.unread,
    webhooks.look,
    webhooks.next_due_at,
    *gateway.READERS,
    overview.dead_jobs,
    overview.job,
    overview.ready_kinds,
    overview.recorded,
    overview.trial,
    overview.position,
    overview.standing,
)

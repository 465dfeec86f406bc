"""What an application may be let do: one table."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from venule.partners.errors import ScopeUnknown


class Scope(NamedTuple):
    """What a scope lets do, in words for its partner and for the member who is asked.

    reads: whether who has it may learn of a member's events. asked: whether a member may be asked
    for it; else it is for what an application does of itself.
    """

    name: str
    does: str
    shown: str
    shown_zh: str
    reads: bool
    asked: bool


SCOPES: Final[dict[str, Scope]] = {
    scope.name: scope
    for scope in (
        Scope(
            "members.read",
            "see a member's name, kind, tier and state",
            "See your name and how well you are verified",
            "查看您的姓名和认证等级",
            True,
            True,
        ),
        Scope(
            "members.write",
            "open members, bind and unbind their bank accounts",
            "Open and change memberships",
            "开户及变更会员资料",
            False,
            False,
        ),
        Scope(
            "payments.read",
            "see payments and refunds",
            "See your payments and refunds",
            "查看您的付款和退款",
            True,
            True,
        ),
        Scope(
            "payments.write",
            "pay merchants, and refund",
            "Pay merchants from your wallet",
            "使用您的余额付款",
            False,
            True,
        ),
        Scope(
            "transfers.write",
            "transfer between members",
            "Transfer money from your wallet to other members",
            "从您的余额向他人转账",
            False,
            True,
        ),
        Scope(
            "statements.read",
            "see balances and statements",
            "See your balance and statements",
            "查看您的余额和账单",
            True,
            True,
        ),
        Scope(
            "fund.read",
            "see fund holdings, orders and income",
            "See your fund shares and income",
            "查看您的基金份额和收益",
            True,
            True,
        ),
        Scope(
            "fund.write",
            "subscribe, redeem, set the sweep",
            "Buy and redeem fund shares for you",
            "为您申购和赎回基金",
            False,
            True,
        ),
        Scope(
            "escrow.read",
            "see guaranteed trades",
            "See your guaranteed trades",
            "查看您的担保交易",
            True,
            True,
        ),
        Scope(
            "escrow.write",
            "create, pay, ship, confirm and refund guaranteed trades",
            "Create, pay and confirm guaranteed trades for you",
            "为您创建、支付和确认担保交易",
            False,
            True,
        ),
        Scope(
            "bank.read",
            "see top-ups and withdrawals",
            "See your top-ups and withdrawals",
            "查看您的充值和提现",
            True,
            True,
        ),
        Scope(
            "bank.write",
            "top up and withdraw",
            "Top up your wallet and withdraw to your bank account",
            "为您充值，或提现到您的银行卡",
            False,
            True,
        ),
        Scope(
            "webhooks.manage",
            "set where events are sent to",
            "Set where events are sent to",
            "管理通知地址",
            False,
            False,
        ),
    )
}

READING: Final = frozenset(name for name, scope in SCOPES.items() if scope.reads)
ASKED: Final = frozenset(name for name, scope in SCOPES.items() if scope.asked)


def sorted_scopes(names: Iterable[str]) -> tuple[str, ...]:
    """Return scopes in order, each once. Raises: ScopeUnknown for one that is not in the table."""
    found = sorted(set(names))
    for name in found:
        if name not in SCOPES:
            raise ScopeUnknown(name)
    return tuple(found)


def missing(wanted: Iterable[str], allowed: Iterable[str]) -> tuple[str, ...]:
    """Return what is wanted and not allowed, sorted."""
    return tuple(sorted(set(wanted) - set(allowed)))

"""What an application may be let do: one table. Staff have permissions of the same names."""

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
            "open members",
            "Open memberships",
            "开立会员",
            False,
            False,
        ),
        Scope(
            "members.verify",
            "open persons above tier I: it has verified them",
            "Say how well you are verified",
            "确认您的认证等级",
            False,
            False,
        ),
        Scope(
            "bank_accounts.write",
            "bind and unbind members' bank accounts",
            "Bind and unbind bank accounts",
            "绑定和解绑银行账户",
            False,
            False,
        ),
        Scope(
            "wallet.read",
            "see a wallet: balance, top-ups, withdrawals",
            "See your balance, top-ups and withdrawals",
            "查看您的余额、充值和提现",
            True,
            True,
        ),
        Scope(
            "limits.read",
            "see limits, and what of them is used",
            "See your limits and how much of them is used",
            "查看您的限额及已用额度",
            False,
            True,
        ),
        Scope(
            "payments.read",
            "see payments, transfers and refunds",
            "See your payments, transfers and refunds",
            "查看您的付款、转账和退款",
            True,
            True,
        ),
        Scope(
            "payments.write",
            "pay merchants",
            "Pay merchants from your wallet",
            "使用您的余额付款",
            False,
            True,
        ),
        Scope(
            "refunds.write",
            "refund a merchant's payments",
            "Refund payments that you have received",
            "退还您收到的款项",
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
            "see statements",
            "See your statements",
            "查看您的账单",
            True,
            True,
        ),
        Scope(
            "top_ups.write",
            "top up from the member's bank account",
            "Top up your wallet from your bank account",
            "从您的银行卡充值",
            False,
            True,
        ),
        Scope(
            "withdrawals.write",
            "withdraw to the member's bank account",
            "Withdraw to your bank account",
            "提现到您的银行卡",
            False,
            True,
        ),
        Scope(
            "bank.messages",
            "bring what the bank says",
            "Bring messages of the bank",
            "提交银行消息",
            False,
            False,
        ),
        Scope(
            "bank.reconcile",
            "send the bank's statements",
            "Send statements of the house's bank",
            "发送银行对账单",
            False,
            False,
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

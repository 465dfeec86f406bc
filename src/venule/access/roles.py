"""What each role of staff may do: one table.

A permission names what may be done, as `room.verb`. A command that needs two people has two: its
own name to propose it, and the name with `:check` to approve or reject it. Nobody checks what they
proposed themselves, whatever their roles. Auditors and readers of the regulator only look, and
hold no other role: who looks into others' work must have none of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import Final

CHECK: Final = ":check"


class Role(Enum):
    """What somebody on the staff is there for."""

    OPERATOR = "operator"
    FINANCE = "finance"
    SUPPORT = "support"
    RISK = "risk"
    AUDITOR = "auditor"
    REGULATOR_READER = "regulator_reader"


READ_ONLY: Final = frozenset({Role.AUDITOR, Role.REGULATOR_READER})
"""Roles that stand alone and change nothing."""

_LOOKS: Final = frozenset(
    {
        "access.read",
        "cases.read",
        "escrow.read",
        "fund.read",
        "house.read",
        "jobs.read",
        "ledger.read",
        "limits.read",
        "members.read",
        "partners.read",
        "payments.read",
        "proposals.read",
        "wallet.read",
    }
)
_HELPS: Final = frozenset(
    {
        "escrow.read",
        "fund.read",
        "limits.read",
        "members.read",
        "payments.read",
        "proposals.read",
        "wallet.read",
    }
)
_TREASURY: Final = (
    "wallet.confirm_top_ups",
    "wallet.credit_top_ups",
    "wallet.pay_out_many",
    "wallet.cover_case",
    "wallet.credit_case",
    "wallet.pay_in_capital",
    "wallet.record_reserve_entry",
    "wallet.sweep_fees",
)
_HOLDS: Final = ("fund.unfreeze_shares", "escrow.unfreeze_funds")
_FUNDS: Final = ("fund.launch_fund", "fund.import_opening_balances", "fund.reverse_fast")
_ENDS: Final = ("escrow.close_member",)
_TIERS: Final = ("members.change_tier", "members.set_tier_limit")
_PEOPLE: Final = ("access.add_staff", "access.change_roles", "access.reset_login")
_PARTNERS: Final = (
    "partners.admit",
    "partners.add_key",
    "partners.bind_owner",
    "partners.change_scopes",
    "partners.resume",
)


def _checks(kinds: Iterable[str]) -> frozenset[str]:
    return frozenset(kind + CHECK for kind in kinds)


PERMISSIONS: Final[dict[Role, frozenset[str]]] = {
    Role.OPERATOR: frozenset(
        {
            *_LOOKS,
            *_PEOPLE,
            *_PARTNERS,
            *_checks(_PEOPLE),
            *_checks(_PARTNERS),
            *_checks(_TREASURY),
            *_FUNDS,
            *_ENDS,
            "access.disable_login",
            "access.issue_code",
            "bank_accounts.write",
            "escrow.operate",
            "fund.operate",
            "jobs.write",
            "members.change_tier",
            "members.verify",
            "members.write",
            "partners.operate",
        }
    ),
    Role.FINANCE: frozenset(
        {
            *_LOOKS,
            *_TREASURY,
            *_checks(_TREASURY),
            *_checks(_FUNDS),
            "bank.reconcile",
            "cases.write",
        }
    ),
    Role.SUPPORT: frozenset(
        {
            *_HELPS,
            *_HOLDS,
            "access.issue_code",
            "access.reset_login",
            "bank_accounts.write",
            "members.change_tier",
            "members.write",
        }
    ),
    Role.RISK: frozenset(
        {
            *_LOOKS,
            *_HOLDS,
            *_TIERS,
            *_checks(_HOLDS),
            *_checks(_TIERS),
            *_checks(_ENDS),
            *_checks(("access.reset_login", *_PARTNERS)),
            "access.disable_login",
            "access.read_log",
            "escrow.rule",
            "fund.freeze_shares",
            "members.freeze",
            "partners.operate",
        }
    ),
    Role.AUDITOR: frozenset({*_LOOKS, "access.read_log", "audit.read"}),
    Role.REGULATOR_READER: frozenset(
        {
            "audit.read",
            "cases.read",
            "escrow.read",
            "fund.read",
            "house.read",
            "ledger.read",
            "limits.read",
        }
    ),
}

READ_PERMISSIONS: Final = frozenset({*_LOOKS, "access.read_log", "audit.read"})
"""Permissions that change nothing."""


def permissions_of(roles: Iterable[Role]) -> frozenset[str]:
    """Return all that somebody with these roles may do."""
    return frozenset().union(*(PERMISSIONS[role] for role in roles))

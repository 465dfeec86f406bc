"""Decisions about members: pure functions, facts in, answer out."""

from __future__ import annotations

from venule.kit.errors import INT64_MAX
from venule.members.errors import (
    MemberClosed,
    MemberFrozen,
    TextMalformed,
    TierLimitMalformed,
    TierLimitOutOfOrder,
    TierNotForKind,
)
from venule.members.model import (
    DISPLAY_NAME_CHARS_MAX,
    EXTERNAL_REF_CHARS_MAX,
    MEMBER_WALLET,
    MERCHANT_WALLET,
    SOURCE_CHARS_MAX,
    MemberKind,
    MemberState,
    NewMember,
    Party,
    SetTierLimit,
    Tier,
    TierLimit,
)


def check_text(field: str, text: str, chars_max: int) -> None:
    """Raises: TextMalformed for an empty, too long or unprintable text."""
    if not 0 < len(text) <= chars_max or not text.isprintable() or text != text.strip():
        raise TextMalformed(field, chars_max, text)


def check_tier(kind: MemberKind, tier: Tier) -> None:
    """Raises: TierNotForKind."""
    if (kind is MemberKind.PERSON) != (tier is not Tier.NONE):
        raise TierNotForKind(kind, tier)


def check_new(new: NewMember) -> None:
    """Raises: TextMalformed, TierNotForKind, in this order."""
    check_text("external_ref", new.external_ref, EXTERNAL_REF_CHARS_MAX)
    if new.display_name is not None:
        check_text("display_name", new.display_name, DISPLAY_NAME_CHARS_MAX)
    check_tier(new.kind, new.tier)


def wallet_code(kind: MemberKind) -> int:
    """Return the code in the chart of accounts of a member's wallet."""
    return MEMBER_WALLET if kind is MemberKind.PERSON else MERCHANT_WALLET


def check_may_pay(party: Party) -> None:
    """Raises: MemberFrozen, MemberClosed unless the member's money may go out."""
    if party.state is MemberState.ACTIVE:
        return
    if party.state is MemberState.FROZEN:
        raise MemberFrozen(party.id)
    raise MemberClosed(party.id)


def check_may_receive(party: Party) -> None:
    """Raises: MemberClosed unless money may come in; it may for a frozen member."""
    if party.state is MemberState.CLOSED:
        raise MemberClosed(party.id)


def check_tier_limit(new: SetTierLimit, last: TierLimit | None) -> None:
    """Check a limit against the last one of its rule and tier.

    Raises: TierLimitMalformed, TextMalformed, TierLimitOutOfOrder.
    """
    amount = 0 if new.amount_minor is None else new.amount_minor
    if new.tier is Tier.NONE or not 0 <= amount <= INT64_MAX:
        raise TierLimitMalformed(new.tier, amount)
    check_text("source", new.source, SOURCE_CHARS_MAX)
    if last is not None:
        ended = last.to_on is not None and new.from_on < last.to_on
        if new.from_on <= last.from_on or ended:
            raise TierLimitOutOfOrder(new.rule, new.tier, last.to_on or last.from_on, new.from_on)

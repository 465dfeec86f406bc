"""What can go wrong with members.

AppError
|-- BadInput
|   `-- TextMalformed, TierNotForKind, TierLimitMalformed, TooManyMembers
|-- NotFound
|   `-- MemberUnknown, ExternalRefUnknown, BankAccountUnknown
|-- Conflict
|   `-- ExternalRefTaken, BankAccountTaken, TierLimitOutOfOrder
`-- Refused
    `-- MemberFrozen, MemberClosed, MemberTransitionIllegal, WalletNotEmpty, BankAccountUnbound
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from venule.kit.errors import BadInput, Conflict, NotFound, Refused, shorten
from venule.members.model import LimitRule, MemberEvent, MemberKind, MemberState, Tier


@dataclass(eq=False)
class TextMalformed(BadInput):
    """A text is empty, too long, or holds characters that are not printable."""

    field: str
    chars_max: int
    seen: str
    slug = "text-malformed"

    @property
    def message(self) -> str:
        return (
            f"{self.field}: expected 1 to {self.chars_max} printable characters, "
            f"seen {shorten(self.seen)}"
        )


@dataclass(eq=False)
class TierNotForKind(BadInput):
    """Persons have a tier from I to III; merchants and institutions have none."""

    kind: MemberKind
    tier: Tier
    slug = "tier-not-for-kind"

    @property
    def message(self) -> str:
        expected = "I, II or III" if self.kind is MemberKind.PERSON else "NONE"
        return f"expected tier {expected} for a {self.kind.value}, seen {self.tier.name}"


@dataclass(eq=False)
class TierLimitMalformed(BadInput):
    """A limit of a tier that has none, or an amount out of range."""

    tier: Tier
    amount_minor: int
    slug = "tier-limit-malformed"

    @property
    def message(self) -> str:
        return (
            "expected tier I, II or III and an amount of 0 to 2**63-1 fen, "
            f"seen tier {self.tier.name} and {self.amount_minor} fen"
        )


@dataclass(eq=False)
class TooManyMembers(BadInput):
    """More members in one command than one command takes."""

    asked: int
    members_max: int
    slug = "too-many-members"

    @property
    def message(self) -> str:
        return f"expected at most {self.members_max} members in one command, seen {self.asked}"


@dataclass(eq=False)
class MemberUnknown(NotFound):
    """No member has this id."""

    member_id: UUID
    slug = "member-unknown"

    @property
    def message(self) -> str:
        return f"expected the id of a member, seen {self.member_id}"


@dataclass(eq=False)
class ExternalRefUnknown(NotFound):
    """No member is known under this reference."""

    external_ref: str
    slug = "external-ref-unknown"

    @property
    def message(self) -> str:
        return f"expected a member's external reference, seen {shorten(self.external_ref)}"


@dataclass(eq=False)
class BankAccountUnknown(NotFound):
    """The member has no such bank account."""

    bank_account_id: UUID
    slug = "bank-account-unknown"

    @property
    def message(self) -> str:
        return f"expected the id of a bank account of this member, seen {self.bank_account_id}"


@dataclass(eq=False)
class ExternalRefTaken(Conflict):
    """Another member is known under this reference."""

    external_ref: str
    slug = "external-ref-taken"

    @property
    def message(self) -> str:
        return (
            "expected an external reference that no member has, "
            f"seen {shorten(self.external_ref)}, which is taken"
        )


@dataclass(eq=False)
class BankAccountTaken(Conflict):
    """The bank account is bound already, to this member or another."""

    bank: str
    slug = "bank-account-taken"

    @property
    def message(self) -> str:
        return (
            f"expected an account at {shorten(self.bank)} that is bound to nobody, "
            "seen one that is bound"
        )


@dataclass(eq=False)
class TierLimitOutOfOrder(Conflict):
    """A limit must begin after the one that it follows: the past is not rewritten."""

    rule: LimitRule
    tier: Tier
    last_from_on: date
    from_on: date
    slug = "tier-limit-out-of-order"

    @property
    def message(self) -> str:
        return (
            f"limit {self.rule.value} of tier {self.tier.name}: expected a first day after "
            f"{self.last_from_on}, seen {self.from_on}"
        )


@dataclass(eq=False)
class MemberFrozen(Refused):
    """The member's money may come in, not go out."""

    member_id: UUID
    slug = "member-frozen"

    @property
    def message(self) -> str:
        return f"expected an active member, seen {self.member_id}, who is frozen"


@dataclass(eq=False)
class MemberClosed(Refused):
    """The membership has ended."""

    member_id: UUID
    slug = "member-closed"

    @property
    def message(self) -> str:
        return f"expected an open membership, seen {self.member_id}, which is closed"


@dataclass(eq=False)
class MemberTransitionIllegal(Refused):
    """What was asked for cannot happen to a member in this state."""

    state: MemberState
    event: MemberEvent
    slug = "member-transition-illegal"

    @property
    def message(self) -> str:
        return f"a member who is {self.state.value} cannot take event {self.event.value!r}"


@dataclass(eq=False)
class WalletNotEmpty(Refused):
    """A membership ends only with an empty wallet and nothing on hold."""

    member_id: UUID
    balance_minor: int
    held_minor: int
    slug = "wallet-not-empty"

    @property
    def message(self) -> str:
        return (
            f"expected 0 fen in the wallet of {self.member_id} and 0 on hold, seen "
            f"{self.balance_minor} and {self.held_minor}"
        )


@dataclass(eq=False)
class BankAccountUnbound(Refused):
    """The bank account is no longer bound to the member."""

    bank_account_id: UUID
    slug = "bank-account-unbound"

    @property
    def message(self) -> str:
        return f"expected a bound bank account, seen {self.bank_account_id}, which is not"

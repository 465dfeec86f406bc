"""Types of the members room: who holds a wallet, at which tier, and which bank accounts are theirs.

Little is kept of a person: a reference of the house that knows them (`external_ref`), a kind, a
tier and, if wished, a name to show.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum, IntEnum
from typing import Final, NewType
from uuid import UUID

import msgspec

MemberId = NewType("MemberId", UUID)
BankAccountId = NewType("BankAccountId", UUID)

WALLET_UNIT: Final = 156
"""What a wallet counts: fen of CNY (ISO 4217 number)."""

MEMBER_WALLET: Final = 2010
MERCHANT_WALLET: Final = 2020
"""Codes in the chart of accounts: what we owe to a person, and to a merchant or institution."""

EXTERNAL_REF_CHARS_MAX: Final = 64
DISPLAY_NAME_CHARS_MAX: Final = 64
BANK_CHARS_MAX: Final = 32
NUMBER_CHARS_MAX: Final = 64
SOURCE_CHARS_MAX: Final = 200
ONBOARD_MEMBERS_MAX: Final = 100_000
BANK_ACCOUNTS_MAX: Final = 1_000
"""Most bank accounts in one answer."""


class MemberKind(Enum):
    """What a member is. Tiers are for persons only."""

    PERSON = "person"
    MERCHANT = "merchant"
    INSTITUTION = "institution"


class Tier(IntEnum):
    """How well a person is known: I by one outside check, II by three, III by five or in person.

    Source: PBOC announcement 43 of 2015, article 11. NONE is for merchants and institutions.
    """

    NONE = 0
    I = 1  # noqa: E741  the regulator's own name
    II = 2
    III = 3


class MemberState(Enum):
    """Whether money may move. Active: in and out; frozen: in, not out; closed: neither."""

    ACTIVE = "active"
    FROZEN = "frozen"
    CLOSED = "closed"


class MemberEvent(Enum):
    """What can happen to a member's state."""

    FREEZE = "freeze"
    UNFREEZE = "unfreeze"
    CLOSE = "close"


class BankAccountState(Enum):
    """Whether a bank account may be used for its member."""

    BOUND = "bound"
    UNBOUND = "unbound"


class LimitRule(Enum):
    """What a tier's limit counts. Amounts are fen; days and years are China's civil ones.

    balance_out_lifetime: payments, transfers, investments and withdrawals since the first day on
    which any limit is in force. balance_out_year, balance_out_day: the same without withdrawals to
    the member's own bank account. investment_single: one purchase of an investment product.
    """

    BALANCE_OUT_LIFETIME = "balance_out_lifetime"
    BALANCE_OUT_YEAR = "balance_out_year"
    BALANCE_OUT_DAY = "balance_out_day"
    INVESTMENT_SINGLE = "investment_single"


class Member(msgspec.Struct, frozen=True):
    """A member. `account`: their wallet's account in the ledger."""

    id: MemberId
    external_ref: str
    kind: MemberKind
    tier: Tier
    state: MemberState
    account: int
    display_name: str | None
    opened_at: datetime


class Party(msgspec.Struct, frozen=True, gc=False):
    """What a movement of money needs to know of a member.

    limits: those of the member's tier in force on the day asked for, rule to fen.
    counting: whether on that day a limit of any tier is in force, so that use is counted.
    """

    id: MemberId
    kind: MemberKind
    tier: Tier
    state: MemberState
    account: int
    limits: dict[LimitRule, int] = {}
    counting: bool = False


class NewMember(msgspec.Struct, frozen=True, gc=False):
    """A member to be. `external_ref` is unique: the name under which others know the member."""

    external_ref: str
    kind: MemberKind = MemberKind.PERSON
    tier: Tier = Tier.III
    display_name: str | None = None


class OnboardMany(msgspec.Struct, frozen=True):
    """Members to be opened together, all or none."""

    members: list[NewMember]


class Onboarded(msgspec.Struct, frozen=True):
    """The members opened, and their wallets' accounts, in the order asked for."""

    ids: list[MemberId]
    accounts: list[int]


class Freeze(msgspec.Struct, frozen=True):
    """Stop a member's money from going out. `reason`: for those who look into it later."""

    member_id: MemberId
    reason: str


class Unfreeze(msgspec.Struct, frozen=True):
    """Let a frozen member's money move again."""

    member_id: MemberId
    reason: str


class CloseMember(msgspec.Struct, frozen=True):
    """End a membership. The wallet must be empty."""

    member_id: MemberId


class ChangeTier(msgspec.Struct, frozen=True):
    """Put a person on another tier."""

    member_id: MemberId
    tier: Tier


class BankAccount(msgspec.Struct, frozen=True):
    """A member's account at a bank. `number` may be a token that the bank understands."""

    id: BankAccountId
    member_id: MemberId
    bank: str
    number: str
    state: BankAccountState
    bound_at: datetime


class BankAccountsQuery(msgspec.Struct, frozen=True):
    """Which of a member's bound bank accounts: those after `after`, in the order of binding."""

    member_id: MemberId
    limit: int = 50
    after: BankAccountId | None = None


class BindBankAccount(msgspec.Struct, frozen=True):
    """Tie a bank account to a member."""

    member_id: MemberId
    bank: str
    number: str


class UnbindBankAccount(msgspec.Struct, frozen=True):
    """Untie a bank account from its member."""

    bank_account_id: BankAccountId


class TierLimit(msgspec.Struct, frozen=True):
    """A dated limit: `amount_minor` fen from `from_on` up to, not including, `to_on`."""

    rule: LimitRule
    tier: Tier
    amount_minor: int
    from_on: date
    to_on: date | None
    source: str


class SetTierLimit(msgspec.Struct, frozen=True):
    """Put another limit in force from a day on; `amount_minor` None: no limit from that day on."""

    rule: LimitRule
    tier: Tier
    amount_minor: int | None
    from_on: date
    source: str

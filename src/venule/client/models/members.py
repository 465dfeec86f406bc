# Made from the description of the API by `make pages`; do not edit.
"""Structs of the group `members`."""

from __future__ import annotations

import datetime as dt
from uuid import UUID

from venule.client.models.common import Amount, MembersLimitRule
from venule.client.shapes import Struct, Word


class BankAccountState(Word):
    """Whether a bank account may be used for its member."""

    BOUND = "bound"
    UNBOUND = "unbound"


class MemberKind(Word):
    """What a member is. Tiers are for persons only."""

    INSTITUTION = "institution"
    MERCHANT = "merchant"
    PERSON = "person"


class MemberState(Word):
    """Whether money may move. Active: in and out; frozen: in, not out; closed: neither."""

    ACTIVE = "active"
    CLOSED = "closed"
    FROZEN = "frozen"


class BankAccountBody(Struct, frozen=True, kw_only=True):
    """A bank account of the member's. number: may be a token that the bank understands."""

    bank: str
    number: str


class BankAccountView(Struct, frozen=True, kw_only=True):
    """A bank account; of its number only the end is shown."""

    id: UUID
    member_id: UUID
    bank: str
    number_ends_in: str
    state: BankAccountState
    bound_at: dt.datetime


class BankAccountsPage(Struct, frozen=True, kw_only=True):
    """Bound bank accounts in the order of binding."""

    items: list[BankAccountView]
    next_cursor: str | None


class InstitutionBody(Struct, frozen=True, kw_only=True, tag_field="kind", tag="institution"):
    """An institution to become a member."""

    external_ref: str
    display_name: str | None = None


class MemberBatchBody(Struct, frozen=True, kw_only=True):
    """Members to be opened together, all or none."""

    members: list[PersonBody | MerchantBody | InstitutionBody]


class MemberView(Struct, frozen=True, kw_only=True):
    """A member. tier: of persons only."""

    id: UUID
    external_ref: str
    kind: MemberKind
    tier: str | None
    state: MemberState
    display_name: str | None
    opened_at: dt.datetime


class MembersReasonBody(Struct, frozen=True, kw_only=True):
    """Why; for those who look into it later."""

    reason: str


class MerchantBody(Struct, frozen=True, kw_only=True, tag_field="kind", tag="merchant"):
    """A merchant to become a member: takes payments."""

    external_ref: str
    display_name: str | None = None


class OpenedView(Struct, frozen=True, kw_only=True):
    """The members opened, in the order asked for."""

    ids: list[UUID]


class PersonBody(Struct, frozen=True, kw_only=True, tag_field="kind", tag="person"):
    """A person to become a member. Above tier I: who opens them must have verified them."""

    external_ref: str
    tier: str = "I"
    display_name: str | None = None


class TierLimitView(Struct, frozen=True, kw_only=True):
    """A dated limit. to_on: the first day on which it is no longer in force."""

    rule: MembersLimitRule
    tier: str
    amount: Amount
    from_on: dt.date
    to_on: dt.date | None
    source: str


class TierLimitsView(Struct, frozen=True, kw_only=True):
    """Limits, by tier and rule."""

    items: list[TierLimitView]

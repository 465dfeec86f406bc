"""What the members room does, over HTTP.

Tiers and their limits are not changed here: that takes two people, see the proposals of staff.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

import msgspec

from venule.kit.http import (
    ALL_SIDES,
    MEMBER_SIDE,
    PARTNER,
    STAFF,
    Amount,
    Call,
    Cursor,
    NotPermitted,
    Route,
    Shape,
    fen,
    give_cursor,
    line_pattern,
    may_see,
    member_of,
    take_cursor,
)
from venule.members import service
from venule.members.errors import (
    BankAccountTaken,
    BankAccountUnknown,
    ExternalRefTaken,
    ExternalRefUnknown,
    MemberClosed,
    MemberTransitionIllegal,
    MemberUnknown,
)
from venule.members.model import (
    BANK_CHARS_MAX,
    DISPLAY_NAME_CHARS_MAX,
    EXTERNAL_REF_CHARS_MAX,
    NUMBER_CHARS_MAX,
    BankAccount,
    BankAccountId,
    BankAccountsQuery,
    BankAccountState,
    BindBankAccount,
    Freeze,
    LimitRule,
    Member,
    MemberId,
    MemberKind,
    MemberState,
    NewMember,
    OnboardMany,
    Tier,
    UnbindBankAccount,
    Unfreeze,
)

TAG: Final = "members"
BATCH_MEMBERS_MAX: Final = 5_000
BATCH_BYTES_MAX: Final = 4 * 1024 * 1024
REASON_CHARS_MAX: Final = 200
NUMBER_SHOWN_CHARS: Final = 4

VERIFY: Final = "members.verify"
"""The scope or permission of who has verified people by the checks that tiers II and III take."""

ExternalRef = Annotated[
    str,
    msgspec.Meta(
        pattern=line_pattern(EXTERNAL_REF_CHARS_MAX),
        description="The name under which you know the member; nobody else's.",
        examples=["customer-2014-0001"],
    ),
]
DisplayName = Annotated[str, msgspec.Meta(pattern=line_pattern(DISPLAY_NAME_CHARS_MAX))]
TierName = Annotated[
    Literal["I", "II", "III"],
    msgspec.Meta(
        description="How well a person is known: I by one outside check, II by three, III by five"
        " or in person (PBOC announcement 43 of 2015, article 11)."
    ),
]


class PersonBody(Shape, frozen=True, tag_field="kind", tag="person"):
    """A person to become a member. Above tier I: who opens them must have verified them."""

    external_ref: ExternalRef
    tier: TierName = "I"
    display_name: DisplayName | None = None


class MerchantBody(Shape, frozen=True, tag_field="kind", tag="merchant"):
    """A merchant to become a member: takes payments."""

    external_ref: ExternalRef
    display_name: DisplayName | None = None


class InstitutionBody(Shape, frozen=True, tag_field="kind", tag="institution"):
    """An institution to become a member."""

    external_ref: ExternalRef
    display_name: DisplayName | None = None


MemberBody = PersonBody | MerchantBody | InstitutionBody


class MemberBatchBody(Shape, frozen=True):
    """Members to be opened together, all or none."""

    members: Annotated[list[MemberBody], msgspec.Meta(min_length=1, max_length=BATCH_MEMBERS_MAX)]


class MemberView(msgspec.Struct, frozen=True):
    """A member. tier: of persons only."""

    id: MemberId
    external_ref: str
    kind: MemberKind
    tier: TierName | None
    state: MemberState
    display_name: str | None
    opened_at: datetime


class OpenedView(msgspec.Struct, frozen=True):
    """The members opened, in the order asked for."""

    ids: list[MemberId]


class MemberPath(msgspec.Struct, frozen=True):
    """Which member."""

    member_id: MemberId


class RefQuery(Shape, frozen=True):
    """Under which reference a member is known."""

    external_ref: ExternalRef


class ReasonBody(Shape, frozen=True):
    """Why; for those who look into it later."""

    reason: Annotated[
        str, msgspec.Meta(pattern=line_pattern(REASON_CHARS_MAX), examples=["court order 2014/17"])
    ]


class TierLimitsQuery(Shape, frozen=True):
    """Limits in force on which day (China's civil time)."""

    on: date


class TierLimitView(msgspec.Struct, frozen=True):
    """A dated limit. to_on: the first day on which it is no longer in force."""

    rule: LimitRule
    tier: TierName
    amount: Amount
    from_on: date
    to_on: date | None
    source: str


class TierLimitsView(msgspec.Struct, frozen=True):
    """Limits, by tier and rule."""

    items: list[TierLimitView]


class BankAccountBody(Shape, frozen=True):
    """A bank account of the member's. number: may be a token that the bank understands."""

    bank: Annotated[str, msgspec.Meta(pattern=line_pattern(BANK_CHARS_MAX), examples=["ICBC"])]
    number: Annotated[
        str, msgspec.Meta(pattern=line_pattern(NUMBER_CHARS_MAX), examples=["6222000011112222"])
    ]


class BankAccountView(msgspec.Struct, frozen=True):
    """A bank account; of its number only the end is shown."""

    id: BankAccountId
    member_id: MemberId
    bank: str
    number_ends_in: str
    state: BankAccountState
    bound_at: datetime


class BankAccountsPage(msgspec.Struct, frozen=True):
    """Bound bank accounts in the order of binding."""

    items: list[BankAccountView]
    next_cursor: str | None


class BankAccountsParams(Shape, frozen=True):
    """Which page."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50
    cursor: Cursor | None = None


class BankAccountPath(msgspec.Struct, frozen=True):
    """Which bank account of which member."""

    member_id: MemberId
    bank_account_id: BankAccountId


def _tier(tier: Tier) -> TierName | None:
    names: dict[Tier, TierName] = {Tier.I: "I", Tier.II: "II", Tier.III: "III"}
    return names.get(tier)


def view(member: Member) -> MemberView:
    """Return what is shown of a member."""
    return MemberView(
        member.id,
        member.external_ref,
        member.kind,
        _tier(member.tier),
        member.state,
        member.display_name,
        member.opened_at,
    )


def _account_view(account: BankAccount) -> BankAccountView:
    shown = min(NUMBER_SHOWN_CHARS, len(account.number) // 2)
    return BankAccountView(
        account.id,
        account.member_id,
        account.bank,
        account.number[len(account.number) - shown :],
        account.state,
        account.bound_at,
    )


def _new(call: Call[Any, Any, Any], body: MemberBody) -> NewMember:
    """Return the member to be. Raises: NotPermitted for a tier that takes a verification."""
    if not isinstance(body, PersonBody):
        kind = MemberKind.MERCHANT if isinstance(body, MerchantBody) else MemberKind.INSTITUTION
        return NewMember(body.external_ref, kind, Tier.NONE, body.display_name)
    tier = Tier[body.tier]
    if tier > Tier.I and VERIFY not in call.who.may:
        raise NotPermitted(f"{VERIFY} (for a tier above I)")
    return NewMember(body.external_ref, MemberKind.PERSON, tier, body.display_name)


# Members


async def show_me(call: Call[None, None, None]) -> MemberView:
    """Show the caller's own member."""
    return view(await call.door.aread(service.member, MemberId(member_of(call.who))))


async def open_member(call: Call[MemberBody, None, None]) -> MemberView:
    """Open a member."""
    return view(await call.door.acall(service.onboard, _new(call, call.body), call.key))


async def open_members(call: Call[MemberBatchBody, None, None]) -> OpenedView:
    """Open many members."""
    command = OnboardMany([_new(call, body) for body in call.body.members])
    opened = await call.door.acall(service.onboard_many, command, call.key)
    return OpenedView(opened.ids)


async def find_member(call: Call[None, RefQuery, None]) -> MemberView:
    """Find a member by reference."""
    ref = call.query.external_ref
    found = await call.door.aread(service.member_by_ref, ref)
    if not may_see(call.who, found.id):
        raise ExternalRefUnknown(ref)
    return view(found)


async def show_member(call: Call[None, None, MemberPath]) -> MemberView:
    """Show a member."""
    _check_theirs(call, call.path.member_id)
    return view(await call.door.aread(service.member, call.path.member_id))


async def freeze_member(call: Call[ReasonBody, None, MemberPath]) -> MemberView:
    """Stop a member's money from going out."""
    command = Freeze(call.path.member_id, call.body.reason)
    return view(await call.door.acall(service.freeze, command))


async def unfreeze_member(call: Call[ReasonBody, None, MemberPath]) -> MemberView:
    """Let a frozen member's money move again."""
    command = Unfreeze(call.path.member_id, call.body.reason)
    return view(await call.door.acall(service.unfreeze, command))


async def list_tier_limits(call: Call[None, TierLimitsQuery, None]) -> TierLimitsView:
    """List the limits in force on a day."""
    found = await call.door.aread(service.tier_limits, call.query.on)
    items = []
    for limit in found:
        tier = _tier(limit.tier)
        assert tier is not None  # SQL's own check: limits are of tiers I to III
        items.append(
            TierLimitView(
                limit.rule, tier, fen(limit.amount_minor), limit.from_on, limit.to_on, limit.source
            )
        )
    return TierLimitsView(items)


# Bank accounts


def _check_theirs(call: Call[Any, Any, Any], member_id: MemberId) -> None:
    if not may_see(call.who, member_id):
        raise MemberUnknown(member_id)


async def list_bank_accounts(
    call: Call[None, BankAccountsParams, MemberPath],
) -> BankAccountsPage:
    """List a member's bound bank accounts."""
    _check_theirs(call, call.path.member_id)
    query, cursor = call.query, call.query.cursor
    after = None if cursor is None else take_cursor(cursor, BankAccountId)
    found = await call.door.aread(
        service.bank_accounts, BankAccountsQuery(call.path.member_id, query.limit + 1, after)
    )
    page = found[: query.limit]
    more = give_cursor(page[-1].id) if len(found) > len(page) else None
    return BankAccountsPage([_account_view(each) for each in page], more)


async def bind_bank_account(
    call: Call[BankAccountBody, None, MemberPath],
) -> BankAccountView:
    """Tie a bank account to a member."""
    _check_theirs(call, call.path.member_id)
    command = BindBankAccount(call.path.member_id, call.body.bank, call.body.number)
    return _account_view(await call.door.acall(service.bind_bank_account, command))


async def unbind_bank_account(call: Call[None, None, BankAccountPath]) -> BankAccountView:
    """Untie a bank account; again changes nothing. An account never goes to another member."""
    path = call.path
    _check_theirs(call, path.member_id)
    found = await call.door.aread(service.bank_account, path.bank_account_id)
    if found.member_id != path.member_id:
        raise BankAccountUnknown(path.bank_account_id)
    command = UnbindBankAccount(path.bank_account_id)
    return _account_view(await call.door.acall(service.unbind_bank_account, command))


_SEEN: Final = "Of a member who is not theirs, people and partners learn nothing: 404."
_EXAMPLE_MEMBER: Final = {
    "id": "019b2f4e-7c00-7000-8000-000000000001",
    "external_ref": "customer-2014-0001",
    "kind": "person",
    "tier": "III",
    "state": "active",
    "display_name": "小明",
    "opened_at": "2014-03-10T01:00:00Z",
}
_EXAMPLE_ACCOUNT: Final = {
    "id": "019b2f4e-7c00-7000-8000-000000000002",
    "member_id": "019b2f4e-7c00-7000-8000-000000000001",
    "bank": "ICBC",
    "number_ends_in": "2222",
    "state": "bound",
    "bound_at": "2014-03-10T01:00:00Z",
}
_MEMBER: Final[dict[str, Any]] = {"tag": TAG, "takes_path": MemberPath}
_ACCOUNTS: Final = "/v1/members/{member_id}/bank-accounts"

ROUTES: Final[list[Route]] = [
    Route(
        method="GET", path="/v1/me", handler=show_me, tag=TAG, answer=MemberView, etag=True,
        summary="Show the member that the caller is, or acts for.",
        who=MEMBER_SIDE, needs="members.read", errors=(MemberUnknown,),
        examples={"answer": _EXAMPLE_MEMBER},
    ),
    Route(
        method="POST", path="/v1/members", handler=open_member, tag=TAG, body=MemberBody,
        answer=MemberView, status=201, summary="Open a member and their wallet.",
        description=f"A person above tier I: the caller needs `{VERIFY}` as well.",
        who=STAFF | PARTNER, needs="members.write", money=True, errors=(ExternalRefTaken,),
        examples={
            "body": {"kind": "person", "external_ref": "customer-2014-0001", "tier": "I"},
            "answer": _EXAMPLE_MEMBER | {"tier": "I", "display_name": None},
        },
    ),
    Route(
        method="POST", path="/v1/member-batches", handler=open_members, tag=TAG,
        body=MemberBatchBody, answer=OpenedView, status=201, body_bytes_max=BATCH_BYTES_MAX,
        timeout_s=60, summary="Open many members, all or none.",
        description=f"For persons above tier I the caller needs `{VERIFY}` as well.",
        who=STAFF | PARTNER, needs="members.write", money=True, errors=(ExternalRefTaken,),
        examples={
            "body": {"members": [{"kind": "merchant", "external_ref": "shop-7"}]},
            "answer": {"ids": [_EXAMPLE_MEMBER["id"]]},
        },
    ),
    Route(
        method="GET", path="/v1/members", handler=find_member, tag=TAG, query=RefQuery,
        answer=MemberView, summary="Find the member who is known under a reference.",
        description=_SEEN, who=ALL_SIDES, needs="members.read", errors=(ExternalRefUnknown,),
        examples={"answer": _EXAMPLE_MEMBER},
    ),
    Route(
        path="/v1/members/{member_id}", method="GET", handler=show_member, answer=MemberView,
        summary="Show a member.", description=_SEEN, who=ALL_SIDES, needs="members.read",
        etag=True, errors=(MemberUnknown,), examples={"answer": _EXAMPLE_MEMBER}, **_MEMBER,
    ),
    Route(
        path="/v1/members/{member_id}/freeze", method="POST", handler=freeze_member,
        body=ReasonBody, answer=MemberView, who=STAFF, needs="members.freeze",
        summary="Stop a member's money from going out; it may come in.",
        errors=(MemberUnknown, MemberTransitionIllegal),
        examples={"answer": _EXAMPLE_MEMBER | {"state": "frozen"}}, **_MEMBER,
    ),
    Route(
        path="/v1/members/{member_id}/unfreeze", method="POST", handler=unfreeze_member,
        body=ReasonBody, answer=MemberView, who=STAFF, needs="members.freeze",
        summary="Let a frozen member's money move again.",
        errors=(MemberUnknown, MemberTransitionIllegal),
        examples={"answer": _EXAMPLE_MEMBER}, **_MEMBER,
    ),
    Route(
        method="GET", path="/v1/tier-limits", handler=list_tier_limits, tag=TAG,
        query=TierLimitsQuery, answer=TierLimitsView, who=ALL_SIDES, needs="limits.read",
        summary="List the limits of the tiers that are in force on a day.",
        examples={"answer": {"items": [{
            "rule": "balance_out_year", "tier": "II",
            "amount": {"amount": "100000.00", "currency": "CNY"}, "from_on": "2016-07-01",
            "to_on": None, "source": "PBOC announcement 43 of 2015, article 11(2)",
        }]}},
    ),
    Route(
        path=_ACCOUNTS, method="GET", handler=list_bank_accounts, query=BankAccountsParams,
        answer=BankAccountsPage, who=ALL_SIDES, needs="members.read", errors=(MemberUnknown,),
        summary="List a member's bank accounts.", description=_SEEN,
        examples={"answer": {"items": [_EXAMPLE_ACCOUNT], "next_cursor": None}}, **_MEMBER,
    ),
    Route(
        path=_ACCOUNTS, method="POST", handler=bind_bank_account, body=BankAccountBody,
        answer=BankAccountView, status=201, who=ALL_SIDES, needs="bank_accounts.write", fresh=True,
        summary="Tie a bank account to a member.", description=_SEEN,
        errors=(MemberUnknown, MemberClosed, BankAccountTaken),
        examples={
            "body": {"bank": "ICBC", "number": "6222000011112222"}, "answer": _EXAMPLE_ACCOUNT,
        }, **_MEMBER,
    ),
    Route(
        method="DELETE", path=_ACCOUNTS + "/{bank_account_id}", handler=unbind_bank_account,
        tag=TAG, takes_path=BankAccountPath, answer=BankAccountView, who=ALL_SIDES,
        needs="bank_accounts.write", fresh=True, errors=(MemberUnknown, BankAccountUnknown),
        summary="Untie a bank account from its member; orders already under way go on.",
        description=_SEEN, examples={"answer": _EXAMPLE_ACCOUNT | {"state": "unbound"}},
    ),
]  # fmt: skip
"""The operations of the members room."""

"""Use cases of the members room: open, freeze, close; tiers and their limits; bank accounts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from venule.kit.time import china_date
from venule.ledger import AccountFlags, Tx, ref_array
from venule.members import flows, rules, store
from venule.members.errors import (
    BankAccountTaken,
    BankAccountUnbound,
    BankAccountUnknown,
    ExternalRefTaken,
    ExternalRefUnknown,
    MemberClosed,
    MemberUnknown,
    TooManyMembers,
    WalletNotEmpty,
)
from venule.members.model import (
    BANK_ACCOUNTS_MAX,
    BANK_CHARS_MAX,
    NUMBER_CHARS_MAX,
    ONBOARD_MEMBERS_MAX,
    WALLET_UNIT,
    BankAccount,
    BankAccountId,
    BankAccountsQuery,
    BankAccountState,
    BindBankAccount,
    ChangeTier,
    CloseMember,
    Freeze,
    Member,
    MemberEvent,
    MemberId,
    MemberState,
    NewMember,
    Onboarded,
    OnboardMany,
    Party,
    SetTierLimit,
    TierLimit,
    UnbindBankAccount,
    Unfreeze,
)
from venule.members.states import advance


def onboard(tx: Tx, new: NewMember) -> Member:
    """Open a member and, in the ledger, their wallet's account.

    Raises: TextMalformed, TierNotForKind, ExternalRefTaken; UnitUnknown before the wallet
    room is set up.
    """
    return _open(tx, [new])[0]


def onboard_many(tx: Tx, command: OnboardMany) -> Onboarded:
    """Open up to `ONBOARD_MEMBERS_MAX` members in one command, all or none.

    Raises: TooManyMembers, and as `onboard` for the first one that cannot be opened.
    """
    if len(command.members) > ONBOARD_MEMBERS_MAX:
        raise TooManyMembers(len(command.members), ONBOARD_MEMBERS_MAX)
    opened = _open(tx, command.members)
    return Onboarded([m.id for m in opened], [m.account for m in opened])


def _open(tx: Tx, new_members: Sequence[NewMember]) -> list[Member]:
    seen: set[str] = set()
    for new in new_members:
        rules.check_new(new)
        if new.external_ref in seen:
            raise ExternalRefTaken(new.external_ref)
        seen.add(new.external_ref)
    for taken in store.taken_refs(tx.sql, [new.external_ref for new in new_members]):
        raise ExternalRefTaken(taken)
    ids = [MemberId(tx.new_id()) for _ in new_members]
    accounts = _open_accounts(tx, new_members, ids)
    members = [
        Member(
            ids[i],
            new.external_ref,
            new.kind,
            new.tier,
            MemberState.ACTIVE,
            accounts[i],
            new.display_name,
            tx.now,
        )
        for i, new in enumerate(new_members)
    ]
    store.insert_members(tx.sql, members)
    for m in members:
        tx.emit("members.opened", m.id, {"kind": m.kind, "tier": m.tier, "account": m.account})
    return members


def _open_accounts(tx: Tx, members: Sequence[NewMember], ids: Sequence[MemberId]) -> list[int]:
    """Open an account each, those of one code in one go; return them in the members' order."""
    places: dict[int, list[int]] = {}
    for i, new in enumerate(members):
        places.setdefault(rules.wallet_code(new.kind), []).append(i)
    accounts = [0] * len(ids)
    for code, mine in places.items():
        opened = tx.open_accounts(
            WALLET_UNIT,
            code,
            len(mine),
            flags=AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS,
            refs=ref_array([ids[i] for i in mine]),
        )
        for i, account in zip(mine, opened, strict=True):
            accounts[i] = account
    return accounts


def member(tx: Tx, member_id: MemberId) -> Member:
    """Return a member. Raises: MemberUnknown."""
    found = store.load_member(tx.sql, member_id)
    if found is None:
        raise MemberUnknown(member_id)
    return found


def member_by_ref(tx: Tx, external_ref: str) -> Member:
    """Return the member known under a reference. Raises: ExternalRefUnknown."""
    found = store.load_member_by_ref(tx.sql, external_ref)
    if found is None:
        raise ExternalRefUnknown(external_ref)
    return found


def party(tx: Tx, member_id: MemberId) -> Party:
    """Return what a movement needs to know of a member today. Raises: MemberUnknown."""
    return parties(tx, (member_id,))[member_id]


def parties(tx: Tx, ids: Iterable[MemberId]) -> dict[MemberId, Party]:
    """Return what movements need to know of members today. Raises: MemberUnknown for the first."""
    asked = list(dict.fromkeys(ids))
    found = store.load_parties(tx.sql, asked, china_date(tx.now))
    if len(found) < len(asked):
        raise MemberUnknown(next(i for i in asked if i not in found))
    return found


def wallet_account(tx: Tx, member_id: MemberId) -> int:
    """Return the ledger account of a member's wallet. Raises: MemberUnknown."""
    return party(tx, member_id).account


def wallet_accounts(tx: Tx, ids: Iterable[MemberId]) -> dict[MemberId, int]:
    """Return the ledger accounts of members' wallets. Raises: MemberUnknown for the first."""
    return {i: found.account for i, found in parties(tx, ids).items()}


def freeze(tx: Tx, command: Freeze) -> Member:
    """Stop a member's money from going out. Raises: MemberUnknown, MemberTransitionIllegal."""
    return _turn(tx, command.member_id, MemberEvent.FREEZE, command.reason)


def unfreeze(tx: Tx, command: Unfreeze) -> Member:
    """Let a member's money move again. Raises: MemberUnknown, MemberTransitionIllegal."""
    return _turn(tx, command.member_id, MemberEvent.UNFREEZE, command.reason)


def end_membership(tx: Tx, command: CloseMember) -> Member:
    """Close a member and their wallet's account, for good.

    The rooms above keep money for members too: call `close_member` of the highest one that does.
    Raises: MemberUnknown, WalletNotEmpty, MemberTransitionIllegal.
    """
    before = member(tx, command.member_id)
    wallet = tx.account(before.account)
    held = wallet.debits_pending + wallet.credits_pending
    if wallet.balance or held:
        raise WalletNotEmpty(before.id, wallet.balance, held)
    after = _turn(tx, before.id, MemberEvent.CLOSE, "closed")
    tx.post_all(flows.close_wallet(before.account, before.id))
    return after


def _turn(tx: Tx, member_id: MemberId, event: MemberEvent, reason: str) -> Member:
    before = member(tx, member_id)
    state = advance(before.state, event)
    store.save_state(tx.sql, member_id, state)
    tx.emit(f"members.{state.value}", member_id, {"reason": reason})
    return Member(
        before.id,
        before.external_ref,
        before.kind,
        before.tier,
        state,
        before.account,
        before.display_name,
        before.opened_at,
    )


def change_tier(tx: Tx, command: ChangeTier) -> Member:
    """Put a person on another tier; what was used up of limits stays used up.

    Raises: MemberUnknown, MemberClosed, TierNotForKind.
    """
    before = member(tx, command.member_id)
    if before.state is MemberState.CLOSED:
        raise MemberClosed(before.id)
    rules.check_tier(before.kind, command.tier)
    store.save_tier(tx.sql, before.id, command.tier)
    tx.emit("members.tier_changed", before.id, {"from": before.tier, "to": command.tier})
    return member(tx, before.id)


def bind_bank_account(tx: Tx, command: BindBankAccount) -> BankAccount:
    """Tie a bank account to a member, for top-ups and withdrawals.

    Raises: TextMalformed, MemberUnknown, MemberClosed, BankAccountTaken.
    """
    rules.check_text("bank", command.bank, BANK_CHARS_MAX)
    rules.check_text("number", command.number, NUMBER_CHARS_MAX)
    rules.check_may_receive(party(tx, command.member_id))
    if store.is_bound(tx.sql, command.bank, command.number):
        raise BankAccountTaken(command.bank)
    account = BankAccount(
        BankAccountId(tx.new_id()),
        command.member_id,
        command.bank,
        command.number,
        BankAccountState.BOUND,
        tx.now,
    )
    store.insert_bank_account(tx.sql, account)
    tx.emit("members.bank_account_bound", account.id, {"member_id": account.member_id})
    return account


def unbind_bank_account(tx: Tx, command: UnbindBankAccount) -> BankAccount:
    """Untie a bank account; orders already under way go on. Again changes nothing.

    Raises: BankAccountUnknown.
    """
    before = bank_account(tx, command.bank_account_id)
    if before.state is BankAccountState.BOUND:
        store.save_bank_account_state(tx.sql, before.id, BankAccountState.UNBOUND)
        tx.emit("members.bank_account_unbound", before.id, {"member_id": before.member_id})
    return bank_account(tx, before.id)


def bank_account(tx: Tx, bank_account_id: BankAccountId) -> BankAccount:
    """Return a bank account, bound or not. Raises: BankAccountUnknown."""
    found = store.load_bank_account(tx.sql, bank_account_id)
    if found is None:
        raise BankAccountUnknown(bank_account_id)
    return found


def bank_accounts(tx: Tx, query: BankAccountsQuery) -> list[BankAccount]:
    """Return a member's bound bank accounts, at most `BANK_ACCOUNTS_MAX`.

    Raises: MemberUnknown.
    """
    member(tx, query.member_id)
    limit = max(1, min(query.limit, BANK_ACCOUNTS_MAX))
    return store.load_bank_accounts(tx.sql, msgspec.structs.replace(query, limit=limit))


def bound_bank_account(tx: Tx, member_id: MemberId, bank_account_id: BankAccountId) -> BankAccount:
    """Return a member's bank account, ready for use.

    Raises: BankAccountUnknown if it is not theirs, BankAccountUnbound.
    """
    found = bank_account(tx, bank_account_id)
    if found.member_id != member_id:
        raise BankAccountUnknown(bank_account_id)
    if found.state is not BankAccountState.BOUND:
        raise BankAccountUnbound(bank_account_id)
    return found


def set_tier_limit(tx: Tx, command: SetTierLimit) -> list[TierLimit]:
    """Put another limit in force from a day on; return all limits in force on that day.

    Raises: TierLimitMalformed, TextMalformed, TierLimitOutOfOrder.
    """
    last = store.last_tier_limit(tx.sql, command.rule, command.tier)
    rules.check_tier_limit(command, last)
    if last is not None and last.to_on is None:
        store.end_tier_limit(tx.sql, last, command.from_on)
    if command.amount_minor is not None:
        limit = TierLimit(
            command.rule,
            command.tier,
            command.amount_minor,
            command.from_on,
            None,
            command.source,
        )
        store.insert_tier_limit(tx.sql, limit)
    return tier_limits(tx, command.from_on)


def tier_limits(tx: Tx, on: date) -> list[TierLimit]:
    """Return the limits in force on a day (China's civil time), by tier and rule."""
    return store.load_tier_limits(tx.sql, on)

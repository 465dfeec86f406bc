"""Every SQL statement of the members room."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final
from uuid import UUID

from venule.kit.migrate import Migrations
from venule.kit.sql import Row, Sql
from venule.kit.time import from_us, to_us
from venule.members.model import (
    BankAccount,
    BankAccountId,
    BankAccountsQuery,
    BankAccountState,
    LimitRule,
    Member,
    MemberId,
    MemberKind,
    MemberState,
    Party,
    Tier,
    TierLimit,
)

MIGRATIONS: Final = Migrations("members", package="venule.members")

IDS_MAX: Final = 500
"""How many values one IN list holds; longer lists are asked for in pieces."""

_KINDS: Final = {kind.value: kind for kind in MemberKind}
_STATES: Final = {state.value: state for state in MemberState}
_TIERS: Final = tuple(Tier)
_RULES: Final = {rule.value: rule for rule in LimitRule}

_MEMBER: Final = "id, external_ref, kind, tier, state, account, display_name, opened_at"
_INSERT_MEMBER: Final = f"INSERT INTO member ({_MEMBER}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
_IN_FORCE: Final = "from_on <= ? AND (to_on IS NULL OR ? < to_on)"
_PARTIES: Final = (
    "SELECT m.id, m.kind, m.tier, m.state, m.account, l.rule, l.amount,"  # noqa: S608
    f" (SELECT COUNT(*) FROM tier_limit WHERE {_IN_FORCE})"
    " FROM member AS m LEFT JOIN tier_limit AS l"
    " ON l.tier = m.tier AND l.from_on <= ? AND (l.to_on IS NULL OR ? < l.to_on)"
    " WHERE m.id IN ({})"
)
_PARTIES_1: Final = _PARTIES.format("?")
_PARTIES_2: Final = _PARTIES.format("?, ?")


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def _pieces(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), IDS_MAX):
        yield values[start : start + IDS_MAX]


def insert_members(sql: Sql, members: Sequence[Member]) -> None:
    """Write new members."""
    rows = [
        (
            m.id.bytes,
            m.external_ref,
            m.kind.value,
            int(m.tier),
            m.state.value,
            m.account,
            m.display_name,
            to_us(m.opened_at),
        )
        for m in members
    ]
    sql.many(_INSERT_MEMBER, rows)


def taken_refs(sql: Sql, refs: Sequence[str]) -> list[str]:
    """Return those external references that a member has already, sorted."""
    found: list[str] = []
    for piece in _pieces(refs):
        rows = sql.rows(
            f"SELECT external_ref FROM member WHERE external_ref IN ({_marks(len(piece))})",  # noqa: S608
            piece,
        )
        found += [row[0] for row in rows]
    return sorted(found)


def load_member(sql: Sql, member_id: MemberId) -> Member | None:
    """Return a member, or None."""
    row = sql.row(f"SELECT {_MEMBER} FROM member WHERE id = ?", (member_id.bytes,))  # noqa: S608
    return None if row is None else _member(row)


def load_member_by_ref(sql: Sql, external_ref: str) -> Member | None:
    """Return the member known under a reference, or None."""
    row = sql.row(f"SELECT {_MEMBER} FROM member WHERE external_ref = ?", (external_ref,))  # noqa: S608
    return None if row is None else _member(row)


def load_members(sql: Sql) -> Iterator[Member]:
    """Yield all members, in order of id."""
    return map(_member, sql.each(f"SELECT {_MEMBER} FROM member ORDER BY id"))  # noqa: S608


def _member(row: Row) -> Member:
    raw, ref, kind, tier, state, account, name, opened_at = row
    return Member(
        MemberId(UUID(bytes=raw)),
        ref,
        _KINDS[kind],
        _TIERS[tier],
        _STATES[state],
        account,
        name,
        from_us(opened_at),
    )


def load_parties(sql: Sql, ids: Sequence[MemberId], on: date) -> dict[MemberId, Party]:
    """Return what movements need to know of members on a day; unknown ones are left out."""
    day = on.isoformat()
    days = (day, day, day, day)
    found: dict[MemberId, Party] = {}
    if len(ids) <= 2:
        text = _PARTIES_1 if len(ids) == 1 else _PARTIES_2
        _add_parties(found, ids, sql.rows(text, (*days, *[i.bytes for i in ids])) if ids else [])
        return found
    for piece in _pieces(ids):
        text = _PARTIES.format(_marks(len(piece)))
        _add_parties(found, piece, sql.rows(text, (*days, *[i.bytes for i in piece])))
    return found


def _add_parties(found: dict[MemberId, Party], ids: Sequence[MemberId], rows: list[Row]) -> None:
    by_bytes = {i.bytes: i for i in ids}
    for raw, kind, tier, state, account, rule, amount, in_force in rows:
        member_id = by_bytes[raw]
        party = found.get(member_id)
        if party is None:
            party = found[member_id] = Party(
                member_id, _KINDS[kind], _TIERS[tier], _STATES[state], account, {}, in_force > 0
            )
        if rule is not None:
            party.limits[_RULES[rule]] = amount


def save_state(sql: Sql, member_id: MemberId, state: MemberState) -> None:
    """Write a member's state."""
    sql.run("UPDATE member SET state = ? WHERE id = ?", (state.value, member_id.bytes))


def save_tier(sql: Sql, member_id: MemberId, tier: Tier) -> None:
    """Write a member's tier."""
    sql.run("UPDATE member SET tier = ? WHERE id = ?", (int(tier), member_id.bytes))


_BANK_ACCOUNT: Final = "id, member_id, bank, number, state, bound_at"


def insert_bank_account(sql: Sql, account: BankAccount) -> None:
    """Write a newly bound bank account."""
    sql.run(
        f"INSERT INTO bank_account ({_BANK_ACCOUNT}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608
        (
            account.id.bytes,
            account.member_id.bytes,
            account.bank,
            account.number,
            account.state.value,
            to_us(account.bound_at),
        ),
    )


def is_bound(sql: Sql, bank: str, number: str) -> bool:
    """Say whether a bank account is bound to a member now."""
    found = sql.row(
        "SELECT 1 FROM bank_account WHERE bank = ? AND number = ? AND state = 'bound'",
        (bank, number),
    )
    return found is not None


def load_bank_account(sql: Sql, account_id: BankAccountId) -> BankAccount | None:
    """Return a bank account, or None."""
    row = sql.row(f"SELECT {_BANK_ACCOUNT} FROM bank_account WHERE id = ?", (account_id.bytes,))  # noqa: S608
    return None if row is None else _bank_account(row)


def load_bank_accounts(sql: Sql, query: BankAccountsQuery) -> list[BankAccount]:
    """Return a member's bound bank accounts, by id."""
    rows = sql.rows(
        f"SELECT {_BANK_ACCOUNT} FROM bank_account"  # noqa: S608
        " WHERE member_id = ? AND state = 'bound' AND id > ? ORDER BY id LIMIT ?",
        (query.member_id.bytes, b"" if query.after is None else query.after.bytes, query.limit),
    )
    return [_bank_account(row) for row in rows]


def _bank_account(row: Row) -> BankAccount:
    raw, member, bank, number, state, bound_at = row
    return BankAccount(
        BankAccountId(UUID(bytes=raw)),
        MemberId(UUID(bytes=member)),
        bank,
        number,
        BankAccountState(state),
        from_us(bound_at),
    )


def save_bank_account_state(sql: Sql, account_id: BankAccountId, state: BankAccountState) -> None:
    """Write a bank account's state."""
    sql.run("UPDATE bank_account SET state = ? WHERE id = ?", (state.value, account_id.bytes))


_LIMIT: Final = "rule, tier, amount, from_on, to_on, source"


def load_tier_limits(sql: Sql, on: date) -> list[TierLimit]:
    """Return the limits in force on a day, by tier and rule."""
    day = on.isoformat()
    rows = sql.rows(
        f"SELECT {_LIMIT} FROM tier_limit WHERE {_IN_FORCE} ORDER BY tier, rule",  # noqa: S608
        (day, day),
    )
    return [_tier_limit(row) for row in rows]


def last_tier_limit(sql: Sql, rule: LimitRule, tier: Tier) -> TierLimit | None:
    """Return the limit of a rule and tier that begins last, or None."""
    row = sql.row(
        f"SELECT {_LIMIT} FROM tier_limit WHERE rule = ? AND tier = ?"  # noqa: S608
        " ORDER BY from_on DESC LIMIT 1",
        (rule.value, int(tier)),
    )
    return None if row is None else _tier_limit(row)


def _tier_limit(row: Row) -> TierLimit:
    rule, tier, amount, from_on, to_on, source = row
    return TierLimit(
        _RULES[rule],
        _TIERS[tier],
        amount,
        date.fromisoformat(from_on),
        None if to_on is None else date.fromisoformat(to_on),
        source,
    )


def end_tier_limit(sql: Sql, last: TierLimit, to_on: date) -> None:
    """Write the first day on which a limit is no longer in force."""
    sql.run(
        "UPDATE tier_limit SET to_on = ? WHERE rule = ? AND tier = ? AND from_on = ?",
        (to_on.isoformat(), last.rule.value, int(last.tier), last.from_on.isoformat()),
    )


def insert_tier_limit(sql: Sql, limit: TierLimit) -> None:
    """Write a new limit."""
    sql.run(
        f"INSERT INTO tier_limit ({_LIMIT}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608
        (
            limit.rule.value,
            int(limit.tier),
            limit.amount_minor,
            limit.from_on.isoformat(),
            None if limit.to_on is None else limit.to_on.isoformat(),
            limit.source,
        ),
    )

"""SQL of funds, holders, sweeps and freezes. See `order_store.py` and `day_store.py` too."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import msgspec

from venule.fund.model import (
    AdvanceLine,
    FreezeCause,
    FreezeId,
    Fund,
    FundAccounts,
    Holder,
    Limit,
    LimitRule,
    ScheduleKind,
    ShadowState,
    Terms,
)
from venule.fund.rules import cut_off_time
from venule.fund.schedule import OpenDays, Schedule, WeekdaySchedule, calendar_of
from venule.fund.states import STOPS_REDEMPTIONS, STOPS_SUBSCRIPTIONS
from venule.kit.migrate import Migrations
from venule.kit.sql import Row, Sql
from venule.members import MemberId

MIGRATIONS: Final = Migrations("fund", package="venule.fund")

_FUNDS_REMEMBERED_MAX: Final = 64
_MEMBERS_MAX: Final = 500
"""How many members one statement asks for."""


# Funds and calendars


def load_calendar_row(sql: Sql, name: str) -> tuple[str, str] | None:
    """Return a calendar's first day and its marks."""
    row = sql.row("SELECT first_on, days FROM fund_calendar WHERE name = ?", (name,))
    return None if row is None else (row[0], row[1])


def save_calendar(sql: Sql, name: str, first_on: date, days: str) -> None:
    """Write a calendar, or what has been added to it, and tell the funds that go by it."""
    sql.run(
        "INSERT INTO fund_calendar (name, first_on, days) VALUES (?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET first_on = excluded.first_on, days = excluded.days",
        (name, first_on.isoformat(), days),
    )
    for row in sql.rows("SELECT code FROM fund WHERE calendar = ?", (name,)):
        save_settings(sql, row[0])


def insert_fund(
    sql: Sql,
    code: str,
    name: str,
    unit: int,
    opened_on: date,
    calendar: str,
    terms: Terms,
    accounts: FundAccounts,
    now_us: int,
) -> None:
    """Write a new fund, open for sale, without limits and lines."""
    sql.run(
        "INSERT INTO fund (code, name, unit, opened_on, calendar, terms, accounts, settings,"
        " subscriptions_open, redemptions_open, shadow_state, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, '', 1, 1, 'inside', ?)",
        (
            code,
            name,
            unit,
            opened_on.isoformat(),
            calendar,
            msgspec.json.encode(terms).decode(),
            msgspec.json.encode(accounts).decode(),
            now_us,
        ),
    )


def fund_exists(sql: Sql, code: str, unit: int) -> bool:
    """Tell whether a code or unit is taken."""
    return sql.row("SELECT 1 FROM fund WHERE code = ? OR unit = ?", (code, unit)) is not None


def fund_codes(sql: Sql) -> list[str]:
    """Return the codes of all funds."""
    return [row[0] for row in sql.rows("SELECT code FROM fund ORDER BY code")]


_KEY: Final = (
    "SELECT code, settings, subscriptions_open, redemptions_open, shadow_state"
    " FROM fund WHERE code = ?"
)
_FUND: Final = (
    "SELECT f.code, f.name, f.unit, f.opened_on, f.calendar, f.terms, f.accounts,"
    " c.first_on, c.days"
    " FROM fund AS f JOIN fund_calendar AS c ON c.name = f.calendar WHERE f.code = ?"
)
_funds_seen: dict[Row, Fund] = {}
"""Funds by what can change of them. `settings` is a digest of all the rest, so that an entry is
true in any home, and also after a command that changed the fund was undone."""


def load_fund(sql: Sql, code: str) -> Fund | None:
    """Return a fund with its limits, lines and schedule; one short row, if nothing has changed."""
    key = sql.row(_KEY, (code,))
    if key is None:
        return None
    fund = _funds_seen.get(key)
    if fund is None:
        fund = _build_fund(sql, key)
        if len(_funds_seen) >= _FUNDS_REMEMBERED_MAX:
            _funds_seen.clear()
        _funds_seen[key] = fund
    return fund


def _build_fund(sql: Sql, key: Row) -> Fund:
    row = sql.row(_FUND, (key[0],))
    assert row is not None
    code, name, unit, opened_on, calendar, terms_text, accounts, first_on, days = row
    terms = msgspec.json.decode(terms_text, type=Terms)
    shadow_state = ShadowState(key[4])
    return Fund(
        code=code,
        name=name,
        unit=unit,
        opened_on=date.fromisoformat(opened_on),
        terms=terms,
        accounts=msgspec.json.decode(accounts, type=FundAccounts),
        schedule=_schedule(terms.schedule, terms.cut_off, calendar, first_on, days),
        limits=tuple(_limit(each) for each in _limit_rows(sql, code)),
        lines=tuple(_line(each) for each in _line_rows(sql, code)),
        shadow_state=shadow_state,
        subscriptions_open=bool(key[2]) and shadow_state not in STOPS_SUBSCRIPTIONS,
        redemptions_open=bool(key[3]) and shadow_state not in STOPS_REDEMPTIONS,
    )


@lru_cache(maxsize=_FUNDS_REMEMBERED_MAX)
def _schedule(kind: ScheduleKind, cut_off: str, name: str, first_on: str, days: str) -> Schedule:
    calendar = calendar_of(name, first_on, days)
    if kind is ScheduleKind.WEEKDAY:
        return WeekdaySchedule(calendar)
    return OpenDays(calendar, cut_off_time(cut_off))


def _limit_rows(sql: Sql, code: str) -> list[Row]:
    return sql.rows(
        "SELECT rule, amount, from_on, to_on, transition_to_on, subject FROM fund_limit"
        " WHERE fund = ? ORDER BY rule, subject, from_on",
        (code,),
    )


def _limit(row: Row) -> Limit:
    rule, amount, from_on, to_on, transition_to_on, subject = row
    return Limit(
        LimitRule(rule),
        amount,
        date.fromisoformat(from_on),
        None if to_on is None else date.fromisoformat(to_on),
        None if transition_to_on is None else date.fromisoformat(transition_to_on),
        subject,
    )


_LINE: Final = "bank, name, licensed, line, transit, funding, pledge, holder"


def _line_rows(sql: Sql, code: str) -> list[Row]:
    return sql.rows(
        f"SELECT {_LINE} FROM fund_advance_line WHERE fund = ? ORDER BY bank",  # noqa: S608
        (code,),
    )


def _line(row: Row) -> AdvanceLine:
    bank, name, licensed, *accounts = row
    return AdvanceLine(UUID(bytes=bank), name, bool(licensed), *accounts)


def save_limit(sql: Sql, code: str, limit: Limit) -> None:
    """Write a dated limit, in place of one of the same rule, subject and first day."""
    sql.run(
        "INSERT INTO fund_limit (fund, rule, subject, from_on, amount, to_on, transition_to_on)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (fund, rule, subject, from_on) DO UPDATE SET"
        " amount = excluded.amount, to_on = excluded.to_on,"
        " transition_to_on = excluded.transition_to_on",
        (
            code,
            limit.rule.value,
            limit.subject,
            limit.from_on.isoformat(),
            limit.amount,
            _iso(limit.to_on),
            _iso(limit.transition_to_on),
        ),
    )


def insert_line(sql: Sql, code: str, line: AdvanceLine, now_us: int) -> None:
    """Write a bank's advance line."""
    sql.run(
        f"INSERT INTO fund_advance_line (fund, {_LINE}, opened_at)"  # noqa: S608
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            code,
            line.bank.bytes,
            line.name,
            int(line.licensed),
            line.line,
            line.transit,
            line.funding,
            line.pledge,
            line.holder,
            now_us,
        ),
    )


def digest_settings(sql: Sql, code: str) -> str:
    """Return the digest of what a fund is made of: its row, calendar, limits and lines."""
    parts = (sql.row(_FUND, (code,)), _limit_rows(sql, code), _line_rows(sql, code))
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def save_settings(sql: Sql, code: str) -> None:
    """Note on the fund's row what it is made of: call it after every change of that."""
    digest = digest_settings(sql, code)
    sql.run("UPDATE fund SET settings = ? WHERE code = ?", (digest, code))


def load_settings(sql: Sql, code: str) -> str:
    """Return the digest as it was noted."""
    row = sql.row("SELECT settings FROM fund WHERE code = ?", (code,))
    assert row is not None
    digest: str = row[0]
    return digest


def save_sales(sql: Sql, code: str, subscriptions_open: bool, redemptions_open: bool) -> None:
    """Open or stop sales."""
    sql.run(
        "UPDATE fund SET subscriptions_open = ?, redemptions_open = ? WHERE code = ?",
        (int(subscriptions_open), int(redemptions_open), code),
    )


# Holders


def load_holder(sql: Sql, fund: str, distributor: str, member_id: MemberId) -> Holder | None:
    """Return a member's holding."""
    row = sql.row(
        "SELECT account, cash, frozen, sweep_keep FROM fund_holder"
        " WHERE fund = ? AND distributor = ? AND member = ?",
        (fund, distributor, member_id.bytes),
    )
    return None if row is None else Holder(row[0], member_id, row[1], row[2], row[3])


def insert_holders(
    sql: Sql, fund: str, distributor: str, holders: Sequence[Holder], at_us: int
) -> None:
    """Write new holdings."""
    sql.many(
        "INSERT INTO fund_holder (fund, distributor, member, account, cash, frozen, sweep_keep,"
        " opened_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (fund, distributor, h.member_id.bytes, h.account, h.cash, h.frozen, h.sweep_keep, at_us)
            for h in holders
        ],
    )


def find_holders(sql: Sql, fund: str, distributor: str, members: Sequence[bytes]) -> set[bytes]:
    """Return those of some members who have a holding."""
    found: set[bytes] = set()
    for start in range(0, len(members), _MEMBERS_MAX):
        piece = members[start : start + _MEMBERS_MAX]
        marks = ", ".join("?" * len(piece))
        rows = sql.rows(
            "SELECT member FROM fund_holder WHERE fund = ? AND distributor = ?"  # noqa: S608
            f" AND member IN ({marks})",
            (fund, distributor, *piece),
        )
        found.update(row[0] for row in rows)
    return found


def load_holders(sql: Sql, fund: str, distributor: str) -> list[tuple[bytes, int]]:
    """Return member and account of every holding of a distributor."""
    rows: list[Any] = sql.rows(
        "SELECT member, account FROM fund_holder WHERE fund = ? AND distributor = ?",
        (fund, distributor),
    )
    return rows


def member_of(sql: Sql, fund: str, account: int) -> UUID:
    """Return whose holding an account is; a look through all holdings, for rare use."""
    row = sql.row("SELECT member FROM fund_holder WHERE fund = ? AND account = ?", (fund, account))
    assert row is not None
    return UUID(bytes=row[0])


def holder_owners(sql: Sql, fund: str) -> list[tuple[int, bytes]]:
    """Return account and member of every holding of a fund, by account."""
    rows: list[Any] = sql.rows(
        "SELECT account, member FROM fund_holder WHERE fund = ? ORDER BY account", (fund,)
    )
    return rows


def frozen_accounts(sql: Sql, fund: str) -> list[tuple[int, int]]:
    """Return account and frozen account of every holding that ever had frozen shares."""
    rows: list[Any] = sql.rows(
        "SELECT account, frozen FROM fund_holder WHERE fund = ? AND frozen > 0 ORDER BY account",
        (fund,),
    )
    return rows


def save_frozen_account(
    sql: Sql, fund: str, distributor: str, member_id: MemberId, frozen: int
) -> None:
    """Note the account that holds a member's frozen shares."""
    sql.run(
        "UPDATE fund_holder SET frozen = ? WHERE fund = ? AND distributor = ? AND member = ?",
        (frozen, fund, distributor, member_id.bytes),
    )


def save_sweep(
    sql: Sql, fund: str, distributor: str, member_id: MemberId, keep_minor: int | None
) -> None:
    """Note what the daily sweep keeps in the wallet, None for no sweep."""
    sql.run(
        "UPDATE fund_holder SET sweep_keep = ? WHERE fund = ? AND distributor = ? AND member = ?",
        (keep_minor, fund, distributor, member_id.bytes),
    )


def load_sweepers(sql: Sql, fund: str) -> list[tuple[str, bytes, int, int, int]]:
    """Return distributor, member, account, cash account and keep of all who chose the sweep."""
    rows: list[Any] = sql.rows(
        "SELECT distributor, member, account, cash, sweep_keep FROM fund_holder"
        " WHERE fund = ? AND sweep_keep IS NOT NULL ORDER BY account",
        (fund,),
    )
    return rows


def load_sweep_done(sql: Sql, fund: str, on: date) -> tuple[int, int] | None:
    """Return orders and fen of a day's sweep."""
    row: Any = sql.row(
        "SELECT orders, amount FROM fund_sweep WHERE fund = ? AND swept_on = ?",
        (fund, on.isoformat()),
    )
    return row  # type: ignore[no-any-return]


def insert_sweep(sql: Sql, fund: str, on: date, orders: int, amount: int, now_us: int) -> None:
    """Note that a day's sweep is done."""
    sql.run(
        "INSERT INTO fund_sweep (fund, swept_on, orders, amount, swept_at) VALUES (?, ?, ?, ?, ?)",
        (fund, on.isoformat(), orders, amount, now_us),
    )


# Freezes


def insert_freeze(
    sql: Sql,
    freeze_id: FreezeId,
    fund: str,
    holder: int,
    shares: int,
    cause: FreezeCause,
    note: str,
    now_us: int,
) -> None:
    """Write a freeze."""
    sql.run(
        "INSERT INTO fund_freeze (freeze_id, fund, holder, shares, cause, note, frozen_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (freeze_id.bytes, fund, holder, shares, cause.value, note, now_us),
    )


def load_freeze(sql: Sql, freeze_id: FreezeId) -> tuple[str, int, int, int, int | None, int] | None:
    """Return fund, holder, shares, cause, release and frozen account of a freeze."""
    row: Any = sql.row(
        "SELECT z.fund, z.holder, z.shares, z.cause, z.released_at, h.frozen"
        " FROM fund_freeze AS z JOIN fund_holder AS h ON h.fund = z.fund AND h.account = z.holder"
        " WHERE z.freeze_id = ?",
        (freeze_id.bytes,),
    )
    return row  # type: ignore[no-any-return]


def release_freeze(sql: Sql, freeze_id: FreezeId, now_us: int) -> None:
    """Write that a freeze is over."""
    sql.run("UPDATE fund_freeze SET released_at = ? WHERE freeze_id = ?", (now_us, freeze_id.bytes))


def count_freezes(sql: Sql, holder: int) -> int:
    """Return how many freezes of a holder are open."""
    row = sql.row(
        "SELECT COUNT(*) FROM fund_freeze WHERE holder = ? AND released_at IS NULL", (holder,)
    )
    assert row is not None
    return int(row[0])


def _iso(on: date | None) -> str | None:
    return None if on is None else on.isoformat()


def holder_accounts(sql: Sql, fund: str) -> Iterator[Row]:
    """Yield member, account, cash account and frozen account of every holder."""
    return sql.each("SELECT member, account, cash, frozen FROM fund_holder WHERE fund = ?", (fund,))


def all_freezes(sql: Sql, fund: str) -> Iterator[Row]:
    """Yield id, holder and shares of every freeze, released or not."""
    return sql.each("SELECT freeze_id, holder, shares FROM fund_freeze WHERE fund = ?", (fund,))

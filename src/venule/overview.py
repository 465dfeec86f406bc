"""What those who run the house look at, across its rooms: jobs, events, the trial balance, how far
the journal has come, what wallets hold."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from typing import Any, Final

import msgspec

from venule.kit.events import events_after
from venule.kit.jobs import JobNotFound
from venule.kit.jobs_table import Job, JobId, select_dead, select_job, select_ready_kinds
from venule.kit.money import format_minor
from venule.kit.time import from_us
from venule.ledger import Tx, trial_balance
from venule.members import MemberId, wallet_accounts

DEAD_JOBS_MAX: Final = 500


class EventView(msgspec.Struct, frozen=True):
    """A fact as it was recorded."""

    seq: int
    at: datetime
    name: str
    ref: str
    body: Any


class TrialLineView(msgspec.Struct, frozen=True):
    """What all accounts of a unit and code hold together, in major units of the unit."""

    unit: int
    code: int
    accounts: int
    debit_balance: str
    credit_balance: str


class TrialBalance(msgspec.Struct, frozen=True):
    """The trial balance of one moment. position: the last transfer's place in the journal."""

    position: int
    lines: list[TrialLineView]


class AfterQuery(msgspec.Struct, frozen=True):
    """Events after a number, at most so many."""

    seq: int
    limit: int


class Holds(msgspec.Struct, frozen=True):
    """What a wallet holds: all of it, and what is on hold and cannot be spent; fen."""

    balance_minor: int
    held_minor: int


class Standing(msgspec.Struct, frozen=True):
    """What members hold at a place of the journal, in the order asked for."""

    position: int
    holds: list[Holds]


def dead_jobs(tx: Tx) -> list[Job]:
    """Return the jobs that gave up, the earliest first, and at most `DEAD_JOBS_MAX`."""
    return select_dead(tx.sql, DEAD_JOBS_MAX)


def job(tx: Tx, job_id: JobId) -> Job:
    """Return a job. Raises: JobNotFound."""
    found = select_job(tx.sql, job_id)
    if found is None:
        raise JobNotFound(job_id)
    return found


def ready_kinds(tx: Tx) -> list[str]:
    """Return the kinds of jobs that wait, due or not."""
    return select_ready_kinds(tx.sql)


def recorded(tx: Tx, query: AfterQuery) -> list[EventView]:
    """Return recorded facts, oldest first."""
    return [
        EventView(each.seq, from_us(each.at), each.name, str(each.ref_id), _plain(each.decode()))
        for each in events_after(tx.sql, query.seq, query.limit)
    ]


def trial(tx: Tx) -> TrialBalance:
    """Return the trial balance now."""
    units = {unit.unit: unit.scale for unit in tx.units()}
    lines = [
        TrialLineView(
            line.unit,
            line.code,
            line.accounts,
            format_minor(line.debit, units[line.unit]),
            format_minor(line.credit, units[line.unit]),
        )
        for line in trial_balance(tx.accounts_view(), tx.book, None)
    ]
    return TrialBalance(tx.book.position()[0], lines)


def position(tx: Tx) -> int:
    """Return how far the journal has come."""
    return tx.book.position()[0]


def standing(tx: Tx, member_ids: list[MemberId]) -> Standing:
    """Return what members hold now. Raises: MemberUnknown for the first that is unknown."""
    accounts = wallet_accounts(tx, member_ids)
    holds = []
    for member_id in member_ids:
        account = tx.account(accounts[member_id])
        holds.append(Holds(account.balance, account.debits_pending))
    return Standing(position(tx), holds)


def _plain(value: Any) -> Any:
    """Return an event's body with bytes as base64, as JSON has no bytes."""
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value

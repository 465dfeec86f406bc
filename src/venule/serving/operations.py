"""What those who run the house look at and put right: jobs, events, the trial balance."""

from __future__ import annotations

from base64 import b64encode
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

import msgspec

from venule.kit.events import events_after
from venule.kit.http import STAFF, Call, Cursor, Route, Shape, give_cursor, take_cursor
from venule.kit.jobs import JobNotDead, JobNotFound, revive
from venule.kit.jobs_table import Job, JobId, select_dead, select_job, select_ready_kinds
from venule.kit.money import format_minor
from venule.kit.time import from_us
from venule.ledger import Tx, trial_balance

TAG: Final = "operations"
PAGE_MAX: Final = 500


class JobView(msgspec.Struct, frozen=True):
    """Work left for later. state: ready, done or dead; a dead one waits for a person."""

    id: UUID
    kind: str
    state: str
    due_at: datetime
    attempts: int
    max_attempts: int
    last_error: str | None
    created_at: datetime


class Jobs(msgspec.Struct, frozen=True):
    """Jobs that gave up, the earliest first, and the kinds that have jobs waiting."""

    items: list[JobView]
    ready_kinds: list[str]


class JobPath(msgspec.Struct, frozen=True):
    """Which job."""

    job_id: UUID


class EventsQuery(Shape, frozen=True):
    """Which page of the events; oldest first."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=PAGE_MAX)] = 100
    cursor: Cursor | None = None


class EventView(msgspec.Struct, frozen=True):
    """A fact as it was recorded."""

    seq: int
    at: datetime
    name: str
    ref: str
    body: Any


class Events(msgspec.Struct, frozen=True):
    """A page of events."""

    items: list[EventView]
    next_cursor: str | None


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


def dead_jobs(tx: Tx) -> list[Job]:
    """Return the jobs that gave up, the earliest first, and at most `PAGE_MAX`."""
    return select_dead(tx.sql, PAGE_MAX)


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


READERS: Final = (dead_jobs, job, ready_kinds, recorded, trial)
COMMANDS: Final = (revive,)


async def list_dead_jobs(call: Call[None, None, None]) -> Jobs:
    """Show what gave up."""
    found = await call.door.aread(dead_jobs)
    return Jobs([_job_view(each) for each in found], await call.door.aread(ready_kinds))


async def revive_job(call: Call[None, None, JobPath]) -> JobView:
    """Let a dead job be tried again."""
    job_id = JobId(call.path.job_id)
    await call.door.acall(revive, job_id)
    return _job_view(await call.door.aread(job, job_id))


async def list_events(call: Call[None, EventsQuery, None]) -> Events:
    """Show recorded facts."""
    query = call.query
    after = 0 if query.cursor is None else take_cursor(query.cursor, int)
    found = await call.door.aread(recorded, AfterQuery(max(0, after), query.limit))
    more = give_cursor(found[-1].seq) if len(found) == query.limit else None
    return Events(found, more)


async def show_trial_balance(call: Call[None, None, None]) -> TrialBalance:
    """Show what the books hold."""
    return await call.door.aread(trial)


ROUTES: Final[list[Route]] = [
    Route(
        method="GET",
        path="/v1/jobs/dead",
        handler=list_dead_jobs,
        summary="List jobs that gave up",
        answer=Jobs,
        who=STAFF,
        needs="jobs.read",
        tag=TAG,
    ),
    Route(
        method="POST",
        path="/v1/jobs/{job_id}/revive",
        handler=revive_job,
        summary="Try a dead job again",
        takes_path=JobPath,
        answer=JobView,
        who=STAFF,
        needs="jobs.write",
        tag=TAG,
        errors=(JobNotFound, JobNotDead),
    ),
    Route(
        method="GET",
        path="/v1/events",
        handler=list_events,
        summary="List recorded events, oldest first",
        query=EventsQuery,
        answer=Events,
        who=STAFF,
        needs="audit.read",
        tag=TAG,
    ),
    Route(
        method="GET",
        path="/v1/trial-balance",
        handler=show_trial_balance,
        summary="Show the trial balance",
        answer=TrialBalance,
        who=STAFF,
        needs="ledger.read",
        tag=TAG,
        etag=True,
    ),
]


def _job_view(each: Job) -> JobView:
    return JobView(
        each.id,
        each.kind,
        each.state,
        from_us(each.due_at),
        each.attempts,
        each.max_attempts,
        each.last_error,
        from_us(each.created_at),
    )


def _plain(value: Any) -> Any:
    """Return an event's body with bytes as base64, as JSON has no bytes."""
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, dict):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value

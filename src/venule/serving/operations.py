"""What those who run the house look at and put right: jobs, events, the trial balance."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

import msgspec

from venule.kit.http import STAFF, Call, Cursor, Route, Shape, give_cursor, take_cursor
from venule.kit.jobs import JobNotDead, JobNotFound, revive
from venule.kit.jobs_table import Job, JobId
from venule.kit.time import from_us
from venule.overview import (
    AfterQuery,
    EventView,
    TrialBalance,
    dead_jobs,
    job,
    ready_kinds,
    recorded,
    trial,
)

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


class Events(msgspec.Struct, frozen=True):
    """A page of events."""

    items: list[EventView]
    next_cursor: str | None


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

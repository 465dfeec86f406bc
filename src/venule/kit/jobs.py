"""Work left for later: run it with bounded retries, and show a person what gave up.

A job is a row written in the transaction of its cause (`tx.enqueue`). A *local* handler is a use
case: its effect and the job's end commit together, so it happens once. An *external* handler calls
the world outside any transaction and then records the answer; a crash in between makes the runner
call again, with the same job id, by which the other side must know it.

Each attempt that fails is tried again after a time that doubles, up to a bound; after the last one
the job is dead until somebody revives it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from inspect import signature
from typing import Any, Final, Generic, Protocol, TypeVar, get_type_hints, runtime_checkable

import msgspec

from venule.kit import jobs_table as table
from venule.kit.errors import Conflict, HomeError, NotFound
from venule.kit.home import Home
from venule.kit.jobs_table import Job, JobId
from venule.kit.time import from_us
from venule.kit.tx import Call, Outcome, Tx

T = TypeVar("T", bound=Tx)

BACKOFF_FIRST_US: Final = 1_000_000
BACKOFF_MAX_US: Final = 3_600_000_000
JOBS_AT_ONCE_MAX: Final = 500
LAST_ATTEMPT_LOST: Final = "the runner ended during the last attempt"


@runtime_checkable
class ExternalHandler(Protocol):
    """Calls the world: `call` outside any transaction, then `done` in the command that ends it."""

    def call(self, payload: Any, job_id: JobId, /) -> Any:
        """Do the thing; expect to be called again with the same `job_id`. Mind a time-out."""

    def done(self, tx: Any, payload: Any, answer: Any, /) -> None:
        """Record the answer."""


@runtime_checkable
class BatchHandler(ExternalHandler, Protocol):
    """An external handler that can call the world for many jobs of its kind at once."""

    def call_many(self, asked: Sequence[tuple[Any, JobId]], /) -> Sequence[Outcome]:
        """Do the things, each as `call` would; answer in their order. What one raises is its
        outcome's error. Expect to be called again with any of them, alone or among others."""


LocalHandler = Callable[[Any, Any], object]
Handler = LocalHandler | ExternalHandler


@dataclass(eq=False)
class JobNotFound(NotFound):
    """No job has this id."""

    job_id: JobId
    slug = "job-not-found"

    @property
    def message(self) -> str:
        return f"expected a job with id {self.job_id}, seen none"


@dataclass(eq=False)
class JobNotDead(Conflict):
    """Only a dead job can be revived."""

    job_id: JobId
    state: str
    slug = "job-not-dead"

    @property
    def message(self) -> str:
        return f"expected job {self.job_id} to be dead, seen it {self.state}"


class _Attempt(msgspec.Struct, frozen=True):
    """A job that is tried, and what became of it."""

    job: Job
    payload: Any = None
    answer: Any = None
    error: str = ""


class _Kind:
    """A handler and how its payload is read; worked out once."""

    def __init__(self, handler: Handler) -> None:
        self.handler = handler
        self.external = handler if isinstance(handler, ExternalHandler) else None
        if isinstance(handler, ExternalHandler):
            type_ = _payload_type(handler.call, 0)
        else:
            type_ = _payload_type(handler, 1)
        self.decode = msgspec.msgpack.Decoder(type_).decode


class JobRunner(Generic[T]):
    """Runs a home's jobs. One runner a home; `handlers` are by kind of job."""

    def __init__(self, home: Home[T], handlers: Mapping[str, Handler]) -> None:
        self._home = home
        self._kinds = {name: _Kind(handler) for name, handler in handlers.items()}

    def run_due(self, limit: int = JOBS_AT_ONCE_MAX) -> int:
        """Try the jobs that are due, the longest due first; return how many were tried.

        Call again until it returns 0. A handler's failure is kept in its job; only a failure of
        the home (a full disk, a failed commit) is raised.
        """
        if not 1 <= limit <= JOBS_AT_ONCE_MAX:
            raise ValueError(f"expected a limit of 1 to {JOBS_AT_ONCE_MAX} jobs, seen {limit}")
        jobs = self._home.read(lambda tx: self._due(tx, limit))
        local = [job for job in jobs if self._kinds[job.kind].external is None]
        external = [job for job in jobs if self._kinds[job.kind].external is not None]
        self._run_local(local)
        many: dict[str, list[_Attempt]] = {}
        for attempt in self._claim(external):
            if isinstance(self._kinds[attempt.job.kind].external, BatchHandler):
                many.setdefault(attempt.job.kind, []).append(attempt)
            else:
                self._call(attempt)
        for attempts in many.values():
            self._call_many(attempts)
        return len(jobs)

    def next_due_at(self) -> datetime | None:
        """Return when the next job that has a handler is due; None if there is none."""
        due = self._home.read(lambda tx: [table.select_next_due(tx.sql, k) for k in self._kinds])
        known = [at for at in due if at is not None]
        return from_us(min(known)) if known else None

    def unknown_kinds(self) -> list[str]:
        """Return the kinds of ready jobs that no handler is there for; they stay ready."""
        kinds = self._home.read(lambda tx: table.select_ready_kinds(tx.sql))
        return [kind for kind in kinds if kind not in self._kinds]

    def dead_jobs(self, limit: int = JOBS_AT_ONCE_MAX) -> list[Job]:
        """Return the jobs that gave up, the earliest first."""
        return self._home.read(lambda tx: table.select_dead(tx.sql, limit))

    def revive(self, job_id: JobId) -> None:
        """Give a dead job a fresh set of attempts, from now. Raises: JobNotFound, JobNotDead."""
        self._home.run(revive, job_id)

    def _due(self, tx: T, limit: int) -> list[Job]:
        due = [job for k in self._kinds for job in table.select_due(tx.sql, k, tx.now_us, limit)]
        due.sort(key=lambda job: (job.due_at, job.id))
        return due[:limit]

    def _run_local(self, jobs: Sequence[Job]) -> None:
        outcomes = self._home.run_many([Call(self._carry_out, job) for job in jobs])
        failed = [
            _Attempt(job, error=_tell(outcome.error))
            for job, outcome in zip(jobs, outcomes, strict=True)
            if _is_of_the_job(outcome)
        ]
        _check(self._home.run_many([Call(_fail_local, attempt) for attempt in failed]))

    def _carry_out(self, tx: T, job: Job) -> None:
        """The effect of a local job, and its end."""
        kind = self._kinds[job.kind]
        if table.update_done(tx.sql, job.id, job.attempts + 1, tx.now_us):
            assert not isinstance(kind.handler, ExternalHandler)
            kind.handler(tx, kind.decode(job.payload))

    def _claim(self, jobs: Sequence[Job]) -> list[_Attempt]:
        """Count the attempts before they begin, so that even one that kills us is counted."""
        outcomes = self._home.run_many([Call(_claim, job) for job in jobs])
        _check(outcomes)
        claims = zip(jobs, outcomes, strict=True)
        return [_Attempt(job) for job, outcome in claims if outcome.value]

    def _call(self, attempt: _Attempt) -> None:
        job = attempt.job
        kind = self._kinds[job.kind]
        assert kind.external is not None
        try:
            payload = kind.decode(job.payload)
            answer = kind.external.call(payload, job.id)
        except Exception as error:  # whatever a handler raises is the job's failure, and is kept
            outcome = Outcome(None, error)
        else:
            ended = _Attempt(job, payload, answer)
            outcome = self._home.run_many((Call(self._end, ended),))[0]
        if _is_of_the_job(outcome):
            self._home.run(_fail_external, _Attempt(job, error=_tell(outcome.error)))

    def _call_many(self, attempts: Sequence[_Attempt]) -> None:
        """Call for jobs of one kind at once, and record their answers as one group."""
        kind = self._kinds[attempts[0].job.kind]
        assert isinstance(kind.external, BatchHandler)
        asked: list[_Attempt] = []
        failed: list[_Attempt] = []
        for attempt in attempts:
            try:
                asked.append(_Attempt(attempt.job, kind.decode(attempt.job.payload)))
            except msgspec.MsgspecError as error:
                failed.append(_Attempt(attempt.job, error=_tell(error)))
        answers = _answers(kind.external, [(each.payload, each.job.id) for each in asked])
        ended: list[_Attempt] = []
        for each, answer in zip(asked, answers, strict=True):
            if answer.error is None:
                ended.append(_Attempt(each.job, each.payload, answer.value))
            else:
                failed.append(_Attempt(each.job, error=_tell(answer.error)))
        outcomes = self._home.run_many([Call(self._end, each) for each in ended])
        failed += [
            _Attempt(each.job, error=_tell(outcome.error))
            for each, outcome in zip(ended, outcomes, strict=True)
            if _is_of_the_job(outcome)
        ]
        _check(self._home.run_many([Call(_fail_external, each) for each in failed]))

    def _end(self, tx: T, attempt: _Attempt) -> None:
        """The recording of an external job's answer, and its end."""
        job = attempt.job
        external = self._kinds[job.kind].external
        assert external is not None
        if table.update_done(tx.sql, job.id, job.attempts + 1, tx.now_us):
            external.done(tx, attempt.payload, attempt.answer)


def _answers(handler: BatchHandler, asked: Sequence[tuple[Any, JobId]]) -> Sequence[Outcome]:
    if not asked:
        return []
    try:
        return handler.call_many(asked)
    except Exception as error:  # the handler's own failure is that of each of its jobs
        return [Outcome(None, error) for _ in asked]


def revive(tx: Tx, job_id: JobId) -> None:
    """Give a dead job a fresh set of attempts, from now. Raises: JobNotFound, JobNotDead."""
    if table.update_revived(tx.sql, job_id, tx.now_us):
        return
    job = table.select_job(tx.sql, job_id)
    if job is None:
        raise JobNotFound(job_id)
    raise JobNotDead(job_id, job.state)


def purge_done(tx: Tx, before_us: int) -> int:
    """Delete at most `JOBS_AT_ONCE_MAX` jobs done before an instant; return how many."""
    return table.delete_done(tx.sql, before_us, JOBS_AT_ONCE_MAX)


def backoff_us(attempts: int) -> int:
    """Return how long to wait after the given number of failed attempts (1 or more)."""
    return min(BACKOFF_FIRST_US << min(attempts - 1, 32), BACKOFF_MAX_US)


def _claim(tx: Tx, job: Job) -> bool:
    if job.attempts >= job.max_attempts:
        table.update_dead(tx.sql, job.id, job.last_error or LAST_ATTEMPT_LOST, tx.now_us)
        return False
    return table.update_attempt(tx.sql, job.id, tx.now_us + backoff_us(job.attempts + 1))


def _fail_local(tx: Tx, attempt: _Attempt) -> None:
    job = attempt.job
    due_us = tx.now_us + backoff_us(job.attempts + 1)
    if table.update_attempt(tx.sql, job.id, due_us):
        _fail_external(tx, attempt)


def _fail_external(tx: Tx, attempt: _Attempt) -> None:
    """Keep why an attempt, already counted, failed; give up after the last."""
    job = attempt.job
    if job.attempts + 1 >= job.max_attempts:
        table.update_dead(tx.sql, job.id, attempt.error, tx.now_us)
    else:
        due_us = tx.now_us + backoff_us(job.attempts + 1)
        table.update_failed(tx.sql, job.id, due_us, attempt.error)


def _is_of_the_job(outcome: Outcome) -> bool:
    """Whether it failed by its own fault; raises what is the home's."""
    if isinstance(outcome.error, HomeError):
        raise outcome.error
    return outcome.error is not None


def _check(outcomes: Sequence[Outcome]) -> None:
    for outcome in outcomes:
        outcome.result()


def _tell(error: Exception | None) -> str:
    return f"{type(error).__name__}: {error}"


def _payload_type(fn: Callable[..., Any], place: int) -> Any:
    """Return the annotation of a handler's payload parameter, Any without one."""
    names = list(signature(fn).parameters)
    return get_type_hints(fn).get(names[place], Any)

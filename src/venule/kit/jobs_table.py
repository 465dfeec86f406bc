"""Every SQL statement on the job table: what a command writes, what the runner reads and marks."""

from __future__ import annotations

from typing import Final, NewType
from uuid import UUID

import msgspec

from venule.kit.sql import Row, Sql

JobId = NewType("JobId", UUID)
ATTEMPTS_MAX: Final = 8
ERROR_CHARS_MAX: Final = 1_000

_COLUMNS: Final = (
    "id, kind, due_at, attempts, max_attempts, state, payload, last_error, created_at, ended_at"
)


class Job(msgspec.Struct, frozen=True):
    """A row. Instants in microseconds since the Unix epoch; `payload` is MessagePack.

    state: ready (waits for `due_at`), done, or dead (gave up; a person must look).
    """

    id: JobId
    kind: str
    due_at: int
    attempts: int
    max_attempts: int
    state: str
    payload: bytes
    last_error: str | None
    created_at: int
    ended_at: int | None


def insert_job(
    sql: Sql,
    job_id: JobId,
    kind: str,
    due_us: int,
    attempts_max: int,
    payload: bytes,
    now_us: int,
) -> None:
    """Write a new job, ready at `due_us`."""
    if attempts_max < 1:
        raise ValueError(f"expected at least one attempt, seen {attempts_max}")
    sql.run(
        "INSERT INTO job (id, kind, due_at, attempts, max_attempts, state, payload, last_error,"
        " created_at, ended_at) VALUES (?, ?, ?, 0, ?, 'ready', ?, NULL, ?, NULL)",
        (job_id.bytes, kind, due_us, attempts_max, payload, now_us),
    )


def select_job(sql: Sql, job_id: JobId) -> Job | None:
    """Return one job."""
    row = sql.row(f"SELECT {_COLUMNS} FROM job WHERE id = ?", (job_id.bytes,))  # noqa: S608  a constant
    return None if row is None else _job(row)


def select_due(sql: Sql, kind: str, now_us: int, limit: int) -> list[Job]:
    """Return ready jobs of a kind that are due, the longest due first."""
    rows = sql.rows(
        f"SELECT {_COLUMNS} FROM job WHERE kind = ? AND state = 'ready' AND due_at <= ?"  # noqa: S608  a constant
        " ORDER BY due_at, id LIMIT ?",
        (kind, now_us, limit),
    )
    return [_job(row) for row in rows]


def select_next_due(sql: Sql, kind: str) -> int | None:
    """Return when the next job of a kind is due."""
    row = sql.row("SELECT MIN(due_at) FROM job WHERE kind = ? AND state = 'ready'", (kind,))
    return row[0] if row else None


def select_ready_kinds(sql: Sql) -> list[str]:
    """Return the kinds that have ready jobs, due or not; each found by one step in the index."""
    kinds: list[str] = []
    next_kind = "SELECT MIN(kind) FROM job WHERE state = 'ready' AND kind > ?"
    while (row := sql.row(next_kind, (kinds[-1] if kinds else "",))) and row[0] is not None:
        kinds.append(row[0])
    return kinds


def select_dead(sql: Sql, limit: int) -> list[Job]:
    """Return jobs that gave up, the earliest first."""
    rows = sql.rows(
        f"SELECT {_COLUMNS} FROM job WHERE state = 'dead' ORDER BY ended_at, id LIMIT ?",  # noqa: S608  a constant
        (limit,),
    )
    return [_job(row) for row in rows]


def update_attempt(sql: Sql, job_id: JobId, due_us: int) -> bool:
    """Count an attempt that begins, and when it is tried again if nothing more is heard of it."""
    changed = sql.run(
        "UPDATE job SET attempts = attempts + 1, due_at = ? WHERE id = ? AND state = 'ready'",
        (due_us, job_id.bytes),
    )
    return changed == 1


def update_failed(sql: Sql, job_id: JobId, due_us: int, error: str) -> None:
    """Keep why an attempt failed, and when the next one is due."""
    sql.run(
        "UPDATE job SET due_at = ?, last_error = ? WHERE id = ? AND state = 'ready'",
        (due_us, error[:ERROR_CHARS_MAX], job_id.bytes),
    )


def update_done(sql: Sql, job_id: JobId, attempts: int, now_us: int) -> bool:
    """End a job well; False if it is not ready any more."""
    changed = sql.run(
        "UPDATE job SET state = 'done', attempts = ?, ended_at = ?"
        " WHERE id = ? AND state = 'ready'",
        (attempts, now_us, job_id.bytes),
    )
    return changed == 1


def update_dead(sql: Sql, job_id: JobId, error: str, now_us: int) -> None:
    """Give a job up."""
    sql.run(
        "UPDATE job SET state = 'dead', last_error = ?, ended_at = ?"
        " WHERE id = ? AND state = 'ready'",
        (error[:ERROR_CHARS_MAX], now_us, job_id.bytes),
    )


def update_revived(sql: Sql, job_id: JobId, now_us: int) -> bool:
    """Give a dead job a fresh set of attempts, due now; False if it is not dead."""
    changed = sql.run(
        "UPDATE job SET state = 'ready', attempts = 0, due_at = ?, ended_at = NULL"
        " WHERE id = ? AND state = 'dead'",
        (now_us, job_id.bytes),
    )
    return changed == 1


def delete_done(sql: Sql, before_us: int, limit: int) -> int:
    """Delete jobs done before an instant, the earliest first, at most `limit`."""
    return sql.run(
        "DELETE FROM job WHERE id IN (SELECT id FROM job WHERE state = 'done' AND ended_at < ?"
        " ORDER BY ended_at LIMIT ?)",
        (before_us, limit),
    )


def _job(row: Row) -> Job:
    return Job(JobId(UUID(bytes=row[0])), *row[1:])

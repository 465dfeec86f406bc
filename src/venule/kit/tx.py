"""What a use case gets (`Tx`), what follows the transactions in memory (`Participant`), and how a
command is put (`Call`) and answered (`Outcome`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, Generic, Protocol, TypeVar
from uuid import UUID

import msgspec

from venule.kit.ids import Ids
from venule.kit.jobs_table import ATTEMPTS_MAX, JobId, insert_job
from venule.kit.sql import Sql
from venule.kit.time import EPOCH, to_us

T = TypeVar("T", bound="Tx")
REF_BYTES: Final = 16

_encode: Final = msgspec.msgpack.Encoder().encode


class Participant(Protocol):
    """State in memory that follows the database's transactions, such as the ledger's book."""

    def begin(self, sql: Sql, now_us: int) -> None:
        """A group starts; its write transaction is open."""

    def mark(self) -> object:
        """Return where the state stands, before each command."""

    def rollback_to(self, mark: object) -> None:
        """The command failed: go back to where it began."""

    def flush(self, sql: Sql) -> None:
        """Write what is pending; the group commits next."""

    def committed(self) -> None:
        """The group is durable."""

    def abandoned(self, sql: Sql) -> None:
        """The group is undone: restore the memory from the database.

        It may come without `begin`, when the transaction could not even be opened.
        """

    def close(self, sql: Sql) -> None:
        """The home closes in good order. No transaction is open; begin and commit your own."""


class NoParticipant:
    """For a home without a book."""

    def begin(self, sql: Sql, now_us: int) -> None: ...
    def mark(self) -> object: ...
    def rollback_to(self, mark: object) -> None: ...
    def flush(self, sql: Sql) -> None: ...
    def committed(self) -> None: ...
    def abandoned(self, sql: Sql) -> None: ...
    def close(self, sql: Sql) -> None: ...


class Tx:
    """One command in progress. Do not keep it: the home uses it again for the next command.

    now: the command's one instant; it never goes back within a home. `now_us`: the same in
    microseconds since the Unix epoch. readonly: this is a `home.read`, which must change nothing.
    """

    def __init__(self, sql: Sql, ids: Ids, participant: Participant) -> None:
        self.sql = sql
        self.ids = ids
        self.now = EPOCH
        self.now_us = 0
        self.readonly = False
        self.events: list[tuple[int, str, bytes, bytes]] = []  # not yet written: (at, name, ...)

    def new_id(self) -> UUID:
        """Return a new business id."""
        return self.ids.new()

    def enqueue(
        self,
        kind: str,
        payload: object,
        *,
        due_at: datetime | None = None,
        max_attempts: int = ATTEMPTS_MAX,
    ) -> JobId:
        """Leave work for later, in this command's transaction. Due now unless `due_at` says when.

        payload: anything msgspec encodes; the kind's handler gets it back.
        """
        job_id = JobId(self.ids.new())
        due_us = self.now_us if due_at is None else to_us(due_at)
        insert_job(self.sql, job_id, kind, due_us, max_attempts, _encode(payload), self.now_us)
        return job_id

    def emit(self, name: str, ref: UUID | bytes, body: object) -> None:
        """Tell the world a fact, in this command's transaction. `ref`: the object it is about."""
        raw = ref.bytes if isinstance(ref, UUID) else ref
        if len(raw) != REF_BYTES:
            raise ValueError(f"expected a reference of {REF_BYTES} bytes, seen {len(raw)}")
        self.events.append((self.now_us, name, raw, _encode(body)))


class Call(msgspec.Struct, Generic[T], frozen=True):
    """A command and who carries it out. `key`: the client's idempotency key."""

    fn: Callable[[T, Any], Any]
    command: Any
    key: str | None = None


class Outcome(msgspec.Struct, frozen=True):
    """How a command ended: its value, or the error that undid it.

    The error is an `AppError`, or the exception of a bug.
    """

    value: Any = None
    error: Exception | None = None

    def result(self) -> Any:
        """Return the value, or raise the error."""
        if self.error is not None:
            raise self.error
        return self.value

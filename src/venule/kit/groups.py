"""How a group of commands is carried out, committed, undone, and looked up after a lost answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from copy import copy
from typing import Any, Final, Generic, Protocol, TypeVar

from venule.kit.care import Care, position_of
from venule.kit.connection_errors import CommitUnknown, ConnectionLost, FailedLater
from venule.kit.errors import CommitFailed, DiskFull, HomeDamaged, HomeError, HomeLocked
from venule.kit.events import EventLog
from venule.kit.home_store import Mark, identity, save_mark
from venule.kit.idempotency import Keys, body_hash
from venule.kit.sql import Sql, StorageFailed
from venule.kit.time import Clock, from_us, to_us
from venule.kit.tx import Call, Outcome, Participant, Tx

T = TypeVar("T", bound=Tx)

CUT_SHORT: Final = "a group was cut short"

ALONE_STRETCHES: Final = 8
"""After a stretch that had to be carried out again, so many begin with a savepoint a command."""


class Instants:
    """The instants of commands: the clock's, or the last one again if the clock went back."""

    def __init__(self, clock: Clock, last_us: int) -> None:
        self._clock = clock
        self.last_us = last_us
        self._last = from_us(last_us)

    def give(self, tx: Tx) -> None:
        """Give the next command its instant."""
        now = self._clock.now()
        if now > self._last:
            self._last = now
            self.last_us = to_us(now)
        tx.now, tx.now_us = self._last, self.last_us


class GroupObserver(Protocol):
    """Is told of each group that is durable: for metrics. Called by the writer: be quick."""

    def group_done(self, commands: int, took_s: float, commit_s: float) -> None:
        """took_s: from the group's begin; commit_s: of that, the commit with its disk flush."""


class Groups(Generic[T]):
    """The groups of one writer. Not for two threads at once.

    poison: why there can be no more of them until the home is opened again; None if all is well.
    observer: is told of each group.
    """

    def __init__(
        self, sql: Sql, instants: Instants, participant: Participant, tx: T, care: Care
    ) -> None:
        self.poison: str | None = None
        self.observer: GroupObserver | None = None
        self._sql = sql
        self._instants = instants
        self._participant = participant
        self._tx = tx
        self._care = care
        self._keys = Keys(sql)
        self._log = EventLog()
        self._alone_for = 0  # stretches to come without a try together
        self._mark = identity(sql)[1]

    def check(self) -> None:
        """See whether there can be another group. Raises: CommitFailed, LeaseLost."""
        if self.poison is not None and self.poison != CUT_SHORT:
            raise CommitFailed(self._sql.path, f"an earlier failure: {self.poison}")
        self._care.check()

    def is_over(self) -> bool:
        """Whether there will never be another group."""
        return self.poison not in {None, CUT_SHORT} or self._care.is_over()

    def mend(self) -> bool:
        """Connect anew after the connection was lost, if that can be; nothing was under way."""
        if self._sql.fatal is not None:
            self._abandon(self._sql.fatal, 0)
        return self.poison is None

    def run(self, calls: Sequence[Call[T]], stretch: int) -> list[Outcome]:
        """Carry out commands as one group, see `Home.run_many`."""
        self._care.check()
        outcomes = self._try_group(calls, stretch, deferring=True)
        if outcomes is None:
            outcomes = self._try_group(calls, stretch, deferring=False)
        if outcomes is None:
            lost = ConnectionLost(self._sql.path, "the end of a second connection")
            outcomes = self._all(lost, len(calls))
        return outcomes

    def _try_group(
        self, calls: Sequence[Call[T]], stretch: int, *, deferring: bool
    ) -> list[Outcome] | None:
        """Carry a group out; None if all of it is undone and may be tried again."""
        sql, participant = self._sql, self._participant
        self.poison = CUT_SHORT  # unless one of the ends below is reached
        began = time.perf_counter()
        try:
            self._instants.give(self._tx)
            sql.begin(deferring=deferring)
            participant.begin(sql, self._instants.last_us)
            if len(calls) > 1:
                self._keys.look_up([call.key for call in calls])
            outcomes: list[Outcome] = []
            for start in range(0, len(calls), stretch):
                outcomes += self._stretch(calls[start : start + stretch])
            self._flush()
        except BaseException as error:
            return self._abandon(error, len(calls))
        ready = time.perf_counter()
        try:
            sql.commit()
        except BaseException as error:
            return self._commit_failed(error, outcomes)
        if self.observer is not None:
            ended = time.perf_counter()
            self.observer.group_done(len(calls), ended - began, ended - ready)
        self._committed()
        return outcomes

    def _stretch(self, calls: Sequence[Call[T]]) -> list[Outcome]:
        if len(calls) > 1:
            if self._alone_for:
                self._alone_for -= 1
            else:
                outcomes = self._together(calls)
                if outcomes is not None:
                    return outcomes
                self._alone_for = ALONE_STRETCHES
        return [self._alone(call) for call in calls]

    def _together(self, calls: Sequence[Call[T]]) -> list[Outcome] | None:
        """Carry out commands in one savepoint; None if that does not do: all is undone then.

        A command that fails before it has written a row is undone in memory, the others stay.
        """
        sql = self._sql
        place = self._place()
        sql.run("SAVEPOINT command")
        outcomes = []
        for call in calls:
            outcome = self._command(call)
            if outcome.error is not None and sql.wrote:
                sql.run("ROLLBACK TO command")
                sql.run("RELEASE command")
                self._back_to(place)
                return None
            outcomes.append(outcome)
        sql.run("RELEASE command")
        return outcomes

    def _alone(self, call: Call[T]) -> Outcome:
        """Carry out a command in a savepoint of its own."""
        self._sql.run("SAVEPOINT command")
        outcome = self._command(call)
        if outcome.error is not None:
            self._sql.run("ROLLBACK TO command")
        self._sql.run("RELEASE command")
        return outcome

    def _command(self, call: Call[T]) -> Outcome:
        """Carry out a command; if it fails, undo in memory what it did. Its rows stay, if any."""
        tx, sql = self._tx, self._sql
        self._instants.give(self._tx)
        place = self._place()
        sql.wrote = False
        try:
            if call.key is None:
                value = call.fn(tx, call.command)
            else:
                value = self._once(call.fn, call.command, call.key)
        except Exception as error:
            self._check_transaction(error)
            self._back_to(place)
            if call.key is not None:
                self._keys.remember_refusal(call.fn, call.command, call.key, error, tx.now_us)
            return Outcome(None, error)
        self._check_transaction(None)
        return Outcome(value)

    def _check_transaction(self, error: Exception | None) -> None:
        """See to it that a command has not lost the transaction, even if it swallowed the error."""
        if self._sql.fatal is not None:
            raise self._sql.fatal from error
        if not self._sql.in_transaction:
            raise CommitFailed(self._sql.path, "a command that ended the transaction") from error

    def _place(self) -> tuple[object, int, int]:
        """Return where the group stands in memory."""
        return self._participant.mark(), self._keys.fresh_count, len(self._tx.events)

    def _back_to(self, place: tuple[object, int, int]) -> None:
        mark, keys, events = place
        self._participant.rollback_to(mark)
        self._keys.rollback_to(keys)
        del self._tx.events[events:]

    def _once(self, fn: Callable[[T, Any], Any], command: Any, key: str) -> Any:
        use_case = self._keys.use_case(fn)
        body = body_hash(use_case, command)
        answer = self._keys.first_answer(use_case, key, body)
        if answer is not None:
            return self._keys.give(use_case, answer)
        value = fn(self._tx, command)
        self._keys.remember(use_case, key, body, value, self._tx.now_us)
        return value

    def _flush(self) -> None:
        """Write what the group has kept in memory."""
        if self._tx.events:
            self._log.append(self._sql, self._tx.events)
            self._tx.events.clear()
        self._keys.flush()
        self._participant.flush(self._sql)
        seq, digest = position_of(self._participant)
        self._mark = Mark(self._mark.commits + 1, seq, digest, self._instants.last_us)
        save_mark(self._sql, self._mark)
        self._care.last_word()

    def _committed(self) -> None:
        self._participant.committed()
        self._care.committed(self._mark)
        self.poison = None

    def _abandon(self, error: BaseException, count: int) -> list[Outcome] | None:
        """Undo the group and tell everybody why; None: nobody, it may be tried again."""
        told = self._care.meaning(error)
        self._forget()
        poison = str(error) if isinstance(error, HomeDamaged) else None
        try:
            self._sql.rollback()
            if self._sql.fatal is not None and not self._care.recover():
                raise self._sql.fatal
            self._participant.abandoned(self._sql)
            self._mark = identity(self._sql)[1]
        except Exception as second:
            poison = f"{type(second).__name__}: {second}"
            told = told or self._care.meaning(second)
        self.poison = poison if told is None else told.message
        if not isinstance(error, Exception):
            raise error
        if told is None and isinstance(error, FailedLater | ConnectionLost):
            return (
                None if poison is None else self._all(CommitFailed(self._sql.path, poison), count)
            )
        return self._all(told or self._group_error(error), count)

    def _forget(self) -> None:
        """Drop what the group has kept in memory beside the participant."""
        self._tx.events.clear()
        self._keys.forget()
        self._log.forget()

    def _all(self, error: Exception, count: int) -> list[Outcome]:
        return [Outcome(None, copy(error)) for _ in range(count)]

    def _group_error(self, error: Exception) -> Exception:
        if isinstance(error, HomeError) and not isinstance(error, StorageFailed):
            return error
        failed = CommitFailed(self._sql.path, f"{type(error).__name__}: {error}")
        failed.__cause__ = error
        return failed

    def _commit_failed(self, error: BaseException, outcomes: list[Outcome]) -> list[Outcome] | None:
        """Tell apart: surely not committed, committed but interrupted, and not known."""
        count = len(outcomes)
        undone = DiskFull | HomeLocked | ConnectionLost | FailedLater
        if isinstance(error, undone) or self._care.meaning(error) is not None:
            return self._abandon(error, count)
        if isinstance(error, CommitUnknown):
            return self._look_it_up(error, outcomes)
        if not isinstance(error, Exception):
            if self._sql.in_transaction:
                return self._abandon(error, count)
            self._committed()
            raise error
        self.poison = f"{type(error).__name__}: {error}"
        return self._all(CommitFailed(self._sql.path, str(error)), count)

    def _look_it_up(self, error: CommitUnknown, outcomes: list[Outcome]) -> list[Outcome] | None:
        """The connection ended in a commit: ask the database over another one what it kept."""
        told: HomeError = error
        found = kept = False
        try:
            found = self._care.recover()
            kept = found and identity(self._sql)[1] == self._mark
        except Exception as second:
            found, told = False, self._care.meaning(second) or error
        if not found:
            self._forget()
            self.poison = told.message
            return self._all(told, len(outcomes))
        if not kept:
            return self._abandon(ConnectionLost(self._sql.path, error.seen), len(outcomes))
        self._committed()
        return outcomes

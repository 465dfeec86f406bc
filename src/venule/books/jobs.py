"""Carry orders to other books, and bring their word home.

Each other book has an outbox of its own (a kind of job), so that one that is down holds nobody up.
Until an order's deadline it is delivered, again and again; afterwards the other book is asked to
cancel it. Nothing here decides what became of an order: only the other book's word does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Final

from venule.books.errors import BookUnreachable
from venule.books.model import Answer, BookNumber, Sent
from venule.books.peers import Peer
from venule.books.service import answered, send_kind
from venule.kit.errors import AppError
from venule.kit.jobs import Handler
from venule.kit.jobs_table import JobId
from venule.kit.time import Clock
from venule.kit.tx import Outcome
from venule.ledger import Tx

ANSWER_S_MAX: Final = 40
"""How long an answer is waited for, in seconds; then the order is told again later."""


class SendOrder:
    """Tells another book of payments; the job's id is the order's key."""

    def __init__(self, book: BookNumber, peer: Peer, clock: Clock) -> None:
        self._book = book
        self._peer = peer
        self._clock = clock
        self.ended: list[Answer] = []
        """The words that were taken since somebody looked; durable once the runner returns."""

    def call(self, payload: Sent, job_id: JobId) -> Answer:
        """Tell of one payment. Raises: BookUnreachable, and it is told again."""
        answer: Answer = self.call_many([(payload, job_id)])[0].result()
        return answer

    def call_many(self, asked: Sequence[tuple[Sent, JobId]]) -> list[Outcome]:
        """Tell of many payments at once: the other book commits them together."""
        now = self._clock.now()
        told = []
        for sent, job_id in asked:
            late = sent.deadline_at <= now
            tell = self._peer.cancel if late else self._peer.deliver
            try:
                told.append(tell(sent.order, f"{job_id}:{'cancel' if late else 'deliver'}"))
            except Exception as error:  # whatever it is, the order is told again
                failed: Future[Answer] = Future()
                failed.set_exception(error)
                told.append(failed)
        return [self._outcome(future) for future in told]

    def _outcome(self, future: Future[Answer]) -> Outcome:
        """Wait for an answer. A failure of the other book's home is not one of ours."""
        try:
            return Outcome(future.result(ANSWER_S_MAX))
        except FutureTimeout:
            seen = f"none within {ANSWER_S_MAX} s"
        except AppError as error:
            seen = f"{error.slug}: {error.message}"
        except Exception as error:
            seen = f"{type(error).__name__}: {error}"
        return Outcome(None, BookUnreachable(self._book, seen))

    def done(self, tx: Tx, payload: Sent, answer: Answer) -> None:
        """Take the answer."""
        assert payload.order.id == answer.id
        answered(tx, answer)
        self.ended.append(answer)


def book_jobs(peers: Mapping[BookNumber, Peer], clock: Clock) -> dict[str, Handler]:
    """Return the handlers of this room's kinds of job, one for each other book."""
    return {send_kind(book): SendOrder(book, peer, clock) for book, peer in peers.items()}

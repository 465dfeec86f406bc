"""Carry orders to the bank, and bring its messages home."""

from __future__ import annotations

from typing import Final

from venule.kit.home import Home
from venule.kit.jobs import Handler
from venule.kit.jobs_table import JobId
from venule.ledger import Tx
from venule.wallet import bank_store
from venule.wallet.inbox import BankMessages, Taken, take_bank_messages
from venule.wallet.payouts import SEND_PAYOUT, payout_answered
from venule.wallet.rail import BankRail, RailAnswer, RailOrder
from venule.wallet.top_ups import REQUEST_DEBIT, top_up_answered

POLL_MESSAGES_MAX: Final = 1_000


class RequestDebit:
    """Sends top-ups to the bank; the job's id is the order's key."""

    def __init__(self, rail: BankRail) -> None:
        self._rail = rail

    def call(self, payload: RailOrder, job_id: JobId) -> RailAnswer:
        """Send the order. Raises: RailUnavailable, and the job is tried again."""
        return self._rail.request_debit(job_id, payload)

    def done(self, tx: Tx, payload: RailOrder, answer: RailAnswer) -> None:
        """Take the answer."""
        top_up_answered(tx, payload.our_ref, answer)


class SendPayout:
    """Sends withdrawals to the bank; the job's id is the order's key."""

    def __init__(self, rail: BankRail) -> None:
        self._rail = rail

    def call(self, payload: RailOrder, job_id: JobId) -> RailAnswer:
        """Send the order. Raises: RailUnavailable, and the job is tried again."""
        return self._rail.send_payout(job_id, payload)

    def done(self, tx: Tx, payload: RailOrder, answer: RailAnswer) -> None:
        """Take the answer."""
        payout_answered(tx, payload.our_ref, answer)


def wallet_jobs(rail: BankRail) -> dict[str, Handler]:
    """Return the handlers of the wallet's kinds of job, for a `JobRunner`."""
    return {REQUEST_DEBIT: RequestDebit(rail), SEND_PAYOUT: SendPayout(rail)}


def poll_bank(home: Home[Tx], rail: BankRail, limit: int = POLL_MESSAGES_MAX) -> Taken:
    """Take a rail's next messages, at most `limit`; call again until nothing comes.

    The messages and how far they are read commit together: a crash repeats them, without effect.
    """
    after = home.read(lambda tx: bank_store.load_position(tx.sql, rail.name))
    messages = list(rail.messages(after, limit))
    if not messages:
        return Taken(0, 0, 0)
    return home.run(take_bank_messages, BankMessages(rail.name, after, messages))

"""The log of every authentication event, and what is deleted when it is old. No secret is in it."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from venule.access import event_store, rules, session_store, store
from venule.access.commands import EventQuery, NoteDenied, NotePartner, Origin, Purge, Purged
from venule.access.model import (
    PURGE_ROWS_MAX,
    AuthEvent,
    AuthEventId,
    Denial,
    Login,
    SessionId,
)
from venule.ledger import Tx

NAMED_CHARS_MAX: Final = 128


def note(
    tx: Tx,
    what: str,
    login: Login | None,
    origin: Origin,
    *,
    denial: Denial | None = None,
    session_id: SessionId | None = None,
    subject: UUID | str | None = None,
    reason: str | None = None,
) -> None:
    """Write a line: what was tried, for whom, from where, and why it was refused, if it was."""
    event = AuthEvent(
        AuthEventId(tx.new_id()),
        tx.now,
        what,
        denial is None,
        reason if denial is None else denial.value,
        None if login is None else login.kind,
        None if login is None else login.owner_id,
        None if login is None else login.id,
        origin.session_id if session_id is None else session_id,
        None if subject is None else str(subject),
        rules.network(origin.address),
        rules.agent(origin.agent),
    )
    event_store.insert_event(tx.sql, event)


def note_denied(tx: Tx, command: NoteDenied) -> None:
    """Log what was refused before it came to a command, and use its challenge up."""
    login = None
    if command.challenge_id is not None:
        challenge = session_store.load_challenge(tx.sql, command.challenge_id)
        session_store.use_challenge(tx.sql, command.challenge_id, tx.now)
        if challenge is not None and challenge.login_id is not None:
            login = store.load_login(tx.sql, challenge.login_id)
    note(tx, command.what, login, command.origin, denial=command.denial)


def note_partner(tx: Tx, command: NotePartner) -> None:
    """Log that a partner's program has proven who it is, or has not."""
    event = AuthEvent(
        AuthEventId(tx.new_id()),
        tx.now,
        f"partner.{command.how}",
        command.ok,
        command.reason or None,
        None,
        None,
        None,
        None,
        command.named[:NAMED_CHARS_MAX] or None,
        "",
        "",
    )
    event_store.insert_event(tx.sql, event)


def auth_events(tx: Tx, query: EventQuery) -> list[AuthEvent]:
    """Return a page of the log, the newest first. Raises: PageMalformed."""
    rules.check_page(query.limit)
    return event_store.load_events(tx.sql, query.login_id, query.before, query.limit)


def purge_access(tx: Tx, command: Purge) -> Purged:
    """Delete what is old, at most `PURGE_ROWS_MAX` rows of each kind. Proposals are kept."""
    return Purged(
        event_store.purge_events(tx.sql, command.events_before, PURGE_ROWS_MAX),
        session_store.purge_sessions(tx.sql, command.sessions_before, PURGE_ROWS_MAX),
        session_store.purge_challenges(tx.sql, tx.now, PURGE_ROWS_MAX),
        store.purge_failures(tx.sql, tx.now - rules.FAILURES_FORGOTTEN, PURGE_ROWS_MAX),
    )

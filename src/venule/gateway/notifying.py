"""What becomes of notifications: eight attempts in about a day, until the merchant says `success`.

What is due is taken merchant by merchant, in turns, and what is said of one trade in its order. An
attempt is signed and sent outside any transaction (`dispatcher.py`); what it met is written with
when the next one is due. A crash in between sends once more, with the same id.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import msgspec

from venule.gateway import app_store, notice_store
from venule.gateway.errors import NoticeUnknown
from venule.gateway.model import Notice, NoticeId, NoticeState, PlatformKey
from venule.ledger import Tx

SCHEDULE: Final = (
    timedelta(minutes=4),
    timedelta(minutes=10),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(hours=15),
)
"""How long after each attempt that failed the next one is made."""

NOTICES_SHOWN_MAX: Final = 100
MERCHANTS_AT_ONCE: Final = 64
"""So many merchants that something is due to are looked at at once, from the last one on."""

OF_A_MERCHANT_MAX: Final = 8
"""So many of one merchant's are on their way at once."""


class Flying(msgspec.Struct, frozen=True):
    """An attempt that is on its way: whose it is, and what about."""

    notice_id: NoticeId
    app_id: str


class TakeDue(msgspec.Struct, frozen=True):
    """Take what is due. count: at most so many; after: go on behind this application."""

    count: int
    flying: list[Flying] = []
    after: str = ""


class ToSend(msgspec.Struct, frozen=True):
    """A notification and what signs it. md5_sealed: of the classic interface."""

    notice: Notice
    platform: PlatformKey | None
    md5_sealed: bytes | None


class Tried(msgspec.Struct, frozen=True):
    """What an attempt met: acknowledged, or why not. attempt: its number, from 1."""

    notice_id: NoticeId
    attempt: int
    acknowledged: bool
    seen: str


class Tries(msgspec.Struct, frozen=True):
    """What attempts met."""

    ended: list[Tried]


class SendAgain(msgspec.Struct, frozen=True):
    """A merchant asks for one more attempt of what was given up."""

    notice_id: NoticeId
    app_id: str


def is_due(tx: Tx) -> bool:
    """Say whether a notification is due."""
    at = notice_store.load_next_due(tx.sql)
    return at is not None and at <= tx.now


def next_notice_at(tx: Tx) -> datetime | None:
    """Return when the next attempt is due, or None if nothing waits."""
    return notice_store.load_next_due(tx.sql)


def take_due(tx: Tx, query: TakeDue) -> list[ToSend]:
    """Return what is to be sent now: of each merchant in turn, in the order of what happened.

    Nothing is about what something on its way is about.
    """
    if not is_due(tx):
        return []
    flying = {each.notice_id for each in query.flying}
    # What is on its way still waits in its row: it keeps later ones of the same trade back.
    busy = {ref for ref, id_ in _refs(tx, query.flying) if id_ in flying}
    platform = app_store.last_key(tx.sql)
    turns: list[list[ToSend]] = []
    for app_id in _merchants(tx, query.after):
        free = OF_A_MERCHANT_MAX - sum(each.app_id == app_id for each in query.flying)
        turns.append(_of_merchant(tx, app_id, free, flying, busy, platform))
    taken: list[ToSend] = []
    for round_ in range(OF_A_MERCHANT_MAX):
        taken += [turn[round_] for turn in turns if len(turn) > round_]
    return taken[: query.count]


def _merchants(tx: Tx, after: str) -> list[str]:
    """Return merchants that something is due to, from one on and around."""
    found = notice_store.load_due_apps(tx.sql, tx.now, after, MERCHANTS_AT_ONCE)
    if len(found) < MERCHANTS_AT_ONCE and after:
        rest = notice_store.load_due_apps(tx.sql, tx.now, "", MERCHANTS_AT_ONCE - len(found))
        found += [each for each in rest if each not in found]
    return found


def _refs(tx: Tx, flying: Sequence[Flying]) -> list[tuple[object, NoticeId]]:
    notices = [notice_store.load_notice(tx.sql, each.notice_id) for each in flying]
    return [(each.ref, each.id) for each in notices if each is not None]


def _of_merchant(
    tx: Tx,
    app_id: str,
    free: int,
    flying: set[NoticeId],
    busy: set[object],
    platform: PlatformKey | None,
) -> list[ToSend]:
    if free <= 0:
        return []
    app = app_store.load_app(tx.sql, app_id)
    sealed = None if app is None else app.md5_sealed
    taken: list[ToSend] = []
    for notice in notice_store.load_due(tx.sql, app_id, tx.now, 4 * OF_A_MERCHANT_MAX):
        if len(taken) == free:
            break
        if notice.id not in flying and notice.ref not in busy:
            busy.add(notice.ref)
            taken.append(ToSend(notice, platform, sealed))
    return taken


def record_tries(tx: Tx, command: Tries) -> int:
    """Write what became of attempts, and when the next ones are due; return how many there were."""
    for tried in command.ended:
        _record(tx, tried)
    return len(command.ended)


def _record(tx: Tx, tried: Tried) -> None:
    notice = notice_store.load_notice(tx.sql, tried.notice_id)
    if notice is None or notice.state is not NoticeState.WAITING:
        return
    count = tried.attempt
    if notice.attempts >= count:
        return
    state, next_at, ended_at = NoticeState.WAITING, None, None
    if tried.acknowledged:
        state, ended_at = NoticeState.DELIVERED, tx.now
    elif count > len(SCHEDULE):
        state, ended_at = NoticeState.FAILED, tx.now
    else:
        next_at = tx.now + SCHEDULE[count - 1]
    notice_store.save_attempt(tx.sql, notice.id, state, count, next_at, tried.seen, ended_at)
    if state is NoticeState.FAILED:
        tx.emit("gateway.notice_failed", notice.id, {"app_id": notice.app_id})


def send_again(tx: Tx, command: SendAgain) -> Notice:
    """Try once more what was given up. Raises: NoticeUnknown."""
    found = notice_store.load_notice(tx.sql, command.notice_id)
    if found is None or found.app_id != command.app_id:
        raise NoticeUnknown(str(command.notice_id))
    if found.state is not NoticeState.FAILED:
        return found
    notice_store.save_attempt(
        tx.sql, found.id, NoticeState.WAITING, found.attempts, tx.now, found.seen, None
    )
    again = notice_store.load_notice(tx.sql, found.id)
    assert again is not None
    return again


def failed_notices(tx: Tx, app_id: str) -> list[Notice]:
    """Return what an application could not be told, the newest first."""
    return notice_store.load_failed(tx.sql, app_id, NOTICES_SHOWN_MAX)


def notices_of(tx: Tx, ref: NoticeId) -> list[Notice]:
    """Return the notifications about a trade or authorisation, the earliest first."""
    return notice_store.load_of(tx.sql, ref)

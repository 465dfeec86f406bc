"""Sending notifications: eight attempts in about a day, until the merchant says `success`.

Signing and sending happen outside any transaction; what became of it is written in the command
that ends the attempt, and the next attempt is left for its time. A crash in between sends once
more, with the same id.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any, Final, Protocol
from urllib.parse import urlencode

import msgspec

from venule.gateway import app_store, notice_store
from venule.gateway.envelope import Signer
from venule.gateway.errors import NoticeUnknown
from venule.gateway.model import Notice, NoticeId, NoticeState, PlatformKey
from venule.gateway.wire import classic, signing
from venule.gateway.wire.money import show_stamp
from venule.kit.errors import AppError
from venule.kit.jobs_table import JobId
from venule.kit.time import Clock
from venule.kit.tx import Outcome
from venule.ledger import Tx

SEND: Final = "gateway.notify"
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

TIMEOUT_S: Final = 8.0
SEEN_CHARS_MAX: Final = 200
SUCCESS: Final = b"success"
AT_ONCE_MAX: Final = 32
"""So many merchants are told at once."""

ATTEMPTS_OF_A_JOB: Final = 20
NOTICES_SHOWN_MAX: Final = 100


class SendNotice(msgspec.Struct, frozen=True):
    """An attempt. Its number counts from 1."""

    notice_id: NoticeId
    attempt: int


class Tried(msgspec.Struct, frozen=True):
    """What an attempt met: acknowledged, or why not."""

    acknowledged: bool
    seen: str


class SendAgain(msgspec.Struct, frozen=True):
    """A merchant asks for one more attempt of what was given up."""

    notice_id: NoticeId
    app_id: str


class Post(Protocol):
    """Posts to an address of a merchant: no redirects, no private addresses, a short answer."""

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Return the status and the first bytes of the answer. Raises: AppError."""


class ToSend(msgspec.Struct, frozen=True):
    """A notification and what signs it. md5_sealed: of the classic interface."""

    notice: Notice
    platform: PlatformKey | None
    md5_sealed: bytes | None


def to_send(tx: Tx, notice_id: NoticeId) -> ToSend:
    """Return a notification and what signs it. Raises: NoticeUnknown."""
    found = notice_store.load_notice(tx.sql, notice_id)
    if found is None:
        raise NoticeUnknown(str(notice_id))
    app = app_store.load_app(tx.sql, found.app_id)
    return ToSend(found, app_store.last_key(tx.sql), None if app is None else app.md5_sealed)


class Keys(Protocol):
    """Opens what signs."""

    def signer(self, platform: PlatformKey | None) -> Signer:
        """Return the key of the gateway."""

    def open_md5(self, sealed: bytes) -> str:
        """Return the key of a partner."""


class Notifier:
    """The handler of jobs of the kind `SEND`: many at once, each merchant for itself."""

    def __init__(self, look: Callable[..., Any], clock: Clock, keys: Keys, post: Post) -> None:
        """look: reads from the home: `look(fn, query)`."""
        self._look = look
        self._clock = clock
        self._keys = keys
        self._post = post

    def call(self, payload: SendNotice, job_id: JobId) -> Tried:
        """Sign and send."""
        found: ToSend = self._look(to_send, payload.notice_id)
        if found.notice.state is not NoticeState.WAITING:
            return Tried(False, "no longer waiting")
        form = urlencode(self._signed(found)).encode()
        headers = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
        try:
            status, body = self._post(found.notice.url, form, headers)
        except AppError as error:
            return Tried(False, f"{error.slug}: {error.message}"[:SEEN_CHARS_MAX])
        answer = body.strip()
        if status == 200 and answer == SUCCESS:
            return Tried(True, "success")
        shown = answer[:80].decode("utf-8", "replace").replace("\0", " ")
        return Tried(False, f"status {status}: {shown}"[:SEEN_CHARS_MAX])

    def call_many(self, asked: Sequence[tuple[SendNotice, JobId]]) -> Sequence[Outcome]:
        """Send many at once: one that is slow does not hold up the others."""
        with ThreadPoolExecutor(min(AT_ONCE_MAX, len(asked))) as pool:
            return list(pool.map(self._outcome, asked))

    def _outcome(self, each: tuple[SendNotice, JobId]) -> Outcome:
        try:
            return Outcome(self.call(*each))
        except Exception as error:  # one that fails is the fault of its job alone
            return Outcome(None, error)

    def _signed(self, found: ToSend) -> dict[str, str]:
        said = {**found.notice.parameters, "notify_time": show_stamp(self._clock.now())}
        if found.notice.partner is not None and found.md5_sealed is not None:
            key = self._keys.open_md5(found.md5_sealed)
            return {**said, "sign_type": "MD5", "sign": classic.sign(said, key, "utf-8")}
        text = signing.signed_text(said).encode()
        signer = self._keys.signer(found.platform)
        return {**said, "sign_type": signing.RSA2, "sign": signing.sign(signer.key, text)}

    def done(self, tx: Tx, payload: SendNotice, answer: Tried) -> None:
        """Write what became of the attempt; leave the next one for its time."""
        notice = notice_store.load_notice(tx.sql, payload.notice_id)
        if notice is None or notice.state is not NoticeState.WAITING:
            return
        if notice.attempts >= payload.attempt:
            return
        count = payload.attempt
        state, next_at, ended_at = NoticeState.WAITING, None, None
        if answer.acknowledged:
            state, ended_at = NoticeState.DELIVERED, tx.now
        elif count > len(SCHEDULE):
            state, ended_at = NoticeState.FAILED, tx.now
        else:
            next_at = tx.now + SCHEDULE[count - 1]
            again = SendNotice(notice.id, count + 1)
            tx.enqueue(SEND, again, due_at=next_at, max_attempts=ATTEMPTS_OF_A_JOB)
        notice_store.save_attempt(tx.sql, notice.id, state, count, next_at, answer.seen, ended_at)
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
    tx.enqueue(SEND, SendNotice(found.id, found.attempts + 1), max_attempts=ATTEMPTS_OF_A_JOB)
    again = notice_store.load_notice(tx.sql, found.id)
    assert again is not None
    return again


def failed_notices(tx: Tx, app_id: str) -> list[Notice]:
    """Return what an application could not be told, the newest first."""
    return notice_store.load_failed(tx.sql, app_id, NOTICES_SHOWN_MAX)


def notices_of(tx: Tx, ref: NoticeId) -> list[Notice]:
    """Return the notifications about a trade or authorisation, the earliest first."""
    return notice_store.load_of(tx.sql, ref)

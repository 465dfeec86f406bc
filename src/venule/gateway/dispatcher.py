"""Sends notifications, in threads of its own: a merchant that is slow holds nobody else up.

All it knows stands in the writer's rows: whatever kills it, the next one goes on, and what was
under way is sent again with the same id.
"""

from __future__ import annotations

from threading import Event
from typing import Final, Protocol
from urllib.parse import urlencode

from venule.gateway.envelope import Signer
from venule.gateway.model import PlatformKey
from venule.gateway.notifying import (
    Flying,
    TakeDue,
    ToSend,
    Tried,
    Tries,
    record_tries,
    take_due,
)
from venule.gateway.wire import classic, signing
from venule.gateway.wire.money import show_stamp
from venule.kit.door import Writing
from venule.kit.errors import AppError
from venule.kit.sending import ANY_PORT, Flights, Network, Policy, Sender
from venule.kit.time import Clock

NOTICES_AT_ONCE: Final = 64
"""Calls on their way at a time, over all merchants."""

POLL_S: Final = 0.1
NOTICE_TIMEOUT_S: Final = 8.0
SEEN_CHARS_MAX: Final = 200
SUCCESS: Final = b"success"
SCHEMES: Final = frozenset({"http", "https"})
HEADERS: Final = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}


class Post(Protocol):
    """Posts to an address of a merchant: no redirects, no private addresses, a short answer."""

    def __call__(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Return the status and the first bytes of the answer. Raises: AppError."""


class Keys(Protocol):
    """Opens what signs."""

    def signer(self, platform: PlatformKey | None) -> Signer:
        """Return the key of the gateway."""

    def open_md5(self, sealed: bytes) -> str:
        """Return the key of a partner."""


def post_over(sender: Sender, timeout_s: float = NOTICE_TIMEOUT_S) -> Post:
    """Return a way to merchants' addresses."""

    def post(url: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        sent = sender.post(url, headers, body, timeout_s=timeout_s)
        return sent.status, sent.body

    return post


def merchants_policy(allowed: tuple[Network, ...] = ()) -> Policy:
    """Return where notifications may go: any port of the open internet, `http` too.

    Merchants of this protocol have such addresses; what is sent is signed. allowed: networks of
    the operator's own choice besides.
    """
    return Policy(schemes=SCHEMES, ports=ANY_PORT, allowed=allowed)


class NoticeDispatcher:
    """Sends what is due. One a home; not for two threads.

    `run` works until it is told to stop; `drain` until nothing is left to do now.
    """

    def __init__(
        self,
        writer: Writing,
        clock: Clock,
        keys: Keys,
        post: Post,
        *,
        at_once: int = NOTICES_AT_ONCE,
    ) -> None:
        """clock: the world's, for the time of sending that merchants see."""
        self._writer = writer
        self._clock = clock
        self._keys = keys
        self._post = post
        self._flights: Flights[Flying, Tried] = Flights(at_once, "venule-notices")
        self._served = ""

    def run(self, stop: Event) -> None:
        """Work until `stop` is set; looks for it every `POLL_S` seconds at least."""
        while not stop.is_set():
            self._flights.look_away()
            if not self.step():
                self._flights.rest(POLL_S)

    def drain(self) -> None:
        """Work until nothing is due or on its way."""
        while self.step() or self._flights:
            self._flights.wait_for_one()

    def step(self) -> int:
        """Do what can be done without waiting; return how much that was."""
        ended = self._flights.landed()
        if ended:
            self._writer.call(record_tries, Tries(ended))
        return len(ended) + self._take()

    def close(self) -> None:
        """Wait for what is on its way and record it. Again is harmless."""
        self._flights.close()
        ended = self._flights.landed()
        if ended:
            self._writer.call(record_tries, Tries(ended))

    def _take(self) -> int:
        free = self._flights.free
        if not free:
            return 0
        query = TakeDue(free, self._flights.whose(), self._served)
        taken = self._writer.read(take_due, query)
        for each in taken:
            self._flights.launch(Flying(each.notice.id, each.notice.app_id), self.try_once, each)
            self._served = each.notice.app_id
        return len(taken)

    def try_once(self, each: ToSend) -> Tried:
        """Sign and send. Whatever goes wrong is the attempt's failure, and is kept."""
        id_, attempt = each.notice.id, each.notice.attempts + 1
        try:
            form = urlencode(self._signed(each)).encode()
            status, body = self._post(each.notice.url, form, HEADERS)
        except Exception as error:
            text = f"{type(error).__name__}: {error}"
            if isinstance(error, AppError):
                text = f"{error.slug}: {error.message}"
            return Tried(id_, attempt, False, text[:SEEN_CHARS_MAX])
        answer = body.strip()
        if status == 200 and answer == SUCCESS:
            return Tried(id_, attempt, True, "success")
        shown = answer[:80].decode("utf-8", "replace").replace("\0", " ")
        return Tried(id_, attempt, False, f"status {status}: {shown}"[:SEEN_CHARS_MAX])

    def _signed(self, found: ToSend) -> dict[str, str]:
        said = {**found.notice.parameters, "notify_time": show_stamp(self._clock.now())}
        if found.notice.partner is not None and found.md5_sealed is not None:
            key = self._keys.open_md5(found.md5_sealed)
            return {**said, "sign_type": "MD5", "sign": classic.sign(said, key, "utf-8")}
        text = signing.signed_text(said).encode()
        signer = self._keys.signer(found.platform)
        return {**said, "sign_type": signing.RSA2, "sign": signing.sign(signer.key, text)}

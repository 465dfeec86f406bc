"""Sends messages, in threads of its own: a receiver that is slow holds nobody else up.

It asks the writer what is due, calls many endpoints at once, and tells the writer how each call
ended. All it knows stands in the writer's rows: whatever kills it, the next one goes on, and what
was under way is sent again with the same id.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from threading import Event
from typing import Final, Protocol
from uuid import UUID

from venule.kit.door import Writing
from venule.kit.errors import AppError
from venule.kit.sending import Flights, Sent
from venule.kit.time import Clock, to_us
from venule.kit.vault import Vault
from venule.ledger import Tx
from venule.webhooks import rules
from venule.webhooks.fanout import fan_out
from venule.webhooks.model import (
    Claim,
    EndpointId,
    FannedOut,
    FanOut,
    Look,
    Purge,
    Record,
    Result,
    Sending,
    TurnOver,
)
from venule.webhooks.sending import look, purge, record, turn_over
from venule.webhooks.signing import headers, open_secret

AT_ONCE: Final = 64
"""Calls on their way at a time, over all endpoints."""

EVENTS_AT_ONCE: Final = 64
"""Events that one command looks at: the writer serves others in between."""

PAGES_AT_ONCE: Final = 8
TIMEOUT_S: Final = 15.0
GATHER_US: Final = 50_000
"""Events gather for so long before they are looked at: many in one commit, not one in each."""

POLL_S: Final = 0.1
PURGED_AT_ONCE: Final = 500
PURGE_EVERY_US: Final = 3_600 * rules.SECOND_US


class Poster(Protocol):
    """What sends: `kit.sending.Sender`."""

    def post(self, url: str, headers: Mapping[str, str], body: bytes, *, timeout_s: float) -> Sent:
        """Send a request and wait for the answer."""


class Dispatcher:
    """Looks at events, makes deliveries of them and sends these. One a book; not for two threads.

    `run` works until it is told to stop; `drain` until nothing is left to do now.
    """

    def __init__(
        self,
        writer: Writing,
        sender: Poster,
        vault: Vault,
        clock: Clock,
        *,
        fan_out: Callable[[Tx, FanOut], FannedOut] = fan_out,
        at_once: int = AT_ONCE,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """clock: the world's, for what receivers check; the home's may be ahead of it.

        fan_out: how to find who is told; that of the house unless said.
        """
        self._writer = writer
        self._sender = sender
        self._vault = vault
        self._find = fan_out
        self._clock = clock
        self._timeout_s = timeout_s
        self._flights: Flights[EndpointId, Result] = Flights(at_once, "venule-webhooks")
        self._served: EndpointId | None = None
        self._purged_us = 0

    def run(self, stop: Event) -> None:
        """Work until `stop` is set; looks for it every `POLL_S` seconds at least."""
        rested_us = 0
        while not stop.is_set():
            self._flights.look_away()
            now_us = to_us(self._clock.now())
            events = now_us >= rested_us
            done = self.step(events=events)
            if events:
                rested_us = now_us + GATHER_US
            if not done:
                self._flights.rest(POLL_S)

    def drain(self) -> None:
        """Work until no event is left to look at and nothing is due or on its way."""
        while self.step() or self._flights:
            self._flights.wait_for_one()

    def step(self, *, events: bool = True) -> int:
        """Do what can be done without waiting; return how much that was.

        events: whether to look at events, besides sending.
        """
        work = self._writer.read(look, Look())
        done = self._fan_out() if events and work.events else 0
        if done or work.due or self._flights.has_landed():
            done += self._turn_over()
        self._purge()
        return done

    def close(self) -> None:
        """Wait for what is on its way and record it. Again is harmless."""
        self._flights.close()
        if self._flights:
            self._writer.call(record, Record(self._ended()))

    def _fan_out(self) -> int:
        events = 0
        for _ in range(PAGES_AT_ONCE):
            made: FannedOut = self._writer.call(self._find, FanOut(EVENTS_AT_ONCE))
            events += made.events
            if made.events < EVENTS_AT_ONCE:
                break
        return events

    def _turn_over(self) -> int:
        """Record what has ended, and send what is due for the free places."""
        ended = self._ended()
        busy: dict[UUID, int] = dict(Counter(self._flights.whose()))
        next_ones = Claim(self._flights.free, busy, self._served)
        taken = self._writer.call(turn_over, TurnOver(Record(ended), next_ones))
        for sending in taken:
            self._flights.launch(sending.endpoint_id, self._send, sending)
            self._served = sending.endpoint_id
        return len(ended) + len(taken)

    def _ended(self) -> tuple[Result, ...]:
        """Take what has ended from what is on its way. Should it not be recorded, it is sent
        again when its lease is over."""
        return tuple(self._flights.landed())

    def _send(self, sending: Sending) -> Result:
        """Call an endpoint. Whatever goes wrong is the delivery's failure, and is kept."""
        try:
            keys = [open_secret(self._vault, each) for each in sending.sealed]
            at_s = to_us(self._clock.now()) // rules.SECOND_US
            sent = self._sender.post(
                sending.url,
                headers(keys, sending.message_id, at_s, sending.body),
                sending.body,
                timeout_s=self._timeout_s,
            )
        except Exception as error:
            text = str(error) if isinstance(error, AppError) else f"{type(error).__name__}: {error}"
            took_ms = getattr(error, "took_ms", 0)
            return _result(sending, 0, took_ms, error=text)
        after_s = rules.retry_after_s(sent.status, sent.headers.get("retry-after"))
        return _result(sending, sent.status, sent.took_ms, sent.body, retry_after_s=after_s)

    def _purge(self) -> None:
        now_us = to_us(self._clock.now())
        if now_us - self._purged_us < PURGE_EVERY_US:
            return
        self._purged_us = now_us
        while self._writer.call(purge, Purge(PURGED_AT_ONCE)) == PURGED_AT_ONCE:
            pass


def _result(
    sending: Sending,
    status: int,
    took_ms: int,
    answer: bytes = b"",
    error: str = "",
    retry_after_s: int | None = None,
) -> Result:
    return Result(
        sending.delivery_id,
        sending.endpoint_id,
        sending.number,
        sending.claimed_us,
        status,
        took_ms,
        answer,
        error,
        retry_after_s,
    )

"""A bank to practise with: everything a real one does wrong, from a seed, and repeatable.

It keeps its own books, outside any home: what it has taken, a rollback of ours does not undo. What
becomes of an order depends on the seed, the order's key and the clock alone, so the same run comes
out the same. With a `path` it writes every order down before it answers, and a new simulator on
that path goes on where the last one stopped, even after a kill.

Faults, each with its chance in millionths: see `RailFaults`. Times are drawn evenly from 0 up to
their maximum. A message of a booking is never sent before the booking; else messages come in any
order, and twice. The day's statement is complete and right.
"""

from __future__ import annotations

import os
from bisect import insort
from datetime import date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec

from venule.kit.time import Clock, china_date, china_instant
from venule.wallet.errors import BankStatementNotReady, RailUnavailable
from venule.wallet.rail import (
    BankMessage,
    BankStatement,
    BankStatementLine,
    MessageKind,
    RailAnswer,
    RailOrder,
)

PPM: Final = 1_000_000


class RailFaults(msgspec.Struct, frozen=True):
    """How the simulated bank behaves; `..._ppm` are chances in millionths, the rest seconds.

    refuse: the order is not taken. lose_answer: it is taken, and the first answer is lost. reject:
    taken, and then not done. return: a payout is debited and comes back. duplicate: a message comes
    twice. silent: a booking is told by the statement only. stray: somebody pays in as much at the
    same time, and nobody is told. book_s_max: from the order to its booking or rejection.
    message_s_max: from there to each message. return_s_max: from the debit to its return.
    """

    refuse_ppm: int = 0
    lose_answer_ppm: int = 0
    reject_ppm: int = 0
    return_ppm: int = 0
    duplicate_ppm: int = 0
    silent_ppm: int = 0
    stray_ppm: int = 0
    book_s_max: int = 0
    message_s_max: int = 0
    return_s_max: int = 86_400


class _Taken(msgspec.Struct, frozen=True):
    """What the bank writes down of an order, or (key None) of a booking by hand.

    faults: those in force when it came; None: those that the simulator began with.
    """

    at: datetime
    key: UUID | None
    is_payout: bool
    order: RailOrder
    text: str = ""
    faults: RailFaults | None = None


class BankRailSimulator:
    """A seeded bank behind the `BankRail` port.

    name: of the rail. path: a file for its own books; None keeps them in memory.
    """

    def __init__(
        self,
        seed: int,
        clock: Clock,
        *,
        faults: RailFaults | None = None,
        path: Path | None = None,
        name: str = "simulator",
    ) -> None:
        self.name = name
        self._seed = seed
        self._clock = clock
        self._first = self._faults = RailFaults() if faults is None else faults
        self._path = path
        self._orders: dict[UUID, _Taken] = {}
        self._by_hand = 0
        self._coming: list[tuple[datetime, int, BankMessage]] = []
        self._sent: list[BankMessage] = []
        self._bookings: list[tuple[datetime, int, str, BankStatementLine]] = []
        self._count = 0
        if path is not None and path.exists():
            self._read(path)

    def request_debit(self, key: UUID, order: RailOrder) -> RailAnswer:
        """Take an order for a member's money. Raises: RailUnavailable."""
        return self._take(key, order, is_payout=False)

    def send_payout(self, key: UUID, order: RailOrder) -> RailAnswer:
        """Take an order to pay out. Raises: RailUnavailable."""
        return self._take(key, order, is_payout=True)

    def messages(self, after: int, limit: int) -> list[BankMessage]:
        """Return the messages sent by now, after the first `after` ones."""
        now = self._clock.now()
        while self._coming and self._coming[0][0] <= now:
            self._sent.append(self._coming.pop(0)[2])
        return self._sent[after : after + limit]

    def statement(self, reserve: str, on: date) -> BankStatement:
        """Return the statement of a day that is over. Raises: BankStatementNotReady."""
        begin, end = china_instant(on, time()), china_instant(on + timedelta(days=1), time())
        if self._clock.now() < end:
            raise BankStatementNotReady(reserve, on)
        mine = [(at, line) for at, _, name, line in self._bookings if name == reserve and at < end]
        opening = sum(line.amount_minor for at, line in mine if at < begin)
        lines = [line for at, line in mine if at >= begin]
        closing = opening + sum(line.amount_minor for line in lines)
        return BankStatement(reserve, on, opening, closing, lines)

    def book(self, reserve: str, amount_minor: int, text: str = "") -> str:
        """Book something now that came by no order, + in or - out; return its reference.

        No message tells of it, only the statement. text: what stands there as our reference.
        """
        order = RailOrder(UUID(int=0), reserve, "", "", amount_minor)
        taken = _Taken(self._clock.now(), None, False, order, text)
        self._write(taken)
        return self._book_by_hand(taken)

    @property
    def faults(self) -> RailFaults:
        """How the bank behaves towards orders that come now."""
        return self._faults

    def set_faults(self, faults: RailFaults) -> None:
        """Behave otherwise from now on; what was taken goes on as it began."""
        self._faults = faults

    def next_message_at(self) -> datetime | None:
        """Return when the next message is sent that nobody has asked for yet; None: none is."""
        return self._coming[0][0] if self._coming else None

    def has_taken(self, key: UUID) -> bool:
        """Say whether an order has reached the bank."""
        return key in self._orders

    def _take(self, key: UUID, order: RailOrder, *, is_payout: bool) -> RailAnswer:
        known = self._orders.get(key)
        if known is None:
            faults = None if self._faults == self._first else self._faults
            known = taken = _Taken(self._clock.now(), key, is_payout, order, faults=faults)
            self._write(taken)
            self._accept(taken)
            if self._happens(key, "lose answer", self._faults.lose_answer_ppm):
                raise RailUnavailable(key)
        elif known.order != order or known.is_payout != is_payout:
            return RailAnswer(False, "another order has this key")
        if self._happens(key, "refuse", self._of(known).refuse_ppm):
            return RailAnswer(False, "not taken by the bank")
        return RailAnswer(True)

    def _accept(self, taken: _Taken) -> None:
        """Decide all that will become of an order, and plan it."""
        key, faults, order = taken.key, self._of(taken), taken.order
        assert key is not None
        self._orders[key] = taken
        if self._happens(key, "refuse", faults.refuse_ppm):
            return
        done_at = taken.at + self._delay(key, "book", faults.book_s_max)
        if self._happens(key, "reject", faults.reject_ppm):
            kind = MessageKind.PAYOUT_REJECTED if taken.is_payout else MessageKind.DEBIT_REJECTED
            message = BankMessage(
                kind, order.reserve, order.our_ref.hex, order.amount_minor, reason="rejected"
            )
            self._tell(key, "reject", done_at, message, faults)
            return
        kind = MessageKind.PAYOUT_BOOKED if taken.is_payout else MessageKind.DEBIT_BOOKED
        self._book_order(key, "booking", done_at, taken, kind)
        if taken.is_payout and self._happens(key, "return", faults.return_ppm):
            back_at = done_at + self._delay(key, "return", faults.return_s_max)
            self._book_order(key, "return", back_at, taken, MessageKind.PAYOUT_RETURNED)
        if self._happens(key, "stray", faults.stray_ppm):
            line = BankStatementLine(self._ref(key, "stray"), "a stranger", order.amount_minor)
            self._enter(done_at, order.reserve, line)

    def _book_order(
        self, key: UUID, what: str, at: datetime, taken: _Taken, kind: MessageKind
    ) -> None:
        """Book an order's money, and tell of it unless this booking is a silent one."""
        order, faults = taken.order, self._of(taken)
        ref = self._ref(key, what)
        sign = -1 if kind is MessageKind.PAYOUT_BOOKED else 1
        line = BankStatementLine(ref, order.our_ref.hex, sign * order.amount_minor)
        self._enter(at, order.reserve, line)
        if not self._happens(key, f"silent {what}", faults.silent_ppm):
            message = BankMessage(
                kind, order.reserve, order.our_ref.hex, order.amount_minor, ref, china_date(at)
            )
            self._tell(key, what, at, message, faults)

    def _of(self, taken: _Taken) -> RailFaults:
        return self._first if taken.faults is None else taken.faults

    def _tell(
        self, key: UUID, what: str, at: datetime, message: BankMessage, faults: RailFaults
    ) -> None:
        times = 2 if self._happens(key, f"twice {what}", faults.duplicate_ppm) else 1
        for n in range(times):
            later = self._delay(key, f"tell {what} {n}", faults.message_s_max)
            self._count += 1
            insort(self._coming, (at + later, self._count, message), key=lambda it: it[:2])

    def _enter(self, at: datetime, reserve: str, line: BankStatementLine) -> None:
        self._count += 1
        insort(self._bookings, (at, self._count, reserve, line), key=lambda it: it[:2])

    def _book_by_hand(self, taken: _Taken) -> str:
        self._by_hand += 1
        ref = self._ref(UUID(int=self._by_hand), "by hand")
        line = BankStatementLine(ref, taken.text, taken.order.amount_minor)
        self._enter(taken.at, taken.order.reserve, line)
        return ref

    def _draw(self, key: UUID, what: str, below: int) -> int:
        digest = sha256(f"{self._seed}|{key.hex}|{what}".encode()).digest()
        return int.from_bytes(digest[:8]) % below

    def _happens(self, key: UUID, what: str, ppm: int) -> bool:
        return self._draw(key, what, PPM) < ppm

    def _delay(self, key: UUID, what: str, seconds_max: int) -> timedelta:
        return timedelta(seconds=self._draw(key, f"delay {what}", seconds_max + 1))

    def _ref(self, key: UUID, what: str) -> str:
        return "B" + sha256(f"{self._seed}|{key.hex}|ref {what}".encode()).hexdigest()[:24]

    def _write(self, taken: _Taken) -> None:
        if self._path is None:
            return
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(taken) + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def _read(self, path: Path) -> None:
        """Take up the orders written down; a last line that is torn was never answered."""
        whole = path.read_bytes()
        kept = whole[: whole.rfind(b"\n") + 1]
        if len(kept) < len(whole):
            os.truncate(path, len(kept))
        for line in kept.splitlines():
            taken = msgspec.json.decode(line, type=_Taken)
            if taken.key is None:
                self._book_by_hand(taken)
            else:
                self._accept(taken)

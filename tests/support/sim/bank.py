"""A bank that does everything wrong, from a seed: it refuses, forgets, stutters, is late, returns.

It is the world outside: what it has taken, no crash of ours undoes. What becomes of an order is
drawn from the seed and the order's key alone.
"""

from __future__ import annotations

from bisect import insort
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from uuid import UUID

from support.sim.books import DAY_US, SECOND, china_at, china_day
from venule.wallet import (
    AMOUNT_MINOR_MAX,
    BankMessage,
    BankStatement,
    BankStatementLine,
    MessageKind,
    RailAnswer,
    RailOrder,
    RailUnavailable,
)

LATE_US = 2 * DAY_US


@dataclass
class Fate:
    """An order as the bank knows it. deaf: how many times more it does not even hear of it."""

    order: RailOrder | None
    is_payout: bool
    accepted: bool
    deaf: int
    mute: int


@dataclass
class Bank:
    """The bank. `clock` tells the true time, in microseconds, and never goes back."""

    seed: int
    name: str = "bank"
    now: int = 0
    count: int = 0
    orders: dict[UUID, Fate] = field(default_factory=dict)
    coming: list[tuple[int, int, BankMessage]] = field(default_factory=list)
    sent: list[BankMessage] = field(default_factory=list)
    bookings: list[tuple[int, int, str, BankStatementLine]] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    # The rail

    def request_debit(self, key: UUID, order: RailOrder) -> RailAnswer:
        return self._take(key, order, is_payout=False)

    def send_payout(self, key: UUID, order: RailOrder) -> RailAnswer:
        return self._take(key, order, is_payout=True)

    def messages(self, after: int, limit: int) -> list[BankMessage]:
        """Return the messages sent by now, after the first `after` ones."""
        while self.coming and self.coming[0][0] <= self.now:
            self.sent.append(self.coming.pop(0)[2])
        return self.sent[after : after + limit]

    def statement(self, reserve: str, on: date) -> BankStatement:
        """Return the statement of a day that is over."""
        begin, end = china_at(on), china_at(on) + DAY_US
        assert self.now >= end, "the bank's day is not over"
        mine = [(at, line) for at, _, name, line in self.bookings if name == reserve and at < end]
        opening = sum(line.amount_minor for at, line in mine if at < begin)
        lines = [line for at, line in mine if at >= begin]
        closing = opening + sum(line.amount_minor for line in lines)
        return BankStatement(reserve, on, opening, closing, lines)

    def balance(self, reserve: str) -> int:
        """Return what lies at the bank when all that is planned is booked."""
        return sum(line.amount_minor for _, _, name, line in self.bookings if name == reserve)

    def book(self, reserve: str, amount: int, text: str, ref: str = "", after: int = 0) -> str:
        """Book something that came by no order of ours; only the statement tells of it."""
        ref = ref or f"B{self._number():05}"
        self._enter(self.now + after, reserve, BankStatementLine(ref, text, amount))
        return ref

    def say(self, message: BankMessage) -> None:
        """Send a message now, whatever it says."""
        insort(self.coming, (self.now, self._number(), message), key=lambda it: it[:2])

    # What becomes of an order

    def _take(self, key: UUID, order: RailOrder, *, is_payout: bool) -> RailAnswer:
        fate = self.orders.get(key)
        draw = Random(f"{self.seed} {key.hex}")
        if fate is None:
            deaf = draw.choice((0, 0, 0, 0, 0, 1, 3))
            mute = draw.choice((0, 0, 0, 1, 2))
            fate = Fate(None, is_payout, draw.random() > 0.12, deaf, mute)
            self.orders[key] = fate
        if fate.deaf:
            fate.deaf -= 1
            self.seen["bank did not hear"] += 1
            raise RailUnavailable(key)
        if fate.order is None:
            fate.order = order
            if fate.accepted:
                self._plan(draw, order, is_payout=is_payout)
            else:
                self.seen["bank refused"] += 1
        else:
            self.seen["bank asked again"] += 1
        assert (order, is_payout) == (fate.order, fate.is_payout), "another order under this key"
        if fate.mute:
            fate.mute -= 1
            self.seen["bank's answer lost"] += 1
            raise RailUnavailable(key)
        return RailAnswer(fate.accepted, "" if fate.accepted else "not taken")

    def _plan(self, draw: Random, order: RailOrder, *, is_payout: bool) -> None:
        booked, rejected = (
            (MessageKind.PAYOUT_BOOKED, MessageKind.PAYOUT_REJECTED)
            if is_payout
            else (MessageKind.DEBIT_BOOKED, MessageKind.DEBIT_REJECTED)
        )
        at = self.now + self._delay(draw)
        chance = draw.random()
        if chance < 0.15:
            self.seen["bank rejected"] += 1
            self._tell(draw, at, self._message(rejected, order, order.amount_minor))
            return
        amount = order.amount_minor
        if chance < 0.20:
            self.seen["bank booked another amount"] += 1
            amount = min(max(1, amount + draw.choice((-1, 1, 50))), AMOUNT_MINOR_MAX)
        self._book(draw, at, booked, order, amount)
        if is_payout and draw.random() < 0.25:
            self.seen["bank returned"] += 1
            back = at + self._delay(draw)
            self._book(draw, back, MessageKind.PAYOUT_RETURNED, order, amount)
        if draw.random() < 0.04:
            self.seen["bank contradicted itself"] += 1
            self._tell(draw, at, self._message(rejected, order, order.amount_minor))
        if draw.random() < 0.05:
            self.seen["bank booked twice"] += 1
            self._book(draw, at + self._delay(draw), booked, order, amount)

    def _book(
        self, draw: Random, at: int, kind: MessageKind, order: RailOrder, amount: int
    ) -> None:
        ref = f"B{self._number():05}"
        sign = -1 if kind is MessageKind.PAYOUT_BOOKED else 1
        self._enter(at, order.reserve, BankStatementLine(ref, order.our_ref.hex, sign * amount))
        if draw.random() < 0.12:
            self.seen["bank said nothing"] += 1
            return
        self._tell(draw, at, self._message(kind, order, amount, ref, china_day(at)))

    def _message(
        self,
        kind: MessageKind,
        order: RailOrder,
        amount: int,
        ref: str = "",
        on: date | None = None,
    ) -> BankMessage:
        return BankMessage(kind, order.reserve, order.our_ref.hex, amount, ref, on, "by the bank")

    def _tell(self, draw: Random, at: int, message: BankMessage) -> None:
        times = 2 if draw.random() < 0.25 else 1
        self.seen["bank said it twice"] += times - 1
        for _ in range(times):
            when = at + self._delay(draw)
            self.seen["bank was a day late"] += when - at > DAY_US
            insort(self.coming, (when, self._number(), message), key=lambda it: it[:2])

    def _delay(self, draw: Random) -> int:
        return draw.choice((0, 0, SECOND, 60 * SECOND, 3_600 * SECOND, draw.randrange(LATE_US)))

    def _enter(self, at: int, reserve: str, line: BankStatementLine) -> None:
        insort(self.bookings, (at, self._number(), reserve, line), key=lambda it: it[:2])

    def _number(self) -> int:
        self.count += 1
        return self.count


def day_before(at: int) -> date:
    """Return the last day that is over in China."""
    return china_day(at) - timedelta(days=1)

"""What the auditor knows of the funds: holders, orders, a day's run, and the days that count."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from support.sim.books import Refuse, china_at, china_second
from support.sim.model import Model, Thing

FEN_MAX = 10**15
ONE = timedelta(days=1)
FIRST_INCOME = {1: 2, 2: 2, 3: 2, 4: 2, 5: 4, 6: 4, 7: 3}
"""Days from a purchase to its first income by weekday: the weekday table of the reference."""


@dataclass(slots=True)
class Holder:
    """A member's holding: accounts; what stays in the wallet at the daily sweep."""

    ref: str
    account: int
    cash: int
    frozen: int = 0
    keep: int | None = None


@dataclass(slots=True, eq=False)
class Order(Thing):
    """An order. Days are ISO text; hold: the number of the hold on its shares."""

    number: str | None = None
    kind: str = ""
    holder: int = 0
    cash: int = 0
    ref: str = ""
    amount: int = 0
    whole: bool = False
    paid: bool = False
    at: int = 0
    accepted_on: str = ""
    trade_on: str = ""
    confirm_on: str = ""
    state: str = "accepted"
    reserved: int = 0
    hold: int = 0
    leaves_on: str | None = None
    returned_on: str | None = None
    line: int = -1
    confirmed: int | None = None


@dataclass(slots=True, eq=False)
class Use:
    """A subscription counted against the member's limits, and what was given back of it."""

    order: Order
    on: str
    amount: int
    returned: int = 0


@dataclass(slots=True, eq=False)
class Freeze(Thing):
    holder: int = 0
    shares: int = 0
    released: bool = False


@dataclass(slots=True)
class BankLine:
    """A bank that advances money, and its accounts."""

    bank: str
    ref: str
    holder: int
    line: int
    transit: int
    funding: int
    pledge: int


@dataclass(slots=True)
class Run:
    """A day's run: the next step, and its sums."""

    on: str
    step: str = "confirm"
    shard: int = 0
    earning: int = 0
    holders: int = 0
    net_income: int = 0
    planned: int = 0
    credited: int = 0
    residue: int = 0
    loss_left: int = 0
    confirmed_in: int = 0
    confirmed_out: int = 0
    total: int = 0
    closed: bool = False
    credits: dict[int, int] = field(default_factory=dict)


@dataclass
class Fund:
    """A fund. carry: each holder's part below a fen, in 1e-8 fen."""

    code: str
    unit: int
    opened_on: str
    terms: Any
    calendar: str
    accounts: dict[str, int]
    subscriptions: bool = True
    redemptions: bool = True
    limits: list[Any] = field(default_factory=list)
    lines: list[BankLine] = field(default_factory=list)
    holders: dict[str, Holder] = field(default_factory=dict)
    orders: list[Order] = field(default_factory=list)
    freezes: list[Freeze] = field(default_factory=list)
    unpaid: list[Order] = field(default_factory=list)
    income: dict[str, tuple[int | None, int | None]] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    carry: dict[int, int] = field(default_factory=dict)
    sweeps: dict[str, tuple[int, int]] = field(default_factory=dict)
    imported: int = 0

    @property
    def cut_off(self) -> int:
        hour, minute, second = (int(part) for part in self.terms.cut_off.split(":"))
        return hour * 3_600 + minute * 60 + second


# Days


class Days:
    """A fund's schedule over a calendar given as a first day and marks, 1 open and 0 closed."""

    def __init__(self, m: Model, fund: Fund) -> None:
        self.first, self.marks = m.calendars[fund.calendar]
        self.weekday = fund.terms.schedule.value == "weekday"
        self.cut = fund.cut_off

    def within(self, on: date) -> date:
        if not 0 <= (on - self.first).days < len(self.marks):
            raise Refuse("CalendarExhausted")
        return on

    def is_open(self, on: date) -> bool:
        return bool(self.marks[(self.within(on) - self.first).days] == "1")

    def next_open(self, on: date) -> date:
        on += ONE
        while not self.is_open(on):
            on += ONE
        return on

    def trade_on(self, m: Model) -> date:
        today = self.within(m.today)
        if self.weekday:
            return today
        if self.is_open(today) and china_second(m.now) < self.cut:
            return today
        return self.next_open(today)

    def confirm_on(self, trade_on: date, kind: str) -> date:
        if not self.weekday:
            return self.next_open(trade_on)
        days = FIRST_INCOME[trade_on.isoweekday()] if kind == "subscribe" else 1
        return self.within(trade_on + timedelta(days))

    def cut_off(self, trade_on: date) -> int:
        return china_at(trade_on + ONE) if self.weekday else china_at(trade_on, self.cut)

    def leaves_on(self, m: Model) -> date:
        late = self.weekday or china_second(m.now) >= self.cut
        return m.today + ONE if late else m.today

    def closes_from(self, on: date) -> int:
        self.within(on)
        return china_at(on + ONE) if self.weekday else china_at(on, self.cut)

"""The auditor's accounts: double entry in plain ints, holds with a time limit, and China's days.

Nothing here is taken from the services. An account is four sums; a movement adds to two of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

SECOND = 1_000_000
DAY_US = 86_400 * SECOND
CHINA_US = 8 * 3_600 * SECOND
CNY = 156

OTHER = (0, 0, 0)
"""An entry that moves nothing: accounts opened, an account closed."""
FREE, NO_DEBT, NO_SURPLUS = 0, 1, 2
"""Which way an account may go: any; never below zero; never above (balance = credits - debits)."""


class Refuse(Exception):
    """The service must refuse the command with the error of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Wrong(AssertionError):
    """The services did something else than the auditor says is true."""


def china_day(at: int) -> date:
    """Return the day that China's calendar shows at an instant (microseconds)."""
    return date(1970, 1, 1) + timedelta(days=(at + CHINA_US) // DAY_US)


def china_second(at: int) -> int:
    """Return the seconds since midnight that China's clocks show."""
    return (at + CHINA_US) % DAY_US // SECOND


def china_at(on: date, second: int = 0) -> int:
    """Return the instant of a second of a day in China."""
    return (on - date(1970, 1, 1)).days * DAY_US - CHINA_US + second * SECOND


@dataclass(slots=True)
class Account:
    """One account. d, c: posted; dp, cp: on hold."""

    unit: int
    code: int
    way: int
    d: int = 0
    c: int = 0
    dp: int = 0
    cp: int = 0
    closed: bool = False

    @property
    def balance(self) -> int:
        return self.c - self.d

    @property
    def free(self) -> int:
        """What may still be taken out of it."""
        return self.c - self.d - self.dp


@dataclass(slots=True)
class Hold:
    """Money set aside; `expires_at` 0: for ever."""

    debit: int
    credit: int
    amount: int
    expires_at: int = 0


@dataclass(slots=True)
class Books:
    """All accounts, by number from 1 on in the order of opening, and all open holds.

    written: debit, credit and amount of all entries so far; each gets the next number.
    ends: how many there were at the end of each command that wrote some.
    """

    accounts: list[Account] = field(default_factory=lambda: [Account(0, 0, FREE)])
    holds: dict[int, Hold] = field(default_factory=dict)
    written: list[tuple[int, int, int]] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    @property
    def count(self) -> int:
        return len(self.written)

    def open(self, unit: int, code: int, way: int) -> int:
        """Open one account: one entry in the journal."""
        return self.open_many(unit, code, way, 1)

    def open_many(self, unit: int, code: int, way: int, number: int) -> int:
        """Open accounts alike, in one entry; return the first one's number."""
        self.accounts += [Account(unit, code, way) for _ in range(number)]
        self.written.append(OTHER)
        return len(self.accounts) - number

    def __getitem__(self, account: int) -> Account:
        return self.accounts[account]

    def refusal(self, debit: int, credit: int, amount: int) -> str:
        """Return why a movement cannot be, '' if it can."""
        a, b = self.accounts[debit], self.accounts[credit]
        if a.unit != b.unit:
            return "units differ"
        if a.closed:
            return "debit account closed"
        if b.closed:
            return "credit account closed"
        if a.way == NO_DEBT and a.free < amount:
            return "exceeds credits"
        if b.way == NO_SURPLUS and b.d - b.c - b.cp < amount:
            return "exceeds debits"
        return ""

    def move(self, debit: int, credit: int, amount: int) -> int:
        """Post a movement that must be possible; return its number."""
        if amount <= 0:
            raise Wrong(f"the auditor itself moves {amount}")
        why = self.refusal(debit, credit, amount)
        if why:
            raise Wrong(f"the auditor itself cannot move {amount} from {debit} to {credit}: {why}")
        self.accounts[debit].d += amount
        self.accounts[credit].c += amount
        self.written.append((debit, credit, amount))
        return self.count

    def hold(self, debit: int, credit: int, amount: int, expires_at: int = 0) -> int:
        """Set money aside; return the hold's number."""
        why = self.refusal(debit, credit, amount)
        if why:
            raise Wrong(f"the auditor itself cannot hold {amount} on {debit}: {why}")
        self.accounts[debit].dp += amount
        self.accounts[credit].cp += amount
        self.written.append((debit, credit, amount))
        self.holds[self.count] = Hold(debit, credit, amount, expires_at)
        return self.count

    def release(self, number: int) -> Hold:
        """End a hold without moving anything."""
        held = self.holds.pop(number)
        self.accounts[held.debit].dp -= held.amount
        self.accounts[held.credit].cp -= held.amount
        self.written.append((held.debit, held.credit, held.amount))
        return held

    def capture(self, number: int, amount: int = 0) -> int:
        """Move what was held, or less: the rest is free again."""
        held = self.holds.pop(number)
        self.accounts[held.debit].dp -= held.amount
        self.accounts[held.credit].cp -= held.amount
        return self.move(held.debit, held.credit, amount or held.amount)

    def end(self) -> None:
        """A command has written all of its entries."""
        if self.written and self.ends[-1:] != [self.count]:
            self.ends.append(self.count)

    def close(self, account: int) -> None:
        """Close an account for good."""
        self.accounts[account].closed = True
        self.written.append(OTHER)

    def expire(self, now: int) -> None:
        """Release what was held until now or earlier."""
        for number in [n for n, h in self.holds.items() if 0 < h.expires_at <= now]:
            self.release(number)

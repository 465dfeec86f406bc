"""What the auditor knows: every account, order and promise, as plain objects.

`audits` ties a handler to a service's function: the handler is given the command and says what must
come of it: it changes the model and returns the answer to expect, or raises `Refuse` and must have
changed nothing.
"""

from __future__ import annotations

import pickle
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any, TypeVar
from uuid import UUID

from support.sim.books import Books, Refuse, china_day

T = TypeVar("T")
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")
MICROSECOND = timedelta(microseconds=1)
ANY = "(any answer)"


@dataclass(slots=True, eq=False)
class Thing:
    """Something with an id that the service gives; None until somebody was told."""

    id: str | None = None


@dataclass(slots=True, eq=False)
class Member(Thing):
    ref: str = ""
    kind: str = ""
    tier: int = 0
    state: str = "active"
    account: int = 0


@dataclass(slots=True, eq=False)
class BankAccount(Thing):
    owner: str = ""
    bank: str = ""
    number: str = ""
    state: str = "bound"


@dataclass(slots=True, eq=False)
class TopUp(Thing):
    member: str = ""
    reserve: str = ""
    amount: int = 0
    state: str = "requested"
    quick: bool = False
    told: bool = False
    at: int = 0


@dataclass(slots=True, eq=False)
class Payout(Thing):
    member: str = ""
    reserve: str = ""
    amount: int = 0
    state: str = "reserved"
    quick: bool = False
    hold: int = 0
    counted_on: str | None = None
    at: int = 0


@dataclass(slots=True, eq=False)
class Payment(Thing):
    kind: str = ""
    payer: str = ""
    payee: str = ""
    amount: int = 0
    fee: int = 0
    refunded: int = 0
    counted_on: str | None = None
    at: int = 0
    note: str = ""

    @property
    def state(self) -> str:
        if self.refunded == 0:
            return "paid"
        return "refunded" if self.refunded == self.amount else "partly_refunded"


@dataclass(slots=True, eq=False)
class Refund(Thing):
    payment: Payment = field(default_factory=Payment)
    request: str = ""
    amount: int = 0
    refunded: int = 0
    at: int = 0


@dataclass(slots=True, eq=False)
class Case(Thing):
    kind: str = ""
    reserve: str = ""
    cause: str = ""
    amount: int = 0
    state: str = "open"


@dataclass(slots=True, eq=False)
class Job(Thing):
    """An order on its way to the bank."""

    kind: str = ""
    order: Thing = field(default_factory=Thing)
    due_at: int = 0
    attempts: int = 0
    state: str = "ready"


@dataclass(slots=True)
class Entry:
    """A booking of ours on a reserve account."""

    amount: int
    booked_on: str
    booked_at: int
    case: bool
    matched: bool = False


@dataclass(slots=True)
class Line:
    """A line of the bank's statement."""

    amount: int
    our_ref: str
    booked_on: str
    matched: bool = False


@dataclass(slots=True)
class Used:
    """What a member has used of limits: by day, by year, in all; the last day counted."""

    days: Counter[str] = field(default_factory=Counter)
    years: Counter[str] = field(default_factory=Counter)
    life: int = 0
    last_on: str = ""


@dataclass(slots=True)
class Limit:
    """A dated limit of a tier; `to_on` is the first day without it."""

    rule: str
    tier: int
    amount: int
    from_on: str
    to_on: str = ""


@dataclass(slots=True, eq=False)
class Expect:
    """The answer to expect: these fields (or, without any, this value), and whose id it brings."""

    fields: dict[str, Any] = field(default_factory=dict)
    value: Any = None
    thing: Thing | None = None


@dataclass(slots=True)
class Known:
    """A key that was used: for what, and the first answer once somebody has heard it."""

    use_case: str
    command: Any
    expect: Expect
    answer: Any = None
    heard: bool = False


@dataclass
class Model:
    """All that must be true."""

    now: int = 0
    books: Books = field(default_factory=Books)
    house: dict[str, int] = field(default_factory=dict)
    reserves: dict[str, int] = field(default_factory=dict)
    members: dict[str, Member] = field(default_factory=dict)
    bank_accounts: list[BankAccount] = field(default_factory=list)
    top_ups: list[TopUp] = field(default_factory=list)
    payouts: list[Payout] = field(default_factory=list)
    payments: list[Payment] = field(default_factory=list)
    refunds: list[Refund] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    cases: dict[str, Case] = field(default_factory=dict)
    entries: dict[tuple[str, str], list[Entry]] = field(default_factory=dict)
    lines: dict[tuple[str, str], Line] = field(default_factory=dict)
    reconciled: dict[str, dict[str, Any]] = field(default_factory=dict)
    to_book: list[tuple[str, str, int]] = field(default_factory=list)
    taken: int = 0
    limits: list[Limit] = field(default_factory=list)
    used: dict[str, Used] = field(default_factory=dict)
    uses: list[Any] = field(default_factory=list)
    funds: dict[str, Any] = field(default_factory=dict)
    calendars: dict[str, Any] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)
    keys: dict[str, Known] = field(default_factory=dict)
    units: dict[int, str] = field(default_factory=dict)

    @property
    def today(self) -> date:
        return china_day(self.now)

    def save(self) -> bytes:
        """Return the whole model as bytes."""
        return pickle.dumps(self.__dict__, pickle.HIGHEST_PROTOCOL)

    def restore(self, saved: bytes) -> None:
        """Become what was saved."""
        self.__dict__.clear()
        self.__dict__.update(pickle.loads(saved))

    def by_id(self, things: Iterable[T], thing_id: UUID, missing: str) -> T:
        """Return the thing with an id. Raises: Refuse(missing)."""
        wanted = thing_id.hex
        for thing in things:
            if thing.id == wanted:  # type: ignore[attr-defined]
                return thing
        raise Refuse(missing)

    def member(self, member_id: UUID) -> Member:
        return self.by_id(self.members.values(), member_id, "MemberUnknown")


Handler = Callable[[Model, Any], Expect]
HANDLERS: dict[Any, Handler] = {}
RISKY: set[Any] = set()
"""Functions whose handlers may change the model and then refuse: the model is put back for them."""


def audits(function: Any, *, risky: bool = False) -> Callable[[Handler], Handler]:
    """Make a handler the auditor of a service's function."""

    def register(handler: Handler) -> Handler:
        HANDLERS[function] = handler
        if risky:
            RISKY.add(function)
        return handler

    return register


def plain(value: Any) -> Any:
    """Return a value as plain data: ids in hex, instants in microseconds, days in text."""
    if isinstance(value, UUID):
        return value.hex
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return (value - EPOCH) // MICROSECOND
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if hasattr(value, "currency"):
        return value.amount
    return value


def faults_of(expect: Expect, answer: Any) -> list[str]:
    """Return how an answer differs from what it must be; take over its id."""
    if not expect.fields:
        seen = plain(answer)
        if expect.value == ANY:
            return []
        return [] if seen == expect.value else [f"expected {expect.value!r}, seen {seen!r}"]
    faults = []
    for name, wanted in expect.fields.items():
        value = answer
        for part in name.split("."):
            value = getattr(value, part)
        if plain(value) != wanted:
            faults.append(f"{name}: expected {wanted!r}, seen {plain(value)!r}")
    thing = expect.thing
    if thing is not None:
        if thing.id is None:
            thing.id = answer.id.hex
        elif thing.id != answer.id.hex:
            faults.append(f"id: expected {thing.id}, seen {answer.id.hex}")
    return faults

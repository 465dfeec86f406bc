"""The seeded world: who lives in it, what time it is, what is done next and what goes wrong then.

Every step draws from a source of its own, seeded by the run's seed and the step's number: so a step
can be left out and the others still draw the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random
from typing import Any, TypeVar

from support.sim.bank import Bank
from support.sim.books import DAY_US, SECOND, china_day
from support.sim.faults import Crashed
from support.sim.house import Fault, House
from support.sim.model import Member, Model
from venule.fund import (
    FrozenIncome,
    FundingOrder,
    ImportBalances,
    Limit,
    LimitRule,
    LoadCalendar,
    OpenAdvanceLine,
    OpenFund,
    OpenHolding,
    ScheduleKind,
    SetLimit,
    TailPolicy,
    Terms,
    import_opening_balances,
    load_calendar,
    open_advance_line,
    open_fund,
    open_holding,
    set_limit,
)
from venule.kit.errors import CommitFailed, DiskFull, HomeError
from venule.kit.jobs import JobRunner
from venule.kit.tx import Call, Outcome
from venule.members import MemberId, MemberKind, NewMember, Tier, onboard
from venule.wallet import MAIN_RESERVE, OurBankAccount, SetUp, set_up, wallet_jobs

STARTS = (
    date(2014, 4, 28),
    date(2016, 6, 27),
    date(2017, 12, 27),
    date(2018, 5, 28),
    date(2018, 6, 28),
    date(2020, 2, 26),
    date(2024, 12, 27),
)
"""Before holidays, month ends, a leap day, a new year, and days on which rules come into force."""

FAULTS: tuple[tuple[str, int], ...] = (
    ("", 560),
    ("killed", 120),
    ("killed after the commit", 40),
    ("power failed", 60),
    ("disk full: no page", 25),
    ("disk full: no byte", 25),
    ("disk full: said at a statement", 25),
)
MANNERS: tuple[tuple[str, int], ...] = (
    ("", 700),
    ("answer lost", 80),
    ("doubled", 60),
    ("sent again", 60),
    ("another body", 50),
)
RETRIES = (("at once", 6), ("later", 3), ("never", 1))
RESERVES = (OurBankAccount(MAIN_RESERVE, "bank A", "1"), OurBankAccount("second", "bank B", "2"))


def weighted(random: Random, choices: tuple[tuple[Any, int], ...]) -> Any:
    return random.choices([c[0] for c in choices], [c[1] for c in choices])[0]


@dataclass
class World:
    """Everything outside the home: people, their programs, the bank, the time."""

    house: House
    bank: Bank
    random: Random
    step: int = 0
    count: int = 0
    later: list[tuple[int, list[Call[Any]]]] = field(default_factory=list)
    done: list[Call[Any]] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    @property
    def m(self) -> Model:
        return self.house.model

    # ---------------------------------------------------------------- clients

    def ask(self, *wanted: tuple[Any, Any]) -> list[Outcome] | None:
        """Send commands as one group, as a client with keys does; None if no answer came."""
        calls = [Call(fn, command, self._key()) for fn, command in wanted]
        manner = weighted(self.random, MANNERS)
        group = list(calls)
        if manner == "doubled":
            self.seen["doubled in one group"] += 1
            group.insert(self.random.randrange(len(group) + 1), self.random.choice(calls))
        answers = self.send(group)
        if answers is None or any(isinstance(a.error, HomeError) for a in answers):
            self._try_again(calls)
            return None
        if manner == "answer lost":
            self.seen["answer lost"] += 1
            self._try_again(calls)
            return None
        if manner == "sent again":
            self.seen["sent again"] += 1
            self.send(calls)
        if manner == "another body":
            self._other_body(calls)
        self.done = [*self.done[-20:], *calls]
        return answers

    def send(self, calls: list[Call[Any]]) -> list[Outcome] | None:
        """Run a group; None if the process died."""
        try:
            return self.house.run_many(calls)
        except Crashed:
            return None

    def _key(self) -> str:
        self.count += 1
        return f"key {self.step}.{self.count}"

    def _try_again(self, calls: list[Call[Any]]) -> None:
        """The client has no answer: it asks again now, later, or never."""
        how = weighted(self.random, RETRIES)
        self.seen[f"asked again {how}"] += 1
        if how == "at once":
            for _ in range(self.random.choice((1, 1, 2))):
                self.send(calls)
        elif how == "later":
            self.later.append((self.step + self.random.randint(2, 30), calls))

    def _other_body(self, calls: list[Call[Any]]) -> None:
        """The same key for something else."""
        mine = self.random.choice(calls)
        others = [c for c in self.done if (c.fn, c.command) != (mine.fn, mine.command)]
        if others:
            other = self.random.choice(others)
            self.seen["another body"] += 1
            self.send([Call(other.fn, other.command, mine.key)])

    def tell(self, fn: Any, command: Any) -> Any:
        """Run one command of the house itself, without a key; None if it gave no answer."""
        answers = self.send([Call(fn, command, None)])
        return answers[0].value if answers is not None and answers[0].error is None else None

    def ask_one(self, fn: Any, command: Any) -> Any:
        """Send one command; return its value, None if there is none."""
        answers = self.ask((fn, command))
        return answers[0].value if answers is not None and answers[0].error is None else None

    # ---------------------------------------------------------------- the time

    def wait(self, us: int) -> None:
        """Let time pass."""
        clock = self.house.clock
        before = china_day(clock.true)
        clock.true += us
        self.bank.now = clock.true
        if clock.off and self.random.random() < 0.3:
            clock.off = 0
        days = (china_day(clock.true) - before).days
        self.seen["midnight"] += days
        for i in range(days):
            on = before + timedelta(i + 1)
            self.seen["month end"] += on.day == 1
            self.seen["new year"] += (on.month, on.day) == (1, 1)
            marks = self.m.calendars.get("fund")
            if marks and on.weekday() < 5 and marks[1][(on - marks[0]).days] == "0":
                self.seen["holiday"] += 1

    def go_to(self, at: int) -> None:
        """Go to an instant that is not over."""
        if at > self.house.clock.true:
            self.wait(at - self.house.clock.true)

    def arm(self) -> None:
        """Choose what goes wrong in this step."""
        kind = weighted(self.random, FAULTS)
        self.house.fault = Fault(kind, self.random.choice((0, 0, 0, 1, 2))) if kind else None

    # ---------------------------------------------------------------- who is there

    def some(self, kinds: tuple[str, ...] = ("person",)) -> Member:
        """Return a member whose id is known, of these kinds if there is one."""
        known = [x for x in self.m.members.values() if x.id is not None]
        mine = [x for x in known if x.kind in kinds]
        return self.random.choice(mine or known)

    def anyone(self) -> Member:
        return self.some(("person", "person", "merchant"))

    def free(self, who: Member) -> int:
        """Return what a member may spend now."""
        return self.m.books[who.account].free

    def amount(self, near: int) -> int:
        """Draw an amount: most are possible, some just not, a few absurd."""
        draw, near = self.random.random(), max(near, 1)
        if draw < 0.02:
            return self.random.choice((0, -1, 10**15, 10**16))
        if draw < 0.10:
            return near
        if draw < 0.15:
            return near + 1
        if draw < 0.40:
            return self.random.randint(1, min(near, 100))
        return self.random.randint(1, max(1, near // 3))


def member_id(who: Any) -> MemberId:
    """Return a thing's id as the services take it."""
    from uuid import UUID

    return MemberId(UUID(hex=who.id))


# The beginning


def found(world: World) -> None:
    """Set the house up: members, a fund or two with calendar, bank line and register."""
    random, m = world.random, world.m
    must(world, set_up, SetUp(RESERVES))
    for i in range(5):
        tier = (Tier.III, Tier.III, Tier.II, Tier.I, Tier.III)[i]
        must(world, onboard, NewMember(f"person {i}", MemberKind.PERSON, tier))
    for i in range(2):
        must(world, onboard, NewMember(f"shop {i}", MemberKind.MERCHANT, Tier.NONE))
    first = china_day(world.house.clock.true) - timedelta(20)
    must(world, load_calendar, LoadCalendar("fund", first, marks(random, first, 120)))
    for i in range(random.choice((1, 1, 2))):
        must(world, onboard, NewMember(f"bank {i}", MemberKind.INSTITUTION, Tier.NONE))
        found_fund(world, i)
    world.house.look()
    assert m.funds


def must(world: World, fn: Any, command: Any) -> Any:
    """Run a command of the foundation."""
    return world.house.run(fn, command)


def marks(random: Random, first: date, days: int) -> str:
    """Draw a calendar: weekends are closed, and some runs of weekdays."""
    closed: set[int] = set()
    for _ in range(random.choice((4, 8))):
        at = random.randrange(days)
        closed |= set(range(at, at + random.choice((1, 1, 2, 5))))
    days_of = (first + timedelta(i) for i in range(days))
    return "".join("0" if on.weekday() >= 5 or i in closed else "1" for i, on in enumerate(days_of))


def found_fund(world: World, number: int) -> None:
    random, m, code = world.random, world.m, f"00000{number}"
    today = m.today
    terms = Terms(
        schedule=random.choice((ScheduleKind.OPEN_DAYS,) * 3 + (ScheduleKind.WEEKDAY,)),
        cut_off=random.choice(("15:00:00", "15:00:00", "14:30:00")),
        tail=random.choice(tuple(TailPolicy)),
        shards=random.choice((1, 1, 3, 11)),
        frozen_income=random.choice(tuple(FrozenIncome)),
        funding=random.choice(tuple(FundingOrder)),
    )
    opened_on = today + timedelta(random.choice((0, 0, 1)))
    must(world, open_fund, OpenFund(code, code, 2_000 + number, opened_on, "fund", terms))
    bank = member_id(m.members[f"bank {number}"])
    room = random.choice((50_000, 1_000_000, 100_000_000))
    line = OpenAdvanceLine(code, bank, f"bank {number}", True, room, opened_on)
    must(world, open_advance_line, line)
    people = [member_id(m.members[f"person {i}"]) for i in range(4)]
    for who in people:
        must(world, open_holding, OpenHolding(code, who))
    if random.random() < 0.7:
        shares = [random.choice((1, 99, 7_600, 1_234_567, 50_000_000)) for _ in people]
        must(world, import_opening_balances, ImportBalances(code, people, shares))
    for rule, amount in ((LimitRule.SUBSCRIBE_MIN, 100), (LimitRule.HOLDING_CAP, 60_000_000)):
        if random.random() < 0.5:
            must(world, set_limit, SetLimit(code, Limit(rule, amount, opened_on)))


def new_world(house: House, seed: int) -> World:
    """Make the world around a house."""
    world = World(house, Bank(seed, now=house.clock.true), Random(f"{seed} found"))

    def book(reserve: str, ref: str, amount: int) -> None:
        """The bank books our own movements: mostly at once."""
        draw = Random(f"{seed} {ref}")
        after = draw.choice((0, 0, 0, 0, 3_600 * SECOND, DAY_US))
        world.bank.book(reserve, amount, "ours", ref, after)

    house.own_lines = book
    return world


def runner(world: World) -> JobRunner[Any]:
    """Return a runner of the wallet's jobs over the watched home."""
    watched: Any = world.house
    return JobRunner(watched, wallet_jobs(world.bank))


Action = Callable[[World], None]
A = TypeVar("A", bound=Callable[..., None])
ACTIONS: list[tuple[Action, int]] = []


def action(weight: int) -> Callable[[A], A]:
    """Let a function be one of the things that happen, so often."""

    def register(function: A) -> A:
        ACTIONS.append((function, weight))
        return function

    return register


def take_step(world: World, seed: int, number: int) -> None:
    """Let one thing happen, with what goes wrong in it. Raises: Wrong."""
    world.step, world.count = number, 0
    world.random = Random(f"{seed} step {number}")
    world.house.random = Random(f"{seed} fault {number}")
    world.wait(world.random.choice((1_000, SECOND, 30 * SECOND, 600 * SECOND, 2_400 * SECOND)))
    due = [calls for at, calls in world.later if at <= number]
    world.later = [(at, calls) for at, calls in world.later if at > number]
    chosen = weighted(world.random, tuple(ACTIONS))
    world.house.note(f"step {number}: {chosen.__name__}")
    world.arm()
    for calls in due:
        world.seen["asked again after steps"] += 1
        world.send(calls)
    try:
        chosen(world)
    except Crashed:
        pass
    except (CommitFailed, DiskFull) as error:
        world.house.note(f"stopped by {type(error).__name__}")
    world.house.fault = None

"""Drives the services through the plan, day after day, on a virtual clock.

Commands go in groups; with each group the place reached is committed. Whoever comes after a kill
continues right behind the last group that is in the books.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import msgspec

from venule.fund import CloseDay, OpenDay, OrderId, close_day, customers_balance, open_day
from venule.kit.errors import HomeError
from venule.kit.home import Home
from venule.kit.time import SystemClock, VirtualClock, china_instant
from venule.kit.tx import Call
from venule.ledger import Tx
from venule.members import MemberId
from venule.replay import steps, store
from venule.replay.errors import ReplayStepRefused
from venule.replay.inputs import Inputs
from venule.replay.plan import DayPlan, Plan
from venule.replay.steps import FUND, Calls, People

GROUP: Final = 500
"""Commands of one group: one disk flush for so many."""
BETWEEN_GROUPS: Final = timedelta(seconds=10)
"""On the virtual clock, so that a statement shows some order."""
SET_UP: Final = -1
"""The index of the day before the first, on which everything is founded."""

Progress = Callable[[int, int, int, date], None]
"""Called at the start and after each day: days done, in all, transfers in the books, the day."""


@dataclass(frozen=True)
class Place:
    """How far a replay is: the first `done` commands of this step of this day are in the books."""

    day: int
    step: int
    done: int


class Reached(msgspec.Struct, frozen=True):
    """A place reached, and how long that took."""

    day: int
    step: int
    done: int
    elapsed_ms: int


def reach(tx: Tx, command: Reached) -> None:
    """Note the place reached, with the commands that led to it."""
    store.save_place(tx.sql, command.day, command.step, command.done, command.elapsed_ms)


class DayOver(msgspec.Struct, frozen=True):
    """A day is over; `next` is where the next one begins."""

    day: store.DayDone
    next: Reached


def end_day(tx: Tx, command: DayOver) -> None:
    """Note what a day came to, and go on to the next."""
    store.insert_day(tx.sql, command.day)
    reach(tx, command.next)


class Failure(msgspec.Struct, frozen=True):
    """A command was refused."""

    text: str


def fail(tx: Tx, command: Failure) -> None:
    """Note that this replay cannot go on."""
    store.save_failure(tx.sql, command.text)


def transfers_so_far(tx: Tx) -> int:
    """Return how many transfers the ledger's journal holds."""
    return tx.seq_at(datetime.max.replace(tzinfo=tx.now.tzinfo)) - 1


class Driver:
    """One run of a replay, from where the home is to the end."""

    def __init__(
        self,
        home: Home[Tx],
        clock: VirtualClock,
        inputs: Inputs,
        plan: Plan,
        place: Place,
        began_at: datetime,
    ) -> None:
        self._home = home
        self._clock = clock
        self._inputs = inputs
        self._plan = plan
        self._place = place
        self._watch = SystemClock()
        self._since = began_at
        per_10k = dict(zip(inputs.yields.days, inputs.yields.per_10k_e4.tolist(), strict=True))
        self._per_10k = [per_10k[day] for day in inputs.flows.days]

    def run(self, progress: Progress | None) -> None:
        """Do what is left. Raises: ReplayStepRefused, HomeError."""
        if self._place.day == SET_UP:
            self._set_up()
        people = self._people()
        days = self._plan.days
        first = self._place.day
        if progress:
            before = days[max(first - 1, 0)].day
            progress(first, len(days), self._home.read(transfers_so_far), before)
        for day in days[first:]:
            transfers = self._day(day, people)
            if progress:
                progress(day.index + 1, len(days), transfers, day.day)

    def _set_up(self) -> None:
        eve = self._inputs.flows.days[0] - timedelta(days=1)
        self._at(eve, time(20, 0))
        self._step(SET_UP, 0, "found the house", steps.found_house(self._inputs))
        self._step(SET_UP, 1, "onboard users", steps.onboard_users(len(self._plan.population)))
        people = self._people()
        self._step(SET_UP, 2, "found the fund", steps.found_fund(self._inputs, people))
        opening = steps.take_over_register(self._plan, people)
        self._step(SET_UP, 3, "take over the register", opening)
        self._home.run(reach, self._reached(0, 0, 0))
        self._place = Place(0, 0, 0)

    def _people(self) -> People:
        def load(tx: Tx) -> People:
            users, shops, bank = (
                [MemberId(member) for member in store.load_members(tx.sql, kind)]
                for kind in (steps.USER, steps.SHOP, steps.ADVANCER)
            )
            return People(users, shops, bank[0])

        return self._home.read(load)

    def _day(self, day: DayPlan, people: People) -> int:
        """Live through one day; return the transfers in the books at its end."""
        index, on = day.index, day.day
        self._at(on, time(6, 0))
        if not self._is_past(index, 0):
            open_day(self._home, OpenDay(FUND, on))
        self._at(on, time(10, 0))
        orders = self._morning(day, people)
        self._at(on, time(13, 0))
        noon = [*steps.take_back(orders), *steps.pass_on(day, people)]
        self._step(index, 1, "noon", noon)
        self._at(on, time(16, 0))  # after 15:00: who redeems now still earns this day
        afternoon = [
            *steps.consume(day, people),
            *steps.redeem(day, people),
            *steps.withdraw(day, people),
        ]
        self._step(index, 2, "afternoon", afternoon)
        self._at(on + timedelta(days=1), time(0, 0))
        self._step(index, 3, "publish", steps.publish(day, self._per_10k[index]))
        return self._close(day)

    def _morning(self, day: DayPlan, people: People) -> list[OrderId]:
        """Join, top up and buy; return the orders of what goes out again today, while needed.

        After a kill the orders are asked for again: their numbers give the first answers.
        """
        # Who is there on the first day has joined before it.
        arriving = steps.join(day, people) if day.index else []
        calls = [*arriving, *steps.top_up(day, people)]
        before = len(calls)
        calls += steps.buy(day, people)
        answers = self._step(day.index, 0, "morning", calls)
        if not len(day.at_once) or self._is_past(day.index, 2):
            return []
        if len(answers) < len(calls):
            again = self._home.run_many(steps.buy_at_once(day, people))
            bought = [outcome.result() for outcome in again]
        else:
            bought = answers[before : before + len(day.at_once)]
        return [OrderId(order.id) for order in bought]

    def _close(self, day: DayPlan) -> int:
        closed = close_day(self._home, CloseDay(FUND, day.day))

        def look(tx: Tx) -> tuple[int, int]:
            return customers_balance(tx, FUND), transfers_so_far(tx)

        balance, transfers = self._home.read(look)
        done = store.DayDone(
            day_index=day.index,
            happened_on=day.day,
            balance_fen=balance,
            income_fen=closed.net_income,
            earning_fen=closed.shares_earning,
            holders=closed.holders,
            transfers=transfers,
        )
        self._home.run(end_day, DayOver(done, self._reached(day.index + 1, 0, 0)))
        return transfers

    # Groups and places

    def _at(self, on: date, at: time) -> None:
        self._clock.set(max(self._clock.now(), china_instant(on, at)))

    def _is_past(self, day: int, step: int) -> bool:
        return (day, step) < (self._place.day, self._place.step)

    def _step(self, day: int, step: int, name: str, calls: Calls) -> list[Any]:
        """Carry out what is not yet in the books; return the answers of what was done now.

        A step that was begun before a kill goes on behind its last group.
        """
        if self._is_past(day, step):
            return []
        here = (day, step) == (self._place.day, self._place.step)
        first = self._place.done if here else 0
        answers: list[Any] = []
        begins = self._clock.now()
        for start in range(first, len(calls), GROUP):
            self._clock.set(begins + start // GROUP * BETWEEN_GROUPS)
            group = calls[start : start + GROUP]
            reached = self._reached(day, step, start + len(group))
            outcomes = self._home.run_many([*group, Call(reach, reached)])
            for place, outcome in enumerate(outcomes):
                if outcome.error is not None:
                    self._refused(day, name, start + place, outcome.error)
                answers.append(outcome.value)
            answers.pop()
        return answers

    def _reached(self, day: int, step: int, done: int) -> Reached:
        now = self._watch.now()
        elapsed = max(0, (now - self._since) // timedelta(milliseconds=1))
        self._since += timedelta(milliseconds=elapsed)
        return Reached(day, step, done, elapsed)

    def _refused(self, day: int, name: str, command: int, error: Exception) -> None:
        if isinstance(error, HomeError):  # the group as a whole: nothing of it is in the books
            raise error
        eve = self._inputs.flows.days[0] - timedelta(days=1)
        on = str(eve if day == SET_UP else self._plan.days[day].day)
        refused = ReplayStepRefused(on, name, command, f"{type(error).__name__}: {error}")
        self._home.run(fail, Failure(refused.message))
        raise refused from error

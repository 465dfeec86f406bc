"""Run a world from its seed, tell what happened in it, and make a failure small."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import Any
from unittest.mock import patch

from support.sim import actions, fund_actions
from support.sim.books import DAY_US, SECOND, Wrong, china_at, china_day
from support.sim.house import House, house
from support.sim.rules_days import closes_from, next_day
from support.sim.view import states
from support.sim.world import STARTS, World, found, new_world, runner, take_step
from venule.ledger import checkpoint

STEPS = 330
SETTLING_DAYS = 9
TRACE_SHOWN = 25
SHRINK_RUNS_MAX = 80
NOTHING = frozenset[int]()

Maker = Callable[[Path, int, int], AbstractContextManager[House]]
"""Makes a house from a folder, a seed and the instant at which it begins."""


@dataclass
class Report:
    """How a run ended: '' for well; what happened in it; a digest that a replay must give again."""

    seed: int
    steps: int
    failure: str = ""
    step: int = 0
    trace: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    digest: str = ""
    seconds: float = 0.0

    @property
    def headline(self) -> str:
        return self.failure.strip().splitlines()[0] if self.failure else ""


def run(
    seed: int,
    steps: int = STEPS,
    skip: frozenset[int] = NOTHING,
    *,
    look: bool = False,
    make: Maker = house,
) -> Report:
    """Run one world; never raises.

    skip: steps to leave out. look: compare everything after every group, not once a day. make: what
    the world is built around.
    """
    report = Report(seed, steps)
    began = time.perf_counter()
    logging.getLogger("venule.home").setLevel(logging.ERROR)  # it warns of what we do to it
    with often_checkpoints(), folder() as root:
        start = china_at(Random(f"{seed} start").choice(STARTS), 9 * 3_600)
        with make(root, seed, start) as watched:
            world = new_world(watched, seed)
            try:
                found(world)
                watched.look_always = look
                live(world, seed, steps, skip)
            except Exception as error:
                report.failure = tell(error)
            report.step = world.step
            report.trace = watched.trace
            report.counts = watched.counts + world.seen + world.bank.seen
            report.counts.update(states(watched.model))
            said = "\n".join(watched.trace) + repr(sorted(report.counts.items()))
            report.digest = sha256(said.encode()).hexdigest()[:16]
    gc.collect()
    report.seconds = time.perf_counter() - began
    return report


def tell(error: Exception) -> str:
    if isinstance(error, Wrong):
        return f"Wrong: {error}"
    return f"{type(error).__name__}: {error}\n" + "".join(traceback.format_exception(error)[-12:])


def live(world: World, seed: int, steps: int, skip: frozenset[int]) -> None:
    """Take the steps; look at everything at the end of each day; settle at the end."""
    for number in range(1, steps + 1):
        if number in skip:
            continue
        before = china_day(world.house.clock.true)
        take_step(world, seed, number)
        if china_day(world.house.clock.true) != before:
            world.house.look()
    settle(world, steps)


# The end


def settle(world: World, steps: int) -> None:
    """Let everything under way come to its end, with nothing going wrong any more; prove it all."""
    world.step, world.random = steps + 1, Random(0)
    world.house.random = Random(1)
    world.house.note("settle")
    world.house.clock.off = 0
    for _ in range(SETTLING_DAYS):
        world.go_to(china_at(china_day(world.house.clock.true)) + DAY_US + 9 * 3_600 * SECOND)
        for _ in range(3):
            while runner(world).run_due():
                pass
            actions.poll(world)
            world.wait(4 * 3_600 * SECOND)
        for fund in world.m.funds.values():
            fund_actions.close_days(world, fund, 40, surely=True)
        actions.reconcile(world, surely=True)
    world.house.look()
    check_end(world)
    check_bank(world)
    world.house.look_at_journal()
    world.house.verify()
    world.house.home.close()
    world.house.verify()
    world.house.open_again()
    world.house.look()


def check_end(world: World) -> None:
    """Nothing waits any more but what waits for a person or a later day. Raises: Wrong."""
    m, now = world.m, world.house.clock.us
    dead = {id(j.order) for j in m.jobs if j.state == "dead"}
    stuck: list[object] = [o for o in m.top_ups if o.state == "requested" and id(o) not in dead]
    stuck += [o for o in m.payouts if o.state == "reserved" and id(o) not in dead]
    if stuck:
        raise Wrong(f"orders that never came to an end: {stuck[:3]}")
    for fund in m.funds.values():
        day = next_day(fund)
        if closes_from(m, fund, day) <= now:
            raise Wrong(f"fund {fund.code}: {day} was never closed")
        waiting = [o for o in fund.orders if o.state in ("accepted", "sent")]
        late = [o for o in waiting if o.confirm_on < day.isoformat()]
        if late:
            raise Wrong(f"fund orders that never came to an end: {late[:3]}")


def check_bank(world: World) -> None:
    """What the books have at the bank is what it has, but for what is known to differ.

    Raises: Wrong.
    """
    m = world.m
    for name, account in m.reserves.items():
        booked = m.books[account].d - m.books[account].c
        ours = sum(
            e.amount
            for (at, _), each in m.entries.items()
            if at == name
            for e in each
            if not e.matched
        )
        lines = {ref: line for (at, ref), line in m.lines.items() if at == name}
        done = m.reconciled[name]
        first = date.fromisoformat(min(done)) if done else date.min
        drift = done[max(done)]["drift"] if done else 0
        theirs = drift  # by so much the first opening was not what we thought
        for when, _, at, line in world.bank.bookings:
            new = (
                not lines[line.bank_ref].matched
                if line.bank_ref in lines
                else (
                    china_day(when) >= first  # what is older is in that opening
                )
            )
            theirs += line.amount_minor if at == name and new else 0
        if booked - ours != world.bank.balance(name) - theirs:
            raise Wrong(
                f"{name}: {booked} booked, of which unmatched {ours};"
                f" {world.bank.balance(name)} at the bank, of which unmatched {theirs}"
            )


# Where and how


@contextmanager
def often_checkpoints() -> Iterator[None]:
    """Let the ledger write its pages far more often than in life, so that deaths fall into it."""
    often: dict[str, Any] = {
        "CYCLE_RECORDS_MIN": 60,
        "RECORDS_PER_PAGE": 1 << 30,
        "CLOSE_RECORDS_MIN": 40,
    }
    with patch.multiple(checkpoint, **often):
        yield


@contextmanager
def folder() -> Iterator[Path]:
    """Make a directory for a run, in memory if there is such a place: its power cannot fail."""
    memory = Path("/dev/shm")
    place = memory if memory.is_dir() and os.access(memory, os.W_OK) else None
    path = Path(tempfile.mkdtemp(prefix="venule-sim-", dir=place))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


# A failure made small


def shrink(report: Report) -> tuple[Report, set[int]]:
    """Find the first step at which the failure shows, then leave out what it does not need."""
    kind = report.headline[:40]
    looked = run(report.seed, report.steps, look=True)
    if looked.failure:
        report = looked
    steps, skip, runs = max(1, report.step), set[int](), 0
    size = max(1, steps // 2)
    while size and runs < SHRINK_RUNS_MAX:
        for first in range(1, steps, size):
            chunk = set(range(first, min(first + size, steps)))
            if chunk <= skip or runs >= SHRINK_RUNS_MAX:
                continue
            runs += 1
            tried = run(report.seed, steps, frozenset(skip | chunk), look=True)
            if tried.failure and tried.headline[:40] == kind:
                skip |= chunk
                report = tried
        size //= 2
    return report, skip

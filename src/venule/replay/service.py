"""Run a replay: read, plan, drive the services, compare, report."""

from __future__ import annotations

import resource
import sys
from collections.abc import Sequence
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import Final, Protocol
from uuid import UUID

import msgspec

from venule import fund, wallet
from venule.kit.errors import NotAHome
from venule.kit.home import Home
from venule.kit.homedir import is_vacant
from venule.kit.ids import Ids, SeededIds
from venule.kit.migrate import HomeNotMigrated
from venule.kit.place import is_address, shown
from venule.kit.time import Clock, SystemClock, VirtualClock, china_instant
from venule.ledger import Tx
from venule.replay import output, page, store
from venule.replay.driver import SET_UP, Driver, Place, Progress
from venule.replay.errors import ReplayHomeDiffers, ReplayStepRefused
from venule.replay.inputs import Inputs, read_inputs
from venule.replay.model import ReplayOptions
from venule.replay.plan import Plan, make_plan
from venule.replay.report import Measured, Report, make_report

DIGEST_CHARS_SHOWN: Final = 16


class OpenHome(Protocol):
    """How to open a home of all rooms."""

    def __call__(
        self,
        place: Path | str,
        /,
        *,
        readonly: bool = False,
        clock: Clock | None = None,
        ids: Ids | None = None,
    ) -> Home[Tx]:
        """Open for writing (and make it if nothing is there), or for reading."""
        ...


class Books(msgspec.Struct, frozen=True):
    """What a home at the end of its replay says."""

    days: Sequence[store.DayDone]
    balance: bool
    elapsed_ms: int


def run(options: ReplayOptions, open_home: OpenHome, progress: Progress | None = None) -> Report:
    """Replay the days of the options, or continue what was broken off; write the report.

    Nothing is changed before all inputs are read and a plan is found that meets every day. A home
    that is already at the end is only reported on.
    Raises: BadFile, ReplayOptionWrong, ReportNotWritable, ReplayHomeDiffers, ReplayStepRefused,
    HomeError.
    """
    watch = SystemClock()
    began_at = watch.now()
    output.check_directory(options.report, options.home)
    inputs = read_inputs(options)
    plan = make_plan(inputs, options.flows)
    if _is_finished(options.home, inputs, open_home):
        with open_home(options.home, readonly=True) as home:
            books = home.read(_read_books)
    else:
        books = _drive(options.home, inputs, plan, open_home, progress, began_at)
    measured = Measured(books.elapsed_ms / 1000, _peak_rss_mb())
    report = make_report(inputs, plan, books.days, books.balance, measured)
    output.write(options.report, report, page.render(report, inputs, plan, books.days))
    return report


def _is_finished(place: Path | str, inputs: Inputs, open_home: OpenHome) -> bool:
    """Tell whether the home has all days; refuse one that belongs to something else."""
    if not is_address(place) and is_vacant(Path(place)):
        return False
    try:
        with open_home(place, readonly=True) as home:
            found, accounts = home.read(
                lambda tx: (store.load_run(tx.sql), len(tx.accounts_view()))
            )
    except HomeNotMigrated:  # killed while it was made
        return False
    except NotAHome:
        if not is_address(place):
            raise
        return False
    if found is None:
        if accounts > 1:
            wanted = inputs.digest[:DIGEST_CHARS_SHOWN]
            raise ReplayHomeDiffers(shown(place), "inputs", wanted, "books that no replay made")
        return False
    if found.digest != inputs.digest:
        wanted, seen = (text[:DIGEST_CHARS_SHOWN] for text in (inputs.digest, found.digest))
        raise ReplayHomeDiffers(shown(place), "inputs", wanted, seen)
    if found.failure is not None:
        raise ReplayStepRefused(shown(place), "of an earlier run", found.done, found.failure)
    return found.day_index == len(inputs.flows.days)


class Begin(msgspec.Struct, frozen=True):
    """Take a replay up, the first time or again."""

    digest: str


def begin(tx: Tx, command: Begin) -> store.Run:
    """Count the attempt; return how far the replay is."""
    if store.load_run(tx.sql) is None:
        store.insert_run(tx.sql, command.digest, SET_UP)
    store.count_attempt(tx.sql)
    found = store.load_run(tx.sql)
    assert found is not None
    return found


class _LateIds:
    """Ids whose seed is known once the home is open: each attempt has one of its own."""

    source: Ids

    def new(self) -> UUID:
        return self.source.new()


def _drive(
    path: Path | str,
    inputs: Inputs,
    plan: Plan,
    open_home: OpenHome,
    progress: Progress | None,
    began_at: datetime,
) -> Books:
    eve = inputs.flows.days[0] - timedelta(days=1)
    clock = VirtualClock(china_instant(eve, time(12, 0)))
    ids = _LateIds()
    with open_home(path, clock=clock, ids=ids) as home:
        found = home.run(begin, Begin(inputs.digest))
        ids.source = SeededIds(f"{inputs.seed}/{found.attempts}", clock)
        place = Place(found.day_index, found.step, found.done)
        Driver(home, clock, inputs, plan, place, began_at).run(progress)
        return home.read(_read_books)


def _read_books(tx: Tx) -> Books:
    found = store.load_run(tx.sql)
    assert found is not None
    balance = not (ledger_faults(tx) or wallet.check(tx) or fund.check(tx))
    return Books(store.load_days(tx.sql), balance, found.elapsed_ms)


def ledger_faults(tx: Tx) -> list[int]:
    """Return the units whose debits and credits differ, posted or pending."""
    accounts = tx.accounts_view()
    faults = []
    for unit in tx.units():
        mine = accounts[accounts["unit"] == unit.unit]
        posted = int(mine["debits_posted"].sum()) - int(mine["credits_posted"].sum())
        pending = int(mine["debits_pending"].sum()) - int(mine["credits_pending"].sum())
        if posted or pending:
            faults.append(unit.unit)
    return faults


def _peak_rss_mb() -> int:
    """Return the most memory this process has had, in MiB."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(peak / (1 << 20 if sys.platform == "darwin" else 1 << 10))

"""A home under an auditor's eyes and with a devil beside it.

`House` stands where a `Home` would: jobs, closings and clients run their groups through it. Before
each group the auditor says what must come of it; then the group runs, or dies on the way; after a
death the home is opened from its files, and must hold either all of the group or nothing of it.
"""

from __future__ import annotations

import gc
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

from support.sim.auditor import Auditor, use_case
from support.sim.books import OTHER, Wrong, china_day
from support.sim.faults import (
    Crashed,
    Flushed,
    Instants,
    full,
    no_longer_files,
    no_more_pages,
    take_image,
    torn_commit,
)
from support.sim.model import EPOCH, MICROSECOND, Model
from support.sim.seen import View, seen
from support.sim.view import adopt, nameless
from venule.app import ROOMS, verify
from venule.kit.errors import CommitFailed, DiskFull, HomeError
from venule.kit.home import Home
from venule.kit.ids import SeededIds
from venule.kit.sql import Sql
from venule.kit.tx import Call, Outcome
from venule.ledger import Book, TransferFlags, Tx

FRAME = 16_408
LOG_BYTES = (4 * FRAME, 20 * FRAME, 200 * FRAME, 2**28)
PAGES_CACHED = (8, 60, 4_096)
GARBAGE_EVERY = 80
NOTHING = TransferFlags.OPENS | TransferFlags.CLOSE
"""Entries that move nothing."""


@dataclass
class Clock:
    """The machine's clock: the true time and how far it is off; it can be set back."""

    true: int
    off: int = 0

    @property
    def us(self) -> int:
        return self.true + self.off

    def now(self) -> datetime:
        return EPOCH + self.us * MICROSECOND


@dataclass
class Fault:
    """What goes wrong in a group. after: groups to let pass first."""

    kind: str
    after: int = 0


@dataclass
class House:
    """The home, its auditor and its devil."""

    root: Path
    seed: int
    clock: Clock
    auditor: Auditor = field(default_factory=Auditor)
    trace: list[str] = field(default_factory=list)
    own_lines: Callable[[str, str, int], None] = lambda *_: None
    fault: Fault | None = None
    random: Random = field(default_factory=Random)
    last: int = 0
    openings: int = 0
    instants: Instants = field(default_factory=Instants)
    usual: dict[str, int] = field(default_factory=dict)
    look_always: bool = False

    @property
    def model(self) -> Model:
        return self.auditor.model

    @property
    def counts(self) -> Counter[str]:
        return self.auditor.counts

    def begin(self) -> None:
        """Make the home."""
        self.path = self.root / "home-0"
        self.home = self._open(self.path)
        self.last = self.model.now = 0

    def close(self) -> None:
        self.home.close()

    # ---------------------------------------------------------------- what a home is asked for

    def read(self, look: Callable[[Tx], Any]) -> Any:
        self.last = max(self.last, self.clock.us)
        return self.home.read(look)

    def run(self, fn: Any, command: Any, *, key: str | None = None) -> Any:
        return self.run_many((Call(fn, command, key),))[0].result()

    def run_many(self, calls: Sequence[Call[Any]], **options: Any) -> list[Outcome]:
        """Run a group, as `Home.run_many` does; raises Crashed if it did not live to answer."""
        if not calls:
            return []
        fault = self._next_fault()
        names = [use_case(call.fn) for call in calls]
        self.note(f"group {' '.join(names)}" + (f" with {fault.kind}" if fault else ""))
        saved = self.model.save() if fault else b""
        now = max(self.last, self.clock.us)
        verdicts = self.auditor.predict(calls, now)
        self.last = now
        if fault is None:
            self.instants.count = 0
            outcomes = self.home.run_many(calls, **options)
            self.usual[names[0]] = self.instants.count
        else:
            self.counts[fault.kind] += 1
            survived = self._suffer(fault, calls, saved, names[0], options)
            if survived is None:
                return [Outcome(None, DiskFull(str(self.path))) for _ in calls]
            outcomes = survived
        self.auditor.judge(calls, verdicts, outcomes)
        self._told()
        if self.look_always:
            self.look()
        return outcomes

    def _next_fault(self) -> Fault | None:
        fault = self.fault
        if fault is None:
            return None
        if fault.after:
            fault.after -= 1
            return None
        self.fault = None
        return fault

    def _told(self) -> None:
        """A group is in the books: give what is new its id; the bank hears of its lines."""
        m = self.model
        if nameless(m):
            adopt(m, self._seen())
        for reserve, ref, amount in m.to_book:
            self.own_lines(reserve, ref, amount)
        m.to_book.clear()

    def _seen(self) -> View:
        return seen(self.home)

    def open_again(self) -> None:
        """Open the home after it was closed."""
        self.home = self._open(self.path)

    def look(self) -> None:
        """Compare everything. Raises: Wrong."""
        self.auditor.compare(self._seen())

    def look_at_journal(self) -> None:
        """Compare what every command has written, in whatever order it did. Raises: Wrong."""
        books = self.model.books

        def look(tx: Tx) -> None:
            for begin, end in pairwise([0, *books.ends]):
                records = [tx.transfer(number) for number in range(begin + 1, end + 1)]
                found = [(r.debit, r.credit, r.amount) for r in records if not r.flags & NOTHING]
                must = [entry for entry in books.written[begin:end] if entry != OTHER]
                if sorted(found) != sorted(must):
                    raise Wrong(f"entries {begin + 1}-{end}: expected {must}, seen {records}")

        self.counts["entries of the journal compared"] += books.count
        self.read(look)

    def verify(self) -> None:
        """Let the product prove its own files. Raises: Wrong."""
        self.counts["verified"] += 1
        report = verify(self.path)
        if not report.ok:
            raise Wrong(f"verify: {report.faults[:5]}")

    # ---------------------------------------------------------------- the devil

    def _suffer(
        self,
        fault: Fault,
        calls: Sequence[Call[Any]],
        saved: bytes,
        name: str,
        options: dict[str, Any],
    ) -> list[Outcome] | None:
        """Run a group with a fault; None if the disk was full and nothing came of it."""
        if fault.kind.startswith("disk full"):
            return self._disk_full(fault.kind, calls, saved, options)
        image, fate = self._new_path(), [""]

        def strike(what: str, sql: Sql | None) -> None:
            self.note(f"strike at {said(what)!r}")
            self.counts[f"killed at {what.split(maxsplit=1)[0]}"] += 1
            if fault.kind == "power failed":
                assert sql is not None
                fate[0] = torn_commit(self.random, self.path, image, sql, self.instants.flushed)
            elif fault.kind == "killed after the commit":
                assert sql is not None
                sql.conn.execute("COMMIT")
                take_image(self.path, image)
                fate[0] = "done"
            else:
                take_image(self.path, image)
                fate[0] = "done" if self.instants.committed else "undone"
            raise Crashed

        if fault.kind == "killed":
            self.instants.arm(strike, self.random.randint(1, self.usual.get(name, 8) + 3))
        else:
            self.instants.arm(strike)
        try:
            outcomes = self.home.run_many(calls, **options)
            self.instants.disarm()
            self.note("strike after the answer was ready")
            for each in outcomes:
                if isinstance(each.error, HomeError):
                    raise Wrong(f"nothing was wrong, and it answered {each.error}")
            take_image(self.path, image)
            fate[0] = "done"
        except Crashed:
            pass
        self._die(image)
        self.auditor.resolve(self._seen(), saved, fate[0])
        self._settle()
        raise Crashed

    def _disk_full(
        self, kind: str, calls: Sequence[Call[Any]], saved: bytes, options: dict[str, Any]
    ) -> list[Outcome] | None:
        """No room: every caller is told, nothing has happened, and work goes on afterwards."""
        random, home = self.random, self.home
        try:
            if kind == "disk full: no page":
                with no_more_pages(home.sql, random.choice((0, 0, 1))):
                    outcomes = home.run_many(calls, **options)
            elif kind == "disk full: no byte":
                with no_longer_files(self.path, random.choice((0, 100, FRAME, 3 * FRAME))):
                    outcomes = home.run_many(calls, **options)
            else:
                error = full(self.path)

                def strike(what: str, sql: Sql | None) -> None:
                    raise error if sql is not None else OSError(28, "No space left on device")

                place = random.randint(2, self.usual.get(use_case(calls[0].fn), 8))
                self.instants.arm(strike, -1 if random.random() < 0.4 else place)
                outcomes = home.run_many(calls, **options)
        except HomeError as failed:
            outcomes = [Outcome(None, failed)]
        finally:
            self.instants.disarm()
        if not any(isinstance(each.error, HomeError) for each in outcomes):
            self.counts["disk full, but there was room"] += 1
            return outcomes
        self.counts["disk full and told so"] += 1
        for each in outcomes:
            if not isinstance(each.error, DiskFull | CommitFailed):
                raise Wrong(f"a full disk: expected DiskFull or CommitFailed, seen {each!r}")
        if self._is_poisoned():
            self.counts["opened again after a failed commit"] += 1
            home.close()
            self.home = self._open(self.path)
            self.auditor.resolve(self._seen(), saved, "")
            self._settle()
        else:
            self.model.restore(saved)
            self.look()
        return None

    def _is_poisoned(self) -> bool:
        try:
            self.home.read(lambda tx: None)
        except CommitFailed:
            return True
        return False

    def restart(self) -> None:
        """Close well, or die while closing; open again, or die while opening."""
        image = self._new_path()
        if self.random.random() < 0.5:
            self._arm_kill(image, 25)
        try:
            self.home.close()
            self.counts["closed well"] += 1
        except Crashed:
            self.counts["killed while closing"] += 1
            self._die(image)
        else:
            self.instants.disarm()
            if self.random.random() < 0.3:
                self.verify()
            self.home = self._open_or_die(self.path)
        self._settle()

    def crash(self) -> None:
        """Die between two groups."""
        self.counts["killed between groups"] += 1
        self._die(take_image(self.path, self._new_path()))
        self._settle()

    def _arm_kill(self, image: Path, most: int) -> None:
        def strike(what: str, sql: Sql | None) -> None:
            self.note(f"strike at {said(what)!r}")
            take_image(self.path, image)
            raise Crashed

        self.instants.arm(strike, self.random.randint(1, most))

    def _die(self, image: Path) -> None:
        """Forget the open home, and open what is left of it."""
        self.instants.disarm()
        dead = self.home
        self.instants.busy = True
        try:
            dead.sql.close()
            let_go(dead)
        finally:
            self.instants.busy = False
        shutil.rmtree(self.path)
        self.path = image
        self.home = self._open_or_die(image)

    def _open_or_die(self, path: Path) -> Home[Tx]:
        """Open a home; sometimes the process dies on the way, and another opens what it left."""
        while self.random.random() < 0.15:
            self.counts["killed while opening"] += 1
            image = self._new_path()
            self.path = path
            self._arm_kill(image, 30)
            try:
                home = self._open(path)
            except Crashed:
                self.instants.disarm()
                shutil.rmtree(path)
                path = self.path = image
            else:
                self.instants.disarm()
                return home
        return self._open(path)

    def _open(self, path: Path) -> Home[Tx]:
        self.openings += 1
        if self.openings % GARBAGE_EVERY == 0:
            gc.collect()  # errors hold on to dead homes, each with its address space
        self.instants.flushed = Flushed(path) if path.exists() else None
        random = Random(f"{self.seed} opening {self.openings}")
        home = Home.open(
            path,
            clock=self.clock,
            ids=SeededIds(f"{self.seed} {self.openings}", self.clock),
            migrations=ROOMS,
            participant=Book,
            tx=Tx,
            log_max_bytes=random.choice(LOG_BYTES),
        )
        home.sql.conn.execute(f"PRAGMA cache_size = {random.choice(PAGES_CACHED)}")
        return home

    def _settle(self) -> None:
        """After an opening: the home's last instant is the one in its files."""
        self.last = self.model.now
        self._told()
        self.look()
        if self.random.random() < 0.03:
            self.verify()

    def _new_path(self) -> Path:
        self.openings += 1
        return self.root / f"home-{self.openings}"

    def note(self, text: str) -> None:
        """Remember what happened, for a failure's report."""
        at = self.clock.now().isoformat(timespec="seconds")
        self.trace.append(f"{china_day(self.clock.us)} {at} {text}")


def said(statement: str) -> str:
    """Shorten a statement for the trace; what it draws at random (a generation) stays out."""
    return statement.partition(" = ")[0] if statement.startswith("PRAGMA") else statement[:60]


def let_go(home: Home[Tx]) -> None:
    """Close the handles of a home whose process is said to be dead, without touching its files."""
    care = home._care
    assert care is not None
    care._lock.forget()
    if care._log is not None:
        care._log.let_go()


@contextmanager
def house(root: Path, seed: int, start: int) -> Iterator[House]:
    """Make a home under watch, and take it away afterwards."""
    watched = House(root, seed, Clock(start))
    with watched.instants.watching():
        watched.begin()
        try:
            yield watched
        finally:
            watched.instants.disarm()
            let_go(watched.home)
            watched.home.sql.close()

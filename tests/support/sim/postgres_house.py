"""The house over a PostgreSQL home, and what can go wrong between a writer and its server.

The process dies before any statement, or when the commit is done and nobody has heard; the
connection is lost before any statement, or with the commit's answer; the server's disk is full. A
loss of power is the server's own business, see `make kills` for files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from support.sim.books import Wrong
from support.sim.faults import Crashed
from support.sim.house import Clock, Fault, House
from venule.app import ROOMS, verify
from venule.kit.errors import DiskFull, HomeError
from venule.kit.home import Home
from venule.kit.ids import SeededIds
from venule.kit.sql import Sql
from venule.kit.tx import Call, Outcome
from venule.ledger import Book, Tx

LIVED_THROUGH = ("connection lost", "answer of the commit lost")
INSTEAD = {
    "power failed": LIVED_THROUGH,
    "disk full: no page": ("disk full",),
    "disk full: no byte": LIVED_THROUGH,
    "disk full: said at a statement": ("disk full",),
}
"""What goes wrong here where the world asks for something that only files know."""


@dataclass
class PostgresHouse(House):
    """A house over one home in a schema of its own."""

    address: str = ""

    def _open(self, path: Path) -> Home[Tx]:
        self.openings += 1
        home = Home.open(
            self.address,
            clock=self.clock,
            ids=SeededIds(f"{self.seed} {self.openings}", self.clock),
            migrations=ROOMS,
            participant=Book,
            tx=Tx,
        )
        self.instants.watch(home.sql)
        return home

    def _next_fault(self) -> Fault | None:
        fault = super()._next_fault()
        if fault is not None:
            fault.kind = self.random.choice(INSTEAD.get(fault.kind, (fault.kind,)))
        return fault

    def _suffer(
        self,
        fault: Fault,
        calls: Sequence[Call[Any]],
        saved: bytes,
        name: str,
        options: dict[str, Any],
    ) -> list[Outcome] | None:
        """Run a group with a fault; None if the disk was full and nothing came of it."""
        at_commit = fault.kind in ("killed after the commit", "answer of the commit lost")
        at = -1 if at_commit else self.random.randint(1, self.usual.get(name, 8) + 3)
        self.instants.arm(self._strike(fault.kind), at)
        try:
            outcomes = self.home.run_many(calls, **options)
        except Crashed:
            self._die(self.path)
            self.auditor.resolve(self._seen(), saved, self.fate)
            self._settle()
            raise
        finally:
            self.instants.disarm()
        failed = [each.error for each in outcomes if isinstance(each.error, HomeError)]
        if failed and fault.kind == "disk full":
            if len(failed) < len(calls) or {type(error) for error in failed} != {DiskFull}:
                raise Wrong(f"a full disk: expected DiskFull, seen {failed}")
            self.counts["disk full and told so"] += 1
            self.model.restore(saved)
            self.look()
            return None
        if failed:
            raise Wrong(f"with {fault.kind}, and it answered {failed[0]}")
        return outcomes

    def _strike(self, kind: str) -> Callable[[str, Sql | None], None]:
        def strike(what: str, sql: Sql | None) -> None:
            assert sql is not None
            self.note(f"{kind} at {what[:60]!r}")
            self.counts[f"{kind} at {what.split(maxsplit=1)[0]}"] += 1
            self.fate = "undone"
            if kind == "disk full":
                raise psycopg.errors.DiskFull("no space left on device")
            if kind == "connection lost":
                sql._wire.close()
                return
            if kind == "answer of the commit lost":
                sql.commit()
                raise sql._unknown(ConnectionError("the answer was lost"))
            if kind == "killed after the commit":
                sql.commit()
                self.fate = "done"
            raise Crashed

        return strike

    def restart(self) -> None:
        """Close well, and open again."""
        self.counts["closed well"] += 1
        self.home.close()
        if self.random.random() < 0.3:
            self.verify()
        self.open_again()
        self._settle()

    def crash(self) -> None:
        """Die between two groups."""
        self.counts["killed between groups"] += 1
        self._die(self.path)
        self._settle()

    def _die(self, image: Path) -> None:
        """Forget the open home; what was not committed goes with its connection."""
        self.instants.disarm()
        self.let_go()
        self.open_again()

    def let_go(self) -> None:
        """End the home's connections and nothing else."""
        assert self.home._care is not None
        self.home._care.let_go()

    def verify(self) -> None:
        """Let the product prove its own rows. Raises: Wrong."""
        self.counts["verified"] += 1
        report = verify(self.address)
        if not report.ok:
            raise Wrong(f"verify: {report.faults[:5]}")


@contextmanager
def postgres_house(root: Path, seed: int, start: int, *, address: str) -> Iterator[PostgresHouse]:
    """Make a home under watch, and let go of it afterwards."""
    house = PostgresHouse(root, seed, Clock(start), address=address)
    house.begin()
    try:
        yield house
    finally:
        house.instants.disarm()
        house.let_go()

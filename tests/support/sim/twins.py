"""The same world over two homes at once, in files and in PostgreSQL: every answer must be equal.

Nothing goes wrong here but what clients do; after every day both homes are compared row by row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.both_homes import tables
from support.sim.books import Wrong
from support.sim.house import Clock, Fault, House
from venule.app import ROOMS, verify
from venule.kit.home import Home
from venule.kit.ids import SeededIds
from venule.kit.sql import Sql
from venule.kit.tx import Call, Outcome
from venule.ledger import Book, Tx, prove

THEIR_OWN = {
    "home_clock": "SELECT last_at, commits, seq, hash FROM home_clock",  # not whose books they are
    "schema_migration": "SELECT room, number, name FROM schema_migration",  # not in which dialect
}
"""What is compared of tables in which two homes may differ."""


def rows_of(sql: Sql) -> dict[str, list[Any]]:
    """Return every row of a home, table by table."""
    return {
        name: sorted(sql.rows(THEIR_OWN.get(name, f"SELECT * FROM {name}")), key=repr)
        for name in tables(sql)
    }


def answer(outcome: Outcome) -> tuple[object, ...]:
    """Return what a caller is told: the value, or the error and its words."""
    if outcome.error is None:
        return (outcome.value,)
    return type(outcome.error), str(outcome.error)


def must_equal(what: str, expected: Any, seen: Any) -> None:
    """Raise Wrong if two homes say different things."""
    try:
        same = bool(expected == seen)
    except ValueError:  # arrays
        same = repr(expected) == repr(seen)
    if not same:
        raise Wrong(f"{what}: in files {expected!r}, in PostgreSQL {seen!r}")


class Pair:
    """Two homes that are asked the same, where one stands otherwise."""

    def __init__(self, homes: Sequence[Home[Tx]]) -> None:
        self.homes = homes
        self.sql = homes[0].sql
        self.participant = homes[0].participant

    def run_many(self, calls: Sequence[Call[Any]], **options: Any) -> list[Outcome]:
        first, second = (home.run_many(calls, **options) for home in self.homes)
        for call, expected, seen in zip(calls, first, second, strict=True):
            must_equal(repr(call), answer(expected), answer(seen))
        return first

    def read(self, look: Callable[[Tx], Any]) -> Any:
        first, second = (home.read(look) for home in self.homes)
        must_equal("a look", first, second)
        return first

    def compare(self) -> None:
        """Compare every row, the accounts in memory, and what the ledger's proof says."""
        first, second = (home.read(lambda tx: rows_of(tx.sql)) for home in self.homes)
        must_equal("tables", list(first), list(second))
        for name, rows in first.items():
            other = second[name]
            if rows != other:
                only = [row for row in rows if row not in other][:3]
                theirs = [row for row in other if row not in rows][:3]
                must_equal(f"rows of {name}", only, theirs)
        accounts = [home.read(lambda tx: tx.accounts_view().tobytes()) for home in self.homes]
        must_equal("accounts in memory", *accounts)
        proofs = [home.read(lambda tx: prove(tx.sql, 1)[0]) for home in self.homes]
        must_equal("proofs", *proofs)

    def close(self) -> None:
        for home in self.homes:
            home.close()


@dataclass
class Twins(House):
    """A house over a pair of homes."""

    address: str = ""

    def _open(self, path: Path) -> Any:
        self.openings += 1
        return Pair([self._open_one(place) for place in (path, self.address)])

    def _open_one(self, place: Path | str) -> Home[Tx]:
        return Home.open(
            place,
            clock=self.clock,
            ids=SeededIds(f"{self.seed} {self.openings}", self.clock),
            migrations=ROOMS,
            participant=Book,
            tx=Tx,
        )

    def _next_fault(self) -> Fault | None:
        return None

    def look(self) -> None:
        """Compare each with what must be, and both with each other. Raises: Wrong."""
        super().look()
        self.counts["compared two homes"] += 1
        self._pair.compare()

    @property
    def _pair(self) -> Pair:
        pair: Any = self.home
        return pair

    def verify(self) -> None:
        """Let the product prove both homes. Raises: Wrong."""
        self.counts["verified"] += 1
        first, second = (verify(place) for place in (self.path, self.address))
        first.checked.pop("seal", None)
        must_equal("verify", first, second)
        if not second.ok:
            raise Wrong(f"verify: {second.faults[:5]}")

    def restart(self) -> None:
        """Close well, and open again."""
        self.counts["closed well"] += 1
        self.home.close()
        self.open_again()
        self._settle()

    def crash(self) -> None:
        """Open again without having closed."""
        self.counts["killed between groups"] += 1
        self._let_go()
        self.open_again()
        self._settle()

    def _let_go(self) -> None:
        for home in self._pair.homes:
            assert home._care is not None
            home._care.let_go()


@contextmanager
def twins(root: Path, seed: int, start: int, *, address: str) -> Iterator[Twins]:
    """Make two homes, and let go of them afterwards."""
    house = Twins(root, seed, Clock(start), address=address)
    house.begin()
    try:
        yield house
    finally:
        house._let_go()

"""The same members, wallets and funds on both homes: equal answers, refusals, rows and proofs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest

from support.postgres import PostgresServer
from support.sim.run import Report, run
from support.sim.twins import twins
from venule.kit.pg.sql import PostgresSql
from venule.kit.sql import Params, Row

STEPS_SHORT = 60
SEEDS_SHORT = 3
"""Up to so many seeds the worlds are short, as in `make test`; those of `make random` are long."""


def lived(postgres: PostgresServer, seed: int, steps: int) -> Report:
    return run(seed, steps, make=partial(twins, address=postgres.address()))


@pytest.mark.sim
def test_worlds_on_two_homes_are_equal(postgres: PostgresServer, seeds: range):
    long = len(seeds) > SEEDS_SHORT
    for seed in seeds:
        report = lived(postgres, seed, 330 if long else STEPS_SHORT)
        assert "" == report.failure, f"seed {seed} at step {report.step}"
        assert report.counts["compared two homes"]
        assert report.counts["verified"]


def turn_around(monkeypatch: pytest.MonkeyPatch, chosen: Callable[[str], bool]) -> None:
    """Let the results of some statements come in the opposite order on PostgreSQL."""
    rows, each = PostgresSql.rows, PostgresSql.each

    def turned(sql: PostgresSql, text: str, params: Params = ()) -> list[Row]:
        found = rows(sql, text, params)
        return found[::-1] if chosen(text) else found

    def turned_each(sql: PostgresSql, text: str, params: Params = ()) -> Iterator[Row]:
        found = each(sql, text, params)
        return reversed(list(found)) if chosen(text) else found

    monkeypatch.setattr(PostgresSql, "rows", turned)
    monkeypatch.setattr(PostgresSql, "each", turned_each)


@pytest.mark.sim
def test_no_answer_hangs_on_an_order_that_nobody_asked_for(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch, seeds: range
):
    """SQLite gives rows in the order of a key; PostgreSQL in any, until it is told."""
    turn_around(monkeypatch, lambda text: "ORDER BY" not in text)
    for seed in seeds[1:]:
        report = lived(postgres, seed, STEPS_SHORT)
        assert "" == report.failure, f"seed {seed} at step {report.step}"


def test_a_difference_is_told(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch):
    turn_around(monkeypatch, lambda text: "ORDER BY" in text)
    assert "in PostgreSQL" in lived(postgres, 1, STEPS_SHORT).failure

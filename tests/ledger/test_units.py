"""Units stay known whatever becomes of the groups that meet them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from support.both_homes import Places
from support.homes import new_home
from venule.kit.errors import DiskFull
from venule.kit.home import Home
from venule.kit.sql import Sql
from venule.kit.time import VirtualClock
from venule.ledger import Tx, UnitUnknown


def define(tx: Tx, unit: int) -> None:
    tx.define_unit(unit, f"U{unit}", 2)


def open_one(tx: Tx, unit: int) -> int:
    return tx.open_account(unit, 1)


def define_and_fail(tx: Tx, unit: int) -> None:
    tx.define_unit(unit, f"U{unit}", 2)
    raise ZeroDivisionError


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(datetime(2014, 5, 12, tzinfo=UTC))


def no_begin(home: Home[Tx], monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    def begin(sql: Sql, *, deferring: bool) -> None:
        raise DiskFull("home")

    monkeypatch.setattr(type(home.sql), "begin", begin)
    return monkeypatch


def test_a_group_that_could_not_begin_forgets_no_unit(
    places: Places, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch
):
    """Neither the units of an earlier opening nor those of the group before."""
    with new_home(places("home"), clock) as home:
        home.run(define, 7)
    with new_home(places("home"), clock) as home:
        for unit in (7, 8):
            with monkeypatch.context() as patch:
                no_begin(home, patch)
                with pytest.raises(DiskFull):
                    home.run(open_one, unit)
            assert home.run(open_one, unit)
            if unit == 7:
                home.run(define, 8)


def test_a_unit_of_an_undone_command_is_unknown(places: Places, clock: VirtualClock):
    with new_home(places("home"), clock) as home:
        with pytest.raises(ZeroDivisionError):
            home.run(define_and_fail, 7)
        with pytest.raises(UnitUnknown):
            home.run(open_one, 7)

"""A task asks the desk of its own process as it would ask one of another."""

from __future__ import annotations

import asyncio

from support.both_homes import Places
from support.kit_homes import NoteTx, Put, numbers, open_notes, put
from venule.kit.desk import Desk
from venule.kit.door import DeskDoor


def how_many(tx: NoteTx) -> int:
    return len(tx.sql.rows("SELECT number FROM note"))


def is_there(tx: NoteTx, number: int) -> bool:
    return tx.sql.row("SELECT 1 FROM note WHERE number = ?", (number,)) is not None


def test_commands_and_looks(places: Places):
    async def ask(door: DeskDoor[NoteTx]) -> tuple[int, bool, bool]:
        await asyncio.gather(*(door.acall(put, Put(n), f"k{n % 4}") for n in (0, 1, 2, 3, 0, 1)))
        return (
            await door.aread(how_many),
            await door.aread(is_there, 3),
            await door.aread(is_there, 4),
        )

    with open_notes(places("home")) as home, Desk(home) as desk:
        assert (4, True, False) == asyncio.run(ask(DeskDoor(desk)))
        assert [0, 1, 2, 3] == numbers(home)


def broken(tx: NoteTx, number: int) -> int:
    raise KeyError(number)


def test_many_who_look_at_once_each_get_their_own(places: Places):
    async def ask(door: DeskDoor[NoteTx]) -> list[object]:
        await asyncio.gather(*(door.acall(put, Put(n)) for n in range(20)))
        looks = [door.aread(is_there, n) for n in range(40)]
        looks += [door.aread(broken, n) for n in range(3)]
        writes = [door.acall(put, Put(n)) for n in range(100, 120)]
        found = await asyncio.gather(*looks, *writes, return_exceptions=True)
        return list(found[:43])

    with open_notes(places("home")) as home, Desk(home) as desk:
        found = asyncio.run(ask(DeskDoor(desk)))
    assert [True] * 20 + [False] * 20 == found[:40]
    assert [0, 1, 2] == [error.args[0] for error in found[40:]]

"""A small room whose tables have something of everything: what a moving home must carry."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from venule.kit.home import Home
from venule.kit.ids import SeededIds
from venule.kit.migrate import Migrations
from venule.kit.sql import Sql
from venule.kit.time import VirtualClock
from venule.kit.tx import Tx

ROOM = Migrations("parcels", package="support.parcels")
START = datetime(2013, 6, 1, 1, tzinfo=UTC)
TABLES = ("parcel", "a_label", "vacant")
WORDS = ("", "a", "Z", "é", "中文", "tab\tand\nline", "~", "𝛀", "'\"\\")


def open_parcels(place: Path | str, **options: object) -> Home[Tx]:
    clock = VirtualClock(START)
    ids = SeededIds(int.from_bytes(os.urandom(4), "big"), clock)
    return Home.open(place, clock=clock, ids=ids, migrations=[ROOM], tx=Tx, **options)


def send(tx: Tx, number: int) -> int:
    """Rows of all kinds, an event, a job."""
    random = Random(number)
    edge = random.choice((0, 1, -1, 2**63 - 1, -(2**63)))
    size = random.choice((0, 1, 30, 4_000))
    ref = random.randbytes(16)
    tx.sql.run(
        "INSERT INTO parcel (place, number, weight, small, note, body) VALUES (?, ?, ?, ?, ?, ?)",
        (
            random.choice(WORDS),
            number,
            edge,
            random.choice((None, 0, -(2**31), 2**31 - 1)),
            random.choice((None, *WORDS)),
            random.randbytes(size),
        ),
    )
    tx.sql.run("INSERT INTO a_label (ref, of_number) VALUES (?, ?)", (ref, number))
    tx.emit("sent", tx.new_id(), number)
    tx.enqueue("look", number)
    return number * 2


def send_many(home: Home[Tx], count: int) -> None:
    for number in range(count):
        home.run(send, number, key=f"key {number}")


def everything(sql: Sql) -> dict[str, list[tuple]]:
    """All rows that move, in an order of their own."""
    order: Callable[[tuple], str] = repr
    names = (*TABLES, "event", "job", "idempotency")
    return {name: sorted(sql.rows(f"SELECT * FROM {name}"), key=order) for name in names}

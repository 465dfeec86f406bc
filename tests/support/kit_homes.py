"""A small home without a ledger: notes in a table, and a tally in memory that must agree."""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from support.both_homes import Place
from venule.kit.desk import Desk
from venule.kit.errors import Refused
from venule.kit.home import Home
from venule.kit.ids import SeededIds
from venule.kit.sql import Sql
from venule.kit.time import Clock, VirtualClock
from venule.kit.tx import Tx

START = datetime(2013, 6, 1, 1, tzinfo=UTC)


class Put(msgspec.Struct, frozen=True):
    number: int
    text: str = ""


class Placed(msgspec.Struct, frozen=True):
    id: UUID
    number: int


class Unlucky(Refused):
    """What a command says when it is told to fail."""

    slug = "test-unlucky"

    @property
    def message(self) -> str:
        return "expected luck"


class Tally:
    """A participant: the sum of all notes, in memory, and in a row written at flush."""

    def __init__(self, sql: Sql) -> None:
        if not sql.has_table("tally"):
            sql.begin()
            sql.run("CREATE TABLE note (id BYTEA PRIMARY KEY, number BIGINT, text TEXT)")
            sql.run("CREATE TABLE tally (id INTEGER PRIMARY KEY, total BIGINT)")
            sql.run("INSERT INTO tally VALUES (1, 0)")
            sql.commit()
        self.said: list[str] = []
        self.load(sql)

    def load(self, sql: Sql) -> None:
        row = sql.row("SELECT total FROM tally")
        assert row is not None
        self.total: int = row[0]

    def begin(self, sql: Sql, now_us: int) -> None:
        self.said.append("begin")

    def mark(self) -> int:
        return self.total

    def rollback_to(self, mark: Any) -> None:
        self.said.append("rollback_to")
        self.total = mark

    def flush(self, sql: Sql) -> None:
        self.said.append("flush")
        sql.run("UPDATE tally SET total = ? WHERE id = 1", (self.total,))

    def committed(self) -> None:
        self.said.append("committed")

    def abandoned(self, sql: Sql) -> None:
        self.said.append("abandoned")
        self.load(sql)

    def close(self, sql: Sql) -> None:
        self.said.append("close")


class NoteTx(Tx):
    def __init__(self, sql: Sql, ids: Any, participant: Tally) -> None:
        super().__init__(sql, ids, participant)
        self.tally = participant


def put(tx: NoteTx, command: Put) -> Placed:
    """A row, an event, a job, the tally: everything a command can leave. Fails below zero."""
    note_id = tx.new_id()
    tx.tally.total += command.number
    tx.sql.run("INSERT INTO note VALUES (?, ?, ?)", (note_id.bytes, command.number, command.text))
    tx.emit("noted", note_id, command)
    tx.enqueue("look", command)
    if command.number < 0:
        raise Unlucky
    return Placed(note_id, command.number)


def crash(tx: NoteTx, command: Put) -> Placed:
    """As `put`, with a bug at the end."""
    put(tx, command)
    raise ZeroDivisionError("a bug")


def is_unlucky(number: int) -> bool:
    return number % 7 == 3


def put_if_lucky(tx: NoteTx, number: int) -> Placed:
    """As `put`, of various sizes; every seventh fails after having done it all."""
    placed = put(tx, Put(number, "x" * (number % 5 * 3000)))
    if is_unlucky(number):
        raise ZeroDivisionError
    return placed


def open_notes(place: Place, clock: Clock | None = None, **options: Any) -> Home[NoteTx]:
    clock = VirtualClock(START) if clock is None else clock
    seed = int.from_bytes(os.urandom(4), "big")
    return Home.open(
        place,
        clock=clock,
        ids=SeededIds(seed, clock),
        participant=Tally,
        tx=NoteTx,
        **options,
    )


def numbers(home: Home[NoteTx]) -> list[int]:
    return home.read(lambda tx: [n for (n,) in tx.sql.rows("SELECT number FROM note ORDER BY 1")])


def left(home: Home[NoteTx]) -> dict[str, int]:
    """What commands have left, by kind."""

    def look(tx: NoteTx) -> dict[str, int]:
        tables = ("note", "event", "job", "idempotency")
        counts = {t: tx.sql.rows(f"SELECT COUNT(*) FROM {t}")[0][0] for t in tables}
        return counts | {"tally": tx.tally.total}

    return home.read(look)


class Gate:
    """A command that holds the desk up, so that others gather behind it."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.open = threading.Event()

    def command(self, tx: NoteTx, command: None) -> None:
        self.reached.set()
        assert self.open.wait(20)


def held_up(desk: Desk[NoteTx]) -> Gate:
    """Hold a desk up with a command of its own."""
    gate = Gate()
    desk.submit(gate.command, None)
    assert gate.reached.wait(20)
    return gate


def snapshot(home: Path, to: Path) -> Path:
    """Copy a home that is open: what a `kill -9` at this moment would leave."""
    shutil.copytree(home, to)
    (to / "lock").write_bytes(b"")
    return to


def flip(file: Path, offset: int) -> None:
    """Change one byte."""
    with open(file, "r+b") as opened:
        opened.seek(offset)
        byte = opened.read(1)[0]
        opened.seek(offset)
        opened.write(bytes([byte ^ 0x41]))


def as_another_user(work: Callable[[], None]) -> int:
    """Do something in a child that may not write where others do; return its exit code."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            if os.geteuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

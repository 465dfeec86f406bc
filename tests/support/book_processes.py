"""The books of a house in processes of their own, which can be killed."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from datetime import date
from pathlib import Path

from venule.app import books_root, host_book
from venule.books import AddBook, Root, shares
from venule.members import Member, MemberKind, NewMember, Tier, onboard
from venule.wallet import CreditLine, CreditTopUps, SetUp, credit_top_ups, set_up

People = dict[int, tuple[Member, Member]]
OPENING_FEN = 10_000_000


def found(place: Path | str, books: int) -> tuple[Root, People]:
    """Make a house with a person and a merchant in each book."""
    root = books_root(place)
    root.create()
    people: People = {}
    for first, last in shares(books):
        entry = root.add(AddBook(f"slots from {first}", first, last))
        with root.open_book(entry.number) as home:
            home.run(set_up, SetUp())
            person = home.run(onboard, NewMember("person", MemberKind.PERSON, Tier.III))
            shop = home.run(onboard, NewMember("shop", MemberKind.MERCHANT, Tier.NONE))
            line = CreditLine(person.id, OPENING_FEN, "opening")
            home.run(credit_top_ups, CreditTopUps([line], date(2020, 3, 2)))
        people[entry.number] = (person, shop)
    return root, people


def fork_book(place: Path | str, number: int, endpoint: str = "tcp:127.0.0.1:0") -> int:
    """Serve a book in a process of its own; wait until it listens. Return its pid."""
    ready, done = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            asyncio.run(_serve(place, number, endpoint, done))
        finally:
            os._exit(1)
    os.close(done)
    assert os.read(ready, 1) == b"!", f"book {number} did not start"
    os.close(ready)
    return pid


async def _serve(place: Path | str, number: int, endpoint: str, done: int) -> None:
    host = host_book(books_root(place), number)
    await host.start(endpoint)
    os.write(done, b"!")
    os.close(done)
    await asyncio.Event().wait()


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


class Nursery:
    """A process without threads that starts and kills books: a fork of a process with threads may
    stand still for ever. Make it before there are any."""

    def __init__(self, place: Path | str) -> None:
        here, there = socket.socketpair()
        self._pid = os.fork()
        if self._pid == 0:
            try:
                here.close()
                _nurse(place, there)
            finally:
                os._exit(0)
        there.close()
        self._socket = here
        self._lines = here.makefile("r")

    def start(self, number: int) -> int:
        return self._ask(f"start {number}")

    def kill(self, pid: int) -> None:
        self._ask(f"kill {pid}")

    def _ask(self, words: str) -> int:
        self._socket.sendall(f"{words}\n".encode())
        return int(self._lines.readline())

    def close(self) -> None:
        """End, with every book that is left."""
        self._lines.close()
        self._socket.close()
        os.waitpid(self._pid, 0)


def _nurse(place: Path | str, asked: socket.socket) -> None:
    pids: set[int] = set()
    for line in asked.makefile("r"):
        word, number = line.split()
        if word == "start":
            pid = fork_book(place, int(number))
            pids.add(pid)
        else:
            pid = int(number)
            pids.discard(pid)
            kill(pid)
        asked.sendall(f"{pid}\n".encode())
    for pid in pids:
        kill(pid)

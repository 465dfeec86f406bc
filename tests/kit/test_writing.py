"""The writer's loop in one process: finding it, what it waits out, what it does not."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.kit_homes import NoteTx, Put, open_notes, put
from support.postgres import PostgresServer
from support.relays import PROCEDURES, SECRET, numbers
from venule import app
from venule.kit.errors import CommitFailed, DeskClosed, DiskFull, HomeDamaged, HomeTooNew, NotAHome
from venule.kit.home import Home
from venule.kit.pg.errors import DatabaseRefused, DatabaseUnreachable
from venule.kit.pg.lease import LeaseHeld
from venule.kit.relay import (
    EndpointMalformed,
    Relay,
    RelaySecretUnfit,
    SecretNotNamed,
    make_secret,
    parse_endpoint,
)
from venule.kit.writing import EndpointTaken, Writer, find_writer, make_turn, passes, writer


@contextmanager
def running(each: Writer[NoteTx]) -> Iterator[Writer[NoteTx]]:
    thread = threading.Thread(target=each.run)
    thread.start()
    try:
        yield each
    finally:
        each.stop()
        thread.join(20)


def writer_at(path: Path, listen: str = "") -> Writer[NoteTx]:
    return Writer(
        lambda: open_notes(path),
        lambda: make_turn(path),
        PROCEDURES,
        lambda: SECRET,
        parse_endpoint(listen or f"unix:{path}/socket"),
    )


def wait_until(true: Callable[[], object]) -> None:
    pause = threading.Event()
    for _ in range(4_000):
        if true():
            return
        pause.wait(0.005)
    pytest.fail("it does not come")


def test_writers_take_turns_and_are_found(tmp_path: Path):
    path = tmp_path / "home"
    assert find_writer(path) is None
    with Relay(lambda: find_writer(path), SECRET) as relay, running(writer_at(path)) as first:
        assert 5 == relay.call(put, Put(5), "a").number
        assert f"unix:{path}/socket" == find_writer(path)
        with running(writer_at(path, "tcp:127.0.0.1:0")):
            first.stop()
            assert 5 == relay.call(put, Put(5), "a").number
            assert [5] == relay.read(numbers)
            wait_until(lambda: (find_writer(path) or "").startswith("tcp:127.0.0.1:"))
    assert find_writer(path) is None
    assert not (path / "socket").exists()


def test_a_writer_whose_home_is_poisoned_opens_it_again(tmp_path: Path):
    path = tmp_path / "home"
    homes: list[Home[NoteTx]] = []

    def open_it() -> Home[NoteTx]:
        homes.append(open_notes(path))
        return homes[-1]

    each = writer_at(path)
    each._open_home = open_it
    with Relay(lambda: find_writer(path), SECRET) as relay, running(each):
        relay.call(put, Put(1), "a")
        assert homes[0]._groups is not None
        homes[0]._groups.poison = "the test says so"
        assert 2 == relay.call(put, Put(2), "b").number
        assert [1, 2] == relay.read(numbers)
        assert 2 == len(homes)


def test_what_passes_is_waited_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(writer, "AGAIN_S", 0.01)
    path = tmp_path / "home"
    failures = [DiskFull("here"), CommitFailed("here", "no"), DatabaseUnreachable("here", "none")]

    def open_it() -> Home[NoteTx]:
        if failures:
            raise failures.pop()
        return open_notes(path)

    each = writer_at(path)
    each._open_home = open_it
    with Relay(lambda: find_writer(path), SECRET) as relay, running(each):
        relay.call(put, Put(1), "a")
    assert [] == failures


def test_what_does_not_pass_ends_the_writer(tmp_path: Path):
    each = writer_at(tmp_path / "home")
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "something").touch()
    with pytest.raises(NotAHome):
        each.run()


@pytest.mark.parametrize(
    "error, waits",
    [
        (LeaseHeld("p", 1, "h", "", 1), True),
        (DeskClosed(), True),
        (DiskFull("p"), True),
        (EndpointTaken("e", "s"), True),
        (HomeDamaged("p", "w", "e", "s"), False),
        (HomeTooNew("p", "w", 1, 2), False),
        (DatabaseRefused("p", "s"), False),
    ],
)
def test_what_passes(error, waits: bool):
    assert waits is passes(error)


def test_a_place_that_is_taken_gives_the_turn_to_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(writer, "AGAIN_S", 0.01)
    one, other = tmp_path / "one", tmp_path / "other"
    with running(writer_at(one)) as first:
        wait_until(lambda: find_writer(one))
        with (
            running(writer_at(other, f"unix:{one}/socket")),
            Relay(lambda: find_writer(other), SECRET) as relay,
        ):
            waiting = relay.submit(put, Put(1), "a")
            first.stop()
            assert 1 == waiting.result(20).number


def test_a_standby_is_told_to_stop(tmp_path: Path):
    path = tmp_path / "home"
    with open_notes(path), running(writer_at(path)) as standby:
        standby.stop()


# The house's own writer


def test_what_is_named_and_what_is_not(tmp_path: Path, postgres: PostgresServer):
    address = postgres.address()
    with pytest.raises(SecretNotNamed):
        app.connect(address)
    with pytest.raises(SecretNotNamed):
        app.make_writer(address)
    with pytest.raises(RelaySecretUnfit):
        app.connect(tmp_path / "nothing")
    with pytest.raises(EndpointMalformed):
        app.make_writer(tmp_path / "home", "here")
    with pytest.raises(EndpointMalformed):
        app.make_writer(tmp_path / "home", announce="there")
    assert "unix:" + str(tmp_path / "home/socket") == str(
        app.make_writer(tmp_path / "home")._listen
    )
    assert "tcp:127.0.0.1:0" == str(app.make_writer(tmp_path / ("x" * 120))._listen)
    secret = tmp_path / "secret"
    make_secret(secret)
    assert "tcp:127.0.0.1:0" == str(app.make_writer(address, secret=secret)._listen)
    with pytest.raises(NotAHome):
        find_writer(address)


def test_what_is_announced_is_what_others_are_told(tmp_path: Path, postgres: PostgresServer):
    address = postgres.address()
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET)
    secret.chmod(0o600)
    each = app.make_writer(address, announce="tcp:db.example:7001", secret=secret)
    with running(each):
        wait_until(lambda: _announced(address) == "tcp:db.example:7001")
    assert find_writer(address) is None


def _announced(address: str) -> str | None:
    try:
        return find_writer(address)
    except NotAHome:  # not made yet
        return None


def test_the_book_that_is_there_is_written_to(tmp_path: Path, postgres: PostgresServer):
    address = postgres.address()
    with app.open_home(address, book=7) as home:
        home.run(lambda tx, _: tx.define_unit(156, "CNY", 2), None)
        home.run(lambda tx, _: tx.open_account(156, 1010), None)
    secret = tmp_path / "secret"
    make_secret(secret)
    turns = app.make_writer(address, secret=secret)
    with running(turns):
        wait_until(lambda: find_writer(address, 7))
        assert find_writer(address, 7) == find_writer(address)
        assert find_writer(address, 1) is None
    with app.open_home(address, readonly=True) as home:
        assert 7 == home.participant.number

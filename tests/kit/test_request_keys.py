"""Keys of requests over the wire: refusals are answers too, and a body is what was received."""

from __future__ import annotations

from hashlib import sha256

import pytest

from support.both_homes import Places
from support.kit_homes import Put, Unlucky, left, numbers, open_notes, put
from venule.kit.errors import DeskBusy, IdempotencyKeyReused
from venule.kit.idempotency import KEY_CHARS_MAX, IdempotencyKeyMalformed, request_key
from venule.kit.tx import Call, Tx

PRINT = sha256(b"POST\n/v1/notes\n{}").digest()
OTHER = sha256(b"POST\n/v1/notes\n{ }").digest()


@pytest.fixture
def home(places: Places):
    with open_notes(places("home")) as home:
        yield home


def key(name: str = "k", print_: bytes = PRINT, scope: str = "app/1") -> str:
    return request_key(scope, name, print_)


def busy_once(tx: Tx, command: int) -> int:
    if tx.sql.row("SELECT 1 FROM note") is None:
        raise DeskBusy(1, 1)
    return command


def test_a_refusal_is_the_answer_even_when_its_reason_has_gone(home):
    with pytest.raises(Unlucky) as first:
        home.run(put, Put(-1), key=key())
    with pytest.raises(Unlucky) as again:
        home.run(put, Put(-1), key=key())

    assert first.value.problem() == again.value.problem()
    assert first.value is not again.value
    assert {"note": 0, "event": 0, "job": 0, "idempotency": 1, "tally": 0} == left(home)


def test_a_refusal_is_kept_across_a_restart(places: Places):
    with open_notes(places("home")) as home, pytest.raises(Unlucky):
        home.run(put, Put(-1), key=key())
    with open_notes(places("home")) as home:
        with pytest.raises(Unlucky):
            home.run(put, Put(-1), key=key())
        with pytest.raises(IdempotencyKeyReused):
            home.run(put, Put(-1), key=key(print_=OTHER))
        assert [] == numbers(home)


@pytest.mark.parametrize("stretch", [1, 8])
def test_in_one_group_a_refusal_stays_beside_what_is_done(home, stretch):
    calls = [
        Call(put, Put(1), key("a")),
        Call(put, Put(-1), key("b")),
        Call(put, Put(-1), key("b")),
        Call(put, Put(2), key("c")),
        Call(put, Put(3), key("c", OTHER)),
    ]
    outcomes = home.run_many(calls, stretch=stretch)

    assert [1, 2] == numbers(home)
    assert isinstance(outcomes[1].error, Unlucky)
    assert isinstance(outcomes[2].error, Unlucky)
    assert isinstance(outcomes[4].error, IdempotencyKeyReused)
    with pytest.raises(Unlucky):
        home.run(put, Put(-1), key=key("b"))


def test_the_same_command_received_in_another_form_is_another_request(home):
    home.run(put, Put(1), key=key())

    with pytest.raises(IdempotencyKeyReused) as caught:
        home.run(put, Put(1), key=key(print_=OTHER))
    assert "app/1/k" == caught.value.key
    with pytest.raises(IdempotencyKeyReused):
        home.run(put, Put(1), key="app/1/k")


def test_two_senders_may_choose_one_key(home):
    home.run(put, Put(1), key=key(scope="app/1"))
    home.run(put, Put(2), key=key(scope="app/2"))

    assert [1, 2] == numbers(home)


def test_what_may_pass_by_itself_is_not_an_answer(home):
    with pytest.raises(DeskBusy):
        home.run(busy_once, 7, key=key("again"))
    home.run(put, Put(1))

    assert 7 == home.run(busy_once, 7, key=key("again"))


@pytest.mark.parametrize("name", ["", "a\x1fb", "é", "k" * KEY_CHARS_MAX, "a\nb"])
def test_a_key_that_is_no_key(name):
    with pytest.raises(IdempotencyKeyMalformed):
        key(name)

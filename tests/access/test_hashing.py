"""Passwords: the cost that is published, hashed anew when it changes, few at once."""

import asyncio
import re
from random import Random
from threading import Event

from support.access_town import CHEAP
from venule.access import Cost, Passwords
from venule.access.errors import PasswordsBusy
from venule.access.hashing import AT_ONCE, WAITING_MAX


def test_the_cost_is_that_of_the_standard():
    """RFC 9106, section 4: the second recommended option."""
    passwords = Passwords(Random(1).randbytes)
    hash_ = asyncio.run(passwords.hash("correct horse battery"))

    assert re.fullmatch(r"\$argon2id\$v=19\$m=65536,t=3,p=4\$[\w+/]{22}\$[\w+/]{43}", hash_)
    assert asyncio.run(passwords.verify(hash_, "correct horse battery"))
    assert not asyncio.run(passwords.verify(hash_, "correct horse batterz"))
    assert not asyncio.run(passwords.verify(None, "correct horse battery"))
    assert not asyncio.run(passwords.verify("not a hash", "correct horse battery"))
    assert not passwords.is_stale(hash_)


def test_the_same_password_has_other_hashes():
    passwords = Passwords(Random(1).randbytes, CHEAP)

    assert 2 == len({asyncio.run(passwords.hash("correct horse battery")) for _ in range(2)})


def test_a_password_is_hashed_anew_when_the_cost_has_changed(town):
    person = town.person().enrol()
    dearer = Cost(passes=2, memory_kib=128, lanes=1)
    town.front.passwords = Passwords(Random(2).randbytes, dearer)
    town.wait(minutes=1)

    person.sign_in()

    (login,) = town.dump()["access_login"]
    assert "m=128,t=2,p=1" in repr(login)
    town.wait(minutes=1)
    assert person.sign_in()


class Held(Passwords):
    """Passwords that wait until they are let go."""

    def __init__(self) -> None:
        super().__init__(Random(1).randbytes, CHEAP)
        self.go = Event()
        self.at_once = self.most = 0

    def _same(self, known, password):
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        self.go.wait()
        self.at_once -= 1
        return super()._same(known, password)


def test_few_are_hashed_at_once_and_few_wait():
    async def many():
        passwords = Held()
        waiting = [asyncio.create_task(passwords.verify(None, "x")) for _ in range(WAITING_MAX + 3)]
        refused = []
        while len(refused) < 3:
            await asyncio.sleep(0)
            refused = [task for task in waiting if task.done()]
        passwords.go.set()
        return passwords.most, await asyncio.gather(*waiting, return_exceptions=True)

    most, answers = asyncio.run(many())

    assert most <= AT_ONCE
    assert 3 == sum(isinstance(answer, PasswordsBusy) for answer in answers)
    assert WAITING_MAX == sum(answer is False for answer in answers)

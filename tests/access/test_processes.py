"""The same through a real desk, and through a writer in another process's place, over a socket."""

import asyncio
from random import Random

import pytest

from support.access_town import CHEAP, PASSWORD, PHONE
from support.authenticator import ORIGIN, RP_ID, Authenticator
from venule.access import (
    Authn,
    Ceremonies,
    Enrolment,
    FirstStaff,
    FoundStaff,
    Front,
    HouseHasStaff,
    Own,
    OwnerKind,
    Passwords,
    Role,
    SessionOver,
    ShownDevice,
    SignInRefused,
    StaffTooFew,
    all_staff,
    found_staff,
)
from venule.access.front import code_hash
from venule.app import open_home
from venule.kit.desk import Desk
from venule.kit.door import DeskDoor
from venule.kit.relay import Procedures
from venule.kit.time import SystemClock
from venule.kit.vault import Vault
from venule.procedures import COMMANDS, READERS, SENSITIVE


@pytest.fixture
def desk(places):
    with open_home(places("all rooms")) as home, Desk(home) as desk:
        yield desk


class WireDoor:
    """A desk's door that packs and unpacks whatever passes, as a relay does."""

    def __init__(self, desk):
        self._door = DeskDoor(desk)
        self._procedures = Procedures(COMMANDS, READERS)

    async def acall(self, fn, command, key=None):
        known = self._procedures[f"{fn.__module__}.{fn.__qualname__}"]
        answer = await self._door.acall(fn, known.take(known.encode(command)), key)
        return known.give(known.encode(answer))

    async def aread(self, fn, query=None):
        known = self._procedures[f"{fn.__module__}.{fn.__qualname__}"]
        answer = await self._door.aread(fn, known.take(known.encode(query)))
        return known.give(known.encode(answer))


def found(desk):
    codes = ["AAAA-BBBB", "CCCC-DDDD"]
    asked = [
        FirstStaff(f"Staff {i}", f"staff{i}", [Role.OPERATOR], code_hash(code))
        for i, code in enumerate(codes)
    ]
    desk.call(found_staff, FoundStaff(asked))
    return codes


def test_everything_passes_over_a_wire(desk):
    codes = found(desk)
    chance = Random(5).randbytes
    front = Front(
        WireDoor(desk),
        Vault(bytes(32)),
        SystemClock(),
        Ceremonies(RP_ID, "The Wallet", [ORIGIN]),
        issuer="The Wallet",
        chance=chance,
        passwords=Passwords(chance, CHEAP),
    )
    authn, enrolment = Authn(front), Enrolment(front)
    own = Own(front, authn)
    key = Authenticator()

    async def live():
        invited = await enrolment.begin(codes[0])
        made = key.make(invited.passkey)
        await enrolment.with_passkey(
            codes[0], invited.passkey.challenge_id, made, "key", ShownDevice(), PHONE
        )
        ceremony = await authn.begin_passkey()
        entered = await authn.finish_passkey(
            OwnerKind.STAFF, ceremony.challenge_id, key.answer(ceremony), ShownDevice(), PHONE
        )
        facts = await authn.authenticate(entered.token)
        with pytest.raises(SignInRefused):
            await authn.sign_in_password(OwnerKind.STAFF, "staff0", PASSWORD, PHONE)
        many = await asyncio.gather(*(authn.authenticate(entered.token) for _ in range(20)))
        assert [facts] * 20 == many
        await own.end_session(facts, facts.session.id, PHONE)
        with pytest.raises(SessionOver):
            await authn.authenticate(entered.token)
        return facts

    facts = asyncio.run(live())

    assert "access.add_staff" in facts.permissions
    assert [Role.OPERATOR] == facts.roles


def test_the_first_of_the_staff_are_named_once(desk):
    with pytest.raises(StaffTooFew):
        desk.call(found_staff, FoundStaff([]))
    found(desk)

    assert ["Staff 0", "Staff 1"] == [s.display_name for s in desk.home.read(all_staff)]
    with pytest.raises(HouseHasStaff):
        found(desk)


def test_the_doors_to_what_takes_two_are_served():
    names = Procedures(COMMANDS, READERS).names()

    assert "venule.access.approvals.Sensitive.approve" in names
    assert "venule.access.approvals.Sensitive.propose" in names
    assert "access.add_staff" in SENSITIVE.kinds()

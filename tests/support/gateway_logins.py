"""Logins for a gateway's people: a password and TOTP, as the cashier asks for them."""

from __future__ import annotations

import asyncio
from base64 import b32decode
from datetime import timedelta
from random import Random
from uuid import UUID

from support.access_town import CHEAP, PASSWORD, PHONE
from support.authenticator import ORIGIN, RP_ID
from support.gateway_house import GatewayHouse
from venule import access
from venule.access import Authn, Ceremonies, Enrolment, Front, OpenLogin, Passwords, ShownDevice
from venule.access.totp import code_at, step_at
from venule.gateway.buyers import AccessBuyers
from venule.kit.time import VirtualClock
from venule.members import MemberId


class Logins:
    """The room access in front of a gateway's house."""

    def __init__(self, house: GatewayHouse) -> None:
        self.house = house
        chance = Random("gateway logins").randbytes
        front = Front(
            house.door,
            house.vault,
            house.clock,
            Ceremonies(RP_ID, "The Wallet", [ORIGIN]),
            issuer="The Wallet",
            chance=chance,
            passwords=Passwords(chance, CHEAP),
        )
        self.enrolment = Enrolment(front)
        self.buyers = AccessBuyers(Authn(front))
        self.seeds: dict[str, bytes] = {}

    def enrol(self, who: MemberId, name: str) -> None:
        """Give a member a login, with `PASSWORD` and a seed of its own."""
        login = self.house.run(access.open_login, OpenLogin(who, name))

        async def work() -> bytes:
            issued = await self.enrolment.issue(login.id, None, PHONE)
            invited = await self.enrolment.begin(issued.code)
            seed = b32decode(invited.totp.secret)
            code = self.code_of(seed)
            await self.enrolment.with_password(
                issued.code, PASSWORD, invited.totp.offer, code, ShownDevice(), PHONE
            )
            return seed

        self.seeds[name] = asyncio.run(work())

    def code_of(self, seed: bytes) -> str:
        clock: VirtualClock = self.house.clock
        return code_at(seed, step_at(clock.now()))

    def code(self, name: str) -> str:
        """A code of a time-step that has not been used."""
        self.house.clock.advance(timedelta(seconds=30))
        return self.code_of(self.seeds[name])

    def devices(self, who: MemberId) -> list[access.Device]:
        query = access.OwnerQuery(access.OwnerKind.PERSON, UUID(bytes=who.bytes))
        login = self.house.read(access.login_of, query)
        return self.house.read(access.devices, login.id)

    def sessions(self, who: MemberId) -> list[access.Session]:
        query = access.OwnerQuery(access.OwnerKind.PERSON, UUID(bytes=who.bytes))
        login = self.house.read(access.login_of, query)
        return self.house.read(access.open_sessions, login.id)

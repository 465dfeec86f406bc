"""Who a buyer is: by the room access, with password and code; or, in a sandbox, by anybody's word.

The cashier asks in one form and keeps no session: what it opens to see who it is, it ends at once.
"""

from __future__ import annotations

from typing import Final, Protocol

from venule import access
from venule.access import (
    Authn,
    EndSession,
    Factor,
    LoginNameMalformed,
    NameMalformed,
    Origin,
    OwnerKind,
    ShownDevice,
    SignInRefused,
    TooManyFailures,
)
from venule.kit.door import Door
from venule.kit.errors import AppError
from venule.members import MemberId, member_by_ref

SANDBOX_PASSWORD: Final = "111111"  # noqa: S105  printed on every page of the sandbox
DEVICE: Final = "cashier"


class Buyers(Protocol):
    """Knows buyers. two_factors: the pages ask for a code beside the password."""

    two_factors: bool

    async def known(self, login: str, password: str, code: str) -> MemberId | None:
        """Return who it is; None if it is nobody, or not now."""


class AccessBuyers:
    """Buyers with a login of the room access: password and TOTP."""

    two_factors = True

    def __init__(self, people: Authn, door: Door) -> None:
        self._people = people
        self._door = door

    async def known(self, login: str, password: str, code: str) -> MemberId | None:
        """Return the member whose login, password and code these are."""
        origin = Origin()
        try:
            half = await self._people.sign_in_password(OwnerKind.PERSON, login, password, origin)
            entered = await self._people.finish_sign_in(
                half.token, code, Factor.TOTP, ShownDevice(name=DEVICE), origin
            )
        except (SignInRefused, TooManyFailures, LoginNameMalformed, NameMalformed):
            return None
        facts = await self._people.authenticate(entered.token)
        own = entered.session.id
        await self._door.acall(access.end_session, EndSession(own, own))
        return MemberId(facts.owner_id)


class SandboxBuyers:
    """Buyers of a sandbox: any member, with the password that every page tells."""

    two_factors = False

    def __init__(self, door: Door) -> None:
        self._door = door

    async def known(self, login: str, password: str, code: str) -> MemberId | None:
        """Return the member of a reference."""
        if password != SANDBOX_PASSWORD:
            return None
        try:
            return (await self._door.aread(member_by_ref, login)).id
        except AppError:
            return None

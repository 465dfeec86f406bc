"""Who a buyer is: by the room access, with password and code; or, in a sandbox, by anybody's word.

The cashier asks in one form, and opens no session.
"""

from __future__ import annotations

from typing import Final, Protocol

from venule.access import Authn, Origin, OwnerKind, SignInRefused, TooManyFailures
from venule.kit.door import Door
from venule.kit.errors import AppError
from venule.members import MemberId, member_by_ref

SANDBOX_PASSWORD: Final = "111111"  # noqa: S105  printed on every page of the sandbox


class Buyers(Protocol):
    """Knows buyers. two_factors: the pages ask for a code beside the password."""

    two_factors: bool

    async def known(self, login: str, password: str, code: str) -> MemberId | None:
        """Return who it is; None if it is nobody, or not now."""


class AccessBuyers:
    """Buyers with a login of the room access: password and TOTP."""

    two_factors = True

    def __init__(self, people: Authn) -> None:
        self._people = people

    async def known(self, login: str, password: str, code: str) -> MemberId | None:
        """Return the member whose login, password and code these are."""
        try:
            who = await self._people.prove(OwnerKind.PERSON, login, password, code, Origin())
        except (SignInRefused, TooManyFailures):
            return None
        return MemberId(who)


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

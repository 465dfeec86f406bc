"""Who asks, and what an operation wants of who asks."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any, Final, Protocol
from uuid import UUID

import msgspec
from starlette.requests import Request

FRESH_S: Final = 300
"""A risky action needs a step-up that is not older than this."""


class CallerKind(Enum):
    """person: a member, for themselves. staff: of the house. partner: another firm's program.

    page: whoever looks at a page that is for all.
    """

    PERSON = "person"
    STAFF = "staff"
    PARTNER = "partner"


class Caller(msgspec.Struct, frozen=True, gc=False):
    """Who asks, as proven for this request.

    id: of the member, the staff member or the application. may: permissions of a staff member,
    scopes of an application; for a person empty: they may do what is theirs. member_id: whose
    money and data it is about: the person's own, or that of the member an application acts for or
    belongs to. acts_for_member: it holds that member's consent. session_id: of a person or staff
    member. stepped_up_at: when they last proved themselves with a strong factor. signed: by key
    and signature, request by request. facts: what else was learned on the way, for the operations
    of the room that proved it.
    """

    kind: CallerKind
    id: UUID
    may: frozenset[str] = frozenset()
    member_id: UUID | None = None
    acts_for_member: bool = False
    session_id: UUID | None = None
    stepped_up_at: datetime | None = None
    signed: bool = False
    facts: Any = None

    @property
    def name(self) -> str:
        """What keys and rates are counted under."""
        return f"{self.kind.value}/{self.id}"


class Authenticate(Protocol):
    """Finds out who asks."""

    async def __call__(self, request: Request, body: bytes) -> Caller | None:
        """Return who asks; None if the request does not say. Raises: CallerUnknown and others."""


PERSON: Final = frozenset({CallerKind.PERSON})
STAFF: Final = frozenset({CallerKind.STAFF})
PARTNER: Final = frozenset({CallerKind.PARTNER})
MEMBER_SIDE: Final = PERSON | PARTNER
ALL_SIDES: Final = PERSON | PARTNER | STAFF
ANYONE: Final[frozenset[CallerKind]] = frozenset()
"""Nobody needs to be known."""

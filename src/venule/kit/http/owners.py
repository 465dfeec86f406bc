"""Whose things a caller asks for."""

from __future__ import annotations

from uuid import UUID

from venule.kit.http.callers import Caller, CallerKind
from venule.kit.http.errors import NotPermitted


def member_of(caller: Caller) -> UUID:
    """Return whose money and data it is about: the caller's own, or the member's it acts for.

    Raises: NotPermitted for one who stands for no member.
    """
    if caller.member_id is None:
        raise NotPermitted("act for a member, or for the merchant that it belongs to")
    return caller.member_id


def may_see(caller: Caller, *member_ids: UUID) -> bool:
    """Whether something of these members is the caller's to see: staff see what they may ask for,
    others what is theirs. What is not answers as if there were no such thing.
    """
    return caller.kind is CallerKind.STAFF or caller.member_id in member_ids

"""The life of a member, as a table.

    active --freeze--> frozen --unfreeze--> active --close--> closed

A frozen member is not closed: whoever froze the money must let it go first.
"""

from __future__ import annotations

from typing import Final

from venule.members.errors import MemberTransitionIllegal
from venule.members.model import MemberEvent as E
from venule.members.model import MemberState as S

TRANSITIONS: Final[dict[tuple[S, E], S]] = {
    (S.ACTIVE, E.FREEZE): S.FROZEN,
    (S.FROZEN, E.UNFREEZE): S.ACTIVE,
    (S.ACTIVE, E.CLOSE): S.CLOSED,
}

FINAL_STATES: Final = frozenset({S.CLOSED})


def advance(state: S, event: E) -> S:
    """Return the state after an event. Raises: MemberTransitionIllegal."""
    after = TRANSITIONS.get((state, event))
    if after is None:
        raise MemberTransitionIllegal(state, event)
    return after

"""The lives of a login and of a proposal, as tables.

    invited --enrol--> active --reset--> invited;  any --disable--> disabled --reset--> invited

    proposed --approve--> executed          in one transaction with the command itself
    proposed --fail--> proposed             the command was refused: kept, and may be tried again
    proposed --reject | withdraw | expire--> over

A disabled login comes back only by enrolment: what opened it before is gone.
"""

from __future__ import annotations

from typing import Final

from venule.access.errors import LoginTransitionIllegal, ProposalDecided
from venule.access.model import LoginEvent, LoginState, ProposalEvent, ProposalState

_L, _LE = LoginState, LoginEvent
_P, _PE = ProposalState, ProposalEvent

LOGIN: Final[dict[tuple[LoginState, LoginEvent], LoginState]] = {
    (_L.INVITED, _LE.ENROL): _L.ACTIVE,
    (_L.INVITED, _LE.DISABLE): _L.DISABLED,
    (_L.ACTIVE, _LE.RESET): _L.INVITED,
    (_L.ACTIVE, _LE.DISABLE): _L.DISABLED,
    (_L.DISABLED, _LE.RESET): _L.INVITED,
}

PROPOSAL: Final[dict[tuple[ProposalState, ProposalEvent], ProposalState]] = {
    (_P.PROPOSED, _PE.APPROVE): _P.EXECUTED,
    (_P.PROPOSED, _PE.FAIL): _P.PROPOSED,
    (_P.PROPOSED, _PE.REJECT): _P.REJECTED,
    (_P.PROPOSED, _PE.WITHDRAW): _P.WITHDRAWN,
    (_P.PROPOSED, _PE.EXPIRE): _P.EXPIRED,
}

PROPOSAL_FINAL: Final = frozenset(ProposalState) - {_P.PROPOSED}


def advance_login(state: LoginState, event: LoginEvent) -> LoginState:
    """Return the state after an event. Raises: LoginTransitionIllegal."""
    after = LOGIN.get((state, event))
    if after is None:
        raise LoginTransitionIllegal(state, event)
    return after


def advance_proposal(state: ProposalState, event: ProposalEvent) -> ProposalState:
    """Return the state after an event. Raises: ProposalDecided."""
    after = PROPOSAL.get((state, event))
    if after is None:
        raise ProposalDecided(state, event)
    return after

"""The life of an application, as a table.

    sandbox --ask--> asked --admit--> admitted --suspend--> suspended --resume--> admitted
                     asked --refuse--> refused --ask--> asked

Any but a closed one can be closed, for good. Who was never admitted cannot be suspended: else to
resume would admit.
"""

from __future__ import annotations

from typing import Final

from venule.partners.errors import ApplicationTransitionIllegal
from venule.partners.model import ApplicationEvent as E
from venule.partners.model import ApplicationState as S

FINAL_STATES: Final = frozenset({S.CLOSED})

TRANSITIONS: Final[dict[tuple[S, E], S]] = {
    (S.SANDBOX, E.ASK): S.ASKED,
    (S.ASKED, E.ADMIT): S.ADMITTED,
    (S.ASKED, E.REFUSE): S.REFUSED,
    (S.REFUSED, E.ASK): S.ASKED,
    (S.ADMITTED, E.SUSPEND): S.SUSPENDED,
    (S.SUSPENDED, E.RESUME): S.ADMITTED,
} | {(state, E.CLOSE): S.CLOSED for state in S if state not in FINAL_STATES}


def advance(state: S, event: E) -> S:
    """Return the state after an event. Raises: ApplicationTransitionIllegal."""
    after = TRANSITIONS.get((state, event))
    if after is None:
        raise ApplicationTransitionIllegal(state, event)
    return after

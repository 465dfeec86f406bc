"""Who calls, over HTTP: signing in, one's own credentials, the staff and what takes two."""

from __future__ import annotations

from venule.access.api_own import OwnApi
from venule.access.api_sign_in import SignInApi
from venule.access.api_staff import StaffApi
from venule.access.approvals import Sensitive
from venule.access.approving import Approving
from venule.access.authn import Authn
from venule.access.enrolment import Enrolment, Own
from venule.access.front import Front
from venule.kit.http import Route


def access_routes(front: Front, authn: Authn, sensitive: Sensitive) -> list[Route]:
    """Return the operations of the room, around one process's `Front` and `Authn`."""
    enrolment = Enrolment(front)
    approving = Approving(front, authn, sensitive)
    return [
        *SignInApi(authn, enrolment).routes(),
        *OwnApi(authn, Own(front, authn)).routes(),
        *StaffApi(authn, enrolment, approving, sensitive).routes(),
    ]

"""Sessions that nobody has proven: for those who play members of a home without real money."""

from __future__ import annotations

import msgspec

from venule.access import gate
from venule.access.commands import Opening, Origin, SignedIn
from venule.access.errors import LoginTransitionIllegal
from venule.access.logins import known
from venule.access.model import Factor, LoginEvent, LoginId, LoginState
from venule.ledger import Tx


class EnterAtPlay(msgspec.Struct, frozen=True):
    """Open a session of a login without its credentials."""

    login_id: LoginId
    opening: Opening
    origin: Origin = Origin()


def enter_at_play(tx: Tx, command: EnterAtPlay) -> SignedIn:
    """Open a session as if by password and TOTP.

    Whoever calls this has seen that no money is real here: the room itself does not know.
    Raises: LoginUnknown, OwnerGone, LoginTransitionIllegal if the login has no credentials yet.
    """
    login = known(tx, command.login_id)
    gate.check_owner(tx, login)
    if login.state is not LoginState.ACTIVE:
        raise LoginTransitionIllegal(login.state, LoginEvent.ENROL)
    return gate.enter(tx, login, Factor.TOTP, command.opening, command.origin, "sign_in.at_play")

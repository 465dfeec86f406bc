"""Something of everything that the access room keeps, in a home of all rooms."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import msgspec

from venule.access import (
    AddStaff,
    Approve,
    EnrolFallback,
    FirstStaff,
    FoundStaff,
    NewFallback,
    Opening,
    OpenLogin,
    Propose,
    Role,
    enrol_fallback,
    found_staff,
    open_login,
)
from venule.kit.home import Home
from venule.ledger import Tx
from venule.members import MemberId
from venule.procedures import SENSITIVE


def agree(home: Home[Tx], member_id: MemberId) -> None:
    """Two of the staff agree on a third; a member has a login."""
    numbers = iter(range(1_000))

    def hash_() -> bytes:
        return sha256(b"%d" % next(numbers)).digest()

    codes = [hash_(), hash_()]
    firsts = [
        FirstStaff(f"Staff {i}", f"staff{i}", [Role.OPERATOR], code) for i, code in enumerate(codes)
    ]
    home.run(found_staff, FoundStaff(firsts))
    sessions: list[Any] = []
    for code in codes:
        fallback = NewFallback("$argon2id$", b"sealed", 1, [hash_()])
        asked = EnrolFallback(code, fallback, Opening(hash_(), hash_()))
        entered = home.run(enrol_fallback, asked)
        assert entered.session is not None
        sessions.append(entered.session.id)
    home.run(open_login, OpenLogin(member_id, "buyer@example"))
    for name in ("third", "fourth"):
        body = msgspec.json.encode(AddStaff(name, name, [Role.AUDITOR]))
        asked_for = Propose(sessions[0], "access.add_staff", body, "the house grows")
        made = home.run(SENSITIVE.propose, asked_for)
        if name == "third":
            home.run(SENSITIVE.approve, Approve(sessions[1], made.id, made.digest))

"""The staff: the first ones are named once, at the command line; others are added by two of them.

At least two are named at first, of whom each can check what the other proposes: a house of one
could never agree to anything.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from venule.access import gate, log, rules, staff_store, store
from venule.access.commands import AddStaff, ChangeRoles, FoundStaff, Origin, OwnerQuery
from venule.access.errors import HouseHasStaff, StaffUnknown
from venule.access.logins import login_of, make_login
from venule.access.model import (
    CODE_LASTS,
    DISPLAY_NAME_CHARS_MAX,
    Login,
    OwnerKind,
    Staff,
    StaffId,
)
from venule.access.roles import Role
from venule.ledger import Tx


def found_staff(tx: Tx, command: FoundStaff) -> list[Staff]:
    """Name the first of the staff, each with an enrolment code of their own.

    Raises: HouseHasStaff, StaffTooFew, NameMalformed, RolesMalformed, LoginNameMalformed,
    LoginNameTaken.
    """
    count = staff_store.count_staff(tx.sql)
    if count:
        raise HouseHasStaff(count)
    rules.check_first([first.roles for first in command.staff])
    made: list[Staff] = []
    for first in command.staff:
        staff_id, login = _add(tx, first.display_name, first.login_name, first.roles)
        store.save_login(
            tx.sql,
            msgspec.structs.replace(
                login, code_hash=first.code_hash, code_until=tx.now + CODE_LASTS
            ),
        )
        made.append(staff_member(tx, staff_id))
    return made


def add_staff(tx: Tx, command: AddStaff) -> Staff:
    """Add somebody, who then waits for a code; it takes two of the staff.

    Raises: NameMalformed, RolesMalformed, LoginNameMalformed, LoginNameTaken.
    """
    staff_id, _ = _add(tx, command.display_name, command.login_name, command.roles)
    return staff_member(tx, staff_id)


def _add(tx: Tx, name: str, login_name: str, roles: list[Role]) -> tuple[StaffId, Login]:
    rules.check_text("display_name", name, DISPLAY_NAME_CHARS_MAX)
    rules.check_roles(roles)
    staff_id = StaffId(tx.new_id())
    staff_store.insert_staff(tx.sql, staff_id, name, tx.now)
    staff_store.replace_roles(tx.sql, staff_id, roles)
    login = make_login(tx, OwnerKind.STAFF, staff_id, login_name)
    log.note(tx, "staff.add", login, Origin(), reason=_names(roles))
    return staff_id, login


def _names(roles: list[Role]) -> str:
    return " ".join(role.value for role in rules.sorted_roles(roles))


def change_roles(tx: Tx, command: ChangeRoles) -> Staff:
    """Give somebody other roles; their sessions end. It takes two of the staff.

    Raises: StaffUnknown, RolesMalformed.
    """
    rules.check_roles(command.roles)
    before = staff_member(tx, command.staff_id)
    staff_store.replace_roles(tx.sql, before.id, command.roles)
    login = store.load_login(tx.sql, before.login.id)
    assert login is not None, "the staff have logins"
    gate.leave_all(tx, login.id, "roles changed")
    log.note(tx, "staff.roles", login, Origin(), reason=_names(command.roles))
    return staff_member(tx, before.id)


def staff_member(tx: Tx, staff_id: StaffId) -> Staff:
    """Return somebody on the staff. Raises: StaffUnknown."""
    found = staff_store.load_staff(tx.sql, staff_id)
    if found is None:
        raise StaffUnknown(staff_id)
    return _staff(tx, *found)


def all_staff(tx: Tx) -> list[Staff]:
    """Return everybody, in the order in which they came."""
    return [_staff(tx, *found) for found in staff_store.load_all_staff(tx.sql)]


def _staff(tx: Tx, staff_id: StaffId, name: str, added_at: datetime) -> Staff:
    login = login_of(tx, OwnerQuery(OwnerKind.STAFF, staff_id))
    return Staff(staff_id, name, staff_store.load_roles(tx.sql, staff_id), login, added_at)

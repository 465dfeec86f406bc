"""Members as the wire knows them: by a number of 16 digits, or by their login."""

from __future__ import annotations

from typing import Final

from venule.access import (
    LoginByName,
    LoginNameMalformed,
    LoginNameUnknown,
    OwnerKind,
    OwnerQuery,
    login_name_of,
    login_named,
)
from venule.gateway import app_store
from venule.gateway.errors import WireUserDiffers, WireUserUnknown
from venule.gateway.numbers import USER_PREFIX, masked, open_id, short_number
from venule.ledger import Tx
from venule.members import ExternalRefUnknown, Member, MemberId, member, member_by_ref

DRAWS_MAX: Final = 16
USER_DIGITS: Final = 12


def number_of(tx: Tx, member_id: MemberId) -> str:
    """Return a member's number; give one if there is none. Only in a command."""
    found = app_store.find_number(tx.sql, member_id)
    if found is not None:
        return found
    for _ in range(DRAWS_MAX):
        number = short_number(USER_PREFIX, tx.new_id(), USER_DIGITS)
        if app_store.insert_user(tx.sql, number, member_id):
            return number
    raise AssertionError("every number drawn is taken")


def known_number(tx: Tx, member_id: MemberId | None) -> str:
    """Return a member's number; nothing if there is none yet."""
    return "" if member_id is None else app_store.find_number(tx.sql, member_id) or ""


def user_number(tx: Tx, member_id: MemberId) -> str:
    """See `known_number`: for other processes."""
    return known_number(tx, member_id)


def user_by_number(tx: Tx, number: str) -> MemberId:
    """Return the member of a number. Raises: WireUserUnknown."""
    found = app_store.find_user(tx.sql, number)
    if found is None:
        raise WireUserUnknown(number)
    return found


def user_by_login(tx: Tx, login: str) -> Member:
    """Return the member of a login: the name they sign in by, or their reference.

    A text that is one member's name and another's reference names nobody.
    Raises: WireUserUnknown.
    """
    by_name = _by_name(tx, login)
    try:
        by_ref = member_by_ref(tx, login)
    except ExternalRefUnknown:
        by_ref = None
    if by_name is not None and by_ref is not None and by_name != by_ref.id:
        raise WireUserUnknown(login)
    if by_ref is not None:
        return by_ref
    if by_name is None:
        raise WireUserUnknown(login)
    return member(tx, by_name)


def _by_name(tx: Tx, login: str) -> MemberId | None:
    try:
        return MemberId(login_named(tx, LoginByName(OwnerKind.PERSON, login)).owner_id)
    except (LoginNameMalformed, LoginNameUnknown):
        return None


def open_id_of(tx: Tx, app_id: str, member_id: MemberId) -> str:
    """Return what an application knows a member by, and keep it. Only in a command."""
    name = open_id(app_id, member_id)
    app_store.insert_open_id(tx.sql, name, app_id, member_id)
    return name


def user_by_open_id(tx: Tx, app_id: str, name: str) -> MemberId:
    """Return the member that an application has been told of. Raises: WireUserUnknown."""
    found = app_store.find_open_id(tx.sql, app_id, name)
    if found is None:
        raise WireUserUnknown(name)
    return found


def named_user(
    tx: Tx, number: str, login: str, app_id: str = "", name: str = ""
) -> MemberId | None:
    """Return the member that a request names by number, open id or login; None if by none.

    Raises: WireUserUnknown.
    """
    if number:
        return user_by_number(tx, number)
    if name:
        return user_by_open_id(tx, app_id, name)
    return user_by_login(tx, login).id if login else None


def check_name(who: Member, name: str) -> None:
    """Raises: WireUserDiffers if a name was given and is not the member's."""
    if name and name != (who.display_name or who.external_ref):
        raise WireUserDiffers(name)


def masked_login(tx: Tx, member_id: MemberId | None) -> str:
    """Return a member's login with its middle hidden; of one without, of their reference."""
    if member_id is None:
        return ""
    name = login_name_of(tx, OwnerQuery(OwnerKind.PERSON, member_id))
    return masked(name or member(tx, member_id).external_ref)


def shown_login(tx: Tx, member_id: MemberId) -> str:
    """Return a merchant's own login, for its own programs; a reference is never shown whole."""
    name = login_name_of(tx, OwnerQuery(OwnerKind.PERSON, member_id))
    return name or masked(member(tx, member_id).external_ref)


def is_login_of(tx: Tx, member_id: MemberId, login: str) -> bool:
    """Say whether a text is how a member is named: their login, reference or number."""
    own = (member(tx, member_id).external_ref, shown_login(tx, member_id))
    return login in own or login == known_number(tx, member_id)

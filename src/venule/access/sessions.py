"""Sessions and devices: who a token stands for, what is open, how it is ended."""

from __future__ import annotations

import msgspec

from venule.access import gate, log, rules, session_store, staff_store, store
from venule.access.commands import (
    EndOthers,
    EndSession,
    HashQuery,
    NameDevice,
    RemoveDevice,
    Touch,
)
from venule.access.errors import DeviceUnknown, SessionNotFound
from venule.access.model import (
    CREDENTIAL_NAME_CHARS_MAX,
    SEEN_EVERY,
    Device,
    DeviceId,
    Login,
    LoginId,
    LoginState,
    OwnerKind,
    Session,
    SessionFacts,
    StaffId,
)
from venule.access.roles import Role, permissions_of
from venule.ledger import Tx


def session_facts(tx: Tx, query: HashQuery) -> SessionFacts | None:
    """Return whom a token stands for, or None if its session is over or never was."""
    session = session_store.load_session_by_token(tx.sql, query.hash)
    if session is None:
        return None
    login = store.load_login(tx.sql, session.login_id)
    assert login is not None, "a session has a login"
    if login.state is not LoginState.ACTIVE or not rules.is_open(session, login.kind, tx.now):
        return None
    if not gate.owner_may_enter(tx, login):
        return None
    roles: list[Role] = []
    if login.kind is OwnerKind.STAFF:
        roles = staff_store.load_roles(tx.sql, StaffId(login.owner_id))
    return SessionFacts(
        session, login.kind, login.owner_id, login.name, roles, permissions_of(roles)
    )


def touch(tx: Tx, command: Touch) -> Session:
    """Write that a session is in use, if that was not written a short time ago.

    Raises: SessionOver.
    """
    session, _ = gate.open_session(tx, command.session_id)
    if tx.now - session.seen_at < SEEN_EVERY:
        return session
    seen = msgspec.structs.replace(session, seen_at=tx.now)
    session_store.save_session(tx.sql, seen)
    return seen


def open_sessions(tx: Tx, login_id: LoginId) -> list[Session]:
    """Return the open sessions of a login, the one seen last first."""
    login = store.load_login(tx.sql, login_id)
    if login is None:
        return []
    found = session_store.load_unended(tx.sql, login_id, tx.now)
    return [session for session in found if rules.is_open(session, login.kind, tx.now)]


def devices(tx: Tx, login_id: LoginId) -> list[Device]:
    """Return the devices of a login, the one seen last first."""
    return session_store.load_devices(tx.sql, login_id)


def end_session(tx: Tx, command: EndSession) -> Session:
    """End a session of one's own: this one to sign out, or another. Again changes nothing.

    Raises: SessionOver, SessionNotFound.
    """
    _, login = gate.open_session(tx, command.by)
    found = session_store.load_session(tx.sql, command.session_id)
    if found is None or found.login_id != login.id:
        raise SessionNotFound(command.session_id)
    reason = "signed out" if found.id == command.by else "ended by its owner"
    gate.leave(tx, found, reason)
    log.note(tx, "session.end", login, command.origin, session_id=command.by, subject=found.id)
    ended = session_store.load_session(tx.sql, found.id)
    assert ended is not None, "it was there"
    return ended


def end_others(tx: Tx, command: EndOthers) -> int:
    """End all of one's own sessions but this one; return how many. Raises: SessionOver."""
    session, login = gate.open_session(tx, command.by)
    count = gate.leave_all(tx, login.id, "ended by its owner", but=session.id)
    log.note(tx, "session.end_others", login, command.origin, session_id=session.id)
    return count


def name_device(tx: Tx, command: NameDevice) -> Device:
    """Give one of one's own devices a name. Raises: SessionOver, NameMalformed, DeviceUnknown."""
    _, login = gate.open_session(tx, command.by)
    rules.check_text("name", command.name, CREDENTIAL_NAME_CHARS_MAX)
    named = msgspec.structs.replace(_device(tx, login, command.device_id), name=command.name)
    session_store.save_device(tx.sql, named)
    return named


def remove_device(tx: Tx, command: RemoveDevice) -> Device:
    """Forget one of one's own devices and end its sessions. Raises: SessionOver, DeviceUnknown."""
    session, login = gate.open_session(tx, command.by)
    device = _device(tx, login, command.device_id)
    gate.end_device(tx, device)
    log.note(tx, "device.remove", login, command.origin, session_id=session.id, subject=device.id)
    return device


def _device(tx: Tx, login: Login, device_id: DeviceId) -> Device:
    found = session_store.load_device(tx.sql, device_id)
    if found is None or found.login_id != login.id:
        raise DeviceUnknown(device_id)
    return found

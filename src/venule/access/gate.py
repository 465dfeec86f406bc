"""What every use case of the room looks at first: who has this session, is this challenge open, how
often has this name failed; and the two ways in and out of a session."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta

import msgspec

from venule.access import log, rules, session_store, staff_store, store
from venule.access.commands import Opening, Origin, SecondFactor, SignedIn
from venule.access.errors import OwnerGone, PermissionMissing, SessionOver
from venule.access.model import (
    CHALLENGE_LASTS,
    CREDENTIAL_NAME_CHARS_MAX,
    DEVICES_MAX,
    SESSIONS_MAX,
    Assertion,
    Challenge,
    ChallengeId,
    Denial,
    Device,
    DeviceId,
    Factor,
    Login,
    LoginId,
    LoginState,
    OwnerKind,
    Passkey,
    Purpose,
    Session,
    SessionId,
    StaffId,
)
from venule.access.roles import permissions_of
from venule.ledger import Tx
from venule.members import MemberId, MemberState, member


def owner_may_enter(tx: Tx, login: Login) -> bool:
    """Say whether a login's owner is still there: a member who has left is not."""
    if login.kind is OwnerKind.STAFF:
        return True
    return member(tx, MemberId(login.owner_id)).state is not MemberState.CLOSED


def check_owner(tx: Tx, login: Login) -> None:
    """Raises: OwnerGone."""
    if not owner_may_enter(tx, login):
        raise OwnerGone(login.owner_id)


def open_session(tx: Tx, session_id: SessionId) -> tuple[Session, Login]:
    """Return an open session and its login. Raises: SessionOver."""
    session = session_store.load_session(tx.sql, session_id)
    if session is None:
        raise SessionOver
    login = store.load_login(tx.sql, session.login_id)
    assert login is not None, "a session has a login"
    if (
        login.state is not LoginState.ACTIVE
        or not rules.is_open(session, login.kind, tx.now)
        or not owner_may_enter(tx, login)
    ):
        raise SessionOver
    return session, login


def fresh_session(
    tx: Tx,
    session_id: SessionId,
    max_age: timedelta,
    factors: Collection[Factor],
) -> tuple[Session, Login]:
    """Return an open session whose owner was proven to be there. Raises: SessionOver,
    StepUpNeeded."""
    session, login = open_session(tx, session_id)
    rules.check_fresh(session, tx.now, max_age, factors)
    return session, login


def staff_session(tx: Tx, session_id: SessionId, permission: str) -> tuple[Session, Login, StaffId]:
    """Return an open session of somebody on the staff who may do this.

    Raises: SessionOver, PermissionMissing.
    """
    session, login = open_session(tx, session_id)
    if login.kind is not OwnerKind.STAFF:
        raise PermissionMissing(permission)
    staff_id = StaffId(login.owner_id)
    permissions = permissions_of(staff_store.load_roles(tx.sql, staff_id))
    if permission:
        rules.check_permission(permissions, permission)
    return session, login, staff_id


def take_challenge(
    tx: Tx,
    challenge_id: ChallengeId,
    purpose: Purpose,
    *,
    session_id: SessionId | None = None,
    login_id: LoginId | None = None,
    subject: bytes | None = None,
) -> Challenge | None:
    """Use up a challenge that was made for just this; None if it was not, or is over."""
    found = session_store.load_challenge(tx.sql, challenge_id)
    if (
        found is None
        or found.purpose is not purpose
        or found.session_id != session_id
        or (login_id is not None and found.login_id != login_id)
        or found.subject != subject
        or tx.now >= found.expires_at
        or not session_store.use_challenge(tx.sql, challenge_id, tx.now)
    ):
        return None
    return found


def make_challenge(
    tx: Tx,
    purpose: Purpose,
    challenge: bytes,
    *,
    login_id: LoginId | None = None,
    session_id: SessionId | None = None,
    subject: bytes | None = None,
) -> Challenge:
    """Keep a challenge for `CHALLENGE_LASTS`."""
    made = Challenge(
        ChallengeId(tx.new_id()),
        purpose,
        challenge,
        login_id,
        session_id,
        subject,
        tx.now + CHALLENGE_LASTS,
        None,
    )
    session_store.insert_challenge(tx.sql, made)
    return made


def use_passkey(tx: Tx, login_id: LoginId | None, seen: Assertion) -> Passkey | Denial:
    """Accept a verified answer of a passkey and keep its counter, or say why not.

    login_id: whose it must be; None: anybody's.
    """
    passkey = None if seen.passkey_id is None else store.load_passkey(tx.sql, seen.passkey_id)
    if passkey is None or (login_id is not None and passkey.login_id != login_id):
        return Denial.PASSKEY
    denial = rules.assertion_denial(passkey, seen)
    if denial is not None:
        return denial
    used = msgspec.structs.replace(
        passkey, sign_count=seen.sign_count, backed_up=seen.backed_up, used_at=tx.now
    )
    store.save_passkey(tx.sql, used)
    return used


def use_second_factor(tx: Tx, login: Login, seen: SecondFactor) -> Denial | None:
    """Accept a code of the app or a recovery code, once; or say why not."""
    if seen.version != login.version:
        return Denial.CHANGED
    if seen.factor is Factor.TOTP:
        if seen.totp_step is None:
            return Denial.TOTP
        if seen.totp_step <= login.totp_step:
            return Denial.REPLAYED
        store.save_login(tx.sql, msgspec.structs.replace(login, totp_step=seen.totp_step))
        return None
    hash_ = seen.recovery_hash
    if seen.factor is not Factor.RECOVERY or hash_ is None:
        return Denial.WRONG
    used = store.use_recovery(tx.sql, login.id, hash_, tx.now)
    return None if used else Denial.RECOVERY_CODE


def wait_s(tx: Tx, login: Login) -> int:
    """Return for how many seconds nothing is looked at for a login."""
    return wait_of(tx, login.kind, login.name)


def wait_of(tx: Tx, kind: OwnerKind, name: str) -> int:
    """Return the same of a name, known or not."""
    return rules.wait_s(store.load_failures(tx.sql, rules.name_hash(kind, name)), tx.now)


def count_failure(tx: Tx, kind: OwnerKind, name: str) -> int:
    """Count a failure under a name; return for how many seconds nothing more is looked at."""
    hash_ = rules.name_hash(kind, name)
    failures = rules.after_failure(store.load_failures(tx.sql, hash_), tx.now)
    store.save_failures(tx.sql, hash_, failures)
    return rules.wait_s(failures, tx.now)


def forget_failures(tx: Tx, login: Login) -> None:
    """A full success: begin to count anew."""
    store.delete_failures(tx.sql, rules.name_hash(login.kind, login.name))


def enter(
    tx: Tx, login: Login, factor: Factor, opening: Opening, origin: Origin, what: str
) -> SignedIn:
    """Open a session on a device that is known, or gets known, and log it."""
    rules.check_text("device_name", opening.device_name, CREDENTIAL_NAME_CHARS_MAX)
    device, new = _device(tx, login.id, opening, origin)
    open_now = session_store.load_unended(tx.sql, login.id, tx.now)
    for surplus in open_now[SESSIONS_MAX - 1 :]:
        leave(tx, surplus, "too many sessions")
    session = Session(
        SessionId(tx.new_id()),
        login.id,
        device.id,
        factor,
        tx.now,
        tx.now,
        tx.now + rules.LASTS[login.kind],
        tx.now,
        factor,
        None,
        None,
    )
    session_store.insert_session(tx.sql, session, opening.token_hash)
    forget_failures(tx, login)
    log.note(tx, what, login, origin, session_id=session.id, subject=device.id, reason=factor.value)
    return SignedIn(session, new)


def _device(tx: Tx, login_id: LoginId, opening: Opening, origin: Origin) -> tuple[Device, bool]:
    agent = rules.agent(origin.agent)
    if opening.device_hash is not None:
        known = session_store.load_device_by_token(tx.sql, login_id, opening.device_hash)
        if known is not None:
            seen = msgspec.structs.replace(known, agent=agent, last_seen_at=tx.now)
            session_store.save_device(tx.sql, seen)
            return seen, False
    for surplus in session_store.load_devices(tx.sql, login_id)[DEVICES_MAX - 1 :]:
        end_device(tx, surplus)
    made = Device(DeviceId(tx.new_id()), login_id, opening.device_name, agent, tx.now, tx.now)
    session_store.insert_device(tx.sql, made, opening.new_device_hash)
    return made, True


def end_device(tx: Tx, device: Device) -> None:
    """Forget a device and end its sessions."""
    for session in session_store.load_unended(tx.sql, device.login_id, tx.now):
        if session.device_id == device.id:
            leave(tx, session, "device removed")
    session_store.delete_device(tx.sql, device.id)


def leave(tx: Tx, session: Session, reason: str) -> None:
    """End a session, if nobody has."""
    if session.ended_at is None:
        ended = msgspec.structs.replace(session, ended_at=tx.now, reason=reason)
        session_store.save_session(tx.sql, ended)


def leave_all(tx: Tx, login_id: LoginId, reason: str, but: SessionId | None = None) -> int:
    """End all sessions of a login but one, and what was begun for it; return how many ended."""
    ended = [s for s in session_store.load_unended(tx.sql, login_id, tx.now) if s.id != but]
    for session in ended:
        leave(tx, session, reason)
    session_store.delete_challenges(tx.sql, login_id)
    return len(ended)

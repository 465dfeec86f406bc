"""What somebody signs in with, changed by themselves, in a session that was stepped up lately.

A recovery code is enough for that: who has lost the app mends it here. It is not enough for money.
"""

from __future__ import annotations

from typing import Final

import msgspec

from venule.access import gate, log, rules, session_store, store
from venule.access.commands import (
    AddPasskey,
    ChangePassword,
    NamePasskey,
    RemoveFallback,
    RemovePasskey,
    RenewRecovery,
    SetFallback,
)
from venule.access.errors import (
    CeremonyRefused,
    CredentialsChanged,
    FallbackMissing,
    PasskeyUnknown,
    TooManyPasskeys,
)
from venule.access.logins import add_passkey_to, set_fallback_of, view, without_fallback
from venule.access.model import (
    CREDENTIAL_NAME_CHARS_MAX,
    PASSKEYS_MAX,
    STEP_UP_LASTS,
    Factor,
    Login,
    LoginId,
    LoginView,
    Passkey,
    PasskeyId,
    Purpose,
    Session,
    SessionId,
)
from venule.ledger import Tx

ANY: Final = frozenset(Factor)


def passkeys(tx: Tx, login_id: LoginId) -> list[Passkey]:
    """Return a login's passkeys, the oldest first."""
    return store.load_passkeys(tx.sql, login_id)


def _fresh(tx: Tx, by: SessionId) -> tuple[Session, Login]:
    return gate.fresh_session(tx, by, STEP_UP_LASTS, ANY)


def add_passkey(tx: Tx, command: AddPasskey) -> Passkey:
    """Add a passkey. Raises: SessionOver, StepUpNeeded, TooManyPasskeys, CeremonyRefused,
    NameMalformed, CredentialTaken."""
    session, login = _fresh(tx, command.by)
    there = len(store.load_passkeys(tx.sql, login.id))
    if there >= PASSKEYS_MAX:
        raise TooManyPasskeys(there)
    taken = gate.take_challenge(
        tx, command.challenge_id, Purpose.REGISTER, session_id=session.id, login_id=login.id
    )
    if taken is None:
        raise CeremonyRefused
    made = add_passkey_to(tx, login, command.passkey)
    _bump(tx, login)
    log.note(tx, "passkey.add", login, command.origin, session_id=session.id, subject=made.id)
    return made


def _bump(tx: Tx, login: Login) -> None:
    store.save_login(tx.sql, msgspec.structs.replace(login, version=login.version + 1))


def name_passkey(tx: Tx, command: NamePasskey) -> Passkey:
    """Give a passkey a name. Raises: SessionOver, NameMalformed, PasskeyUnknown."""
    _, login = gate.open_session(tx, command.by)
    rules.check_text("name", command.name, CREDENTIAL_NAME_CHARS_MAX)
    named = msgspec.structs.replace(_passkey(tx, login, command.passkey_id), name=command.name)
    store.save_passkey(tx.sql, named)
    return named


def remove_passkey(tx: Tx, command: RemovePasskey) -> LoginView:
    """Remove a passkey, if another way to sign in is left; other sessions end.

    Raises: SessionOver, StepUpNeeded, PasskeyUnknown, LastCredential.
    """
    session, login = _fresh(tx, command.by)
    passkey = _passkey(tx, login, command.passkey_id)
    left = len(store.load_passkeys(tx.sql, login.id)) - 1
    rules.check_removal(left, login.password_hash is not None)
    store.delete_passkey(tx.sql, passkey.id)
    _bump(tx, login)
    gate.leave_all(tx, login.id, "credentials changed", but=session.id)
    log.note(tx, "passkey.remove", login, command.origin, session_id=session.id, subject=passkey.id)
    return view(tx, login)


def _passkey(tx: Tx, login: Login, passkey_id: PasskeyId) -> Passkey:
    found = store.load_passkey(tx.sql, passkey_id)
    if found is None or found.login_id != login.id:
        raise PasskeyUnknown(passkey_id)
    return found


def change_password(tx: Tx, command: ChangePassword) -> LoginView:
    """Change the password; TOTP stays, other sessions end.

    Raises: SessionOver, StepUpNeeded, FallbackMissing, CredentialsChanged.
    """
    session, login = _fresh(tx, command.by)
    if login.password_hash is None:
        raise FallbackMissing
    _check_version(login, command.version)
    after = msgspec.structs.replace(
        login,
        version=login.version + 1,
        password_hash=command.password_hash,
        password_at=tx.now,
    )
    store.save_login(tx.sql, after)
    gate.leave_all(tx, login.id, "credentials changed", but=session.id)
    log.note(tx, "password.change", login, command.origin, session_id=session.id)
    return view(tx, after)


def _check_version(login: Login, seen: int) -> None:
    if login.version != seen:
        raise CredentialsChanged


def set_fallback(tx: Tx, command: SetFallback) -> LoginView:
    """Set password, TOTP and recovery codes anew; other sessions end.

    Raises: SessionOver, StepUpNeeded, CredentialsChanged.
    """
    session, login = _fresh(tx, command.by)
    _check_version(login, command.version)
    after = set_fallback_of(tx, login, command.fallback)
    gate.leave_all(tx, login.id, "credentials changed", but=session.id)
    log.note(tx, "fallback.set", login, command.origin, session_id=session.id)
    return view(tx, after)


def remove_fallback(tx: Tx, command: RemoveFallback) -> LoginView:
    """Remove password, TOTP and recovery codes, if a passkey is left; other sessions end.

    Raises: SessionOver, StepUpNeeded, FallbackMissing, LastCredential.
    """
    session, login = _fresh(tx, command.by)
    if login.password_hash is None:
        raise FallbackMissing
    rules.check_removal(len(store.load_passkeys(tx.sql, login.id)), has_fallback=False)
    after = without_fallback(login)
    store.save_login(tx.sql, after)
    store.replace_recovery(tx.sql, login.id, [])
    gate.leave_all(tx, login.id, "credentials changed", but=session.id)
    log.note(tx, "fallback.remove", login, command.origin, session_id=session.id)
    return view(tx, after)


def renew_recovery(tx: Tx, command: RenewRecovery) -> LoginView:
    """Put new recovery codes in place of the old ones.

    Raises: SessionOver, StepUpNeeded, FallbackMissing.
    """
    session, login = _fresh(tx, command.by)
    if login.password_hash is None:
        raise FallbackMissing
    store.replace_recovery(tx.sql, login.id, command.recovery_hashes)
    session_store.delete_challenges(tx.sql, login.id)
    log.note(tx, "recovery.renew", login, command.origin, session_id=session.id)
    return view(tx, login)

"""Logins: opened for a member or one of the staff, enrolled with a code, reset, disabled."""

from __future__ import annotations

from uuid import UUID

import msgspec

from venule.access import gate, log, rules, session_store, store
from venule.access.commands import (
    DisableLogin,
    EnrolFallback,
    EnrolPasskey,
    HashQuery,
    IssueCode,
    LoginByName,
    NewFallback,
    OpenLogin,
    Origin,
    OwnerQuery,
    ResetLogin,
    SignedIn,
)
from venule.access.errors import (
    CeremonyRefused,
    CodeRefused,
    CredentialTaken,
    LoginNameTaken,
    LoginNameUnknown,
    LoginThere,
    LoginTransitionIllegal,
    LoginUnknown,
)
from venule.access.model import (
    CODE_LASTS,
    CREDENTIAL_NAME_CHARS_MAX,
    REASON_CHARS_MAX,
    Factor,
    Login,
    LoginEvent,
    LoginId,
    LoginState,
    LoginView,
    NewPasskey,
    OwnerKind,
    Passkey,
    PasskeyId,
    Purpose,
)
from venule.access.states import advance_login
from venule.ledger import Tx


def open_login(tx: Tx, command: OpenLogin) -> LoginView:
    """Let a member have a login; it waits until it is enrolled with a code.

    Raises: LoginNameMalformed, MemberUnknown, OwnerGone, LoginThere, LoginNameTaken.
    """
    login = make_login(tx, OwnerKind.PERSON, command.member_id, command.name)
    log.note(tx, "login.open", login, command.origin)
    return view(tx, login)


def make_login(tx: Tx, kind: OwnerKind, owner_id: UUID, name: str) -> Login:
    """Write a login that waits for enrolment. Raises: as `open_login`."""
    login = Login(
        id=LoginId(tx.new_id()),
        kind=kind,
        owner_id=owner_id,
        name=rules.login_name(name),
        state=LoginState.INVITED,
        version=1,
        password_hash=None,
        password_at=None,
        totp_sealed=None,
        totp_step=0,
        code_hash=None,
        code_until=None,
        code_by=None,
        enrolled_by=None,
        opened_at=tx.now,
    )
    gate.check_owner(tx, login)
    if store.load_login_of(tx.sql, kind, owner_id) is not None:
        raise LoginThere(kind, owner_id)
    if store.load_login_by_name(tx.sql, kind, login.name) is not None:
        raise LoginNameTaken(login.name)
    store.insert_login(tx.sql, login)
    return login


def login(tx: Tx, login_id: LoginId) -> LoginView:
    """Return a login, as people see it. Raises: LoginUnknown."""
    return view(tx, known(tx, login_id))


def login_of(tx: Tx, query: OwnerQuery) -> LoginView:
    """Return the login of a member or of one of the staff. Raises: LoginUnknown."""
    found = store.load_login_of(tx.sql, query.kind, query.owner_id)
    if found is None:
        raise LoginUnknown(query.owner_id)
    return view(tx, found)


def login_name_of(tx: Tx, query: OwnerQuery) -> str:
    """Return by which name somebody signs in; nothing if by none."""
    found = store.load_login_of(tx.sql, query.kind, query.owner_id)
    return "" if found is None else found.name


def login_named(tx: Tx, query: LoginByName) -> LoginView:
    """Return the login of a name. Raises: LoginNameMalformed, LoginNameUnknown."""
    name = rules.login_name(query.name)
    found = store.load_login_by_name(tx.sql, query.kind, name)
    if found is None:
        raise LoginNameUnknown(name)
    return view(tx, found)


def known(tx: Tx, login_id: LoginId) -> Login:
    """Return a login with its secrets, hashed or sealed. Raises: LoginUnknown."""
    found = store.load_login(tx.sql, login_id)
    if found is None:
        raise LoginUnknown(login_id)
    return found


def view(tx: Tx, found: Login) -> LoginView:
    """Return a login without its secrets."""
    return LoginView(
        found.id,
        found.kind,
        found.owner_id,
        found.name,
        found.state,
        len(store.load_passkeys(tx.sql, found.id)),
        found.password_at,
        store.count_recovery(tx.sql, found.id),
        found.code_until,
        found.opened_at,
    )


def issue_code(tx: Tx, command: IssueCode) -> LoginView:
    """Let an invited login be enrolled with a code, once, within `CODE_LASTS`.

    The code before is void. Who hands it out is remembered: the two cannot check one another.
    Raises: LoginUnknown, LoginTransitionIllegal.
    """
    before = known(tx, command.login_id)
    if before.state is not LoginState.INVITED:
        raise LoginTransitionIllegal(before.state, LoginEvent.ENROL)
    after = msgspec.structs.replace(
        before,
        code_hash=command.code_hash,
        code_until=tx.now + CODE_LASTS,
        code_by=command.by,
    )
    store.save_login(tx.sql, after)
    session_store.delete_challenges(tx.sql, after.id)
    log.note(tx, "login.code", after, command.origin, subject=command.by)
    return view(tx, after)


def login_by_code(tx: Tx, query: HashQuery) -> Login:
    """Return the login that waits for a code. Raises: CodeRefused, OwnerGone."""
    found = store.load_login_by_code(tx.sql, query.hash)
    if found is None or found.code_until is None or tx.now >= found.code_until:
        raise CodeRefused
    gate.check_owner(tx, found)
    return found


def enrol_fallback(tx: Tx, command: EnrolFallback) -> SignedIn:
    """Enrol with a password and TOTP; the code is used up.

    Raises: CodeRefused, OwnerGone, NameMalformed.
    """
    before = login_by_code(tx, HashQuery(command.code_hash))
    after = set_fallback_of(tx, _enrolled(before), command.fallback)
    return _enter(tx, after, Factor.TOTP, command)


def enrol_passkey(tx: Tx, command: EnrolPasskey) -> SignedIn:
    """Enrol with a passkey; the code is used up.

    Raises: CodeRefused, OwnerGone, CeremonyRefused, CredentialTaken, NameMalformed.
    """
    before = login_by_code(tx, HashQuery(command.code_hash))
    taken = gate.take_challenge(
        tx, command.challenge_id, Purpose.ENROL, login_id=before.id, subject=command.code_hash
    )
    if taken is None:
        raise CeremonyRefused
    after = _enrolled(before)
    store.save_login(tx.sql, after)
    add_passkey_to(tx, after, command.passkey)
    return _enter(tx, after, Factor.PASSKEY, command)


def _enrolled(before: Login) -> Login:
    return msgspec.structs.replace(
        before,
        state=advance_login(before.state, LoginEvent.ENROL),
        version=before.version + 1,
        code_hash=None,
        code_until=None,
        code_by=None,
        enrolled_by=before.code_by,
    )


def _enter(tx: Tx, after: Login, factor: Factor, command: EnrolFallback | EnrolPasskey) -> SignedIn:
    return gate.enter(tx, after, factor, command.opening, command.origin, "login.enrol")


def set_fallback_of(tx: Tx, before: Login, new: NewFallback) -> Login:
    """Write password, TOTP and recovery codes of a login; return it."""
    after = msgspec.structs.replace(
        before,
        version=before.version + 1,
        password_hash=new.password_hash,
        password_at=tx.now,
        totp_sealed=new.totp_sealed,
        totp_step=new.totp_step,
    )
    store.save_login(tx.sql, after)
    store.replace_recovery(tx.sql, after.id, new.recovery_hashes)
    return after


def add_passkey_to(tx: Tx, owner: Login, new: NewPasskey) -> Passkey:
    """Write a new passkey of a login. Raises: NameMalformed, CredentialTaken."""
    rules.check_text("name", new.name, CREDENTIAL_NAME_CHARS_MAX)
    made = Passkey(
        PasskeyId(tx.new_id()),
        owner.id,
        new.credential_id,
        new.public_key,
        new.sign_count,
        new.may_back_up,
        new.backed_up,
        new.name,
        tx.now,
        None,
    )
    if not store.insert_passkey(tx.sql, made):
        raise CredentialTaken
    return made


def reset_login(tx: Tx, command: ResetLogin) -> LoginView:
    """Take all credentials away and wait for enrolment; it takes two of the staff.

    Raises: NameMalformed, LoginUnknown, LoginTransitionIllegal.
    """
    return _strip(tx, command.login_id, LoginEvent.RESET, command.reason, Origin())


def disable_login(tx: Tx, command: DisableLogin) -> LoginView:
    """Take all credentials away and let nobody in: what stops harm needs one person alone.

    Raises: NameMalformed, LoginUnknown, LoginTransitionIllegal.
    """
    return _strip(tx, command.login_id, LoginEvent.DISABLE, command.reason, command.origin)


def _strip(tx: Tx, login_id: LoginId, event: LoginEvent, reason: str, origin: Origin) -> LoginView:
    rules.check_text("reason", reason, REASON_CHARS_MAX)
    before = known(tx, login_id)
    after = msgspec.structs.replace(
        without_fallback(before),
        state=advance_login(before.state, event),
        code_hash=None,
        code_until=None,
        code_by=None,
    )
    store.save_login(tx.sql, after)
    store.replace_recovery(tx.sql, after.id, [])
    store.delete_passkeys(tx.sql, after.id)
    gate.leave_all(tx, after.id, event.value)
    session_store.delete_devices(tx.sql, after.id)
    gate.forget_failures(tx, after)
    log.note(tx, f"login.{event.value}", after, origin, reason=reason)
    return view(tx, after)


def without_fallback(before: Login) -> Login:
    """Return a login without password and TOTP, not written yet."""
    return msgspec.structs.replace(
        before,
        version=before.version + 1,
        password_hash=None,
        password_at=None,
        totp_sealed=None,
        totp_step=0,
    )

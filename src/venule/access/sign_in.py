"""Signing in and stepping up. A refusal is an answer, not an error: it is counted and logged.

A password alone gives no session but a token with which the second factor may follow; failures of
both are counted together, by name, whether anybody has the name or not. Passkeys cannot be guessed:
a name that is blocked signs in with one all the same.
"""

from __future__ import annotations

import msgspec

from venule.access import gate, log, rules, session_store, store
from venule.access.commands import (
    Begin,
    CredentialFacts,
    CredentialQuery,
    FinishSignIn,
    HalfFacts,
    HashQuery,
    LoginByName,
    NotePassword,
    Origin,
    PasswordNoted,
    Proven,
    ProveOwner,
    SecondFactor,
    SignedIn,
    SignInFacts,
    SignInPasskey,
    SteppedUp,
    StepUp,
)
from venule.access.errors import SignInRefused
from venule.access.logins import known
from venule.access.model import (
    Challenge,
    Denial,
    Factor,
    Login,
    LoginId,
    LoginState,
    Purpose,
)
from venule.access.store import load_login
from venule.ledger import Tx


def sign_in_facts(tx: Tx, query: LoginByName) -> SignInFacts:
    """Return what a password is to be compared with. Raises: LoginNameMalformed."""
    name = rules.login_name(query.name)
    return SignInFacts(
        _may_sign_in(tx, store.load_login_by_name(tx.sql, query.kind, name)),
        gate.wait_of(tx, query.kind, name),
    )


def _may_sign_in(tx: Tx, login: Login | None) -> Login | None:
    if login is None or login.state is not LoginState.ACTIVE:
        return None
    return login if gate.owner_may_enter(tx, login) else None


def login_facts(tx: Tx, login_id: LoginId) -> Login:
    """Return a login with its secrets, hashed or sealed, to be compared with.

    Raises: LoginUnknown.
    """
    return known(tx, login_id)


def note_password(tx: Tx, command: NotePassword) -> PasswordNoted:
    """Record that a password was compared; if it was right, let the second factor follow.

    While a name is blocked, right and wrong are refused alike. Raises: LoginNameMalformed.
    """
    name = rules.login_name(command.name)
    login = None if command.login_id is None else load_login(tx.sql, command.login_id)
    wait = gate.wait_of(tx, command.kind, name)
    denial = None
    if wait:
        denial = Denial.BLOCKED
    elif login is None or not command.correct:
        denial = Denial.WRONG
    elif login.version != command.version:
        denial = Denial.CHANGED
    elif _may_sign_in(tx, login) is None:
        denial = Denial.DISABLED
    if denial is not None:
        if not wait:
            wait = gate.count_failure(tx, command.kind, name)
        log.note(tx, "sign_in.password", login, command.origin, denial=denial)
        return PasswordNoted(wait_s=wait)
    assert login is not None
    if command.rehash is not None:
        store.save_login(tx.sql, msgspec.structs.replace(login, password_hash=command.rehash))
    half = gate.make_challenge(tx, Purpose.SECOND_FACTOR, command.half_hash, login_id=login.id)
    log.note(tx, "sign_in.password", login, command.origin)
    return PasswordNoted(until=half.expires_at)


def half_facts(tx: Tx, query: HashQuery) -> HalfFacts:
    """Return a sign-in that waits for its second factor. Raises: SignInRefused."""
    found = session_store.load_half(tx.sql, query.hash)
    login = None if found is None or found.login_id is None else load_login(tx.sql, found.login_id)
    if found is None or found.used_at is not None or tx.now >= found.expires_at:
        raise SignInRefused
    if login is None or _may_sign_in(tx, login) is None:
        raise SignInRefused
    return HalfFacts(login, gate.wait_s(tx, login))


def finish_sign_in(tx: Tx, command: FinishSignIn) -> SignedIn:
    """Record what was shown after the password; if it holds, open a session.

    A wrong code leaves the sign-in open: it is counted, and after a few there is a pause.
    """
    login, denial, wait = _second(tx, command.half_hash, command.second, command.origin)
    if login is None:
        return SignedIn(denial=denial, wait_s=wait)
    return gate.enter(tx, login, command.second.factor, command.opening, command.origin, "sign_in")


def prove_owner(tx: Tx, command: ProveOwner) -> Proven:
    """Record what was shown after the password, as `finish_sign_in` does; open no session.

    For a page that asks once, such as a cashier: no session and no device is left behind.
    """
    login, denial, wait = _second(tx, command.half_hash, command.second, command.origin)
    if login is None:
        return Proven(None, denial, wait)
    gate.forget_failures(tx, login)
    log.note(tx, "sign_in.proof", login, command.origin, reason=command.second.factor.value)
    return Proven(login.owner_id)


def _second(
    tx: Tx, half_hash: bytes, second: SecondFactor, origin: Origin
) -> tuple[Login | None, Denial | None, int]:
    """Take a second factor; return whose it is, or why it is refused and how long to wait."""
    half = session_store.load_half(tx.sql, half_hash)
    login = None if half is None or half.login_id is None else load_login(tx.sql, half.login_id)
    if half is None or login is None or half.used_at is not None or tx.now >= half.expires_at:
        log.note(tx, "sign_in.second", login, origin, denial=Denial.CHALLENGE)
        return None, Denial.CHALLENGE, 0
    wait = gate.wait_s(tx, login)
    denial: Denial | None = Denial.BLOCKED if wait else None
    if denial is None and _may_sign_in(tx, login) is None:
        denial = Denial.DISABLED
    if denial is None:
        denial = gate.use_second_factor(tx, login, second)
        if denial is not None:
            wait = gate.count_failure(tx, login.kind, login.name)
    if denial is not None:
        log.note(tx, "sign_in.second", login, origin, denial=denial)
        return None, denial, wait
    session_store.use_challenge(tx.sql, half.id, tx.now)
    return login, None, 0


def begin(tx: Tx, command: Begin) -> Challenge:
    """Keep a challenge until it is answered, or times out."""
    return gate.make_challenge(
        tx,
        command.purpose,
        command.challenge,
        login_id=command.login_id,
        session_id=command.session_id,
        subject=command.subject,
    )


def credential_facts(tx: Tx, query: CredentialQuery) -> CredentialFacts:
    """Return what a passkey's answer is to be verified with."""
    challenge = session_store.load_challenge(tx.sql, query.challenge_id)
    if challenge is not None and (challenge.used_at is not None or tx.now >= challenge.expires_at):
        challenge = None
    return CredentialFacts(challenge, store.load_credential(tx.sql, query.credential_id))


def sign_in_passkey(tx: Tx, command: SignInPasskey) -> SignedIn:
    """Accept a passkey's verified answer, once, and open a session."""
    seen = command.assertion
    passkey = None if seen.passkey_id is None else store.load_passkey(tx.sql, seen.passkey_id)
    login = None if passkey is None else load_login(tx.sql, passkey.login_id)
    denial: Denial | None = None
    if gate.take_challenge(tx, seen.challenge_id, Purpose.SIGN_IN) is None:
        denial = Denial.CHALLENGE
    elif login is None:
        denial = Denial.PASSKEY
    elif login.kind is not command.kind or _may_sign_in(tx, login) is None:
        denial = Denial.DISABLED
    else:
        used = gate.use_passkey(tx, login.id, seen)
        denial = used if isinstance(used, Denial) else None
    if denial is not None:
        log.note(
            tx,
            "sign_in.passkey",
            login,
            command.origin,
            denial=denial,
            subject=seen.passkey_id,
        )
        return SignedIn(denial=denial)
    assert login is not None
    return gate.enter(tx, login, Factor.PASSKEY, command.opening, command.origin, "sign_in")


def step_up(tx: Tx, command: StepUp) -> SteppedUp:
    """Record that a session's owner has shown to be there, or has not. Raises: SessionOver."""
    session, login = gate.open_session(tx, command.session_id)
    wait = 0
    denial: Denial | None = None
    factor = Factor.PASSKEY
    if command.assertion is not None:
        seen = command.assertion
        taken = gate.take_challenge(
            tx, seen.challenge_id, Purpose.STEP_UP, session_id=session.id, login_id=login.id
        )
        used = Denial.CHALLENGE if taken is None else gate.use_passkey(tx, login.id, seen)
        denial = used if isinstance(used, Denial) else None
    else:
        assert command.second is not None, "one of the two is shown"
        factor = command.second.factor
        wait = gate.wait_s(tx, login)
        denial = Denial.BLOCKED if wait else gate.use_second_factor(tx, login, command.second)
        if denial is not None and not wait:
            wait = gate.count_failure(tx, login.kind, login.name)
    log.note(
        tx,
        "step_up",
        login,
        command.origin,
        denial=denial,
        session_id=session.id,
        reason=factor.value,
    )
    if denial is not None:
        return SteppedUp(denial=denial, wait_s=wait)
    gate.forget_failures(tx, login)
    after = msgspec.structs.replace(session, stepped_up_at=tx.now, stepped_up_by=factor)
    session_store.save_session(tx.sql, after)
    return SteppedUp(after)

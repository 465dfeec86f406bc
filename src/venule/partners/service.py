"""Use cases about applications: sign up, ask, admit, suspend; add and revoke their keys."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from msgspec.structs import replace

from venule import members
from venule.kit.time import to_us
from venule.ledger import Tx
from venule.members import MemberId, MemberKind, NewMember, Tier
from venule.partners import rules, store
from venule.partners.errors import (
    ApplicationUnknown,
    KeyTaken,
    KeyUnknown,
    NotASandbox,
    OwnerUnfit,
    PublicKeyUnfit,
    SandboxTooLate,
    UsedBefore,
)
from venule.partners.model import (
    CONTACT_CHARS_MAX,
    NAME_CHARS_MAX,
    NONCE_CHARS_MAX,
    OPERATOR_CHARS_MAX,
    REASON_CHARS_MAX,
    AddKey,
    Admit,
    Application,
    ApplicationEvent,
    ApplicationId,
    ApplicationQuery,
    ApplicationState,
    AskProduction,
    BindOwner,
    CarryOver,
    ChangeRedirects,
    ChangeScopes,
    ClientFacts,
    ClientQuery,
    CloseApplication,
    KeepServerKey,
    Key,
    KeyAlg,
    KeyFacts,
    KeyId,
    KeyUse,
    OpenApplication,
    Opened,
    Refuse,
    Resume,
    RevokeKey,
    ServerKey,
    SetUpSandbox,
    SignUp,
    Suspend,
    UseOnce,
)
from venule.partners.public_keys import read_public_key
from venule.partners.scopes import sorted_scopes
from venule.partners.states import advance

PAGE_MAX: Final = 200


def set_up_sandbox(tx: Tx, command: SetUpSandbox) -> None:
    """Make this home one where no money is real: whoever signs up may call. For good; again is
    harmless.

    Raises: SandboxTooLate once there are applications.
    """
    found = store.load_sandbox(tx.sql)
    if found:
        return
    if found is not None or store.has_applications(tx.sql):
        raise SandboxTooLate
    store.insert_house(tx.sql, True, tx.now_us)


def is_sandbox(tx: Tx) -> bool:
    """Whether no money is real here."""
    return bool(store.load_sandbox(tx.sql))


def sign_up(tx: Tx, new: SignUp) -> Application:
    """Make an application. In a sandbox it may call at once, in production when it is admitted.

    Raises: PartnerTextMalformed, ScopeUnknown, RedirectUnfit.
    """
    rules.check_text("name", new.name, NAME_CHARS_MAX)
    rules.check_text("contact", new.contact, CONTACT_CHARS_MAX)
    scopes = sorted_scopes(new.scopes)
    rules.check_redirects(new.redirect_uris)
    it = Application(
        ApplicationId(tx.new_id()),
        new.name,
        new.contact,
        None,
        ApplicationState.SANDBOX,
        scopes,
        new.redirect_uris,
        tx.now,
        tx.now,
        None,
        None,
    )
    store.insert_application(tx.sql, it)
    tx.emit("partners.signed_up", it.id, {"name": it.name, "scopes": it.scopes})
    return it


def open_application(tx: Tx, command: OpenApplication) -> Opened:
    """Make an application with its first keys; in a sandbox with a merchant for whom it acts.

    Raises: NotASandbox; as `sign_up`, `add_key`, `members.onboard`.
    """
    sandbox = is_sandbox(tx)
    if command.by_itself and not sandbox:
        raise NotASandbox
    it = sign_up(tx, command.sign_up)
    if sandbox:
        new = NewMember(f"application {it.id}", MemberKind.MERCHANT, Tier.NONE, it.name)
        owner = members.onboard(tx, new)
        it = _save(tx, replace(it, owner_id=owner.id), "owner_bound", {"owner_id": owner.id})
    given = [
        AddKey(it.id, use, text)
        for use, text in (
            (KeyUse.REQUEST, command.request_key),
            (KeyUse.ASSERTION, command.assertion_key),
        )
        if text
    ]
    return Opened(it, tuple([add_key(tx, each) for each in given]))


def carry_over(tx: Tx, command: CarryOver) -> Application:
    """Take an application over from a sandbox: it may call once it is admitted.

    Raises: as `open_application`, `add_key`.
    """
    it = open_application(tx, OpenApplication(command.sign_up, by_itself=False)).application
    for key in command.keys:
        add_key(tx, AddKey(it.id, key.use, key.public))
    return ask_production(tx, AskProduction(it.id))


def application(tx: Tx, application_id: ApplicationId) -> Application:
    """Return an application. Raises: ApplicationUnknown."""
    found = store.load_application(tx.sql, application_id)
    if found is None:
        raise ApplicationUnknown(application_id)
    return found


def applications(tx: Tx, query: ApplicationQuery) -> list[Application]:
    """Return applications in order of id, at most `PAGE_MAX`."""
    return store.load_applications(tx.sql, replace(query, limit=max(1, min(query.limit, PAGE_MAX))))


def bind_owner(tx: Tx, command: BindOwner) -> Application:
    """Say for whom an application acts of itself. An owner, once bound, stays.

    Raises: PartnerTextMalformed, ApplicationUnknown, MemberUnknown, OwnerUnfit.
    """
    rules.check_text("operator", command.operator, OPERATOR_CHARS_MAX)
    before = application(tx, command.application_id)
    owner = members.member(tx, command.owner_id)
    fault = rules.owner_fault(owner.kind, before.owner_id, owner.id)
    if fault:
        raise OwnerUnfit(owner.id, fault)
    after = replace(before, owner_id=owner.id, decided_by=command.operator)
    return _save(tx, after, "owner_bound", {"owner_id": owner.id})


def ask_production(tx: Tx, command: AskProduction) -> Application:
    """Ask that an application be admitted. Raises: ApplicationUnknown,
    ApplicationTransitionIllegal."""
    before = application(tx, command.application_id)
    return _turn(tx, before, ApplicationEvent.ASK, before.decided_by, before.reason)


def admit(tx: Tx, command: Admit) -> Application:
    """Let an application in, with the scopes that are said here.

    Raises: PartnerTextMalformed, ScopeUnknown, ApplicationUnknown, OwnerMissing,
    ApplicationTransitionIllegal.
    """
    rules.check_text("operator", command.operator, OPERATOR_CHARS_MAX)
    scopes = sorted_scopes(command.scopes)
    before = application(tx, command.application_id)
    rules.check_admissible(before)
    after = replace(before, scopes=scopes)
    return _turn(tx, after, ApplicationEvent.ADMIT, command.operator, None)


def refuse(tx: Tx, command: Refuse) -> Application:
    """Do not let an application in. Raises: as `suspend`."""
    return _decide(tx, command, ApplicationEvent.REFUSE)


def suspend(tx: Tx, command: Suspend) -> Application:
    """Stop an application for now; its keys and tokens count for nothing meanwhile.

    Raises: PartnerTextMalformed, ApplicationUnknown, ApplicationTransitionIllegal.
    """
    return _decide(tx, command, ApplicationEvent.SUSPEND)


def resume(tx: Tx, command: Resume) -> Application:
    """Let a suspended application go on. Raises: as `suspend`."""
    return _decide(tx, command, ApplicationEvent.RESUME)


def close_application(tx: Tx, command: CloseApplication) -> Application:
    """Stop an application for good. Raises: as `suspend`."""
    return _decide(tx, command, ApplicationEvent.CLOSE)


def _decide(
    tx: Tx, command: Refuse | Suspend | Resume | CloseApplication, event: ApplicationEvent
) -> Application:
    rules.check_text("operator", command.operator, OPERATOR_CHARS_MAX)
    rules.check_text("reason", command.reason, REASON_CHARS_MAX)
    before = application(tx, command.application_id)
    return _turn(tx, before, event, command.operator, command.reason)


def _turn(
    tx: Tx, before: Application, event: ApplicationEvent, operator: str | None, reason: str | None
) -> Application:
    state = advance(before.state, event)
    after = replace(before, state=state, decided_by=operator, reason=reason)
    return _save(tx, after, state.value, {"scopes": after.scopes, "by": operator, "why": reason})


def change_scopes(tx: Tx, command: ChangeScopes) -> Application:
    """Say anew what an application may do; what is out already counts for no more than that.

    Raises: PartnerTextMalformed, ScopeUnknown, ApplicationUnknown.
    """
    rules.check_text("operator", command.operator, OPERATOR_CHARS_MAX)
    scopes = sorted_scopes(command.scopes)
    before = application(tx, command.application_id)
    after = replace(before, scopes=scopes, decided_by=command.operator)
    return _save(
        tx,
        after,
        "scopes_changed",
        {"from": before.scopes, "to": scopes, "by": command.operator},
    )


def change_redirects(tx: Tx, command: ChangeRedirects) -> Application:
    """Say anew where browsers may be sent back to. Raises: RedirectUnfit, ApplicationUnknown."""
    rules.check_redirects(command.redirect_uris)
    before = application(tx, command.application_id)
    after = replace(before, redirect_uris=command.redirect_uris)
    return _save(tx, after, "redirects_changed", {"redirect_uris": command.redirect_uris})


def _save(tx: Tx, after: Application, word: str, body: dict[str, Any]) -> Application:
    after = replace(after, changed_at=tx.now)
    store.save_application(tx.sql, after)
    tx.emit(f"partners.{word}", after.id, body)
    return after


def add_key(tx: Tx, command: AddKey) -> Key:
    """Add a public key to an application. A key that was revoked does not come back.

    Raises: PublicKeyUnfit, ApplicationUnknown, KeySpanWrong, KeyTaken, TooManyKeys.
    """
    alg, public = read_public_key(command.public)
    if command.use is KeyUse.REQUEST and alg is not KeyAlg.ED25519:
        raise PublicKeyUnfit("an Ed25519 key to sign requests", alg.value)
    it = application(tx, command.application_id)
    not_before = tx.now if command.not_before is None else command.not_before
    rules.check_key_span(tx.now, not_before, command.expires_at)
    keys = store.load_keys(tx.sql, it.id)
    for known in keys:
        if known.public == public:
            raise KeyTaken(known.id)
    rules.check_key_count([key for key in keys if key.use is command.use], tx.now)
    key = Key(
        KeyId(tx.new_id()),
        it.id,
        command.use,
        alg,
        public,
        not_before,
        command.expires_at,
        None,
        tx.now,
    )
    store.insert_key(tx.sql, key)
    tx.emit("partners.key_added", it.id, {"key_id": key.id, "use": key.use, "alg": key.alg})
    return key


def revoke_key(tx: Tx, command: RevokeKey) -> Key:
    """End a key at once; again changes nothing.

    Raises: PartnerTextMalformed, KeyUnknown.
    """
    rules.check_text("reason", command.reason, REASON_CHARS_MAX)
    found = store.load_key_facts(tx.sql, command.key_id)
    if found is None or found[0].application_id != command.application_id:
        raise KeyUnknown(command.key_id)
    key = found[0]
    if key.revoked_at is not None:
        return key
    store.revoke_key(tx.sql, key.id, tx.now_us)
    body = {"key_id": key.id, "why": command.reason}
    tx.emit("partners.key_revoked", key.application_id, body)
    return replace(key, revoked_at=tx.now)


def keys(tx: Tx, application_id: ApplicationId) -> list[Key]:
    """Return an application's keys, those that are over too. Raises: ApplicationUnknown."""
    return store.load_keys(tx.sql, application(tx, application_id).id)


def key_facts(tx: Tx, key_id: KeyId) -> KeyFacts | None:
    """Return a key and whose it is, or None."""
    found = store.load_key_facts(tx.sql, key_id)
    return None if found is None else KeyFacts(*found, sandbox=is_sandbox(tx))


def client_facts(tx: Tx, query: ClientQuery) -> ClientFacts | None:
    """Return an application and its keys of one use, or None."""
    it = store.load_application(tx.sql, query.application_id)
    if it is None:
        return None
    mine = [key for key in store.load_keys(tx.sql, it.id) if key.use is query.use]
    return ClientFacts(it, tuple(mine), is_sandbox(tx))


def use_once(tx: Tx, command: UseOnce) -> None:
    """Take what counts once. Raises: UsedBefore, for a value out of form too."""
    if not 0 < len(command.value) <= NONCE_CHARS_MAX or not command.value.isprintable():
        raise UsedBefore(command.what.value)
    if command.forget_before is not None:
        store.forget_once(tx.sql, to_us(command.forget_before))
    until_us = to_us(command.until_at)
    if not store.insert_once(tx.sql, command.application_id, command.what, command.value, until_us):
        raise UsedBefore(command.what.value)


def keep_server_key(tx: Tx, command: KeepServerKey) -> ServerKey:
    """Return the key of our own; the first that comes is kept."""
    found = store.load_server_key(tx.sql)
    if found is not None:
        return found
    key = ServerKey(KeyId(tx.new_id()), command.public, command.sealed, tx.now)
    store.insert_server_key(tx.sql, key)
    return key


def server_key(tx: Tx) -> ServerKey | None:
    """Return the key of our own, or None before there is one."""
    return store.load_server_key(tx.sql)


def owned_by(tx: Tx, member_ids: Sequence[MemberId]) -> Iterable[tuple[MemberId, ApplicationId]]:
    """Return the applications that members own and that may learn of them."""
    states = [state.value for state in ApplicationState if rules.may_call(state, is_sandbox(tx))]
    return store.load_owned(tx.sql, member_ids, states)

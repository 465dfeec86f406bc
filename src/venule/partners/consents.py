"""What members let applications do: ask, allow or refuse, show, withdraw."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from venule import members
from venule.ledger import Tx
from venule.members import MemberId
from venule.partners import grant_rules, grant_store, rules, service
from venule.partners.consent_model import (
    CODE_S,
    REQUEST_S,
    AskConsent,
    Code,
    Consent,
    ConsentQuery,
    ConsentShown,
    DecideConsent,
    Decided,
    Kept,
    NoteUse,
    Request,
    WithdrawConsent,
)
from venule.partners.errors import ConsentUnknown
from venule.partners.model import ApplicationId, ApplicationState, ConsentId
from venule.partners.oauth_errors import ConsentRequestOver
from venule.partners.scopes import READING

WITHDRAWN: Final = "the member has withdrawn the consent"


def check_request(tx: Tx, request: Request) -> None:
    """Check what an application asks of a member. Raises: as `grant_rules.check_request`."""
    it = service.application(tx, request.application_id)
    grant_rules.check_request(it, request, service.is_sandbox(tx))


def ask_consent(tx: Tx, command: AskConsent) -> None:
    """Keep a request while its member looks at the page.

    Raises: ApplicationUnknown, MemberUnknown, as `grant_rules.check_request`.
    """
    check_request(tx, command.request)
    members.member(tx, command.member_id)
    until = tx.now + timedelta(seconds=REQUEST_S)
    kept = Kept(command.ticket, command.member_id, command.request, until, None)
    grant_store.insert_request(tx.sql, kept)


def decide_consent(tx: Tx, command: DecideConsent) -> Decided:
    """Take a member's answer, once: what is allowed is added to what the member allowed before.

    Raises: ConsentRequestOver; ApplicationUnknown and as `grant_rules.check_request` if the
    application has changed meanwhile.
    """
    kept = grant_store.load_request(tx.sql, command.ticket)
    over = kept is None or kept.decided_at is not None or kept.expires_at <= tx.now
    if kept is None or over or kept.member_id != command.member_id:
        raise ConsentRequestOver
    check_request(tx, kept.request)
    grant_store.save_decided(tx.sql, kept.ticket, tx.now_us)
    asked = kept.request
    if command.allow:
        consent = _allow(tx, kept.member_id, asked)
        until = tx.now + timedelta(seconds=CODE_S)
        code = Code(
            command.code,
            asked.application_id,
            consent.id,
            asked.redirect_uri,
            asked.challenge,
            asked.scopes,
            until,
            None,
        )
        grant_store.insert_code(tx.sql, code)
    return Decided(command.allow, asked.redirect_uri, asked.state)


def _allow(tx: Tx, member_id: MemberId, asked: Request) -> Consent:
    before = grant_store.load_live_consent(tx.sql, member_id, asked.application_id)
    if before is None:
        consent = Consent(
            ConsentId(tx.new_id()),
            asked.application_id,
            member_id,
            asked.scopes,
            tx.now,
            None,
            None,
        )
        grant_store.insert_consent(tx.sql, consent)
    else:
        consent = replace(before, scopes=tuple(sorted({*before.scopes, *asked.scopes})))
        grant_store.save_consent(tx.sql, consent)
    body = {"application_id": asked.application_id, "scopes": consent.scopes}
    tx.emit("partners.consent_given", member_id, body)
    return consent


def consents_of(tx: Tx, query: ConsentQuery) -> list[ConsentShown]:
    """Return what a member lets applications do, the youngest first."""
    return grant_store.load_consents(tx.sql, query.member_id, withdrawn=query.withdrawn)


def withdraw_consent(tx: Tx, command: WithdrawConsent) -> Consent:
    """Take back a consent: every token that came from it counts for nothing. Again is harmless.

    Raises: ConsentUnknown, for another member's too.
    """
    before = grant_store.load_consent(tx.sql, command.consent_id)
    if before is None or before.member_id != command.member_id:
        raise ConsentUnknown(command.consent_id)
    if before.withdrawn_at is not None:
        return before
    after = replace(before, withdrawn_at=tx.now)
    grant_store.save_consent(tx.sql, after)
    grant_store.revoke_grants_of(tx.sql, after.id, WITHDRAWN, tx.now_us)
    body = {"application_id": after.application_id}
    tx.emit("partners.consent_withdrawn", after.member_id, body)
    return after


def note_use(tx: Tx, command: NoteUse) -> None:
    """Note when a consent was last used, if it is still there."""
    found = grant_store.load_consent(tx.sql, command.consent_id)
    if found is not None and found.withdrawn_at is None:
        grant_store.save_consent(tx.sql, replace(found, used_at=tx.now))


def watchers(tx: Tx, member_ids: Sequence[MemberId]) -> dict[MemberId, list[ApplicationId]]:
    """Return the applications that may learn of what happens to members, each in order of id.

    They are the member's own, and those that the member lets read something.
    """
    found: dict[MemberId, set[ApplicationId]] = {member: set() for member in member_ids}
    for member, application in service.owned_by(tx, member_ids):
        found[member].add(application)
    sandbox = service.is_sandbox(tx)
    states = [state.value for state in ApplicationState if rules.may_call(state, sandbox)]
    for member, application, scopes in grant_store.load_allowed(tx.sql, member_ids, states):
        if READING & set(scopes):
            found[member].add(application)
    return {member: sorted(ids) for member, ids in found.items()}

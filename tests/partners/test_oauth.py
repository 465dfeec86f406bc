"""OAuth 2.1: clients that prove themselves, codes, tokens; and all that is refused."""

from __future__ import annotations

import base64
import json

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey

from support.both_homes import only_files
from support.partner_town import (
    ASSERTION,
    BACK,
    ISSUER,
    OPERATOR,
    SCOPES,
    VERIFIER,
    pem,
    private_key,
    query_of,
)
from venule import partners
from venule.kit.events import events_after
from venule.members import MemberKind
from venule.partners import (
    ApplicationUnknown,
    AuthorizeFailed,
    ChangeRedirects,
    ChangeScopes,
    ClientNotProven,
    ConsentQuery,
    ConsentRequestOver,
    ConsentUnknown,
    GrantInvalid,
    GrantNotForClient,
    GrantTypeUnknown,
    KeyUse,
    RequestUnfit,
    RevokeKey,
    ScopeTooWide,
    Suspend,
    TokenUnknown,
    UsedBefore,
    WithdrawConsent,
)

CLIENT = {"grant_type": "client_credentials"}


def kept_text(town) -> str:
    """Everything that the room keeps, as text."""
    tables = "partner_token", "partner_code", "partner_request", "partner_once", "event", "job"
    return str([town.read(lambda tx, t=t: tx.sql.rows(f"SELECT * FROM {t}")) for t in tables])


# An application by itself


def test_an_application_gets_a_token_for_itself(town, partner):
    answer = town.tokens(partner, **CLIENT)
    assert ("Bearer", 600, "") == (answer.token_type, answer.expires_in, answer.refresh_token)
    assert " ".join(sorted(SCOPES)) == answer.scope
    caller = town.bearer(answer.access_token)
    assert (partner.id, town.shop, None) == (
        caller.application_id,
        caller.owner_id,
        caller.member_id,
    )
    assert frozenset(SCOPES) == caller.scopes
    assert answer.access_token not in kept_text(town)


def test_it_may_want_less_and_not_more(town, partner):
    answer = town.tokens(partner, **CLIENT, scope="payments.read payments.read")
    assert "payments.read" == answer.scope
    assert frozenset({"payments.read"}) == town.bearer(answer.access_token).scopes
    for scope in ("payments.read fund.write", "everything", ""):
        with pytest.raises(ScopeTooWide):
            town.tokens(partner, **CLIENT, scope=scope)


@pytest.mark.parametrize("alg", ["Ed25519", "EdDSA"])
def test_both_names_of_the_algorithm(town, partner, alg):
    sent = {**town.proof(partner, alg=alg), **CLIENT}
    assert town.do(town.service.oauth.token(sent)).access_token


def test_a_key_of_p256_proves_too(town):
    partner = town.partner(es256=True)
    assert town.tokens(partner, **CLIENT).access_token


def test_the_token_is_over_after_ten_minutes(town, partner):
    token = town.tokens(partner, **CLIENT).access_token
    town.wait(seconds=599)
    assert town.bearer(token)
    town.wait(seconds=1)
    with pytest.raises(TokenUnknown):
        town.bearer(token)


@only_files
@pytest.mark.parametrize("token", ["", "x", "vat_é", "vat_" + "a" * 200, "vat_" + "0" * 43])
def test_what_is_no_token(town, token):
    with pytest.raises(TokenUnknown):
        town.bearer(token)
    assert ["token-unknown"] == [event.seen for event in town.service.events]


def test_scopes_of_a_token_follow_those_of_its_application(town, partner):
    token = town.tokens(partner, **CLIENT).access_token
    command = ChangeScopes(partner.id, ("payments.read", "fund.read"), OPERATOR)
    town.run(partners.change_scopes, command)
    assert frozenset({"payments.read"}) == town.bearer(token).scopes


def test_a_token_of_an_application_that_is_stopped(town, partner):
    token = town.tokens(partner, **CLIENT).access_token
    town.run(partners.suspend, Suspend(partner.id, "odd", OPERATOR))
    with pytest.raises(TokenUnknown):
        town.bearer(token)
    with pytest.raises(GrantNotForClient):
        town.tokens(partner, **CLIENT)


def test_what_was_looked_up_is_remembered_two_seconds(town, partner):
    token = town.tokens(partner, **CLIENT).access_token
    assert town.bearer(token)
    town.run(partners.suspend, Suspend(partner.id, "odd", OPERATOR))
    assert town.bearer(token)
    town.wait(seconds=2)
    with pytest.raises(TokenUnknown):
        town.bearer(token)


# Assertions


@only_files
@pytest.mark.parametrize(
    "how",
    [
        {"aud": "https://other.example"},
        {"aud": f"{ISSUER}/"},
        {"aud": [f"{ISSUER}/oauth/revoke"]},
        {"without": "aud"},
        {"iss": "another"},
        {"sub": "another"},
        {"without": "iss"},
        {"without": "sub"},
        {"without": "exp"},
        {"without": "jti"},
        {"jti": ""},
        {"jti": "x" * 129},
        {"jti": 7},
        {"exp": 0},
        {"exp": "soon"},
        {"exp": True},
        {"exp": 10**30},
        {"kid": "another"},
        {"private": private_key("a thief's")},
    ],
    ids=lambda how: "a thief's" if "private" in how else str(how),
)
def test_an_assertion_that_does_not_hold(town, partner, how):
    with pytest.raises(ClientNotProven):
        town.do(town.service.oauth.token({**town.proof(partner, **how), **CLIENT}))
    assert ["oauth-client-not-proven"] == [event.seen for event in town.service.events]


@only_files
@pytest.mark.parametrize(
    "seconds, taken", [(-1, False), (0, False), (1, True), (330, True), (331, False)]
)
def test_an_assertion_is_short_lived(town, partner, seconds, taken):
    exp = int(town.later(seconds=seconds).timestamp())
    sent = {**town.proof(partner, exp=exp), **CLIENT}
    if taken:
        assert town.do(town.service.oauth.token(sent))
    else:
        with pytest.raises(ClientNotProven):
            town.do(town.service.oauth.token(sent))


@only_files
@pytest.mark.parametrize("name", ["iat", "nbf"])
def test_an_assertion_from_the_future(town, partner, name):
    at = int(town.later(seconds=31).timestamp())
    with pytest.raises(ClientNotProven):
        town.do(town.service.oauth.token({**town.proof(partner, **{name: at}), **CLIENT}))


@only_files
@pytest.mark.parametrize("aud", [f"{ISSUER}/oauth/token", [ISSUER], ["x", ISSUER]])
def test_who_an_assertion_is_for(town, partner, aud):
    assert town.do(town.service.oauth.token({**town.proof(partner, aud=aud), **CLIENT}))


def test_the_key_need_not_be_named(town, partner):
    assert town.do(town.service.oauth.token({**town.proof(partner, kid=None), **CLIENT}))


def test_an_assertion_counts_once_everywhere(town, partner):
    sent = {**town.proof(partner), **CLIENT}
    town.do(town.service.oauth.token(sent))
    for service in (town.service, town.new_service()):
        with pytest.raises(UsedBefore):
            town.do(service.oauth.token(sent))
    town.reopen()
    with pytest.raises(UsedBefore):
        town.do(town.service.oauth.token(sent))


def test_another_assertion_with_the_same_jti(town, partner):
    town.do(town.service.oauth.token({**town.proof(partner, jti="j"), **CLIENT}))
    with pytest.raises(UsedBefore):
        town.do(town.service.oauth.token({**town.proof(partner, jti="j"), **CLIENT}))


def forged(town, partner, header):
    """An assertion whose header is of one's own making."""
    claims = town.assertion(partner).split(".")[1]
    part = base64.urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=").decode()
    return f"{part}.{claims}.{town.assertion(partner).split('.')[2]}"


@only_files
@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "RS256"},
        {"alg": "ES256"},
        {"alg": 5},
        {},
        {"alg": "Ed25519", "crit": ["b64"], "b64": False},
        {"alg": "Ed25519", "jwk": {"kty": "OKP"}},
    ],
    ids=str,
)
def test_a_header_that_names_another_algorithm(town, partner, header):
    text = forged(town, partner, {**header, "kid": str(partner.assertion_key.id)})
    sent = {"client_assertion_type": ASSERTION, "client_assertion": text, **CLIENT}
    with pytest.raises(ClientNotProven):
        town.do(town.service.oauth.token(sent))


def test_a_public_key_is_no_secret(town, partner):
    now = int(town.clock.now().timestamp())
    claims = {"iss": str(partner.id), "sub": str(partner.id), "aud": ISSUER}
    claims |= {"exp": now + 60, "jti": "j"}
    key = OctKey.import_key(partner.assertion_private.public_key().public_bytes_raw())
    header = {"alg": "HS256", "kid": str(partner.assertion_key.id)}
    text = jwt.encode(header, claims, key, algorithms=["HS256"])
    sent = {"client_assertion_type": ASSERTION, "client_assertion": text, **CLIENT}
    with pytest.raises(ClientNotProven):
        town.do(town.service.oauth.token(sent))


@only_files
@pytest.mark.parametrize("text", ["", "a.b", "a.b.c", "..", "é.é.é", "e30.e30.e30", "x" * 5_000])
def test_what_is_no_assertion(town, partner, text):
    sent = {"client_assertion_type": ASSERTION, "client_assertion": text, **CLIENT}
    with pytest.raises(ClientNotProven):
        town.do(town.service.oauth.token(sent))


def test_an_assertion_needs_its_type_and_the_same_client(town, partner):
    with pytest.raises(ClientNotProven):
        town.tokens(partner, **CLIENT, client_assertion_type="another")
    with pytest.raises(ClientNotProven):
        town.tokens(partner, **CLIENT, client_id=str(town.shop))
    assert town.tokens(partner, **CLIENT, client_id=str(partner.id))


def test_a_key_that_is_over_proves_nothing(town, partner):
    town.run(partners.revoke_key, RevokeKey(partner.id, partner.assertion_key.id, "stolen"))
    for kid in ("", None):
        with pytest.raises(ClientNotProven):
            town.do(town.service.oauth.token({**town.proof(partner, kid=kid), **CLIENT}))
    private = private_key("short")
    key = town.add_key(
        partner.id, pem(private), KeyUse.ASSERTION, expires_at=town.later(seconds=60)
    )
    how = {"private": private, "kid": str(key.id)}
    assert town.do(town.service.oauth.token({**town.proof(partner, **how), **CLIENT}))
    town.wait(seconds=60)
    with pytest.raises(ClientNotProven, match="expired"):
        town.do(town.service.oauth.token({**town.proof(partner, **how), **CLIENT}))


def test_a_key_for_requests_proves_no_client(town, partner):
    how = {"private": partner.request_private, "kid": str(partner.request_key.id)}
    with pytest.raises(ClientNotProven):
        town.do(town.service.oauth.token({**town.proof(partner, **how), **CLIENT}))


def test_a_key_of_another_application_proves_not_this_one(town, partner):
    other = town.partner(name="Another")
    how = {"private": other.assertion_private, "kid": str(other.assertion_key.id)}
    with pytest.raises(ClientNotProven):
        town.do(town.service.oauth.token({**town.proof(partner, **how), **CLIENT}))


def test_an_unknown_grant(town, partner):
    for kind in ("password", "implicit", ""):
        with pytest.raises(GrantTypeUnknown):
            town.tokens(partner, grant_type=kind)


# A member lets an application act


def test_from_the_page_to_the_tokens(town, partner):
    oauth = town.service.oauth
    asked = town.do(oauth.ask(town.wish(partner), town.buyer))
    assert ("Shop helper", ("payments.read", "payments.write")) == (
        asked.application.name,
        asked.request.scopes,
    )
    location = town.do(oauth.decide(asked.ticket, town.buyer, True))
    assert location.startswith(f"{BACK}&")
    query = query_of(location)
    assert ("state 1", ISSUER) == (query["state"], query["iss"])
    answer = town.exchange(partner, query["code"])
    caller = town.bearer(answer.access_token)
    assert (town.buyer, town.buyer) == (caller.member_id, caller.acts_for)
    assert frozenset({"payments.read", "payments.write"}) == caller.scopes
    kept = kept_text(town)
    for secret in (query["code"], answer.access_token, answer.refresh_token, asked.ticket):
        assert secret
        assert secret not in kept


def test_a_member_who_says_no(town, partner):
    oauth = town.service.oauth
    asked = town.do(oauth.ask(town.wish(partner), town.buyer))
    query = query_of(town.do(oauth.decide(asked.ticket, town.buyer, False)))
    assert ("access_denied", "state 1", ISSUER) == (query["error"], query["state"], query["iss"])
    assert [] == town.read(partners.consents_of, ConsentQuery(town.buyer))


def test_a_page_is_answered_once_by_its_member_in_time(town, partner):
    oauth = town.service.oauth
    asked = town.do(oauth.ask(town.wish(partner), town.buyer))
    with pytest.raises(ConsentRequestOver):
        town.do(oauth.decide(asked.ticket, town.shop, True))
    town.do(oauth.decide(asked.ticket, town.buyer, True))
    with pytest.raises(ConsentRequestOver):
        town.do(oauth.decide(asked.ticket, town.buyer, True))
    with pytest.raises(ConsentRequestOver):
        town.do(oauth.decide("guessed", town.buyer, True))
    late = town.do(oauth.ask(town.wish(partner), town.buyer))
    town.wait(seconds=600)
    with pytest.raises(ConsentRequestOver):
        town.do(oauth.decide(late.ticket, town.buyer, True))


def test_a_page_whose_application_has_changed_meanwhile(town, partner):
    oauth = town.service.oauth
    asked = town.do(oauth.ask(town.wish(partner), town.buyer))
    town.run(partners.change_redirects, ChangeRedirects(partner.id, ("https://b.example/",)))
    with pytest.raises(RequestUnfit):
        town.do(oauth.decide(asked.ticket, town.buyer, True))


@only_files
@pytest.mark.parametrize(
    "uri",
    [
        "-",
        "https://evil.example/",
        BACK + "x",
        BACK[:-1],
        BACK.replace("https", "HTTPS"),
        BACK + "#",
    ],
)
def test_no_browser_is_sent_where_nobody_has_registered(town, partner, uri):
    with pytest.raises(RequestUnfit):
        town.do(town.service.oauth.ask(town.wish(partner, redirect_uri=uri), town.buyer))


@only_files
@pytest.mark.parametrize("client", ["-", "x", "00000000-0000-7000-8000-000000000000"])
def test_no_browser_is_sent_for_nobody(town, partner, client):
    with pytest.raises((RequestUnfit, ApplicationUnknown)):
        town.do(town.service.oauth.ask(town.wish(partner, client_id=client), town.buyer))


@only_files
@pytest.mark.parametrize(
    "changed, error",
    [
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "-"}, "unsupported_response_type"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": "-"}, "invalid_request"),
        ({"code_challenge": "-"}, "invalid_request"),
        ({"code_challenge": "x" * 42}, "invalid_request"),
        ({"state": "-"}, "invalid_request"),
        ({"scope": "-"}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "fund.write"}, "invalid_scope"),
        ({"scope": "everything"}, "invalid_scope"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_of_a_member(town, partner, changed, error):
    with pytest.raises(AuthorizeFailed) as raised:
        town.do(town.service.oauth.ask(town.wish(partner, **changed), town.buyer))
    assert raised.value.location.startswith(f"{BACK}&error=")
    query = query_of(raised.value.location)
    assert (error, ISSUER) == (query["error"], query["iss"])
    assert changed.get("state") == "-" or query["state"] == "state 1"


def test_a_member_is_not_asked_for_what_is_not_theirs_to_give(town):
    partner = town.partner("members.write", "payments.read", "webhooks.manage")
    for scope in ("members.write", "webhooks.manage"):
        with pytest.raises(AuthorizeFailed):
            town.do(town.service.oauth.ask(town.wish(partner, scope=scope), town.buyer))


def test_a_stopped_application_asks_nobody(town, partner):
    town.run(partners.suspend, Suspend(partner.id, "odd", OPERATOR))
    with pytest.raises(AuthorizeFailed) as raised:
        town.do(town.service.oauth.ask(town.wish(partner), town.buyer))
    assert "unauthorized_client" == query_of(raised.value.location)["error"]


# Codes


@pytest.mark.parametrize(
    "changed",
    [
        {"code_verifier": VERIFIER[:-1] + "y"},
        {"redirect_uri": "https://shop.example/other"},
        {"code": "guessed"},
    ],
    ids=str,
)
def test_a_code_with_something_wrong(town, partner, changed):
    code = town.allow(partner)
    with pytest.raises(GrantInvalid):
        town.exchange(partner, code, **changed)
    assert town.exchange(partner, code).access_token


@pytest.mark.parametrize("name", ["code", "redirect_uri", "code_verifier"])
def test_a_code_with_something_missing(town, partner, name):
    code = town.allow(partner)
    with pytest.raises(RequestUnfit):
        town.exchange(partner, code, **{name: ""})


def test_a_challenge_is_no_verifier(town, partner):
    code = town.allow(partner)
    challenge = town.wish(partner)["code_challenge"]
    with pytest.raises(GrantInvalid):
        town.exchange(partner, code, code_verifier=challenge)


def test_a_code_lives_a_minute(town, partner):
    code = town.allow(partner)
    town.wait(seconds=59)
    assert town.exchange(partner, code)
    code = town.allow(partner)
    town.wait(seconds=60)
    with pytest.raises(GrantInvalid):
        town.exchange(partner, code)


def test_a_code_is_its_applications(town, partner):
    code = town.allow(partner)
    other = town.partner(name="Another")
    with pytest.raises(GrantInvalid):
        town.exchange(other, code)
    assert town.exchange(partner, code)
    with pytest.raises(GrantInvalid):
        town.exchange(other, code)
    assert town.bearer(town.exchange(partner, town.allow(partner)).access_token)


def test_a_code_that_comes_twice_ends_what_it_gave(town, partner):
    code = town.allow(partner)
    first = town.exchange(partner, code)
    assert town.bearer(first.access_token)
    with pytest.raises(GrantInvalid):
        town.exchange(partner, code)
    with pytest.raises(TokenUnknown):
        town.bearer(first.access_token)
    with pytest.raises(GrantInvalid):
        town.tokens(partner, grant_type="refresh_token", refresh_token=first.refresh_token)
    names = [event.name for event in town.read(lambda tx: events_after(tx.sql, 0))]
    assert 1 == names.count("partners.grant_ended")


def test_a_code_whose_consent_was_withdrawn(town, partner):
    code = town.allow(partner)
    (shown,) = town.read(partners.consents_of, ConsentQuery(town.buyer))
    town.run(partners.withdraw_consent, WithdrawConsent(town.buyer, shown.consent.id))
    with pytest.raises(GrantInvalid):
        town.exchange(partner, code)


# Refresh tokens


def renewed(town, partner, token, **params):
    return town.tokens(partner, grant_type="refresh_token", refresh_token=token, **params)


def test_a_refresh_token_is_changed_for_the_next(town, partner):
    first = town.exchange(partner, town.allow(partner))
    town.wait(seconds=700)
    second = renewed(town, partner, first.refresh_token)
    assert town.buyer == town.bearer(second.access_token).member_id
    third = renewed(town, partner, second.refresh_token)
    assert 3 == len({each.refresh_token for each in (first, second, third)})


def test_a_refresh_token_that_comes_twice_ends_its_family(town, partner):
    first = town.exchange(partner, town.allow(partner))
    second = renewed(town, partner, first.refresh_token)
    assert town.bearer(second.access_token)
    with pytest.raises(GrantInvalid):
        renewed(town, partner, first.refresh_token)
    with pytest.raises(TokenUnknown):
        town.bearer(second.access_token)
    with pytest.raises(GrantInvalid):
        renewed(town, partner, second.refresh_token)
    other = town.exchange(partner, town.allow(partner))
    assert town.bearer(other.access_token)


def test_a_refresh_token_asks_for_nothing(town, partner):
    refresh = town.exchange(partner, town.allow(partner)).refresh_token
    with pytest.raises(TokenUnknown):
        town.bearer(refresh)


def test_what_refreshes_nothing(town, partner):
    first = town.exchange(partner, town.allow(partner))
    other = town.partner(name="Another")
    with pytest.raises(GrantInvalid):
        renewed(town, other, first.refresh_token)
    for token in (first.access_token, "guessed", town.tokens(partner, **CLIENT).access_token):
        with pytest.raises(GrantInvalid):
            renewed(town, partner, token)
    with pytest.raises(RequestUnfit):
        renewed(town, partner, "")
    assert renewed(town, partner, first.refresh_token)


def test_a_refresh_token_lives_a_month_after_it_was_given(town, partner):
    first = town.exchange(partner, town.allow(partner))
    town.wait(days=29)
    second = renewed(town, partner, first.refresh_token)
    town.wait(days=30)
    with pytest.raises(GrantInvalid):
        renewed(town, partner, second.refresh_token)


def test_a_refresh_may_narrow_one_token_and_widen_none(town, partner):
    first = town.exchange(partner, town.allow(partner))
    with pytest.raises(ScopeTooWide):
        renewed(town, partner, first.refresh_token, scope="payments.read statements.read")
    second = renewed(town, partner, first.refresh_token, scope="payments.read")
    assert "payments.read" == second.scope
    assert frozenset({"payments.read"}) == town.bearer(second.access_token).scopes
    assert "payments.read payments.write" == renewed(town, partner, second.refresh_token).scope


# Revocation and introspection


def test_an_access_token_is_revoked_at_once(town, partner):
    first = town.exchange(partner, town.allow(partner))
    assert town.bearer(first.access_token)
    oauth = town.service.oauth
    town.do(oauth.revoke({**town.proof(partner), "token": first.access_token}))
    with pytest.raises(TokenUnknown):
        town.bearer(first.access_token)
    assert renewed(town, partner, first.refresh_token)


def test_a_refresh_token_is_revoked_with_its_family(town, partner):
    first = town.exchange(partner, town.allow(partner))
    town.do(
        town.service.oauth.revoke(
            {**town.proof(partner, aud=f"{ISSUER}/oauth/revoke"), "token": first.refresh_token}
        )
    )
    with pytest.raises(TokenUnknown):
        town.bearer(first.access_token)
    with pytest.raises(GrantInvalid):
        renewed(town, partner, first.refresh_token)


def test_nobody_revokes_what_is_not_theirs(town, partner):
    token = town.tokens(partner, **CLIENT).access_token
    other = town.partner(name="Another")
    for each in (token, "guessed"):
        town.do(town.service.oauth.revoke({**town.proof(other), "token": each}))
    assert town.bearer(token)


def test_a_client_may_ask_what_its_tokens_are(town, partner):
    oauth = town.service.oauth
    first = town.exchange(partner, town.allow(partner))
    now = int(town.clock.now().timestamp())
    found = town.do(oauth.introspect({**town.proof(partner), "token": first.access_token}))
    assert found == partners.Introspected(
        True,
        "payments.read payments.write",
        str(partner.id),
        str(town.buyer),
        "Bearer",
        now,
        now + 600,
        ISSUER,
    )
    other = town.partner(name="Another")
    town.wait(seconds=600)
    for who, token in (
        (other, first.refresh_token),
        (partner, "guessed"),
        (partner, first.access_token),
    ):
        found = town.do(oauth.introspect({**town.proof(who), "token": token}))
        assert partners.Introspected(False) == found


# Consents


def test_a_member_sees_what_it_allows(town, partner):
    town.allow(partner, scope="payments.read")
    town.wait(days=1)
    code = town.allow(partner, scope="statements.read")
    (shown,) = town.read(partners.consents_of, ConsentQuery(town.buyer))
    consent = shown.consent
    assert ("Shop helper", ("payments.read", "statements.read")) == (
        shown.application,
        consent.scopes,
    )
    assert (town.later(days=-1), None, None) == (
        consent.given_at,
        consent.withdrawn_at,
        consent.used_at,
    )
    token = town.exchange(partner, code).access_token
    assert frozenset({"statements.read"}) == town.bearer(token).scopes
    (shown,) = town.read(partners.consents_of, ConsentQuery(town.buyer))
    assert town.clock.now() == shown.consent.used_at
    assert [] == town.read(partners.consents_of, ConsentQuery(town.shop))


def test_the_last_use_is_noted_by_the_hour(town, partner):
    def used():
        (shown,) = town.read(partners.consents_of, ConsentQuery(town.buyer))
        return shown.consent.used_at

    answer = town.exchange(partner, town.allow(partner))
    first = town.clock.now()
    town.bearer(answer.access_token)
    town.wait(seconds=500)
    town.bearer(answer.access_token)
    assert first == used()
    answer = renewed(town, partner, answer.refresh_token)
    town.wait(seconds=500)
    answer = renewed(town, partner, answer.refresh_token)
    town.wait(seconds=2_600)
    answer = renewed(town, partner, answer.refresh_token)
    town.bearer(answer.access_token)
    assert town.clock.now() == used()


def test_what_is_withdrawn_counts_no_more(town, partner):
    first = town.exchange(partner, town.allow(partner))
    assert town.bearer(first.access_token)
    (shown,) = town.read(partners.consents_of, ConsentQuery(town.buyer))
    with pytest.raises(ConsentUnknown):
        town.run(partners.withdraw_consent, WithdrawConsent(town.shop, shown.consent.id))
    command = WithdrawConsent(town.buyer, shown.consent.id)
    over = town.run(partners.withdraw_consent, command)
    town.service.authenticator.forget()
    town.wait(seconds=1)
    assert over == town.run(partners.withdraw_consent, command)
    with pytest.raises(TokenUnknown):
        town.bearer(first.access_token)
    with pytest.raises(GrantInvalid):
        renewed(town, partner, first.refresh_token)
    assert [] == town.read(partners.consents_of, ConsentQuery(town.buyer))
    (gone,) = town.read(partners.consents_of, ConsentQuery(town.buyer, withdrawn=True))
    assert over.withdrawn_at == gone.consent.withdrawn_at


def test_who_allows_again_gives_old_tokens_no_new_life(town, partner):
    first = town.exchange(partner, town.allow(partner))
    (shown,) = town.read(partners.consents_of, ConsentQuery(town.buyer))
    town.run(partners.withdraw_consent, WithdrawConsent(town.buyer, shown.consent.id))
    second = town.exchange(partner, town.allow(partner))
    assert town.bearer(second.access_token)
    with pytest.raises(TokenUnknown):
        town.bearer(first.access_token)


def test_who_may_learn_of_a_member(town, partner):
    other = town.partner(name="Another")
    stranger = town.member(MemberKind.PERSON)
    assert {town.shop: sorted([partner.id, other.id]), town.buyer: [], stranger: []} == town.read(
        partners.watchers, [town.shop, town.buyer, stranger]
    )
    town.allow(partner, scope="payments.write")
    assert {town.buyer: []} == town.read(partners.watchers, [town.buyer])
    town.allow(partner, scope="payments.read")
    assert {town.buyer: [partner.id]} == town.read(partners.watchers, [town.buyer])
    town.run(partners.change_scopes, ChangeScopes(partner.id, ("payments.write",), OPERATOR))
    assert {town.buyer: []} == town.read(partners.watchers, [town.buyer])
    town.run(partners.change_scopes, ChangeScopes(partner.id, SCOPES, OPERATOR))
    (shown,) = town.read(partners.consents_of, ConsentQuery(town.buyer))
    town.run(partners.withdraw_consent, WithdrawConsent(town.buyer, shown.consent.id))
    town.run(partners.suspend, Suspend(other.id, "odd", OPERATOR))
    assert {town.buyer: [], town.shop: [partner.id]} == town.read(
        partners.watchers, [town.buyer, town.shop]
    )
    assert {} == town.read(partners.watchers, [])


# Housekeeping and metadata


def test_what_is_long_over_is_purged(town, partner):
    town.exchange(partner, town.allow(partner))
    town.tokens(partner, **CLIENT)
    town.wait(days=38)
    fresh = town.exchange(partner, town.allow(partner))
    before = town.clock.now().timestamp() - 7 * 86_400
    assert 5 == town.run(partners.purge_grants, int(before * 1_000_000))
    assert 0 == town.run(partners.purge_grants, int(before * 1_000_000))
    assert town.bearer(fresh.access_token)


@only_files
def test_the_server_says_what_it_can_do(town):
    said = town.service.oauth.metadata()
    assert ISSUER == said["issuer"]
    assert f"{ISSUER}/oauth/token" == said["token_endpoint"]
    assert ["S256"] == said["code_challenge_methods_supported"]
    assert ["private_key_jwt"] == said["token_endpoint_auth_methods_supported"]
    assert "ES256" in said["revocation_endpoint_auth_signing_alg_values_supported"]
    assert said["authorization_response_iss_parameter_supported"] is True

"""Applications and their keys: sign up, ask, admit; what may be added and what not."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64encode
from importlib.resources import files

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key as generate_rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from joserfc.jwk import ECKey, OKPKey

from support.both_homes import only_files
from support.partner_town import BACK, OPERATOR, SCOPES, pem, private_key
from venule import partners
from venule.kit.errors import BadInput
from venule.kit.events import events_after
from venule.members import MemberKind, MemberUnknown
from venule.partners import (
    SCOPES as TABLE,
)
from venule.partners import (
    TRANSITIONS,
    Admit,
    ApplicationEvent,
    ApplicationQuery,
    ApplicationState,
    ApplicationTransitionIllegal,
    ApplicationUnknown,
    AskProduction,
    BindOwner,
    ChangeRedirects,
    ChangeScopes,
    CloseApplication,
    KeySpanWrong,
    KeyTaken,
    KeyUnknown,
    KeyUse,
    OwnerMissing,
    OwnerUnfit,
    PublicKeyUnfit,
    RedirectUnfit,
    Refuse,
    Resume,
    RevokeKey,
    SandboxTooLate,
    ScopeUnknown,
    SetUpSandbox,
    SignUp,
    Suspend,
    TooManyKeys,
)
from venule.partners.model import KeyAlg, Once, TokenKind
from venule.partners.public_keys import read_public_key
from venule.partners.states import FINAL_STATES, advance

MIGRATION = files("venule.partners").joinpath("migrations/0001_partners.sql").read_text("utf-8")


# States


@pytest.mark.parametrize("state", ApplicationState)
@pytest.mark.parametrize("event", ApplicationEvent)
def test_every_pair_is_legal_or_refused(state, event):
    if (state, event) in TRANSITIONS:
        assert advance(state, event) is TRANSITIONS[state, event]
    else:
        with pytest.raises(ApplicationTransitionIllegal):
            advance(state, event)


def test_every_state_is_reached_and_a_final_one_has_no_way_out():
    reached = {ApplicationState.SANDBOX}
    while more := {TRANSITIONS[s, e] for s, e in TRANSITIONS if s in reached} - reached:
        reached |= more
    assert set(ApplicationState) == reached
    assert set(ApplicationEvent) == {event for _, event in TRANSITIONS}
    assert FINAL_STATES == set(ApplicationState) - {state for state, _ in TRANSITIONS}


def test_nobody_is_admitted_but_by_an_operator():
    ways = {pair for pair, after in TRANSITIONS.items() if after is ApplicationState.ADMITTED}
    assert ways == {
        (ApplicationState.ASKED, ApplicationEvent.ADMIT),
        (ApplicationState.SUSPENDED, ApplicationEvent.RESUME),
    }
    to_suspended = {s for (s, _), after in TRANSITIONS.items() if after.value == "suspended"}
    assert {ApplicationState.ADMITTED} == to_suspended


@pytest.mark.parametrize(
    "table, column, values",
    [
        ("partner_application", "state", ApplicationState),
        ("partner_key", "key_use", KeyUse),
        ("partner_key", "alg", KeyAlg),
        ("partner_once", "kind", Once),
        ("partner_token", "kind", TokenKind),
    ],
)
def test_the_check_of_the_migration_has_the_same_list(table, column, values):
    body = re.search(rf"CREATE TABLE {table} \((.*?)\n\);", MIGRATION, re.DOTALL)[1]
    found = re.search(rf"CHECK \({column} IN \(([^)]*)\)\)", body)[1]
    assert [each.value for each in values] == re.findall(r"\w+", found)


# The way to production


def test_from_sign_up_to_production(town):
    it = town.sign_up("payments.read", "payments.write")
    assert (ApplicationState.SANDBOX, None, (BACK,)) == (it.state, it.owner_id, it.redirect_uris)
    assert ApplicationState.ASKED is town.run(partners.ask_production, AskProduction(it.id)).state
    with pytest.raises(OwnerMissing):
        town.run(partners.admit, Admit(it.id, SCOPES, OPERATOR))
    town.run(partners.bind_owner, BindOwner(it.id, town.shop, OPERATOR))
    town.run(partners.admit, Admit(it.id, ("payments.read",), OPERATOR))
    after = town.read(partners.application, it.id)
    assert (ApplicationState.ADMITTED, ("payments.read",)) == (after.state, after.scopes)
    assert (town.shop, OPERATOR) == (after.owner_id, after.decided_by)


def test_refused_and_asked_again(town):
    it = town.sign_up()
    town.run(partners.bind_owner, BindOwner(it.id, town.shop, OPERATOR))
    town.run(partners.ask_production, AskProduction(it.id))
    refused = town.run(partners.refuse, Refuse(it.id, "no address", OPERATOR))
    assert (ApplicationState.REFUSED, "no address") == (refused.state, refused.reason)
    town.run(partners.ask_production, AskProduction(it.id))
    town.run(partners.admit, Admit(it.id, SCOPES, OPERATOR))


def test_suspended_resumed_closed(town, partner):
    town.run(partners.suspend, Suspend(partner.id, "odd", OPERATOR))
    with pytest.raises(ApplicationTransitionIllegal):
        town.run(partners.ask_production, AskProduction(partner.id))
    after = town.run(partners.resume, Resume(partner.id, "fine", OPERATOR))
    assert ApplicationState.ADMITTED is after.state
    town.run(partners.close_application, CloseApplication(partner.id, "gone", OPERATOR))
    with pytest.raises(ApplicationTransitionIllegal):
        town.run(partners.resume, Resume(partner.id, "back", OPERATOR))


def test_all_is_told(town, partner):
    names = [each.name for each in town.read(lambda tx: events_after(tx.sql, 0))]
    mine = [name.removeprefix("partners.") for name in names if name.startswith("partners.")]
    assert ["signed_up", "owner_bound", "asked", "admitted", "key_added", "key_added"] == mine


def test_an_owner_is_a_merchant_and_stays(town):
    it = town.sign_up()
    with pytest.raises(OwnerUnfit):
        town.run(partners.bind_owner, BindOwner(it.id, town.buyer, OPERATOR))
    with pytest.raises(MemberUnknown):
        town.run(partners.bind_owner, BindOwner(it.id, it.id, OPERATOR))
    town.run(partners.bind_owner, BindOwner(it.id, town.shop, OPERATOR))
    town.run(partners.bind_owner, BindOwner(it.id, town.shop, OPERATOR))
    other = town.member(MemberKind.INSTITUTION)
    with pytest.raises(OwnerUnfit):
        town.run(partners.bind_owner, BindOwner(it.id, other, OPERATOR))


def test_nothing_is_allowed_that_was_not_wanted(town):
    it = town.run(partners.sign_up, SignUp("Least", "a@b.example"))
    assert () == it.scopes


@only_files
@pytest.mark.parametrize(
    "new",
    [
        SignUp("", "a@b.example"),
        SignUp(" spaces ", "a@b.example"),
        SignUp("line\nbreak", "a@b.example"),
        SignUp("n" * 65, "a@b.example"),
        SignUp("Name", ""),
        SignUp("Name", "c", ("payments.everything",)),
    ],
)
def test_what_cannot_be_signed_up(town, new):
    with pytest.raises(BadInput):
        town.run(partners.sign_up, new)
    assert [] == town.read(partners.applications, ApplicationQuery())


@only_files
@pytest.mark.parametrize(
    "uri",
    [
        "http://shop.example/back",
        "https://shop.example/back#part",
        "https://shop.example/ back",
        "https://name@shop.example/back",
        "https:///back",
        "https://shop.example",
        "javascript:alert(1)",
        "https://shop.example:port/",
        "http://localhost.shop.example/",
        "//shop.example/back",
        "https://shop.example/" + "x" * 500,
    ],
)
def test_where_no_browser_is_sent(town, uri):
    with pytest.raises(RedirectUnfit):
        town.run(partners.sign_up, SignUp("Name", "c", (), (uri,)))


def test_redirects_can_change(town):
    it = town.sign_up()
    uris = ("https://shop.example/a?b=c", "http://127.0.0.1:8080/back")
    assert uris == town.run(partners.change_redirects, ChangeRedirects(it.id, uris)).redirect_uris
    assert uris == town.read(partners.application, it.id).redirect_uris
    for wrong in ((uris[0], uris[0]), tuple(f"https://a.example/{n}" for n in range(11))):
        with pytest.raises(RedirectUnfit):
            town.run(partners.change_redirects, ChangeRedirects(it.id, wrong))


def test_scopes_are_those_of_the_table(town, partner):
    with pytest.raises(ScopeUnknown):
        town.run(partners.change_scopes, ChangeScopes(partner.id, ("all",), OPERATOR))
    every = tuple(reversed(TABLE))
    after = town.run(partners.change_scopes, ChangeScopes(partner.id, every, OPERATOR))
    assert tuple(sorted(TABLE)) == after.scopes


def test_applications_by_page(town):
    ids = [town.sign_up(name=f"Number {n}").id for n in range(5)]
    town.run(partners.ask_production, AskProduction(ids[3]))

    def page(**how):
        return [it.id for it in town.read(partners.applications, ApplicationQuery(**how))]

    assert ids[:2] == page(limit=2)
    assert ids[2:] == page(after=ids[1])
    assert [ids[3]] == page(state=ApplicationState.ASKED)
    assert ids[:1] == page(limit=-3)


def test_what_is_not_there(town):
    with pytest.raises(ApplicationUnknown):
        town.read(partners.application, town.shop)
    with pytest.raises(ApplicationUnknown):
        town.run(partners.ask_production, AskProduction(town.shop))
    assert town.read(partners.key_facts, town.shop) is None


def test_a_home_is_a_sandbox_from_the_first_or_never(make_town):
    sandbox = make_town(sandbox=True)
    sandbox.sign_up()
    sandbox.run(partners.set_up_sandbox, SetUpSandbox())
    assert sandbox.read(partners.is_sandbox)
    real = make_town()
    real.sign_up()
    with pytest.raises(SandboxTooLate):
        real.run(partners.set_up_sandbox, SetUpSandbox())
    assert not real.read(partners.is_sandbox)


# Keys


def coordinates(private, **changed):
    kind = ECKey if hasattr(private, "curve") else OKPKey
    return json.dumps({**kind.import_key(private.public_key()).as_dict(private=False), **changed})


def test_a_key_in_each_form_is_the_same_key():
    private = private_key("forms")
    raw = private.public_key().public_bytes_raw()
    forms = [pem(private), coordinates(private), urlsafe_b64encode(raw).decode().rstrip("=")]
    assert 1 == len({read_public_key(f" {form}\n") for form in forms})
    p256 = generate_private_key(SECP256R1())
    assert read_public_key(pem(p256)) == read_public_key(coordinates(p256))
    assert KeyAlg.ES256 is read_public_key(pem(p256)).alg


def private_pem(private):
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private.private_bytes(*form).decode()


UNFIT = {
    "nothing": "",
    "text": "no key",
    "short": urlsafe_b64encode(b"short").decode(),
    "long": "A" * 3_000,
    "private": private_pem(private_key("told")),
    "private jwk": json.dumps(OKPKey.import_key(private_key("told")).as_dict(private=True)),
    "rsa": pem(generate_rsa(65_537, 2_048)),
    "p384": pem(generate_private_key(SECP384R1())),
    "off the curve": coordinates(generate_private_key(SECP256R1()), y="A" * 43),
    "short x": coordinates(generate_private_key(SECP256R1()), x="AAAA"),
    "jwk of a secret": '{"kty": "oct", "k": "AAAA"}',
    "jwk that is none": '{"kty": ',
    "zero": urlsafe_b64encode(bytes(32)).decode(),
    "one": urlsafe_b64encode(bytes([1, *[0] * 31])).decode(),
    "order eight": urlsafe_b64encode(
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
    ).decode(),
    "order eight, other sign": urlsafe_b64encode(
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85")
    ).decode(),
}


@pytest.mark.parametrize("name", UNFIT)
def test_what_is_no_public_key_for_us(name):
    with pytest.raises(PublicKeyUnfit) as raised:
        read_public_key(UNFIT[name])
    assert not name.startswith("private") or "private" in raised.value.message


def test_requests_are_signed_by_ed25519_alone(town, partner):
    public = pem(generate_private_key(SECP256R1()))
    with pytest.raises(PublicKeyUnfit):
        town.add_key(partner.id, public)
    assert KeyAlg.ES256 is town.add_key(partner.id, public, KeyUse.ASSERTION).alg


def test_so_many_keys_and_no_more(town):
    it = town.sign_up().id
    keys = [town.add_key(it, pem(private_key(f"key {n}"))) for n in range(5)]
    with pytest.raises(TooManyKeys):
        town.add_key(it, pem(private_key("one more")))
    town.add_key(it, pem(private_key("another use")), KeyUse.ASSERTION)
    town.run(partners.revoke_key, RevokeKey(it, keys[0].id, "old"))
    town.add_key(it, pem(private_key("one more")))
    assert 7 == len(town.read(partners.keys, it))


def test_a_key_comes_once_even_when_it_was_revoked(town, partner):
    public = pem(partner.request_private)
    for _ in range(2):
        with pytest.raises(KeyTaken):
            town.add_key(partner.id, public)
        with pytest.raises(KeyTaken):
            town.add_key(partner.id, public, KeyUse.ASSERTION)
        command = RevokeKey(partner.id, partner.request_key.id, "stolen")
        revoked = town.run(partners.revoke_key, command)
        town.wait(seconds=9)
        assert revoked.revoked_at == town.run(partners.revoke_key, command).revoked_at


def test_a_key_is_revoked_by_its_own_application(town, partner):
    other = town.partner(name="Another")
    with pytest.raises(KeyUnknown):
        town.run(partners.revoke_key, RevokeKey(other.id, partner.request_key.id, "malice"))
    assert all(key.revoked_at is None for key in town.read(partners.keys, partner.id))


def test_a_key_is_not_over_before_it_begins(town, partner):
    public = pem(private_key("span"))
    for span in (
        {"expires_at": town.clock.now()},
        {"not_before": town.later(days=2), "expires_at": town.later(days=1)},
    ):
        with pytest.raises(KeySpanWrong):
            town.add_key(partner.id, public, **span)


@only_files
def test_the_words_of_scopes_are_whole(town):
    for name, scope in TABLE.items():
        assert name == scope.name
        assert scope.does
        assert scope.shown
        assert re.search(r"[\u4e00-\u9fff]", scope.shown_zh)
    assert {"members.read", "payments.read", "statements.read"} <= partners.READING

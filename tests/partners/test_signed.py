"""Signed requests, by a library that is not ours: what is taken, and all that is refused."""

from __future__ import annotations

import base64
import hashlib

import pytest
from http_message_signatures import algorithms
from msgspec.structs import replace

from support.both_homes import only_files
from support.partner_town import COVERED, ISSUER, OPERATOR, WITH_BODY, pem, private_key
from venule import partners
from venule.partners import (
    ApplicationMayNotCall,
    ChangeScopes,
    CloseApplication,
    DigestWrong,
    KeyUse,
    OriginNotOurs,
    RevokeKey,
    SignatureIncomplete,
    SignatureKeyOver,
    SignatureKeyUnknown,
    SignatureMalformed,
    SignatureMissing,
    SignatureOutOfTime,
    SignatureWrong,
    Suspend,
    UsedBefore,
    WireRequest,
)


def changed(request: WireRequest, name: str, value: str | None) -> WireRequest:
    """Change a field on the way, or drop it."""
    fields = [(key, value if key == name else old) for key, old in request.fields]
    return replace(request, fields=[(key, now) for key, now in fields if now is not None])


def test_a_signed_request_says_who_asks(town, partner):
    request = town.signed(partner)
    caller = town.ask(request)

    assert (partner.id, town.shop, None) == (
        caller.application_id,
        caller.owner_id,
        caller.member_id,
    )
    assert town.shop == caller.acts_for
    assert frozenset(partner.application.scopes) == caller.scopes
    assert request.field("signature") == caller.signature
    assert ["ok"] == [event.seen for event in town.service.events]


def test_a_request_without_body_needs_no_digest(town, partner):
    assert partner.id == town.ask(town.signed(partner, method="GET", body=b"")).application_id


def test_more_may_be_covered(town, partner):
    more = ("@path", "@query", "@scheme", "@request-target")
    assert town.ask(town.signed(partner, covered=(*WITH_BODY, *more)))


@only_files
@pytest.mark.parametrize(
    "url", [f"{ISSUER}/", f"{ISSUER}/?", f"{ISSUER}/a%2Fb;c?x=%E5%85%83&x=", f"{ISSUER}:443/v1"]
)
def test_addresses_are_signed_as_they_are_sent(town, partner, url):
    covered = (*WITH_BODY, "@path", "@query")
    assert town.ask(town.signed(partner, url=url, covered=covered))


def test_an_altered_body_is_refused(town, partner):
    request = replace(town.signed(partner), body=b'{"amount":"9.00"}')
    with pytest.raises(DigestWrong):
        town.ask(request)


def test_a_body_altered_with_its_digest_is_refused(town, partner):
    body = b'{"amount":"9.00"}'
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    request = replace(town.signed(partner), body=body)
    with pytest.raises(SignatureWrong):
        town.ask(changed(request, "content-digest", f"sha-256=:{digest}:"))


@only_files
@pytest.mark.parametrize(
    "name, value", [("idempotency-key", "k-2"), ("content-type", "text/plain")]
)
def test_an_altered_field_is_refused(town, partner, name, value):
    with pytest.raises(SignatureWrong):
        town.ask(changed(town.signed(partner), name, value))


def test_another_method_or_address_is_refused(town, partner):
    with pytest.raises(SignatureWrong):
        town.ask(replace(town.signed(partner), method="PUT"))
    with pytest.raises(SignatureWrong):
        town.ask(replace(town.signed(partner), url=f"{ISSUER}/v1/payments?dry=0"))


def test_what_was_meant_for_another_server_is_refused(town, partner):
    request = town.signed(partner, url="https://sandbox.example/v1/payments")
    with pytest.raises(OriginNotOurs):
        town.ask(request)
    with pytest.raises(SignatureWrong):
        town.ask(replace(request, url=f"{ISSUER}/v1/payments"))


@only_files
@pytest.mark.parametrize("left_out", WITH_BODY)
def test_what_must_be_covered_is_asked_for(town, partner, left_out):
    covered = tuple(name for name in WITH_BODY if name != left_out)
    with pytest.raises(SignatureIncomplete) as raised:
        town.ask(town.signed(partner, covered=covered))
    assert [left_out] == raised.value.missing


def test_a_body_cannot_be_added_to_a_request_without(town, partner):
    request = replace(town.signed(partner, body=b""), body=b"{}")
    with pytest.raises(SignatureIncomplete):
        town.ask(request)


def test_a_key_of_idempotency_cannot_be_added(town, partner):
    request = town.signed(partner, body=b"")
    with pytest.raises(SignatureIncomplete):
        town.ask(replace(request, fields=[*request.fields, ("idempotency-key", "mine")]))


def test_a_nonce_is_needed(town, partner):
    with pytest.raises(SignatureIncomplete):
        town.ask(town.signed(partner, nonce=None))


@only_files
@pytest.mark.parametrize("seconds, taken", [(-300, True), (-301, False), (30, True), (31, False)])
def test_a_signature_counts_for_a_while(town, partner, seconds, taken):
    request = town.signed(partner, created=town.later(seconds=seconds))
    if taken:
        assert town.ask(request)
    else:
        with pytest.raises(SignatureOutOfTime):
            town.ask(request)


def test_a_signature_that_has_expired_is_refused(town, partner):
    assert town.ask(town.signed(partner, expires=town.later(seconds=1)))
    with pytest.raises(SignatureOutOfTime):
        town.ask(town.signed(partner, expires=town.clock.now()))


def test_a_request_counts_once_in_a_process(town, partner):
    request = town.signed(partner)
    town.ask(request)
    with pytest.raises(UsedBefore):
        town.ask(request)


def test_a_request_counts_once_in_all_processes(town, partner):
    request = town.signed(partner)
    town.ask(request)
    with pytest.raises(UsedBefore):
        town.ask(request, town.new_service())


def test_a_request_counts_once_after_a_restart(town, partner):
    request = town.signed(partner)
    town.ask(request)
    town.reopen()
    with pytest.raises(UsedBefore):
        town.ask(request)


def test_a_nonce_is_of_its_application(town, partner):
    other = town.partner(name="Another")
    town.ask(town.signed(partner, nonce="the same"))
    assert town.ask(town.signed(other, nonce="the same"))
    with pytest.raises(UsedBefore):
        town.ask(town.signed(partner, nonce="the same", body=b"another"))


def test_who_cannot_sign_burns_no_nonce(town, partner):
    with pytest.raises(SignatureWrong):
        town.ask(town.signed(partner, nonce="n", private=private_key("a thief's")))
    assert town.ask(town.signed(partner, nonce="n"))


def test_old_nonces_are_forgotten_when_they_are_too_old_anyway(town, partner):
    def kept():
        return town.read(lambda tx: tx.sql.row("SELECT COUNT(*) FROM partner_once")[0])

    old = town.signed(partner)
    town.ask(old)
    town.wait(seconds=901)
    town.ask(town.signed(partner), town.new_service())
    assert 1 == kept()
    with pytest.raises(SignatureOutOfTime):
        town.ask(old, town.new_service())
    town.wait(seconds=899)
    town.ask(town.signed(partner), town.new_service())
    assert 2 == kept()


def test_a_key_that_is_revoked_counts_no_more(town, partner):
    town.ask(town.signed(partner))
    town.run(partners.revoke_key, RevokeKey(partner.id, partner.request_key.id, "stolen"))
    town.service.authenticator.forget()
    with pytest.raises(SignatureKeyOver):
        town.ask(town.signed(partner))


def test_another_process_hears_of_it_within_two_seconds(town, partner):
    town.ask(town.signed(partner))
    town.run(partners.revoke_key, RevokeKey(partner.id, partner.request_key.id, "stolen"))
    town.wait(seconds=2)
    with pytest.raises(SignatureKeyOver):
        town.ask(town.signed(partner))


def test_a_key_counts_in_its_span(town, partner):
    private = private_key("a short one")
    key = town.add_key(
        partner.id,
        pem(private),
        not_before=town.later(seconds=60),
        expires_at=town.later(seconds=120),
    )

    def ask():
        return town.ask(town.signed(partner, private=private, key_id=str(key.id)))

    with pytest.raises(SignatureKeyOver, match="not yet"):
        ask()
    town.wait(seconds=60)
    assert key.id == ask().key_id
    town.wait(seconds=60)
    with pytest.raises(SignatureKeyOver, match="expired"):
        ask()


@pytest.mark.parametrize("key_id", ["none", "00000000-0000-7000-8000-000000000000", ""])
def test_a_key_that_nobody_has_is_refused(town, partner, key_id):
    request = town.signed(partner, key_id=key_id or str(partner.request_key.id).upper())
    with pytest.raises(SignatureKeyUnknown):
        town.ask(request)


def test_the_key_of_another_application_does_not_fit(town, partner):
    other = town.partner(name="Another")
    with pytest.raises(SignatureWrong):
        town.ask(town.signed(partner, key_id=str(other.request_key.id)))


def test_a_key_for_assertions_signs_no_request(town, partner):
    request = town.signed(
        partner, private=partner.assertion_private, key_id=str(partner.assertion_key.id)
    )
    with pytest.raises(SignatureKeyUnknown):
        town.ask(request)


def test_the_public_key_is_no_shared_secret(town, partner):
    """The old trick: sign with HMAC, with the public key for the secret."""
    secret = partner.request_private.public_key().public_bytes_raw()
    for include_alg in (True, False):
        request = town.signed(
            partner, private=secret, algorithm=algorithms.HMAC_SHA256, include_alg=include_alg
        )
        with pytest.raises((SignatureMalformed, SignatureWrong)):
            town.ask(request)


def test_the_name_of_the_algorithm_may_be_left_out(town, partner):
    assert town.ask(town.signed(partner, include_alg=False))


def test_an_application_that_is_stopped_may_not_call(town, partner):
    town.run(partners.suspend, Suspend(partner.id, "complaints", OPERATOR))
    with pytest.raises(ApplicationMayNotCall):
        town.ask(town.signed(partner))
    town.run(partners.close_application, CloseApplication(partner.id, "gone", OPERATOR))
    town.service.authenticator.forget()
    with pytest.raises(ApplicationMayNotCall):
        town.ask(town.signed(partner))


def test_who_is_not_admitted_calls_in_a_sandbox_alone(make_town):
    for sandbox in (False, True):
        town = make_town(sandbox=sandbox)
        partner = town.partner()
        it = town.sign_up(name="New")
        private = private_key("new")
        key = town.add_key(it.id, pem(private))
        request = town.signed(partner, private=private, key_id=str(key.id))
        if sandbox:
            assert it.id == town.ask(request).application_id
        else:
            with pytest.raises(ApplicationMayNotCall):
                town.ask(request)


def test_scopes_that_are_taken_away_are_gone(town, partner):
    command = ChangeScopes(partner.id, ("payments.read",), OPERATOR)
    town.run(partners.change_scopes, command)
    caller = town.ask(town.signed(partner))
    assert frozenset({"payments.read"}) == caller.scopes
    partners.require(caller, "payments.read")
    with pytest.raises(partners.ScopeMissing):
        partners.require(caller, "payments.write")


def test_an_unsigned_request_is_refused(town, partner):
    request = town.signed(partner)
    for name in ("signature", "signature-input"):
        with pytest.raises(SignatureMissing):
            town.ask(changed(request, name, None))


@only_files
@pytest.mark.parametrize(
    "old, new",
    [
        ("sig=(", "sig=(\"@method\" "),
        ("sig=(", "sig=(\"Content-Type\" "),
        ("sig=(", 'sig=("content-type";sf '),
        (";nonce=", ";keyid=\"x\";nonce="),
        (";nonce=", ";created=1;nonce="),
        (";nonce=", ";tag=7;nonce="),
        (";nonce=", ";odd=?1;nonce="),
        ("sig=(", "sig=(\"@status\" "),
        ("sig=(", "sig=(\"x-missing\" "),
        ("sig=(", "sig2=("),
        ("sig=(", "a=(), sig=("),
        ("sig=(", "sig=((" ),
    ],
)  # fmt: skip
def test_a_signature_that_is_not_of_the_profile_is_refused(town, partner, old, new):
    request = town.signed(partner, label="sig")
    text = request.field("signature-input")
    assert old in text
    with pytest.raises(SignatureMalformed):
        town.ask(changed(request, "signature-input", text.replace(old, new, 1)))


@only_files
@pytest.mark.parametrize("value", ["sig=:AAAA:", "sig=:!!!!:", "sig=:AAA:", "sig=abc", ""])
def test_a_signature_of_another_form_is_refused(town, partner, value):
    request = changed(town.signed(partner, label="sig"), "signature", value)
    with pytest.raises((SignatureMalformed, SignatureWrong)):
        town.ask(request)


def test_two_signatures_are_one_too_many(town, partner):
    request = town.signed(partner, label="one")
    doubled = [
        (name, f"{value}, {value.replace('one=', 'two=')}" if "signature" in name else value)
        for name, value in request.fields
    ]
    with pytest.raises(SignatureMalformed):
        town.ask(replace(request, fields=doubled))


def test_digests_of_other_kinds(town, partner):
    body = b'{"amount":"1.00"}'
    good = base64.b64encode(hashlib.sha512(body).digest()).decode()
    request = town.signed(partner)
    for value in ("md5=:AAAA:", "sha-256=AAAA", "", f"sha-512=:{good}:, sha-256=:{good}:"):
        with pytest.raises(DigestWrong):
            town.ask(changed(request, "content-digest", value))


def test_refusals_are_told(town, partner):
    with pytest.raises(SignatureWrong):
        town.ask(town.signed(partner, private=private_key("a thief's")))
    (event,) = town.service.events
    assert ("signature", "signature-wrong", str(partner.request_key.id), False) == (
        event.how,
        event.seen,
        event.named,
        event.routine,
    )


def test_the_first_request_of_a_key_is_told_apart_from_the_rest(town, partner):
    for _ in range(3):
        town.ask(town.signed(partner, covered=WITH_BODY))
    assert [False, True, True] == [event.routine for event in town.service.events]


def test_covering_less_is_no_way_around(town, partner):
    with pytest.raises(SignatureIncomplete):
        town.ask(town.signed(partner, covered=COVERED))


def test_keys_of_both_uses_can_be_raw_or_jwk(town, partner):
    raw = base64.b64encode(private_key("raw").public_key().public_bytes_raw()).decode()
    key = town.add_key(partner.id, raw)
    assert town.ask(town.signed(partner, private=private_key("raw"), key_id=str(key.id)))
    assert KeyUse.REQUEST is key.use


def test_a_long_window_is_not_scanned(town, partner):
    """A field that is too long is refused before it is read."""
    request = changed(town.signed(partner), "signature-input", "sig=(" + '"a" ' * 10_000)
    with pytest.raises(SignatureMalformed):
        town.ask(request)

"""What partners prove, or fail to, stands in the log of all who come in."""

from __future__ import annotations

from venule.access import EventQuery, auth_events


def test_every_failed_proof_of_a_partner_is_logged(house):
    def ask(**headers: str) -> int:
        return house.client.get("/v1/payments", headers=headers).status_code

    assert 401 == ask(authorization="Bearer vat_" + "x" * 40)
    signed = 'sig1=("@method" "@authority" "@target-uri");created=1;keyid="nobody";nonce="n"'
    assert ask(**{"signature-input": signed, "signature": "sig1=:AAAA:"}) >= 400
    assert 401 == ask(authorization="Bearer vss_" + "x" * 43)

    found = house.home.read(lambda tx: auth_events(tx, EventQuery()))
    seen = {(event.what, event.ok, event.reason) for event in found}
    assert ("partner.bearer", False, "token-unknown") in seen
    [failed] = [event for event in found if event.what == "partner.signature"]
    assert not failed.ok
    assert "x" * 40 not in repr(found), "no token is kept"

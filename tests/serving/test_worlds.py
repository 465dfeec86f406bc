"""Worlds beside a house: their own clocks, banks and days; many at once."""

from __future__ import annotations

from support.sandboxes import house


def test_a_partner_signs_up_and_uses_what_it_was_given(tmp_path):
    with house(tmp_path) as served:
        partner = served.sign_up()
        answer = partner.signed("GET", f"/v1/applications/{partner.told['application_id']}")
        assert 200 == answer.status_code, answer.text
        print(partner.told)
        print(partner.wait(advance_s=86400 * 3))

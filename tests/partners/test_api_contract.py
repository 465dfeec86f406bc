"""The description of partners' operations is what is served."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import count

from support.both_homes import only_files
from support.contract import find_no_lie
from support.partner_site import Site
from venule import partners
from venule.kit.http import CallerKind
from venule.partners import ConsentQuery
from venule.partners.api import partner_routes


@only_files
def test_a_machine_that_reads_the_description_finds_no_lie(make_town):
    with ExitStack() as stack:
        site = Site(make_town(sandbox=True), stack)
        town = site.town
        partner = town.partner()
        town.allow(partner)
        (shown,) = town.read(partners.consents_of, ConsentQuery(town.buyer))
        there = {
            "application_id": str(partner.id),
            "key_id": str(partner.request_key.id),
            "consent_id": str(shown.consent.id),
        }
        routes = partner_routes(site.authenticator)
        who = {(route.method, route.path): route.who for route in routes}
        turn = count()

        def headers(method, path):
            if CallerKind.PERSON in who[method, path]:
                return {"Authorization": f"As person {town.buyer}"}
            return {"Authorization": "As staff partners.read partners.operate"}

        def prepare(case):
            if next(turn) % 2:
                for name in case.path_parameters or ():
                    case.path_parameters[name] = there[name]

        asked = find_no_lie(routes, site.url, headers, examples=6, prepare=prepare)

        assert asked > 2 * len(routes)
        assert "internal-error" not in site.codes
        assert site.codes.count("") > 5

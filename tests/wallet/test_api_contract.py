"""The wallet's description is what is served."""

from __future__ import annotations

from itertools import count

from support.api_town import api_town
from support.both_homes import fewer, only_files
from support.contract import find_no_lie
from support.wallet_town import yuan
from venule.kit.http import CallerKind
from venule.wallet import Pay, pay
from venule.wallet.api import ROUTES


def put_known(value, there):
    """Put things that there are in place of those that were made up."""
    if isinstance(value, dict):
        for name, inner in value.items():
            if name in there:
                value[name] = there[name]
            else:
                put_known(inner, there)
    elif isinstance(value, list):
        for inner in value:
            put_known(inner, there)


@only_files
def test_a_machine_that_reads_the_description_finds_no_lie(places):
    with api_town(places(), ROUTES) as site:
        town = site.town
        payer, merchant = town.person(money="1000000"), town.merchant(money="1000")
        there = {
            "member_id": str(payer.id),
            "merchant_id": str(merchant.id),
            "payee_id": str(merchant.id),
            "bank_account_id": str(town.bank_account(payer.id)),
            "payment_id": str(town.run(pay, Pay(payer.id, merchant.id, yuan("5"))).id),
        }
        routes = {(route.method, route.path): route for route in ROUTES}
        turn = count()

        def headers(method, path):
            route = routes[method, path]
            if CallerKind.PERSON in route.who:
                return site.person(merchant if "refunds" in path else payer).headers
            if CallerKind.STAFF in route.who:
                return site.staff(route.needs).headers
            return site.partner(route.needs, member=payer).headers

        def prepare(case):
            if next(turn) % 2:
                put_known(case.path_parameters, there)
                put_known(case.body, there)

        asked = find_no_lie(ROUTES, site.url, headers, examples=fewer(6, places), prepare=prepare)

        assert asked > len(ROUTES)
        assert "internal-error" not in site.codes
        assert site.codes.count("") > len(ROUTES) // 2
        assert [] == town.breaks()

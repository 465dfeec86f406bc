"""The description of guaranteed trade over HTTP is what is served, on every kind of home."""

from __future__ import annotations

from support.both_homes import Places, only_files
from support.escrow_scenes import TERMS, everything
from support.escrow_town import EscrowTown
from support.town_site import find_lies, serve
from venule.escrow import (
    AuthorisationsQuery,
    CasesQuery,
    Side,
    TradesQuery,
    authorisations_of,
    cases_of,
    trades_of,
)
from venule.escrow.api import ROUTES
from venule.kit.http import errors_of


@only_files
def test_a_machine_that_reads_it_finds_no_lie(places: Places) -> None:
    with EscrowTown(places("home"), TERMS) as town, serve(town, ROUTES) as site:
        everything(town)
        both = [town.buyer, town.shop]
        trades = [
            each
            for who in both
            for side in Side
            for each in town.read(trades_of, TradesQuery(who, side))
        ]
        cases = town.read(cases_of, CasesQuery(town.shop, Side.SELLER))
        frozen = town.read(authorisations_of, AuthorisationsQuery(town.shop, Side.SELLER))
        assert all((trades, cases, frozen))
        real = {
            "trade_id": [each.id for each in trades],
            "case_id": [each.id for each in cases],
            "authorisation_id": [each.id for each in frozen],
            "product": ["standard"],
        }
        find_lies(
            site,
            {
                "partner": f"partner escrow.read,escrow.write {town.shop}",
                "person": f"person {town.buyer}",
                "staff": "staff escrow.read,escrow.rule,escrow.operate",
            },
            real,
        )

        assert [] == town.breaks()


def test_names_of_operations_and_errors_are_told_once() -> None:
    names = [route.name for route in ROUTES]

    assert len(names) == len(set(names))
    for route in ROUTES:
        assert len(errors_of(route)) == len(set(errors_of(route))), route.name
        assert all((route.who, route.needs, route.summary, route.tag)), route.name

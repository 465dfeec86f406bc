"""The description of a fund over HTTP is what is served, on every kind of home."""

from __future__ import annotations

from support.both_homes import Places, only_files
from support.fund_town import CODE, FundTown
from support.town_site import find_lies, serve
from venule.fund.api import ROUTES
from venule.kit.http import errors_of


@only_files
def test_a_machine_that_reads_it_finds_no_lie(places: Places) -> None:
    with FundTown(places("home")) as town, serve(town, ROUTES) as site:
        who = town.member(cash=500_000, shares=300_000)
        orders = [town.buy(who, 1_000), town.sell(who, 1_000), town.fast(who, 1_000)]
        find_lies(
            site,
            {
                "partner": f"partner fund.read,fund.write {who}",
                "person": f"person {who}",
                "staff": "staff fund.read,fund.operate",
            },
            {
                "fund": [CODE],
                "on": ["2014-05-12", "2014-05-13", "2014-05-11"],
                "order_id": [each.id for each in orders],
                "calendar": ["fund"],
            },
        )

        assert [] == town.breaks()


def test_names_of_operations_and_errors_are_told_once() -> None:
    names = [route.name for route in ROUTES]

    assert len(names) == len(set(names))
    for route in ROUTES:
        assert len(errors_of(route)) == len(set(errors_of(route))), route.name
        assert all((route.who, route.needs, route.summary, route.tag)), route.name

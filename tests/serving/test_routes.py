"""The operations of all rooms together: one vocabulary, one name each, nothing left out."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import venule
from venule.access.roles import PERMISSIONS
from venule.kit.errors import all_errors
from venule.kit.http import CallerKind, errors_of
from venule.partners.scopes import SCOPES
from venule.procedures import COMMANDS, SENSITIVE
from venule.serving.service import TAGS

OF_STAFF = frozenset().union(*PERMISSIONS.values())


@pytest.fixture
def routes(house):
    return house.service.rooms.routes()


def test_who_may_is_said_in_words_that_are_granted(routes):
    for route in routes:
        if not route.needs:
            continue
        if CallerKind.STAFF in route.who:
            assert route.needs in OF_STAFF, f"{route.name}: no role has {route.needs}"
        if CallerKind.PARTNER in route.who:
            assert route.needs in SCOPES, f"{route.name}: no scope {route.needs}"


def test_staff_do_nothing_without_a_permission(routes):
    own = {"access"}
    open_to_all = {
        route.name
        for route in routes
        if route.who == {CallerKind.STAFF} and not route.needs and route.tag not in own
    }
    assert set() == open_to_all


def test_every_operation_has_its_own_name_and_a_known_tag(routes):
    shown = [route for route in routes if not route.hidden]
    assert len(shown) == len({route.name for route in shown})
    assert {route.tag for route in shown} <= set(TAGS)
    assert all(route.summary for route in shown)


def test_what_moves_money_has_a_key(routes):
    moving = re.compile("pay|transfer|refund|top|withdraw|subscri|redeem|settle|freeze")
    for route in routes:
        if route.method == "POST" and not route.hidden and moving.search(route.path):
            known = route.money or route.tag in {"access", "sandbox", "partners", "gateway"}
            exempt = re.search("members|unfreeze|/freeze|trade-cases|gateway", route.path)
            assert known or exempt, f"{route.path} moves money and takes no key"


def test_every_error_of_an_operation_has_a_page(routes, house):
    leaves = {leaf.slug for leaf in all_errors()}
    for route in routes:
        for error in errors_of(route):
            assert error.slug in leaves
    for slug in ("request-invalid", "insufficient-funds", "limit-exceeded"):
        page = house.client.get(f"/problems/{slug}")
        assert 200 == page.status_code
        assert slug in page.text
    assert 404 == house.client.get("/problems/none").status_code


NOT_BY_A_ROUTE = {
    "set_up": "done when a home is first served",
    "set_up_escrow": "the same",
    "found_staff": "from the command line of the machine",
    "open_fund": "launch_fund does it, and tells how the fund stands",
    "set_limit": "change_limit does",
    "set_sales": "change_sales does",
    "cancel_order": "cancel_own_order does",
}


def test_every_command_can_be_called(routes):
    """Each use case of a room is named by an operation's file, or takes two people, or is work."""
    sources = "\n".join(
        path.read_text()
        for path in Path(venule.__file__).parent.rglob("*.py")
        if "api" in path.name or path.parent.name in {"serving", "access", "gateway", "partners"}
        or path.name in {"dispatcher.py", "jobs.py", "work.py"}
    )  # fmt: skip
    sensitive = set(SENSITIVE.kinds())
    for fn in COMMANDS:
        if not inspect.isfunction(fn):
            continue
        room = fn.__module__.split(".")[1]
        by_proposal = f"{room}.{fn.__name__}" in sensitive
        named = re.search(rf"\b{fn.__name__}\b", sources)
        assert by_proposal or named or fn.__name__ in NOT_BY_A_ROUTE, f"{room}.{fn.__name__}"

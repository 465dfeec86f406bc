"""Every public use case is served to other processes, or left out for a reason."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import venule
from venule import access, escrow, fund, members, partners, wallet, webhooks
from venule.kit.relay import Procedures
from venule.procedures import COMMANDS, READERS

OF_OTHER_ROOMS = {
    access.login_name_of,
    members.bound_bank_account,
    members.end_membership,
    members.parties,
    members.party,
    members.wallet_account,
    members.wallet_accounts,
    escrow.refunds_made,
    escrow.royalty_returns,
    wallet.account_sums,
    wallet.close_member,
    wallet.give_back,
    wallet.post,
    wallet.spend,
    wallet.spend_many,
}
OF_SANDBOXES = tuple(f"venule.serving.{name}" for name in ("play", "founding", "sign_up", "world"))
"""A sandbox's writer is always in its own process."""

AT_PLAY = {access.enter_at_play}
"""A sandbox does it in its own process; no writer of a house does it for another."""

ANSWERS_OF_THE_RAIL = {wallet.payout_answered, wallet.top_up_answered}
TAKE_TWO = {access.add_staff, access.change_roles, access.reset_login}
"""They come through proposals alone."""
AT_PLAY = {access.enter_at_play}
"""For the process that has a sandbox open."""

WRITTEN_WHERE_SERVED = {"venule.serving.play", "venule.serving.world"}
"""What asks a home of its own process alone: play money of sandboxes."""

WITH_A_QUERY = {
    fund.day,
    fund.day_steps,
    fund.holder,
    fund.holding,
    fund.yield_on,
    escrow.authorisation_by_number,
    escrow.refund_by_number,
    escrow.settlement_by_number,
    escrow.trade_by_number,
    escrow.trades_paid,
}


def test_every_use_case_is_served_or_left_out():
    public = {
        function
        for room in (members, access, wallet, fund, escrow, partners, webhooks)
        for function in (getattr(room, name) for name in room.__all__)
        if inspect.isfunction(function)
        and next(iter(inspect.signature(function).parameters), "") == "tx"
    }
    served = {*COMMANDS, *READERS}
    left_out = OF_OTHER_ROOMS | AT_PLAY | ANSWERS_OF_THE_RAIL | WITH_A_QUERY | TAKE_TWO | AT_PLAY

    assert set() == public - served - left_out
    assert set() == served & left_out


def test_they_can_be_described():
    names = Procedures(COMMANDS, READERS).names()

    assert len(COMMANDS) + len(READERS) == len(names)
    assert "venule.wallet.service.pay" in names


def asked_over_doors() -> Iterator[tuple[str, str, object]]:
    """Yield what the sources hand to a door: where, `acall` or `aread`, the function."""
    root = Path(venule.__file__).parent
    for path in sorted(root.rglob("*.py")):
        name = ".".join(("venule", *path.relative_to(root).with_suffix("").parts))
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            if node.func.attr in {"acall", "aread"} and node.args:
                said = ast.unparse(node.args[0])
                parts = said.split(".")
                found: Any = vars(importlib.import_module(name)).get(parts[0])
                for part in parts[1:]:
                    found = getattr(found, part, None)
                if inspect.isfunction(found):
                    yield f"{name}: {said}", node.func.attr, found


def test_what_is_asked_over_a_door_is_served():
    """A process whose writer is elsewhere asks for it by name."""
    asked = [each for each in asked_over_doors() if not each[0].startswith(OF_SANDBOXES)]
    served = {"acall": COMMANDS, "aread": READERS}

    left_out = [
        where
        for where, how, fn in asked
        if fn not in served[how] and where.partition(":")[0] not in WRITTEN_WHERE_SERVED
    ]
    assert [] == left_out
    assert len(asked) > 100

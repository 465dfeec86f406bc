"""The table of events against what the rooms emit: none is forgotten, none told by mistake."""

from __future__ import annotations

import ast
import importlib
import json
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from support.both_homes import Places
from support.escrow_scenes import TERMS, everything
from support.webhook_town import SHOP_APP, Sink, WebhookTown
from venule import __file__ as PACKAGE_FILE
from venule import access, books, escrow, members, partners, wallet
from venule.kit.events import events_after
from venule.webhooks import CATALOGUE, INTERNAL, PING, TYPES

PACKAGE = Path(PACKAGE_FILE).parent


def values(of: type[Enum]) -> set[str]:
    return {each.value for each in of}


ENDINGS: dict[str, set[str]] = {
    "members.": values(members.MemberState),
    "wallet.top_up_": {"in_transit", "credited", "rejected"},
    "wallet.withdrawal_": values(wallet.PayoutState),
    "escrow.authorisation_": values(escrow.AuthorisationEvent),
    "partners.": (values(partners.ApplicationState) - {"sandbox"})
    | {"owner_bound", "scopes_changed", "redirects_changed"},
    "access.proposal_": values(access.ProposalState) - {"proposed"},
    "books.payment_": values(books.PaymentState),
    "books.receipt_": values(books.ReceiptState),
}
"""What can follow in a name that is put together from a state or an event."""

WORDS_OF = {"escrow.": ("turn", "tell", "write")}
"""Functions that are given the word that follows."""


class Emitted:
    """What one file emits: whole names, beginnings of names, and words given to `WORDS_OF`."""

    def __init__(self, path: Path) -> None:
        self.module = "venule." + ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        self.names: set[str] = set()
        self.beginnings: set[str] = set()
        self.words: set[str] = set()
        self.halves: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                self._look(node)

    def _look(self, node: ast.Call) -> None:
        called = node.func
        if isinstance(called, ast.Attribute) and called.attr == "emit":
            self._name(node.args[0])
        elif isinstance(called, ast.Name) and called.id in WORDS_OF["escrow."]:
            for each in node.args:
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    self.words.add(each.value)
                elif isinstance(each, ast.JoinedStr) and isinstance(each.values[0], ast.Constant):
                    self.halves.add(each.values[0].value)

    def _name(self, node: ast.expr) -> None:
        if isinstance(node, ast.Constant):
            self.names.add(node.value)
        elif isinstance(node, ast.Name):
            self.names.add(getattr(importlib.import_module(self.module), node.id))
        else:
            assert isinstance(node, ast.JoinedStr), f"{self.module}: {ast.dump(node)}"
            assert isinstance(node.values[0], ast.Constant)
            self.beginnings.add(node.values[0].value)


def emitted() -> set[str]:
    """Every name that some room can emit."""
    files = [Emitted(path) for path in sorted(PACKAGE.rglob("*.py"))]
    names = set().union(*(each.names for each in files))
    for beginning in set().union(*(each.beginnings for each in files)):
        if beginning in WORDS_OF:
            of_room = [f for f in files if f.module.startswith(f"venule.{beginning}")]
            words = set().union(*(each.words for each in of_room)) - {""}
            halves = set().union(*(each.halves for each in of_room))
            assert {"case_"} == halves
            states = values(escrow.CaseState) - {"asked", "refused", "returning", "returned"}
            ends = values(escrow.CaseEvent) | states
            names |= {f"{beginning}{word}" for word in words}
            names |= {f"{beginning}case_{end}" for end in ends}
        else:
            assert beginning in ENDINGS, f"{beginning}: say what can follow"
            names |= {f"{beginning}{end}" for end in ENDINGS[beginning]}
    return names


NEVER = {
    f"escrow.case_{each}"
    for each in ("approve", "reject", "rule", "propose", "appeal", "refunded", "closed")
} | {"wallet.withdrawal_reserved"}
"""Words that `go_on` and `_stand` are not given: rulings are told by the state they lead to."""


def test_every_event_is_told_or_internal():
    known = set(CATALOGUE) | set(INTERNAL)
    assert set() == emitted() - known - NEVER
    assert set() == known - emitted()
    assert set() == set(CATALOGUE) & set(INTERNAL)


def test_types_are_named_as_the_standard_advises():
    for name in [*TYPES, PING]:
        kind, _, what = name.partition(".")
        assert all(part.replace("_", "").isalpha() for part in (kind, what)), name
    assert PING not in TYPES
    assert all(entry.says.endswith(".") for entry in CATALOGUE.values())


FORBIDDEN = ("account", "seq", "fee", "operator", "second", "reserve", "minor", "hold")


def test_no_shape_shows_an_account_or_a_fee():
    for entry in CATALOGUE.values():
        for field in entry.shape.__struct_fields__:
            if field not in ("bank_account_id",):
                assert not any(word in field for word in FORBIDDEN), (entry.name, field)


@pytest.fixture
def told(places: Places) -> dict[str, list[Any]]:
    """Live through guaranteed trade; return what an application that watches everybody is told."""
    with WebhookTown(places(), TERMS) as town:
        endpoint, _ = town.add("https://shop.example.com/hook")

        class Everybody(dict):
            def __contains__(self, _: object) -> bool:
                return True

            def __missing__(self, _: object) -> list[Any]:
                return [SHOP_APP]

        town.watchers = Everybody()
        everything(town)
        paid = town.buy(500)
        town.refund_payment(paid, 200, "r")
        sink = Sink()
        dispatcher = town.dispatcher(sink)
        dispatcher.drain()
        from_seq = endpoint.from_seq
        events = town.home.read(lambda tx: events_after(tx.sql, from_seq, 10_000))
    bodies = [json.loads(each.body) for each in sink.received]
    expected = [CATALOGUE[each.name].name for each in events if each.name in CATALOGUE]
    assert sorted(expected) == sorted(each["type"] for each in bodies)
    by_type: dict[str, list[Any]] = {}
    for body in bodies:
        by_type.setdefault(body["type"], []).append(body["data"])
    return by_type


def test_what_happens_in_trades_is_told(told):
    assert {
        "trade.created", "trade.paid", "trade.shipped", "trade.confirmed", "trade.refunded",
        "trade.settled", "trade.ruled", "case.asked", "case.changed", "case.evidence_filed",
        "authorisation.frozen", "authorisation.changed", "payment.paid", "payment.refunded",
        "member.opened",
    } <= set(told)  # fmt: skip
    (refunded,) = told["payment.refunded"]
    assert ({"amount": "2.00", "currency": "CNY"}, "r") == (
        refunded["amount"],
        refunded["request_id"],
    )
    for trade in told["trade.paid"]:
        assert {"trade_id", "out_trade_no", "buyer_id", "seller_id", "held"} <= set(trade)

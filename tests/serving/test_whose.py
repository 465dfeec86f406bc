"""What is somebody's is nobody else's: every operation that names a thing, asked by those whose it
is not, on a whole house."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import msgspec
import pytest
from httpx import Response

from support import house_folk as folk
from venule.access import Role
from venule.access.logins import add_passkey_to, known
from venule.access.model import NewPasskey
from venule.access.roles import permissions_of
from venule.kit.http import CallerKind, Route, give_cursor
from venule.ledger import Tx
from venule.partners.scopes import SCOPES

ALL_SCOPES = tuple(SCOPES)
PUBLIC = {
    "/v1/funds/{fund}",
    "/v1/funds/{fund}/days/{on}",
    "/v1/gateway/platform-key",
}
"""What everybody who may ask at all may see."""

OWN_BY_NATURE = {
    "/v1/funds/{fund}/holding",
    "/v1/funds/{fund}/income",
    "/v1/funds/{fund}/sweep",
    "/v1/funds/{fund}/subscriptions",
    "/v1/funds/{fund}/redemptions",
    "/v1/funds/{fund}/fast-redemptions",
    "/v1/funds/{fund}/payments",
    "/v1/funds/{fund}/orders",
}
"""They name a fund; what they show or move is the caller's own."""


@dataclass
class Village:
    """Those who have something, what they have, and those who want it."""

    house: Any
    owner: folk.Folk
    shop: folk.Folk
    thief: folk.Folk
    reader: folk.Folk
    app: folk.App
    thief_app: folk.App
    things: dict[str, str]

    def ask(self, route: Route, path: str, body: Any, who: folk.Folk | folk.App) -> Response:
        content = b"" if body is None else json.dumps(msgspec.to_builtins(body)).encode()
        headers = {"content-type": "application/json"} if content else {}
        if route.money:
            headers["idempotency-key"] = f"k-{uuid4()}"
        if isinstance(who, folk.App):
            headers = who.signed(route.method, f"{self.house.url}{path}", content, **headers)
        else:
            headers |= who.headers
        answer: Response = self.house.client.request(
            route.method, path, content=content, headers=headers
        )
        return answer


def do(village: Village, who: Any, method: str, path: str, body: Any = None) -> Any:
    """Ask for what must go well."""
    shape = next(r for r in village.house.service.rooms.routes() if r.method == method)
    route = Route(method=method, path=path, handler=shape.handler, summary="", money=True)
    said = village.ask(route, path, body, who)
    assert said.status_code < 300, f"{method} {path}: {said.text}"
    return said.json() if said.content else None


def yuan(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "CNY"}


@pytest.fixture
def village(house: Any) -> Village:
    run = house.desk.call
    shop_id, other_id = folk.new_shop(run, folk.OPENING_FEN), folk.new_shop(run, folk.OPENING_FEN)
    readers = folk.staff(run, [Role.REGULATOR_READER], *[[Role.OPERATOR]] * 2)
    it = Village(
        house,
        folk.person(run),
        folk.session_of(run, shop_id),
        folk.person(run),
        readers[0],
        folk.app(run, shop_id, ALL_SCOPES),
        folk.app(run, other_id, ALL_SCOPES),
        {},
    )
    it.things = make_things(it)
    return it


def make_things(it: Village) -> dict[str, str]:
    """Make one of each kind that has an owner; return parameter of a path -> its name."""
    owner, shop = it.owner, it.shop
    me, seller = str(owner.id), str(shop.id)
    account = do(it, owner, "POST", f"/v1/members/{me}/bank-accounts",
                 {"bank": "ICBC", "number": "6222000011112222"})  # fmt: skip
    money = {"bank_account_id": account["id"], "amount": yuan("5.00")}
    payment = do(it, owner, "POST", "/v1/payments", {"merchant_id": seller, "amount": yuan("9.00")})
    trade = do(it, owner, "POST", "/v1/trades", {
        "out_trade_no": "T-1", "seller_id": seller, "buyer_id": me, "amount": yuan("19.00"),
        "subject": "Tea",
    })  # fmt: skip
    do(it, owner, "POST", f"/v1/trades/{trade['id']}/payment", {})
    case = do(it, owner, "POST", f"/v1/trades/{trade['id']}/cases",
              {"request_no": "C-1", "amount": yuan("19.00"), "reason": "it is broken"})  # fmt: skip
    evidence = do(it, owner, "POST", f"/v1/trade-cases/{case['id']}/evidence",
                  {"kind": "text", "name": "letter.txt", "text": "It came broken."})  # fmt: skip
    held = do(it, owner, "POST", "/v1/authorisations", {
        "out_order_no": "H-1", "request_no": "F-1", "amount": yuan("9.00"), "title": "Room 12",
        "payee_id": seller,
    })  # fmt: skip
    hook = do(it, it.app, "POST", "/v1/webhook-endpoints",
              {"url": "https://shop.example.com/hooks", "types": ["payment.paid"]})  # fmt: skip
    do(it, it.app, "POST", f"/v1/webhook-endpoints/{hook['endpoint']['id']}/ping")
    sent = do(it, it.app, "GET", f"/v1/webhook-endpoints/{hook['endpoint']['id']}/deliveries")
    gateway_app = do(it, shop, "POST", "/v1/gateway/apps", {"name": "my shop"})
    key = do(it, it.app, "GET", f"/v1/applications/{it.app.id}/keys")["items"][0]
    run = it.house.desk.call
    folk.consent(run, it.app, owner.id, "vat_" + "o" * 43, ("wallet.read", "payments.read"))
    kept = do(it, owner, "GET", "/v1/me/consents")["items"][0]
    device = do(it, owner, "GET", "/v1/devices")["items"][0]
    return {
        "member_id": me,
        "bank_account_id": account["id"],
        "payment_id": payment["id"],
        "top_up_id": do(it, owner, "POST", "/v1/top-ups", money)["id"],
        "withdrawal_id": do(it, owner, "POST", "/v1/withdrawals", money)["id"],
        "trade_id": trade["id"],
        "case_id": case["id"],
        "evidence_id": evidence["id"],
        "authorisation_id": held["id"],
        "endpoint_id": hook["endpoint"]["id"],
        "delivery_id": sent["items"][0]["id"],
        "app_id": gateway_app["app_id"],
        "notice_id": str(uuid4()),
        "application_id": str(it.app.id),
        "key_id": key["id"],
        "consent_id": kept["consent"]["id"] if "consent" in kept else kept["id"],
        "device_id": device["id"],
        "passkey_id": str(run(_passkey, owner.login_id)),
        "session_id": str(owner.session_id),
        "login_id": str(owner.login_id),
        "fund": "F1",
        "on": "2014-03-10",
        "order_id": str(uuid4()),
    }


WORDS = {
    "answer": {"id": "x"},
    "challenge_id": str(UUID(int=1)),
    "code": "ABCD-EFGH",
    "digest": "0" * 64,
    "name": "mine",
    "note": "no",
    "offer": "x",
    "other_id": str(UUID(int=1)),
    "password": "correct horse battery",
    "public_key": folk.pem(folk.private_key("a new one")),
    "public_keys": ["x"],
    "reason": "a reason",
    "redirect_uris": ["https://shop.example/back"],
    "redirects": ["https://shop.example/back"],
    "request": "x",
    "totp_code": "123456",
    "use": "request",
}
"""What bodies without an example need, by field."""


def _passkey(tx: Tx, login_id: Any) -> UUID:
    """Give somebody a passkey that nobody holds."""
    new = NewPasskey(b"a credential", b"a public key", 0, False, False, "mine")
    made: UUID = add_passkey_to(tx, known(tx, login_id), new).id
    return made


def body_of(route: Route) -> Any:
    if route.body is None or route.body is bytes:
        return None
    example = route.examples.get("body")
    if example is not None:
        return msgspec.to_builtins(example)
    fields = msgspec.structs.fields(route.body)
    return {field.encode_name: WORDS[field.encode_name] for field in fields if field.required}


def named(it: Village) -> list[tuple[Route, str]]:
    """Return the operations that name a thing, and the path of the owner's."""
    found = []
    for route in it.house.service.rooms.routes():
        if "{" in route.path and route.path not in PUBLIC | OWN_BY_NATURE:
            path = route.path
            for name, thing in it.things.items():
                path = path.replace(f"{{{name}}}", thing)
            found.append((route, path))
    return found


def test_nobody_gets_at_what_is_another_s(village):
    """A stranger and a stranger's application hear of another's thing what they hear of none."""
    open_doors, asked = [], 0
    for route, path in named(village):
        if "{" in path:
            assert route.who <= {CallerKind.STAFF}, f"no thing for {path}"
            continue
        body = body_of(route)
        for who, kind in ((village.thief, "person"), (village.thief_app, "partner")):
            if CallerKind(kind) not in route.who and route.who:
                continue
            if not route.who:
                continue
            said = village.ask(route, path, body, who)
            asked += 1
            if said.status_code not in {403, 404}:
                seen = f"{said.status_code} {said.text[:200]}"
                open_doors.append(f"{kind} {route.method} {path}: {seen}")
    assert [] == open_doors
    assert asked > 90


def test_what_is_the_staff_s_is_not_for_others(village):
    """No member, no partner with every scope, no staff member without the permission."""
    may = permissions_of([Role.REGULATOR_READER])
    open_doors = []
    for route in village.house.service.rooms.routes():
        if CallerKind.STAFF not in route.who:
            continue
        path = route.path
        for name, thing in village.things.items():
            path = path.replace(f"{{{name}}}", thing)
        path = path.replace("{", "").replace("}", "")
        body = body_of(route)
        askers: list[Any] = []
        if route.who == {CallerKind.STAFF}:
            askers = [village.owner, village.app]
        if route.needs and route.needs not in may:
            askers.append(village.reader)
        for who in askers:
            said = village.ask(route, path, body, who)
            if said.status_code != 403:
                open_doors.append(f"{route.method} {path}: {said.status_code} {said.text[:200]}")
    assert [] == open_doors


def test_nobody_known_gets_nowhere(village):
    for route, path in named(village):
        if route.who:
            said = village.house.client.request(route.method, path)
            assert 401 == said.status_code, f"{route.method} {path}: {said.text}"
            assert said.headers["www-authenticate"].startswith("Bearer")


def test_a_partner_acts_for_those_who_let_it_and_within_what_they_saw(village):
    """The consent names a member and scopes: neither another member nor another scope."""
    client = village.house.client
    token = {"authorization": "Bearer vat_" + "o" * 43}
    assert 200 == client.get("/v1/wallet", headers=token).status_code
    mine = client.get(f"/v1/payments/{village.things['payment_id']}", headers=token)
    assert 200 == mine.status_code
    refused = {
        client.get("/v1/wallet/statement", headers=token).status_code,  # a scope not consented to
        client.post(
            "/v1/payments", headers={**token, "idempotency-key": "k"},
            json={"merchant_id": str(village.shop.id), "amount": yuan("1.00")},
        ).status_code,
        client.get(f"/v1/members/{village.thief.id}", headers=token).status_code,
    }  # fmt: skip
    assert {403} == refused
    thief_pays = village.house.client.post(
        "/v1/payments",
        headers={**village.thief.headers, "idempotency-key": "k"},
        json={"merchant_id": str(village.shop.id), "amount": yuan("1.00")},
    ).json()
    other = client.get(f"/v1/payments/{thief_pays['id']}", headers=token)
    assert 404 == other.status_code
    consent_id = village.things["consent_id"]
    done = client.delete(f"/v1/me/consents/{consent_id}", headers=village.owner.headers)
    assert done.status_code < 300
    assert 401 == client.get("/v1/wallet", headers=token).status_code


def test_a_key_is_the_caller_s_own(village):
    """The same key of another caller, or for another member, is another key."""
    client, run = village.house.client, village.house.desk.call
    body = {"merchant_id": str(village.shop.id), "amount": yuan("1.00")}
    first, second = (
        client.post("/v1/payments", headers={**who.headers, "idempotency-key": "one"}, json=body)
        for who in (village.owner, village.thief)
    )
    assert [201, 201] == [first.status_code, second.status_code]
    assert str(village.owner.id) == first.json()["payer_id"]
    assert str(village.thief.id) == second.json()["payer_id"]
    elsewhere = client.post(
        "/v1/transfers", headers={**village.owner.headers, "idempotency-key": "one"},
        json={"payee_id": str(village.thief.id), "amount": yuan("1.00")},
    )  # fmt: skip
    assert 422 == elsewhere.status_code, elsewhere.text

    tokens = []
    for who, letter in ((village.owner, "p"), (village.thief, "q")):
        token = "vat_" + letter * 43
        allow(run, village.app, who.id, token)
        tokens.append(token)
    paid = [
        client.post(
            "/v1/payments", json=body,
            headers={"authorization": f"Bearer {token}", "idempotency-key": "for-two"},
        )
        for token in tokens
    ]  # fmt: skip
    assert [201, 201] == [each.status_code for each in paid], [each.text for each in paid]
    payers = [each.json()["payer_id"] for each in paid]
    assert [str(village.owner.id), str(village.thief.id)] == payers


def allow(run: Any, app: folk.App, member_id: Any, token: str) -> None:
    folk.consent(run, app, member_id, token, ("payments.write", "payments.read"))


def test_cursors_open_nothing(village):
    """A cursor of one list, or one made up, gets nothing of another's and breaks nothing."""
    owner = village.owner
    places: list[Any] = [
        0, -1, 2**63, 1.5, "x", "\x00", None, [], [1, 2], {"a": 1}, b"\x00", True,
        [str(UUID(int=1))], UUID(int=1).bytes, ["2014-01-01T00:00:00Z", 5], "9" * 300,
    ]  # fmt: skip
    lists = [
        route
        for route in village.house.service.rooms.routes()
        if route.query is not None and "cursor" in route.query.__struct_fields__
    ]
    assert len(lists) > 10
    for route in lists:
        path = route.path
        for name, thing in village.things.items():
            path = path.replace(f"{{{name}}}", thing)
        who: Any = owner
        if CallerKind.PERSON not in route.who:
            who = village.app if CallerKind.PARTNER in route.who else village.reader
        texts = [*map(give_cursor, places), "%00", "…", "a" * 513, "=", "AAAA"]
        for text in texts:
            asked = f"{path}?cursor={quote(text)}"
            said = village.ask(route, asked, None, who)
            assert said.status_code in {200, 400, 403, 404, 409, 422}, f"{asked}: {said.text}"
            assert "internal" not in said.text

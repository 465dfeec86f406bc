"""An application's webhooks over HTTP, and the description held to the service by a machine."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import pytest
from standardwebhooks import Webhook

from support.api_town import APPLICATION_ID, ApiTown, As, api_town
from support.both_homes import Places, only_files
from support.contract import find_no_lie
from support.receivers import HERE, receiving
from support.wallet_town import yuan
from support.webhook_town import VAULT
from venule.app import ROOMS
from venule.kit.door import NearWriter
from venule.kit.http import CallerKind
from venule.kit.sending import Policy, Sender
from venule.kit.time import SystemClock
from venule.ledger import Tx
from venule.partners import ApplicationId
from venule.wallet import Pay, pay
from venule.webhooks import Dispatcher, Fan
from venule.webhooks.api import webhook_routes

OPEN = webhook_routes(VAULT, Policy(), lambda count: b"k" * count)
LOCAL = webhook_routes(VAULT, HERE, lambda count: b"k" * count)
URL = "https://shop.example.com/hook"
MISSING = "00000000-0000-0000-0000-000000000009"


@pytest.fixture(autouse=True)
def all_rooms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("support.wallet_town.MIGRATIONS", ROOMS)


@pytest.fixture
def site(places: Places) -> Iterator[ApiTown]:
    with api_town(places(), OPEN) as site:
        yield site


@pytest.fixture
def ours(site: ApiTown) -> As:
    return site.partner("webhooks.manage")


def test_an_endpoint_is_made_changed_and_removed(site: ApiTown, ours: As):
    made = ours.post("/v1/webhook-endpoints", {"url": URL, "types": ["payment.paid"]})
    assert made["secret"].startswith("whsec_")
    path = f"/v1/webhook-endpoints/{made['endpoint']['id']}"
    assert [made["endpoint"]] == ours.get("/v1/webhook-endpoints")["items"]
    changed = ours.ask("PATCH", path, {"description": "the till", "types": []}).json()
    assert ("the till", [], URL) == (changed["description"], changed["types"], changed["url"])
    assert changed == ours.get(path)
    assert "disabled" == ours.post(f"{path}/disable", status=200)["state"]
    assert (409, "endpoint-transition-illegal") == ours.refused("POST", f"{path}/disable")
    assert (409, "endpoint-disabled") == ours.refused("POST", f"{path}/ping")
    assert "enabled" == ours.post(f"{path}/enable", status=200)["state"]
    rotated = ours.post(f"{path}/rotate-secret", {"overlap_s": 60}, status=200)
    assert rotated["secret"].startswith("whsec_")
    assert "removed" == ours.ask("DELETE", path).json()["state"]
    assert (404, "endpoint-unknown") == ours.refused("GET", path)


@pytest.mark.parametrize(
    "url",
    ["http://shop.example.com/", "https://127.0.0.1/", "https://10.0.0.1/hook",
     "https://169.254.169.254/latest", "https://localhost/", "https://shop.example.com:22/",
     "https://a@shop.example.com/"],
)  # fmt: skip
def test_urls_that_lead_elsewhere_are_refused(ours: As, url: str):
    assert (409, "endpoint-url-refused") == ours.refused(
        "POST", "/v1/webhook-endpoints", {"url": url}
    )


@pytest.mark.parametrize(
    "body",
    [{}, {"url": "x"}, {"url": URL, "types": [7]}, {"url": URL, "secret": "mine"},
     {"url": URL, "description": "a\nb"}, {"url": f"{URL}/{'a' * 2_048}"},
     {"url": URL, "types": ["no.such"]}],
)  # fmt: skip
def test_bodies_that_are_not_understood(ours: As, body: dict):
    status, _ = ours.refused("POST", "/v1/webhook-endpoints", body)
    assert 422 == status


def test_nobody_else_may(site: ApiTown, ours: As):
    for stranger in (site.partner("payments.read"), site.person(site.town.person()), site.staff()):
        assert 403 == stranger.ask("GET", "/v1/webhook-endpoints").status_code
    assert 401 == site.client.get("/v1/webhook-endpoints").status_code
    assert (404, "delivery-unknown") == ours.refused("GET", f"/v1/webhook-deliveries/{MISSING}")


def test_a_payment_is_told_listed_and_replayed(places: Places):
    with receiving() as receiver, api_town(places(), LOCAL) as site:
        town, ours = site.town, site.partner("webhooks.manage")
        made = ours.post("/v1/webhook-endpoints", {"url": receiver.url})
        path = f"/v1/webhook-endpoints/{made['endpoint']['id']}"
        shop = town.merchant()
        payer = town.person(money="100")

        def watching(_: Tx, members):
            return {each: [ApplicationId(APPLICATION_ID)] for each in members if each == shop.id}

        dispatcher = Dispatcher(
            NearWriter(town.home), Sender(HERE), VAULT, SystemClock(), fan_out=Fan(watching).fan_out
        )
        for fen in ("1", "2", "3"):
            town.run(pay, Pay(payer.id, shop.id, yuan(fen)))
        dispatcher.drain()
        pinged = ours.post(f"{path}/ping")
        dispatcher.drain()
        page = ours.get(f"{path}/deliveries", limit=3)
        rest = ours.get(f"{path}/deliveries", limit=3, cursor=page["next_cursor"])
        listed = [*page["items"], *rest["items"]]
        assert ["endpoint.ping", *["payment.paid"] * 3, "member.opened"] == [
            each["type"] for each in listed
        ]
        assert (pinged["id"], None) == (listed[0]["id"], rest["next_cursor"])
        assert [] == ours.get(f"{path}/deliveries", state="dead")["items"]
        one = f"/v1/webhook-deliveries/{listed[1]['id']}"
        shown = ours.get(one)
        (attempt,) = shown["attempts"]
        assert (1, 200, "") == (attempt["number"], attempt["status"], attempt["error"])
        assert "ready" == ours.post(f"{one}/replay", status=200)["state"]
        assert (409, "delivery-transition-illegal") == ours.refused("POST", f"{one}/replay")
        dispatcher.drain()
        dispatcher.close()
        assert [1, 2] == [each["number"] for each in ours.get(one)["attempts"]]
        assert {"count": 0, "more": False} == ours.post(f"{path}/replay-dead", status=200)
    last = receiver.received[-1]
    assert shown["body"] == last.body.decode()
    assert shown["delivery"]["message_id"] == last.headers["webhook-id"]
    Webhook(made["secret"]).verify(last.body, last.headers)


def test_the_catalogue_is_for_all_and_the_unread_for_staff(site: ApiTown):
    types = site.client.get("/v1/webhook-event-types").json()["items"]
    (paid,) = [each for each in types if each["type"] == "payment.paid"]
    assert {"payment_id", "amount"} <= set(paid["fields"])
    assert [] == site.staff("audit.read").get("/v1/webhook-unread")["items"]
    assert 403 == site.partner("webhooks.manage").ask("GET", "/v1/webhook-unread").status_code


@only_files
def test_a_machine_that_reads_the_description_finds_no_lie(places: Places):
    with api_town(places(), OPEN) as site:
        ours = site.partner("webhooks.manage")
        made = [ours.post("/v1/webhook-endpoints", {"url": f"{URL}/{n}"}) for n in range(2)]
        pinged = ours.post(f"/v1/webhook-endpoints/{made[0]['endpoint']['id']}/ping")
        there = {"endpoint_id": made[0]["endpoint"]["id"], "delivery_id": pinged["id"]}
        routes = {(route.method, route.path): route for route in OPEN}
        turn = count()

        def headers(method: str, path: str) -> dict[str, str]:
            route = routes[method, path]
            return (
                site.staff(route.needs).headers if CallerKind.STAFF in route.who else ours.headers
            )

        def prepare(case) -> None:
            if next(turn) % 2:
                for name in case.path_parameters or {}:
                    case.path_parameters[name] = there[name]

        asked = find_no_lie(OPEN, site.url, headers, examples=12, prepare=prepare)

        assert asked > 2 * len(OPEN)
        assert "internal-error" not in site.codes
        assert site.codes.count("") > 5

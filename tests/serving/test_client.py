"""The client against the whole service: partners that sign, partners with tokens, many at once."""

from __future__ import annotations

import asyncio
from base64 import b64encode

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from venule import partners
from venule.client import (
    AnswerNotProven,
    ApiProblem,
    AsyncClient,
    Bearer,
    Client,
    ClientCredentials,
    Signed,
    each,
    each_async,
    models,
)

REQUEST, ASSERTION = (Ed25519PrivateKey.from_private_bytes(bytes([n] * 32)) for n in (1, 2))
SCOPES = ("members.read", "members.write", "payments.read")


def public(key):
    return b64encode(key.public_key().public_bytes_raw()).decode()


@pytest.fixture
def opened(house):
    """An application with a key of each use, in a home to try out in."""
    house.wait(house.door.acall(partners.set_up_sandbox, partners.SetUpSandbox()))
    new = partners.SignUp("Shop helper", "dev@shop.example", SCOPES)
    command = partners.OpenApplication(new, True, public(REQUEST), public(ASSERTION))
    return house.wait(house.door.acall(partners.open_application, command))


def key_id(opened, use):
    return str(next(key.id for key in opened.keys if key.use.value == use))


def signed(opened, server_key=None):
    return Signed(key_id(opened, "request"), REQUEST, server_key=server_key)


def credentials(opened, **more):
    client_id = str(opened.application.id)
    return ClientCredentials(client_id, key_id(opened, "assertion"), ASSERTION, **more)


def person(ref):
    return models.PersonBody(external_ref=ref)


def test_a_partner_signs_and_the_house_does_too(house, opened):
    with Client(house.url) as anyone:
        server_key = anyone.partners.show_server_key()
        client = anyone.as_(signed(opened, server_key))
        mine = client.partners.show_application(opened.application.id)
        first, again = (
            client.members.open_member(person("a b/c"), idempotency_key="k-1") for _ in range(2)
        )
        assert ("Shop helper", list(SCOPES)) == (mine.name, mine.scopes)
        assert first == again
        assert opened.application.owner_id == client.members.show_member(mine.owner_id).id
        with pytest.raises(ApiProblem, match="seen 'a b/c"):
            client.members.find_member(external_ref="a b/c?&=\u6d4b%2F")
        with pytest.raises(ApiProblem) as caught:
            client.members.open_member(person("other"), idempotency_key="k-1")
        assert (422, "idempotency-key-reused") == (caught.value.status, caught.value.code)
        assert caught.value.trace_id

        other = models.ServerKeyView(id=server_key.id, alg="ed25519", public_key=public(ASSERTION))
        with pytest.raises(AnswerNotProven):
            anyone.as_(signed(opened, other)).members.show_member(mine.owner_id)


def test_an_answer_that_was_changed_on_the_way_is_not_believed(house, opened):
    def change(response):
        response.read()
        response._content = response.content.replace(b"a-1", b"a-2")

    with Client(house.url) as anyone, httpx.Client(event_hooks={"response": [change]}) as http:
        server_key = anyone.partners.show_server_key()
        meddled = Client(house.url, signed(opened, server_key), http=http)
        with pytest.raises(AnswerNotProven, match="digest"):
            meddled.members.open_member(person("a-1"))


def test_a_partner_with_tokens(house, opened):
    asked = []
    with httpx.Client(event_hooks={"request": [lambda it: asked.append(it.url.path)]}) as http:
        client = Client(house.url, credentials(opened), http=http)
        made = [client.members.open_member(person(f"t-{n}")).external_ref for n in range(3)]

        assert ["t-0", "t-1", "t-2"] == made
        assert 1 == asked.count("/oauth/token")
        reader = Client(house.url, credentials(opened, scopes=("members.read",)), http=http)
        owner_id = opened.application.owner_id
        assert owner_id == reader.members.show_member(owner_id).id
        with pytest.raises(ApiProblem) as caught:
            reader.members.open_member(person("t-9"))
        assert (403, "not-permitted") == (caught.value.status, caught.value.code)
        key = opened.keys[-1].id
        client.partners.revoke_application_key(
            opened.application.id, key, models.WhyBody(reason="over")
        )
        late = Client(house.url, credentials(opened), http=http)
        with pytest.raises(ApiProblem) as caught:
            late.members.show_member(owner_id)
        assert (401, "oauth-client-not-proven") == (caught.value.status, caught.value.code)


def test_who_nobody_knows_is_told_so(house):
    with Client(house.url) as anyone:
        for client in (anyone, anyone.as_(Bearer("vat_none")), anyone.signed_in("vss_none")):
            with pytest.raises(ApiProblem) as caught:
                client.wallet.show_balance()
            assert 401 == caught.value.status


def test_many_calls_at_once_share_one_token(house, opened):
    asked = []

    async def note(request):
        asked.append(request.url.path)

    async def go():
        async with (
            httpx.AsyncClient(event_hooks={"request": [note]}) as http,
            AsyncClient(house.url, credentials(opened), http=http) as client,
        ):
            made = await asyncio.gather(
                *(client.members.open_member(person(f"m-{n}")) for n in range(20))
            )
            page = [kept async for kept in each_async(client.wallet.list_payments, limit=2)]
            return made, page

    made, page = asyncio.run(go())
    assert 20 == len({member.id for member in made})
    assert [] == page
    assert 1 == asked.count("/oauth/token")


def test_a_list_is_read_page_by_page(house, opened):
    with Client(house.url) as anyone:
        client = anyone.as_(signed(opened))
        member = client.members.open_member(models.MerchantBody(external_ref="shop"))
        with pytest.raises(ApiProblem) as caught:
            list(each(client.members.list_bank_accounts, member.id, limit=1))
        assert caught.value.status in {403, 404}
        own = opened.application.owner_id
        assert [] == list(each(client.members.list_bank_accounts, own, limit=1))

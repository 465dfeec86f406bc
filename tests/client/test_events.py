"""Events come out of a stream whole, however its bytes are cut."""

from __future__ import annotations

import asyncio
from itertools import pairwise

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from venule.client import AnswerUnreadable, ApiProblem, ApiUnreachable, Event, each, each_async
from venule.client.events import EventReader
from venule.kit.http.api import _event
from venule.kit.http.route import Pushed


@given(
    st.lists(st.tuples(st.sampled_from(["balance", "other"]), st.text(max_size=20))),
    st.lists(st.integers(0, 400), max_size=8),
)
def test_events_are_read_as_they_were_written(told, cuts):
    pushed = [Pushed(name, {"text": text}, str(at)) for at, (name, text) in enumerate(told)]
    raw = b":\n\n".join(_event(each) for each in pushed)
    places = sorted({0, *(cut for cut in cuts if cut < len(raw)), len(raw)})
    reader = EventReader()
    found = [event for start, end in pairwise(places) for event in reader.feed(raw[start:end])]

    assert [(each.event, each.data, each.id) for each in pushed] == [
        (event.event, event.read(dict), event.id) for event in found
    ]


def test_other_ends_of_lines_and_several_lines_of_data():
    found = EventReader().feed(b"event: a\r\ndata: [1,\r\ndata:2]\r\n\r\ndata: 3\n\n")

    assert [Event("a", b"[1,\n2]"), Event("message", b"3")] == found


def test_a_line_without_end_is_refused():
    reader = EventReader()
    assert [] == reader.feed(b"x" * (1 << 20))
    with pytest.raises(AnswerUnreadable):
        reader.feed(b"x")


def stream(*positions):
    text = "".join(
        f'id: {at}\nevent: balance\ndata: {{"position":{at},"balance":{sum_(at)},"held":{sum_(0)},'
        f'"available":{sum_(at)}}}\n\n'
        for at in positions
    )
    return httpx.Response(200, text=text, headers={"content-type": "text/event-stream"})


def sum_(at):
    return f'{{"amount":"{at}.00","currency":"CNY"}}'


def test_balances_go_on_after_the_end_of_a_stream(played):
    """What is told again is not given again; a refusal ends it."""
    over = httpx.Response(403, json={})

    if played.kind == "waiting":

        def take(client):
            seen.extend(told.position for told in client.live_balances())
    else:

        async def take(client):
            async for told in client.live_balances():
                seen.extend([told.position])

    seen: list[int] = []
    with pytest.raises(ApiProblem):
        played.call(take, stream(1, 2), httpx.ReadError("cut"), stream(2, 3), over)

    assert [1, 2, 3] == seen


def test_a_stream_that_never_comes_is_given_up(played):
    if played.kind == "waiting":

        def take(client):
            return list(client.wallet.stream_balance())
    else:

        async def take(client):
            return [event async for event in client.wallet.stream_balance()]

    with pytest.raises(ApiUnreachable):
        played.call(take, *[httpx.ConnectError("no")] * 5)


class Page:
    def __init__(self, items, next_cursor):
        self.items, self.next_cursor = items, next_cursor


PAGES = {None: Page([1, 2], "b"), "b": Page([], "c"), "c": Page([3], None)}


def test_a_list_is_gone_through_to_its_end():
    asked = []

    def list_page(place, *, limit, cursor=None):
        asked.append((place, limit, cursor))
        return PAGES[cursor]

    async def list_page_async(place, *, limit, cursor=None):
        return PAGES[cursor]

    async def take():
        return [item async for item in each_async(list_page_async, "x", limit=2)]

    assert [1, 2, 3] == list(each(list_page, "x", limit=2)) == asyncio.run(take())
    assert [("x", 2, None), ("x", 2, "b"), ("x", 2, "c")] == asked

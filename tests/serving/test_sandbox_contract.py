"""A machine reads what is said of a sandbox's operations and holds a live one to it."""

from __future__ import annotations

from support.contract import find_no_lie
from support.sandboxes import house
from venule.serving.play import Play


def test_what_is_said_of_the_operations_is_true(tmp_path):
    with house(tmp_path) as served:
        partner = served.sign_up()
        member_id = partner.member()["member_id"]

        async def routes():
            async with served.worlds.entered(partner.name) as world:
                return Play(world).routes()

        def prepare(case) -> None:
            if "member_id" in case.path_parameters:
                case.path_parameters["member_id"] = member_id
            if case.path == "/v1/sandbox/clock" and isinstance(case.body, dict):
                case.body["advance_s"] = case.body.get("advance_s", 0) % 3_600

        found = served.run(routes())
        asked = find_no_lie(found, partner.base, lambda *_: {}, examples=4, prepare=prepare)
        assert asked > 30

"""A machine reads what is said of the operations and holds the live service to it."""

from support.access_site import access_site
from support.contract import find_no_lie
from venule.access import Role

EVERYTHING = [Role.OPERATOR, Role.FINANCE, Role.SUPPORT, Role.RISK]


def test_what_is_said_of_the_operations_is_true(tmp_path):
    with access_site(tmp_path / "home") as site:
        town = site.town
        boss = town.staff(EVERYTHING)[2]
        boss.add_passkey()  # whatever becomes of the password
        someone = town.member()
        ids = {"member_id": str(someone.id), "login_id": str(town.person().login_id)}

        def headers(method: str, path: str) -> dict[str, str]:
            if path.startswith(("/v1/sign-in", "/v1/enrolment")):
                return {}
            town.wait(seconds=30)
            return {"Authorization": f"Bearer {boss.sign_in_passkey().token}"}

        def prepare(case) -> None:
            for name in ids.keys() & case.path_parameters.keys():
                case.path_parameters[name] = ids[name]

        assert 100 < find_no_lie(site.routes, site.url, headers, examples=3, prepare=prepare)
        assert [] == town.breaks()

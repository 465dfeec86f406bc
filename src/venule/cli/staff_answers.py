"""What the commands about the staff answer."""

import secrets

from venule.access import (
    FirstStaff,
    FoundStaff,
    IssueCode,
    LoginByName,
    OwnerKind,
    ResetLogin,
    Role,
    Staff,
    all_staff,
    code_hash,
    found_staff,
    issue_code,
    login_named,
    new_code,
    reset_login,
)
from venule.app import open_home
from venule.cli.errors import StaffMalformed
from venule.cli.exits import Exit
from venule.cli.show import iso, print_json, print_line, print_table


def found(home: str, added: tuple[str, ...], *, json: bool) -> int:
    """Name the first of the staff and print their codes."""
    codes = [new_code(secrets.token_bytes) for _ in added]
    firsts = [_first(text, each) for text, each in zip(added, codes, strict=True)]
    with open_home(home) as opened:
        made = opened.run(found_staff, FoundStaff(firsts))
    if json:
        rows = [_row(each) | {"code": mine} for each, mine in zip(made, codes, strict=True)]
        print_json({"staff": rows})
        return Exit.OK
    for each, mine in zip(made, codes, strict=True):
        print_line(f"{each.login.name}: {mine}")
    print_line("each code serves once, within 72 hours; it is not shown again")
    return Exit.OK


def _first(text: str, code: str) -> FirstStaff:
    parts = text.split(":")
    names = {role.value: role for role in Role}
    if len(parts) != 3 or any(role not in names for role in parts[2].split(",")):
        raise StaffMalformed(text)
    roles = [names[role] for role in parts[2].split(",")]
    return FirstStaff(parts[0], parts[1], roles, code_hash(code))


def show(home: str, *, json: bool) -> int:
    """Print the staff."""
    with open_home(home, readonly=True) as opened:
        everybody = opened.read(all_staff)
    if json:
        print_json({"staff": [_row(each) for each in everybody]})
        return Exit.OK
    print_table(
        ["login", "name", "roles", "state", "added"],
        [
            [
                each.login.name,
                each.display_name,
                ", ".join(role.value for role in each.roles),
                each.login.state.value,
                iso(each.added_at),
            ]
            for each in everybody
        ],
    )
    return Exit.OK


def _row(each: Staff) -> dict[str, object]:
    return {
        "id": str(each.id),
        "login": each.login.name,
        "name": each.display_name,
        "roles": [role.value for role in each.roles],
        "state": each.login.state.value,
        "added_at": each.added_at.isoformat(),
    }


def code(home: str, login: str, *, reset: str | None, json: bool) -> int:
    """Print a new code for one of the staff."""
    new = new_code(secrets.token_bytes)
    with open_home(home) as opened:
        known = opened.read(lambda tx: login_named(tx, LoginByName(OwnerKind.STAFF, login)))
        if reset is not None:
            opened.run(reset_login, ResetLogin(known.id, reset))
        opened.run(issue_code, IssueCode(known.id, code_hash(new)))
    if json:
        print_json({"login": known.name, "code": new})
        return Exit.OK
    print_line(f"{known.name}: {new}")
    print_line("it serves once, within 72 hours; it is not shown again")
    return Exit.OK

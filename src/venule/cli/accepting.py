"""What `venule accept` answers: what a home has lost, and that it goes on without it."""

from functools import partial
from pathlib import Path

from venule.app import open_books
from venule.cli.exits import Exit
from venule.cli.show import instant, iso, print_json, print_line
from venule.kit.accept import Acceptance, Reached, weigh
from venule.kit.accept import accept as go_on
from venule.kit.time import SystemClock


def accept(home: Path, *, yes: bool, json: bool) -> int:
    """Tell what accepting a home loses, and do it if so asked; REFUSED if it is not done."""
    opened = partial(open_books, readonly=False)
    found = go_on(home, SystemClock(), opened) if yes else weigh(home)
    if json:
        print_json({"home": str(home), "accepted": yes, **_document(found, done=yes)})
        return Exit.OK if yes else Exit.REFUSED
    for line in _words(found):
        print_line(line)
    if yes:
        print_line(f"{home}: accepted; `venule verify {home}` proves what is kept")
        return Exit.OK
    print_line("nothing was changed; `--yes` goes on without what is lost")
    return Exit.REFUSED


def _words(found: Acceptance) -> list[str]:
    kept, seen = found.kept, found.seen
    kept_to = f"transfer {kept.seq} of {instant(kept.at_us)} (China)"
    lost = "not known: what was seen and what is kept part somewhere"
    if found.lost is not None and seen is not None:
        first, last = found.lost
        what = f"transfers {first} to {last}" if first <= last else "no transfer"
        groups = seen.groups - kept.groups
        whose = "one group" if groups == 1 else f"{groups} groups"
        lost = f"{what}, and the rows of {whose}, up to {instant(seen.at_us)} (China)"
    return [
        f"refused: {found.refusal}: {found.message}",
        f"kept: all up to {kept_to}, {kept.groups} groups",
        f"lost: {lost}",
        f"set aside: {', '.join(found.set_aside)}",
    ]


def _document(found: Acceptance, *, done: bool) -> dict[str, object]:
    lost = found.lost
    return {
        "refusal": found.refusal,
        "message": found.message,
        "seen": _reached(found.seen),
        "kept": _reached(found.kept),
        "lost": None if lost is None else {"from": lost[0], "to": lost[1]},
        "set_aside": found.set_aside,
        "folder": found.folder if done else None,
    }


def _reached(reached: Reached | None) -> dict[str, object] | None:
    if reached is None:
        return None
    at = iso(reached.at_us)
    return {"seq": reached.seq, "hash": reached.hash, "groups": reached.groups, "at": at}

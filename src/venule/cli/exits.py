"""How a command ends: the exit codes, and which error leads to which."""

from enum import IntEnum, unique
from typing import Final

from venule.kit.errors import (
    AppError,
    BadInput,
    Conflict,
    HomeError,
    NotFound,
    Refused,
    Unavailable,
)


@unique
class Exit(IntEnum):
    """The exit codes of `venule`. They are part of the interface: none changes its meaning."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    HOME = 3
    BAD_INPUT = 4
    TRY_AGAIN = 5
    BUG = 70
    INTERRUPTED = 130


MEANINGS: Final = {
    Exit.OK: "Done; for `verify`: no fault found.",
    Exit.REFUSED: "`verify` found a fault, or a rule refused the command. Nothing was changed.",
    Exit.USAGE: "The command line cannot be understood.",
    Exit.HOME: "The home cannot be opened or written: not a home, locked, damaged, too new, "
    "read-only, no space.",
    Exit.BAD_INPUT: "A file or value given to the command cannot be understood.",
    Exit.TRY_AGAIN: "Not now; the same command may succeed later.",
    Exit.BUG: "A fault of the program itself; `VENULE_TRACEBACK=1` shows where. Report it, please.",
    Exit.INTERRUPTED: "Interrupted from the keyboard. What was answered is kept.",
}

_BRANCHES: Final[tuple[tuple[type[AppError], Exit], ...]] = (
    (HomeError, Exit.HOME),
    (BadInput, Exit.BAD_INPUT),
    (Unavailable, Exit.TRY_AGAIN),
    (NotFound, Exit.REFUSED),
    (Conflict, Exit.REFUSED),
    (Refused, Exit.REFUSED),
)


def exit_of(error: AppError) -> Exit:
    """Return the exit code for an error, by its branch of the tree."""
    for branch, code in _BRANCHES:
        if isinstance(error, branch):
            return code
    return Exit.REFUSED

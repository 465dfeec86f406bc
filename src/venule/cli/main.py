"""The entry point: parse, run, and turn whatever happens into an exit code and one line."""

import os
import sys
import traceback
from collections.abc import Sequence

from cyclopts import CycloptsError

from venule.cli.commands import app
from venule.cli.exits import Exit, exit_of
from venule.cli.show import print_json
from venule.kit.errors import AppError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return its exit code. Arguments: those of the process unless given."""
    asked = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = app(asked, exit_on_error=False, print_error=False, result_action="return_value")
        sys.stdout.flush()
        return int(code or Exit.OK)
    except CycloptsError as error:
        command = " ".join(["venule", *(error.command_chain or ()), "--help"])
        return _tell(Exit.USAGE, f"{_one_line(error)} See `{command}`.")
    except AppError as error:
        if "--json" in asked:
            print_json({"error": error.problem()})
        return _tell(exit_of(error), f"{error.slug}: {_one_line(error)}")
    except KeyboardInterrupt:
        return _tell(Exit.INTERRUPTED, "interrupted; what was answered is kept")
    except BrokenPipeError:
        # The reader of our output has gone, as `head` does. Nothing more can be said to it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK
    except Exception as error:
        if os.environ.get("VENULE_TRACEBACK"):
            traceback.print_exc()
        kind = type(error).__name__
        return _tell(Exit.BUG, f"{kind}: {_one_line(error)} (VENULE_TRACEBACK=1 shows where)")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _tell(code: Exit, text: str) -> int:
    sys.stderr.write(f"venule: {text}\n")
    return code

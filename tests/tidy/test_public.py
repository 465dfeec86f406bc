"""The public names are those of the committed list: a change of them is seen in review."""

import os
from pathlib import Path
from typing import Final

from venule.cli.docs import public_names

LIST: Final = Path(__file__).with_name("public.txt")


def test_public_names_are_the_committed_ones():
    """Run with `VENULE_ACCEPT=1` to take today's names, then look at the difference."""
    names = "".join(f"{name}\n" for name in public_names())
    if os.environ.get("VENULE_ACCEPT"):
        LIST.write_text(names, encoding="utf-8")

    assert LIST.read_text(encoding="utf-8").splitlines() == names.splitlines()

"""Time and chance come in through `Clock` and `Ids`, so that a year can be replayed from a seed."""

import ast
import re
from typing import Final

FORBIDDEN: Final = re.compile(
    r"""
    time\.(\w+) | random\.(\w+) | secrets\.(\w+) | uuid\.(uuid\w+|getnode)
    | datetime\.(datetime|date)\.(now|utcnow|today|fromtimestamp|utcfromtimestamp)
    | os\.(urandom|getrandom|times) | numpy\.random\.(\w+) | numba\.random\.(\w+)
    """,
    re.VERBOSE,
)
# A generator that is given its seed is no chance: the seed stands in the report.
SEEDED: Final = re.compile(r"numpy\.random\.(default_rng|Generator|Philox|PCG64|SeedSequence)")

# (file, function): why the machine's own clock is right there. Never for a business instant.
ALLOWED: Final[dict[tuple[str, str], str]] = {}


def _calls(source):
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            name = source.dotted(node.func)
            if SEEDED.fullmatch(name) and (node.args or node.keywords):
                continue
            if FORBIDDEN.fullmatch(name):
                yield node, name


def test_no_clock_and_no_chance_outside_kit(sources):
    seen = [
        (source.path, source.scope_of(node), f"{source.path}:{node.lineno} {name}")
        for source in sources
        if source.room != "kit"
        for node, name in _calls(source)
    ]

    faults = [text for path, scope, text in seen if (path, scope) not in ALLOWED]
    stale = set(ALLOWED) - {(path, scope) for path, scope, _ in seen}
    assert ([], set()) == (faults, stale)

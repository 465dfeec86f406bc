"""A function is about a screen, a file a short read."""

import ast
from typing import Final

FUNCTION_LINES_MAX: Final = 70
FILE_LINES_MAX: Final = 500
MADE: Final = "# Made from the description of the API by `make pages`; do not edit.\n"
"""Begins a file that a program writes, and that nobody reads from end to end."""


def test_functions_fit_a_screen(sources):
    faults = [
        f"{source.path}:{scope.node.lineno} {scope.name} has {lines} lines"
        for source in sources
        for scope in source.scopes
        if not isinstance(scope.node, ast.ClassDef)
        and (lines := scope.node.end_lineno - scope.node.lineno + 1) > FUNCTION_LINES_MAX
    ]

    assert [] == faults


def test_files_are_a_short_read(sources):
    faults = [
        f"{source.path} has {lines} lines"
        for source in sources
        if (lines := source.text.count("\n")) > FILE_LINES_MAX and not source.text.startswith(MADE)
    ]

    assert [] == faults

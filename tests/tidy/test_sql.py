"""SQL stands in `store.py`, and in the few files of kit and ledger that are the store of all."""

import ast
import re
from typing import Final

SQL: Final = re.compile(
    r"\s*(SELECT\s|INSERT\s+INTO\s|UPDATE\s+\w+\s+SET\s|DELETE\s+FROM\s|CREATE\s+(TABLE|UNIQUE|INDEX)"
    r"|DROP\s+(TABLE|INDEX)|ALTER\s+TABLE|PRAGMA\s|SAVEPOINT\s|ROLLBACK|RELEASE\s|BEGIN(\s|$)|COMMIT$"
    r"|VACUUM|WITH\s+\w+\s+AS\s*\()"
)
MAY_SPEAK_SQL: Final = re.compile(
    r"(\w+/)+(store|\w+_store)\.py|\w+/store/\w+\.py"
    r"|kit/(sqlite|reader|groups|migrate|idempotency|jobs_table|jobs|events|backup)\.py"
)


def _docstrings(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and node.body:
            first = node.body[0]
            if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                yield id(first.value)


def test_sql_only_in_stores(sources):
    faults = []
    for source in sources:
        if MAY_SPEAK_SQL.fullmatch(source.path):
            continue
        documentation = set(_docstrings(source.tree))
        faults += [
            f"{source.path}:{node.lineno} {node.value.strip()[:40]}"
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in documentation
            and SQL.match(node.value)
        ]

    assert [] == faults


def test_sqlite_is_known_to_kit_alone(sources):
    shows_its_version = {"cli/commands.py"}
    faults = [s.path for s in sources if s.room != "kit" and "sqlite3" in s.imports.values()]

    assert shows_its_version == set(faults)

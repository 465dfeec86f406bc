"""Migrations are plain SQL files, numbered without a gap, one folder a room."""

import re
from pathlib import Path

import venule

PACKAGE = Path(venule.__file__).parent


def test_migrations_are_numbered_from_one_without_a_gap():
    faults = []
    for folder in sorted(PACKAGE.glob("*/migrations")):
        names = sorted(p.name for p in folder.iterdir() if p.name not in {"__pycache__"})
        plain = [name for name in names if re.fullmatch(r"\d{4}_[a-z0-9_]+\.sql", name)]
        dialects = [re.sub(r"\.(sqlite|postgresql)\.sql$", ".sql", name) for name in names]
        wrong = [name for name in dialects if name not in plain]
        numbers = [int(name[:4]) for name in plain]
        if wrong or numbers != list(range(1, len(numbers) + 1)):
            faults.append(f"{folder.parent.name}: {names}")

    assert [] == faults


def test_migrations_speak_sql_that_both_homes_understand():
    unportable = re.compile(
        r"AUTOINCREMENT|WITHOUT\s+ROWID|\bSTRICT\b|\bTRIGGER\b|\bBLOB\b|\bSERIAL\b|\bDATETIME\b"
        r"|\bREAL\b|\bFLOAT\b|\bDOUBLE\b|\bPRAGMA\b",
        re.IGNORECASE,
    )
    faults = []
    for path in sorted(PACKAGE.glob("*/migrations/*.sql")):
        text = re.sub(r"--[^\n]*", "", path.read_text(encoding="utf-8"))
        faults += [
            f"{path.parent.parent.name}/{path.name}: {m[0]}" for m in unportable.finditer(text)
        ]

    assert [] == faults

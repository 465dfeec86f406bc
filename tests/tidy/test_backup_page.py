"""The commands of the page on backups do what it says."""

from __future__ import annotations

import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pytest

from venule.app import open_home
from venule.cli import main
from venule.kit.errors import all_errors
from venule.kit.time import VirtualClock
from venule.ledger import Transfer, Tx


def live(tx: Tx, _: None) -> None:
    tx.define_unit(156, "CNY", 2)
    accounts = [tx.open_account(156, 1) for _ in range(2)]
    tx.post_all([Transfer(*accounts, 100, 7)])


def test_the_commands_run(
    tmp_path: Path, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home, copies = tmp_path / "home", tmp_path / "copies"
    with open_home(home, clock=VirtualClock(datetime(2014, 5, 12, tzinfo=UTC))) as opened:
        opened.run(live, None)
    page = (repository / "docs" / "backup.md").read_text()
    blocks = re.findall(r"```console\n(.*?)```", page, re.DOTALL)
    commands = [line for block in blocks for line in block.splitlines()]
    assert len(commands) == 8
    for line in commands:
        told = line.replace("$HOME_DIR", str(home)).replace("$COPIES", str(copies))
        name, *arguments = shlex.split(told)
        assert name == "venule"
        assert 0 == main(arguments), (line, capsys.readouterr().err)


def test_the_errors_exist(repository: Path) -> None:
    page = (repository / "docs" / "backup.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    slugs = {slug for row in rows for slug in re.findall(r"`([a-z-]+)`", row.split("|")[1])}
    assert slugs <= {error.slug for error in all_errors()}
    assert len(slugs) > 10

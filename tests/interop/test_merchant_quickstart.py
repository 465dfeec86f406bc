"""The merchants' quick start works as it stands, in both languages, with the real SDK."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from interop.conftest import node_with
from serving.test_quickstart import BLOCK, script_of
from support.served import free_port, served

PROGRAMS = ("bash", "curl", "jq", "openssl", "unzip", "iconv", "node", "npm")
LANGUAGES = ("en", "zh")


def page_in(repository: Path, language: str) -> str:
    return (repository / "docs" / "partners" / f"merchant-quickstart.{language}.md").read_text(
        "utf-8"
    )


@pytest.mark.skipif(
    any(shutil.which(name) is None for name in PROGRAMS), reason=f"needs {', '.join(PROGRAMS)}"
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_shop_gets_from_nothing_to_its_bill(
    repository: Path, tmp_path: Path, language: str
) -> None:
    node_with("node")  # says why, if the SDK cannot be had
    here = tmp_path / "shop"
    here.mkdir()
    sandboxes = {"VENULE_SANDBOXES": str(tmp_path / "sandboxes"), "VENULE_RAIL": "none"}
    with served(tmp_path / "house", tmp_path, **sandboxes) as service:
        mine = {"HOUSE": service.url, "PORT": str(free_port())}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", script_of(page_in(repository, language))],
            cwd=here,
            env={**os.environ, **mine, "PATH": path},
            capture_output=True,
            text=True,
            timeout=180,
        )
        assert 0 == done.returncode, done.stdout + done.stderr
        assert 0 == service.stop()
    said = [json.loads(line) for line in (here / "notices.jsonl").read_text().splitlines()]
    assert [("TRADE_SUCCESS", None), ("TRADE_SUCCESS", "8.88")] == [
        (each["trade_status"], each.get("refund_fee")) for each in said
    ]


def test_both_pages_have_the_same_commands(repository: Path) -> None:
    english, chinese = (
        [(kind, text.count("\n")) for kind, text in BLOCK.findall(page_in(repository, language))]
        for language in LANGUAGES
    )
    assert english == chinese

"""What partners are told to type works as it stands, against a service that runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.served import free_port, served

BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAMS = ("bash", "curl", "jq", "openssl")


def script_of(page: str) -> str:
    """Return the commands of a page, one after the other; what runs beside them ends with them."""
    parts = ["set -euo pipefail", "trap 'kill $(jobs -p)' EXIT"]
    for kind, text in BLOCK.findall(page):
        parts.append(text if kind == "bash" else f"python3 - <<'END'\n{text}END\n")
    return "\n".join(parts)


@pytest.mark.skipif(
    any(shutil.which(name) is None for name in PROGRAMS), reason=f"needs {', '.join(PROGRAMS)}"
)
def test_a_stranger_gets_from_nothing_to_a_refund(repository: Path, tmp_path: Path):
    page = (repository / "docs" / "partners" / "quickstart.md").read_text("utf-8")
    script = script_of(page)
    here = tmp_path / "stranger"
    here.mkdir()
    sandboxes = {"VENULE_SANDBOXES": str(tmp_path / "sandboxes"), "VENULE_RAIL": "none"}
    with served(tmp_path / "house", tmp_path, **sandboxes) as service:
        mine = {"HOUSE": service.url, "PORT": str(free_port())}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=here,
            env={**os.environ, **mine, "PATH": path},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert 0 == done.returncode, done.stdout + done.stderr
        assert 0 == service.stop()

    events = [json.loads(line) for line in (here / "events.jsonl").read_text().splitlines()]
    told = [
        (event["type"], event["data"]["amount"]["amount"])
        for event in events
        if event["type"].startswith("payment.")
    ]
    assert [("payment.paid", "12.30"), ("payment.refunded", "2.30")] == told[:2]
    for said in ("partly_refunded", "Amount(amount='5.00'", "refund-exceeds-payment", "259200"):
        assert said in done.stdout, said

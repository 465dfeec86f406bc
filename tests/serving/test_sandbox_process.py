"""`venule serve` as a process: a house with sandboxes, and one sandbox alone; killed, and again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from support.sandboxes import Partner, asked_at

DAY_S = 86_400


@contextmanager
def process(
    folder: Path, *arguments: str, **environment: str
) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Begin `venule serve`; give its address once it listens."""
    run = "from venule.cli.main import main; raise SystemExit(main())"
    command = [sys.executable, "-c", run, "serve", *arguments, "--listen", "127.0.0.1:0"]
    begun = subprocess.Popen(
        command, cwd=folder, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        env={**os.environ, **environment},
    )  # fmt: skip
    try:
        assert begun.stderr is not None
        said = []
        for line in begun.stderr:
            said.append(line)
            if "serving at " in line:
                yield f"http://{line.rsplit(' ', 1)[1].strip()}", begun
                return
        raise AssertionError("".join(said))
    finally:
        begun.send_signal(signal.SIGTERM)
        begun.communicate(timeout=60)


def sign_up(client: httpx.Client, url: str) -> Partner:
    private = Ed25519PrivateKey.generate()
    answer = asked_at(client, url, private)
    assert 201 == answer.status_code, answer.text
    return Partner(client, private, answer.json())


def test_worlds_outlive_the_process_that_served_them(tmp_path):
    with httpx.Client(timeout=90) as client:
        with process(tmp_path, "house", "--sandboxes", "worlds") as (url, begun):
            world = sign_up(client, url).name
            at = f"{url}/sandbox/{world}/v1/sandbox/clock"
            moved = client.post(at, json={"advance_s": 9 * DAY_S}).json()
            assert moved["reached"]
            begun.kill()
            begun.wait()
        with process(tmp_path, "house", "--sandboxes", "worlds") as (url, begun):
            at = f"{url}/sandbox/{world}/v1/sandbox/clock"
            now = datetime.fromisoformat(client.get(at).json()["now"])
            then = datetime.fromisoformat(moved["now"])
            assert then <= now < then + timedelta(days=1)
            begun.send_signal(signal.SIGTERM)
            assert 0 == begun.wait(60)


def test_one_sandbox_alone_is_served_at_the_root(tmp_path):
    with (
        httpx.Client(timeout=90) as client,
        process(tmp_path, "mine", VENULE_SANDBOX="true") as (url, _),
    ):
        partner = sign_up(client, url)
        assert "sandbox" == partner.name
        answer = client.get(f"{url}/v1/sandbox/clock")
        assert (200, "sandbox") == (answer.status_code, answer.headers["venule-sandbox"])
        session = {"authorization": f"Bearer {partner.member()['session_token']}"}
        found = client.get(f"{url}/v1/wallet", headers=session).json()
        assert "10000.00" == found["available"]["amount"]

"""Processes of the service, begun as an operator begins them, killed as a machine kills them."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

BEGIN_S = 20
END_S = 30


@dataclass
class Running:
    """A process and what it has said on standard error."""

    process: subprocess.Popen[str]
    said: list[str] = field(default_factory=list)
    reader: threading.Thread | None = None

    @property
    def text(self) -> str:
        return "".join(self.said)

    def wait_for(self, pattern: str) -> re.Match[str]:
        """Wait until it has said something. It must not end before."""
        until = time.monotonic() + BEGIN_S
        while True:
            found = re.search(pattern, self.text)
            if found is not None:
                return found
            assert self.process.poll() is None, f"ended: {self.text}"
            assert time.monotonic() < until, f"did not say {pattern!r}: {self.text}"
            time.sleep(0.01)

    @property
    def url(self) -> str:
        """Where it serves."""
        said = self.wait_for(r"serving at (\S+)")
        return f"http://{said[1]}"

    def kill(self) -> None:
        """As a machine that runs out of memory does."""
        self.process.kill()
        self.process.wait(END_S)

    def stop(self) -> int:
        """Tell it to stop; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(END_S)


class Town:
    """A home, its settings, and the processes of a test."""

    def __init__(self, home: str, folder: Path, **settings: Any) -> None:
        self.home = home
        self.folder = folder
        self.running: list[Running] = []
        self.secret = folder / "relay.key"
        self.vault = folder / "vault.key"
        for path in (self.secret, self.vault):
            path.write_bytes(secrets.token_bytes(32))
            path.chmod(0o600)
        self.settings = {
            "vault_key_file": str(self.vault),
            "public_url": "http://pay.example",
            "rate_per_s": 100_000,
            "rate_burst": 100_000,
            **settings,
        }
        self.count = 0

    def config(self, **more: Any) -> Path:
        """Write a file of settings."""
        self.count += 1
        path = self.folder / f"venule-{self.count}.toml"
        lines = []
        for name, value in {**self.settings, **more}.items():
            shown = f'"{value}"' if isinstance(value, str) else str(value).lower()
            lines.append(f"{name} = {shown}\n")
        path.write_text("".join(lines))
        return path

    def begin(self, *words: str | Path) -> Running:
        """Begin `venule ...`."""
        command = [str(Path(sys.executable).parent / "venule"), *map(str, words)]
        environment = {k: v for k, v in os.environ.items() if not k.startswith("VENULE_")}
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True, env=environment,
        )  # fmt: skip
        running = Running(process)

        def read() -> None:
            assert process.stderr is not None
            for line in process.stderr:
                running.said.append(line)

        running.reader = threading.Thread(target=read, daemon=True)
        running.reader.start()
        self.running.append(running)
        return running

    def serve(self, **more: Any) -> Running:
        """Begin a process that serves; at a port that is free, unless said."""
        listen = more.pop("listen", "127.0.0.1:0")
        if self.home.startswith("postgresql"):
            more["writer_secret_file"] = str(self.secret)
        return self.begin("serve", self.home, "--listen", listen, "--config", self.config(**more))

    def writer(self, **more: Any) -> Running:
        """Begin a process that writes for the others."""
        return self.begin(
            "writer", self.home, "--listen", "tcp:127.0.0.1:0", "--secret-file", self.secret,
            "--config", self.config(**more),
        )  # fmt: skip

    def end(self) -> None:
        """End what still runs."""
        for running in self.running:
            if running.process.poll() is None:
                running.process.terminate()
        for running in self.running:
            with suppress(subprocess.TimeoutExpired):
                running.process.wait(END_S)
            if running.process.poll() is None:
                running.kill()
            if running.reader is not None:
                running.reader.join(END_S)
            assert running.process.stderr is not None
            running.process.stderr.close()
            sys.stderr.write(f"--- {running.process.args}\n{running.text}")  # shown if a test fails


@contextmanager
def town(home: str, folder: Path, **settings: Any) -> Iterator[Town]:
    """Give a town whose processes end with the test."""
    it = Town(home, folder, **settings)
    try:
        yield it
    finally:
        it.end()


def wait_ready(url: str, status: int = 200) -> httpx.Response:
    """Wait until a process says that it is ready, or that it is not."""
    until = time.monotonic() + BEGIN_S
    seen = "nothing"
    while True:
        with suppress(httpx.TransportError):
            said = httpx.get(f"{url}/readyz", timeout=10)
            seen = said.text
            if said.status_code == status:
                return said
        assert time.monotonic() < until, f"{url}: expected {status}, seen {seen}"
        time.sleep(0.02)


@dataclass
class Sent:
    """A payment that was asked for: what became of it, as far as its sender knows."""

    key: str
    body: dict[str, Any]
    status: int = 0
    answer: Any = None


class Load:
    """Payers in threads, each with one connection and one payment at a time, until stopped."""

    def __init__(self, urls: list[str], payers: list[Any], shop: Any) -> None:
        self.urls = urls
        self.payers = payers
        self.shop = shop
        self.sent: list[tuple[Any, Sent]] = []
        self.problems: list[str] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._pay, args=(at, payer), daemon=True)
            for at, payer in enumerate(payers)
        ]

    def _pay(self, at: int, payer: Any) -> None:
        client = httpx.Client(base_url=self.urls[at % len(self.urls)], timeout=60)
        number = 0
        while not self._stop.is_set():
            number += 1
            body = {
                "merchant_id": str(self.shop),
                "amount": {"amount": f"0.{number % 90 + 10}", "currency": "CNY"},
                "note": f"load {number}",
            }
            it = Sent(f"load-{at}-{number}", body)
            self.sent.append((payer, it))
            try:
                said = client.post(
                    "/v1/payments", json=body, headers={**payer.headers, "idempotency-key": it.key}
                )
            except httpx.TransportError as error:
                self.problems.append(type(error).__name__)
                if self._stop.wait(0.05):
                    break
                continue
            it.status, it.answer = said.status_code, said.json()
        client.close()

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def answered(self) -> int:
        return sum(1 for _, it in list(self.sent) if it.status == 201)

    def until(self, count: int) -> None:
        """Wait until so many payments have been answered."""
        until = time.monotonic() + BEGIN_S
        while self.answered() < count:
            assert time.monotonic() < until, f"{self.answered()} payments, {self.problems[-3:]}"
            time.sleep(0.01)

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(90)

    def __exit__(self, *_: object) -> None:
        self.stop()

    def retry(self, url: str) -> None:
        """Ask again, with the same keys, for all that has no answer or was refused for now."""
        with httpx.Client(base_url=url, timeout=60) as client:
            for payer, it in self.sent:
                if it.status == 201:
                    continue
                headers = {**payer.headers, "idempotency-key": it.key}
                said = client.post("/v1/payments", json=it.body, headers=headers)
                assert said.status_code == 201, said.text
                it.status, it.answer = said.status_code, said.json()

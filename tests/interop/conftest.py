"""Real SDKs of merchants, unchanged, in environments of their own, against a live gateway.

They are installed on demand under build/interop, once, and skipped with the reason if the package
registries cannot be reached.
"""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.gateway_house import GatewayHouse, pkcs1_bare, pkcs1_pem

HERE = Path(__file__).parent
BUILD = HERE.parent.parent / "build" / "interop"

PACKAGES = {
    "official": ["alipay-sdk-python==3.7.1018"],
    "community": ["python-alipay-sdk==3.4.0"],
    "classic": ["alipay==0.7.4"],
    "node": ["alipay-sdk@4.14.0"],
}


@contextmanager
def one_at_a_time(name: str) -> Iterator[None]:
    BUILD.mkdir(parents=True, exist_ok=True)
    with (BUILD / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _make(name: str, *commands: list[str]) -> None:
    for command in commands:
        done = subprocess.run(command, cwd=BUILD / name, capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"cannot install {PACKAGES[name]}: {done.stderr.strip()[-300:]}")


def python_with(name: str) -> list[str]:
    """An interpreter that has the SDK and nothing of ours."""
    folder = BUILD / name
    with one_at_a_time(name):
        if not (folder / "ready").exists():
            folder.mkdir(parents=True, exist_ok=True)
            python = str(folder / "bin" / "python")
            _make(
                name,
                [sys.executable, "-m", "venv", "--clear", str(folder)],
                [python, "-m", "pip", "install", "-q", "setuptools<81", *PACKAGES[name]],
            )
            (folder / "ready").touch()
    return [str(folder / "bin" / "python")]


def node_with(name: str) -> Path:
    """The folder of a Node program that has the SDK."""
    folder = BUILD / name
    with one_at_a_time(name):
        if not (folder / "ready").exists():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "package.json").write_text('{"private": true}')
            try:
                _make(name, ["npm", "install", "--no-audit", "--no-fund", *PACKAGES[name]])
            except FileNotFoundError:
                pytest.skip("needs Node")
            (folder / "ready").touch()
    return folder


class Shop:
    """A merchant's program in a process of its own, told what to do step by step."""

    def __init__(self, command: list[str], setup: dict[str, Any], port: int, **env: str) -> None:
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "GATEWAY_PORT": str(port), "PYTHONIOENCODING": "utf-8", **env},
        )
        self._tell(setup)

    def _tell(self, what: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()

    def do(self, what: str, **step: Any) -> Any:
        self._tell({"do": what, **step})
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the merchant's program ended"
        return json.loads(line)

    def call(self, method: str, fields: dict[str, Any], **how: Any) -> dict[str, Any]:
        answer = self.do("call", method=method, fields=fields, **how)
        assert "error" not in answer, answer
        return answer["content"]

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[GatewayHouse]:
    house = GatewayHouse(tmp_path / "home")
    house.start()
    yield house
    house.close()


def setup_for(house: GatewayHouse, **more: Any) -> dict[str, Any]:
    return {
        "gateway": "http://gateway.test/gateway.do",
        "app_id": house.app.app_id,
        "private_key": pkcs1_bare(house.key),
        "private_pem": pkcs1_pem(house.key),
        "public_key": house.public_key,
        **more,
    }


@contextmanager
def python_shop(house: GatewayHouse, name: str, **more: Any) -> Iterator[Shop]:
    command = [*python_with(name), str(HERE / "merchants" / f"{name}.py")]
    env = {"PYTHONPATH": str(HERE / "redirect")}
    shop = Shop(command, setup_for(house, **more), house.port, **env)
    try:
        yield shop
    finally:
        shop.close()


@contextmanager
def node_shop(house: GatewayHouse, **more: Any) -> Iterator[Shop]:
    folder = node_with("node")
    command = ["node", "--require", str(HERE / "redirect" / "redirect.js")]
    command.append(str(HERE / "merchants" / "node.js"))
    env = {"NODE_PATH": str(folder / "node_modules")}
    shop = Shop(command, setup_for(house, **more), house.port, **env)
    try:
        yield shop
    finally:
        shop.close()

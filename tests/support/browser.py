"""A real browser for tests: the machine's Chromium, or Debian's, installed when first needed."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
INSTALL_S = 240
NOT_ROOT = "needs Chromium: install it, or name it in VENULE_CHROMIUM"


def find_chromium() -> str | None:
    """Return where Chromium is; None if it is not here."""
    named = os.environ.get("VENULE_CHROMIUM")
    return named or next((found for name in NAMES if (found := shutil.which(name))), None)


def chromium() -> str:
    """Return where Chromium is; install Debian's where that is allowed, or skip the test."""
    found = find_chromium()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        found = _install()
    if found is None:
        pytest.skip(NOT_ROOT)
    return found


def _install() -> str | None:
    lock = Path(tempfile.gettempdir()) / "venule-chromium.lock"
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # other workers of the suite wait for the first
        found = find_chromium()
        if found is not None or lock.with_suffix(".failed").exists():
            return found
        quiet = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        install = "apt-get install -y -qq --no-install-recommends chromium"
        try:
            subprocess.run(
                ["/bin/sh", "-c", f"apt-get update -qq; {install}"],
                env=quiet, timeout=INSTALL_S, check=True, capture_output=True,
            )  # fmt: skip
        except (subprocess.SubprocessError, OSError):
            lock.with_suffix(".failed").touch()
        return find_chromium()


@contextmanager
def launched() -> Iterator[Browser]:
    """Give a headless browser."""
    path = chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()

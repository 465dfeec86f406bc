"""A process in which everything is loaded and compiled, and that forks writers from itself.

Reads a line of JSON for each writer, answers with its pid; at the end of the input it kills those
that are left, and ends.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from support.failover.payments import PROCEDURES, Pay, SetUp, pay, set_up
from venule import app
from venule.kit.pg.lease import Lease

TESTS = Path(__file__).resolve().parents[2]
END_S = 30


class Nursery:
    """The parent's side. lease_us: how long a writer that says nothing keeps the book."""

    def __init__(self, secret: Path, log: Path, *, lease_us: int | None = None) -> None:
        self._common = {"secret": str(secret), "log": str(log), "lease_us": lease_us}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.failover.nursery"],
            cwd=TESTS,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def start(self, place: Path | str, **options: Any) -> int:
        """Start a writer, or a standby; return its pid. options: of `app.make_writer`."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps({**self._common, "place": str(place), "options": options}) + "\n")
        stdin.flush()
        return int(stdout.readline())

    def __enter__(self) -> Nursery:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(END_S)
        self._process.stdout.close()


def _warm_up() -> None:
    with tempfile.TemporaryDirectory() as folder, app.open_home(Path(folder) / "home") as home:
        home.run(set_up, SetUp())
        home.run(pay, Pay(1))


def _live(asked: dict[str, Any]) -> None:
    logging.basicConfig(
        filename=asked["log"],
        level=logging.INFO,
        format="%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s",
    )
    if asked["lease_us"]:
        defaults = Lease.acquire.__func__.__kwdefaults__
        defaults["duration_us"] = asked["lease_us"]
    writer = app.make_writer(
        asked["place"], secret=Path(asked["secret"]), procedures=PROCEDURES, **asked["options"]
    )
    signal.signal(signal.SIGTERM, lambda *_: writer.stop())
    try:
        writer.run()
    except BaseException:
        logging.exception("the writer broke")
        raise


def main() -> None:
    _warm_up()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the system buries them
    children = []
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                devnull = os.open(os.devnull, os.O_RDWR)
                os.dup2(devnull, 0)
                os.dup2(devnull, 1)
                _live(json.loads(line))
                code = 0
            finally:
                os._exit(code)
        children.append(pid)
        print(pid, flush=True)
    for pid in children:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()

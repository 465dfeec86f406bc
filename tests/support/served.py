"""`venule serve` as a process of its own, and people who use it through our own client."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pyotp

from support.both_homes import Place
from venule.client import Client, Retries, each, models
from venule.client.auth import Nobody
from venule.kit.place import is_address
from venule.kit.vault import KEY_FILE

VENULE = Path(sys.executable).with_name("venule")
PASSWORD = "correct horse battery staple"
BEGAN = re.compile(r"venule: serving at (\S+)")


def free_port() -> int:
    """Return a port that nobody has: callers sign whole addresses, so it is known before."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def settings_of(place: Place, folder: Path, port: int, more: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a service."""
    said = {
        "VENULE_HOME": str(place),
        "VENULE_LISTEN": f"127.0.0.1:{port}",
        "VENULE_PUBLIC_URL": f"http://localhost:{port}",
        "VENULE_WRITER": "here",
        "VENULE_RAIL": "simulator",
        "VENULE_RATE_PER_S": "100000",
        "VENULE_RATE_BURST": "100000",
        "VENULE_SIGN_IN_PER_S": "1000",
        "VENULE_SIGN_IN_BURST": "1000",
        "VENULE_WEBHOOK_NETWORKS": "127.0.0.0/8,::1/128",
    }
    if is_address(str(place)):
        key = folder / "vault.key"
        if not key.exists():
            key.write_bytes(bytes(range(32)))
            key.chmod(0o600)
        said["VENULE_VAULT_KEY_FILE"] = str(key)
    return {**os.environ, **said, **more}


class Served:
    """A service that runs."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.url = environment["VENULE_PUBLIC_URL"]
        self.said: list[str] = []
        self.anyone = Client(self.url)
        self.process = subprocess.Popen(
            [VENULE, "serve"], env=environment, stderr=subprocess.PIPE, text=True
        )
        self._began = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self._began.wait(60), "".join(self.said)
        assert self.process.poll() is None, "".join(self.said)

    def _read(self) -> None:
        assert self.process.stderr is not None
        with self.process.stderr as lines:
            for line in lines:
                self.said.append(line)
                if BEGAN.search(line):
                    self._began.set()
        self._began.set()

    def stop(self) -> int:
        """Tell it to stop; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self._reader.join()
        return code


@contextmanager
def writing(place: Place, folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Write to a home for services elsewhere, with the work beside; see `elsewhere`."""
    config = folder / "settings.toml"
    config.write_text("")
    with (folder / "writer.log").open("a") as log:
        process = subprocess.Popen(
            [VENULE, "writer", str(place), "--secret-file", _secret(folder), "--config", config],
            env=settings_of(place, folder, 0, {}),
            stderr=log,
            text=True,
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait(60)


def elsewhere(place: Place, folder: Path) -> dict[str, str]:
    """Return the settings of a service whose writer is another process."""
    key = folder / "vault.key"
    if not is_address(str(place)):
        key = Path(place) / KEY_FILE
    return {
        "VENULE_WRITER": "elsewhere",
        "VENULE_WRITER_SECRET_FILE": str(_secret(folder)),
        "VENULE_VAULT_KEY_FILE": str(key),
    }


def _secret(folder: Path) -> Path:
    path = folder / "relay-secret"
    if not path.exists():
        path.write_bytes(bytes(range(32)))
        path.chmod(0o600)
    return path


@contextmanager
def served(place: Place, folder: Path, **more: str) -> Iterator[Served]:
    """Serve a home. more: other settings, as in the environment."""
    service = Served(settings_of(place, folder, free_port(), more))
    try:
        yield service
    finally:
        service.anyone.close()
        if service.process.poll() is None:
            service.process.kill()
        service.process.wait(60)


def found_staff(place: Place, *staff: str) -> dict[str, str]:
    """Name the first of the staff (`NAME:LOGIN:ROLES`); return their codes by login."""
    adds = [word for each_ in staff for word in ("--add", each_)]
    done = subprocess.run(
        [VENULE, "staff", "found", str(place), *adds, "--json"], capture_output=True, text=True
    )
    assert 0 == done.returncode, done.stderr
    return {row["login"]: row["code"] for row in json.loads(done.stdout)["staff"]}


@dataclass
class Someone:
    """Somebody with a session."""

    client: Client
    token: str
    seed: str


def enrol(anyone: Client, code: str) -> Someone:
    """Enrol with a password and an app for codes; sign in by it."""
    invited = anyone.access.begin_enrolment(models.InvitedBody(code=code))
    app = pyotp.TOTP(invited.totp.secret)
    entered = anyone.access.enrol_with_password(
        models.EnrolPasswordBody(
            code=code, password=PASSWORD, offer=invited.totp.offer, totp_code=app.now()
        )
    )
    return Someone(anyone.signed_in(entered.token), entered.token, invited.totp.secret)


def cny(text: str) -> models.Paid:
    """Return so many yuan."""
    return models.Paid(amount=text, currency="CNY")


def open_person(staff: Client, ref: str, *, tier: str = "II") -> UUID:
    """Open a person who has been verified."""
    return staff.members.open_member(models.PersonBody(external_ref=ref, tier=tier)).id


def open_merchant(staff: Client, ref: str) -> UUID:
    """Open a merchant."""
    return staff.members.open_member(models.MerchantBody(external_ref=ref, display_name=ref)).id


def login_of(staff: Client, member_id: UUID, name: str) -> Someone:
    """Give a member a login; sign them in."""
    issued = staff.access.open_member_login(member_id, models.OpenLoginBody(login=name))
    return enrol(staff.as_(Nobody()), issued.code)


def top_up(person: Client, member_id: UUID, amount: str, wait: threading.Event) -> None:
    """Bring money from a bank account that is bound for it; wait until it is there."""
    account = person.members.bind_bank_account(
        member_id, models.BankAccountBody(bank="ICBC", number="6222000011112222")
    )
    order = person.wallet.order_top_up(
        models.BankOrderBody(bank_account_id=account.id, amount=cny(amount))
    )
    for _ in range(600):
        if person.wallet.show_top_up(order.id).state == models.TopUpState.CREDITED:
            return
        wait.wait(0.05)
    raise AssertionError("the bank has booked nothing")


def payments_of(person: Client) -> list[Any]:
    """Return every payment of a person."""
    return list(each(person.wallet.list_payments, limit=100))


NO_RETRY = Retries(attempts_max=1)

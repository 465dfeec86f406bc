"""Payments over HTTP: signed-in people, and partners that sign each request (RFC 9421).

One process serves (venule serve: embedded home, desk, jobs, webhooks), another one asks, on the
same machine. Each payment is a session or a signature checked, an idempotency key, limits counted,
a ledger transfer, a business row and an event, and is answered when it is on the disk. Measured:
the most that goes over 64 connections; p99 at half of that, requests being due at fixed moments;
what happens at more than twice as much as goes; how much processor time a request costs, by stage
(a run of its own, whose calls are timed). At the end both sides are counted.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from base64 import b64encode
from collections import Counter
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import http_load
from common import say
from venule import access, escrow, members, partners, wallet
from venule.access import gate, store
from venule.app import open_home
from venule.kit import groups
from venule.kit.desk import Desk
from venule.kit.http import api as http_api
from venule.kit.sqlite import SqliteSql
from venule.kit.time import china_date
from venule.ledger import Tx
from venule.serving.gatekeeper import Gatekeeper

MERCHANTS = 50
FEN_EACH = 10**9
# ------------------------------------------------------------------------------- the server


def serve(home: str, port: int, sample: bool) -> None:
    """Serve like `venule serve`; at SIGUSR1 tell processor time and samples on standard output."""
    from venule.serving import load_settings, serve_settings

    sampler = _Stages() if sample else None
    settings = load_settings(
        said={"home": home, "listen": f"127.0.0.1:{port}", "rate_per_s": 1e6, "rate_burst": 10**6,
              "log_level": "warning"}
    )  # fmt: skip

    def tell(*_: object) -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        told = {
            "cpu_s": used.ru_utime + used.ru_stime,
            "rss_mb": used.ru_maxrss // 1024,
            "stages": dict(sampler.spent) if sampler else {},
        }
        os.write(1, json.dumps(told).encode() + b"\n")

    signal.signal(signal.SIGUSR1, tell)
    serve_settings(settings, began=lambda address: os.write(1, b"up\n") and None)


class _Stages:
    """Counts the processor time of the calls that a request goes through, by stage."""

    def __init__(self) -> None:
        self.spent: Counter[str] = Counter()
        self._wrap(http_api, "_read", "read the body")
        self._wrap(http_api, "_fingerprint", "key")
        self._wrap(http_api, "_key", "key")
        self._wrap(http_api, "_response", "write the answer")
        self._wrap(http_api.Tree, "find", "route and rate")
        self._wrap(http_api.Rates, "take", "route and rate")
        self._wrap_task(Gatekeeper, "__call__", "who asks")
        self._wrap(groups.Groups, "_command", "payment: rules, rows, ledger")
        self._wrap(groups.Keys, "look_up", "key")
        self._wrap(groups.Groups, "_flush", "events, keys and journal of the group")
        self._wrap(SqliteSql, "commit", "commit")
        self._wrap(Desk, "_work", "writer in all")

    def _wrap(self, where: Any, name: str, stage: str) -> None:
        fn, spent, now = getattr(where, name), self.spent, time.thread_time

        def timed(*args: Any, **how: Any) -> Any:
            began = now()
            try:
                return fn(*args, **how)
            finally:
                spent[stage] += now() - began

        setattr(where, name, timed)

    def _wrap_task(self, where: Any, name: str, stage: str) -> None:
        fn, spent, now = getattr(where, name), self.spent, time.thread_time

        class Timed:
            """Steps a task's part, and counts each step alone: not what others do meanwhile."""

            def __init__(self, *args: Any) -> None:
                self._task = fn(*args).__await__()

            def __await__(self) -> Any:
                while True:
                    began = now()
                    try:
                        waits_for = next(self._task)
                    except StopIteration as ended:
                        return ended.value
                    finally:
                        spent[stage] += now() - began
                    yield waits_for

        def timed(*args: Any) -> Timed:
            return Timed(*args)

        setattr(where, name, timed)


class Server:
    """The server's process."""

    def __init__(self, home: Path, port: int, *, sample: bool = False) -> None:
        command = [sys.executable, __file__, "--serve", str(home), "--port", str(port)]
        if sample:
            command.append("--sample")
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.process.stdout is not None
        assert b"up\n" == self.process.stdout.readline()

    def used(self) -> dict[str, Any]:
        self.process.send_signal(signal.SIGUSR1)
        assert self.process.stdout is not None
        return json.loads(self.process.stdout.readline())

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        assert 0 == self.process.wait(60)


# ------------------------------------------------------------------------------- the house


class House:
    """A home with people who are signed in, merchants, and an application with a key."""

    def __init__(self, path: Path, people: int) -> None:
        self.path = path
        self.tokens = [
            f"vss_{b64encode(os.urandom(32), b'-_').decode()[:43]}" for _ in range(people)
        ]
        self.private = Ed25519PrivateKey.generate()
        public = self.private.public_key().public_bytes_raw()
        with open_home(path) as home:
            home.run(wallet.set_up, wallet.SetUp())
            home.run(escrow.set_up_escrow, escrow.SetUpEscrow())
            home.run(partners.set_up_sandbox, partners.SetUpSandbox())
            kinds = [members.NewMember(f"p{i}") for i in range(people)]
            kinds += [
                members.NewMember(f"m{i}", members.MemberKind.MERCHANT, members.Tier.NONE)
                for i in range(MERCHANTS)
            ]
            ids = home.run(members.onboard_many, members.OnboardMany(kinds)).ids
            self.people, self.merchants = ids[:people], ids[people:]
            opened = home.run(
                partners.open_application,
                partners.OpenApplication(
                    partners.SignUp("bench", "bench@example.org", ("payments.write",)),
                    True,
                    b64encode(public).decode(),
                ),
            )
            self.key_id = str(opened.keys[0].id)
            owner = opened.application.owner_id
            lines = [
                wallet.CreditLine(who, FEN_EACH, f"r{n}")
                for n, who in enumerate([*self.people, owner])
            ]
            today = china_date(home.clock.now())
            home.run(wallet.credit_top_ups, wallet.CreditTopUps(lines, today))
            home.run(_sign_in, list(zip(self.people, self.tokens, strict=True)))

    def count(self) -> int:
        with open_home(self.path, readonly=True) as home:
            return home.read(lambda tx: tx.sql.row("SELECT COUNT(*) FROM payment")[0])


def _sign_in(tx: Tx, who: list[tuple[UUID, str]]) -> None:
    """Open sessions as a sign-in would, without the passwords."""
    for member_id, token in who:
        command = access.OpenLogin(member_id, f"{member_id}")
        made = access.open_login(tx, command)
        login = store.load_login(tx.sql, made.id)
        login = msgspec.structs.replace(login, state=access.LoginState.ACTIVE)
        store.save_login(tx.sql, login)
        opening = access.Opening(sha256(token.encode()).digest(), os.urandom(32), None, "bench")
        gate.enter(tx, login, access.Factor.PASSKEY, opening, access.Origin(), "bench")


# ------------------------------------------------------------------------------- the askers


class Asker:
    """Makes requests."""

    def __init__(self, house: House, port: int, run: str) -> None:
        self.house, self.port, self.run = house, port, run
        self.signed: list[bytes] = []

    def person(self, n: int) -> bytes:
        house = self.house
        body = self._body(n)
        token = house.tokens[n % len(house.tokens)]
        head = (
            f"POST /v1/payments HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
            f"Authorization: Bearer {token}\r\nIdempotency-Key: {self.run}-{n}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def _body(self, n: int) -> bytes:
        merchant = self.house.merchants[n % MERCHANTS]
        return b'{"merchant_id":"%s","amount":{"amount":"0.01","currency":"CNY"}}' % (
            str(merchant).encode()
        )

    def sign(self, count: int) -> None:
        """Sign requests beforehand: the asker's own work is not the server's."""
        self.signed = [self._sign(n) for n in range(count)]

    def _sign(self, n: int) -> bytes:
        body = self._body(n)
        digest = f"sha-256=:{b64encode(sha256(body).digest()).decode()}:"
        host = f"127.0.0.1:{self.port}"
        key = f"{self.run}-{n}"
        created = int(datetime.now(UTC).timestamp())
        covered = (
            '("@method" "@authority" "@target-uri" "content-digest" "content-type"'
            ' "idempotency-key")'
        )
        params = (
            f'{covered};created={created};keyid="{self.house.key_id}";nonce="{key}";alg="ed25519"'
        )
        base = (
            f'"@method": POST\n"@authority": {host}\n"@target-uri": http://{host}/v1/payments\n'
            f'"content-digest": {digest}\n"content-type": application/json\n'
            f'"idempotency-key": {key}\n"@signature-params": {params}'
        )
        signature = b64encode(self.house.private.sign(base.encode())).decode()
        head = (
            f"POST /v1/payments HTTP/1.1\r\nHost: {host}\r\nIdempotency-Key: {key}\r\n"
            f"Content-Type: application/json\r\nContent-Digest: {digest}\r\n"
            f"Signature-Input: sig1={params}\r\nSignature: sig1=:{signature}:\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body

    def partner(self, n: int) -> bytes:
        return self.signed[n]


def measure(
    port: int,
    make: http_load.Make,
    seconds: float,
    connections: int,
    rate: float = 0,
    first: int = 0,
) -> http_load.Result:
    """Run one load."""
    return http_load.run(
        lambda: http_load.Load("127.0.0.1", port, make, connections=connections, first=first),
        seconds,
        rate,
    )


def main() -> None:
    """Measure, count, say."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=10)
    arguments.add_argument("--people", type=int, default=1_000)
    arguments.add_argument("--connections", type=int, default=64)
    arguments.add_argument("--serve")
    arguments.add_argument("--port", type=int, default=0)
    arguments.add_argument("--sample", action="store_true")
    asked = arguments.parse_args()
    if asked.serve:
        serve(asked.serve, asked.port, asked.sample)
        return
    with tempfile.TemporaryDirectory() as folder:
        run(Path(folder), asked)


def run(folder: Path, asked: argparse.Namespace) -> None:
    """One house, one server, several loads."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    house = House(folder / "home", asked.people)
    server = Server(house.path, port)
    asker = Asker(house, port, "w")
    warm = measure(port, asker.person, 2, 16)  # the kernel is compiled, the caches are filled
    assert set(warm.statuses) == {201}, warm.statuses
    results: list[http_load.Result] = []

    def load(name: str, signed: bool = False, **how: Any) -> http_load.Result:
        mine = Asker(house, port, name)
        if signed:
            mine.sign(how.pop("count"))
        done = measure(port, mine.partner if signed else mine.person, **how)
        results.append(done)
        return done

    before = server.used()
    most = load("a", seconds=asked.seconds, connections=asked.connections)
    after = server.used()
    rate = most.statuses[201] / most.took_s
    half = load("b", seconds=asked.seconds, connections=asked.connections, rate=rate / 2)
    over = load("c", seconds=asked.seconds / 2, connections=4_000)
    again = load("d", seconds=asked.seconds / 2, connections=asked.connections, rate=rate / 2)
    expected = int(rate * asked.seconds * 1.2)
    signed = load(
        "e", signed=True, count=expected, seconds=asked.seconds, connections=asked.connections
    )
    signed_rate = signed.statuses[201] / signed.took_s
    half_count = int(signed_rate * asked.seconds)
    signed_half = load(
        "f", signed=True, count=half_count, seconds=asked.seconds * 0.9,
        connections=asked.connections, rate=signed_rate / 2,
    )  # fmt: skip
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=10) as ready:
        assert ready.status == 200
    memory = server.used()["rss_mb"]
    server.stop()
    answered = sum(result.statuses[201] for result in [warm, *results])
    there = house.count()
    assert answered <= there
    stages = profile(house, port, asked, "g")
    say(
        {
            "payments_per_s": round(rate),
            "p50_ms": most.percentile_ms(0.5),
            "p99_ms": most.percentile_ms(0.99),
            "p50_ms_at_half": half.percentile_ms(0.5),
            "p99_ms_at_half": half.percentile_ms(0.99),
            "signed_payments_per_s": round(signed_rate),
            "signed_p99_ms_at_half": signed_half.percentile_ms(0.99),
            "overload_answered_per_s": round(over.statuses[201] / over.took_s),
            "overload_shed": over.statuses[503],
            "overload_p99_ms": over.percentile_ms(0.99),
            "p99_ms_after_overload": again.percentile_ms(0.99),
            "cpu_us_a_request": round(
                1e6 * (after["cpu_s"] - before["cpu_s"]) / sum(most.statuses.values())
            ),
            "cpu_us_by_stage": stages,
            "memory_mb": memory,
            "answered_201": answered,
            "payments_there": there,
            "connections": asked.connections,
            "connections_broken": sum(result.broken for result in results),
            "durable": "each payment flushed to the disk before its answer",
        }
    )


def profile(house: House, port: int, asked: argparse.Namespace, name: str) -> dict[str, int]:
    """Return the processor time of a request by stage, in microseconds: a run with a sampler."""
    server = Server(house.path, port, sample=True)
    asker = Asker(house, port, name)
    measure(port, asker.person, 1, 16)
    before = server.used()
    done = measure(port, asker.person, asked.seconds / 2, asked.connections, first=1_000_000)
    after = server.used()
    server.stop()
    asked_count = sum(done.statuses.values())
    spent = {
        stage: 1e6 * (after["stages"][stage] - before["stages"].get(stage, 0)) / asked_count
        for stage in after["stages"]
    }
    spent.pop("writer in all", None)
    used_us = 1e6 * (after["cpu_s"] - before["cpu_s"]) / asked_count
    spent["HTTP server, event loop, hand-over, jobs"] = used_us - sum(spent.values())
    return {stage: round(us) for stage, us in sorted(spent.items(), key=lambda item: -item[1])}


if __name__ == "__main__":
    main()

"""What partners are told to type works as it stands, against a service that runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from base64 import b64encode
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from support.served import free_port, served
from venule.client import Client, ClientCredentials, Signed, each, models

BLOCK = re.compile(r"^```(bash|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROGRAMS = ("bash", "curl", "jq", "openssl")


def script_of(page: str) -> str:
    """Return the commands of a page, one after the other; what runs beside them ends with them."""
    parts = ["set -euo pipefail", "trap 'kill $(jobs -p)' EXIT"]
    for kind, text in BLOCK.findall(page):
        parts.append(text if kind == "bash" else f"python3 - <<'END'\n{text}END\n")
    return "\n".join(parts)


def test_a_sandbox_with_the_client_alone(tmp_path: Path):
    """Signed up, known by tokens and by signatures, three days later, asked for production."""
    request, assertion = (Ed25519PrivateKey.from_private_bytes(bytes([n] * 32)) for n in (3, 4))
    sandboxes = {"VENULE_SANDBOXES": str(tmp_path / "sandboxes"), "VENULE_RAIL": "none"}
    with served(tmp_path / "house", tmp_path, **sandboxes) as service:
        me = service.anyone.sandbox.sign_up(
            models.SignUpBody(
                name="Tea shop", contact="dev@tea.example", request_key=public(request),
                assertion_key=public(assertion),
            )
        )  # fmt: skip
        ids = {key.use: str(key.id) for key in me.keys}
        proofs = [
            ClientCredentials(str(me.application_id), ids[models.KeyUse.ASSERTION], assertion),
            Signed(ids[models.KeyUse.REQUEST], request),
        ]
        with Client(me.base_url) as anyone:
            before = anyone.sandbox.show_clock()
            moved = anyone.sandbox.move_clock(models.ClockBody(advance_s=3 * 86_400))
            assert moved.now - before.now >= timedelta(days=3)
            buyer = anyone.signed_in(
                anyone.sandbox.open_test_session(me.members[0].member_id).session_token
            )
            body = models.WalletPayBody(
                merchant_id=me.owner_id, amount=models.Paid(amount="0.50", currency="CNY")
            )
            paid = buyer.wallet.make_payment(body)
            for proof in proofs:
                shop = anyone.as_(proof)
                assert [paid.id] == [each_.id for each_ in each(shop.wallet.list_payments)]
            asked = anyone.as_(proofs[1]).partners.ask_for_production(me.application_id)
            assert models.ApplicationState.ASKED == asked.state
            assert asked == anyone.as_(proofs[0]).partners.show_production(me.application_id)
        assert 0 == service.stop()


def public(key: Ed25519PrivateKey) -> str:
    """Return the public half, as a partner sends it."""
    return b64encode(key.public_key().public_bytes_raw()).decode()


@pytest.mark.skipif(
    any(shutil.which(name) is None for name in PROGRAMS), reason=f"needs {', '.join(PROGRAMS)}"
)
def test_a_stranger_gets_from_nothing_to_a_refund(repository: Path, tmp_path: Path):
    page = (repository / "docs" / "partners" / "quickstart.md").read_text("utf-8")
    script = script_of(page)
    here = tmp_path / "stranger"
    here.mkdir()
    sandboxes = {"VENULE_SANDBOXES": str(tmp_path / "sandboxes"), "VENULE_RAIL": "none"}
    with served(tmp_path / "house", tmp_path, **sandboxes) as service:
        mine = {"HOUSE": service.url, "PORT": str(free_port())}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=here,
            env={**os.environ, **mine, "PATH": path},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert 0 == done.returncode, done.stdout + done.stderr
        assert 0 == service.stop()

    events = [json.loads(line) for line in (here / "events.jsonl").read_text().splitlines()]
    told = [
        (event["type"], event["data"]["amount"]["amount"])
        for event in events
        if event["type"].startswith("payment.")
    ]
    assert [("payment.paid", "12.30"), ("payment.refunded", "2.30")] == told[:2]
    for said in ("partly_refunded", "Amount(amount='5.00'", "refund-exceeds-payment", "259200"):
        assert said in done.stdout, said

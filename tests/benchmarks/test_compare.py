"""The comparison with the neighbours: one work for all, every answer known before."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType

import numpy as np
import pytest

REPOSITORY = Path(__file__).parents[2]
COMPARE = REPOSITORY / "benchmarks" / "compare"
CLIENTS = REPOSITORY / "build" / "compare-venv" / "bin" / "python"
TRANSFERS = 20_000
EPOCH_MS = 1_700_000_000_000


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"compare_{name}", COMPARE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


work = load("workload")


def draw(wallets: int = 100, transfers: int = TRANSFERS, seed: int = 7):
    return work.Workload(wallets, transfers, seed, EPOCH_MS)


def has_clients(python: Path) -> bool:
    return python.exists() and not subprocess.run([python, "-c", "import psycopg"]).returncode


def compare(python: Path | str, folder: Path, *words: str) -> dict:
    size = ["--accounts", "500", "--transfers", str(TRANSFERS), "--folder", str(folder)]
    done = subprocess.run(
        [python, COMPARE / "run.py", *size, *words], capture_output=True, text=True
    )
    assert 0 == done.returncode, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.fixture
def open_folder():
    """A folder that everybody may enter: PostgreSQL runs as an ordinary user."""
    with TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


# ------------------------------------------------------------ the work


def test_the_same_seed_draws_the_same_work():
    first, second, other = draw(), draw(), draw(seed=8)

    for number in range(first.batch_count):
        one, two = first.batch(number), second.batch(number)
        for name in ("debit", "credit", "amount", "refused", "id_bytes"):
            assert np.array_equal(getattr(one, name), getattr(two, name)), name
    assert not np.array_equal(first.batch(0).debit, other.batch(0).debit)


def test_batches_hold_every_transfer_once():
    workload = draw()
    batches = [workload.batch(number) for number in range(workload.batch_count)]

    assert [work.BATCH, work.BATCH, TRANSFERS - 2 * work.BATCH] == [len(b) for b in batches]
    ids = [bytes(row) for b in (*workload.funding(), *batches) for row in b.id_bytes]
    assert TRANSFERS + workload.wallets == len(set(ids))
    assert sorted(ids) == ids


def test_ids_are_uuids_of_version_7():
    rows = draw().batch(0).id_bytes

    assert {7} == set((rows[:, 6] >> 4).tolist())
    assert {2} == set((rows[:, 8] >> 6).tolist())


def test_payers_and_payees_are_different_wallets():
    workload = draw(wallets=3)
    for number in range(workload.batch_count):
        batch = workload.batch(number)
        assert (batch.debit != batch.credit).all()
        assert {2, 3, 4} == set(batch.debit.tolist()) == set(batch.credit.tolist())


@pytest.mark.parametrize("wallets", [2, 100])
@pytest.mark.parametrize("backwards", [False, True])
def test_the_known_answer_is_that_of_a_ledger_in_any_order(wallets, backwards):
    workload = draw(wallets=wallets)
    held = dict.fromkeys(range(2, wallets + 2), 0) | {1: 1 << 60}
    moved = dict.fromkeys(held, 0)
    numbers = range(workload.batch_count)
    batches = list(workload.funding())
    batches += [workload.batch(n) for n in (reversed(numbers) if backwards else numbers)]
    refused = 0
    for batch in batches:
        seen = []
        rows = zip(batch.debit.tolist(), batch.credit.tolist(), batch.amount.tolist(), strict=True)
        for position, (debit, credit, amount) in enumerate(rows):
            if held[debit] < amount:
                seen.append(position)
                continue
            held[debit] -= amount
            held[credit] += amount
            moved[debit] += 1
            moved[credit] += 1
        assert batch.refused.tolist() == seen
        refused += len(seen)

    assert workload.refused == refused
    assert 0.005 < refused / TRANSFERS < 0.015
    assert workload.balances().tolist() == [held[n] for n in range(2, wallets + 2)]
    assert [workload.movements(n) for n in (2, wallets + 1)] == [moved[2], moved[wallets + 1]]


def test_a_work_whose_answer_would_depend_on_the_order_is_refused():
    with pytest.raises(ValueError, match="empty a wallet"):
        draw(transfers=work.START_MINOR // work.AMOUNT_MAX + 1)


# ------------------------------------------------------------ the sides


def test_venule_does_the_work(tmp_path):
    result = compare(sys.executable, tmp_path)

    [row] = result["rows"]
    assert TRANSFERS == row["accepted"] + row["refused"]
    assert row["refused"] > 0
    assert ["tigerbeetle", "pgledger"] == result["not_measured"]
    assert [] == list(tmp_path.iterdir())


def test_venule_and_postgresql_agree(open_folder):
    python = next((p for p in (Path(sys.executable), CLIENTS) if has_clients(p)), None)
    if python is None:
        pytest.skip("needs psycopg: see benchmarks/compare/README.md")
    if load("postgresql_server").find_programs() is None:
        pytest.skip("needs PostgreSQL's programs (initdb, pg_ctl) on this machine")
    result = compare(python, open_folder, "--postgresql", "start", "--cache-mib", "64")

    ours, theirs = result["rows"]
    assert ("venule", "pgledger") == (ours["side"], theirs["side"])
    for name in ("accepted", "refused", "balances"):
        assert ours[name] == theirs[name]
    assert [] == list(open_folder.iterdir())

"""DuckDB and pandas, as their users know them, see what the ledger sees; and so does Parquet."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from support.both_homes import Place, Places
from support.looking_homes import CNY, START, live, post
from venule.kit.errors import HomeClosed
from venule.kit.time import to_us
from venule.ledger import (
    ExportExists,
    Party,
    Transfer,
    View,
    arrow,
    open_readonly,
    totals,
    who_paid_whom,
)

NET = """
    SELECT account, SUM(amount) AS balance FROM (
        SELECT credit AS account, amount FROM journal WHERE posted
        UNION ALL SELECT debit, -amount FROM journal WHERE posted
    ) GROUP BY account ORDER BY account
"""
COUNT = "SELECT COUNT(*), MAX(seq) FROM journal"
CNY_DEBITS = """
    SELECT SUM(amount) FROM journal WHERE posted AND (debit = 1 OR debit BETWEEN 4 AND 11)
"""


@pytest.fixture(scope="module")
def place(lasting_places: Places) -> Place:
    place = lasting_places()
    live(place, steps=250, checkpoint_at=100)[0].close()
    return place


@pytest.fixture
def view(place: Place) -> Iterator[View]:
    with open_readonly(place) as opened:
        yield opened


@pytest.fixture
def sql() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


def ask(sql: duckdb.DuckDBPyConnection, journal: Any, question: str) -> list[Any]:
    sql.register("journal", journal)
    return sql.execute(question).fetchall()


def balances_by_sql(sql: duckdb.DuckDBPyConnection, journal: Any) -> dict[int, int]:
    return dict(ask(sql, journal, NET))


def balances_of(view: View) -> dict[int, int]:
    loaded = view.load_accounts()
    balances = (loaded["credits_posted"] - loaded["debits_posted"]).tolist()
    moved = (loaded["credits_posted"] + loaded["debits_posted"]).tolist()
    return {number: balance for number, balance in enumerate(balances) if moved[number]}


def test_duckdb_adds_up_what_the_ledger_has_while_a_writer_goes_on(
    places: Places, sql: duckdb.DuckDBPyConnection, repository: Path
) -> None:
    live(places(), steps=30, checkpoint_at=20)[0].close()
    writer = subprocess.Popen(
        [sys.executable, "-m", "support.looking_writer", str(places())],
        cwd=repository,
        env={**os.environ, "PYTHONPATH": str(repository / "tests")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert writer.stdin
    assert writer.stdout
    with writer:
        assert "ready\n" == writer.stdout.readline()
        seen: list[int] = []
        while len(seen) < 4 or seen[0] == seen[-1]:
            with open_readonly(places()) as view:
                by_sql = balances_by_sql(sql, view.transfers().read_all())
                assert balances_of(view) == by_sql
                [(count, most)] = ask(
                    sql, view.transfers(), "SELECT COUNT(*), MAX(seq) FROM journal"
                )
                assert (view.position().seq, view.position().seq) == (count, most)
                seen.append(most)
                [cny] = [it for it in totals(view.load_accounts()) if it.unit == CNY]
                [(debits,)] = ask(sql, view.transfers(), CNY_DEBITS)
                assert cny.debits_posted == debits == cny.credits_posted
        writer.stdin.close()
        end = int(writer.stdout.read())
    assert 0 == writer.returncode
    assert seen[0] < seen[-1] <= end
    with open_readonly(places()) as view:
        assert end == view.position().seq
        assert balances_of(view) == balances_by_sql(sql, view.transfers().read_all())


def test_a_stream_sees_one_state_though_it_is_read_later(
    places: Places, sql: duckdb.DuckDBPyConnection
) -> None:
    home, _ = live(places(), steps=20)
    with home, open_readonly(places()) as view:
        journal = view.transfers()
        for _ in range(20):
            assert home.run(post, [Transfer(1, 4, 7, 101)])[0].ok
        assert [(view.last_seq,)] == ask(sql, journal, "SELECT COUNT(*) FROM journal")


def test_every_column_is_what_the_record_says(view: View) -> None:
    table = view.transfers().read_all()

    assert view.last_seq == len(table)
    records = np.array([view.record(seq) for seq in range(1, view.last_seq + 1)])
    for name in records.dtype.names or ():
        column = table[name].to_pylist()
        if name == "at":
            assert START <= column[0] <= column[-1]
            column = [to_us(at) for at in column]
        assert records[name].tolist() == column, name
    metadata = table.schema.metadata
    assert str(view.last_seq).encode() == metadata[b"venule.position"]
    assert "余额宝份额" in metadata[b"venule.units"].decode()
    assert all(field.metadata[b"says"] and not field.nullable for field in table.schema)
    assert b"minor units" in table.schema.field("amount").metadata[b"unit"]


def test_pandas_groups_by_day_and_code(view: View) -> None:
    frame = view.transfers(columns=["at", "code", "amount", "posted"]).read_pandas()

    assert "datetime64[us, UTC]" == str(frame["at"].dtype)
    posted = frame[frame["posted"]]
    by_code = posted.groupby("code")["amount"].agg(["count", "sum"])
    lines = who_paid_whom(view, 1, view.last_seq, by=Party.CODE).lines
    undone = int(posted[posted["code"] == 104]["amount"].sum())
    assert sum(it.amount for it in lines) == int(by_code["sum"].sum()) - 2 * undone
    assert sum(it.count + it.reversals for it in lines) == int(by_code["count"].sum())


@pytest.mark.parametrize(
    "bounds",
    [
        {"since": START + timedelta(minutes=20)},
        {"until": START + timedelta(minutes=20)},
        {"since": START + timedelta(minutes=5), "until": START + timedelta(minutes=9)},
        {"first_seq": 17, "last_seq": 40},
        {"first_seq": 17, "since": START + timedelta(minutes=20), "last_seq": 10**9},
        {"first_seq": 40, "last_seq": 17},
        {"since": START + timedelta(days=900)},
    ],
)
def test_a_part_is_what_a_filter_leaves(view: View, bounds: dict[str, Any]) -> None:
    whole = view.transfers().read_all().to_pylist()
    expected = [
        row
        for row in whole
        if ("since" not in bounds or row["at"] >= bounds["since"])
        and ("until" not in bounds or row["at"] < bounds["until"])
        and bounds.get("first_seq", 1) <= row["seq"] <= bounds.get("last_seq", 10**9)
    ]

    assert expected == view.transfers(**bounds).read_all().to_pylist()


def test_accounts_as_a_table(view: View, sql: duckdb.DuckDBPyConnection) -> None:
    table = view.accounts()
    loaded = view.load_accounts()

    assert list(range(1, len(loaded))) == table["id"].to_pylist()
    for name in ("unit", "code", "flags", "ref", "head", "debits_pending", "credits_posted"):
        assert loaded[name][1:].tolist() == table[name].to_pylist()
    sql.register("accounts", table)
    sums = sql.execute(
        "SELECT unit, SUM(balance), COUNT(*) FILTER (closed) FROM accounts GROUP BY 1"
    )
    assert [0] * 3 == [total for _, total, _ in sums.fetchall()]
    expected = {it.unit: it.debits_posted for it in totals(loaded)}
    sums = sql.execute("SELECT unit, SUM(debits_posted) FROM accounts GROUP BY 1")
    assert expected == dict(sums.fetchall())


def test_only_the_columns_asked_for(view: View) -> None:
    assert ["amount", "seq"] == view.transfers(columns=["amount", "seq"]).schema.names
    with pytest.raises(KeyError, match="amount_minor"):
        view.transfers(columns=["amount_minor"])


def test_a_stream_comes_in_batches(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that memory is bounded however long the journal is."""
    monkeypatch.setattr(arrow, "BATCH_ROWS", 64)
    sizes = [len(batch) for batch in view.transfers()]

    assert view.last_seq == sum(sizes)
    assert max(sizes) < 64 + 20  # the longest row of this journal
    monkeypatch.setattr(arrow, "BATCH_ROWS", 16)
    whole, rest = divmod(view.last_account, 16)
    assert [16] * whole + [rest] == [len(batch) for batch in view.account_batches()]


def test_a_closed_view_ends_its_streams(place: Path) -> None:
    view = open_readonly(place)
    journal = view.transfers()
    view.close()
    with pytest.raises(HomeClosed):
        journal.read_all()
    with pytest.raises(HomeClosed):
        view.accounts()


# ---------------------------------------------------------------- Parquet


def test_an_export_opens_in_duckdb_and_pandas(
    view: View, sql: duckdb.DuckDBPyConnection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pandas as pd

    monkeypatch.setattr(arrow, "BATCH_ROWS", 64)
    transfers, accounts = tmp_path / "new" / "transfers.parquet", tmp_path / "new" / "a.parquet"
    done = view.export_transfers(transfers)
    view.export_accounts(accounts)

    assert (view.last_seq, transfers.stat().st_size) == (done.rows, done.bytes)
    assert sorted([transfers, accounts]) == sorted((tmp_path / "new").iterdir())
    assert view.transfers().read_all().equals(pq.read_table(transfers))
    assert view.accounts().equals(pq.read_table(accounts), check_metadata=True)
    assert pq.ParquetFile(transfers).num_row_groups > 2
    journal = sql.read_parquet(str(transfers))
    assert balances_of(view) == balances_by_sql(sql, journal)
    types = dict(zip(journal.columns, map(str, journal.types), strict=True))
    assert ("TIMESTAMP WITH TIME ZONE", "BIGINT", "BLOB") == (
        types["at"],
        types["amount"],
        types["ref"],
    )
    assert view.transfers().read_pandas().equals(pd.read_parquet(transfers))


def test_a_part_is_exported(view: View, tmp_path: Path) -> None:
    since, until = START + timedelta(minutes=10), START + timedelta(minutes=30)
    view.export_transfers(tmp_path / "part", since, until)

    expected = view.transfers(since, until).read_all()
    assert 0 < len(expected) < view.last_seq
    assert expected.equals(pq.read_table(tmp_path / "part"))
    assert {at.astimezone(UTC) >= since for at in expected["at"].to_pylist()} == {True}


def test_an_export_never_writes_over(view: View, tmp_path: Path) -> None:
    file = tmp_path / "mine"
    file.write_text("mine")
    with pytest.raises(ExportExists, match="does not overwrite"):
        view.export_transfers(file)
    dangling = tmp_path / "dangling"
    dangling.symlink_to(tmp_path / "nothing")
    with pytest.raises(ExportExists):
        view.export_transfers(dangling)
    assert "mine" == file.read_text()
    assert [dangling, file] == sorted(tmp_path.iterdir())


def test_what_comes_in_between_is_not_written_over(view: View, tmp_path: Path) -> None:
    file = tmp_path / "late"
    schema = pa.schema([("seq", pa.int64())])

    def batches() -> Iterator[pa.RecordBatch]:
        yield pa.record_batch([pa.array([1])], schema=schema)
        file.write_text("mine")

    with pytest.raises(ExportExists):
        arrow.export(pa.RecordBatchReader.from_batches(schema, batches()), file)
    assert ("mine", [file]) == (file.read_text(), list(tmp_path.iterdir()))


def test_a_broken_off_export_leaves_nothing(
    view: View, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrow, "BATCH_ROWS", 64)
    block = View.block

    def interrupted(self: View, seq: int) -> Any:
        if seq > 150:
            raise KeyboardInterrupt
        return block(self, seq)

    monkeypatch.setattr(View, "block", interrupted)
    with pytest.raises(KeyboardInterrupt):
        view.export_transfers(tmp_path / "file")
    assert [] == list(tmp_path.iterdir())

"""Old journal rows in the archive: everything reads as before, whatever happens on the way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from support.both_homes import Place, Places, fewer
from support.homes import new_home
from support.ledger_archives import (
    Past,
    archive_all,
    archive_file,
    everything,
    faults,
    journal_rows,
    live,
    make_checkpoint,
    post,
    rows,
)
from venule.kit.desk import Desk
from venule.kit.time import VirtualClock, to_us
from venule.ledger import (
    ArchiveBusy,
    Search,
    Transfer,
    TransferNotFound,
    View,
    archive,
    archive_format,
    archive_journal,
    archive_store,
    book,
    find_transfers,
    open_readonly,
    prove,
    trial_balance,
)

START = datetime(2014, 5, 14, tzinfo=UTC)


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Row groups of 16 transfers, journal rows of at most 50, slices of two rows."""
    monkeypatch.setattr(archive_format, "GROUP_TRANSFERS", 16)
    monkeypatch.setattr(archive_format, "GROUP_OPENINGS_MAX", 60)
    monkeypatch.setattr(book, "ROW_TRANSFERS_MAX", 50)
    monkeypatch.setattr(archive, "SLICE_ROWS", 2)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


def test_everything_reads_as_before(places: Places) -> None:
    for seed in range(fewer(4, places)):
        reads_as_before(places(f"home {seed}"), VirtualClock(START), seed)


def reads_as_before(place: Place, clock: VirtualClock, seed: int) -> None:
    home = live(place, clock, seed)
    before, rows_before = everything(home), rows(home)
    made = archive_all(home, segment=70)
    assert len(made) > 2
    assert [(it.file, it.first_seq, it.last_seq, it.size) for it in made] == [
        (name, first, last, size)
        for first, last, name, size in archive_store.archive_files(home.sql, 1)
    ]
    assert journal_rows(home) <= 4
    assert before == everything(home)
    assert rows_before == rows(home)
    assert faults(home) == []
    proof, _ = prove(home.sql, 1)
    assert (len(made), len(rows_before)) == (proof.archives, proof.rows)
    home.close()
    home = new_home(place, clock)
    assert before == everything(home)
    home.close()


def test_a_view_sees_the_same_and_a_reader_keeps_what_it_saw(
    places: Places, clock: VirtualClock
) -> None:
    home = live(places("home"), clock, 7)
    before = everything(home)
    moment = before["seqs"][len(before["seqs"]) // 2]

    def look(view: View) -> tuple[Any, ...]:
        *_, found = find_transfers(view, Search(account=2), limit=1_000)
        sums = trial_balance(view.load_accounts(), view, moment)
        return view.transfers().read_all(), found.records.tolist(), sums

    with open_readonly(home.place) as view:
        seen = look(view)
        archive_all(home, segment=70)
        assert seen == look(view)
    with open_readonly(home.place) as view:
        assert seen == look(view)
    assert [line.seq for line in before["statements"][2]] == [record[0] for record in seen[1]]
    home.close()


def test_archiving_goes_on_where_it_stopped(places: Places, clock: VirtualClock) -> None:
    home = new_home(places("home"), clock)
    past = Past(home, clock, 5)
    ends = []
    for _ in range(4):
        past.go_on(12)
        home.run(make_checkpoint, None)
        past.go_on(2)
        [made] = archive_all(home)
        ends.append((made.first_seq, made.last_seq))
        assert archive_all(home) == []
    assert [1, *(last + 1 for _, last in ends[:-1])] == [first for first, _ in ends]
    assert faults(home) == []
    home.close()


def test_a_whole_journal_may_go(places: Places, clock: VirtualClock) -> None:
    home = live(places("home"), clock, 1)
    home.run(make_checkpoint, None)
    before = everything(home)
    archive_all(home)
    assert journal_rows(home) == 0
    home.close()
    home = new_home(places("home"), clock)
    assert before == everything(home)
    last = home.read(lambda tx: tx.book.memory.next_seq - 1)
    with pytest.raises(TransferNotFound, match=f"between 1 and {last}, saw {last + 1}"):
        home.read(lambda tx: tx.transfer(last + 1))
    assert home.run(post, [Transfer(1, 2, 5, 100)]) == [last + 1]
    assert faults(home) == []
    home.close()


def test_what_is_kept(places: Places, clock: VirtualClock) -> None:
    home = live(places("home"), clock, 2)
    last = home.read(lambda tx: tx.book.memory.next_seq - 1)
    checkpoint = archive.border(home.sql, 1, 0)
    assert archive_journal(home, keep_transfers=0) == []  # less than one whole segment
    assert archive_journal(home, keep_transfers=last, partial=True) == []
    [made] = archive_journal(home, keep_transfers=last - 100, partial=True)
    assert 0 <= 100 - made.last_seq < 50
    [made] = archive_journal(home, keep_transfers=0, partial=True)
    assert made.last_seq == checkpoint - 1 < last
    home.close()


def test_without_a_checkpoint_nothing_goes(places: Places, clock: VirtualClock) -> None:
    home = new_home(places("home"), clock)
    Past(home, clock, 1).go_on(5)
    assert archive_all(home) == []
    home.close()


def test_through_a_desk_and_only_one_at_a_time(places: Places, clock: VirtualClock) -> None:
    home = live(places("home"), clock, 3)
    before = everything(home)
    with archive._only_one(home.sql.folder, 1), pytest.raises(ArchiveBusy, match="another one"):
        archive_all(home)
    with Desk(home) as desk:
        [made] = archive_journal(home, keep_transfers=0, partial=True, run=desk.call)
    assert made.transfers > 100
    assert before == everything(home)
    home.close()


def test_the_files_are_tables_for_anybody(places: Places, clock: VirtualClock) -> None:
    home = live(places("home"), clock, 4)
    home.run(make_checkpoint, None)
    archive_all(home, segment=60)
    files = f"{home.sql.folder}/archive/**/*.parquet"
    moved = "flags & (2 | 8 | 128 | 256 | 512) = 0"  # not held, released, opened or closed
    found = duckdb.sql(
        f"SELECT account, sum(amount)::BIGINT FROM (SELECT credit AS account, amount FROM '{files}'"
        f" WHERE {moved} UNION ALL SELECT debit, -amount FROM '{files}' WHERE {moved})"
        " GROUP BY account ORDER BY account"
    ).fetchall()
    balances = home.read(lambda tx: [tx.account(a).balance for a in range(1, 8)])
    assert list(enumerate(balances, 1)) == found
    [(count, first, last, opened, hashes)] = duckdb.sql(
        'SELECT count(*), epoch_us(min("at")), max(seq), sum(len(row_openings))::BIGINT,'
        f" count(row_hash) FROM '{files}'"
    ).fetchall()
    memory = home.read(lambda tx: (tx.book.memory.next_seq - 1, tx.book.memory.last_account))
    assert memory == (count, opened)
    assert (count, to_us(START), len(rows(home))) == (last, first, hashes)
    table = pq.read_table(archive_file(home), page_checksum_verification=True)
    assert table.column("seq").to_pylist() == list(range(1, len(table) + 1))
    home.close()

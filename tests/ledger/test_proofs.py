"""Whatever is changed in the files, `prove` or opening says so and says where."""

from __future__ import annotations

from random import Random

import pytest

from support.ledger_books import CNY, Hand, Hands
from venule.kit.errors import HomeError
from venule.ledger import (
    AccountFlags,
    CheckpointDamaged,
    JournalDamaged,
    Transfer,
    TransferFlags,
    WriterFenced,
    checkpoint,
    prove,
    totals,
)

DEBIT_LIMIT = AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS


def worked(new_hand: Hands, groups: int = 12) -> Hand:
    """A book with wallets, holds, a closed account, and a checkpoint in the middle."""
    hand = new_hand()
    bank, *wallets = hand.open(0, *[DEBIT_LIMIT] * 8)
    hand.post(*[Transfer(bank, wallet, 1_000, 100) for wallet in wallets])
    random = Random(7)
    for group in range(groups):
        hand.now_us += 1_000
        payer, payee = random.sample(wallets[:-1], 2)
        hand.post(
            Transfer(payer, payee, random.randint(1, 50), 101),
            Transfer(payer, payee, 5, 101, flags=TransferFlags.PENDING),
        )
        if group == groups // 2:
            hand.group(lambda book: book.checkpoint(hand.sql))
    hand.post(Transfer(wallets[-1], 0, 0, 102, flags=TransferFlags.CLOSE))
    hand.open(DEBIT_LIMIT)
    return hand


def faults(hand: Hand) -> list[str]:
    return [f"{fault.where}: {fault.message}" for fault in prove(hand.sql, 1)[0].faults]


def test_a_sound_book_is_proven(new_hand: Hands) -> None:
    hand = worked(new_hand)
    proof, memory = prove(hand.sql, 1)
    assert proof.faults == []
    assert (hand.book.memory.next_seq - 1, 10) == (proof.transfers, proof.accounts)
    assert (proof.pending, proof.pages) == (12, 1)
    [cny] = totals(memory.accounts)
    assert cny.unit == CNY
    assert cny.debits_posted == cny.credits_posted > 8_000
    assert cny.debits_pending == cny.credits_pending == 60


def blobs(hand: Hand) -> list[tuple[str, str, str, int, bytes]]:
    """Every stored value that the ledger vouches for: table, column, where in the book, bytes."""
    columns = {
        ("journal", "first_seq"): ("previous_hash", "hash", "openings", "transfers"),
        ("ledger_page", "page"): ("hash", "accounts"),
        ("ledger_checkpoint", "book"): ("hash", "pending"),
    }
    return [
        (table, column, key, number, value)
        for (table, key), names in columns.items()
        for column in names
        for number, value in hand.sql.rows(f"SELECT {key}, {column} FROM {table} ORDER BY {key}")
        if value
    ]


def test_every_flipped_byte_is_found_and_named(new_hand: Hands) -> None:
    hand = worked(new_hand, groups=3)
    random = Random(1)
    for table, column, key, number, value in blobs(hand):
        places = range(len(value)) if len(value) <= 64 else random.sample(range(len(value)), 24)
        for place in places:
            bad = bytearray(value)
            bad[place] ^= 1 << random.randrange(8)
            update = f"UPDATE {table} SET {column} = ? WHERE {key} = ?"
            hand.sql.run(update, (bytes(bad), number))
            found = faults(hand)
            hand.sql.run(update, (value, number))
            assert found, f"{table}.{column} row {number} byte {place}"
            word = {"journal": "journal", "ledger_page": "page"}.get(table, "checkpoint")
            assert any(word in fault for fault in found)
    assert faults(hand) == []


@pytest.mark.parametrize(
    "column",
    ["first_seq", "transfer_count", "first_account", "account_count", "first_at", "last_at"],
)
def test_every_changed_number_of_a_row_is_found(new_hand: Hands, column: str) -> None:
    hand = worked(new_hand)
    hand.sql.run(f"UPDATE journal SET {column} = {column} + 1 WHERE first_seq = 1")
    assert faults(hand)


def test_a_missing_row_is_found_at_the_end_too(new_hand: Hands) -> None:
    hand = worked(new_hand)
    rows = [seq for (seq,) in hand.sql.rows("SELECT first_seq FROM journal ORDER BY first_seq")]
    for seq in rows[:-1]:
        hand.sql.begin()
        hand.sql.run("DELETE FROM journal WHERE first_seq = ?", (seq,))
        assert faults(hand), seq
        hand.sql.rollback()
    hand.group(lambda book: book.checkpoint(hand.sql))
    hand.sql.run("DELETE FROM journal WHERE first_seq = ?", (rows[-1],))
    assert any("past the end" in fault or "no journal row" in fault for fault in faults(hand))


def test_opening_refuses_a_damaged_tail_and_a_damaged_page(new_hand: Hands) -> None:
    hand = worked(new_hand)
    hand.sql.begin()
    for seq, blob in hand.sql.rows("SELECT first_seq, transfers FROM journal WHERE first_seq > 30"):
        zeros = bytes(len(blob))
        hand.sql.run("UPDATE journal SET transfers = ? WHERE first_seq = ?", (zeros, seq))
    with pytest.raises(JournalDamaged, match="row from transfer 32: its transfers: expected"):
        hand.reopen()
    hand.sql.rollback()
    [(size,)] = hand.sql.rows("SELECT LENGTH(accounts) FROM ledger_page")
    hand.sql.run("UPDATE ledger_page SET accounts = ?", (bytes(size),))
    with pytest.raises(CheckpointDamaged, match="page 0: expected"):
        hand.reopen()


def test_a_second_writer_is_fenced_off(new_hand: Hands) -> None:
    first = worked(new_hand)
    second = first.reopen()
    second.post(Transfer(1, 2, 5, 100))
    with pytest.raises(Exception, match=r"UNIQUE|unique"):
        first.post(Transfer(1, 3, 5, 100))
    first.sql.rollback()
    with pytest.raises(WriterFenced, match="another writer"):
        first.book.abandoned(first.sql)
    assert issubclass(WriterFenced, HomeError)
    assert faults(second) == []


def test_an_abandoned_group_leaves_memory_as_it_was(new_hand: Hands) -> None:
    hand = worked(new_hand)
    before = hand.book.memory.accounts[:12].tobytes()
    holds = hand.book.memory.open_holds().tobytes()
    hand.sql.begin()
    hand.book.begin(hand.sql, hand.now_us)
    hand.book.post([Transfer(1, 2, 5, 100), Transfer(1, 2, 7, 100, flags=TransferFlags.PENDING)])
    hand.book.open_accounts(CNY, 2010, 3, 0, None)
    hand.book.flush(hand.sql)
    hand.sql.rollback()
    hand.book.abandoned(hand.sql)
    assert before == hand.book.memory.accounts[:12].tobytes()
    assert holds == hand.book.memory.open_holds().tobytes()
    hand.post(Transfer(1, 2, 5, 100))
    assert faults(hand) == []


def test_a_commit_whose_answer_was_lost_is_believed(new_hand: Hands) -> None:
    hand = worked(new_hand)
    hand.sql.begin()
    hand.book.begin(hand.sql, hand.now_us)
    hand.book.post([Transfer(1, 2, 5, 100)])
    hand.book.flush(hand.sql)
    hand.sql.commit()
    hand.book.abandoned(hand.sql)
    hand.post(Transfer(1, 2, 5, 100))
    assert faults(hand) == []


def test_checkpoints_spread_over_commits(new_hand: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoint, "CYCLE_RECORDS_MIN", 40)
    monkeypatch.setattr(checkpoint, "RECORDS_PER_PAGE", 1 << 30)
    hand = new_hand()
    hand.open(0)
    wallets = hand.group(lambda book: book.open_accounts(CNY, 2010, 20_000, 0, None))[0]
    random = Random(3)
    cycles = set()
    for turn in range(500):
        hand.now_us += 1
        batch = [Transfer(1, random.choice(wallets), 1, 100) for _ in range(200)]
        hand.post(*batch)
        row = hand.sql.row("SELECT next_seq FROM ledger_checkpoint")
        cycles.add(row)
        if turn % 97 == 0:
            hand = hand.reopen()
            assert faults(hand) == []
    assert len(cycles) > 3
    assert faults(hand) == []


def test_closing_leaves_a_checkpoint_when_it_pays(
    new_hand: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoint, "CLOSE_RECORDS_MIN", 3_000)
    hand = new_hand()
    a, b = hand.open(0, 0)
    hand.post(*[Transfer(a, b, 1, 100)] * 2_000)
    hand.book.close(hand.sql)
    assert hand.sql.row("SELECT next_seq FROM ledger_checkpoint") is None
    hand.post(*[Transfer(a, b, 1, 100)] * 2_000)
    hand.book.close(hand.sql)
    assert hand.sql.row("SELECT next_seq FROM ledger_checkpoint") == (4_003,)
    assert hand.reopen().book.account(b).balance == 4_000
    assert faults(hand) == []

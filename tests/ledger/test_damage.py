"""A changed byte of the journal or of a checkpoint is named: which batch, which transfer, which
field."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from support.both_homes import only_files, spoil
from support.ledger_books import CNY, Hand, Hands
from support.looking_homes import live
from venule.kit.errors import HomeDamaged
from venule.kit.sql import open_readonly
from venule.kit.sqlite import DATABASE_FILE
from venule.ledger import JournalDamaged, Transfer, TransferFlags, prove
from venule.ledger.checkpoint import accounts_of, check_row
from venule.ledger.columns import SUMS_BYTES, pack
from venule.ledger.errors import CheckpointDamaged
from venule.ledger.journal import GENESIS_HASH, decode
from venule.ledger.model import ACCOUNT, TRANSFER
from venule.ledger.store import page, rows_from

PLACE = re.compile(r"byte (\d+) of its (\w+) \((?:(\w+) of (transfer|account) (\d+)|outside)")


@pytest.fixture
def hand(new_hand: Hands) -> Hand:
    hand = new_hand()
    wallets = hand.open(*[0] * 6)
    random = Random(5)
    hand.group(
        lambda book: book.open_accounts(CNY, 2010, 9, 1, None),
        lambda book: book.post(
            [
                Transfer(
                    *random.sample(wallets, 2), random.randint(1, 9_999), 100, random.randbytes(16)
                )
                for _ in range(40)
            ]
            + [Transfer(1, 2, 10**14, 101, flags=TransferFlags.PENDING, timeout_s=60)]
        ),
    )
    hand.group(lambda book: book.checkpoint(hand.sql))
    return hand


def test_every_byte_of_a_row_names_its_transfer(hand: Hand) -> None:
    first, row = rows_from(hand.sql, 1, 1)
    check_row(row, first.hash, row.first_seq, 6)
    for column in ("transfers", "openings"):
        whole: bytes = getattr(row, column)
        named = set()
        for at in range(len(whole)):
            bad = whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :]
            fields = {f: getattr(row, f) for f in row.__struct_fields__} | {column: bad}
            with pytest.raises(JournalDamaged) as caught:
                check_row(type(row)(**fields), first.hash, row.first_seq, 6)
            found = PLACE.search(str(caught.value))
            assert found, str(caught.value)
            assert (str(at), column) == (found[1], found[2])
            assert f"{whole[at]:#04x} was written" in str(caught.value)
            if found[3]:
                named.add(int(found[5]))
        firsts = row.first_seq if column == "transfers" else row.first_account
        count = row.transfer_count if column == "transfers" else 0
        assert named == set(range(firsts, firsts + count))


def test_verify_names_the_batch_and_the_transfer(hand: Hand) -> None:
    row = list(rows_from(hand.sql, 1, 1))[1]
    records = decode(row.codec, row.transfers, TRANSFER).copy()
    records["amount"][7] ^= 1
    other = pack(records)
    body = len(other) - SUMS_BYTES
    bad = other[:body] + row.transfers[body:]
    hand.sql.run("UPDATE journal SET transfers = ? WHERE first_seq = ?", (bad, row.first_seq))
    [fault] = [f.message for f in prove(hand.sql, 1)[0].faults if "journal" in f.where]
    assert f"row from transfer {row.first_seq}" in fault
    assert f"(amount of transfer {row.first_seq + 7})" in fault


def test_a_changed_number_or_hash_says_that_the_records_are_whole(hand: Hand) -> None:
    for column in ("first_at", "last_at", "hash"):
        hand.sql.begin()
        changed = f"X'{bytes(32).hex()}'" if column == "hash" else f"{column} + 1"
        spoil(hand.sql, f"UPDATE journal SET {column} = {changed} WHERE first_seq = 1")
        [fault] = [f.message for f in prove(hand.sql, 1)[0].faults if "journal" in f.where]
        hand.sql.rollback()
        assert "its records are whole, so its numbers or its hashes changed" in fault
    hand.sql.run("UPDATE journal SET codec = 0")
    assert any("row from transfer 1:" in f.message for f in prove(hand.sql, 1)[0].faults)


def test_every_byte_of_a_page_names_its_account(hand: Hand) -> None:
    row = page(hand.sql, 1, 0)
    accounts = accounts_of(row)
    random = Random(8)
    header_end = 400
    places = [*range(header_end), *random.sample(range(header_end, len(row.accounts)), 400)]
    named = 0
    for at in places:
        bad = row.accounts[:at] + bytes([row.accounts[at] ^ 0x21]) + row.accounts[at + 1 :]
        fields = {f: getattr(row, f) for f in row.__struct_fields__} | {"accounts": bad}
        with pytest.raises(CheckpointDamaged) as caught:
            accounts_of(type(row)(**fields))
        found = PLACE.search(str(caught.value))
        assert found, str(caught.value)
        assert found[1] == str(at)
        if found[3]:
            named += 1
            assert 0 <= int(found[5]) < len(accounts)
    assert named > 300
    assert decode(row.codec, row.accounts, ACCOUNT).tobytes() == accounts.tobytes()


def test_a_row_under_another_number_does_not_chain(hand: Hand) -> None:
    first, second = rows_from(hand.sql, 1, 1)
    with pytest.raises(JournalDamaged, match="begins at transfer 1"):
        check_row(second, GENESIS_HASH, 1, 0)
    with pytest.raises(JournalDamaged, match="does not chain"):
        check_row(second, GENESIS_HASH, second.first_seq, 6)
    assert first.hash == second.previous_hash


@pytest.mark.parametrize("change", ["name = 'CNX'", "scale = 3", "hash = X'" + "00" * 32 + "'"])
def test_a_changed_unit_is_found(hand: Hand, change: str) -> None:
    spoil(hand.sql, f"UPDATE ledger_unit SET {change} WHERE unit = {CNY}")
    [fault] = prove(hand.sql, 1)[0].faults
    assert fault.where == f"unit {CNY}"
    assert "does not match its hash" in fault.message


KINDS = (  # one byte of a row's header makes any of these of another value
    ("journal", "openings = 0", "journal row from transfer 7: its openings: expected bytes"),
    ("journal", "transfers = 7", "journal row from transfer 7: its transfers: expected bytes"),
    ("journal", "hash = 9223372036854775807", "7: its hash: expected bytes, seen a number"),
    ("journal", "previous_hash = NULL", "7: its previous_hash: expected bytes, seen nothing"),
    ("journal", "last_at = 0.5", "7: its last_at: expected a number, seen a fraction"),
    ("journal", "codec = X'01'", "7: its codec: expected a number, seen bytes"),
    ("journal", "transfers = CAST(X'FF' AS TEXT)", "7: it cannot be read: Could not decode"),
    ("ledger_page", "hash = CAST(X'FF' AS TEXT)", "page 0: it cannot be read: Could not decode"),
    ("ledger_page", "accounts = 7", "page 0: its accounts: expected bytes, seen a number"),
    ("ledger_page", "seq = X'31'", "page 0, written after transfer b'1'"),
    ("ledger_checkpoint", "pending = 0", "its pending: expected bytes, seen a number"),
    ("ledger_checkpoint", "next_seq = 'x'", "its next_seq: expected a number, seen a text"),
)


@only_files
@pytest.mark.parametrize("table, change, said", KINDS, ids=lambda word: word.partition(" =")[0])
def test_a_value_of_another_kind_is_named(hand: Hand, table: str, change: str, said: str) -> None:
    hand.sql.conn.execute("PRAGMA ignore_check_constraints = 1")
    definition = "SELECT replace(sql, ' NOT NULL', '') FROM sqlite_master WHERE name = ?"
    [(loose,)] = hand.sql.rows(definition, (table,))
    hand.sql.run(f"CREATE TABLE copy AS SELECT * FROM {table}")
    hand.sql.run(f"DROP TABLE {table}")
    hand.sql.run(loose)
    hand.sql.run(f"INSERT INTO {table} SELECT * FROM copy")
    where = "first_seq = 7" if table == "journal" else "TRUE"
    assert 1 == hand.sql.run(f"UPDATE {table} SET {change} WHERE {where}")
    faults = prove(hand.sql, 1)[0].faults
    assert any(said in fault.message for fault in faults), faults
    if table != "journal":  # its rows are read again only if they come after the checkpoint
        with pytest.raises(CheckpointDamaged, match=re.escape(said)):
            hand.reopen()


def test_a_row_that_sqlite_cannot_read_is_named(tmp_path: Path) -> None:
    """Its header says that it is longer than it is."""
    home = live(tmp_path / "home", steps=40)[0]
    row = list(rows_from(home.sql, 1, 1))[20]
    home.close()
    file = tmp_path / "home" / DATABASE_FILE
    raw = bytearray(file.read_bytes())
    values = raw.index(row.previous_hash + row.hash)
    length = len(row.transfers) * 2 + 12
    kind = raw.rindex(bytes([0x80 | length >> 7, length & 0x7F]), values - 60, values)
    raw[kind] ^= 0x40
    file.write_bytes(raw)
    (tmp_path / "home" / "seal.json").unlink()
    said = f"row from transfer {row.first_seq}: it cannot be read: database disk image is malformed"
    with (
        closing(open_readonly(tmp_path / "home")) as sql,
        pytest.raises(JournalDamaged, match=said),
    ):
        list(rows_from(sql, 1, 1))


@only_files
@pytest.mark.parametrize("change", ["scale = X'02'", "name = X'43'"])
def test_a_unit_of_another_kind_is_damage(hand: Hand, change: str) -> None:
    hand.sql.run(f"UPDATE ledger_unit SET {change} WHERE unit = {CNY}")
    with pytest.raises(HomeDamaged, match=f"unit {CNY}"):
        hand.reopen()


@only_files
def test_a_unit_without_the_hash_that_it_had_is_found(hand: Hand) -> None:
    hand.sql.run(f"UPDATE ledger_unit SET hash = X'' WHERE unit = {CNY}")
    [fault] = prove(hand.sql, 1)[0].faults
    assert "does not match its hash" in fault.message

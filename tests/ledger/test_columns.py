"""Packed records: whatever is packed comes back, and a changed byte is found and named."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from venule.ledger.columns import (
    SUMS_BYTES,
    PackDamaged,
    corrected,
    find_flip,
    pack,
    unpack,
)
from venule.ledger.model import ACCOUNT, OPENING, TRANSFER, RecordArray

INT64 = np.iinfo(np.int64)


def journal_like(count: int, seed: int = 7) -> RecordArray:
    """Transfers as a writer makes them: most alike, a few far off."""
    rng = np.random.default_rng(seed)
    records = np.zeros(count, dtype=TRANSFER)
    records["seq"] = np.arange(5_000, 5_000 + count)
    records["at"] = 1_400_000_000_000_000
    records["amount"] = rng.integers(1, 50_000, count)
    records["debit"] = rng.integers(1, 90_000, count)
    records["credit"] = rng.integers(1, 90_000, count)
    records["code"] = rng.choice([100, 101], count)
    records["prev_debit"] = rng.integers(0, 5_000, count)
    records["prev_credit"] = rng.integers(0, 5_000, count) * rng.integers(0, 2, count)
    records["debit_balance"] = np.where(
        rng.random(count) < 0.01, -(10**15), rng.integers(0, 10**6, count)
    )
    records["credit_balance"] = rng.integers(0, 10**6, count)
    records["ref"] = rng.bytes(16 * count) and np.frombuffer(rng.bytes(16 * count), dtype="V16")
    return records


@given(
    arrays.arrays(np.uint64, st.tuples(st.integers(0, 20), st.just(16))),
    st.sampled_from([TRANSFER, ACCOUNT, OPENING]),
)
def test_any_bytes_come_back(words: RecordArray, dtype: np.dtype) -> None:
    whole = words.size * 8 // dtype.itemsize * dtype.itemsize
    records = np.frombuffer(words.tobytes()[:whole], dtype=dtype).copy()
    if dtype is TRANSFER:  # no record names itself
        for field in ("related", "prev_debit", "prev_credit"):
            records[field][records[field] == records["seq"]] = 0
    assert unpack(pack(records), dtype).tobytes() == records.tobytes()


@pytest.mark.parametrize(
    "values",
    [
        [0, 0, 0, 0],
        [INT64.min, INT64.max, 0, -1],
        [5] * 300,
        [-(10**15), *range(300)],
        [*range(300), 10**15, -1],
        list(range(70_000)),
    ],
    ids=["zeros", "extremes", "constant", "one-far-below", "two-far-off", "rising"],
)
def test_balances_of_every_kind_come_back(values: list[int]) -> None:
    records = journal_like(len(values))
    records["debit_balance"] = values
    assert unpack(pack(records), TRANSFER).tobytes() == records.tobytes()


def test_what_does_not_vary_takes_no_room() -> None:
    records = journal_like(4_096)
    records["ref"] = np.zeros(4_096, dtype="V16")
    bare = len(pack(records)) / 4_096
    assert 16 < bare < 24  # amount 2, accounts 3 + 3, distances 2 + 2, balances 3 + 3, and codes
    same = np.repeat(records[:1], 4_096)
    same["seq"] = np.arange(4_096)
    for field in ("prev_debit", "prev_credit"):
        same[field] = 0
    assert len(pack(same)) < 200


def test_one_record_costs_less_packed_than_raw() -> None:
    assert len(pack(journal_like(1))) < TRANSFER.itemsize


@pytest.mark.parametrize("dtype", [TRANSFER, ACCOUNT, OPENING])
def test_no_records_at_all(dtype: np.dtype) -> None:
    assert len(unpack(pack(np.zeros(0, dtype=dtype)), dtype)) == 0


def test_every_changed_byte_is_named_with_what_it_was() -> None:
    whole = pack(journal_like(60))
    for at in range(len(whole)):
        for change in (1, 0x80, 0xFF):
            bad = bytearray(whole)
            bad[at] ^= change
            with pytest.raises(PackDamaged):
                unpack(bytes(bad), TRANSFER)
            flip = find_flip(bytes(bad), TRANSFER)
            assert flip is not None
            assert (at, bad[at], whole[at]) == (flip.at, flip.seen, flip.expected)
            assert corrected(bytes(bad), flip) == whole
            if at >= len(whole) - SUMS_BYTES:
                assert flip.record == -1


@pytest.mark.parametrize(
    "field, record", [("amount", 0), ("debit", 17), ("credit_balance", 59), ("ref", 30)]
)
def test_a_changed_byte_names_the_field_and_the_record(field: str, record: int) -> None:
    records = journal_like(60)
    other = records.copy()
    raw = bytearray(other[field][record].tobytes())
    raw[0] ^= 1
    other[field][record] = np.frombuffer(bytes(raw), dtype=TRANSFER[field])[0]
    good, bad = pack(records), pack(other)
    body = len(good) - SUMS_BYTES
    assert len(good) == len(bad)
    assert 1 == sum(a != b for a, b in zip(good[:body], bad[:body], strict=True))
    flip = find_flip(bad[:body] + good[body:], TRANSFER)
    assert flip is not None
    assert (field, record) == (flip.field, flip.record)


def test_a_far_value_is_named_too() -> None:
    records = journal_like(300)
    records["debit_balance"] = np.arange(300)
    records["debit_balance"][123] = 10**15
    good = pack(records)
    at = good.index((10**15).to_bytes(8, "little"))
    flip = find_flip(good[:at] + b"\xff" + good[at + 1 :], TRANSFER)
    assert flip is not None
    assert ("debit_balance", 123) == (flip.field, flip.record)


def test_damage_of_several_bytes_is_found_but_not_named_wrongly() -> None:
    whole = pack(journal_like(60))
    rng = np.random.default_rng(3)
    for _ in range(500):
        bad = bytearray(whole)
        for at in rng.choice(len(whole), 3, replace=False):
            bad[at] ^= int(rng.integers(1, 256))
        with pytest.raises(PackDamaged):
            unpack(bytes(bad), TRANSFER)
        flip = find_flip(bytes(bad), TRANSFER)
        assert flip is None or corrected(bytes(bad), flip) != whole


@pytest.mark.parametrize("cut", [0, 1, 8, 30, -1, -16, -17])
def test_a_cut_block_is_refused(cut: int) -> None:
    with pytest.raises(PackDamaged):
        unpack(pack(journal_like(60))[:cut], TRANSFER)


def test_a_block_of_another_layout_is_refused() -> None:
    with pytest.raises(PackDamaged, match="ahead"):
        unpack(pack(journal_like(3)), ACCOUNT)

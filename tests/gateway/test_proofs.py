"""The room's proofs: a sound house is sound; tests/test_vouched.py changes each column."""

from __future__ import annotations

from support.gateway_house import GatewayHouse
from support.gateway_scenes import everything
from venule import escrow, wallet
from venule.gateway import check
from venule.ledger import Tx


def test_a_house_with_something_of_everything_is_sound(house: GatewayHouse) -> None:
    everything(house)
    assert [] == house.read(check)
    assert [] == house.read(escrow.check)
    assert [] == house.read(wallet.check)


def test_a_row_about_nothing_is_told(house: GatewayHouse) -> None:
    everything(house)
    for table in ("order", "authorisation", "settlement", "transfer", "notice"):
        known = len(house.read(check))
        house.run(_spoil, table)
        found = house.read(check)
        assert len(found) > known, table
        assert {"gateway"} == {each.room for each in found}
        assert all(str(each) for each in found)


def _spoil(tx: Tx, table: str) -> None:
    column, value = ("ref", b"\0" * 16) if table == "notice" else ("app_id", "2021000000000000")
    where = (
        "event_seq = (SELECT MIN(event_seq) FROM gateway_notice)" if table == "notice" else "TRUE"
    )
    tx.sql.run(f"UPDATE gateway_{table} SET {column} = ? WHERE {where}", (value,))

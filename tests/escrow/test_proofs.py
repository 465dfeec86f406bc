"""The proofs hold over something of everything, on both kinds of home, and tell what is wrong."""

import pytest

from support.escrow_scenes import TERMS, everything
from support.escrow_town import EscrowTown
from venule.app import verify
from venule.escrow.accounts import EscrowTransferCode as Why
from venule.ledger import Transfer


@pytest.mark.parametrize("kind", ["directory", "postgresql"])
def test_something_of_everything(kind, tmp_path, request):
    place = tmp_path / "home"
    if kind == "postgresql":
        place = request.getfixturevalue("postgres").address()
    with EscrowTown(place, TERMS) as town:
        everything(town)
        assert [] == town.breaks()
        town.wait(days=400)
        assert [] == town.jobs.dead_jobs()
        assert [] == town.breaks()
    report = verify(place)
    assert report.ok, report.faults


def test_money_that_no_row_knows_is_told(tmp_path):
    with EscrowTown(tmp_path / "spoilt") as town:
        trade = town.paid(5_000)
        rogue = Transfer(town.pools.held, trade.seller_account, 1, Why.ESCROW_RELEASED)
        town.run(lambda tx, _: tx.post_all((rogue,)), None)

        found = town.breaks()

    assert any("ESCROW_HELD = trades" in each for each in found)
    assert any("entries of a trade" in each for each in found)

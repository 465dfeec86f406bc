"""A book is moved to another node while it is written to."""

from __future__ import annotations

from support.citus import Cluster
from support.citus_books import Load, pay
from venule.kit.pg.address import Address
from venule.ledger import Tx

MOVES = 3


def test_a_book_is_moved_under_load(cluster: Cluster, address: str):
    with Load(address) as load:
        for _ in range(MOVES):
            load.wait_for(50)
            there = cluster.move_away(address)
            load.wait_for(50)
            assert there == cluster.node_of(address)
            assert there.port == load.port  # not over the old node
    print(
        f"{MOVES} moves: {len(load.answered)} payments, the slowest {load.longest_s:.2f} s;"
        f" errors: {load.errors or 'none'}; writers opened again: {load.reopened}"
    )
    load.check()


def test_a_look_that_the_move_tears_is_looked_at_again(cluster: Cluster, address: str, open_here):
    """It may see one row of the old node, then two of the new one; it is not told so."""
    home = open_here()
    home.run(pay, 1)
    seen = []

    def look(tx: Tx) -> list[int]:
        numbers = tx.sql.rows("SELECT number FROM paid")
        if not seen:
            cluster.move_away(address)
            cluster.rows(f"INSERT INTO {Address.parse(address).schema}.paid VALUES (0, 0)")
        seen.append([len(numbers), len(tx.sql.rows("SELECT number FROM paid"))])
        return seen[-1]

    assert [2, 2] == home.read(look)
    assert 2 == len(seen)

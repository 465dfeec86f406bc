"""A book is moved to another node while it is written to."""

from __future__ import annotations

from support.citus import Cluster
from support.citus_books import Load

MOVES = 3


def test_a_book_is_moved_under_load(cluster: Cluster, address: str):
    with Load(address) as load:
        for _ in range(MOVES):
            load.wait_for(50)
            there = cluster.move_away(address)
            load.wait_for(50)
            assert there == cluster.node_of(address)
    print(len(load.answered), load.errors, load.reopened)
    load.check()

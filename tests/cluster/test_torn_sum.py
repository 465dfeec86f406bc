"""A sum over two books: as a live query it is torn, from journal positions it is not.

Money goes from a book on one node to a book on another, one payment after the other. So at every
moment all of it is there, or all but the one payment under way: a sum that says anything else has
seen one book earlier than the other.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from time import monotonic

import pytest

from support.citus import Cluster
from support.citus_books import PATIENCE_US, port_of
from venule.app import open_home
from venule.kit.home import Home
from venule.kit.pg.address import Address
from venule.kit.pg.cluster import building
from venule.ledger import Transfer, Tx

CNY = 156
CLEARING, MEMBERS = 1, 2
START_FEN = 1_000_000
FEN = 100
LOOKS = 30
GIVE_UP_S = 90

PASSED = (
    "CREATE TABLE passed (seq BIGINT PRIMARY KEY, number BIGINT NOT NULL, amount BIGINT NOT NULL,"
    " peer_seq BIGINT NOT NULL)"
)


class Two:
    """Two books on two nodes, and money on its way from one to the other."""

    def __init__(self, cluster: Cluster) -> None:
        self.addresses = [cluster.address(), cluster.address()]
        self.schemas = [Address.parse(address).schema for address in self.addresses]
        self.homes: list[Home[Tx]] = []
        for address in self.addresses:
            home = open_home(address, patience_us=PATIENCE_US)
            self.homes.append(home)
            with building(home.sql, Address.parse(address)) as builder:
                builder.run(PASSED)
            home.run(set_up, None)
        if port_of(self.homes[0]) == port_of(self.homes[1]):
            cluster.move_away(self.addresses[1])
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send)

    def _send(self) -> None:
        giver, taker = self.homes
        number = 0
        while not self._stop.is_set():
            taker.run(take, (number, giver.run(give, number)))
            number += 1

    def __enter__(self) -> Two:
        self._thread.start()
        return self

    def rest(self) -> None:
        """Send nothing more; what was given is taken."""
        self._stop.set()
        self._thread.join()

    def __exit__(self, *_: object) -> None:
        self.rest()
        for home in self.homes:
            home.close()


INSERT = "INSERT INTO passed (seq, number, amount, peer_seq) VALUES (?, ?, ?, ?)"


def set_up(tx: Tx, _: None) -> None:
    tx.define_unit(CNY, "CNY", 2)
    tx.open_accounts(CNY, 2010, 2)
    [posted] = tx.post_all([Transfer(CLEARING, MEMBERS, START_FEN, 1)])
    tx.sql.run(INSERT, (posted.seq, -1, START_FEN, 0))


def give(tx: Tx, number: int) -> int:
    [posted] = tx.post_all([Transfer(MEMBERS, CLEARING, FEN, 2)])
    tx.sql.run(INSERT, (posted.seq, number, -FEN, 0))
    return posted.seq


def take(tx: Tx, given: tuple[int, int]) -> None:
    number, peer_seq = given
    [posted] = tx.post_all([Transfer(CLEARING, MEMBERS, FEN, 3)])
    tx.sql.run(INSERT, (posted.seq, number, FEN, peer_seq))


@pytest.fixture
def two(cluster: Cluster) -> Iterator[Two]:
    with Two(cluster) as two:
        yield two


def live_sum(cluster: Cluster, two: Two) -> int:
    """What all members have, in one query through the coordinator."""
    parts = " UNION ALL ".join(f"SELECT amount FROM {schema}.passed" for schema in two.schemas)
    [(total,)] = cluster.rows(f"SELECT SUM(amount) FROM ({parts}) AS every")
    return int(total)


def position(cluster: Cluster, schema: str) -> int:
    [(seq,)] = cluster.rows(f"SELECT MAX(seq) FROM {schema}.passed")
    return int(seq)


def up_to(cluster: Cluster, schema: str, seq: int) -> list[tuple[int, int, int]]:
    """What was given (-) and taken (+) up to a position: number, amount, the giver's position."""
    return cluster.rows(
        f"SELECT number, amount, peer_seq FROM {schema}.passed WHERE seq <= %s", seq
    )


def consistent_cut(cluster: Cluster, two: Two) -> list[int]:
    """Return positions at which neither book knows of what the other has not yet given."""
    cut = [position(cluster, schema) for schema in two.schemas]
    while True:
        known = [
            max(peer_seq for _, _, peer_seq in up_to(cluster, *at))
            for at in zip(two.schemas, cut, strict=True)
        ]
        later = [max(cut[0], known[1]), max(cut[1], known[0])]
        if later == cut:
            return cut
        cut = later


def test_a_live_sum_over_two_nodes_is_torn(cluster: Cluster, two: Two):
    until, looks, torn = monotonic() + GIVE_UP_S, 0, 0
    while not torn or looks < LOOKS:
        assert monotonic() < until, f"{looks} sums, all of them right"
        torn += live_sum(cluster, two) not in {2 * START_FEN, 2 * START_FEN - FEN}
        looks += 1
    two.rest()
    assert 2 * START_FEN == live_sum(cluster, two)
    print(f"{torn} of {looks} live sums were of no moment that ever was")


def test_a_total_from_journal_positions_is_not(cluster: Cluster, two: Two):
    for _ in range(LOOKS):
        cut = consistent_cut(cluster, two)
        rows = [row for at in zip(two.schemas, cut, strict=True) for row in up_to(cluster, *at)]
        given = {number for number, amount, _ in rows if amount < 0}
        taken = {number for number, amount, _ in rows if amount > 0 and number >= 0}
        assert taken <= given
        under_way = FEN * len(given - taken)
        assert 2 * START_FEN == sum(amount for _, amount, _ in rows) + under_way

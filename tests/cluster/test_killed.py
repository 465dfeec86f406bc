"""Servers of a cluster are killed under load."""

from __future__ import annotations

import pytest

from support.citus import OwnCluster
from support.citus_books import Load, open_book, pay, port_of
from venule.kit.pg import care

KILLS = 3


def test_the_node_of_a_book_is_killed_and_comes_back(own_cluster: OwnCluster, address: str):
    with Load(address) as load:
        server = own_cluster.server_at(own_cluster.node_of(address))
        for _ in range(KILLS):
            load.wait_for(50)
            server.kill()
            server.start_again()
            load.wait_for(50)
    load.check()


def test_the_writer_gives_up_and_the_next_one_takes_over(
    own_cluster: OwnCluster, address: str, monkeypatch
):
    monkeypatch.setattr(care, "RECOVER_US", 100_000)
    with Load(address) as load:
        server = own_cluster.server_at(own_cluster.node_of(address))
        load.wait_for(50)
        server.kill()
        load.wait_for_errors()
        server.start_again()
        load.wait_for(50)
    assert load.reopened >= 1
    load.check()


def test_a_book_on_another_node_does_not_notice(own_cluster: OwnCluster, open_here):
    first, second = (open_here(own_cluster.address()) for _ in range(2))
    while port_of(first) == port_of(second):
        second = open_here(own_cluster.address())
    server = next(s for s in own_cluster.servers if s.port == port_of(first))
    server.kill()
    try:
        for number in range(20):
            second.run(pay, number)
    finally:
        server.start_again()
    first.run(pay, 1)


def test_books_are_written_and_opened_without_the_coordinator(
    own_cluster: OwnCluster, address: str, open_here
):
    home = open_here()
    home.run(pay, 1)
    coordinator, node = own_cluster.servers[0], own_cluster.node_of(address)
    both = address.replace(f":{coordinator.port}/", f":{coordinator.port},127.0.0.1:{node.port}/")
    coordinator.kill()
    try:
        home.run(pay, 2)
        home.close()
        with open_book(both) as again:
            assert node.port == port_of(again)
            again.run(pay, 3)
    finally:
        coordinator.start_again()


@pytest.mark.parametrize("sleeping", [False, True])
def test_a_move_that_is_cut_off_leaves_the_book_where_it_was(
    own_cluster: OwnCluster, address: str, sleeping: bool
):
    """The node that it is moved to is killed in the middle."""
    with Load(address) as load:
        load.wait_for(20)
        here = own_cluster.node_of(address)
        there = next(node for node in own_cluster.workers if node != here)
        server = own_cluster.server_at(there)
        mover = own_cluster.moving(address, there)
        if sleeping:
            load.wait_for(20)
        server.kill()
        mover.join()
        load.wait_for(20)
        server.start_again()
        load.wait_for(20)
    load.check()

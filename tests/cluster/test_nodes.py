"""A book on a node: made through the coordinator, reached without it."""

from __future__ import annotations

import pytest

from support.citus import Cluster
from support.citus_books import calls, open_book, paid, pay, pay_and_fail, port_of
from venule.app import verify
from venule.kit.errors import HomeReadOnly
from venule.kit.pg.address import Address
from venule.kit.pg.cluster import share_tables
from venule.kit.pg.lease import LeaseHeld, LeaseLost
from venule.kit.tx import Call


def test_a_book_lies_on_one_node_and_is_reached_straight(cluster: Cluster, address: str, open_here):
    home = open_here()
    assert cluster.node_of(address).port == port_of(home)  # all tables are on one
    ends = home.run_many([*calls(1), Call(pay_and_fail, 2), *calls(3, 1)], stretch=4)
    assert [ends[0].value, None, ends[2].value, ends[0].value] == [end.value for end in ends]
    assert [1, 3] == paid(home)
    with open_here(readonly=True) as reader:
        assert port_of(home) == port_of(reader)
        assert [1, 3] == paid(reader)
        with pytest.raises(HomeReadOnly):
            reader.run(pay, 9)
    home.close()
    report = verify(address)
    assert report.ok, report.faults


def test_books_are_spread_over_the_nodes(cluster: Cluster):
    nodes = set()
    for _ in range(2 * len(cluster.workers)):
        address = cluster.address()
        with open_book(address) as home:
            home.run(pay, 1)
        nodes.add(cluster.node_of(address))
    assert set(cluster.workers) == nodes


def storage(cluster: Cluster, address: str) -> set[str]:
    """How the shard of the journal, and its shell at the coordinator, keep their blobs."""
    schema = Address.parse(address).schema
    [(shard,)] = cluster.rows(
        "SELECT result FROM run_command_on_shards(%s, $$SELECT attstorage FROM pg_attribute"
        " WHERE attrelid = '%%s'::regclass AND attname = 'transfers'$$)",
        f"{schema}.journal",
    )
    [(shell,)] = cluster.rows(
        "SELECT attstorage::text FROM pg_attribute"
        " WHERE attrelid = %s::regclass AND attname = 'transfers'",
        f"{schema}.journal",
    )
    return {shard, shell}


def test_the_journal_is_not_compressed_wherever_it_is_moved_to(
    cluster: Cluster, address: str, open_here
):
    open_here()
    assert {"e"} == storage(cluster, address)
    cluster.move_away(address)
    assert {"e"} == storage(cluster, address)


def test_one_writer_at_a_time(address: str, open_here):
    first = open_here(endpoint="tcp:here:1")
    with pytest.raises(LeaseHeld) as caught:
        open_here()
    assert "tcp:here:1" == caught.value.endpoint
    first.close()
    assert 1 == len(open_here(patience_us=30_000_000).run_many(calls(1)))


def sleep_past_the_lease(home, monkeypatch) -> None:
    """Let a writer believe in a lease that has ended."""
    care = home._groups._care
    monkeypatch.setattr(care.lease, "check_held", lambda: None)
    care._keeper._stop.set()
    care._keeper._thread.join()
    care.lease.duration_us = 1
    care.lease.renew()


def test_a_writer_that_slept_writes_nothing(open_here, monkeypatch):
    first = open_here()
    first.run(pay, 1)
    sleep_past_the_lease(first, monkeypatch)
    second = open_here()
    second.run(pay, 2)
    ends = first.run_many(calls(3, 4))
    assert [LeaseLost, LeaseLost] == [type(end.error) for end in ends]
    assert [1, 2] == paid(second)


def test_a_writer_that_slept_while_its_book_was_moved_writes_nothing(
    cluster: Cluster, address: str, open_here, monkeypatch
):
    first = open_here()
    first.run(pay, 1)
    sleep_past_the_lease(first, monkeypatch)
    node = cluster.move_away(address)
    second = open_here()
    assert node.port == port_of(second)
    second.run(pay, 2)
    ends = first.run_many(calls(3, 4))
    assert [LeaseLost, LeaseLost] == [type(end.error) for end in ends]
    assert [1, 2] == paid(second)


def test_every_node_says_where_a_book_is(cluster: Cluster, address: str, open_here):
    """The address may name several: without the coordinator, books are opened all the same."""
    open_here().close()
    book = cluster.node_of(address)
    schema = Address.parse(address).schema
    for node in cluster.workers:
        asked = Address.parse(f"{cluster.base}?schema={schema}").at(*node)
        place = cluster.base.rpartition("@")[0] + f"@{node.host}:{node.port}/"
        place += asked.conninfo.partition("dbname=")[2].split()[0] + f"?schema={schema}"
        with open_here(place, patience_us=30_000_000) as home:
            assert book.port == port_of(home)
            home.run(pay, node.port)
    with open_here(patience_us=30_000_000) as home:
        assert [node.port for node in cluster.workers] == paid(home)


def test_a_new_book_may_be_made_by_way_of_any_node(cluster: Cluster, open_here):
    address = cluster.address()
    node = cluster.workers[-1]
    host = Address.parse(cluster.base).conninfo
    values = dict(word.split("=", 1) for word in host.split())
    place = address.replace(f":{values['port']}/", f":{node.port}/")
    with open_here(place) as home:
        home.run(pay, 1)
        assert [1] == paid(home)


def test_a_plain_schema_of_the_coordinator_stays_there(cluster: Cluster, address: str, open_here):
    schema = Address.parse(address).schema
    cluster.rows(f"CREATE SCHEMA {schema}")
    with open_here() as home:
        home.run(pay, 1)
        assert Address.parse(cluster.base).conninfo.count(f"port={port_of(home)}")
    assert [] == cluster.rows(
        "SELECT 1 FROM citus_schemas WHERE schema_name = %s::regnamespace", schema
    )


def test_tables_that_all_nodes_have(cluster: Cluster, address: str, open_here):
    """As of a directory: changed at the coordinator, read wherever one is."""
    with open_here() as home:
        home.run(pay, 1)
    for _ in range(2):
        share_tables(address, ["paid"])
    with open_here() as home:
        home.run(pay, 2)
        assert [1, 2] == paid(home)
    schema = Address.parse(address).schema
    for node in cluster.workers:
        assert [(1,), (2,)] == cluster.rows(
            f"SELECT number FROM {schema}.paid ORDER BY number", node=node
        )
    report = verify(address)
    assert report.ok, report.faults

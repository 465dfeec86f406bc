"""Tests on a real Citus cluster, see `support.citus`; without one they are skipped."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from support.citus import Cluster, OwnCluster, missing, running_cluster
from support.citus_books import open_book
from venule.kit.home import Home
from venule.ledger import Tx


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A cluster with two workers at least, the same for all tests."""
    why = missing()
    if why:
        pytest.skip(why)
    with running_cluster() as running:
        yield running


@pytest.fixture
def own_cluster(cluster: Cluster) -> OwnCluster:
    """A cluster whose processes may be killed."""
    if not isinstance(cluster, OwnCluster):
        pytest.skip("kills servers: set VENULE_CITUS_DSN to `start`")
    return cluster


@pytest.fixture
def address(cluster: Cluster) -> str:
    """Of a home that nobody has used."""
    return cluster.address()


@pytest.fixture
def open_here(address: str) -> Iterator[Callable[..., Home[Tx]]]:
    """Open homes that are let go of at the end, whatever became of them."""
    opened: list[Home[Tx]] = []

    def open_it(place: str = address, **options) -> Home[Tx]:
        opened.append(open_book(place, **options))
        return opened[-1]

    yield open_it
    for home in opened:
        home.close()

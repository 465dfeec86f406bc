"""What the writer of a PostgreSQL home holds beside its connection: the lease of its book."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import partial
from logging import getLogger
from time import monotonic_ns, sleep
from typing import Final

import psycopg

from venule.kit.connection_errors import FailedLater
from venule.kit.errors import HomeError
from venule.kit.home_store import Mark, give_identity, identity, new_home_id, refuse_cut
from venule.kit.pg.address import Address
from venule.kit.pg.cluster import building, connect_home
from venule.kit.pg.errors import DatabaseBusy, DatabaseUnreachable
from venule.kit.pg.lease import Lease, LeaseKeeper, LeaseLost
from venule.kit.pg.sql import PostgresSql

RECOVER_US: Final = 10_000_000
"""So long is a new connection tried for, after one was lost: a server that crashed comes back."""

RETRY_S: Final = 0.05

_log: Final = getLogger("venule.home")


class PostgresCare:
    """One writer's claim to a book, from before the schema is looked at until after the end."""

    def __init__(self, address: Address, sql: PostgresSql, lease: Lease) -> None:
        self._address = address
        self._sql = sql
        self.lease = lease
        self._keeper = LeaseKeeper(lease, partial(connect_home, address), self._lost)
        self._ended = False

    def _lost(self, error: LeaseLost) -> None:
        _log.warning("%s", error.message)

    def begin(self) -> None:
        """Raises: HomeCut for a home that is for looking."""
        refuse_cut(self._sql)

    def building(self) -> AbstractContextManager[PostgresSql]:
        """Return the connection over which tables are made: of a cluster, to its coordinator."""
        return building(self._sql, self._address)

    def attach(self) -> None:
        """Say whose books these are, if nobody has."""
        if not identity(self._sql)[0]:
            give_identity(self._sql, new_home_id())

    def announce(self, endpoint: str) -> None:
        """The lease's row says it. Raises: LeaseLost, ConnectionLost."""
        self.lease.announce(endpoint)

    def check(self) -> None:
        """Raises: LeaseLost."""
        self.lease.check_held()

    def is_over(self) -> bool:
        """Whether the lease is known to be another's; one that has only run out may come back."""
        return self.lease.is_lost

    def last_word(self) -> None:
        """Let the group fail if the book has another writer, or is on another node."""
        self._sql.check_pin()
        self.lease.check(self._sql)

    def meaning(self, error: BaseException) -> HomeError | None:
        """Return LeaseLost if that is why a group failed."""
        if isinstance(error, FailedLater):
            error = error.args[0]
        if isinstance(error, LeaseLost):
            return error
        if isinstance(error, psycopg.errors.UniqueViolation):  # somebody wrote at the same place
            return self.lease.confirm()
        return self.lease.explain(error)

    def recover(self) -> bool:
        """Connect anew, begin a new generation, and wait until the lost session is over.

        Raises: LeaseLost, HomeLocked; what `connect` raises but for a server that is not there.
        """
        give_up_ns = monotonic_ns() + 1_000 * RECOVER_US
        while True:
            try:
                fresh = connect_home(self._address)
                try:
                    self.lease.advance(fresh)
                    self.lease.fence_off(fresh)
                except BaseException:
                    fresh.close()
                    raise
                self._sql.take_over(fresh)
                _log.warning("%s: connected again", self._sql.path)
                return True
            except (DatabaseUnreachable, DatabaseBusy) as error:
                if monotonic_ns() >= give_up_ns:
                    _log.error("%s", error.message)
                    return False
            except HomeError as error:
                if isinstance(error, LeaseLost) or monotonic_ns() >= give_up_ns:
                    raise
            sleep(RETRY_S)

    def committed(self, mark: Mark) -> None:
        """The database keeps its own log."""

    def close(self) -> None:
        """Nothing is left to be done but what `let_go` does."""

    def let_go(self) -> None:
        """Give the lease back, so that the next writer need not wait. Again is harmless."""
        if self._ended:
            return
        self._ended = True
        self._sql.close()
        try:
            self._keeper.close()
        finally:
            self.lease.close()

"""Waiting for the lease of a book with one connection that only reads."""

from __future__ import annotations

import psycopg

from venule.kit.connection_errors import ConnectionLost
from venule.kit.errors import NotAHome
from venule.kit.pg import lease_store
from venule.kit.pg.lease import Step, decide
from venule.kit.pg.opening import open_reader
from venule.kit.pg.sql import PostgresSql
from venule.kit.writing.turn import Follower


class LeaseTurn:
    """Looks at the lease's row, and lets a follower keep up as long as it is another's."""

    def __init__(self, place: str, book: int, follower: Follower | None) -> None:
        self._place = place
        self._book = book
        self._follower = follower
        self._sql: PostgresSql | None = None

    def is_mine(self) -> bool:
        """Whether the lease has ended, or nobody has ever held it."""
        try:
            return self._look()
        except ConnectionLost:
            self.close()
            return self._look()

    def _look(self) -> bool:
        if self._sql is None:
            try:
                self._sql = open_reader(self._place)
            except NotAHome as error:
                if "no such database" in error.message:
                    raise
                return True  # whoever becomes the first writer makes it
        try:
            seen = lease_store.select_lease(self._sql, self._book)
        except psycopg.errors.UndefinedTable:
            return True
        if decide(seen, "", 0) is not Step.WAIT:
            return True
        if self._follower is not None:
            self._follower.follow(self._sql)
        return False

    def close(self) -> None:
        """Let go of the connection."""
        if self._sql is not None:
            self._sql.close()
            self._sql = None

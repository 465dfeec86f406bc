"""Every SQL statement that only a PostgreSQL home needs, and what a session must be like."""

from __future__ import annotations

from re import DOTALL
from re import compile as pattern
from typing import Final

BEGIN: Final = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
BEGIN_READ: Final = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
ELSEWHERE: Final = "venule: the book is on another node"
"""What a statement fails with that finds the book moved, see `PostgresSql.pin`."""

TAKE_STATE: Final = "SELECT 1"
"""PostgreSQL takes the state that a transaction sees at its first statement."""
COMMIT: Final = "COMMIT"
ROLLBACK: Final = "ROLLBACK"
SAVEPOINT: Final = "SAVEPOINT command"
UNDO: Final = "ROLLBACK TO command"
RELEASE: Final = "RELEASE command"
FORGET_PREPARED: Final = "DEALLOCATE ALL"

ONE_ROW: Final = pattern(
    r"INSERT INTO \w+ ?(\([^()]*\))? VALUES \([^()]*\)"
    r"( ON CONFLICT \([^()]*\) DO UPDATE SET ((?! WHERE )(?! RETURNING ).)*)?",
    DOTALL,
)
"""A plain INSERT of one row: if it succeeds, it has changed one row."""

VERSION_MIN: Final = 150_000
IDLE_IN_TRANSACTION_TIMEOUT_MS: Final = 60_000
"""A writer that stops in the middle of a group does not keep its locks for longer than this."""

READER_IDLE_TIMEOUT_MS: Final = 3_600_000
"""A reader keeps one state for as long as it works on it, which holds up the vacuum."""

LOCK_TIMEOUT_MS: Final = 30_000

SETTINGS: Final = {
    "client_encoding": "UTF8",
    "standard_conforming_strings": "on",
    "TimeZone": "UTC",
    "jit": "off",
    "statement_timeout": "0",
    "lock_timeout": str(LOCK_TIMEOUT_MS),
    "idle_in_transaction_session_timeout": str(IDLE_IN_TRANSACTION_TIMEOUT_MS),
}
"""What a session sets for itself, whatever the server's or the user's defaults are."""

WRITER_SETTINGS: Final = {"enable_seqscan": "off"}
"""A writer looks up by key. In a table that was empty when its statements were planned, PostgreSQL
would read all of it, again and again, until somebody has analyzed it."""

READER_SETTINGS: Final = {
    "default_transaction_read_only": "on",
    "idle_in_transaction_session_timeout": str(READER_IDLE_TIMEOUT_MS),
}

SET: Final = "SELECT set_config(?, ?, FALSE)"

LOOK: Final = (
    "SELECT current_setting('server_version_num'), current_setting('server_encoding'),"
    " current_setting('synchronous_commit'), current_setting('fsync'),"
    " current_setting('full_page_writes'),"
    " CASE WHEN '-' < 'A' AND 'B' < 'a' AND 'Z' < '_' THEN 'C' ELSE 'another' END,"
    " COALESCE((SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'citus'), '')"
)

HAS_SCHEMA: Final = "SELECT 1 FROM pg_catalog.pg_namespace WHERE nspname = ?"
HAS_COLUMN: Final = (
    "SELECT 1 FROM pg_catalog.pg_attribute AS a JOIN pg_catalog.pg_class AS c ON c.oid = a.attrelid"
    " JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace"
    " WHERE n.nspname = current_schema() AND c.relname = ? AND a.attname = ? AND a.attnum > 0"
    " AND NOT a.attisdropped"
)
HAS_TABLE: Final = (
    "SELECT 1 FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n"
    " ON n.oid = c.relnamespace"
    " WHERE n.nspname = current_schema() AND c.relname = ? AND c.relkind IN ('r', 'p')"
)


def create_schema(schema: str) -> str:
    """schema: a plain lower-case name, see `Address`."""
    return f"CREATE SCHEMA IF NOT EXISTS {schema}"


def declare(name: str, sql: str, *, beyond: bool) -> str:
    """Open a cursor; beyond: it outlives the statement's own transaction."""
    hold = " WITH HOLD" if beyond else ""
    return f"DECLARE {name} NO SCROLL CURSOR{hold} FOR {sql}"


def fetch(name: str, rows: int) -> str:
    """Read the next rows of a cursor."""
    return f"FETCH {rows} FROM {name}"


def close_cursor(name: str) -> str:
    """End a cursor."""
    return f"CLOSE {name}"

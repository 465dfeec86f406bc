"""Statements on PostgreSQL's wire: prepared once, sent many at a time, answered in order.

It speaks through `psycopg.pq`, libpq's own functions: parameters and results are binary, every
statement is prepared at its first use, and the connection is always in pipeline mode, so that any
number of statements costs one round trip. After one that fails the server skips the rest, up to
the end of the exchange.
"""

from __future__ import annotations

import select
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from re import DOTALL
from re import compile as pattern
from typing import Any, Final

import psycopg
from psycopg import pq
from psycopg.adapt import Loader, Transformer
from psycopg.errors import error_from_result
from psycopg.types.numeric import NumericBinaryLoader

from venule.kit.pg.errors import TextNotStorable, first_line
from venule.kit.pg.store import FORGET_PREPARED, ONE_ROW
from venule.kit.sqlite import Params, Row

BINARY: Final = pq.Format.BINARY
STATEMENTS_MAX: Final = 1_024
"""Most statements prepared at once; past that all are forgotten."""

COPY_PIECE_BYTES: Final = 65_536

INT8, TEXT, BYTEA, UNKNOWN = 20, 25, 17, 0
_FLOATS: Final = ("float4", "float8")

Encoder = Callable[[Any], bytes | None]
_pack_int: Final = struct.Struct("!q").pack

_PIECES: Final = pattern(r"""'[^']*'|"[^"]*"|--[^\n]*|/\*.*?\*/|\?""", DOTALL)
_NAMED: Final = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")


def number_places(sql: str) -> str:
    """Return a statement with `$1, $2 ...` for its `?`, but not in strings, names or comments."""
    count = 0

    def number(match: Any) -> str:
        nonlocal count
        if match[0] != "?":
            return str(match[0])
        count += 1
        return f"${count}"

    return _PIECES.sub(number, sql)


# ---------------------------------------------------------------- values, there and back


def _int(value: int) -> bytes:
    try:
        return _pack_int(value)
    except struct.error:
        raise OverflowError(f"expected an integer of 64 bits, got {value}") from None


def _text(value: str) -> bytes:
    if "\0" in value:
        raise TextNotStorable(value)
    return value.encode()


def _none(value: None) -> None:
    return None


_ENCODERS: Final[dict[type, tuple[int, Encoder]]] = {
    int: (INT8, _int),
    bool: (INT8, _int),
    str: (TEXT, _text),
    bytes: (BYTEA, bytes),
    bytearray: (BYTEA, bytes),
    memoryview: (BYTEA, bytes),
    type(None): (UNKNOWN, _none),
}


def _encoder(kind: type) -> tuple[int, Encoder]:
    for base in kind.__mro__:
        if base in _ENCODERS:
            return _ENCODERS[base]
    raise TypeError(f"expected int, str, bytes or None as a parameter, got {kind.__name__}")


class _WholeNumber(NumericBinaryLoader):
    """A sum of BIGINT is NUMERIC: an int all the same."""

    def load(self, data: Any) -> Any:
        value = super().load(data)
        whole = int(value) if value.is_finite() else value
        return whole if whole == value else value


class _ZeroOrOne(Loader):
    format = pq.Format.BINARY

    def load(self, data: Any) -> int:
        return int(bytes(data) != b"\0")


class _NoFraction(Loader):
    format = pq.Format.BINARY

    def load(self, data: Any) -> Any:
        raise TypeError("expected no binary fraction in a result: cast it, or compute in integers")


# ---------------------------------------------------------------- statements


@dataclass(eq=False, slots=True)
class Prepared:
    """A text with its parameters' types, as the server knows it by `name` (empty: only once)."""

    name: bytes
    text: bytes
    oids: tuple[int, ...]
    formats: list[int]
    ready: bool = False  # the server has said so
    asked: bool = False  # in the exchange in progress


@dataclass(eq=False, slots=True)
class Statement:
    """A text, translated, and what can be known of it beforehand.

    reads: it starts with SELECT. one_row: a plain INSERT of one row: if it succeeds, it has changed
    one row. by_types: how parameters of these types are sent.
    """

    text: bytes
    reads: bool
    one_row: bool
    named: bool
    by_types: dict[tuple[type, ...], tuple[Prepared, tuple[Encoder, ...]]]
    by_oids: dict[tuple[int, ...], Prepared]
    learned: dict[int, int]  # of a place that is NULL now: what it was before


def describe(sql: str) -> Statement:
    """Work out what can be known of a text."""
    return Statement(
        text=number_places(sql).encode(),
        reads=sql.startswith("SELECT"),
        one_row=ONE_ROW.fullmatch(sql) is not None,
        named=sql.startswith(_NAMED),
        by_types={},
        by_oids={},
        learned={},
    )


@dataclass(eq=False, slots=True)
class Sent:
    """A statement with its values. tag: for whoever wants to know whose it was."""

    prepared: Prepared
    values: list[bytes | None]
    tag: int = 0


@dataclass(eq=False)
class Failure(Exception):
    """The server refused a statement, and has skipped the rest of the exchange.

    fatal: it has ended the connection, too.
    """

    sent: Sent
    error: psycopg.Error
    fatal: bool


class Broken(Exception):
    """The connection is gone in the middle of an exchange; `args[0]` says what was seen."""


# ---------------------------------------------------------------- the wire


class Wire:
    """One connection, always in pipeline mode. Not for two threads at once.

    interrupt: what was raised while an answer was on its way; whoever knows it raises it again.
    """

    def __init__(self, conn: psycopg.Connection[Any]) -> None:
        conn.adapters.register_loader("numeric", _WholeNumber)
        conn.adapters.register_loader("bool", _ZeroOrOne)
        for name in _FLOATS:
            conn.adapters.register_loader(name, _NoFraction)
        self.interrupt: BaseException | None = None
        self._conn = conn
        self._pg = conn.pgconn
        self._transformer = Transformer(conn)
        self._statements: dict[str, Statement] = {}
        self._named: list[Prepared] = []
        self._names = 0
        self._stale = False
        self._in_flight: list[tuple[Sent, bool]] = []  # and whether it is its preparation
        self._pg.nonblocking = 1
        self._pg.enter_pipeline_mode()
        self._readable = select.poll()
        self._readable.register(self._pg.socket, select.POLLIN)
        self._ready = select.poll()
        self._ready.register(self._pg.socket, select.POLLIN | select.POLLOUT)

    @property
    def in_flight(self) -> int:
        """How many messages were sent whose answers were not read."""
        return len(self._in_flight)

    @property
    def is_broken(self) -> bool:
        """Whether the connection has ended."""
        return self._conn.closed

    def statement(self, sql: str) -> Statement:
        """Return what is known of a text; worked out once."""
        found = self._statements.get(sql)
        if found is None:
            found = self._statements[sql] = describe(sql)
        return found

    def make(self, statement: Statement, params: Params, tag: int = 0) -> Sent:
        """Bind parameters. Raises: TypeError, OverflowError, TextNotStorable."""
        types = tuple(map(type, params))
        known = statement.by_types.get(types)
        if known is None:
            known = statement.by_types[types] = self._learn(statement, types)
        prepared, encoders = known
        return Sent(
            prepared,
            [encode(value) for encode, value in zip(encoders, params, strict=True)],
            tag,
        )

    def _learn(
        self, statement: Statement, types: tuple[type, ...]
    ) -> tuple[Prepared, tuple[Encoder, ...]]:
        known = [_encoder(kind) for kind in types]
        learned = statement.learned
        learned |= {i: oid for i, (oid, _) in enumerate(known) if oid != UNKNOWN}
        oids = tuple(learned.get(i, oid) for i, (oid, _) in enumerate(known))
        prepared = statement.by_oids.get(oids)
        if prepared is None:
            name = b""
            if statement.named:
                self._names += 1
                name = b"v%d" % self._names
            prepared = Prepared(name, statement.text, oids, [BINARY] * len(oids))
            statement.by_oids[oids] = prepared
        return prepared, tuple(encoder for _, encoder in known)

    def forget(self) -> None:
        """Have everything prepared anew: the tables are not what they were.

        It is done first thing in the next exchange; the transaction must be sound then.
        """
        self._stale = True

    def tidy(self) -> None:
        """Before a transaction: forget everything if it has become too much."""
        self._stale = self._stale or len(self._named) > STATEMENTS_MAX

    # ------------------------------------------------------------ there and back

    def push(self, batch: Sequence[Sent]) -> None:
        """Send statements without waiting for their answers. Raises: Broken."""
        try:
            self._send(batch)
            self._pg.flush()
        except psycopg.OperationalError as error:
            raise self._break(error) from error

    def exchange(self, batch: Sequence[Sent]) -> pq.abc.PGresult | None:
        """Send statements, and read all answers; return that of the last statement.

        Raises: Failure for the first that failed; Broken.
        """
        try:
            self._send(batch)
            self._pg.pipeline_sync()
            self._write_out()
            return self._collect()
        except psycopg.OperationalError as error:
            raise self._break(error) from error
        except Failure:
            raise
        except BaseException:
            self.close()
            raise

    def copy_in(self, sent: Sent, data: bytes) -> None:
        """Carry out a `COPY ... FROM STDIN` with all its data; nothing else is in flight.

        A pipeline knows no COPY: it is left meanwhile. Raises: Failure, Broken.
        """
        assert not self._in_flight, "a copy goes alone"
        if self.is_broken:
            raise Broken("a connection that has ended")
        try:
            self._pg.exit_pipeline_mode()
            self._pg.send_query(sent.prepared.text)
            self._write_out()
            result = self._next()
            if result.status == pq.ExecStatus.COPY_IN:
                view = memoryview(data)
                for start in range(0, len(view), COPY_PIECE_BYTES):
                    self._pg.put_copy_data(view[start : start + COPY_PIECE_BYTES])
                    self._write_out()
                self._pg.put_copy_end()
                self._write_out()
                result = self._next()
            while self._pg.is_busy():
                self._wait(self._readable)
                self._pg.consume_input()
            assert self._pg.get_result() is None
            if result.status == pq.ExecStatus.COMMAND_OK:
                self._pg.enter_pipeline_mode()
                return
            failure = self._failure(sent, result)
            if failure.fatal:
                self.close()
            else:
                self._pg.enter_pipeline_mode()
            raise failure
        except psycopg.OperationalError as error:
            raise self._break(error) from error

    def check_alive(self) -> None:
        """See whether the server has ended the connection meanwhile. Raises: Broken."""
        try:
            while self._readable.poll(0):  # an end can be read again and again
                self._pg.consume_input()
        except psycopg.OperationalError as error:
            raise self._break(error) from error

    def rows(self, result: pq.abc.PGresult) -> list[Row]:
        """Return the rows of a result."""
        self._transformer.set_pgresult(result)
        return self._transformer.load_rows(0, result.ntuples, tuple)

    def close(self) -> None:
        """End the connection. Again is harmless."""
        self._in_flight.clear()
        self._conn.close()

    def _send(self, batch: Sequence[Sent]) -> None:
        if self.is_broken:
            raise Broken("a connection that has ended")
        if self._stale and not self._in_flight:
            self._forget_all()
        pg, in_flight = self._pg, self._in_flight
        for sent in batch:
            prepared = sent.prepared
            if not prepared.name:
                pg.send_query_params(
                    prepared.text, sent.values, prepared.oids, prepared.formats, BINARY
                )
            else:
                if not (prepared.ready or prepared.asked):
                    pg.send_prepare(prepared.name, prepared.text, prepared.oids)
                    prepared.asked = True
                    self._named.append(prepared)
                    in_flight.append((sent, True))
                pg.send_query_prepared(prepared.name, sent.values, prepared.formats, BINARY)
            in_flight.append((sent, False))

    def _forget_all(self) -> None:
        for prepared in self._named:
            prepared.ready = False
        self._named.clear()
        self._stale = False
        if len(self._statements) > STATEMENTS_MAX:
            self._statements.clear()
        self._send([self.make(self.statement(FORGET_PREPARED), ())])

    def _write_out(self) -> None:
        """Hand everything to the system, reading what comes meanwhile: neither side waits."""
        while self._pg.flush():
            if any(event & select.POLLIN for _, event in self._wait(self._ready)):
                self._pg.consume_input()

    def _collect(self) -> pq.abc.PGresult | None:
        expected, self._in_flight = self._in_flight, []
        failure: Failure | None = None
        last: pq.abc.PGresult | None = None
        for sent, preparing in expected:
            result = self._next()
            if result.status == pq.ExecStatus.FATAL_ERROR:
                failure = failure or self._failure(sent, result)
            elif result.status == pq.ExecStatus.PIPELINE_ABORTED:
                assert failure is not None
            elif preparing:
                sent.prepared.ready = True
            else:
                last = result
            if preparing:
                sent.prepared.asked = False
            if failure is not None and failure.fatal:
                self.close()
                raise failure
        status = self._next().status
        assert status == pq.ExecStatus.PIPELINE_SYNC, status
        if failure is not None:
            raise failure
        return last

    def _failure(self, sent: Sent, result: pq.abc.PGresult) -> Failure:
        error = error_from_result(result)
        severity = error.diag.severity_nonlocalized
        if severity is None:  # libpq speaks, not the server
            raise self._break(error)
        return Failure(sent, error, severity in {"FATAL", "PANIC"})

    def _next(self) -> pq.abc.PGresult:
        while True:
            while self._pg.is_busy():
                self._wait(self._readable)
                self._pg.consume_input()
            result = self._pg.get_result()
            if result is not None:  # None ends the results of one statement
                return result

    def _wait(self, poll: select.poll) -> list[tuple[int, int]]:
        """Wait; an interruption is kept for later once: the answer is on its way."""
        while True:
            try:
                return poll.poll()
            except BaseException as error:
                if self.interrupt is not None:
                    raise
                self.interrupt = error

    def _break(self, error: BaseException) -> Broken:
        self.close()
        return Broken(first_line(error))

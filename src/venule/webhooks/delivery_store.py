"""Every SQL statement on messages, deliveries and attempts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from venule.kit.sql import Row, Sql
from venule.kit.time import from_us, to_us
from venule.webhooks.model import (
    Attempt,
    Delivery,
    DeliveryId,
    DeliveryState,
    EndpointId,
    ListedDelivery,
    Message,
    MessageId,
    Unread,
)

IDS_MAX: Final = 500


def load_cursor(sql: Sql) -> int:
    """Return the last event that was looked at."""
    row = sql.row("SELECT seq FROM webhook_cursor WHERE id = 1")
    assert row is not None
    seq: int = row[0]
    return seq


def save_cursor(sql: Sql, seq: int) -> None:
    """Write the last event that was looked at."""
    sql.run("UPDATE webhook_cursor SET seq = ? WHERE id = 1", (seq,))


def last_event(sql: Sql) -> int:
    """Return the number of the last event there is; 0 if there is none."""
    row = sql.row("SELECT MAX(seq) FROM event")
    return 0 if row is None or row[0] is None else int(row[0])


def insert_unread(sql: Sql, unread: Unread) -> None:
    """Write that an event could not be told."""
    sql.run(
        "INSERT INTO webhook_unread (seq, name, error, seen_at) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (seq) DO NOTHING",
        (unread.seq, unread.name, unread.error, to_us(unread.seen_at)),
    )


def load_unread(sql: Sql, limit: int) -> list[Unread]:
    """Return the events that could not be told, the latest first."""
    rows = sql.rows(
        "SELECT seq, name, error, seen_at FROM webhook_unread ORDER BY seq DESC LIMIT ?", (limit,)
    )
    return [Unread(seq, name, error, from_us(at)) for seq, name, error, at in rows]


_MESSAGE: Final = "id, seq, type, ref, body, made_at"


def insert_messages(sql: Sql, messages: Sequence[Message]) -> None:
    """Write new messages."""
    sql.many(
        f"INSERT INTO webhook_message ({_MESSAGE}) VALUES (?, ?, ?, ?, ?, ?)",  # noqa: S608
        [(m.id.bytes, m.seq, m.type, m.ref, m.body, to_us(m.made_at)) for m in messages],
    )


def load_messages(sql: Sql, ids: Sequence[MessageId]) -> dict[MessageId, Message]:
    """Return messages by id, at most `IDS_MAX`."""
    rows = sql.rows(
        f"SELECT {_MESSAGE} FROM webhook_message WHERE id IN ({_marks(len(ids))})",  # noqa: S608
        [each.bytes for each in ids],
    )
    found = [
        Message(MessageId(UUID(bytes=id_)), seq, type_, ref, body, from_us(made_at))
        for id_, seq, type_, ref, body, made_at in rows
    ]
    return {each.id: each for each in found}


_DELIVERY: Final = (
    "id, endpoint_id, message_id, ref, seq, state, attempts, tries, begun_at, due_at, ended_at"
)


def insert_deliveries(sql: Sql, deliveries: Sequence[Delivery]) -> None:
    """Write new deliveries."""
    sql.many(
        f"INSERT INTO webhook_delivery ({_DELIVERY}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
        [_row(each) for each in deliveries],
    )


def save_delivery(sql: Sql, delivery: Delivery) -> None:
    """Write a delivery that has changed."""
    id_, _, _, _, _, *changing = _row(delivery)
    sql.run(
        "UPDATE webhook_delivery SET state = ?, attempts = ?, tries = ?, begun_at = ?, due_at = ?,"
        " ended_at = ? WHERE id = ?",
        (*changing, id_),
    )


def load_delivery(sql: Sql, delivery_id: DeliveryId) -> Delivery | None:
    """Return a delivery, or None."""
    row = sql.row(f"SELECT {_DELIVERY} FROM webhook_delivery WHERE id = ?", (delivery_id.bytes,))  # noqa: S608
    return None if row is None else _delivery(row)


def under_way(
    sql: Sql, endpoints: Sequence[EndpointId], refs: Sequence[bytes]
) -> set[tuple[EndpointId, bytes]]:
    """Return of which objects something is on its way to which endpoint."""
    found: set[tuple[EndpointId, bytes]] = set()
    for start in range(0, len(refs), IDS_MAX):
        piece = refs[start : start + IDS_MAX]
        for first in range(0, len(endpoints), IDS_MAX):
            some = [each.bytes for each in endpoints[first : first + IDS_MAX]]
            rows = sql.rows(
                "SELECT endpoint_id, ref FROM webhook_delivery WHERE state = 'ready'"  # noqa: S608
                f" AND endpoint_id IN ({_marks(len(some))}) AND ref IN ({_marks(len(piece))})",
                (*some, *piece),
            )
            found |= {(EndpointId(UUID(bytes=endpoint)), ref) for endpoint, ref in rows}
    return found


def next_waiting(sql: Sql, endpoint_id: EndpointId, ref: bytes) -> Delivery | None:
    """Return the first delivery that waits behind others of its object."""
    row = sql.row(
        f"SELECT {_DELIVERY} FROM webhook_delivery WHERE endpoint_id = ? AND ref = ?"  # noqa: S608
        " AND state = 'waiting' ORDER BY seq, id LIMIT 1",
        (endpoint_id.bytes, ref),
    )
    return None if row is None else _delivery(row)


def ready_endpoints(sql: Sql, after: EndpointId | None, limit: int) -> list[EndpointId]:
    """Return endpoints that something is ready for, in order of id after one of them.

    Each is found by one step in the index, however much is ready for the others.
    """
    found: list[EndpointId] = []
    last = b"" if after is None else after.bytes
    while len(found) < limit:
        row = sql.row(
            "SELECT endpoint_id FROM webhook_delivery WHERE state = 'ready' AND endpoint_id > ?"
            " ORDER BY endpoint_id LIMIT 1",
            (last,),
        )
        if row is None:
            break
        last = row[0]
        found.append(EndpointId(UUID(bytes=last)))
    return found


def due_for(sql: Sql, endpoint_id: EndpointId, now_us: int, limit: int) -> list[Delivery]:
    """Return what is due for an endpoint, the longest due first."""
    rows = sql.rows(
        f"SELECT {_DELIVERY} FROM webhook_delivery WHERE endpoint_id = ? AND state = 'ready'"  # noqa: S608
        " AND due_at <= ? ORDER BY due_at, id LIMIT ?",
        (endpoint_id.bytes, now_us, limit),
    )
    return [_delivery(row) for row in rows]


def next_due_us(sql: Sql, endpoint_id: EndpointId) -> int | None:
    """Return when the next delivery to an endpoint is due, in microseconds."""
    row = sql.row(
        "SELECT MIN(due_at) FROM webhook_delivery WHERE endpoint_id = ? AND state = 'ready'",
        (endpoint_id.bytes,),
    )
    return None if row is None else row[0]


def give_up_all(sql: Sql, endpoint_id: EndpointId, now_us: int) -> int:
    """Let all that is on its way to an endpoint be dead; return how many."""
    return sql.run(
        "UPDATE webhook_delivery SET state = 'dead', due_at = NULL, ended_at = ?"
        " WHERE endpoint_id = ? AND state IN ('ready', 'waiting')",
        (now_us, endpoint_id.bytes),
    )


def dead_of(sql: Sql, endpoint_id: EndpointId, limit: int) -> list[Delivery]:
    """Return an endpoint's dead deliveries in the order of their events."""
    rows = sql.rows(
        f"SELECT {_DELIVERY} FROM webhook_delivery WHERE endpoint_id = ? AND state = 'dead'"  # noqa: S608
        " ORDER BY id LIMIT ?",
        (endpoint_id.bytes, limit),
    )
    return [_delivery(row) for row in rows]


def list_deliveries(
    sql: Sql,
    endpoint_id: EndpointId,
    state: DeliveryState | None,
    before: DeliveryId | None,
    limit: int,
) -> list[ListedDelivery]:
    """Return an endpoint's deliveries, the newest first."""
    columns = ", ".join(f"d.{each}" for each in _DELIVERY.split(", "))
    params: list[object] = [endpoint_id.bytes]
    where = "d.endpoint_id = ?"
    if state is not None:
        where += " AND d.state = ?"
        params.append(state.value)
    if before is not None:
        where += " AND d.id < ?"
        params.append(before.bytes)
    rows = sql.rows(
        f"SELECT {columns}, m.type FROM webhook_delivery AS d"  # noqa: S608
        f" JOIN webhook_message AS m ON m.id = d.message_id WHERE {where}"
        " ORDER BY d.id DESC LIMIT ?",
        (*params, limit),
    )
    return [ListedDelivery(_delivery(row[:-1]), row[-1]) for row in rows]


def insert_attempts(sql: Sql, attempts: Sequence[tuple[DeliveryId, Attempt]]) -> None:
    """Write how attempts ended; the first word on each stays."""
    sql.many(
        "INSERT INTO webhook_attempt (delivery_id, number, at, status, took_ms, answer, error)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (delivery_id, number) DO NOTHING",
        [
            (of.bytes, a.number, to_us(a.at), a.status, a.took_ms, a.answer, a.error)
            for of, a in attempts
        ],
    )


def load_attempts(sql: Sql, delivery_id: DeliveryId) -> list[Attempt]:
    """Return a delivery's attempts, the first one first."""
    rows = sql.rows(
        "SELECT number, at, status, took_ms, answer, error FROM webhook_attempt"
        " WHERE delivery_id = ? ORDER BY number",
        (delivery_id.bytes,),
    )
    return [
        Attempt(number, from_us(at), status, took_ms, answer, error)
        for number, at, status, took_ms, answer, error in rows
    ]


def select_over(sql: Sql, state: DeliveryState, before_us: int, limit: int) -> list[Row]:
    """Return id and message of deliveries that ended in a state before an instant."""
    return sql.rows(
        "SELECT id, message_id FROM webhook_delivery WHERE ended_at IS NOT NULL AND state = ?"
        " AND ended_at < ? ORDER BY ended_at, id LIMIT ?",
        (state.value, before_us, limit),
    )


def delete_deliveries(sql: Sql, rows: Sequence[Row]) -> None:
    """Forget deliveries with their attempts, and the messages that no delivery is left of."""
    sql.many("DELETE FROM webhook_attempt WHERE delivery_id = ?", [(row[0],) for row in rows])
    sql.many("DELETE FROM webhook_delivery WHERE id = ?", [(row[0],) for row in rows])
    sql.many(
        "DELETE FROM webhook_message WHERE id = ?"
        " AND NOT EXISTS (SELECT 1 FROM webhook_delivery WHERE message_id = ?)",
        [(message, message) for message in dict.fromkeys(row[1] for row in rows)],
    )


def _row(d: Delivery) -> Row:
    return (
        d.id.bytes,
        d.endpoint_id.bytes,
        d.message_id.bytes,
        d.ref,
        d.seq,
        d.state.value,
        d.attempts,
        d.tries,
        _us(d.begun_at),
        _us(d.due_at),
        _us(d.ended_at),
    )


def _delivery(row: Row) -> Delivery:
    id_, endpoint, message, ref, seq, state, attempts, tries, begun, due, ended = row
    return Delivery(
        DeliveryId(UUID(bytes=id_)),
        EndpointId(UUID(bytes=endpoint)),
        MessageId(UUID(bytes=message)),
        ref,
        seq,
        DeliveryState(state),
        attempts,
        tries,
        _at(begun),
        _at(due),
        _at(ended),
    )


def _marks(count: int) -> str:
    return ", ".join("?" * count)


def _us(at: datetime | None) -> int | None:
    return None if at is None else to_us(at)


def _at(us: int | None) -> datetime | None:
    return None if us is None else from_us(us)

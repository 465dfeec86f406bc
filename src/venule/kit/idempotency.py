"""Idempotency keys: the same request twice has one effect and one answer.

A key is stored with the hash of its command and the answer, in the command's own transaction. The
same key with the same command gets the first answer; with another command, or for another use
case, `IdempotencyKeyReused`. A command that fails stores nothing: it may be sent again.

A key that stands for a request over the wire (`request_key`) is stricter: with it goes a
fingerprint of the request as it was received, and a refusal is an answer too, which stays the same
(draft-ietf-httpapi-idempotency-key-header-07, sections 2.6 and 2.7). What may pass by itself, and
what is our own fault, is not stored.

A group's keys are looked up together before its first command, in one statement. Its new keys are
held in memory and written together, sorted, just before the commit: that is cheaper than one by
one, and nobody else can ask for them before.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any, Final, get_type_hints

import msgspec

from venule.kit.errors import AppError, BadInput, IdempotencyKeyReused, shorten
from venule.kit.sql import Sql
from venule.kit.telling import read_error, tell_error
from venule.kit.tx import Tx

KEY_CHARS_MAX: Final = 255
PURGE_ROWS_MAX: Final = 1_000

FINGERPRINT: Final = "\x1f"
"""Divides a request's key from the fingerprint behind it; the key alone is stored."""

REFUSAL: Final = 1
"""The MessagePack extension that an answer is when it is a refusal: slug and facts."""

LOOK_UP_KEYS_MAX: Final = 512
"""Most keys in one statement; it has a power of two of them, so that few texts serve all."""

_encode: Final = msgspec.msgpack.Encoder().encode


@dataclass(eq=False)
class IdempotencyKeyMalformed(BadInput):
    """The key is empty or too long, or has a NUL character, which PostgreSQL stores in no text."""

    key: str
    slug = "idempotency-key-malformed"

    @property
    def message(self) -> str:
        return (
            f"expected a key of 1 to {KEY_CHARS_MAX} characters, none of them NUL, "
            f"seen {shorten(self.key)}"
        )


def request_key(scope: str, key: str, fingerprint: bytes) -> str:
    """Return the key under which a request over the wire is carried out once.

    scope: who sent it; two senders may choose the same key. fingerprint: SHA-256 of its method,
    path and body as received.
    Raises: IdempotencyKeyMalformed for a key that is too long, or not printable ASCII.
    """
    name = f"{scope}/{key}"
    if not (key and key.isascii() and key.isprintable() and len(name) <= KEY_CHARS_MAX):
        raise IdempotencyKeyMalformed(key)
    return f"{name}{FINGERPRINT}{fingerprint.hex()}"


class UseCase:
    """What the keys need to know of a function: its name, and how to read its answers back.

    The name is the module's and the function's: one that moves is another use case to old keys.
    """

    __slots__ = ("decode", "name", "prefix")

    def __init__(self, fn: Callable[..., Any]) -> None:
        hints = get_type_hints(fn)
        if "return" not in hints:
            raise TypeError(f"expected a return annotation on {fn!r}: its answers are stored")
        self.name = f"{fn.__module__}.{fn.__qualname__}"
        self.prefix = self.name.encode() + b"\0"
        self.decode = msgspec.msgpack.Decoder(hints["return"]).decode


class Keys:
    """The keys as the writer sees them: those of the open group, and those in the table."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql
        self._fresh: dict[str, tuple[int, str, bytes, bytes]] = {}  # used_at, use case, body, ...
        self._looked_up: dict[str, tuple[str, bytes, bytes] | None] = {}  # None: not in the table
        self._use_cases: dict[Callable[..., Any], UseCase] = {}

    def use_case(self, fn: Callable[..., Any]) -> UseCase:
        """Return what is known of a function; worked out once."""
        known = self._use_cases.get(fn)
        if known is None:
            known = self._use_cases[fn] = UseCase(fn)
        return known

    def look_up(self, keys: Sequence[str | None]) -> None:
        """Learn of a group's keys whether they are in the table; `flush` or `forget` ends it.

        What is no key is left out: it is the fault of its command alone, see `first_answer`.
        """
        bare = [key.partition(FINGERPRINT)[0] for key in keys if isinstance(key, str)]
        sound = [key for key in bare if _is_sound(key)]
        self._looked_up = dict.fromkeys(sound)
        for start in range(0, len(sound), LOOK_UP_KEYS_MAX):
            part = sound[start : start + LOOK_UP_KEYS_MAX]
            size = 1 << (len(part) - 1).bit_length()
            rows = self._sql.rows(_select_keys(size), part + part[-1:] * (size - len(part)))
            self._looked_up |= {row[3]: row[:3] for row in rows}

    def first_answer(self, use_case: UseCase, key: str, body: bytes) -> bytes | None:
        """Return the first answer under this key, or None if the key is new."""
        key, mark = _divided(key)
        found = self._known(key)
        if found is None:
            return None
        name, first_body, answer = found
        if first_body != _marked(body, mark):
            raise IdempotencyKeyReused(key, name, use_case.name)
        return answer

    def give(self, use_case: UseCase, answer: bytes) -> Any:
        """Return the first answer's value, or raise the refusal that it was."""
        if answer[:1] in _EXTENSIONS:
            ext = msgspec.msgpack.decode(answer)
            if isinstance(ext, msgspec.msgpack.Ext) and ext.code == REFUSAL:
                slug, facts = _read_refusal(ext.data)
                raise read_error(slug, facts)
        return use_case.decode(answer)

    def _known(self, key: str) -> tuple[str, bytes, bytes] | None:
        fresh = self._fresh.get(key)
        return fresh[1:] if fresh is not None else self._in_table(key)

    def _in_table(self, key: str) -> tuple[str, bytes, bytes] | None:
        if key in self._looked_up:
            return self._looked_up[key]
        if not _has_good_form(key):
            raise IdempotencyKeyMalformed(key)
        row = self._sql.row("SELECT use_case, body, answer FROM idempotency WHERE key = ?", (key,))
        return None if row is None else (row[0], row[1], row[2])

    def remember(self, use_case: UseCase, key: str, body: bytes, answer: Any, now_us: int) -> None:
        """Keep the answer; written by `flush`."""
        key, mark = _divided(key)
        self._fresh[key] = (now_us, use_case.name, _marked(body, mark), _encode(answer))

    def remember_refusal(
        self, fn: Callable[..., Any], command: Any, key: Any, error: Exception, now_us: int
    ) -> None:
        """Keep a refusal as the answer of a request, if it is one that stays."""
        if not isinstance(key, str) or not _stays(error):
            return
        name, mark = _divided(key)
        if not mark or self._known(name) is not None:
            return
        assert isinstance(error, AppError)
        use_case = self.use_case(fn)
        body = _marked(body_hash(use_case, command), mark)
        slug, facts = tell_error(error)
        answer = msgspec.msgpack.Ext(REFUSAL, _encode((slug, msgspec.Raw(facts))))
        self._fresh[name] = (now_us, use_case.name, body, _encode(answer))

    @property
    def fresh_count(self) -> int:
        """How many keys are remembered and not yet written."""
        return len(self._fresh)

    def rollback_to(self, count: int) -> None:
        """Forget all but the first so many of the remembered keys: their commands were undone."""
        while len(self._fresh) > count:
            self._fresh.popitem()

    def flush(self) -> None:
        """Write the group's new keys in the open transaction, sorted for the index's sake."""
        if self._fresh:
            rows = sorted((key, *rest) for key, rest in self._fresh.items())
            self._sql.many(
                "INSERT INTO idempotency (key, used_at, use_case, body, answer)"
                " VALUES (?, ?, ?, ?, ?)",
                rows,
            )
        self.forget()

    def forget(self) -> None:
        """The group is over: it was written, or undone."""
        self._fresh.clear()
        self._looked_up = {}


_EXTENSIONS: Final = frozenset(
    bytes((first,)) for first in (*range(0xC7, 0xCA), *range(0xD4, 0xD9))
)
_read_refusal: Final = msgspec.msgpack.Decoder(tuple[str, msgspec.Raw]).decode


def _divided(key: str) -> tuple[str, str]:
    """Return the key that is stored, and the fingerprint that came with it, if any."""
    if not isinstance(key, str):
        raise TypeError(f"expected a key of text, seen {key!r}")
    name, _, mark = key.partition(FINGERPRINT)
    return name, mark


def _marked(body: bytes, mark: str) -> bytes:
    return sha256(body + mark.encode()).digest() if mark else body


def _stays(error: Exception) -> bool:
    """Whether asking again for the same would be refused for what was known then."""
    return (
        isinstance(error, AppError)
        and 400 <= error.status < 500
        and not error.retryable
        and not isinstance(error, IdempotencyKeyReused | IdempotencyKeyMalformed)
    )


def _has_good_form(key: str) -> bool:
    return 0 < len(key) <= KEY_CHARS_MAX and "\0" not in key


def _is_sound(key: str) -> bool:
    try:
        return _has_good_form(key) and (key.isascii() or len(key.encode()) > 0)
    except (AttributeError, TypeError, UnicodeEncodeError):
        return False


@cache
def _select_keys(count: int) -> str:
    places = ", ".join("?" * count)
    return f"SELECT use_case, body, answer, key FROM idempotency WHERE key IN ({places})"  # noqa: S608


def body_hash(use_case: UseCase, command: Any) -> bytes:
    """Return what tells one command from another: SHA-256 of the use case and the MessagePack."""
    return sha256(use_case.prefix + _encode(command)).digest()


def purge_keys(tx: Tx, before_us: int) -> int:
    """Delete keys used before an instant, oldest first, at most `PURGE_ROWS_MAX`; return how many.

    Call again until it returns less; each call is a command of its own. From the next group on
    such a key counts as new: keep keys for longer than any client repeats a request.
    """
    return tx.sql.run(
        "DELETE FROM idempotency WHERE key IN"
        " (SELECT key FROM idempotency WHERE used_at < ? ORDER BY used_at LIMIT ?)",
        (before_us, PURGE_ROWS_MAX),
    )

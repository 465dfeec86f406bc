"""What may be called from another process: functions by name, with the types of what they take and
give back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from inspect import signature
from typing import Any, Final, NamedTuple, get_type_hints

import msgspec

from venule.kit.errors import BadInput, HomeError, NotFound, shorten

_encode: Final = msgspec.msgpack.Encoder().encode


class Ask(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A request. number: the asker's own, for the answer. key: see `kit.idempotency`."""

    number: int
    procedure: str
    key: str | None
    body: msgspec.Raw


class Answer(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """slug: of the error, or empty; body: the value, or the error's facts in order."""

    number: int
    slug: str
    body: msgspec.Raw


@dataclass(eq=False)
class ProcedureUnknown(NotFound):
    """The writer does not serve this function: it may be of another version."""

    procedure: str
    slug = "procedure-unknown"

    @property
    def message(self) -> str:
        return f"expected a procedure that the writer serves, seen {shorten(self.procedure)}"


@dataclass(eq=False)
class AskMalformed(BadInput):
    """A command does not have the shape that its procedure takes."""

    procedure: str
    seen: str
    slug = "ask-malformed"

    @property
    def message(self) -> str:
        return f"expected what {self.procedure} takes, seen: {self.seen}"


@dataclass(eq=False)
class CommandBroke(HomeError):
    """A command failed for a reason that is not foreseen: a bug. Nothing of it was kept."""

    procedure: str
    seen: str
    slug = "command-broke"

    @property
    def message(self) -> str:
        return f"expected {self.procedure} to end, seen {self.seen}; the writer's log has the trace"


@dataclass(eq=False)
class AnswerTooLarge(HomeError):
    """An answer does not fit into a frame. If it is a command's, the command was carried out."""

    procedure: str
    size: int
    size_max: int
    slug = "answer-too-large"

    @property
    def message(self) -> str:
        return f"{self.procedure}: expected at most {self.size_max} bytes, seen {self.size}"


class Procedure(NamedTuple):
    """reads: it only looks, see `Home.read`."""

    name: str
    fn: Callable[..., Any]
    reads: bool
    encode: Callable[[Any], bytes]
    take: Callable[[Any], Any]
    give: Callable[[Any], Any]


def procedure(fn: Callable[..., Any], *, reads: bool = False) -> Procedure:
    """Describe a function `(tx, command) -> answer` with type hints; a reader may have no command.

    Its name is the module's and the function's, as in the table of idempotency keys.
    """
    hints = get_type_hints(fn)
    parameters = list(signature(fn).parameters)[1:]
    if len(parameters) > 1 or "return" not in hints or any(p not in hints for p in parameters):
        raise TypeError(f"expected (tx, command: Type) -> Type, seen {fn!r}")
    taken = hints[parameters[0]] if parameters else type(None)
    return Procedure(
        f"{fn.__module__}.{fn.__qualname__}",
        fn,
        reads,
        _encode,
        msgspec.msgpack.Decoder(taken).decode,
        msgspec.msgpack.Decoder(hints["return"]).decode,
    )


class Procedures:
    """All that is served, by name."""

    def __init__(
        self,
        commands: Iterable[Callable[..., Any]],
        readers: Iterable[Callable[..., Any]] = (),
    ) -> None:
        described = [procedure(fn) for fn in commands]
        described += [procedure(fn, reads=True) for fn in readers]
        self._by_name = {entry.name: entry for entry in described}
        if len(self._by_name) != len(described):
            raise ValueError("expected each function once")

    def __getitem__(self, name: str) -> Procedure:
        """Raises: ProcedureUnknown."""
        found = self._by_name.get(name)
        if found is None:
            raise ProcedureUnknown(name)
        return found

    def names(self) -> list[str]:
        """Return what is served."""
        return sorted(self._by_name)

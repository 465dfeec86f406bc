"""How an error crosses a wire or waits in a row: by its slug, and its facts in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, get_type_hints

import msgspec

from venule.kit.errors import AppError, HomeError, all_errors, fact_names, shorten

_encode: Final = msgspec.msgpack.Encoder().encode


@dataclass(eq=False)
class ForeignError(HomeError):
    """The writer answered with an error that this process does not know."""

    name: str
    slug = "foreign-error"

    @property
    def message(self) -> str:
        return f"expected an error known here, seen {shorten(self.name)}: is the writer newer?"


def tell_error(error: AppError) -> tuple[str, bytes]:
    """Return an error's slug and its facts, for the wire."""
    return error.slug, _encode(list(error.facts().values()))


def read_error(slug: str, body: bytes | msgspec.Raw) -> AppError:
    """Return the error that was told; `ForeignError` if this process does not know it."""
    if slug not in _leaves:
        _leaves.update({leaf.slug: _leaf(leaf) for leaf in all_errors()})
    known = _leaves.get(slug)
    if known is None:
        return ForeignError(slug)
    leaf, decode = known
    try:
        return leaf(*decode(body))
    except (msgspec.MsgspecError, TypeError):  # its facts have changed
        return ForeignError(slug)


_Leaf = tuple[type[AppError], Callable[[Any], Any]]
_leaves: Final[dict[str, _Leaf]] = {}


def _leaf(leaf: type[AppError]) -> _Leaf:
    names = fact_names(leaf)
    hints = get_type_hints(leaf)
    types = tuple(hints[name] for name in names)
    facts: Any = tuple.__class_getitem__(types) if types else list
    return leaf, msgspec.msgpack.Decoder(facts).decode

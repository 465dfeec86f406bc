"""Diagrams of state machines, drawn from their tables: `make pages` writes them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from html import escape
from typing import Any, Final, NamedTuple

BOX_W: Final = 132
BOX_H: Final = 30
ROW_H: Final = 92
LEFT_W: Final = 300
LINE_H: Final = 14
CHAR_W: Final = 7
"""About how wide a letter of a word is; a little more than most are."""
REACH: Final = 42
"""How far an arc goes out for each row that it spans."""


class Word(NamedTuple):
    """An event's name beside its arc: to the right of `x`, or to the left."""

    text: str
    x: int
    y: int
    right_of: bool

    @property
    def left(self) -> int:
        """Where it begins."""
        return self.x if self.right_of else self.x - CHAR_W * len(self.text)

    @property
    def right(self) -> int:
        """Where it ends."""
        return self.x + CHAR_W * len(self.text) if self.right_of else self.x

    def meets(self, other: Word) -> bool:
        """Whether two words overlap."""
        beside = self.left < other.right and other.left < self.right
        return beside and abs(self.y - other.y) < LINE_H

    def svg(self) -> str:
        """Return it as an element."""
        css = "word" if self.right_of else "word back"
        return f'  <text class="{css}" x="{self.x}" y="{self.y}">{escape(self.text)}</text>\n'


STYLE: Final = """\
  <style>
    rect { fill: #eef4fb; stroke: #3b6ea5; stroke-width: 1.2; rx: 6; }
    .over { fill: #dcebda; stroke: #4b8340; }
    text { font: 14px system-ui, sans-serif; fill: #1c2733; text-anchor: middle; }
    .word { font-size: 12px; fill: #55636f; text-anchor: start; }
    .back { text-anchor: end; }
    path { stroke: #55636f; stroke-width: 1.2; fill: none; marker-end: url(#tip); }
  </style>
  <defs>
    <marker id="tip" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="7" markerHeight="7" \
orient="auto">
      <path d="M0 0 L8 4 L0 8 z" style="fill:#55636f;stroke:none;marker-end:none"/>
    </marker>
  </defs>
"""


def svg_of(
    name: str, table: Mapping[tuple[Any, Any], Any], states: type[Enum], over: frozenset[Any]
) -> str:
    """Return a machine as SVG: states from top to bottom, events that lead on to the right, those
    that lead back, or nowhere, to the left."""
    rows = {state: index for index, state in enumerate(states)}
    edges: dict[tuple[Any, Any], list[str]] = {}
    for (state, event), after in table.items():
        edges.setdefault((state, after), []).append(event.value)
    words: list[Word] = []
    arcs = [_arc(rows[a], rows[b], events, words) for (a, b), events in edges.items()]
    height = ROW_H * len(rows)
    width = max([LEFT_W + BOX_W, *(word.right for word in words)]) + LINE_H
    label = f"{escape(name)}: states and events, as in the tables below"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" ',
        f'aria-label="{label}">\n',
        STYLE,
        f'  <rect width="{width}" height="{height}" style="fill:#ffffff;stroke:none"/>\n',
    ]
    for state, row in rows.items():
        css = ' class="over"' if state in over else ""
        top = ROW_H * row + (ROW_H - BOX_H) // 2
        parts.append(
            f'  <rect{css} x="{LEFT_W}" y="{top}" width="{BOX_W}" height="{BOX_H}"/>'
            f'<text x="{LEFT_W + BOX_W // 2}" y="{top + 20}">{escape(state.value)}</text>\n'
        )
    return "".join([*parts, *arcs, *(word.svg() for word in words), "</svg>\n"])


def _arc(start: int, end: int, events: list[str], words: list[Word]) -> str:
    """Return the arc of some events; put their words at its far point, clear of other words."""
    on = end > start
    span = abs(end - start)
    side = LEFT_W + BOX_W if on else LEFT_W
    sign = 1 if on else -1
    nudge = min(span, 4) * 2
    begin = ROW_H * start + ROW_H // 2 + (nudge if on else -nudge if span else -6)
    finish = ROW_H * end + ROW_H // 2 - (nudge if on else -nudge if span else -6)
    far = side + sign * (REACH * span * 4 // 3 if span else 60)
    apex = side + (far - side) * 3 // 4
    top = (begin + finish) // 2 - LINE_H // 2 * (len(events) - 1) + 4
    for index, event in enumerate(events):
        word = Word(event, apex + sign * 5, top + LINE_H * index, on)
        while any(word.meets(other) for other in words):
            word = word._replace(y=word.y + LINE_H)
        words.append(word)
    return f'  <path d="M{side} {begin} C{far} {begin} {far} {finish} {side} {finish}"/>\n'


def table_of(table: Mapping[tuple[Any, Any], Any], states: type[Enum]) -> str:
    """Return a machine as a table in Markdown: what leads from each state where."""
    lines = ["| state | event | leads to |", "| --- | --- | --- |"]
    for state in states:
        found = [(event, after) for (at, event), after in table.items() if at is state]
        for event, after in found:
            lines.append(f"| `{state.value}` | `{event.value}` | `{after.value}` |")
        if not found:
            lines.append(f"| `{state.value}` | - | over |")
    return "\n".join(lines) + "\n"

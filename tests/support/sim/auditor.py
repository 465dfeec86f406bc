"""The auditor: it says before a group what must come of each command, and compares afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from support.sim import rules_days, rules_inbox, rules_money_now
from support.sim.books import Refuse, Wrong
from support.sim.expected import expected
from support.sim.model import HANDLERS, RISKY, Expect, Known, Model, faults_of, plain
from support.sim.rules_wallet import check_conservation
from support.sim.seen import View
from support.sim.view import adopt, differences
from venule.kit.errors import AppError
from venule.kit.tx import Call, Outcome

RULES = (rules_days, rules_inbox, rules_money_now)
"""Every file of rules is loaded, these and what they import: it has made its handlers known."""


@dataclass
class Verdict:
    """What must come of a call."""

    name: str
    refused: str = ""
    known: Known | None = None
    expect: Expect | None = None


@dataclass
class Auditor:
    """What must be true, and what was seen so far."""

    model: Model = field(default_factory=Model)
    counts: Counter[str] = field(default_factory=Counter)

    def predict(self, calls: Sequence[Call[Any]], now: int) -> list[Verdict]:
        """Say what must come of a group at an instant; the model is then as if it had."""
        m = self.model
        m.now = now
        m.books.expire(now)
        m.books.end()
        return [self._verdict(call) for call in calls]

    def _verdict(self, call: Call[Any]) -> Verdict:
        m, name = self.model, use_case(call.fn)
        if call.key is not None and call.key in m.keys:
            known = m.keys[call.key]
            if (known.use_case, known.command) != (name, call.command):
                return Verdict(name, refused="IdempotencyKeyReused")
            return Verdict(name, known=known)
        function = getattr(call.fn, "__func__", call.fn)
        saved = m.save() if function in RISKY else b""
        try:
            expect = HANDLERS[function](m, call.command)
        except Refuse as refuse:
            if saved:
                m.restore(saved)
            return Verdict(name, refused=refuse.name)
        m.books.end()
        if call.key is None:
            return Verdict(name, expect=expect)
        known = m.keys[call.key] = Known(name, call.command, expect)
        return Verdict(name, known=known)

    def judge(
        self, calls: Sequence[Call[Any]], verdicts: list[Verdict], outcomes: list[Outcome]
    ) -> None:
        """Compare answers with what they must be."""
        for call, verdict, outcome in zip(calls, verdicts, outcomes, strict=True):
            error = outcome.error
            seen = "" if error is None else type(error).__name__
            if seen != verdict.refused:
                expected = verdict.refused or "an answer"
                told = f"{seen}: {error}" if error else f"{plain(outcome.value)!r}"
                raise Wrong(f"{verdict.name} {call.command}: expected {expected}, seen {told}")
            if error is not None:
                self.counts[f"refused {seen}"] += 1
                if not isinstance(error, AppError):
                    raise Wrong(f"{verdict.name}: {seen} is no AppError")
                continue
            self.counts[f"did {verdict.name}"] += 1
            self._judge_answer(call, verdict, outcome.value)

    def _judge_answer(self, call: Call[Any], verdict: Verdict, value: Any) -> None:
        known = verdict.known
        if known is not None and known.heard:
            self.counts["answered again"] += 1
            if known.answer != value:
                raise Wrong(
                    f"{verdict.name} {call.key}: the first answer was {known.answer}, now {value}"
                )
            return
        expect = known.expect if known is not None else verdict.expect
        assert expect is not None
        faults = faults_of(expect, value)
        if faults:
            raise Wrong(f"{verdict.name} {call.command}: {'; '.join(faults)}")
        if known is not None:
            known.answer, known.heard = value, True

    def compare(self, seen: View) -> None:
        """Compare everything. Raises: Wrong."""
        self.counts["compared everything"] += 1
        found = differences(expected(self.model), seen)
        if found:
            raise Wrong("the books are not what they must be:\n  " + "\n  ".join(found))
        check_conservation(self.model)

    def resolve(self, seen: View, saved: bytes, fate: str) -> None:
        """Find out whether the group under way is there: wholly, or not at all.

        saved: the model without it. fate: "done" or "undone" if that is sure.
        Raises: Wrong.
        """
        with_it = self.model.save()
        adopt(self.model, seen)
        if fate != "undone":
            done = differences(expected(self.model), seen)
            if not done:
                self.counts["found it done"] += 1
                return
            if fate == "done":
                raise Wrong("it was durable, and is not there:\n  " + "\n  ".join(done))
        self.model.restore(saved)
        undone = differences(expected(self.model), seen)
        if undone:
            self.model.restore(with_it)
            done = differences(expected(self.model), seen)
            raise Wrong(
                "neither done nor undone; if undone:\n  "
                + "\n  ".join(undone)
                + "\nif done:\n  "
                + "\n  ".join(done)
            )
        self.counts["found it undone"] += 1


def use_case(fn: Any) -> str:
    """Name a function as the keys do."""
    return f"{fn.__module__}.{fn.__qualname__}"

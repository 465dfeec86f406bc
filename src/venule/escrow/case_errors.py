"""What can go wrong in a dispute.

AppError
|-- BadInput
|   `-- EvidenceTooLarge, EvidenceTypeRefused
|-- NotFound
|   `-- CaseOfTradeUnknown, EvidenceUnknown, RulingUnknown
`-- Refused
    `-- CaseStillOpen, SameOperator, EvidenceClosed, RulingUnbalanced
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from venule.kit.errors import BadInput, NotFound, Refused, shorten


@dataclass(eq=False)
class EvidenceTooLarge(BadInput):
    """A file of evidence is empty or has more bytes than one may have."""

    bytes_max: int
    seen: int
    slug = "evidence-too-large"

    @property
    def message(self) -> str:
        return f"expected a file of 1 to {self.bytes_max} bytes, seen {self.seen}"


@dataclass(eq=False)
class EvidenceTypeRefused(BadInput):
    """A file of evidence is of no type that we keep, or is not what it says it is."""

    expected: str
    seen: str
    slug = "evidence-type-refused"

    @property
    def message(self) -> str:
        return f"expected a file of {self.expected}, seen {shorten(self.seen)}"


@dataclass(eq=False)
class RulingUnbalanced(Refused):
    """The parts of a ruling are not what the trade holds."""

    expected_minor: int
    seen_minor: int
    slug = "ruling-unbalanced"

    @property
    def message(self) -> str:
        return (
            f"expected parts of 0 fen or more that sum to {self.expected_minor} fen, "
            f"seen {self.seen_minor}"
        )


@dataclass(eq=False)
class CaseOfTradeUnknown(NotFound):
    """No case has this id."""

    seen: str
    slug = "case-of-trade-unknown"

    @property
    def message(self) -> str:
        return f"expected the name of a case, seen {shorten(self.seen)}"


@dataclass(eq=False)
class EvidenceUnknown(NotFound):
    """No file of evidence has this id."""

    seen: str
    slug = "evidence-unknown"

    @property
    def message(self) -> str:
        return f"expected the name of a file of evidence, seen {shorten(self.seen)}"


@dataclass(eq=False)
class RulingUnknown(NotFound):
    """A case has no ruling to approve or reject."""

    seen: str
    slug = "ruling-unknown"

    @property
    def message(self) -> str:
        return f"expected a case with a proposed ruling, seen {shorten(self.seen)}"


@dataclass(eq=False)
class CaseStillOpen(Refused):
    """A wish for a refund is open: it must end first."""

    trade_id: UUID
    case_id: UUID
    slug = "case-still-open"

    @property
    def message(self) -> str:
        return f"trade {self.trade_id}: expected no open case, seen {self.case_id}"


@dataclass(eq=False)
class SameOperator(Refused):
    """Above the limit a ruling takes two people."""

    operator: str
    slug = "same-operator"

    @property
    def message(self) -> str:
        return f"expected a second operator, seen {shorten(self.operator)} again"


@dataclass(eq=False)
class EvidenceClosed(Refused):
    """A case takes evidence until an operator rules on it."""

    case_id: UUID
    state: str
    slug = "evidence-closed"

    @property
    def message(self) -> str:
        return f"case {self.case_id}: expected it to wait for a word, seen it {self.state}"

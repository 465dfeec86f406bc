"""What can be wrong with a home that moves, or has moved."""

from __future__ import annotations

from dataclasses import dataclass

from venule.kit.errors import Conflict, HomeError, Refused, shorten
from venule.kit.time import from_us


@dataclass(eq=False)
class HomeMoved(HomeError):
    """The home has gone elsewhere: this one is for looking only."""

    path: str
    gone_to: str
    moved_at: int
    slug = "home-moved"

    @property
    def message(self) -> str:
        return (
            f"{self.path}: expected a home to write to, seen one that moved to {self.gone_to} at "
            f"{from_us(self.moved_at).isoformat(timespec='seconds')}"
        )


@dataclass(eq=False)
class HomeIncomplete(HomeError):
    """The home is still coming from elsewhere. The `venule move` that brings it can be repeated."""

    path: str
    came_from: str = ""
    status, retryable, slug = 503, True, "home-incomplete"

    @property
    def message(self) -> str:
        whence = f" from {self.came_from}" if self.came_from else ""
        return f"{self.path}: expected a home, seen one that is still being moved here{whence}"


@dataclass(eq=False)
class MoveTargetTaken(Conflict):
    """A home moves to a place where there is nothing; nothing is written over."""

    path: str
    seen: str
    slug = "move-target-taken"

    @property
    def message(self) -> str:
        return f"expected nothing at {self.path}, seen {self.seen}: a move does not overwrite"


@dataclass(eq=False)
class MoveVersionsDiffer(Conflict):
    """The move was begun with another version of the tables. Remove what has come, begin anew."""

    path: str
    expected: str
    seen: str
    slug = "move-versions-differ"

    @property
    def message(self) -> str:
        return f"{self.path}: expected {self.expected}, seen {self.seen}"


@dataclass(eq=False)
class MoveOvertaken(Conflict):
    """Another process has gone on with this move, or has begun it anew."""

    path: str
    slug = "move-overtaken"

    @property
    def message(self) -> str:
        return f"{self.path}: expected the move as it was left, seen that another process went on"


@dataclass(eq=False)
class MoveSourceChanged(Conflict):
    """The old home was written to while it moved. The same command begins anew."""

    path: str
    slug = "move-source-changed"

    @property
    def message(self) -> str:
        return f"{self.path}: expected no writer but the move, seen another one"


@dataclass(eq=False)
class MoveUnfit(Refused):
    """A table, a value or a row that the other kind of home does not take."""

    path: str
    table: str
    where: str
    expected: str
    seen: str
    slug = "move-unfit"

    @property
    def message(self) -> str:
        place = f"{self.table}, {self.where}" if self.where else self.table
        return f"{self.path}: {place}: expected {self.expected}, seen {shorten(self.seen)}"


@dataclass(eq=False)
class MoveDiffers(Conflict):
    """What has arrived is not what was sent: somebody has changed it."""

    path: str
    what: str
    expected: str
    seen: str
    slug = "move-differs"

    @property
    def message(self) -> str:
        return f"{self.path}: {self.what}: expected {self.expected}, as in the old home, seen " + (
            self.seen
        )


@dataclass(eq=False)
class MoveNeedsFolder(Refused):
    """The home has files in its archive, and the new place has none for them."""

    path: str
    files: int
    slug = "move-needs-folder"

    @property
    def message(self) -> str:
        return (
            f"{self.path}: expected an address with &folder=/a/folder for the {self.files} files of"
            " the archive, seen none"
        )


@dataclass(eq=False)
class MoveNotProven(Conflict):
    """Everything has arrived as it was sent, and its proof finds a fault: so has the old home."""

    path: str
    faults: int
    first: str
    slug = "move-not-proven"

    @property
    def message(self) -> str:
        return (
            f"{self.path}: expected books that prove, seen {self.faults} faults, the first: "
            f"{self.first}; the old home goes on as before"
        )

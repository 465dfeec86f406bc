"""What can be wrong with how the service is set up, and with worlds.

BadInput
`-- SettingsMalformed   every flaw of a configuration at once
NotFound
|-- WorldUnknown        no sandbox has this name
`-- ProductionNotAsked
Refused
`-- ClockTooFar         more time than may pass at once
Unavailable
`-- ClockBusy, WorldsBusy, WorldsFull
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from venule.kit.errors import BadInput, NotFound, Refused, Unavailable, shorten


@dataclass(eq=False)
class SettingsMalformed(BadInput):
    """A configuration cannot be used; each line of `flaws` names a setting."""

    source: str
    flaws: list[str]
    slug = "settings-malformed"

    @property
    def message(self) -> str:
        return f"{self.source}: " + "; ".join(self.flaws)


@dataclass(eq=False)
class WorldUnknown(NotFound):
    """No sandbox has this name."""

    name: str
    slug = "world-unknown"

    @property
    def message(self) -> str:
        return f"expected the name of a sandbox, seen {shorten(self.name)}"


@dataclass(eq=False)
class ProductionNotAsked(NotFound):
    """Nobody has asked for this application to be admitted."""

    application_id: UUID
    slug = "production-not-asked"

    @property
    def message(self) -> str:
        return f"expected application {self.application_id} to have asked, seen that it has not"


@dataclass(eq=False)
class ClockTooFar(Refused):
    """A sandbox's clock moves so many days at a time and no more."""

    now: datetime
    to: datetime
    days_max: int
    slug = "clock-too-far"

    @property
    def message(self) -> str:
        return (
            f"expected at most {self.days_max} days after {self.now.isoformat()}, "
            f"seen {self.to.isoformat()}"
        )


class ClockBusy(Unavailable):
    """Somebody is moving this sandbox's clock just now."""

    slug = "clock-busy"

    @property
    def message(self) -> str:
        return "expected a clock at rest, seen it on its way; ask again in a moment"


@dataclass(eq=False)
class WorldsBusy(Unavailable):
    """So many sandboxes are in use at once that there is no room for another one."""

    open_max: int
    slug = "worlds-busy"

    @property
    def message(self) -> str:
        return f"expected fewer than {self.open_max} sandboxes in use at once, seen that many"


@dataclass(eq=False)
class WorldsFull(Unavailable):
    """There are as many sandboxes as this service keeps."""

    worlds_max: int
    slug = "worlds-full"

    @property
    def message(self) -> str:
        return f"expected fewer than {self.worlds_max} sandboxes, seen that many"

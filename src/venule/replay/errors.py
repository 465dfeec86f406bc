"""What can be wrong with a replay: its files, its options, its home, and its own books."""

from __future__ import annotations

from dataclasses import dataclass

from venule.kit.errors import BadFile, BadInput, Conflict, HomeError, Refused


class ReplayDateWrong(BadFile):
    """A date is not a day written YYYY-MM-DD."""

    slug = "replay-date-wrong"


class ReplayDaysOutOfOrder(BadFile):
    """A day comes twice, is left out, or stands before an earlier one."""

    slug = "replay-days-out-of-order"


class ReplayDayUncovered(BadFile):
    """A day of the flows lies outside the calendar, or has no published yield."""

    slug = "replay-day-uncovered"


class ReplayValueWrong(BadFile):
    """A value is not a whole number (or decimal) in the range that its column may have."""

    slug = "replay-value-wrong"


class FlowIdentityBroken(BadFile):
    """The parts of a day's flow do not add up to its total, or a row does not follow the last."""

    slug = "flow-identity-broken"


class FlowImpossible(BadFile):
    """A day's totals cannot be met: more leaves than the wallets hold, or nobody is there."""

    slug = "flow-impossible"


class UserDoubled(BadFile):
    """A user stands twice in the list."""

    slug = "replay-user-doubled"


@dataclass(eq=False)
class ReplayOptionWrong(BadInput):
    """An option of the replay is out of its range, or does not go with another."""

    option: str
    expected: str
    seen: str
    slug = "replay-option-wrong"

    @property
    def message(self) -> str:
        return f"{self.option}: expected {self.expected}, seen {self.seen}"


@dataclass(eq=False)
class ReplayHomeDiffers(Conflict):
    """The home belongs to a replay of other inputs, or to no replay at all."""

    path: str
    what: str
    expected: str
    seen: str
    slug = "replay-home-differs"

    @property
    def message(self) -> str:
        return (
            f"{self.path}: expected a home of this very replay ({self.what} {self.expected}), "
            f"seen {self.seen}; take another --home"
        )


@dataclass(eq=False)
class ReportNotWritable(HomeError):
    """The report cannot be written to its directory."""

    path: str
    seen: str
    slug = "report-not-writable"

    @property
    def message(self) -> str:
        return f"expected a directory that can be written to at {self.path}, seen {self.seen}"


@dataclass(eq=False)
class ReplayStepRefused(Refused):
    """A command of a day was refused by a service: the plan of the day and the books disagree."""

    day: str
    step: str
    command: int
    reason: str
    slug = "replay-step-refused"

    @property
    def message(self) -> str:
        return (
            f"{self.day}, step {self.step}, command {self.command}: "
            f"expected the services to carry it out, seen: {self.reason}"
        )

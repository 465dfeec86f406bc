"""The replay: a year of a money-market fund, lived through by wallets on a virtual clock.

Daily sums (real ones of a published sample, or generated) become the movements of single people,
drawn from a seed. The movements go through the very services of members, wallet and fund, day after
day; the fund closes every day. Then the books are compared with the source: every movement to the
fen, the income within its rule, the yields exactly. The source's rule of natural days (no cut-off,
public holidays ignored) differs from the calendar of production, and both are reported.
"""

from __future__ import annotations

from venule.replay.driver import Progress
from venule.replay.errors import (
    FlowIdentityBroken,
    FlowImpossible,
    ReplayDateWrong,
    ReplayDaysOutOfOrder,
    ReplayDayUncovered,
    ReplayHomeDiffers,
    ReplayOptionWrong,
    ReplayStepRefused,
    ReplayValueWrong,
    ReportNotWritable,
    UserDoubled,
)
from venule.replay.model import Break, ReplayOptions
from venule.replay.report import Report, summary
from venule.replay.service import OpenHome, run
from venule.replay.store import MIGRATIONS

__all__ = [
    "MIGRATIONS",
    "Break",
    "FlowIdentityBroken",
    "FlowImpossible",
    "OpenHome",
    "Progress",
    "ReplayDateWrong",
    "ReplayDayUncovered",
    "ReplayDaysOutOfOrder",
    "ReplayHomeDiffers",
    "ReplayOptionWrong",
    "ReplayOptions",
    "ReplayStepRefused",
    "ReplayValueWrong",
    "Report",
    "ReportNotWritable",
    "UserDoubled",
    "run",
    "summary",
]

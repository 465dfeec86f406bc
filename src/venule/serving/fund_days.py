"""The days of a world's fund: run by the clock alone, with an income that the world makes up.

In a house, staff publish what the fund has earned and close its days. In a world nobody does, and a
partner wants to see income come: so it comes, every day, at a yield of the usual size.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Final

from structlog import get_logger

from venule import fund
from venule.kit.errors import AppError, HomeError
from venule.kit.home import Home
from venule.kit.time import china_date, china_instant
from venule.ledger import Tx

MORNING: Final = time(9)
EVENING: Final = time(23)
DAY: Final = timedelta(days=1)
YIELD_E4: Final = 12_000
"""About so much a day for 10,000 shares, in 1e-4 yuan: 4.4 % a year."""

_log: Final = get_logger("venule.fund_days")


class FundDays:
    """Opens and closes the days of one fund, each at its hour, one after the other."""

    def __init__(self, home: Home[Tx], code: str) -> None:
        self._home = home
        self._code = code
        self._opened: date | None = None  # the last day whose morning this process has run
        self._refused: date | None = None  # a day that does not close: told once

    def next_at(self) -> datetime | None:
        """Return when there is something to do next; None if there is no such fund."""
        on = self._home.read(self._next_day)
        if on is None:
            return None
        return china_instant(on, EVENING if self._opened == on else MORNING)

    def work(self, home: Home[Tx]) -> int:
        """Do what is to be done now; return how much it was."""
        at = self.next_at()
        if at is None or at > home.clock.now():
            return 0
        on = home.read(self._next_day)
        if on is None or on == self._refused:
            return 0
        try:
            if self._opened != on:
                self._morning(home, on)
            else:
                self._evening(home, on)
        except HomeError:
            raise
        except AppError as error:
            self._refused = on
            _log.warning("day refused", on=on.isoformat(), code=error.slug, detail=error.message)
            return 0
        return 1

    def _next_day(self, tx: Tx) -> date | None:
        try:
            known = fund.fund_of(tx, self._code)
        except fund.FundUnknown:
            return None
        last = fund.last_closed(tx, self._code)
        return known.opened_on if last is None else last + DAY

    def _morning(self, home: Home[Tx], on: date) -> None:
        fund.open_day(home, fund.OpenDay(self._code, on))
        self._opened = on
        if china_date(home.clock.now()) == on:
            with suppress(fund.SubscriptionsStopped):
                home.run(fund.sweep, fund.Sweep(self._code, on))

    def _evening(self, home: Home[Tx], on: date) -> None:
        income = fund.PublishIncome(self._code, on, per_10k_e4=yield_of(on))
        with suppress(fund.IncomeChanged):  # somebody has published another one: that one counts
            home.run(fund.publish_income, income)
        fund.close_day(home, fund.CloseDay(self._code, on))


def yield_of(on: date) -> int:
    """Return the income of 10,000 shares on a day, in 1e-4 yuan: a little other every day."""
    return YIELD_E4 + (on.toordinal() * 37) % 400 - 200

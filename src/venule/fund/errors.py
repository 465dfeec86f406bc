"""What can go wrong in the fund.

AppError
|-- BadInput
|   |-- AmountOutOfFund, NumberMalformed
|-- NotFound
|   |-- FundUnknown, HolderUnknown, OrderUnknown, FreezeUnknown, CalendarUnknown
|-- Conflict
|   |-- FundExists, HolderExists, OrderNumberReused, IllegalTransition, IncomeChanged,
|   |   CalendarChanged,
|   |   RegisterInUse, DayOutOfOrder
`-- Refused
    |-- FundNotOpen, SubscriptionsStopped, RedemptionsStopped, SharesInsufficient, CashInsufficient,
    |   FundingInsufficient, LimitExceeded, BelowMinimum, AdvanceExhausted, AdvanceNotLicensed,
    |   TermsWrong, CutOffPassed, OrderNotPayable, YieldMissing, DayNotOver,
    |   ValuationNotDue, SweepNotToday, CloseRefused
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from venule.kit.errors import BadInput, Conflict, NotFound, Refused, shorten


@dataclass(eq=False)
class AmountOutOfFund(BadInput):
    """An amount of money or shares is not between one fen and what an order may carry."""

    what: str
    expected: str
    seen: int
    slug = "amount-out-of-fund"

    @property
    def message(self) -> str:
        return f"{self.what}: expected {self.expected}, seen {self.seen}"


@dataclass(eq=False)
class NumberMalformed(BadInput):
    """An order number is empty, too long, or has characters that do not print."""

    number: str
    chars_max: int
    slug = "order-number-malformed"

    @property
    def message(self) -> str:
        return f"expected 1 to {self.chars_max} printable characters, seen {shorten(self.number)}"


@dataclass(eq=False)
class TermsWrong(Refused):
    """A term of a fund does not make sense."""

    field: str
    expected: str
    seen: str
    slug = "fund-terms-wrong"

    @property
    def message(self) -> str:
        return f"{self.field}: expected {self.expected}, seen {shorten(self.seen)}"


@dataclass(eq=False)
class CalendarChanged(Conflict):
    """A calendar may grow, but a day it already covered and that has begun may not change."""

    calendar: str
    on: date
    slug = "fund-calendar-changed"

    @property
    def message(self) -> str:
        return f"calendar {self.calendar!r}: expected {self.on} as it was, seen another value"


@dataclass(eq=False)
class CalendarUnknown(NotFound):
    """No calendar of this name was loaded."""

    calendar: str
    slug = "fund-calendar-unknown"

    @property
    def message(self) -> str:
        return f"expected a loaded calendar, seen {shorten(self.calendar)}"


@dataclass(eq=False)
class FundUnknown(NotFound):
    """No fund has this code."""

    fund: str
    slug = "fund-unknown"

    @property
    def message(self) -> str:
        return f"expected the code of a fund, seen {shorten(self.fund)}"


@dataclass(eq=False)
class HolderUnknown(NotFound):
    """The member holds nothing in this fund: no holding was opened."""

    fund: str
    member_id: UUID
    slug = "fund-holder-unknown"

    @property
    def message(self) -> str:
        return f"expected a member with a holding in fund {self.fund}, seen {self.member_id}"


@dataclass(eq=False)
class OrderUnknown(NotFound):
    """No order has this id."""

    order: UUID
    slug = "fund-order-unknown"

    @property
    def message(self) -> str:
        return f"expected the id of an order, seen {self.order}"


@dataclass(eq=False)
class FreezeUnknown(NotFound):
    """No open freeze has this id."""

    freeze: UUID
    slug = "fund-freeze-unknown"

    @property
    def message(self) -> str:
        return f"expected the id of an open freeze, seen {self.freeze}"


@dataclass(eq=False)
class FundExists(Conflict):
    """The code or the unit belongs to another fund already."""

    fund: str
    unit: int
    slug = "fund-exists"

    @property
    def message(self) -> str:
        return f"expected a new code and unit, seen fund {self.fund} and unit {self.unit} in use"


@dataclass(eq=False)
class HolderExists(Conflict):
    """A member of a bulk opening has a holding already, or comes twice."""

    fund: str
    member_id: UUID
    slug = "fund-holder-exists"

    @property
    def message(self) -> str:
        return f"expected members without a holding in fund {self.fund}, seen {self.member_id}"


@dataclass(eq=False)
class OrderNumberReused(Conflict):
    """The distributor has used this order number before, for an order of other content."""

    distributor: str
    number: str
    first_order: UUID
    slug = "fund-order-number-reused"

    @property
    def message(self) -> str:
        return (
            f"expected the content of order {self.first_order} again under number "
            f"{shorten(self.number)} of {self.distributor}, seen other content"
        )


@dataclass(eq=False)
class IllegalTransition(Conflict):
    """The order's state does not allow this event."""

    state: str
    event: str
    slug = "fund-illegal-transition"

    @property
    def message(self) -> str:
        return f"expected an order that allows {self.event!r}, seen one that is {self.state}"


@dataclass(eq=False)
class IncomeChanged(Conflict):
    """The income of a day was published before with another figure."""

    fund: str
    on: date
    slug = "fund-income-changed"

    @property
    def message(self) -> str:
        return f"fund {self.fund}, {self.on}: expected the income published first, seen another"


@dataclass(eq=False)
class RegisterInUse(Conflict):
    """A register can be taken over only before the fund's first day is run."""

    fund: str
    run_on: date
    slug = "fund-register-in-use"

    @property
    def message(self) -> str:
        return f"fund {self.fund}: expected no day run yet, seen the run of {self.run_on}"


@dataclass(eq=False)
class DayOutOfOrder(Conflict):
    """Days are run one after the other, without a gap."""

    fund: str
    expected: date
    seen: date
    slug = "fund-day-out-of-order"

    @property
    def message(self) -> str:
        return f"fund {self.fund}: expected to run {self.expected} next, seen {self.seen}"


@dataclass(eq=False)
class FundNotOpen(Refused):
    """The fund's first day has not come."""

    fund: str
    opens_on: date
    on: date
    slug = "fund-not-open"

    @property
    def message(self) -> str:
        return f"fund {self.fund}: expected a day from {self.opens_on} on, seen {self.on}"


@dataclass(eq=False)
class SubscriptionsStopped(Refused):
    """The fund takes no subscriptions at present."""

    fund: str
    slug = "fund-subscriptions-stopped"

    @property
    def message(self) -> str:
        return f"fund {self.fund}: expected subscriptions to be open, seen them stopped"


@dataclass(eq=False)
class RedemptionsStopped(Refused):
    """The fund takes no redemptions at present."""

    fund: str
    slug = "fund-redemptions-stopped"

    @property
    def message(self) -> str:
        return f"fund {self.fund}: expected redemptions to be open, seen them stopped"


@dataclass(eq=False)
class SharesInsufficient(Refused):
    """The holder has fewer free shares: total less frozen less reserved. Fen of shares."""

    fund: str
    needed: int
    available: int
    slug = "fund-shares-insufficient"

    @property
    def message(self) -> str:
        return (
            f"fund {self.fund}: expected at least {self.needed} fen of free shares, "
            f"seen {self.available}"
        )


@dataclass(eq=False)
class CashInsufficient(Refused):
    """The wallet holds less than the subscription. Fen."""

    needed: int
    available: int
    slug = "fund-cash-insufficient"

    @property
    def message(self) -> str:
        return f"expected at least {self.needed} fen in the wallet, seen {self.available}"


@dataclass(eq=False)
class FundingInsufficient(Refused):
    """Cash and shares together do not cover a payment, in the order asked for. Fen."""

    needed: int
    cash: int
    shares: int
    funding: str
    slug = "fund-funding-insufficient"

    @property
    def message(self) -> str:
        return (
            f"expected {self.needed} fen by {self.funding}, seen {self.cash} fen of cash and "
            f"{self.shares} fen of free shares"
        )


@dataclass(eq=False)
class LimitExceeded(Refused):
    """A dated limit would be exceeded. Fen; `used` is what counted before this order."""

    fund: str
    rule: str
    limit: int
    used: int
    asked: int
    on: date
    slug = "fund-limit-exceeded"

    @property
    def message(self) -> str:
        return (
            f"fund {self.fund}, {self.on}: expected at most {self.limit} fen under {self.rule}, "
            f"seen {self.used} used and {self.asked} asked"
        )


@dataclass(eq=False)
class BelowMinimum(Refused):
    """A subscription is smaller than the fund takes. Fen."""

    fund: str
    minimum: int
    asked: int
    slug = "fund-below-minimum"

    @property
    def message(self) -> str:
        return f"fund {self.fund}: expected at least {self.minimum} fen, seen {self.asked}"


@dataclass(eq=False)
class AdvanceExhausted(Refused):
    """No bank advances this much now; a normal redemption is open. Fen."""

    fund: str
    asked: int
    left: int
    retryable, slug = True, "fund-advance-exhausted"

    @property
    def message(self) -> str:
        return (
            f"fund {self.fund}: expected an advance line with {self.asked} fen left, seen at most "
            f"{self.left}: redeem with payment on the next open day instead"
        )


@dataclass(eq=False)
class AdvanceNotLicensed(Refused):
    """Only a commercial bank with a fund-sales licence may advance redemptions since 2018-06-01."""

    fund: str
    on: date
    slug = "fund-advance-not-licensed"

    @property
    def message(self) -> str:
        return f"fund {self.fund}, {self.on}: expected a licensed bank's line, seen none"


@dataclass(eq=False)
class CutOffPassed(Refused):
    """The order could be cancelled or paid only before the cut-off of its trade day."""

    order: UUID
    cut_off: datetime
    now: datetime
    slug = "fund-cut-off-passed"

    @property
    def message(self) -> str:
        return (
            f"order {self.order}: expected an instant before {self.cut_off.isoformat()}, "
            f"seen {self.now.isoformat()}"
        )


@dataclass(eq=False)
class OrderNotPayable(Refused):
    """Only an accepted, unpaid subscription can be paid."""

    order: UUID
    seen: str
    slug = "fund-order-not-payable"

    @property
    def message(self) -> str:
        return f"order {self.order}: expected an unpaid subscription, seen {self.seen}"


@dataclass(eq=False)
class YieldMissing(Refused):
    """No income was published for the day; the close waits for it."""

    fund: str
    on: date
    retryable, slug = True, "fund-yield-missing"

    @property
    def message(self) -> str:
        return f"fund {self.fund}: expected the income of {self.on} to be published, seen none"


@dataclass(eq=False)
class DayNotOver(Refused):
    """A day can be closed only from its cut-off on, and opened only once it has begun."""

    fund: str
    on: date
    from_at: datetime
    now: datetime
    retryable, slug = True, "fund-day-not-over"

    @property
    def message(self) -> str:
        return (
            f"fund {self.fund}, {self.on}: expected an instant from {self.from_at.isoformat()} on, "
            f"seen {self.now.isoformat()}"
        )


@dataclass(eq=False)
class ValuationNotDue(Refused):
    """Shadow values belong to trading days, in order, each once."""

    fund: str
    on: date
    reason: str
    slug = "fund-valuation-not-due"

    @property
    def message(self) -> str:
        return f"fund {self.fund}: expected the value of the next trading day, seen {self.reason}"


@dataclass(eq=False)
class SweepNotToday(Refused):
    """A sweep belongs to the natural day on which it runs."""

    fund: str
    asked: date
    today: date
    slug = "fund-sweep-not-today"

    @property
    def message(self) -> str:
        return f"fund {self.fund}: expected a sweep of {self.today}, seen one of {self.asked}"


@dataclass(eq=False)
class CloseRefused(Refused):
    """An invariant does not hold: the day stays open and a person must look."""

    fund: str
    on: date
    rule: str
    subject: str
    expected: str
    seen: str
    slug = "fund-close-refused"

    @property
    def message(self) -> str:
        return (
            f"fund {self.fund}, {self.on} stays open: {self.rule}: {self.subject}: "
            f"expected {self.expected}, seen {self.seen}"
        )

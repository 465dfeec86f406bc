"""What a new world begins with: a fund that earns, and members with play money.

Each step is one command, so that a kill leaves a world with it or without it.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Final

import msgspec

from venule import access, fund, members, partners, wallet
from venule.kit.calendar import Calendar
from venule.kit.time import china_date
from venule.ledger import Tx
from venule.members import MemberId, MemberKind, NewMember, Tier
from venule.wallet import CURRENCY

FUND: Final = "100001"
FUND_NAME: Final = "Sandbox money fund"
FUND_UNIT: Final = 1_001
CALENDAR: Final = "sandbox"
PAST_DAYS: Final = 370
FUTURE_DAYS: Final = 20 * 366
ADVANCE_MINOR: Final = 10_000_000_00
"""What the world's bank advances for fast redemptions, at a time: ten million yuan."""

BANK: Final = "SANDBOX BANK"
BANK_REF: Final = "sandbox-bank"


class FoundFund(msgspec.Struct, frozen=True):
    """Open the world's fund today."""


class NewTestMember(msgspec.Struct, frozen=True):
    """A member to try out with. bank_ref: of the simulated bank's booking of their money.

    ref: unique. amount_minor: fen of play money, 0 for none.
    """

    ref: str
    name: str
    kind: MemberKind
    amount_minor: int
    bank_ref: str


class MadeMember(msgspec.Struct, frozen=True):
    """A test member as made."""

    member: members.Member
    bank_account_id: members.BankAccountId
    login_id: access.LoginId


class Credit(msgspec.Struct, frozen=True):
    """Play money for a member, out of nowhere: the simulated bank has booked it."""

    member_id: MemberId
    amount_minor: int
    bank_ref: str


def weekdays(first: date, last: date) -> Calendar:
    """Return the calendar of a world: every Monday to Friday is open, in all the years to come.

    The real one ends with the holidays that have been announced; a world's clock goes further.
    """
    days = (first + timedelta(days=count) for count in range((last - first).days + 1))
    return Calendar(CALENDAR, first, last, frozenset(day for day in days if day.isoweekday() <= 5))


def found_fund(tx: Tx, _: FoundFund) -> None:
    """Open the world's fund; if it is there, change nothing."""
    try:
        fund.fund_of(tx, FUND)
        return
    except fund.FundUnknown:
        pass
    on = china_date(tx.now)
    days = weekdays(on - timedelta(days=PAST_DAYS), on + timedelta(days=FUTURE_DAYS))
    fund.load_calendar(tx, fund.calendar_command(days))
    fund.open_fund(tx, fund.OpenFund(FUND, FUND_NAME, FUND_UNIT, on, CALENDAR))
    bank = members.onboard(tx, NewMember(BANK_REF, MemberKind.INSTITUTION, Tier.NONE, BANK))
    line = fund.OpenAdvanceLine(FUND, bank.id, BANK, True, ADVANCE_MINOR, on)
    fund.open_advance_line(tx, line)


def check_play(tx: Tx) -> None:
    """See that no money is real here. Raises: NotASandbox."""
    if not partners.is_sandbox(tx):
        raise partners.NotASandbox


def make_member(tx: Tx, new: NewTestMember) -> MadeMember:
    """Open a member with a bank account, play money, and a login that waits for enrolment.

    Raises: NotASandbox; as `members.onboard`, `wallet.credit_top_ups`.
    """
    check_play(tx)
    tier = Tier.III if new.kind is MemberKind.PERSON else Tier.NONE
    member = members.onboard(tx, NewMember(new.ref, new.kind, tier, new.name))
    bound = members.bind_bank_account(tx, members.BindBankAccount(member.id, BANK, new.ref))
    if new.amount_minor:
        credit(tx, Credit(member.id, new.amount_minor, new.bank_ref))
    login = access.open_login(tx, access.OpenLogin(member.id, new.ref))
    return MadeMember(member, bound.id, login.id)


def credit(tx: Tx, command: Credit) -> int:
    """Credit play money; return what the member has then, in fen.

    Raises: NotASandbox, MemberUnknown, MemberClosed, BankRefReused.
    """
    check_play(tx)
    line = wallet.CreditLine(command.member_id, command.amount_minor, command.bank_ref)
    wallet.credit_top_ups(tx, wallet.CreditTopUps([line], china_date(tx.now)))
    held = wallet.available(tx, command.member_id)
    assert held.currency == CURRENCY, "wallets are in yuan"
    return held.amount


def enter(tx: Tx, command: access.EnterAtPlay) -> access.SignedIn:
    """Open a session without credentials. Raises: NotASandbox; as `access.enter_at_play`."""
    check_play(tx)
    return access.enter_at_play(tx, command)

"""The chart of accounts of client money and of our own, codes 1000 to 6999.

Client money (1000s and 2000s) and own money (3000s to 6000s) are two separate sets: no transfer
goes between them. What we earn from clients stays client-side, in FEES_UNSWEPT, until money really
moves from the reserve account to our own bank account; then one transfer is posted on each side.

    client assets          = client liabilities
    own assets             = own capital + income - expense

| code | name | side | what |
| --- | --- | --- | --- |
| 1010 | CLIENT_RESERVE | client asset | money in a reserve account at a bank |
| 1020 | TOP_UP_IN_TRANSIT | client asset | top-ups the bank has accepted, not yet booked |
| 2010 | MEMBER_WALLET | client liability | owed to a person |
| 2020 | MERCHANT_WALLET | client liability | owed to a merchant or institution |
| 2030 | PAYOUT_IN_TRANSIT | client liability | withdrawals sent, not yet settled; holds: reserved |
| 2040 | FUND_COLLECTION | client liability | paid for subscriptions, not yet passed to the fund |
| 2050 | SUSPENSE | client liability | bank lines that nobody has explained; cases, item by item |
| 2060 | TOP_UP_UNCLEARED | client liability | counterpart of 1020: nobody's to spend yet |
| 2070 | FEES_UNSWEPT | client liability | fees earned, still lying in the reserve account |
| 3010 | OWN_BANK | own asset | our own bank account |
| 4010 | OWN_CAPITAL | own capital | what the owners paid in |
| 5010 | FEES | own income | fees, once swept |
| 6010 | SHORTFALLS | own expense | client money that we had to make good |
"""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from venule.members import MEMBER_WALLET as _MEMBER_WALLET
from venule.members import MERCHANT_WALLET as _MERCHANT_WALLET


class AccountCode(IntEnum):
    """The chart of accounts, codes 1000 to 6999."""

    CLIENT_RESERVE = 1010
    TOP_UP_IN_TRANSIT = 1020
    MEMBER_WALLET = _MEMBER_WALLET
    MERCHANT_WALLET = _MERCHANT_WALLET
    PAYOUT_IN_TRANSIT = 2030
    FUND_COLLECTION = 2040
    SUSPENSE = 2050
    TOP_UP_UNCLEARED = 2060
    FEES_UNSWEPT = 2070
    OWN_BANK = 3010
    OWN_CAPITAL = 4010
    FEES = 5010
    SHORTFALLS = 6010


CLIENT_ASSETS: Final = range(1000, 2000)
CLIENT_LIABILITIES: Final = range(2000, 3000)
OWN_BOOKS: Final = range(3000, 7000)


class WalletTransferCode(IntEnum):
    """Why money moved: the wallet room has 100 to 189 (members 190 to 199)."""

    TOP_UP_TOLD = 100
    TOP_UP_CLEARED = 101
    TOP_UP_REVERSED = 102
    TOP_UP = 103
    TRANSFER = 110
    PAYMENT = 111
    FEE = 112
    REFUND = 113
    PAYOUT_HELD = 120
    PAYOUT_SENT = 121
    PAYOUT_RELEASED = 122
    PAYOUT_SETTLED = 123
    PAYOUT_REJECTED = 124
    PAYOUT_RETURNED = 125
    PAYOUT_RETURN_TOLD = 126
    PAYOUT = 127
    SUSPENSE_IN = 130
    SUSPENSE_OUT = 131
    SUSPENSE_CREDITED = 132
    SHORTFALL_COVERED = 133
    SHORTFALL_COST = 134
    FEES_SWEPT = 140
    FEES_EARNED = 141
    CAPITAL_PAID_IN = 150

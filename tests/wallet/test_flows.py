"""Every flow keeps client money and own money apart, and moves what it says."""

import inspect

import pytest

from venule.ledger import Transfer, TransferFlags
from venule.wallet import AccountCode, House, PayoutState, TopUpState, WalletTransferCode, flows
from venule.wallet.accounts import CLIENT_ASSETS, CLIENT_LIABILITIES, OWN_BOOKS

REF = bytes(range(16))
RESERVE, WALLET, SHOP = 1, 2, 3
CODES = {
    RESERVE: AccountCode.CLIENT_RESERVE,
    WALLET: AccountCode.MEMBER_WALLET,
    SHOP: AccountCode.MERCHANT_WALLET,
    11: AccountCode.TOP_UP_IN_TRANSIT,
    12: AccountCode.TOP_UP_UNCLEARED,
    13: AccountCode.PAYOUT_IN_TRANSIT,
    14: AccountCode.SUSPENSE,
    15: AccountCode.FEES_UNSWEPT,
    16: AccountCode.OWN_BANK,
    17: AccountCode.OWN_CAPITAL,
    18: AccountCode.FEES,
    19: AccountCode.SHORTFALLS,
}
HOUSE = House({"reserve": RESERVE}, *range(11, 20))

FLOWS: dict[str, list[list[Transfer]]] = {
    "tell_top_up": [flows.tell_top_up(HOUSE, 7, REF)],
    "credit_wallet": [flows.credit_wallet(RESERVE, WALLET, 7, REF)],
    "confirm_top_up": [
        flows.confirm_top_up(HOUSE, RESERVE, WALLET, 7, REF, state)
        for state in (TopUpState.REQUESTED, TopUpState.IN_TRANSIT)
    ],
    "reject_top_up": [flows.reject_top_up(HOUSE, 7, REF, 5)],
    "transfer": [flows.transfer(WALLET, SHOP, 7, REF)],
    "pay": [flows.pay(WALLET, SHOP, 7, REF, fee, 15) for fee in (0, 2)],
    "refund": [flows.refund(SHOP, WALLET, 7, REF)],
    "hold_payout": [flows.hold_payout(HOUSE, WALLET, 7, REF)],
    "send_payout": [flows.send_payout(HOUSE, WALLET, REF, 5)],
    "release_payout": [flows.release_payout(HOUSE, WALLET, REF, 5)],
    "settle_payout": [flows.settle_payout(HOUSE, RESERVE, 7, REF)],
    "reject_payout": [flows.reject_payout(HOUSE, WALLET, 7, REF)],
    "return_payout": [
        flows.return_payout(HOUSE, RESERVE, WALLET, 7, REF, state)
        for state in (PayoutState.SENT, PayoutState.SETTLED)
    ],
    "settle_returning": [flows.settle_returning(HOUSE, RESERVE, WALLET, 7, REF)],
    "pay_out": [flows.pay_out(WALLET, RESERVE, 7, REF)],
    "into_suspense": [flows.into_suspense(HOUSE, RESERVE, amount, REF) for amount in (7, -7)],
    "credit_from_suspense": [flows.credit_from_suspense(HOUSE, WALLET, 7, REF)],
    "cover_shortfall": [flows.cover_shortfall(HOUSE, RESERVE, 7, REF)],
    "sweep_fees": [flows.sweep_fees(HOUSE, RESERVE, 7, REF)],
    "pay_in_capital": [flows.pay_in_capital(HOUSE, 7, REF)],
}
CASES = [
    pytest.param(made, id=f"{name} {i}") for name, n in FLOWS.items() for i, made in enumerate(n)
]


def test_every_flow_is_looked_at():
    here = {
        name
        for name, fn in inspect.getmembers(flows, inspect.isfunction)
        if fn.__module__ == flows.__name__
    }

    assert here == set(FLOWS)


@pytest.mark.parametrize("made", CASES)
def test_client_money_and_own_money_never_meet(made):
    for transfer in made:
        sides = {CODES[transfer.debit] in OWN_BOOKS, CODES[transfer.credit] in OWN_BOOKS}
        assert 1 == len(sides)


@pytest.mark.parametrize("made", CASES)
def test_client_liabilities_stay_equal_to_client_assets(made):
    for transfer in made:
        moved = {"assets": 0, "liabilities": 0}
        for account, sign in ((transfer.debit, 1), (transfer.credit, -1)):
            if CODES[account] in CLIENT_ASSETS:
                moved["assets"] += sign
            elif CODES[account] in CLIENT_LIABILITIES:
                moved["liabilities"] -= sign
        assert moved["assets"] == moved["liabilities"]


@pytest.mark.parametrize("made", CASES)
def test_amounts_refs_and_links(made):
    for i, transfer in enumerate(made):
        resolves = transfer.flags & (TransferFlags.POST_PENDING | TransferFlags.VOID_PENDING)
        assert (transfer.amount > 0) != bool(resolves)
        assert REF == transfer.ref
        assert transfer.code in set(WalletTransferCode)
        assert bool(transfer.flags & TransferFlags.LINKED) == (i < len(made) - 1)


def test_each_reason_is_used_and_in_the_rooms_range():
    used = {t.code for each in FLOWS.values() for made in each for t in made}

    assert set(WalletTransferCode) == used
    assert all(100 <= code < 190 for code in used)


@pytest.mark.parametrize(
    "name, legs",
    [
        ("pay", [(WALLET, SHOP, 7, "PAYMENT"), (SHOP, 15, 2, "FEE")]),
        ("confirm_top_up", [(12, 11, 7, "TOP_UP_CLEARED"), (RESERVE, WALLET, 7, "TOP_UP")]),
        ("sweep_fees", [(15, RESERVE, 7, "FEES_SWEPT"), (16, 18, 7, "FEES_EARNED")]),
        ("cover_shortfall", [(RESERVE, 14, 7, "SHORTFALL_COVERED"), (19, 16, 7, "SHORTFALL_COST")]),
        (
            "settle_returning",
            [(13, RESERVE, 7, "PAYOUT_SETTLED"), (13, WALLET, 7, "PAYOUT_RETURNED")],
        ),
        ("into_suspense", [(14, RESERVE, 7, "SUSPENSE_OUT")]),
        ("return_payout", [(RESERVE, WALLET, 7, "PAYOUT_RETURNED")]),
    ],
)
def test_the_legs(name, legs):
    made = FLOWS[name][-1]

    assert legs == [(t.debit, t.credit, t.amount, WalletTransferCode(t.code).name) for t in made]

"""The house is set up once; its accounts are in the chart; other rooms' entries are recorded."""

import pytest

from support.wallet_town import open_home, yuan
from venule.kit.time import VirtualClock
from venule.ledger import AccountFlags
from venule.members import MEMBER_WALLET, MERCHANT_WALLET, MemberTransferCode, TextMalformed
from venule.wallet import (
    AccountCode,
    BankRefReused,
    HouseDiffers,
    OurBankAccount,
    RefMalformed,
    ReserveEntry,
    ReserveUnknown,
    SetUp,
    SweepFees,
    WalletNotSetUp,
    WalletTransferCode,
    house,
    record_reserve_entry,
    reserve_account,
    set_up,
    sweep_fees,
)


@pytest.fixture
def empty(places, town):
    with open_home(places("empty"), VirtualClock(town.clock.now())) as home:
        yield home


def test_the_chart_covers_its_codes_and_no_two_are_the_same():
    codes = [code.value for code in AccountCode]
    reasons = [int(code) for code in WalletTransferCode]

    assert sorted(set(codes)) == codes
    assert all(1000 <= code < 7000 for code in codes)
    assert (MEMBER_WALLET, MERCHANT_WALLET) == (
        AccountCode.MEMBER_WALLET,
        AccountCode.MERCHANT_WALLET,
    )
    assert set(reasons).isdisjoint(int(code) for code in MemberTransferCode)


def test_set_up_opens_each_account_once(empty):
    reserves = (OurBankAccount("reserve", "A", "1"), OurBankAccount("second", "B", "2"))
    command = SetUp(reserves)

    made = empty.run(set_up, command)
    count = empty.read(lambda tx: len(tx.accounts_view()))

    assert made == empty.run(set_up, command) == empty.read(house)
    assert count == empty.read(lambda tx: len(tx.accounts_view()))
    assert ["reserve", "second"] == sorted(made.reserves)
    assert made.reserves["second"] == empty.read(lambda tx: reserve_account(house(tx), "second"))
    look = empty.read(lambda tx: {a: tx.account(a) for a in range(1, count)})
    assert 2 == sum(it.code == AccountCode.CLIENT_RESERVE for it in look.values())
    assert AccountCode.SUSPENSE == look[made.suspense].code
    assert AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS == look[made.fees_unswept].flags
    with pytest.raises(HouseDiffers):
        empty.run(set_up, SetUp(reserves[:1]))
    with pytest.raises(HouseDiffers):
        empty.run(set_up, SetUp(reserves, OurBankAccount("own", "C", "9")))
    with pytest.raises(ReserveUnknown):
        empty.read(lambda tx: reserve_account(house(tx), "third"))


@pytest.mark.parametrize(
    "reserves, error",
    [
        ((), ReserveUnknown),
        ((OurBankAccount("other", "A", "1"),), ReserveUnknown),
        ((OurBankAccount("reserve", "", "1"),), TextMalformed),
        ((OurBankAccount("reserve", "A", "1"), OurBankAccount("reserve", "B", "1")), HouseDiffers),
    ],
)
def test_set_ups_that_cannot_be(empty, reserves, error):
    with pytest.raises(error):
        empty.run(set_up, SetUp(reserves))
    with pytest.raises(WalletNotSetUp):
        empty.read(house)
    with pytest.raises(WalletNotSetUp):
        empty.run(sweep_fees, SweepFees("x", VirtualClock(empty.clock.now()).now().date()))


def test_entries_of_rooms_above_are_under_new_references(town):
    entry = ReserveEntry("b1", -500, bytes(16), town.today)
    town.run(record_reserve_entry, entry)
    before = town.snapshot()

    with pytest.raises(BankRefReused):
        town.run(record_reserve_entry, entry)
    with pytest.raises(RefMalformed):
        town.run(record_reserve_entry, ReserveEntry("b2", 1, b"short", town.today))
    with pytest.raises(TextMalformed):
        town.run(record_reserve_entry, ReserveEntry("", 1, bytes(16), town.today))

    assert before == town.snapshot()
    assert yuan("0").amount == 0

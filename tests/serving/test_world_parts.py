"""The parts of a world by themselves: its clock, its days, its members; on both kinds of home."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.both_homes import Places
from venule import access, fund, members, partners, wallet
from venule.app import open_home
from venule.escrow import SetUpEscrow, set_up_escrow
from venule.kit.ids import SeededIds
from venule.kit.time import VirtualClock, china_date
from venule.members import MemberKind, member
from venule.partners import CarriedKey, CarryOver, KeyUse, SignUp, carry_over
from venule.serving.founding import (
    FUND,
    Credit,
    FoundFund,
    NewTestMember,
    credit,
    enter,
    found_fund,
    make_member,
    weekdays,
)
from venule.serving.fund_days import FundDays, yield_of
from venule.serving.world import Carried, Kept, read_kept, write_kept
from venule.serving.world_clock import WorldClock
from venule.wallet import RailFaults

START = datetime(2026, 11, 28, 4, tzinfo=UTC)
KEY = "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="


class Moving:
    """A real clock that a test moves, back too."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> datetime:
        return self.at


STEPS = st.lists(
    st.tuples(st.sampled_from(["pass", "hold", "let go", "not before"]), st.integers(-500, 5_000)),
    max_size=30,
)


@given(STEPS)
def test_a_worlds_clock_never_goes_back(steps: list[tuple[str, int]]) -> None:
    real = Moving()
    clock = WorldClock(real, timedelta(days=1))
    seen = clock.now()
    held = False
    for what, seconds in steps:
        if what == "pass":
            real.at += timedelta(seconds=seconds)
        elif what == "hold":
            clock.hold(seen + timedelta(seconds=seconds))
            held = True
            assert clock.now() == max(seen, seen + timedelta(seconds=seconds))
        elif what == "not before":
            clock.not_before(seen + timedelta(seconds=seconds))
            held = False
            assert clock.now() >= seen + timedelta(seconds=seconds)
        else:
            clock.let_go()
            held = False
        now = clock.now()
        assert now >= seen
        if held and what == "pass":
            assert now == seen, "it stands still while it is held"
        seen = now
    clock.let_go()
    after = WorldClock(real, clock.ahead)
    assert after.now() >= seen, "it goes on from what is kept"
    before = after.now()
    real.at += timedelta(days=30)
    assert after.now() - before <= timedelta(days=30)


def test_what_a_world_keeps_is_read_again(tmp_path) -> None:
    assert Kept() == read_kept(tmp_path)
    known = {"a": Carried(partners.ApplicationId(SeededIds("kept", VirtualClock(START)).new()))}
    kept = Kept(77, RailFaults(refuse_ppm=3), known)
    write_kept(tmp_path, kept)
    assert kept == read_kept(tmp_path)


def test_a_worlds_funds_are_open_on_weekdays_for_years() -> None:
    days = weekdays(date(2026, 1, 1), date(2040, 1, 1))
    assert (True, False) == (days.is_open(date(2035, 10, 1)), days.is_open(date(2026, 11, 28)))


class Play:
    """An open home with a world's beginnings."""

    def __init__(self, place, *, real: bool = False) -> None:
        self.clock = VirtualClock(START)
        self.home = open_home(place, clock=self.clock, ids=SeededIds("play", self.clock))
        self.home.run(wallet.set_up, wallet.SetUp())
        self.home.run(set_up_escrow, SetUpEscrow())
        self.home.run(found_fund, FoundFund())
        if not real:
            self.home.run(partners.set_up_sandbox, partners.SetUpSandbox())

    def member(self, ref: str = "19900000001", fen: int = 100_00):
        new = NewTestMember(ref, "Test buyer", MemberKind.PERSON, fen, f"B {ref}" if fen else "")
        return self.home.run(make_member, new)


@pytest.fixture
def play(places: Places):
    it = Play(places())
    with it.home:
        yield it


def test_a_world_begins_with_a_fund_and_members_with_money(play: Play) -> None:
    made = play.member()
    who = play.home.read(lambda tx: member(tx, made.member.id))
    assert ("19900000001", "Test buyer") == (who.external_ref, who.display_name)
    assert 100_00 == play.home.read(lambda tx: wallet.available(tx, made.member.id)).amount
    assert 107_00 == play.home.run(credit, Credit(made.member.id, 7_00, "B 2"))
    with pytest.raises(wallet.BankRefReused):
        play.home.run(credit, Credit(made.member.id, 7_00, "B 2"))
    play.home.run(found_fund, FoundFund())  # again changes nothing
    assert FUND == play.home.read(lambda tx: fund.fund_of(tx, FUND)).code


def test_the_days_of_a_fund_run_by_the_clock(play: Play) -> None:
    days = FundDays(play.home, FUND)
    fix = fund.PublishIncome(FUND, china_date(START), per_10k_e4=5)
    play.home.run(fund.publish_income, fix)  # by hand: that one counts
    made = play.member(fen=1_000_00)
    play.home.run(fund.open_holding, fund.OpenHolding(FUND, made.member.id))
    play.home.run(fund.subscribe, fund.Subscribe(FUND, made.member.id, 1_000_00))
    first = china_date(START)
    while (at := days.next_at()) is not None and at < START + timedelta(days=12):
        play.clock.set(max(at, play.clock.now()))
        while days.work(play.home):
            pass
    last = play.home.read(lambda tx: fund.last_closed(tx, FUND))
    assert last is not None
    assert last >= first + timedelta(days=10)
    closed = play.home.read(lambda tx: fund.day(tx, FUND, last))
    assert closed is not None
    assert yield_of(last) == closed.per_10k_e4
    held = play.home.read(lambda tx: fund.holding(tx, FUND, made.member.id))
    assert held.total > 1_000_00
    assert [] == play.home.read(fund.check)


def test_whoever_plays_a_member_needs_no_credentials_but_a_login(play: Play) -> None:
    login = play.member().login_id
    opening = access.Opening(b"t" * 32, b"d" * 32)
    with pytest.raises(access.LoginTransitionIllegal):
        play.home.run(enter, access.EnterAtPlay(login, opening))
    code = access.code_hash("ABCD-EFGH-IJKL-MNOP")
    play.home.run(access.issue_code, access.IssueCode(login, code))
    new = access.NewFallback("$argon2id$x", b"sealed", 1, [])
    first = access.Opening(b"u" * 32, b"e" * 32)
    play.home.run(access.enrol_fallback, access.EnrolFallback(code, new, first))
    opened = play.home.run(enter, access.EnterAtPlay(login, opening))
    facts = play.home.read(lambda tx: access.session_facts(tx, access.HashQuery(b"t" * 32)))
    assert facts is not None
    assert opened.session is not None
    assert (opened.session.id, login) == (facts.session.id, facts.login_id)


@pytest.fixture
def real(places: Places):
    it = Play(places(), real=True)
    with it.home:
        yield it


def test_nobody_plays_where_money_is_real(real: Play) -> None:
    made = real.home.run(members.onboard, members.NewMember("1"))
    login = real.home.run(access.open_login, access.OpenLogin(made.id, "1"))
    opening = access.Opening(b"t" * 32, b"d" * 32)
    with pytest.raises(partners.NotASandbox):
        real.home.run(enter, access.EnterAtPlay(login.id, opening))
    with pytest.raises(partners.NotASandbox):
        real.home.run(credit, Credit(made.id, 1, "B 1"))
    with pytest.raises(partners.NotASandbox):
        real.member()


def test_an_application_from_a_sandbox_asks_with_its_keys(real: Play) -> None:
    pem = f"-----BEGIN PUBLIC KEY-----\n{KEY}\n-----END PUBLIC KEY-----\n"
    new = SignUp("Shop", "dev@shop.example", ("payments.read",))
    command = CarryOver(new, (CarriedKey(KeyUse.REQUEST, pem),))
    it = real.home.run(carry_over, command, key="sandbox/a")
    assert it == real.home.run(carry_over, command, key="sandbox/a")
    assert (partners.ApplicationState.ASKED, None) == (it.state, it.owner_id)
    keys = real.home.read(lambda tx: partners.keys(tx, it.id))
    assert [KeyUse.REQUEST] == [key.use for key in keys]
    facts = real.home.read(lambda tx: partners.key_facts(tx, keys[0].id))
    assert facts is not None
    assert not facts.sandbox
    bad = CarryOver(new, (CarriedKey(KeyUse.REQUEST, "no key"),))
    with pytest.raises(partners.PublicKeyUnfit):
        real.home.run(carry_over, bad)
    asked = partners.ApplicationQuery(state=partners.ApplicationState.ASKED)
    assert [it.id] == [
        each.id for each in real.home.read(lambda tx: partners.applications(tx, asked))
    ]

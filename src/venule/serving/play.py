"""What a partner does in a world by itself: time, members, money, and a bank that errs.

Whoever knows a world's address may ask: nothing in it is real.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
import pyotp

from venule import access, members, wallet
from venule.kit.door import Door
from venule.kit.http import ANYONE, Amount, Call, Paid, Route, Shape, fen, line_pattern
from venule.kit.ids import SystemIds
from venule.kit.time import SystemClock
from venule.members import MemberClosed, MemberId, MemberKind, MemberUnknown
from venule.serving.errors import ClockBusy, ClockTooFar
from venule.serving.founding import Credit, MadeMember, NewTestMember, credit, enter, make_member
from venule.serving.world import World
from venule.wallet import MAIN_RESERVE, RailFaults

TAG: Final = "sandbox"
DAYS_MAX: Final = 400
SECONDS_MAX: Final = DAYS_MAX * 86_400
YEARS_PPM: Final = 1_000_000
AMOUNT_MINOR: Final = 10_000_00
"""What a test member has to begin with unless it is said: ten thousand yuan."""

REF_DIGITS: Final = 8
DEVICE: Final = "sandbox"
PASSWORD_BYTES: Final = 15

MemberName = Annotated[str, msgspec.Meta(pattern=line_pattern(64), examples=["Test buyer"])]
Ppm = Annotated[int, msgspec.Meta(ge=0, le=YEARS_PPM, description="A chance in millionths.")]
DelayS = Annotated[int, msgspec.Meta(ge=0, le=SECONDS_MAX, description="Seconds.")]


class ClockBody(Shape, frozen=True):
    """How far time passes: so many seconds, up to an instant, or the later of both."""

    advance_s: Annotated[
        int, msgspec.Meta(ge=0, le=SECONDS_MAX, description="Seconds.", examples=[259_200])
    ] = 0
    to: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class ClockView(msgspec.Struct, frozen=True):
    """The world's clock. ahead_s: how far it is ahead of the real time. reached: whether a move
    came to its goal; if not, ask again: there was much to do on the way."""

    now: datetime
    ahead_s: int
    reached: bool = True


class TestMemberBody(Shape, frozen=True):
    """A test member: a person, or a merchant; with play money."""

    name: MemberName = "Test member"
    kind: Annotated[str, msgspec.Meta(pattern="^(person|merchant)$")] = "person"
    amount: Paid | None = None


class TestMember(msgspec.Struct, frozen=True):
    """A test member, and all that is needed to be them.

    ref: how the cashier and the buyer's side of the sandbox know them. session_token: to ask as
    them, `Authorization: Bearer ...`. totp_secret: for an authenticator app or a library.
    """

    member_id: MemberId
    ref: str
    name: str
    balance: Amount
    bank_account_id: members.BankAccountId
    login_name: str
    password: str
    totp_secret: str
    session_token: str


class SessionView(msgspec.Struct, frozen=True):
    """A session of a member."""

    member_id: MemberId
    session_token: str
    expires_at: datetime


class MemberPath(msgspec.Struct, frozen=True):
    """Which member."""

    member_id: MemberId


class PlayTopUp(Shape, frozen=True):
    """Play money for a member."""

    member_id: MemberId
    amount: Paid


class PlayBalance(msgspec.Struct, frozen=True):
    """What a member can spend."""

    member_id: MemberId
    available: Amount


class BankFaults(Shape, frozen=True):
    """How the simulated bank behaves towards orders that come from now on.

    refuse: an order is not taken. lose_answer: it is taken, and its first answer is lost. reject:
    taken, and not done. return: a payout is debited and comes back. duplicate: a message comes
    twice. silent: a booking is told by the statement only. stray: somebody pays in as much besides.
    book_s_max: from the order to its booking or rejection; message_s_max: from there to each
    message; return_s_max: from a debit to its return. Times are drawn evenly up to their maximum.
    """

    refuse_ppm: Ppm = 0
    lose_answer_ppm: Ppm = 0
    reject_ppm: Ppm = 0
    return_ppm: Ppm = 0
    duplicate_ppm: Ppm = 0
    silent_ppm: Ppm = 0
    stray_ppm: Ppm = 0
    book_s_max: DelayS = 0
    message_s_max: DelayS = 0
    return_s_max: DelayS = 86_400


class Actors:
    """Makes test members, and lets whoever asks be them."""

    def __init__(
        self,
        door: Door,
        rail: wallet.BankRailSimulator,
        front: Callable[[], access.Front],
        draw: Callable[[int], str] = secrets.token_urlsafe,
    ) -> None:
        """front: of the room access, once the service is made."""
        self._door = door
        self._rail = rail
        self._front = front
        self._draw = draw
        self._ids = SystemIds(SystemClock())

    def new_ref(self) -> str:
        """Return a reference as a phone has a number, of a series that no operator gives out."""
        return f"199{self._ids.new().int % 10**REF_DIGITS:0{REF_DIGITS}}"

    async def make(self, name: str, kind: MemberKind, amount_minor: int) -> TestMember:
        """Make a test member with play money and credentials."""
        booked = self._rail.book(MAIN_RESERVE, amount_minor) if amount_minor else ""
        new = NewTestMember(self.new_ref(), name, kind, amount_minor, booked)
        made = await self._door.acall(make_member, new)
        return await self._enrol(made, amount_minor)

    async def _enrol(self, made: MadeMember, amount_minor: int) -> TestMember:
        member = made.member
        password, secret, token = await self._fallback(made.login_id)
        return TestMember(
            member.id,
            member.external_ref,
            member.display_name or "",
            fen(amount_minor),
            made.bank_account_id,
            member.external_ref,
            password,
            secret,
            token,
        )

    async def _fallback(self, login_id: access.LoginId) -> tuple[str, str, str]:
        """Enrol a login with a password and TOTP, as its owner would; return these and a token."""
        enrolment = access.Enrolment(self._front())
        origin = access.Origin(agent=DEVICE)
        issued = await enrolment.issue(login_id, None, origin)
        invited = await enrolment.begin(issued.code)
        password, secret = self._draw(PASSWORD_BYTES), invited.totp.secret
        code = pyotp.TOTP(secret).at(SystemClock().now())
        entered = await enrolment.with_password(
            issued.code,
            password,
            invited.totp.offer,
            code,
            access.ShownDevice(name=DEVICE),
            origin,
        )
        return password, secret, entered.token

    async def session(self, member_id: MemberId) -> SessionView:
        """Open a session of a member. Raises: MemberUnknown, OwnerGone, LoginTransitionIllegal."""
        front = self._front()
        found = await self._door.aread(members.member, member_id)
        try:
            owner = access.OwnerQuery(access.OwnerKind.PERSON, member_id)
            login = await self._door.aread(access.login_of, owner)
        except access.LoginUnknown:
            name = f"member-{found.id.hex}"
            login = await self._door.acall(access.open_login, access.OpenLogin(member_id, name))
        if login.state is access.LoginState.INVITED:
            await self._fallback(login.id)
        asked, token, _ = front.opening(access.ShownDevice(name=DEVICE))
        command = access.EnterAtPlay(login.id, asked, access.Origin(agent=DEVICE))
        entered = front.entered(await self._door.acall(enter, command), token, "")
        return SessionView(member_id, entered.token, entered.session.expires_at)

    async def top_up(self, member_id: MemberId, amount_minor: int) -> int:
        """Give play money; return what there is then, fen. Raises: MemberUnknown, MemberClosed."""
        await self._door.aread(members.member, member_id)
        booked = self._rail.book(MAIN_RESERVE, amount_minor)
        return await self._door.acall(credit, Credit(member_id, amount_minor, booked))


class Play:
    """The operations of a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.actors = Actors(world.door, world.rail, self._front)

    def _front(self) -> access.Front:
        assert self._world.service is not None, "operations are asked once there is a service"
        return self._world.service.rooms.front

    async def show_clock(self, call: Call[None, None, None]) -> ClockView:
        """Show the clock."""
        return self._clock(self._world.clock.now(), reached=True)

    async def move_clock(self, call: Call[ClockBody, None, None]) -> ClockView:
        """Let time pass."""
        now, said = self._world.clock.now(), call.body
        to = now + timedelta(seconds=said.advance_s)
        if said.to is not None:
            to = max(to, said.to)
        if to - now > timedelta(seconds=SECONDS_MAX):
            raise ClockTooFar(now, to, DAYS_MAX)
        moved = await self._world.move(to)
        return self._clock(moved.now, reached=moved.reached)

    def _clock(self, now: datetime, *, reached: bool) -> ClockView:
        return ClockView(now, round(self._world.clock.ahead.total_seconds()), reached)

    async def add_test_member(self, call: Call[TestMemberBody, None, None]) -> TestMember:
        """Make a test member with money."""
        body = call.body
        minor = AMOUNT_MINOR if body.amount is None else body.amount.money().amount
        return await self.actors.make(body.name, MemberKind(body.kind), minor)

    async def open_test_session(self, call: Call[None, None, MemberPath]) -> SessionView:
        """Be a member: open a session without their credentials."""
        return await self.actors.session(call.path.member_id)

    async def top_up_at_play(self, call: Call[PlayTopUp, None, None]) -> PlayBalance:
        """Give a member play money."""
        body = call.body
        there = await self.actors.top_up(body.member_id, body.amount.money().amount)
        return PlayBalance(body.member_id, fen(there))

    async def show_bank_faults(self, call: Call[None, None, None]) -> BankFaults:
        """Show how the bank behaves."""
        return msgspec.convert(msgspec.structs.asdict(self._world.rail.faults), BankFaults)

    async def set_bank_faults(self, call: Call[BankFaults, None, None]) -> BankFaults:
        """Let the bank behave otherwise."""
        self._world.set_faults(msgspec.convert(msgspec.structs.asdict(call.body), RailFaults))
        return call.body

    def routes(self) -> list[Route]:
        """Return the operations."""
        common: dict[str, Any] = {"tag": TAG, "who": ANYONE}
        return [
            Route(
                method="GET", path="/v1/sandbox/clock", handler=self.show_clock,
                answer=ClockView, summary="Show the sandbox's clock.", **common,
            ),
            Route(
                method="POST", path="/v1/sandbox/clock", handler=self.move_clock, body=ClockBody,
                answer=ClockView, summary="Let time pass in the sandbox.", timeout_s=0,
                description="What falls due on the way is done at its own instant, in order: "
                "deadlines, the bank's messages, webhooks and notifications with their retries, "
                "the days of the fund. The clock never goes back; an instant that is over leaves "
                f"it where it is. At most {DAYS_MAX} days at a time.",
                errors=(ClockTooFar, ClockBusy),
                examples={"body": {"advance_s": 259_200}}, **common,
            ),
            Route(
                method="POST", path="/v1/sandbox/members", handler=self.add_test_member,
                body=TestMemberBody, answer=TestMember, status=201,
                summary="Make a test member with money.",
                errors=(access.PasswordsBusy,),
                examples={"body": {"name": "Test buyer"}}, **common,
            ),
            Route(
                method="POST", path="/v1/sandbox/members/{member_id}/session",
                handler=self.open_test_session, takes_path=MemberPath, answer=SessionView,
                status=201, summary="Be a member of the sandbox, without their credentials.",
                errors=(
                    MemberUnknown, access.OwnerGone, access.LoginTransitionIllegal,
                    access.PasswordsBusy,
                ), **common,
            ),
            Route(
                method="POST", path="/v1/sandbox/top-ups", handler=self.top_up_at_play,
                body=PlayTopUp, answer=PlayBalance, status=201,
                summary="Give a member play money.",
                errors=(MemberUnknown, MemberClosed),
                examples={"body": {
                    "member_id": "0145a1c8-5a80-7000-8000-000000000001",
                    "amount": {"amount": "100.00", "currency": "CNY"},
                }}, **common,
            ),
            Route(
                method="GET", path="/v1/sandbox/bank-faults", handler=self.show_bank_faults,
                answer=BankFaults, summary="Show how the simulated bank behaves.", **common,
            ),
            Route(
                method="PUT", path="/v1/sandbox/bank-faults", handler=self.set_bank_faults,
                body=BankFaults, answer=BankFaults,
                summary="Let the simulated bank refuse, lose, reject, return, repeat or be silent.",
                examples={"body": {"reject_ppm": 1_000_000}}, **common,
            ),
        ]  # fmt: skip

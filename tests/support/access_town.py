"""A small house whose members and staff sign in: for the tests of who may come in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from itertools import count
from random import Random
from types import TracebackType
from typing import Any, TypeVar

from support.authenticator import ORIGIN, RP_ID, Authenticator
from support.both_homes import Place, tables
from venule.access import (
    MIGRATIONS,
    AuthEvent,
    Authn,
    Ceremonies,
    Cost,
    Enrolment,
    Entered,
    EventQuery,
    Factor,
    FirstStaff,
    FoundStaff,
    Front,
    LoginId,
    OpenLogin,
    Origin,
    Own,
    OwnerKind,
    Passwords,
    Role,
    Sensitive,
    SessionFacts,
    ShownDevice,
    Staff,
    access_jobs,
    add_staff,
    all_staff,
    auth_events,
    change_roles,
    check,
    found_staff,
    open_login,
    reset_login,
)
from venule.access.approving import Approving
from venule.access.front import code_hash
from venule.access.totp import code_at, step_at
from venule.kit.home import Home
from venule.kit.ids import SeededIds
from venule.kit.jobs import JobRunner
from venule.kit.time import VirtualClock
from venule.kit.vault import Vault
from venule.ledger import MIGRATIONS as LEDGER
from venule.ledger import Book, Tx
from venule.members import MIGRATIONS as MEMBERS
from venule.members import Member, MemberKind, NewMember, Tier, change_tier, freeze, onboard
from venule.wallet import MIGRATIONS as WALLET
from venule.wallet import SetUp, set_up

R = TypeVar("R")

START = datetime(2017, 3, 10, 1, tzinfo=UTC)
PHONE = Origin("203.0.113.77", "Mozilla/5.0 (a phone)")
PASSWORD = "correct horse battery"
CHEAP = Cost(passes=1, memory_kib=64, lanes=1)
VAULT_KEY = bytes(range(32))


class TownDoor:
    """A door to the home of this thread; what is asked first is done first."""

    def __init__(self, town: Town) -> None:
        self.town = town
        self.calls: list[Any] = []

    async def acall(self, fn: Callable[..., R], command: Any, key: str | None = None) -> R:
        self.calls.append(command)
        return self.town.home.run(fn, command, key=key)

    async def aread(self, fn: Callable[..., R], query: Any = None) -> R:
        args = () if query is None else (query,)
        return self.town.home.read(lambda tx: fn(tx, *args))


class Person:
    """Somebody with a login: what they know and have."""

    def __init__(self, town: Town, login_id: LoginId, name: str, kind: OwnerKind, code: str):
        self.town = town
        self.login_id = login_id
        self.name = name
        self.kind = kind
        self.code = code
        self.password = PASSWORD
        self.seed = b""
        self.recovery: list[str] = []
        self.device = ShownDevice()
        self.authenticator = Authenticator()
        self.entered: Entered | None = None

    @property
    def facts(self) -> SessionFacts:
        """Who the house takes them for, now."""
        assert self.entered is not None
        return self.town.do(self.town.authn.authenticate(self.entered.token))

    def totp(self) -> str:
        return code_at(self.seed, step_at(self.town.clock.now()))

    def _keep(self, entered: Entered) -> Entered:
        self.entered = entered
        if entered.device_token is not None:
            self.device = ShownDevice(entered.device_token)
        return entered

    def enrol(self, *, passkey: bool = False) -> Person:
        """Enrol with a password and TOTP, or with a passkey."""
        town = self.town
        invited = town.do(town.enrolment.begin(self.code))
        if passkey:
            answer = self.authenticator.make(invited.passkey)
            done = town.enrolment.with_passkey(
                self.code, invited.passkey.challenge_id, answer, "phone", self.device, PHONE
            )
        else:
            self.seed = town.seed_of(invited.totp.secret)
            done = town.enrolment.with_password(
                self.code, self.password, invited.totp.offer, self.totp(), self.device, PHONE
            )
        self.recovery = self._keep(town.do(done)).recovery_codes
        return self

    def begin(self, password: str | None = None) -> str:
        """Show the password; return the token for the second factor."""
        town = self.town
        shown = self.password if password is None else password
        return town.do(town.authn.sign_in_password(self.kind, self.name, shown, PHONE)).token

    def sign_in(self, code: str | None = None, factor: Factor = Factor.TOTP) -> Entered:
        """Sign in with a password and a code."""
        half = self.begin()
        code = self.totp() if code is None else code
        done = self.town.authn.finish_sign_in(half, code, factor, self.device, PHONE)
        return self._keep(self.town.do(done))

    def sign_in_passkey(self) -> Entered:
        """Sign in with a passkey."""
        town = self.town
        ceremony = town.do(town.authn.begin_passkey())
        answer = self.authenticator.answer(ceremony)
        done = town.authn.finish_passkey(
            self.kind, ceremony.challenge_id, answer, self.device, PHONE
        )
        return self._keep(town.do(done))

    def step_up(self) -> None:
        """Show a code of a new time-step."""
        town = self.town
        town.wait(seconds=30)
        town.do(town.authn.step_up_code(self.facts, self.totp(), Factor.TOTP, PHONE))

    def step_up_passkey(self) -> None:
        """Show a passkey."""
        town = self.town
        ceremony = town.do(town.authn.begin_step_up(self.facts))
        answer = self.authenticator.answer(ceremony)
        town.do(town.authn.step_up_passkey(self.facts, ceremony.challenge_id, answer, PHONE))

    def add_passkey(self, name: str = "phone") -> None:
        """Add a passkey of the authenticator."""
        town = self.town
        ceremony = town.do(town.own.begin_passkey(self.facts))
        answer = self.authenticator.make(ceremony)
        town.do(town.own.add_passkey(self.facts, ceremony.challenge_id, answer, name, PHONE))


class Town:
    """An open home, and an API's process in front of it."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.clock = VirtualClock(START)
        self.run_no = 0
        self.home = self._open()
        self.home.run(set_up, SetUp())
        self.numbers = count(1)
        self.sensitive = Sensitive((change_tier, freeze, add_staff, change_roles, reset_login))
        self.front, self.authn, self.enrolment, self.own, self.approving = self.process()
        self.jobs = JobRunner(self.home, access_jobs())

    def _open(self) -> Home[Tx]:
        self.run_no += 1
        return Home.open(
            self.place,
            clock=self.clock,
            ids=SeededIds(f"access {self.run_no}", self.clock),
            migrations=(LEDGER, MEMBERS, MIGRATIONS, WALLET),
            participant=Book,
            tx=Tx,
        )

    def process(self) -> tuple[Front, Authn, Enrolment, Own, Approving]:
        """Make another API's process."""
        chance = Random(f"chance {self.run_no} {next(self.numbers)}").randbytes
        front = Front(
            TownDoor(self),
            Vault(VAULT_KEY),
            self.clock,
            Ceremonies(RP_ID, "The Wallet", [ORIGIN]),
            issuer="The Wallet",
            chance=chance,
            passwords=Passwords(chance, CHEAP),
        )
        authn = Authn(front)
        own = Own(front, authn)
        return front, authn, Enrolment(front), own, Approving(front, authn, self.sensitive)

    def __enter__(self) -> Town:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.home.close()

    def do(self, work: Coroutine[Any, Any, R]) -> R:
        """Carry out what an API's process would."""
        return asyncio.run(work)

    def run(self, fn: Callable[[Tx, Any], R], command: Any) -> R:
        return self.home.run(fn, command)

    def read(self, fn: Callable[..., R], *args: Any) -> R:
        return self.home.read(lambda tx: fn(tx, *args))

    def wait(self, **by: float) -> None:
        self.clock.advance(timedelta(**by))

    def seed_of(self, secret: str) -> bytes:
        from base64 import b32decode

        return b32decode(secret)

    # People

    def member(self) -> Member:
        number = next(self.numbers)
        return self.run(onboard, NewMember(f"person {number}", MemberKind.PERSON, Tier.III))

    def person(self, name: str | None = None) -> Person:
        """A member with an open invitation."""
        name = f"p{next(self.numbers)}@example" if name is None else name
        login = self.run(open_login, OpenLogin(self.member().id, name))
        issued = self.do(self.enrolment.issue(login.id, None, Origin()))
        return Person(self, login.id, name, OwnerKind.PERSON, issued.code)

    def staff(self, *roles: list[Role]) -> list[Person]:
        """The first of the staff, enrolled: two operators, and one more for each list of roles."""
        codes: list[str] = []
        asked: list[FirstStaff] = []
        for number, each in enumerate([[Role.OPERATOR], [Role.OPERATOR], *roles]):
            codes.append(self.front.new_code())
            hash_ = code_hash(codes[-1])
            asked.append(FirstStaff(f"Staff {number}", f"staff{number}", each, hash_))
        made = self.run(found_staff, FoundStaff(asked))
        return [
            Person(self, each.login.id, each.login.name, OwnerKind.STAFF, code).enrol()
            for each, code in zip(made, codes, strict=True)
        ]

    def everybody(self) -> list[Staff]:
        return self.read(all_staff)

    # What is there

    def log(self, limit: int = 200) -> list[AuthEvent]:
        """The log, the newest first."""
        return self.read(auth_events, EventQuery(limit=limit))

    def last(self) -> tuple[str, bool, str | None]:
        """The log's last line: what, whether it went well, why not."""
        event = self.log(1)[0]
        return event.what, event.ok, event.reason

    def dump(self) -> dict[str, list[Any]]:
        """Every row of the home but the machine's own."""

        def look(tx: Tx) -> dict[str, list[Any]]:
            aside = ("home_clock", "book", "journal")
            names = [name for name in tables(tx.sql) if name not in aside]
            return {n: sorted(tx.sql.rows(f"SELECT * FROM {n}"), key=repr) for n in names}

        return self.home.read(look)

    def breaks(self) -> list[str]:
        return [str(each) for each in self.read(check)]

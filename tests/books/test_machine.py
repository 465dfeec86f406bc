"""Any sequence of payments over four books with lines that lose and delay: not a fen is lost, none
is made, and nothing happens twice.

A dictionary beside the house knows what each wallet must have in the end: the payments that were
accepted, less those that came back, whatever has happened to the words about them.
"""

from __future__ import annotations

import tempfile
from itertools import permutations
from pathlib import Path

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from support.book_house import BookTown
from venule.books import (
    Listing,
    Order,
    PaymentKind,
    PaymentState,
    ReceiptState,
    cancel,
    is_whole,
    payments,
    receipts,
    receive,
)
from venule.kit.errors import AppError
from venule.members import Freeze, Unfreeze, freeze, unfreeze

BOOKS = st.integers(1, 4)
WHO = st.integers(0, 1)
PAIRS = st.sampled_from(list(permutations((1, 2, 3, 4), 2)))
FEN = st.sampled_from([1, 2, 99, 3_000, 4_000, 60_000])
FATES = st.lists(st.sampled_from(["lose", "answer", "late"]), max_size=3)
ALL = Listing(limit=1_000)


class HouseMachine(RuleBasedStateMachine):
    """A person and a merchant in each of four books."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.town = BookTown(Path(self.folder.name) / "house")
        self.people = {n: (self.town.person(n), self.town.merchant(n, 5_000)) for n in range(1, 5)}
        self.opening = {
            member.id: self.town.fen(n, member)
            for n, each in self.people.items()
            for member in each
        }
        self.reserves = self.town.reserves()
        self.sent = []
        self.count = 0

    def _try(self, act) -> None:
        """Carry out a request; what is refused leaves the money as it is."""
        before = self._money()
        try:
            made = act()
        except AppError:
            assert before == self._money()
            return
        if made.id not in [each.id for each in self.sent]:
            self.sent.append(made)

    def _money(self) -> list[bytes]:
        return [
            home.read(lambda tx: tx.accounts_view()[["debits_posted", "debits_pending"]].tobytes())
            for home in self.town.homes.values()
        ]

    # What clients do

    @rule(pair=PAIRS, payer=WHO, payee=WHO, fen=FEN, key=st.integers(0, 99), fates=FATES)
    def send(
        self, pair: tuple[int, int], payer: int, payee: int, fen: int, key: int, fates: list[str]
    ) -> None:
        a, b = pair
        kind = PaymentKind.PAYMENT if payee else PaymentKind.TRANSFER
        who, to = self.people[a][payer], self.people[b][payee]
        self._try(
            lambda: self.town.send(a, who, b, to, fen, kind=kind, key=f"key {key}", timeout_s=4)
        )
        self._tell(pair, fates)

    def _tell(self, pair: tuple[int, int], fates: list[str]) -> None:
        """Let the first words go wrong, then none, until others are said."""
        left = list(fates)
        self.town.lines[pair].fate = lambda: left.pop(0) if left else "ok"
        self.town.work(pair[0])

    @rule(pair=PAIRS, fen=FEN, fates=FATES)
    def send_to_nobody(self, pair: tuple[int, int], fen: int, fates: list[str]) -> None:
        who = self.people[pair[0]][0]
        self._try(lambda: self.town.send(pair[0], who, pair[1], who, fen))
        self._tell(pair, fates)

    @rule(place=st.integers(0, 50), part=st.integers(1, 4), fates=FATES)
    def send_back(self, place: int, part: int, fates: list[str]) -> None:
        came = [
            (b, each)
            for b, home in self.town.homes.items()
            for each in home.read(lambda tx: receipts(tx, ALL))
        ]
        if came:
            b, back = came[place % len(came)]
            fen = max(1, back.amount_minor // part)
            self.count += 1
            request = f"request {self.count // 2}"
            self._try(lambda: self.town.send_back(b, back.id, request, fen))
            self._tell((b, back.peer), fates)

    @rule(b=BOOKS, who=WHO)
    def freeze_or_not(self, b: int, who: int) -> None:
        member = self.people[b][who].id
        try:
            self.town.homes[b].run(freeze, Freeze(member, "an order"))
        except AppError:
            self.town.homes[b].run(unfreeze, Unfreeze(member, "no more"))

    # What the machines do

    @rule()
    def work(self) -> None:
        self.town.work()

    @rule()
    def late(self) -> None:
        for line in self.town.lines.values():
            line.deliver_late()

    @rule(seconds=st.sampled_from([1, 2, 5]))
    def wait(self, seconds: int) -> None:
        self.town.wait(seconds=seconds)

    @rule(a=BOOKS)
    def restart(self, a: int) -> None:
        self.town.homes[a].close()
        self.town.open_book(a)

    @precondition(lambda self: self.sent)
    @rule(place=st.integers(0, 100), give_up=st.booleans())
    def tell_again(self, place: int, give_up: bool) -> None:
        """A word that has been answered is told again: the same answer, and nothing moves."""
        made = self.sent[place % len(self.sent)]
        home = self.town.homes[made.peer]
        known = {each.id: each for each in home.read(lambda tx: receipts(tx, ALL))}
        if made.id not in known:
            return
        before = self._money()
        order = Order(
            made.id,
            made.kind,
            known[made.id].peer,
            made.peer,
            made.payer_id,
            made.payee_id,
            made.amount_minor,
            made.original_id,
            made.held_seq,
            made.note,
        )
        answer = home.run(cancel if give_up else receive, order)
        assert (known[made.id].state, known[made.id].seq) == (answer.state, answer.seq)
        assert before == self._money()

    # What holds

    @invariant()
    def the_house_is_whole_at_a_cut(self) -> None:
        if not hasattr(self, "town"):
            return
        found = self.town.totals()
        assert is_whole(found)
        assert self.reserves == found.client_minor == self.town.reserves()
        for n, each in self.people.items():
            assert all(self.town.fen(n, member) >= 0 for member in each)

    def teardown(self) -> None:
        if not hasattr(self, "town"):
            return
        for line in self.town.lines.values():
            line.fate = lambda: "ok"
        self.town.settle()
        for line in self.town.lines.values():
            line.deliver_late()
        assert 0 == self.town.work()
        must = dict(self.opening)
        made = {
            paid.id: paid
            for home in self.town.homes.values()
            for paid in home.read(lambda tx: payments(tx, ALL))
        }
        got = {
            each.id: each
            for home in self.town.homes.values()
            for each in home.read(lambda tx: receipts(tx, ALL))
        }
        assert made.keys() == got.keys() == {each.id for each in self.sent}
        for paid in made.values():
            assert PaymentState.HELD is not paid.state
            received = got[paid.id].state is ReceiptState.RECEIVED
            assert received == (paid.state is PaymentState.SETTLED)
            if received:
                must[paid.payer_id] -= paid.amount_minor
                must[paid.payee_id] += paid.amount_minor
        found = {m.id: self.town.fen(n, m) for n, each in self.people.items() for m in each}
        assert must == found
        assert [] == self.town.breaks()
        last = self.town.totals()
        assert (self.reserves, 0, 0) == (
            last.client_minor,
            last.under_way_minor,
            last.clearing_minor,
        )
        for home in [*self.town.homes.values(), self.town.directory]:
            home.close()
        self.folder.cleanup()


HouseMachine.TestCase.settings = settings(max_examples=30, stateful_step_count=40)
TestHouse = HouseMachine.TestCase

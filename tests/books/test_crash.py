"""A book that dies between any two steps, an answer that is lost: never a fen in neither, never
twice."""

from __future__ import annotations

import shutil
from contextlib import suppress
from functools import partial
from pathlib import Path
from random import Random

import pytest

from support.book_crashes import DyingTown
from support.book_house import OPENING_FEN
from venule.app import verify
from venule.books import (
    BooksTransferCode,
    Listing,
    PaymentKind,
    PaymentState,
    ReceiptState,
    is_whole,
    payments,
    receipts,
)
from venule.kit.errors import AppError
from venule.members import Member

BOOKS = (1, 2, 3, 4)
ALL = Listing(limit=1_000)
FINAL = {
    PaymentState.SETTLED: {ReceiptState.RECEIVED},
    PaymentState.RETURNED: {ReceiptState.REJECTED},
    PaymentState.CANCELLED: {ReceiptState.CANCELLED},
}


def people_of(town: DyingTown) -> dict[int, tuple[Member, Member]]:
    """A person and a merchant in each book."""
    return {n: (town.person(n), town.merchant(n)) for n in BOOKS}


def check_at_the_end(town: DyingTown, people: dict[int, tuple[Member, Member]]) -> int:
    """Every payment has come to its end, alike on both sides; the money is where they say."""
    must = {
        member.id: fen
        for each in people.values()
        for member, fen in zip(each, (OPENING_FEN, 0), strict=True)
    }
    received = {r.id: r for n in BOOKS for r in town.homes[n].read(lambda tx: receipts(tx, ALL))}
    count = 0
    for number in BOOKS:
        home = town.homes[number]
        for paid in home.read(lambda tx: payments(tx, ALL)):
            count += 1
            assert received[paid.id].state in FINAL[paid.state], paid
            if paid.state is PaymentState.SETTLED:
                must[paid.payer_id] -= paid.amount_minor
                must[paid.payee_id] += paid.amount_minor
        codes = [int(code) for code in BooksTransferCode if code.name.endswith("_RECEIVED")]
        refs = home.read(lambda tx, codes=codes: tx.posted(codes=codes)["ref"].tolist())
        assert len(refs) == len(set(refs)), "once each"
    assert len(received) == count
    found = {m.id: town.fen(n, m) for n, each in people.items() for m in each}
    assert must == found
    assert [] == town.breaks()
    totals = town.totals()
    assert (town.reserves(), 0, 0) == (
        totals.client_minor,
        totals.under_way_minor,
        totals.clearing_minor,
    )
    return count


# Every statement


def scenario(town: DyingTown, people: dict[int, tuple[Member, Member]]) -> list:
    """A payment with a refund, a transfer back, one refused, and one that is cancelled."""
    (ann, _), (ben, shop), (cat, _), (dan, stall) = (people[n] for n in BOOKS)
    tea = town.insist(lambda: town.send(1, ann, 2, shop, 700, key="tea"))
    nobody = town.insist(lambda: town.send(4, dan, 3, ann, 1, key="no"))
    town.settle()
    back = town.insist(lambda: town.send_back(2, tea.id, "r1", 300))
    town.settle()
    loan = town.insist(lambda: town.send(2, ben, 1, ann, 40, key="loan", kind=PaymentKind.TRANSFER))
    town.lines[3, 4].fate = lambda: "late"
    rent = town.insist(lambda: town.send(3, cat, 4, stall, 55, key="rent"))
    town.work()
    town.lines[3, 4].fate = lambda: "ok"
    town.wait(seconds=60)
    town.settle()
    with town.spared():
        answers = town.lines[3, 4].deliver_late()
    assert {ReceiptState.CANCELLED} == {each.state for each in answers}
    return [tea, back, loan, rent, nobody]


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A house with people in it, closed."""
    root = tmp_path_factory.mktemp("founded") / "house"
    with DyingTown(root) as town:
        people_of(town)
    return root


def reopen(founded: Path, root: Path) -> tuple[DyingTown, dict[int, tuple[Member, Member]]]:
    from venule.members import member_by_ref

    town = DyingTown(shutil.copytree(founded, root))
    people = {}
    for n in BOOKS:
        found = [
            town.homes[n].read(lambda tx, ref=ref: member_by_ref(tx, ref))
            for ref in ("person 0", "merchant 1")
        ]
        people[n] = (found[0], found[1])
    return town, people


def statements_of_the_scenario(founded: Path, root: Path) -> int:
    town, people = reopen(founded, root)
    with town:
        town.arm(-1)
        scenario(town, people)
        count = town.count
        assert 5 == check_at_the_end(town, people)
    return count


@pytest.mark.sim
def test_a_book_dies_at_each_statement(founded: Path, tmp_path: Path, seeds: range) -> None:
    """Every third statement in the suite; `make random SEEDS=9` takes each."""
    count = statements_of_the_scenario(founded, tmp_path / "counted")
    assert count > 300
    died: set[str] = set()
    for at in range(1, count + 1, max(1, 9 // len(seeds))):
        town, people = reopen(founded, tmp_path / "house")
        with town:
            town.arm(at)
            scenario(town, people)
            assert 1 == len(town.deaths), at
            died |= {each.partition(" at ")[0] for each in town.deaths}
            assert 5 == check_at_the_end(town, people), town.deaths
        if at % 40 == 0:
            for n in BOOKS:
                assert verify(town.path(n)).ok, town.deaths
        shutil.rmtree(tmp_path / "house")
    assert {f"book {n}" for n in BOOKS} == died


# At random


def act(
    town: DyingTown, people: dict[int, tuple[Member, Member]], random: Random, key: str
) -> None:
    """A random request of a client, who asks again with the same key until it is answered."""
    a, b = random.sample(BOOKS, 2)
    payer, (_, shop) = random.choice(people[a]), people[b]
    fen = random.choice((1, 99, 5_000, 60_000))
    if random.random() < 0.25:
        with town.spared():
            paid = town.homes[b].read(lambda tx: receipts(tx, ALL))
        if not paid:
            return
        back = random.choice(paid)
        part = random.randint(1, back.amount_minor)
        ask = lambda: town.send_back(b, back.id, key, part)  # noqa: E731
    elif random.random() < 0.5:
        ask = lambda: town.send(a, payer, b, shop, fen, key=key)  # noqa: E731
    else:
        kind = PaymentKind.TRANSFER
        payee = random.choice(people[random.choice(BOOKS)])  # perhaps of another book: refused
        ask = lambda: town.send(a, payer, b, payee, fen, key=key, kind=kind)  # noqa: E731
    with suppress(AppError):
        town.insist(ask)


def fate(random: Random) -> str:
    return random.choices(("ok", "lose", "answer", "late"), (7, 1, 1, 1))[0]


@pytest.mark.sim
def test_books_die_and_answers_are_lost_at_random(tmp_path: Path, seeds: range) -> None:
    deaths = payments_made = 0
    for seed in seeds:
        random = Random(20201111 + seed)
        with DyingTown(tmp_path / str(seed)) as town:
            people = people_of(town)
            for line in town.lines.values():
                line.fate = partial(fate, random)
            for step in range(60):
                if town.at < 0 and random.random() < 0.6:
                    town.arm(random.randint(1, 120))
                act(town, people, random, f"request {step}")
                if random.random() < 0.5:
                    town.work(*random.sample(BOOKS, random.randint(1, 4)))
                town.wait(seconds=random.choice((0, 0, 1, 5, 61)))
                if random.random() < 0.2:
                    for line in town.lines.values():
                        line.deliver_late()
                if step % 10 == 9:
                    with town.spared():
                        found = town.totals()
                        assert is_whole(found)
                        assert town.reserves() == found.client_minor
                        assert [] == town.breaks()
            town.at = -1
            for line in town.lines.values():
                line.fate = lambda: "ok"
            town.settle()
            for line in town.lines.values():
                line.deliver_late()
            deaths += len(town.deaths)
            payments_made += check_at_the_end(town, people)
    assert deaths > 10 * len(seeds), "the books hardly died"
    assert payments_made > 20 * len(seeds)

"""What a read-only look finds is what a plain loop over all records finds; it sees one state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from msgspec import structs

from support.both_homes import Place, Places
from support.looking_homes import (
    CNY,
    DEBIT_LIMIT,
    HOLD,
    OWNERS,
    PAY,
    SETTLE,
    SHARES,
    START,
    UNDO,
    live,
    post,
    write_checkpoint,
)
from venule.kit.errors import HomeClosed, HomeDamaged, HomeTooNew, NotAHome
from venule.kit.migrate import HomeNotMigrated
from venule.kit.place import is_address
from venule.kit.time import to_us
from venule.ledger import (
    AccountFlags,
    AccountNotFound,
    AccountSearch,
    Found,
    Party,
    Position,
    Search,
    TooManyPairs,
    Transfer,
    TransferFlags,
    TransferNotFound,
    View,
    archive_journal,
    chain_of,
    find_accounts,
    find_transfers,
    looking,
    open_readonly,
    paid,
    statements,
    trial_balance,
    who_paid_whom,
)
from venule.ledger import view as view_module

NOT_MONEY = (
    TransferFlags.PENDING
    | TransferFlags.VOID_PENDING
    | TransferFlags.OPENS
    | TransferFlags.CLOSE
    | TransferFlags.REOPEN
)


READ: dict[tuple[str, Position], list[dict[str, Any]]] = {}


@pytest.fixture(scope="module", params=["no checkpoint", "checkpoint", "archive"])
def place(request: pytest.FixtureRequest, lasting_places: Places) -> Place:
    """The same life, kept in three ways: all in the journal, with pages, and partly archived."""
    place = lasting_places(request.param)
    home, _ = live(place, checkpoint_at=None if request.param == "no checkpoint" else 180)
    if request.param == "archive":
        made = archive_journal(home, keep_transfers=0, segment_transfers=60, partial=True)
        assert len(made) >= 2
    home.close()
    return place


@pytest.fixture
def view(place: Place) -> Iterator[View]:
    with open_readonly(place) as opened:
        yield opened


def everything(view: View) -> list[dict[str, Any]]:
    """All records as plain dictionaries, by a plain loop; once for each state of a book."""
    key = view.path, view.position()
    if key not in READ:
        READ[key] = list(read_all(view))
    return READ[key]


def read_all(view: View) -> Iterator[dict[str, Any]]:
    for seq in range(1, view.last_seq + 1):
        record = view.record(seq)
        yield {name: record[name].item() for name in record.dtype.names}


def touched(record: dict[str, Any], account: int) -> bool:
    opens = record["flags"] & TransferFlags.OPENS
    return not opens and account in (record["debit"], record["credit"])


def fits(record: dict[str, Any], search: Search) -> bool:
    """The meaning of a search, said once more."""
    amount = 0 if record["flags"] & TransferFlags.OPENS else record["amount"]
    low, high = search.amount_min, search.amount_max
    return (
        search.first_seq <= record["seq"] <= search.last_seq
        and (search.account is None or touched(record, search.account))
        and (not search.codes or record["code"] in search.codes)
        and (search.ref is None or record["ref"] == search.ref)
        and (search.related is None or record["related"] == search.related)
        and (low is None or (amount > 0 and amount >= low))
        and (high is None or (amount > 0 and amount <= high))
    )


def last(found: Iterator[Found]) -> Found:
    *_, answer = found
    return answer


def seqs(found: Found) -> list[int]:
    return found.records["seq"].tolist()


SEARCHES = [
    Search(),
    Search(account=5),
    Search(account=1),
    Search(account=11, codes=(105,)),
    Search(account=5, amount_min=100, first_seq=40),
    Search(account=14, last_seq=250, codes=(PAY, UNDO)),
    Search(codes=(UNDO,)),
    Search(codes=(HOLD, SETTLE), first_seq=60, last_seq=200),
    Search(ref=bytes([3]) * 16),
    Search(ref=bytes(16), amount_min=1),
    Search(related=90),
    Search(amount_min=5, amount_max=100),
    Search(amount_min=10**25),
    Search(first_seq=100, last_seq=99),
    Search(codes=(70_000, -1)),
]


@pytest.mark.parametrize("search", SEARCHES)
@pytest.mark.parametrize("newest_first", [True, False])
def test_a_search_finds_what_a_loop_finds(view: View, search: Search, newest_first: bool) -> None:
    expected = [record["seq"] for record in everything(view) if fits(record, search)]
    found = last(find_transfers(view, search, newest_first=newest_first, limit=10_000))

    assert (expected[::-1] if newest_first else expected) == seqs(found)
    assert found.next_seq is None
    if search in (SEARCHES[0], SEARCHES[6], SEARCHES[8]):
        assert view.last_seq == found.looked_at


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("limit, scan_max, steps", [(7, 10_000, 4_096), (40, 30, 3), (3, 90, 2)])
def test_pages_give_every_transfer_once(
    view: View,
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    newest_first: bool,
    limit: int,
    scan_max: int,
    steps: int,
) -> None:
    """Also when a page ends because enough was looked at, and when a chain is too long to walk."""
    monkeypatch.setattr(looking, "WALK_STEPS_MAX", steps)
    monkeypatch.setattr(statements, "WALK_STEPS_MAX", steps)
    # On PostgreSQL a page is many round trips, and there are hundreds of pages.
    for search in SEARCHES[:: 4 if is_address(place) else 1]:
        expected = [record["seq"] for record in everything(view) if fits(record, search)]
        seen: list[int] = []
        first, end = search.first_seq, search.last_seq
        while True:
            asked = structs.replace(search, first_seq=first, last_seq=end)
            how = {"newest_first": newest_first, "limit": limit, "scan_max": scan_max}
            found = last(find_transfers(view, asked, **how))
            assert len(found) <= limit
            seen += seqs(found)
            if found.next_seq is None:
                break
            first, end = (first, found.next_seq) if newest_first else (found.next_seq, end)

        assert (expected[::-1] if newest_first else expected) == seen, search


def test_what_is_found_at_any_moment_is_a_good_answer(
    view: View, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So a search can be interrupted."""
    monkeypatch.setattr(view_module, "_CHUNK_RECORDS_MIN", 16)
    search = Search(codes=(PAY,))
    expected = [record["seq"] for record in everything(view) if fits(record, search)][::-1]
    steps = list(find_transfers(view, search, limit=10_000))

    assert len(steps) > 1
    for found in steps:
        assert expected[: len(found)] == seqs(found)
        assert view.last_seq - found.looked_at == (found.next_seq or 0)
        assert all(seq <= (found.next_seq or 0) for seq in expected[len(found) :])


def test_by_account_the_rows_shown_are_what_is_looked_at(view: View) -> None:
    first = last(find_transfers(view, Search(account=5), limit=5))
    second = last(find_transfers(view, Search(account=5, last_seq=first.next_seq or 0), limit=5))

    assert (5, 6) == (len(second), second.looked_at)


def test_times_are_found(view: View) -> None:
    records = everything(view)
    for minutes in (0, 1, 3, 7, 55, 100, 10_000):
        at = START + timedelta(minutes=minutes)
        expected = [record["seq"] for record in records if record["at"] >= to_us(at)]
        assert (expected or [view.last_seq + 1])[0] == view.seq_at(at)
    since, until = START + timedelta(minutes=10), START + timedelta(minutes=20)
    expected = [r["seq"] for r in records if to_us(since) <= r["at"] < to_us(until)]
    assert (expected[0], expected[-1]) == view.span(since, until)
    assert (expected[0] + 2, expected[-1]) == view.span(since, until, first_seq=expected[0] + 2)
    first, end = view.span(until, since)
    assert first > end


def test_accounts_are_known_without_loading_them(view: View) -> None:
    loaded = view.load_accounts()
    assert len(loaded) - 1 == view.last_account
    ids = np.array([*range(len(loaded)), len(loaded), 5_000, 1 << 20, 4, 4])
    kinds = view.kinds(ids)
    for number, kind in zip(ids.tolist(), kinds, strict=True):
        if 0 < number < len(loaded):
            expected = loaded[number]
            fixed = int(expected["flags"]) & ~AccountFlags.CLOSED
            assert expected["ref"] == kind["ref"]
            assert (expected["unit"], expected["code"], fixed) == tuple(kind.item()[1:4])
            assert int(expected["head"]) == view.head(number)[0]
        else:
            assert kind["unit"] == 0
    with pytest.raises(AccountNotFound):
        view.kind(len(loaded))
    assert np.flatnonzero(loaded["ref"] == np.void(OWNERS[0])).tolist() == view.owned_by(OWNERS[0])
    assert [] == view.owned_by(b"nobody here at a")


@pytest.mark.parametrize(
    "search",
    [
        AccountSearch(),
        AccountSearch(codes=(2010, 9020), after=6),
        AccountSearch(unit=SHARES),
        AccountSearch(owner=OWNERS[0]),
        AccountSearch(flags=int(AccountFlags.CLOSED)),
        AccountSearch(flags=int(DEBIT_LIMIT), flags_unset=int(AccountFlags.CLOSED)),
        AccountSearch(balance_min=1, balance_max=50_000),
        AccountSearch(balance_max=-1),
        AccountSearch(unit=70_000, balance_min=10**25),
    ],
)
def test_accounts_are_found(view: View, monkeypatch: pytest.MonkeyPatch, search: Any) -> None:
    monkeypatch.setattr(looking, "ACCOUNTS_AT_ONCE", 4)
    loaded = view.load_accounts()
    expected = []
    for number in range(search.after + 1, len(loaded)):
        it = loaded[number]
        balance = int(it["credits_posted"]) - int(it["debits_posted"])
        if (
            (not search.codes or it["code"] in search.codes)
            and (search.unit is None or it["unit"] == search.unit)
            and (search.owner is None or it["ref"].tobytes() == search.owner)
            and int(it["flags"]) & search.flags == search.flags
            and not int(it["flags"]) & search.flags_unset
            and (search.balance_min is None or balance >= search.balance_min)
            and (search.balance_max is None or balance <= search.balance_max)
        ):
            expected.append(number)

    assert expected == find_accounts(loaded, search, 1_000)
    assert expected[:3] == find_accounts(loaded, search, 3)


# ---------------------------------------------------------------- sums


def money(records: list[dict[str, Any]]) -> dict[tuple[int, int], list[int]]:
    """(payer, payee): transfers, reversals, minor units; by a plain loop."""
    pairs: dict[tuple[int, int], list[int]] = {}
    for record in records:
        if record["flags"] & NOT_MONEY:
            continue
        payer, payee = record["debit"], record["credit"]
        undoes = bool(record["flags"] & TransferFlags.REVERSAL)
        sums = pairs.setdefault((payee, payer) if undoes else (payer, payee), [0, 0, 0])
        sums[undoes] += 1
        sums[2] += -record["amount"] if undoes else record["amount"]
    return pairs


@pytest.mark.parametrize("by", list(Party))
@pytest.mark.parametrize("first, end", [(1, 10_000), (100, 220), (5, 4)])
def test_who_paid_whom_is_what_a_loop_adds_up(
    view: View, monkeypatch: pytest.MonkeyPatch, by: Party, first: int, end: int
) -> None:
    monkeypatch.setattr(paid, "_AT_ONCE", 32)
    end = min(end, view.last_seq)
    loaded = view.load_accounts()
    name = {
        Party.ACCOUNT: lambda it: it,
        Party.CODE: lambda it: int(loaded[it]["code"]),
        Party.OWNER: lambda it: loaded[it]["ref"].tobytes(),
    }[by]
    expected: dict[tuple[Any, ...], list[int]] = {}
    for (payer, payee), sums in money(everything(view)[first - 1 : end]).items():
        key = (int(loaded[payer]["unit"]), name(payer), name(payee))
        whole = expected.setdefault(key, [0, 0, 0])
        whole[:] = [a + b for a, b in zip(whole, sums, strict=True)]

    answer = who_paid_whom(view, first, end, by=by, limit=10_000)
    seen = {
        (it.unit, it.payer, it.payee): [it.count, it.reversals, it.amount] for it in answer.lines
    }
    assert expected == seen
    assert (len(expected), max(0, end - first + 1)) == (answer.pairs, answer.looked_at)
    order = [(it.unit, -it.amount) for it in answer.lines]
    assert sorted(order) == order
    for unit in {it.unit for it in answer.lines}:
        biggest = [it for it in answer.lines if it.unit == unit][:2]
        few = who_paid_whom(view, first, end, by=by, limit=2).lines
        assert [it.amount for it in biggest] == [it.amount for it in few if it.unit == unit]


def test_sums_are_exact_beyond_64_bits(places: Places) -> None:
    home, _ = live(places("home"), steps=0)
    big = 2**62 - 1_000_000
    with home:
        for payer, payee in ((1, 4), (4, 5), (5, 6), (6, 7), (7, 8)):
            assert home.run(post, [Transfer(payer, payee, big, PAY)])[0].ok
        [undone] = home.run(
            post,
            [Transfer(8, 7, big, UNDO, flags=int(TransferFlags.REVERSAL), related=view_seq(home))],
        )
        assert undone.ok
        with open_readonly(places("home")) as view:
            lines = who_paid_whom(view, 1, view.last_seq, by=Party.CODE).lines
            cny = [it for it in lines if it.unit == CNY]
    assert [(2010, 2010, 4, 1, 3 * big), (1010, 2010, 9, 0, big + 8 * 50_000)] == [
        (it.payer, it.payee, it.count, it.reversals, it.amount) for it in cny
    ]
    assert 3 * big > 2**63


def view_seq(home: Any) -> int:
    """The last transfer of a home that is open for writing."""
    return home.read(lambda tx: tx.book.memory.next_seq - 1)


def test_too_many_pairs_are_refused(view: View, monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = who_paid_whom(view, 1, view.last_seq).pairs
    monkeypatch.setattr(paid, "_AT_ONCE", 32)
    monkeypatch.setattr(paid, "PAIRS_MAX", pairs)
    assert pairs == who_paid_whom(view, 1, view.last_seq).pairs
    monkeypatch.setattr(paid, "PAIRS_MAX", pairs - 1)
    with pytest.raises(TooManyPairs, match=f"expected at most {pairs - 1} different pairs"):
        who_paid_whom(view, 1, view.last_seq)
    assert who_paid_whom(view, 1, view.last_seq, by=Party.CODE).lines


def test_the_trial_balance_at_any_transfer(view: View) -> None:
    """Against balances that a plain loop keeps, transfer by transfer."""
    loaded = view.load_accounts()
    balance: Counter[int] = Counter()
    held: dict[int, int] = {}
    opened = 0
    for record in everything(view):
        if record["flags"] & TransferFlags.OPENS:
            opened = record["credit"]
        for side in ("debit", "credit"):
            if not record["flags"] & TransferFlags.OPENS and record[side]:
                held[record[side]] = (
                    record[f"{side}_debits_pending"] + record[f"{side}_credits_pending"]
                )
        if not record["flags"] & NOT_MONEY:
            balance[record["debit"]] -= record["amount"]
            balance[record["credit"]] += record["amount"]
        if record["seq"] % 17 and record["seq"] != view.last_seq:
            continue
        expected: dict[tuple[int, int], list[int]] = {}
        for number in range(1, opened + 1):
            key = (int(loaded[number]["unit"]), int(loaded[number]["code"]))
            sums = expected.setdefault(key, [0, 0, 0, 0])
            sums[0] += 1
            sums[1] += max(0, -balance[number])
            sums[2] += max(0, balance[number])
            sums[3] += held.get(number, 0)
        lines = trial_balance(loaded, view, record["seq"] + 1)
        seen = {(it.unit, it.code): [it.accounts, it.debit, it.credit, it.held] for it in lines}
        assert expected == seen
    assert trial_balance(loaded, view) == trial_balance(loaded, view, view.last_seq + 1)
    assert [] == trial_balance(loaded, view, 1)


def test_chains_have_an_end(view: View) -> None:
    records = everything(view)
    linked = [r["seq"] for r in records if r["flags"] & TransferFlags.LINKED]
    assert linked
    for seq in linked:
        assert (seq, seq + 1) == chain_of(view, seq) == chain_of(view, seq + 1)
    alone = next(r["seq"] for r in records[30:] if not {r["seq"], r["seq"] - 1} & set(linked))
    assert (alone, alone) == chain_of(view, alone)


# ---------------------------------------------------------------- the view itself


def test_a_view_sees_one_state_while_the_writer_goes_on(places: Places) -> None:
    home, _ = live(places("home"), steps=40)
    with home, open_readonly(places("home")) as view:
        before = (view.position(), list(read_all(view)), trial_balance(view.load_accounts(), view))
        for _ in range(3):
            home.run(post, [Transfer(1, 4, 7, PAY)])
            home.run(write_checkpoint, None)
        assert before[:2] == (view.position(), list(read_all(view)))
        assert before[2] == trial_balance(view.load_accounts(), view)
        assert view.position().seq == last(find_transfers(view, Search())).records["seq"][0]
        with pytest.raises(TransferNotFound):
            view.record(view.last_seq + 1)
        with open_readonly(places("home")) as later:
            assert view.last_seq + 3 == later.last_seq
            assert 7 == later.record(later.last_seq)["amount"]
            assert view_seq(home) == later.position().seq


def test_a_closed_view_says_so(place: Place) -> None:
    view = open_readonly(place)
    stream = view.chunks(1, view.last_seq)
    next(stream)
    view.close()
    view.close()
    for ask in (lambda: next(stream), lambda: view.kind(1), view.load_accounts):
        with pytest.raises(HomeClosed):
            ask()


def test_an_empty_book(places: Places) -> None:
    home, _ = live(places("home"), steps=0)
    home.close()
    with open_readonly(places("home"), book=2) as view:
        assert (0, 0) == (view.last_seq, view.last_account)
        assert [] == seqs(last(find_transfers(view, Search())))
        assert [] == who_paid_whom(view, 1, view.last_seq, by=Party.CODE).lines
        assert [] == trial_balance(view.load_accounts(), view)
        assert 1 == view.seq_at(START)


def test_what_is_no_ledger_is_not_opened(places: Places) -> None:
    with pytest.raises(NotAHome):
        open_readonly(places("nothing"))
    home, _ = live(places("home"), steps=0)
    home.close()
    for change, error in (
        ("UPDATE schema_migration SET number = 99 WHERE number = 1 AND", HomeTooNew),
        ("DELETE FROM schema_migration WHERE number = 99 AND", HomeNotMigrated),
        ("UPDATE schema_migration SET sha256 = 'other' WHERE", HomeDamaged),
    ):
        places.execute(places(), f"{change} room = 'ledger'")
        with pytest.raises(error):
            open_readonly(places("home"))

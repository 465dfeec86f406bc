"""Long scenarios as text tables: one line an operation, with its expected result.

`open NAME [debit-limit|credit-limit] [USD]`; `wait SECONDS`; `is NAME dp d cp c`; `reopen`;
`DEBIT -> CREDIT AMOUNT [flags] [@related] [t=SECONDS] : RESULT`.
`@n` is the n-th accepted transfer after the openings.
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from support.ledger_books import CNY, USD, Hand, Hands
from venule.ledger import AccountFlags, Refusal, Transfer, TransferFlags

FLAGS = {
    "linked": TransferFlags.LINKED,
    "hold": TransferFlags.PENDING,
    "post": TransferFlags.POST_PENDING,
    "void": TransferFlags.VOID_PENDING,
    "bal-debit": TransferFlags.BALANCING_DEBIT,
    "bal-credit": TransferFlags.BALANCING_CREDIT,
    "reverse": TransferFlags.REVERSAL,
    "close": TransferFlags.CLOSE,
    "reopen": TransferFlags.REOPEN,
}
LIMITS = {
    "debit-limit": AccountFlags.DEBITS_MUST_NOT_EXCEED_CREDITS,
    "credit-limit": AccountFlags.CREDITS_MUST_NOT_EXCEED_DEBITS,
}
LINE = re.compile(r"(\S+) -> (\S+) (-?\d+)((?: [a-z-]+)*)(?: @(\d+))?(?: t=(\d+))? : (.+)")


class Scenario:
    def __init__(self, hand: Hand) -> None:
        self.hand = hand
        self.names: dict[str, int] = {"-": 0}
        self.seqs: list[int] = []
        self.batch: list[tuple[Transfer, str]] = []

    def run(self, text: str) -> None:
        for line in filter(None, (part.split("#")[0].strip() for part in text.splitlines())):
            words = line.split()
            if "->" in words:
                self.transfer(line)
            elif words[0] == "open":
                flag = next((LIMITS[w] for w in words if w in LIMITS), 0)
                unit = USD if "USD" in words else CNY
                self.names[words[1]] = self.hand.open(flag, unit=unit)[0]
            elif words[0] == "wait":
                self.hand.now_us += int(words[1]) * 1_000_000
            elif words[0] == "reopen":
                self.hand = self.hand.reopen()
            elif words[0] == "is":
                a = self.hand.book.account(self.names[words[1]])
                seen = (a.debits_pending, a.debits_posted, a.credits_pending, a.credits_posted)
                assert tuple(map(int, words[2:])) == seen, line
            else:
                raise AssertionError(line)

    def transfer(self, line: str) -> None:
        match = LINE.fullmatch(line)
        assert match, line
        debit, credit, amount, flags, related, timeout, expected = match.groups()
        flag = sum(FLAGS[f] for f in flags.split())
        t = Transfer(
            debit=self.names.get(debit, 99),
            credit=self.names.get(credit, 99),
            amount=int(amount),
            code=7,
            flags=flag,
            related=self.seqs[int(related) - 1] if related else 0,
            timeout_s=int(timeout or 0),
        )
        self.batch.append((t, expected.strip()))
        if flag & TransferFlags.LINKED:
            return
        answers = self.hand.post(*(t for t, _ in self.batch))
        for (_, want), got in zip(self.batch, answers, strict=True):
            if want.isdigit():
                assert (Refusal.OK, int(want)) == (got.refusal, got.amount), line
            else:
                name = got.refusal.name.lower().replace("_", " ")
                assert want == name, line
            if got.ok:
                self.seqs.append(got.seq)
        self.batch = []


SCENARIOS: dict[str, Any] = {
    "wallet limit": """
        open bank
        open a debit-limit
        open b debit-limit
        bank -> a 1000 : 1000
        a -> b 1001 : exceeds credits
        a -> b 1000 : 1000
        a -> b 1 : exceeds credits
        is a 0 1000 0 1000
        is b 0 0 0 1000
    """,
    "credit limit is the mirror": """
        open bank credit-limit
        open a
        a -> bank 1 : exceeds debits
        bank -> a 5 : 5
        a -> bank 6 : exceeds debits
        a -> bank 5 : 5
    """,
    "linked chain is whole or not at all": """
        open bank
        open a debit-limit
        open b debit-limit
        bank -> a 100 : 100
        a -> b 60 linked : linked event failed
        a -> b 60 : exceeds credits
        is a 0 0 0 100
        is b 0 0 0 0
        a -> b 60 linked : 60
        b -> a 10 linked : 10
        a -> b 50 : 50
        is a 0 110 0 110
        reopen
        is b 0 10 0 110
    """,
    "hold, post a part, the rest is released": """
        open bank
        open a debit-limit
        open shop
        bank -> a 100 : 100
        a -> shop 80 hold : 80
        a -> shop 30 : exceeds credits
        is a 80 0 0 100
        is shop 0 0 80 0
        reopen
        - -> - 81 post @2 : exceeds pending amount
        shop -> a 50 post @2 : pending accounts differ
        a -> shop 50 post @2 : 50
        is a 0 50 0 100
        is shop 0 0 0 50
        - -> - 0 post @2 : pending already resolved
        - -> - 0 void @2 : pending already resolved
        - -> - 0 void @1 : pending not found
    """,
    "void wants the whole amount": """
        open a
        open b
        a -> b 7 hold : 7
        - -> - 6 void @1 : pending amount differs
        - -> - 0 void @1 : 7
        is a 0 0 0 0
        is b 0 0 0 0
    """,
    "a hold ends at its time-out, not a second before": """
        open a
        open b
        a -> b 7 hold t=10 : 7
        a -> b 3 hold : 3
        wait 9
        b -> a 1 : 1
        is a 10 0 0 1
        reopen
        wait 1
        b -> a 1 : 1
        is a 3 0 0 2
        is b 0 2 3 0
        - -> - 0 post @1 : pending already resolved
        reopen
        is a 3 0 0 2
    """,
    "balancing takes what is there": """
        open bank
        open a debit-limit
        open b
        bank -> a 100 : 100
        a -> b 30 hold : 30
        a -> b 1000 bal-debit : 70
        a -> b 1000 bal-debit : nothing to balance
        is a 30 70 0 100
        b -> bank 9000 bal-credit : 100
        is bank 0 100 0 100
        b -> bank 1 bal-credit : nothing to balance
    """,
    "closed accounts take nothing": """
        open a
        open b
        a -> b 5 hold : 5
        a -> - 0 close : account has pending
        - -> - 0 post @1 : 5
        a -> - 0 close : 0
        a -> - 0 close : debit account closed
        a -> b 1 : debit account closed
        b -> a 1 : credit account closed
        reopen
        b -> a 1 : credit account closed
        a -> - 0 reopen : 0
        a -> - 0 reopen : account not closed
        b -> a 1 : 1
        a -> - 1 close : amount must be zero
        zz -> - 0 close : debit account not found
    """,
    "a reversal names what it reverses": """
        open a
        open b
        a -> b 50 : 50
        b -> a 51 reverse @1 : reversed differs
        a -> b 50 reverse @1 : reversed differs
        b -> a 20 reverse @1 : 20
        reopen
        b -> a 30 reverse @1 : 30
        is a 0 50 0 50
        a -> b 1 reverse : related needed
    """,
    "units never cross": """
        open a
        open d USD
        a -> d 1 : units differ
    """,
    "order of refusals": """
        open a
        open b
        a -> a 0 hold : amount must not be zero
        a -> a 1 hold close : flags conflict
        zz -> zz -1 : amount negative
        zz -> zz 1 : debit account not found
        a -> zz 1 : credit account not found
        a -> a 1 : accounts must differ
        a -> b 1 t=5 : timeout needs pending
        a -> b 9223372036854775807 : 9223372036854775807
        a -> b 1 : overflows debits
        b -> a 9223372036854775807 : 9223372036854775807
        is a 0 9223372036854775807 0 9223372036854775807
    """,
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(name: str, new_hand: Hands) -> None:
    Scenario(new_hand()).run(SCENARIOS[name])


def test_an_open_chain_at_the_end_of_a_batch_is_refused(new_hand: Hands) -> None:
    hand = new_hand()
    a, b = hand.open(0, 0)
    linked = TransferFlags.LINKED
    answers = hand.post(Transfer(a, b, 1, 1, flags=linked), Transfer(a, b, 1, 1, flags=linked))
    assert [p.refusal for p in answers] == [Refusal.LINKED_EVENT_FAILED, Refusal.LINKED_CHAIN_OPEN]
    assert hand.book.account(a).debits_posted == 0

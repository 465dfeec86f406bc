"""A home with a ledger and nothing else, on a clock of the test's own."""

from __future__ import annotations

from support.both_homes import Place
from venule.kit.home import Home
from venule.kit.ids import SeededIds
from venule.kit.time import Clock
from venule.ledger import MIGRATIONS, Book, Tx


def new_home(place: Place, clock: Clock, *, seed: int = 1) -> Home[Tx]:
    return Home.open(
        place,
        clock=clock,
        ids=SeededIds(seed, clock),
        migrations=[MIGRATIONS],
        participant=Book,
        tx=Tx,
    )

"""A process that posts to a home until its standard input ends: `python -m support.looking_writer`.

It says "ready" once it has begun, and the number of its last transfer at the end.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from random import Random
from threading import Thread

from support.homes import new_home
from support.looking_homes import PAY, START, post
from venule.kit.time import VirtualClock
from venule.ledger import Transfer, TransferFlags

GROUPS_MAX = 20_000


def main() -> None:
    clock = VirtualClock(START + timedelta(days=30))
    random = Random(2)
    stop = Thread(target=sys.stdin.read)
    with new_home(sys.argv[1], clock) as home:
        stop.start()
        for group in range(GROUPS_MAX):
            payer, payee = random.sample(range(4, 11), 2)
            transfers = [
                Transfer(payer, payee, random.randint(1, 500), PAY),
                Transfer(1, payer, 3, PAY, flags=int(TransferFlags.PENDING)),
                Transfer(payee, 1, 1, PAY),
            ]
            home.run(post, transfers)
            clock.advance(timedelta(seconds=1))
            if group == 0:
                print("ready", flush=True)
            if not stop.is_alive():
                break
        print(home.read(lambda tx: tx.book.memory.next_seq - 1))


if __name__ == "__main__":
    main()

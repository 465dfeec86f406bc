"""A book's process: its writer, served to other processes, and its outboxes to the other books.

One desk; a relay server in front of it; and for each other book a courier, a thread that carries
the orders of that outbox and records the answers through the same home. A courier is woken when a
payment is committed, and looks by itself now and then for what is to be told again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextlib import suppress
from datetime import timedelta
from logging import getLogger
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Any, Final, TypeVar

from venule.books import cut, reconcile, service
from venule.books.directory import KnownDirectory
from venule.books.jobs import SendOrder
from venule.books.model import (
    Answer,
    BookNumber,
    BookPaymentId,
    ReceiptState,
    SendBack,
    SendMoney,
)
from venule.books.peers import DoorPeer
from venule.books.root import PATIENCE_US, Root
from venule.books.service import send_kind
from venule.kit.desk import Desk
from venule.kit.errors import HomeError
from venule.kit.home import Home
from venule.kit.jobs import JobRunner, revive
from venule.kit.relay import Procedures, Relay, Server, parse_endpoint
from venule.ledger import Tx

C = TypeVar("C")
R = TypeVar("R")

LOOK_EVERY_S: Final = 1
"""How often a courier looks for orders that are to be told again, in seconds."""
GATHER_S: Final = timedelta(milliseconds=5).total_seconds()
"""How long a courier lets orders gather: fewer and fuller groups, in both books."""
PEER_TIMEOUT_S: Final = 5
"""How long an order waits for a book that cannot be reached, in seconds, before the job fails."""
OUTCOMES_MAX: Final = 65_536
"""How many outcomes are remembered for those who have not asked yet."""

COMMANDS: Final[tuple[Callable[..., Any], ...]] = (
    service.send,
    service.send_back,
    service.receive,
    service.cancel,
    reconcile.keep_pair_day,
    reconcile.explain_day,
    revive,
)
READERS: Final[tuple[Callable[..., Any], ...]] = (
    service.payments,
    service.receipts,
    service.payment,
    service.receipt,
    cut.stand,
    cut.totals_at,
    cut.clearing_at,
    cut.open_at,
    cut.received_by,
    reconcile.pair_day,
    reconcile.settled_page,
    reconcile.received_page,
    reconcile.known_payments,
    reconcile.known_receipts,
)
"""What a book serves of this room."""

_log: Final = getLogger("venule.books")


class BookDesk(Desk[Tx]):
    """A desk that tells the couriers of payments to other books."""

    def __init__(self, home: Home[Tx], told: Callable[[SendMoney | SendBack], None]) -> None:
        super().__init__(home)
        self._told = told

    async def acall(self, fn: Callable[[Tx, C], R], command: C, key: str | None = None) -> R:
        """Hand in a command from a task, as `Desk.acall`."""
        value = await super().acall(fn, command, key)
        if isinstance(command, SendMoney | SendBack):
            self._told(command)
        return value

    def submit(self, fn: Callable[[Tx, C], R], command: C, key: str | None = None) -> Future[R]:
        """Hand in a command, as `Desk.submit`."""
        future = super().submit(fn, command, key)
        if isinstance(command, SendMoney | SendBack):
            future.add_done_callback(lambda _: self._told(command))
        return future


class Outcomes:
    """How payments to other books ended, for tasks that wait for it."""

    def __init__(self) -> None:
        self._gate = Lock()
        self._known: dict[BookPaymentId, ReceiptState] = {}
        self._waiting: dict[BookPaymentId, asyncio.Future[ReceiptState]] = {}

    def tell(self, answers: Iterable[Answer]) -> None:
        """Tell those who wait; from any thread."""
        with self._gate:
            for answer in answers:
                self._known[answer.id] = answer.state
                future = self._waiting.pop(answer.id, None)
                if future is not None:
                    with suppress(RuntimeError):  # its loop is closed: nobody waits any more
                        future.get_loop().call_soon_threadsafe(_end, future, answer.state)
            while len(self._known) > OUTCOMES_MAX:
                del self._known[next(iter(self._known))]

    async def wait(self, payment_id: BookPaymentId) -> ReceiptState:
        """Wait for the other book's word on a payment of this process that is not long over."""
        with self._gate:
            known = self._known.get(payment_id)
            if known is not None:
                return known
            future = self._waiting.get(payment_id)
            if future is None:
                future = asyncio.get_running_loop().create_future()
                self._waiting[payment_id] = future
        return await asyncio.shield(future)


def _end(future: asyncio.Future[ReceiptState], state: ReceiptState) -> None:
    if not future.done():
        future.set_result(state)


class Courier(Thread):
    """Carries one outbox until told to stop."""

    def __init__(self, home: Home[Tx], peer: BookNumber, door: Relay, outcomes: Outcomes) -> None:
        super().__init__(name=f"venule-courier-{peer}")
        self._handler = SendOrder(peer, DoorPeer(door), home.clock)
        self._runner = JobRunner(home, {send_kind(peer): self._handler})
        self._outcomes = outcomes
        self._door = door
        self._news = Event()
        self._stopping = Event()

    def wake(self) -> None:
        """Look at once."""
        self._news.set()

    def stop(self) -> None:
        """End after what is under way."""
        self._stopping.set()
        self._news.set()

    def run(self) -> None:
        """Carry what is due; wait for news or for a while."""
        try:
            while not self._stopping.is_set():
                self._news.clear()
                while not self._stopping.is_set() and self._runner.run_due():
                    ended, self._handler.ended = self._handler.ended, []
                    self._outcomes.tell(ended)
                if self._news.wait(LOOK_EVERY_S):
                    self._stopping.wait(GATHER_S)
        except HomeError as error:  # the home takes no more: the process is about to end
            _log.warning("courier: %s", error.message)
        finally:
            self._door.close()


class BookHost:
    """A book that is open, served and carried for. Enter it in an event loop."""

    def __init__(
        self,
        root: Root,
        number: BookNumber,
        commands: Iterable[Callable[..., Any]] = (),
        readers: Iterable[Callable[..., Any]] = (),
    ) -> None:
        """commands, readers: what is served besides this room's own."""
        self.root = root
        self.number = number
        self.home = root.open_book(number, patience_us=PATIENCE_US)
        self._known = KnownDirectory(root.directory)
        self.desk = BookDesk(self.home, self._told)
        self._procedures = Procedures([*COMMANDS, *commands], [*READERS, *readers])
        self._server = Server(self.desk, self._procedures, root.secret())
        self.outcomes = Outcomes()
        self._couriers: dict[BookNumber, Courier] = {}

    async def start(self, endpoint: str) -> str:
        """Serve at an endpoint, and write down where; begin to carry. Return the endpoint."""
        taken = str(await self._server.start(parse_endpoint(endpoint)))
        self.root.keep_endpoint(self.number, taken)
        self.meet()
        return taken

    def meet(self) -> None:
        """Take up outboxes to books that are new in the directory."""
        secret = self.root.secret()
        for entry in self._known.renew().books:
            if entry.number == self.number or entry.number in self._couriers:
                continue
            number = entry.number
            door = Relay(
                lambda number=number: self.root.find_endpoint(number),  # type: ignore[misc]
                secret,
                timeout_s=PEER_TIMEOUT_S,
            )
            courier = Courier(self.home, number, door, self.outcomes)
            self._couriers[number] = courier
            courier.start()

    def _told(self, command: SendMoney | SendBack) -> None:
        if isinstance(command, SendMoney) and command.to_book not in self._couriers:
            self.meet()
        for courier in self._couriers.values():
            courier.wake()

    async def stop(self) -> None:
        """Answer what was taken, end the couriers, close the home."""
        await self._server.stop()
        self.close()

    def close(self) -> None:
        """End the couriers and close desk and home. Again is harmless."""
        for courier in self._couriers.values():
            courier.stop()
        for courier in self._couriers.values():
            courier.join()
        self.desk.close()
        self.home.close()

    def __enter__(self) -> BookHost:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def askers(root: Root, numbers: Iterable[int], timeout_s: int = PEER_TIMEOUT_S) -> dict[int, Relay]:
    """Return a relay to the writer of each book; close them."""
    secret = root.secret()
    return {
        number: Relay(
            lambda number=number: root.find_endpoint(number),  # type: ignore[misc]
            secret,
            timeout_s=timeout_s,
        )
        for number in numbers
    }

"""What goes on beside the requests for as long as a home is open for writing in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from typing import Final

from structlog import get_logger

from venule import access, escrow, gateway, partners, wallet, webhooks
from venule.kit.desk import Desk
from venule.kit.door import NearWriter, Writing
from venule.kit.home import Home
from venule.kit.jobs import Handler
from venule.kit.place import is_address
from venule.kit.sending import Network, Policy, Sender, parse_networks
from venule.kit.time import Clock, SystemClock, to_us
from venule.kit.vault import KEY_FILE, Vault, read_vault
from venule.ledger import Tx
from venule.serving.metrics import Metrics
from venule.serving.settings import Rail, Settings
from venule.serving.work import IDLE_S, Worker, jobs_lag_s

AUTH_EVENTS_KEPT: Final = timedelta(days=400)
SESSIONS_KEPT: Final = timedelta(days=90)
GRANTS_KEPT: Final = timedelta(days=30)
CLEAN_AGAIN: Final = 500
"""When so much was thrown away at once, there may be more."""

RAIL_FILE: Final = "bank-simulator"
AGAIN_S: Final = 5.0

_log: Final = get_logger("venule.beside")


@contextmanager
def working(
    home: Home[Tx],
    settings: Settings,
    vault: Vault,
    metrics: Metrics,
    desk: Desk[Tx] | None = None,
) -> Iterator[Worker]:
    """Run jobs, send webhooks and notifications, throw away what is old.

    desk: if there is one, what webhooks write goes into its groups: one flush for both.
    """
    home.observe(metrics)
    worker = make_worker(home, settings, make_rail(settings, home.clock), metrics)
    metrics.ask(
        "venule_jobs_lag_seconds",
        "For how long the job that is due longest has been due.",
        lambda: home.read(lambda tx: jobs_lag_s(tx, worker.kinds)),
    )
    with ExitStack() as stack:
        stack.enter_context(_sending(home, settings, vault, desk))
        yield stack.enter_context(worker)


def make_worker(
    home: Home[Tx],
    settings: Settings,
    rail: wallet.BankRail | None,
    metrics: Metrics | None = None,
    ticks: Sequence[Callable[[Home[Tx]], int]] = (),
    idle_s: float = IDLE_S,
) -> Worker:
    """Return what runs a home's jobs. ticks: what else is asked over and over. idle_s: the pause
    when nothing is due."""
    return Worker(
        home,
        make_handlers(rail),
        rail=rail,
        ticks=[gateway.follow_events, *ticks],
        cleaners=[_clean_access, _clean_grants, gateway.clean_gateway],
        keep_keys=timedelta(days=settings.keep_keys_days),
        metrics=metrics,
        idle_s=idle_s,
    )


def make_handlers(rail: wallet.BankRail | None) -> dict[str, Handler]:
    """Return the handlers of all jobs of the rooms. rail: without one, orders to the bank wait."""
    handlers: dict[str, Handler] = {**escrow.escrow_jobs(), **access.access_jobs()}
    if rail is not None:
        handlers |= wallet.wallet_jobs(rail)
    return handlers


@contextmanager
def _sending(
    home: Home[Tx], settings: Settings, vault: Vault, desk: Desk[Tx] | None
) -> Iterator[None]:
    """Send webhooks and notifications, each in a thread: no slow receiver holds up the jobs."""
    writer, clock = NearWriter(home, desk), SystemClock()
    hooks = webhooks.Dispatcher(writer, Sender(webhook_policy(settings)), vault, clock)
    notices = make_notices(writer, settings, vault)
    stop = Event()
    names = {"venule-webhooks": hooks.run, "venule-notices": notices.run}
    threads = [
        Thread(target=_live, args=(home, run, stop), name=name, daemon=True)
        for name, run in names.items()
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
        hooks.close()
        notices.close()


def _live(home: Home[Tx], run: Callable[[Event], None], stop: Event) -> None:
    while not stop.is_set():
        try:
            run(stop)
        except Exception as error:  # a bug must not end all sending for good
            if home.is_over():
                return
            _log.error("broke", exc_info=error)
            stop.wait(AGAIN_S)


def make_notices(
    writer: Writing,
    settings: Settings,
    vault: Vault,
    *,
    at_once: int = gateway.NOTICES_AT_ONCE,
    timeout_s: float = gateway.NOTICE_TIMEOUT_S,
) -> gateway.NoticeDispatcher:
    """Return what sends the gateway's notifications."""
    sender = Sender(gateway.merchants_policy(networks(settings)))
    # Merchants compare with their own clocks, whatever the house's says.
    return gateway.NoticeDispatcher(
        writer,
        SystemClock(),
        gateway.KeyRing(vault),
        gateway.post_over(sender, timeout_s),
        at_once=at_once,
    )


def networks(settings: Settings) -> tuple[Network, ...]:
    """Return the private networks that messages may reach."""
    return parse_networks(settings.webhook_networks)


def webhook_policy(settings: Settings) -> Policy:
    """Return where webhooks may go: over TLS, unless an operator allows networks of its own."""
    allowed = networks(settings)
    if not allowed:
        return Policy()
    return gateway.merchants_policy(allowed)


def make_rail(settings: Settings, clock: Clock) -> wallet.BankRail | None:
    """Return the way to the bank that is set up."""
    if settings.rail is Rail.NONE:
        return None
    place = settings.place
    path = place / RAIL_FILE if isinstance(place, Path) else None
    return wallet.BankRailSimulator(1, clock, path=path)


def vault_of(settings: Settings) -> Vault:
    """Return the vault. Raises: VaultKeyUnfit."""
    if settings.vault_key_file:
        return read_vault(Path(settings.vault_key_file))
    assert not is_address(settings.home), "settings have been checked"
    folder = Path(settings.home)
    return read_vault(folder / KEY_FILE, make=folder.is_dir())


def _clean_access(home: Home[Tx]) -> bool:
    now = home.clock.now()
    command = access.Purge(now - AUTH_EVENTS_KEPT, now - SESSIONS_KEPT)
    done = home.run(access.purge_access, command)
    counts = (done.events, done.sessions, done.challenges, done.failures)
    return max(counts) >= CLEAN_AGAIN


def _clean_grants(home: Home[Tx]) -> bool:
    before = home.clock.now() - GRANTS_KEPT
    deleted: int = home.run(partners.purge_grants, to_us(before))
    return bool(deleted >= CLEAN_AGAIN)

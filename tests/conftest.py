"""What every test may use: the repository's paths, the shared data, steady property tests."""

import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from support.both_homes import home_kind, lasting_places, places  # noqa: F401  fixtures
from support.postgres import new_postgres_sql, postgres  # noqa: F401  fixtures

REPOSITORY: Final = Path(__file__).resolve().parent.parent

# The same examples on every machine: a red run can be repeated. `VENULE_HYPOTHESIS=search` looks
# for new ones, with five times as many. No deadline: the first call compiles the kernel.
_COMMON: Final = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("steady", derandomize=True, database=None, **_COMMON)
settings.register_profile("search", max_examples=500, print_blob=True, **_COMMON)
settings.load_profile(os.environ.get("VENULE_HYPOTHESIS", "steady"))


LONG = (
    "tests/interop/", "api_contract", "test_contract", "sandbox_contract", "test_processes",
    "test_merchants_api", "test_quickstart", "test_service", "test_worlds", "test_machine",
    "test_world.py", "members/test_api.py", "webhooks/test_api.py", "test_openapi",
)  # fmt: skip


OVER_A_DOOR = (
    "/test_api", "kit/http/", "serving/test_wire_attacks", "serving/test_sign_in",
    "serving/test_texts", "serving/test_whose", "serving/test_client", "serving/test_routes",
    "access/test_credentials",
    "access/test_sessions", "partners/test_oauth", "partners/test_signed", "gateway/test_pages",
    "gateway/test_envelope", "gateway/test_trades", "gateway/test_funds", "gateway/test_fields",
)  # fmt: skip
"""Tests of what lies before a door: what is behind it is tested on both kinds of home by itself.
`make thorough` runs these on both, too."""


def _is_http_over_a_database(nodeid: str) -> bool:
    parts = re.split(r"[\[\]-]", nodeid)
    return "postgresql" in parts and any(name in nodeid for name in OVER_A_DOOR)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a PostgreSQL server: `pytest -m 'not postgresql'` leaves it out.

    Files whose few tests take long come first: else they would be what one worker still does when
    the others have nothing left.
    """
    items.sort(key=lambda item: not any(name in item.nodeid for name in LONG))
    if not os.environ.get("VENULE_THOROUGH"):
        items[:] = [item for item in items if not _is_http_over_a_database(item.nodeid)]
    for item in items:
        if "postgres" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.postgresql)


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return REPOSITORY


@pytest.fixture(scope="session")
def fund_data() -> Path:
    """The folder of real fund data beside the repository; the test is skipped without it."""
    folder = REPOSITORY.parent / "shared" / "data" / "fund"
    if not (folder / "daily_flows.csv").is_file():
        pytest.skip("needs ../shared/data/fund")
    return folder


@pytest.fixture(scope="session")
def seeds() -> range:
    """The seeds of one run of a simulation: few in `make test`, many in `make random SEEDS=n`."""
    return range(int(os.environ.get("VENULE_SEEDS", "3")))


THREADS_END_IN: Final = 10.0  # seconds; the machine may be busy


@pytest.fixture(autouse=True)
def no_threads_left() -> Iterator[None]:
    """Fail the test that leaves a thread for which Python would wait, perhaps for ever, at exit."""
    before = set(threading.enumerate())
    yield
    end = time.monotonic() + THREADS_END_IN
    while left := [t for t in threading.enumerate() if t not in before and not t.daemon]:
        if time.monotonic() > end:
            pytest.fail(f"left running: {', '.join(thread.name for thread in left)}")
        time.sleep(0.01)

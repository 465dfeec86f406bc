"""A small replay: the first weeks of the built-in scenario with a few hundred users, as files."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from venule.replay import ReplayOptions
from venule.replay.inputs import builtin_yields, read_inputs
from venule.replay.model import FLOW_COLUMNS
from venule.replay.scenario import make_flows, make_users

DAYS = 12
USERS = 400


class Tables:
    """The four input files of a replay, as lists of rows that a test may spoil before writing."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        flows = make_flows(builtin_yields(), USERS, 7)
        self.flows = [["date", *FLOW_COLUMNS]]
        for index, day in enumerate(flows.days[:DAYS]):
            self.flows.append([str(day), *[str(flows[name][index]) for name in FLOW_COLUMNS]])
        yields = builtin_yields()
        self.yields = [["date", "income_per_10k", "yield_7d_pct"]]
        for index, day in enumerate(yields.days[: DAYS + 3]):
            per_10k = f"{yields.per_10k_e4[index] / 10_000:.4f}"
            self.yields.append([str(day), per_10k, f"{yields.yield_7d_milli[index] / 1000:.3f}"])
        self.users = [["user_id", "sex", "city", "active_days"]]
        for number, days in enumerate(make_users(7).active_days[:USERS].tolist()):
            self.users.append([str(number + 1), "1", "6411949", str(days)])

    def column(self, name: str) -> int:
        return self.flows[0].index(name)

    def write(self, **more: object) -> ReplayOptions:
        """Write the tables and return options that name them."""
        for name in ("flows", "yields", "users"):
            with (self.folder / f"{name}.csv").open("w", newline="") as file:
                csv.writer(file).writerows(getattr(self, name))
        return ReplayOptions(
            **{
                "home": self.folder / "home",
                "report": self.folder / "report",
                "flows": self.folder / "flows.csv",
                "yields": self.folder / "yields.csv",
                "users": self.folder / "users.csv",
                **more,
            }
        )


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    return Tables(tmp_path)


@pytest.fixture(scope="session")
def builtin() -> Callable[..., object]:
    """Read the inputs of the built-in scenario, cut to a few days and users."""

    def read(days: int = 40, users: int = 300, seed: int = 5) -> object:
        nowhere = Path("nowhere")
        return read_inputs(
            ReplayOptions(home=nowhere, report=nowhere, seed=seed, users_max=users, days_max=days)
        )

    return read


@pytest.fixture
def ints() -> Callable[..., np.ndarray]:
    return lambda *values: np.array(values, dtype=np.int64)

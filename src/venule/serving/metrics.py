"""What operators' tools read: rates, latencies, queues, groups, disk flushes, lag of jobs.

Names follow the practice of Prometheus: base units, `_total` for counters. Nothing here names a
member, an account or an amount.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from venule.kit.errors import AppError

SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
COMMANDS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class _Gauges(Collector):
    """Values that are asked for when somebody reads; one that nobody knows now is left out."""

    def __init__(self) -> None:
        self.asked: dict[str, tuple[str, Callable[[], float]]] = {}

    def collect(self) -> Iterable[Metric]:
        for name, (said, ask) in list(self.asked.items()):
            try:
                value = ask()
            except AppError:
                continue
            yield GaugeMetricFamily(name, said, value=value)


class Metrics:
    """One process's metrics: an observer of its answers (`kit.http`) and groups (`kit.groups`)."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._gauges = _Gauges()
        self.registry.register(self._gauges)
        self._requests = Counter(
            "venule_http_requests", "Answers given.", ("route", "method", "status"),
            registry=self.registry,
        )  # fmt: skip
        self._problems = Counter(
            "venule_http_problems", "Problems told, by code.", ("code",), registry=self.registry
        )
        self._latency = Histogram(
            "venule_http_request_seconds", "From a request's head to its answer's end.",
            ("route", "method"), buckets=SECONDS, registry=self.registry,
        )  # fmt: skip
        self._commands = Counter(
            "venule_commands", "Commands carried out, refused ones too.", registry=self.registry
        )
        self._group_size = Histogram(
            "venule_group_commands", "Commands in a group.", buckets=COMMANDS,
            registry=self.registry,
        )  # fmt: skip
        self._group = Histogram(
            "venule_group_seconds", "From a group's begin to its end.", buckets=SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self._commit = Histogram(
            "venule_commit_seconds", "A group's commit, with its disk flush.", buckets=SECONDS,
            registry=self.registry,
        )  # fmt: skip
        self._jobs = Counter("venule_jobs_tried", "Jobs tried.", registry=self.registry)

    def answered(self, route: str, method: str, status: int, took_s: float, code: str) -> None:
        """See `kit.http.Observer`."""
        self._requests.labels(route, method, status).inc()
        self._latency.labels(route, method).observe(took_s)
        if code:
            self._problems.labels(code).inc()

    def group_done(self, commands: int, took_s: float, commit_s: float) -> None:
        """See `kit.groups.GroupObserver`."""
        self._commands.inc(commands)
        self._group_size.observe(commands)
        self._group.observe(took_s)
        self._commit.observe(commit_s)

    def jobs_tried(self, count: int) -> None:
        """Count jobs that a runner has tried."""
        self._jobs.inc(count)

    def ask(self, name: str, said: str, value: Callable[[], float]) -> None:
        """Show a value that is asked for whenever somebody reads; under a name again: instead."""
        self._gauges.asked[name] = (said, value)

    def text(self) -> bytes:
        """Return all of it in Prometheus's text format."""
        return generate_latest(self.registry)

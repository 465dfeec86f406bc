"""Working ahead: order, errors in their turn, and an end in every case."""

from __future__ import annotations

import threading
from collections.abc import Generator

import pytest

from venule.kit.ahead import ahead


def count_to(n: int, log: list[str] | None = None) -> Generator[int, None, None]:
    try:
        yield from range(n)
    finally:
        if log is not None:
            log.append("closed")


def test_everything_comes_in_order() -> None:
    with ahead(count_to(1_000), 4) as items:
        assert list(range(1_000)) == list(items)


def test_it_works_in_another_thread_and_stays_close() -> None:
    made: list[int] = []

    def source() -> Generator[int, None, None]:
        for i in range(50):
            made.append(threading.get_ident())
            yield i

    with ahead(source(), 3) as items:
        for seen, _ in enumerate(items, 1):
            assert len(made) <= seen + 3 + 2
    assert threading.get_ident() not in made


def test_an_error_comes_after_what_was_made_before_it() -> None:
    def source() -> Generator[int, None, None]:
        yield 1
        yield 2
        raise ValueError("the third")

    with ahead(source(), 10) as items:
        assert [1, 2] == [next(items), next(items)]
        with pytest.raises(ValueError, match="the third"):
            next(items)


@pytest.mark.parametrize("taken", [0, 1, 5])
def test_leaving_early_stops_and_closes_the_source(taken: int) -> None:
    log: list[str] = []
    before = threading.active_count()
    with ahead(count_to(10**9, log), 2) as items:
        for _, _ in zip(range(taken), items, strict=False):
            pass
    assert ["closed"] == log
    assert before == threading.active_count()


def test_the_consumers_own_error_passes() -> None:
    log: list[str] = []

    def read() -> None:
        with ahead(count_to(10**9, log), 2) as items:
            next(items)
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        read()
    assert ["closed"] == log

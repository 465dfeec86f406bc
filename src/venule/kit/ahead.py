"""Work ahead: a generator runs in a thread of its own while its consumer works."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from queue import Empty, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")


@contextmanager
def ahead(source: Generator[T, None, None], depth: int) -> Iterator[Iterator[T]]:
    """Yield what `source` yields; it works up to `depth` results ahead of its consumer.

    What it raises is raised here, in its turn. On leaving the block it has stopped and is closed,
    whether or not it was read to the end: what it used is free again.
    """
    results: Queue[tuple[T | None, BaseException | None]] = Queue(maxsize=depth)
    stop = Event()

    def work() -> None:
        end: BaseException = StopIteration()
        try:
            for item in source:
                results.put((item, None))
                if stop.is_set():
                    break
        except BaseException as error:
            end = error
        finally:
            source.close()
            results.put((None, end))

    def read() -> Iterator[T]:
        while True:
            item, end = results.get()
            if isinstance(end, StopIteration):
                return
            if end is not None:
                raise end
            yield item  # type: ignore[misc]

    thread = Thread(target=work, name="venule-ahead", daemon=True)
    thread.start()
    try:
        yield read()
    finally:
        stop.set()
        while thread.is_alive():  # it may wait for room
            try:
                results.get(timeout=0.01)
            except Empty:
                continue
        thread.join()

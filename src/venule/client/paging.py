"""Go through a list that comes page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
Item_co = TypeVar("Item_co", covariant=True)


class Page(Protocol[Item_co]):
    """A page of a list."""

    @property
    def items(self) -> Sequence[Item_co]:
        """What is on it."""

    @property
    def next_cursor(self) -> str | None:
        """Where the next page begins; None after the last one."""


def each(list_page: Callable[..., Page[T]], *args: Any, **query: Any) -> Iterator[T]:
    """Give every item of a list, asking for pages as they are needed.

    For example: `for payment in each(client.wallet.list_payments, limit=100): ...`
    """
    cursor: str | None = None
    while True:
        page = list_page(*args, **query, cursor=cursor)
        yield from page.items
        cursor = page.next_cursor
        if cursor is None:
            return


async def each_async(
    list_page: Callable[..., Awaitable[Page[T]]], *args: Any, **query: Any
) -> AsyncIterator[T]:
    """Give every item of a list, as `each` does."""
    cursor: str | None = None
    while True:
        page = await list_page(*args, **query, cursor=cursor)
        for item in page.items:
            yield item
        cursor = page.next_cursor
        if cursor is None:
            return

"""What can become of a connection in the middle of a group."""

from __future__ import annotations

from dataclasses import dataclass

from venule.kit.errors import HomeError


class FailedLater(Exception):
    """A deferred statement failed after its command was over. `args[0]` is what it would have said.

    Nothing tells what later commands have built on it: the group must be undone, and may be carried
    out again without deferring.
    """


@dataclass(eq=False)
class ConnectionLost(HomeError):
    """The connection ended before the commit was asked for: surely nothing was kept.

    The handle is of no use any more; open the home again.
    """

    path: str
    seen: str
    status, retryable, slug = 503, True, "connection-lost"

    @property
    def message(self) -> str:
        return f"expected an answer from {self.path}, seen {self.seen}; nothing was changed"


@dataclass(eq=False)
class CommitUnknown(HomeError):
    """The connection ended between the commit and its answer: it is durable, or it is not.

    Open the home again and look the group up before anything else. A caller that repeats its
    request with the same idempotency key is on the safe side.
    """

    path: str
    seen: str
    status, retryable, slug = 503, True, "commit-unknown"

    @property
    def message(self) -> str:
        return (
            f"expected {self.path} to confirm the commit, seen {self.seen}; it may have been kept: "
            "repeat the request with the same idempotency key"
        )

"""What the wallet's proofs look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

from numpy.typing import NDArray

from venule.kit.sql import Sql
from venule.ledger import TransferRecord

ROOM: Final = "wallet"


class ProofView(Protocol):
    """What a proof looks at: rows, accounts, transfers. A `Tx`, of a reader as well, is one."""

    @property
    def sql(self) -> Sql:
        """The connection to the rows."""
        ...

    def accounts_view(self) -> NDArray[Any]:
        """All accounts; the index is the id."""
        ...

    def transfer(self, seq: int) -> TransferRecord:
        """A transfer as written. Raises: TransferNotFound."""
        ...

    def posted(
        self, *, codes: Sequence[int] | None = None, accounts: Sequence[int] | None = None
    ) -> NDArray[Any]:
        """What was posted with these codes, from or to these accounts: of dtype `ledger.LEG`."""
        ...

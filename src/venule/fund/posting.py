"""Posting a batch of which every entry must be accepted."""

from __future__ import annotations

import numpy as np

from venule.fund.model import RecordArray
from venule.ledger import Refusal, Transfer, TransferRefused, Tx


def post_batch_all(tx: Tx, batch: RecordArray) -> RecordArray:
    """Post a batch and return its results. Raises: TransferRefused for the first that is refused.

    Let it pass, so that the command is undone.
    """
    results: RecordArray = tx.post_batch(batch)
    refused = results["refusal"]
    if refused.any():
        named = (refused != 0) & (refused != int(Refusal.LINKED_EVENT_FAILED))
        index = int(np.flatnonzero(named if named.any() else refused)[0])
        raise TransferRefused(index, Refusal(int(refused[index])), _transfer(batch, index))
    return results


def _transfer(batch: RecordArray, index: int) -> Transfer:
    row = batch[index]
    return Transfer(
        int(row["debit"]),
        int(row["credit"]),
        int(row["amount"]),
        int(row["code"]),
        row["ref"].tobytes(),
        int(row["flags"]),
        int(row["related"]),
    )

"""Naming damage: which byte of a journal row or of a checkpoint page changed, and whose it was."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from venule.ledger.columns import PACKED, Flip, PackDamaged, corrected, find_flip, unpack
from venule.ledger.journal import decode, row_hash
from venule.ledger.model import ACCOUNT, OPENING, TRANSFER, RecordArray
from venule.ledger.store import JournalRow, PageRow


def row_damage(row: JournalRow, seen: str) -> str:
    """Say what is wrong with a journal row that cannot be read or does not match its hash.

    A single changed byte of a packed row is named with its transfer and field; that the row
    matches its hash once the byte is put right proves it. Otherwise `seen` is all there is to say.
    """
    if row.codec != PACKED:
        return seen

    def is_whole(openings: bytes, transfers: bytes) -> bool:
        try:
            return row.hash == row_hash(
                row, decode(PACKED, openings, OPENING), decode(PACKED, transfers, TRANSFER)
            )
        except PackDamaged:
            return False

    flip = find_flip(row.transfers, TRANSFER)
    if flip and is_whole(row.openings, corrected(row.transfers, flip)):
        whose = f"transfer {row.first_seq + flip.record}"
        return f"{seen}: {_sentence(flip, 'transfers', whose)}"
    flip = find_flip(row.openings, OPENING)
    if flip and is_whole(corrected(row.openings, flip), row.transfers):
        whose = f"account {row.first_account + flip.record}"
        return f"{seen}: {_sentence(flip, 'openings', whose)}"
    if _is_sound(row.transfers, TRANSFER) and _is_sound(row.openings, OPENING):
        return f"{seen}: its records are whole, so its numbers or its hashes changed"
    return seen


def page_damage(row: PageRow, seen: str, is_right: Callable[[RecordArray], bool]) -> str:
    """Say what is wrong with a page of accounts. is_right: whether accounts match the hash."""
    flip = find_flip(row.accounts, ACCOUNT) if row.codec == PACKED else None
    if flip is None:
        return seen
    try:
        accounts = unpack(corrected(row.accounts, flip), ACCOUNT)
    except PackDamaged:
        return seen
    if not is_right(accounts):
        return seen
    whose = f"account {row.page * len(accounts) + flip.record}"
    return f"{seen}: {_sentence(flip, 'accounts', whose)}"


def _sentence(flip: Flip, what: str, whose: str) -> str:
    where = f"{flip.field} of {whose}" if flip.record >= 0 else "outside the values"
    return (
        f"byte {flip.at} of its {what} ({where}) is {flip.seen:#04x}, "
        f"{flip.expected:#04x} was written"
    )


def _is_sound(raw: bytes, dtype: np.dtype[Any]) -> bool:
    try:
        decode(PACKED, raw, dtype)
    except PackDamaged:
        return False
    return True

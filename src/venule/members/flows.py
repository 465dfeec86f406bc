"""What members do in the ledger: a wallet's account is closed with its membership."""

from __future__ import annotations

from enum import IntEnum

from venule.ledger import Transfer, TransferFlags
from venule.members.model import MemberId


class MemberTransferCode(IntEnum):
    """Why: the members room has 190 to 199."""

    WALLET_CLOSED = 190


def close_wallet(account: int, member_id: MemberId) -> list[Transfer]:
    """Close an empty wallet's account for good."""
    return [
        Transfer(
            debit=account,
            credit=0,
            amount=0,
            code=MemberTransferCode.WALLET_CLOSED,
            ref=member_id.bytes,
            flags=TransferFlags.CLOSE,
        )
    ]

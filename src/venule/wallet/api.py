"""What the wallet does, over HTTP."""

from __future__ import annotations

from typing import Final

from venule.kit.http import Route
from venule.wallet.api_bank import BANK
from venule.wallet.api_checks import CHECKS
from venule.wallet.api_looks import LOOKS
from venule.wallet.api_moves import MOVES

ROUTES: Final[list[Route]] = [*MOVES, *LOOKS, *BANK, *CHECKS]
"""The operations of the wallet."""

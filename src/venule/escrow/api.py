"""Guaranteed trade over HTTP: every operation, for members, partners and staff.

A member does with a trade what its side may do; to others it is unknown. Partners act for their
member within `escrow.read` and `escrow.write`. Staff look with `escrow.read`, rule with
`escrow.rule`, set products with `escrow.operate`.
"""

from __future__ import annotations

from typing import Final

from venule.escrow import api_authorisations, api_cases, api_products, api_settling, api_trades
from venule.kit.http import Route

ROUTES: Final[list[Route]] = [
    *api_trades.ROUTES,
    *api_settling.ROUTES,
    *api_cases.ROUTES,
    *api_authorisations.ROUTES,
    *api_products.ROUTES,
]

"""A fund over HTTP: every operation, for members, partners and staff.

A member orders and sees what is its own; partners act for their member within `fund.read` and
`fund.write`. Staff look with `fund.read` and run the fund with `fund.operate`.
"""

from __future__ import annotations

from typing import Final

from venule.fund import api_members, api_staff
from venule.kit.http import Route

ROUTES: Final[list[Route]] = [*api_members.ROUTES, *api_staff.ROUTES]

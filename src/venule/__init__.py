"""Venule: an open inclusive-finance platform.

One package, one room a capability: `kit` (no business words), `ledger` (the only code that
changes a balance), `members`, `wallet`, `fund`, `replay` (a real year run through the services
above), `cli`; `app` joins them.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"

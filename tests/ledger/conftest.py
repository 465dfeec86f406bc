"""Books for the ledger's tests."""

from support.ledger_books import new_hand  # noqa: F401  a fixture

"""Places for homes that move."""

from support.moves import new_place, pair  # noqa: F401  fixtures

"""A seeded world of members, a bank, funds and clocks around the real services; see docs."""

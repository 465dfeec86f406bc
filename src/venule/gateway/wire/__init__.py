"""The bytes of the protocol, both ways: pure functions, no clock, no home, no network."""

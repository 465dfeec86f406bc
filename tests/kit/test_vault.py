"""What is sealed opens for its purpose, with its key, unaltered; and nothing else does."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venule.kit.vault import KEY_BYTES, Vault, VaultKeyUnfit, VaultSealBroken, read_vault


@given(st.binary(max_size=200), st.text(max_size=20), st.integers(0, 10_000), st.integers(1, 255))
def test_only_what_was_sealed_opens(plain, purpose, place, flip):
    vault = Vault(bytes(range(KEY_BYTES)))
    sealed = vault.seal(purpose, plain)

    assert plain == vault.open(purpose, sealed)
    assert sealed != vault.seal(purpose, plain)
    altered = bytearray(sealed)
    altered[place % len(sealed)] ^= flip
    for bad in (bytes(altered), sealed[:-1], b""):
        with pytest.raises(VaultSealBroken):
            vault.open(purpose, bad)
    with pytest.raises(VaultSealBroken):
        vault.open(purpose + "x", sealed)
    with pytest.raises(VaultSealBroken):
        Vault(bytes(KEY_BYTES)).open(purpose, sealed)


def test_the_key_is_drawn_once(tmp_path):
    path = tmp_path / "vault-key"
    with pytest.raises(VaultKeyUnfit):
        read_vault(path)
    sealed = read_vault(path, make=True).seal("p", b"secret")

    assert b"secret" == read_vault(path, make=True).open("p", sealed)
    assert 0o600 == path.stat().st_mode & 0o777
    assert [path] == list(tmp_path.iterdir())


@pytest.mark.parametrize("size, mode", [(31, 0o600), (33, 0o600), (32, 0o640), (32, 0o604)])
def test_a_key_that_is_not_one_or_that_others_read(tmp_path, size, mode):
    path = tmp_path / "vault-key"
    path.write_bytes(os.urandom(size))
    path.chmod(mode)

    with pytest.raises(VaultKeyUnfit):
        read_vault(path, make=True)

"""A file system of a few megabytes that can be filled up, where the system lets us mount one."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

BLOCK_BYTES = 4_096
CHUNK_BYTES = 1 << 20


class SmallDisk:
    """folder: what is written there takes of its space."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._filler = folder / "filler"

    def fill(self) -> None:
        """Leave not a block. Again is harmless."""
        for size in (CHUNK_BYTES, BLOCK_BYTES):
            try:
                with open(self._filler, "ab", buffering=0) as file:
                    while file.write(bytes(size)) == size:
                        pass
            except OSError:
                continue

    def make_room(self) -> None:
        """Take the filling away."""
        self._filler.unlink(missing_ok=True)


@contextmanager
def small_disk(mib: int) -> Iterator[SmallDisk]:
    """Mount a small file system in memory; skip the test where that is not allowed."""
    if os.geteuid() != 0:
        pytest.skip("needs root, to mount a small file system")
    with tempfile.TemporaryDirectory(prefix="venule-small-") as name:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={mib}m,mode=755", "tmpfs", name],
            capture_output=True,
            text=True,
        )
        if mounted.returncode:
            pytest.skip(f"cannot mount a small file system: {mounted.stderr.strip()}")
        try:
            yield SmallDisk(Path(name))
        finally:
            subprocess.run(["umount", "-l", name], check=True)

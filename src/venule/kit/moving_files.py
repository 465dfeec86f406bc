"""The files of an archive on their way to another home: every byte is looked at on arrival."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import file_digest
from pathlib import Path

from venule.kit.homedir import disk_errors
from venule.kit.keepsakes import carry
from venule.kit.moving_errors import MoveDiffers


def bring(source: Path, target: Path, names: Sequence[str], shown: str) -> None:
    """Bring files into another folder, durably, and compare them; what is there stays.

    shown: what messages call the new home. Raises: MoveDiffers; DiskFull, HomeReadOnly.
    """
    with disk_errors(target):
        target.parent.mkdir(parents=True, exist_ok=True)
        carry(source, target, names)
        for name in names:
            if (source / name).samefile(target / name):
                continue
            expected, seen = (_sha256(folder / name) for folder in (source, target))
            if seen != expected:
                raise MoveDiffers(shown, f"archive file {name}", expected, seen)


def _sha256(path: Path) -> str:
    with open(path, "rb") as file:
        return file_digest(file, "sha256").hexdigest()

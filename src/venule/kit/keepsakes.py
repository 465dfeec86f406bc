"""Files of a home that never change once they are there: `HOME/archive/`.

To the kit they are names and bytes. A file is durable before a commit speaks of it, so whoever
copies the database first, or looks at the names after a commit, has every file that it speaks of.
A copy is a second name of the same file where the file system can do that.
"""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from venule.kit.homedir import fsync_directory

KEEPSAKES_FOLDER: Final = "archive"
UNFINISHED_SUFFIX: Final = ".new"
_CANNOT_LINK: Final = frozenset(
    {errno.EXDEV, errno.EPERM, errno.EACCES, errno.EMLINK, errno.ENOTSUP, errno.ENOSYS}
)


def names_in(folder: Path) -> list[str]:
    """Return the finished files below a folder, by their names relative to it, sorted."""
    return sorted(
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.suffix != UNFINISHED_SUFFIX and path.is_file()
    )


def carry(source: Path, target: Path, names: Iterable[str]) -> int:
    """Bring files of one folder into another, durably; return how many were not there yet.

    Raises: FileNotFoundError if one of them is gone from the source.
    """
    brought = 0
    folders = {target}
    for name in names:
        file = target / name
        if file.exists():
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        folders |= {parent for parent in file.parents if parent.is_relative_to(target)}
        _bring(source / name, file)
        brought += 1
    if brought:
        for folder in sorted(folders, reverse=True):
            fsync_directory(folder)
        fsync_directory(target.parent)
    return brought


def _bring(source: Path, file: Path) -> None:
    try:
        os.link(source, file)
    except OSError as error:
        if error.errno not in _CANNOT_LINK:
            raise
        new = file.with_name(file.name + UNFINISHED_SUFFIX)
        shutil.copyfile(source, new)
        with open(new, "rb") as opened:
            os.fsync(opened.fileno())
        os.rename(new, file)

"""Write the report's files whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from venule.kit.place import is_address
from venule.replay.errors import ReplayOptionWrong, ReportNotWritable
from venule.replay.report import Report

JSON_FILE: Final = "report.json"
PAGE_FILE: Final = "report.html"


def check_directory(report: Path, home: Path | str) -> None:
    """Make sure, before anything else, that a report can be written; leave nothing behind.

    Raises: ReportNotWritable; ReplayOptionWrong if it would lie in the home.
    """
    if not is_address(home):
        inside, outside = report.resolve(), Path(home).resolve()
        if inside == outside or outside in inside.parents:
            raise ReplayOptionWrong("--report", "a directory outside of the home", str(report))
    place = report
    while not place.exists() and place != place.parent:
        place = place.parent
    probe = place / f".probe-{os.getpid()}"
    try:
        probe.open("xb").close()
        probe.unlink()
    except OSError as error:
        raise ReportNotWritable(str(report), error.strerror or str(error)) from error


def write(directory: Path, report: Report, page: str) -> None:
    """Write report.json and report.html, each put in place at once. Raises: ReportNotWritable."""
    encoded = msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n"
    try:
        directory.mkdir(parents=True, exist_ok=True)
        _put(directory / PAGE_FILE, page.encode())
        _put(directory / JSON_FILE, encoded)
    except OSError as error:
        raise ReportNotWritable(str(directory), error.strerror or str(error)) from error


def _put(path: Path, content: bytes) -> None:
    waiting = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with waiting.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        waiting.replace(path)
    except BaseException:
        with suppress(OSError):
            waiting.unlink()
        raise

"""Read the tables of a replay strictly: a file is taken whole, or refused with place and reason."""

from __future__ import annotations

import csv
import gzip
import io
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from venule.kit.errors import (
    BadFile,
    FileColumnsWrong,
    FileEmpty,
    FileRowWrong,
    FileUnreadable,
    shorten,
)
from venule.replay.errors import ReplayDateWrong, ReplayDaysOutOfOrder, ReplayValueWrong

FILE_BYTES_MAX: Final = 64 << 20
_GZIP_MAGIC: Final = b"\x1f\x8b"
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Row:
    """One row of a table, by column, and where it stands."""

    path: str
    line: int
    values: dict[str, str]

    def wrong(self, error: type[BadFile], expected: str, seen: str) -> BadFile:
        """Return an error that names this place."""
        return error(self.path, self.line, expected, seen)

    def whole(self, column: str, low: int, high: int) -> int:
        """Return a whole number from `low` to `high`, in plain digits."""
        text = self.values[column]
        if re.fullmatch(r"-?[0-9]{1,18}", text) and low <= int(text) <= high:
            return int(text)
        expected = f"a whole number from {low} to {high} in column {column}"
        raise self.wrong(ReplayValueWrong, expected, shorten(text))

    def fixed(self, column: str, digits: int, high: int) -> int:
        """Return a decimal of 0 or more with at most `digits` decimals, scaled by 10**digits."""
        text = self.values[column]
        found = re.fullmatch(rf"([0-9]{{1,9}})(?:\.([0-9]{{1,{digits}}}))?", text)
        if found:
            scaled = int(found[1] + (found[2] or "").ljust(digits, "0"))
            if scaled <= high * 10**digits:
                return scaled
        expected = f"a number from 0 to {high} with at most {digits} decimals in column {column}"
        raise self.wrong(ReplayValueWrong, expected, shorten(text))

    def day(self, column: str = "date") -> date:
        """Return a day written YYYY-MM-DD."""
        text = self.values[column]
        try:
            if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
                return date.fromisoformat(text)
        except ValueError:
            pass
        raise self.wrong(ReplayDateWrong, f"a day YYYY-MM-DD in column {column}", shorten(text))

    def next_day(self, last: date | None) -> date:
        """Return the row's day, which must follow `last` at once (None: any day)."""
        day = self.day()
        if last is not None and day != last + _DAY:
            raise self.wrong(ReplayDaysOutOfOrder, f"the day after {last}", str(day))
        return day


def read_rows(path: Path, columns: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of a CSV table with exactly these columns, in any order; gzip is seen through.

    Raises: FileUnreadable, FileColumnsWrong, FileRowWrong, FileEmpty.
    """
    name = str(path)
    reader = csv.reader(io.StringIO(_text(path), newline=""), strict=True)
    try:
        header = next(reader, None)
        if header is None:
            raise FileEmpty(name, 0, "a header and rows", "an empty file")
        _check_header(name, header, columns)
        rows = 0
        for cells in reader:
            if len(cells) != len(header):
                expected = f"{len(header)} values"
                raise FileRowWrong(name, reader.line_num, expected, f"{len(cells)}")
            rows += 1
            yield Row(name, reader.line_num, dict(zip(header, cells, strict=True)))
    except csv.Error as error:
        raise FileRowWrong(name, reader.line_num, "a row of CSV (RFC 4180)", str(error)) from error
    if not rows:
        raise FileEmpty(name, 0, "at least one row below the header", "none")


def _check_header(name: str, header: list[str], columns: Sequence[str]) -> None:
    doubled = sorted({column for column in header if header.count(column) > 1})
    missing = [column for column in columns if column not in header]
    unknown = [column for column in header if column not in columns]
    for what, found in (("double", doubled), ("no", missing), ("an unknown", unknown)):
        if found:
            seen = f"{what} {', '.join(shorten(column) for column in found[:5])}"
            raise FileColumnsWrong(name, 1, f"the columns {', '.join(columns)}", seen)


def _text(path: Path) -> str:
    expected = f"a readable file of UTF-8 text, at most {FILE_BYTES_MAX} bytes"
    try:
        with path.open("rb") as file:
            zipped = file.read(2) == _GZIP_MAGIC
        with gzip.open(path) if zipped else path.open("rb") as stream:
            raw = stream.read(FILE_BYTES_MAX + 1)
    except (OSError, EOFError, zlib.error) as error:
        seen = getattr(error, "strerror", None) or str(error)
        raise FileUnreadable(str(path), 0, expected, seen) from error
    if len(raw) > FILE_BYTES_MAX:
        raise FileUnreadable(str(path), 0, expected, "a longer one")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileUnreadable(str(path), 0, expected, f"byte {error.start} that is not") from error

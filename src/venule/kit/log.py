"""Logging for operators: one line an event, to standard error, without personal data.

What the business must remember is an event or a journal entry, not a log line.
"""

from __future__ import annotations

import logging
import re
import sys
from typing import Final, Literal, TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

PERSONAL_KEYS: Final = frozenset(
    {
        "name", "full_name", "phone", "mobile", "email", "address", "birth_on", "id_number",
        "bank_account", "card_number", "password", "pin", "secret", "token", "device_id",
    }
)  # fmt: skip
# A mobile number has 11 digits, a card 16 to 19, a resident identity number 17 and a check mark.
_LONG_NUMBER: Final = re.compile(r"(?<![0-9])[0-9]{11,}[Xx]?")
HIDDEN: Final = "[hidden]"
LIBRARIES: Final = "venule libraries"
"""What writes the log of those who use `logging`."""


def hide_personal_data(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace values under `PERSONAL_KEYS`, and long numbers in any text, tracebacks included.

    Plain ints stay: amounts and account ids are ours. It is a safety net, not a licence to log.
    """
    return {key: HIDDEN if key in PERSONAL_KEYS else _hide(value) for key, value in event.items()}


def _hide(value: object) -> object:
    if isinstance(value, str):
        return _LONG_NUMBER.sub(HIDDEN, value)
    if isinstance(value, dict):
        return hide_personal_data(None, "", value)
    if isinstance(value, list | tuple | set | frozenset):
        return [_hide(each) for each in value]
    if value is None or isinstance(value, bool | int):
        return value
    return _LONG_NUMBER.sub(HIDDEN, str(value))


def configure(
    style: Literal["json", "console"], level: int = logging.INFO, stream: TextIO | None = None
) -> None:
    """Set up structlog for this process, and what libraries log. Call once, at an entry point.

    style: "json" for machines, "console" for people. level: as in `logging`. stream: by default
    standard error, so that standard output stays for answers.
    """
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if style == "json"
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    ends: list[structlog.typing.Processor] = [
        structlog.processors.format_exc_info,
        hide_personal_data,
        renderer,
    ]
    begins: list[structlog.typing.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, *begins, *ends],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )
    libraries = logging.StreamHandler(stream or sys.stderr)
    libraries.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*begins, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ends],
        )
    )
    libraries.set_name(LIBRARIES)
    root = logging.getLogger()
    for before in [each for each in root.handlers if each.name == LIBRARIES]:
        root.removeHandler(before)
    root.addHandler(libraries)
    root.setLevel(level)

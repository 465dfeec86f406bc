"""What `venule writer` does: write to a home for other processes until told to stop."""

import logging
import signal
from pathlib import Path
from types import FrameType

from venule.app import make_writer
from venule.cli.exits import Exit

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def write(home: str, *, listen: str, announce: str, secret_file: Path | None) -> int:
    """Take turns as the writer until SIGTERM or SIGINT; then end in good order."""
    logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)  # to standard error
    writer = make_writer(home, listen, announce=announce, secret=secret_file)

    def stop(_number: int, _frame: FrameType | None) -> None:
        writer.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        writer.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return Exit.OK

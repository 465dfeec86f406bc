"""What `venule writer` does: write to a home for other processes until told to stop."""

import logging
import os
import signal
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import FrameType
from typing import Any

from venule.app import make_writer
from venule.cli.exits import Exit

LOG_FORMAT = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def write(
    home: str, *, listen: str, announce: str, secret_file: Path | None, config: Path | None
) -> int:
    """Take turns as the writer until SIGTERM or SIGINT; then end in good order.

    config: settings of the service; with it, the work beside the requests is done here.
    """
    if config is None:
        logging.basicConfig(level=logging.INFO, format=LOG_FORMAT)  # to standard error
    beside = nullcontext if config is None else _beside(home, config)
    writer = make_writer(home, listen, announce=announce, secret=secret_file, beside=beside)

    def stop(_number: int, _frame: FrameType | None) -> None:
        writer.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        writer.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return Exit.OK


def _beside(home: str, config: Path) -> Callable[[Any], AbstractContextManager[object]]:
    from venule.cli.serving import set_up_log
    from venule.serving import load_settings, work_beside

    settings = load_settings(config, os.environ, {"home": home, "writer": "here"})
    set_up_log(settings)
    return work_beside(settings)

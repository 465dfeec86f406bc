"""What `venule serve` does: show the settings, serve until told to stop."""

import logging
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from venule.cli.exits import Exit
from venule.cli.show import print_json, print_table
from venule.kit import log
from venule.serving import LogStyle, Settings, load_settings, serve_settings, summary


def set_up_log(settings: Settings) -> None:
    """Log as the settings say, libraries too."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    log.configure("json" if settings.log_style is LogStyle.JSON else "console", level)
    for chatty in ("httpx", "httpcore"):  # they tell addresses that were asked
        logging.getLogger(chatty).setLevel(logging.WARNING)


def serve(config: Path | None, said: Mapping[str, Any], *, check: bool, json: bool) -> int:
    """Serve; TRY_AGAIN if the home is no longer ours, so that somebody begins anew."""
    if config is None and "VENULE_CONFIG" in os.environ:
        config = Path(os.environ["VENULE_CONFIG"])
    settings = load_settings(config, os.environ, said)
    shown = summary(settings)
    if check:
        if json:
            print_json(dict(shown))
        else:
            print_table(("setting", "value"), shown)
        return Exit.OK
    set_up_log(settings)

    def began(address: str) -> None:
        for name, value in shown:
            sys.stderr.write(f"  {name} = {value}\n")
        sys.stderr.write(f"venule: serving at {address}\n")
        sys.stderr.flush()

    told = serve_settings(settings, began=began)
    return Exit.OK if told else Exit.TRY_AGAIN

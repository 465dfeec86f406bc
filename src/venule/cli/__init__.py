"""The command line `venule`: thin commands over the services.

Answers go to standard output, as tables or (`--json`) as one JSON document; errors go to standard
error, one line each. The exit codes are in `venule.cli.exits`.
"""

from venule.cli.main import main

__all__ = ["main"]

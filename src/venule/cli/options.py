"""Options that many commands share."""

from typing import Annotated, Final, TypeAlias

from cyclopts import Parameter

Json: TypeAlias = Annotated[
    bool, Parameter(name="--json", negative="", show_default=False, help="Answer in JSON.")
]
LIMIT: Final = 50

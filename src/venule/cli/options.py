"""Options that many commands share."""

from typing import Annotated, Final, TypeAlias

from cyclopts import Parameter

Json: TypeAlias = Annotated[
    bool, Parameter(name="--json", negative="", show_default=False, help="Answer in JSON.")
]
Place: TypeAlias = str
"""A home: a directory, or the address of a PostgreSQL database."""

LIMIT: Final = 50

"""The command `venule ledger archive`: old journal rows move into compressed files."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from venule.cli.exits import Exit
from venule.cli.options import Json, Place

if TYPE_CHECKING:
    from venule.ledger import Archived

KEEP_TRANSFERS = 8_000_000
SEGMENT_TRANSFERS = 4_000_000


def archive(
    home: Place,
    /,
    *,
    keep_transfers: Annotated[int, Parameter(validator=Number(gte=0))] = KEEP_TRANSFERS,
    segment_transfers: Annotated[int, Parameter(validator=Number(gte=1))] = SEGMENT_TRANSFERS,
    partial: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    json: Json = False,
) -> int:
    """Move old transfers out of the database into compressed, checked files that never change.

    Statements, balances of any day and `venule verify` work on as before; the space in the database
    is used again for new transfers. The files are Parquet, below `archive` in the home: any engine
    can ask them, such as DuckDB with `SELECT sum(amount) FROM 'home/archive/**/*.parquet'`. Do not
    move, change or delete them: they belong to the books.

    The command needs the home for itself; a service calls `venule.ledger.archive_journal` beside
    its work instead. Broken off at any moment, the same command continues.

    For example:

    ```console
    venule ledger archive build/replay-home
    venule ledger archive build/replay-home --keep-transfers 0 --partial
    ```

    Parameters
    ----------
    home
        Directory of the home, or `postgresql://...`.
    keep_transfers
        So many of the newest transfers stay in the database.
    segment_transfers
        Transfers of one file; what does not fill a file stays.
    partial
        Make a last file of what does not fill one.
    """
    from venule.app import open_books
    from venule.ledger import archive_journal

    _check_there(home)
    with open_books(home, readonly=False) as opened:
        made = archive_journal(
            opened,
            keep_transfers=keep_transfers,
            segment_transfers=segment_transfers,
            partial=partial,
            checkpoint=True,
        )
    _show(made, json=json)
    return Exit.OK


def _show(made: "list[Archived]", *, json: bool) -> None:
    from venule.cli.show import print_json, print_line, print_table

    if json:
        rows = [
            {
                "file": it.file,
                "first_seq": it.first_seq,
                "last_seq": it.last_seq,
                "transfers": it.transfers,
                "bytes": it.size,
            }
            for it in made
        ]
        print_json({"files": rows})
    elif not made:
        print_line("nothing to move: all but the newest transfers are archived, or fill no file")
    else:
        print_table(
            ("file", "transfers", "bytes", "bytes each"),
            [(it.file, it.transfers, it.size, it.size // it.transfers) for it in made],
            right=("transfers", "bytes", "bytes each"),
        )


def _check_there(home: Place) -> None:
    """A command that moves rows makes no home. Raises: NotAHome and its like."""
    from venule.kit.homedir import check_format
    from venule.kit.place import is_address
    from venule.kit.sql import open_readonly

    if is_address(home):
        open_readonly(home).close()
    else:
        check_format(Path(home))

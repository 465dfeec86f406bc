"""The commands `venule ledger ...`: look into a book, whoever is writing. They change nothing.

They need only the ledger's own tables, so they also work on a home that has no other rooms. The one
that writes is in `archiving`.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias

from cyclopts import App, Parameter

from venule.cli.archiving import archive
from venule.cli.options import LIMIT, Json, Place

SCAN_MAX: Final = 10_000_000

Flag: TypeAlias = Literal[
    "closed", "debits-must-not-exceed-credits", "credits-must-not-exceed-debits"
]
Switch: TypeAlias = Annotated[bool, Parameter(negative="", show_default=False)]
Flags: TypeAlias = Annotated[tuple[Flag, ...], Parameter(negative="", show_default=False)]
Codes: TypeAlias = Annotated[
    tuple[int, ...], Parameter(name="--code", negative="", show_default=False)
]


@Parameter(name="*")
@dataclass(frozen=True)
class AccountsAsked:
    """Which accounts; the texts are those of the options."""

    codes: Codes = ()
    """Only accounts of this code of the chart of accounts; again for one more."""

    unit: int | None = None
    """Only accounts in this unit: a currency's number (156 is the yuan) or a share class's."""

    owner: str | None = None
    """Only accounts of this owner: a UUID, or 32 hexadecimal digits."""

    flag: Flags = ()
    """Only accounts with this flag; again for one more, then all of them."""

    without: Flags = ()
    """Only accounts without this flag; again for one more, then none of them."""

    balance_minor_min: int | None = None
    """Only accounts with at least so many minor units (fen, cents)."""

    balance_minor_max: int | None = None
    """Only accounts with at most so many minor units."""

    after: int = 0
    """Only accounts with a greater number: the next page."""


@Parameter(name="*")
@dataclass(frozen=True)
class TransfersAsked:
    """Which transfers; the texts are those of the options."""

    account: str | None = None
    """Only transfers of this account, on either side: its number, or the id of its owner."""

    since: str | None = None
    """A day (from its start) or an instant."""

    until: str | None = None
    """A day (to its end) or an instant, exclusive."""

    codes: Codes = ()
    """Only transfers with this code; again for one more."""

    ref: str | None = None
    """Only transfers of this business object: a UUID, or 32 hexadecimal digits."""

    first_seq: int | None = None
    """Only transfers from this sequence number on."""

    last_seq: int | None = None
    """Only transfers up to this sequence number."""

    amount_minor_min: int | None = None
    """Only transfers of at least so many minor units (fen, cents)."""

    amount_minor_max: int | None = None
    """Only transfers of at most so many minor units."""

    before: int | None = None
    """Only transfers with a smaller sequence number: the next page, newest first."""

    after: int | None = None
    """Only transfers with a greater sequence number: the next page, oldest first."""


ANY_ACCOUNT: Final = AccountsAsked()
ANY_TRANSFER: Final = TransfersAsked()

app = App(
    name="ledger",
    help="""Look into the ledger: accounts, transfers, sums, and exports.

All but `archive` only read, also while a writer is at work: each sees the book as it was when the
command began. A day or an instant is China time unless it carries an offset.

For example:

```console
venule ledger accounts build/replay-home --code 2010 --balance-minor-min 100000
venule ledger transfers build/replay-home --account 17 --since 2014-06-01
venule ledger who-paid-whom build/replay-home --by-code
venule ledger export build/replay-home transfers.parquet
```
""",
    help_format="markdown",
    default_parameter=Parameter(negative=""),
)
app.command(archive)


@app.command
def accounts(
    home: Place,
    /,
    *,
    which: AccountsAsked = ANY_ACCOUNT,
    limit: int = LIMIT,
    json: Json = False,
) -> int:
    """Find accounts; show their balances and holds, by number.

    Balances are credits less debits: what a member's account owes the member is positive. The
    command loads all accounts, 64 bytes of memory each.

    For example:

    ```console
    venule ledger accounts build/replay-home --code 2010 --balance-minor-min 100000
    venule ledger accounts build/replay-home --flag closed
    venule ledger accounts build/replay-home --owner 0196f3a2-1c05-7d3e-8c8a-4d6f0f6f7a11
    venule ledger accounts build/replay-home --unit 156 --balance-minor-max=-1 --json
    ```

    Parameters
    ----------
    home
        Directory of the home, or `postgresql://...`.
    limit
        Show at most so many accounts.
    """
    from venule.cli import ledger_answers

    return ledger_answers.accounts(home, which, limit=limit, json=json)


@app.command
def transfers(
    home: Place,
    /,
    *,
    which: TransfersAsked = ANY_TRANSFER,
    oldest_first: Switch = False,
    limit: int = LIMIT,
    scan_max: int = SCAN_MAX,
    json: Json = False,
) -> int:
    """Find transfers by account, time, code, business object, place or amount.

    By account, newest first, the journal's chain is followed: the cost is the rows shown. A time
    is found by the journal's index. Everything else looks at one transfer after the other, at most
    at `--scan-max`; the answer says at how many, and where to go on. Ctrl-C shows what was found
    up to then.

    For example:

    ```console
    venule ledger transfers build/replay-home
    venule ledger transfers build/replay-home --account 17 --since 2014-06-01 --until 2014-06-30
    venule ledger transfers build/replay-home --code 103 --amount-minor-min 100000 --oldest-first
    venule ledger transfers build/replay-home --ref 0196f3a2-1c05-7d3e-8c8a-4d6f0f6f7a11
    venule ledger transfers build/replay-home --before 120345 --limit 1000 --json
    ```

    Parameters
    ----------
    home
        Directory of the home, or `postgresql://...`.
    oldest_first
        Show the oldest first, not the newest.
    limit
        Show at most so many transfers.
    scan_max
        Look at no more than about so many transfers.
    """
    from venule.cli import ledger_answers

    return ledger_answers.transfers(
        home, which, newest_first=not oldest_first, limit=limit, scan_max=scan_max, json=json
    )


@app.command
def transfer(home: Place, seq: int, /, *, scan_max: int = SCAN_MAX, json: Json = False) -> int:
    """Show one transfer in full.

    Both accounts with their balances after it; what it posts, voids or reverses; the linked chain
    that it belongs to; and by what it was itself posted, voided or reversed, as far as the next
    `--scan-max` transfers tell.

    For example:

    ```console
    venule ledger transfer build/replay-home 120345
    venule ledger transfer build/replay-home 120345 --json
    ```

    Parameters
    ----------
    home
        Directory of the home, or `postgresql://...`.
    seq
        Sequence number of the transfer: its place in the journal.
    scan_max
        Look at no more than so many later transfers.
    """
    from venule.cli import ledger_answers

    return ledger_answers.transfer(home, seq, scan_max=scan_max, json=json)


@app.command
def trial_balance(
    home: Place, /, *, at: str | None = None, seq: int | None = None, json: Json = False
) -> int:
    """Show the trial balance now, at an instant, or after a transfer.

    The past costs one pass over the journal up to there. The command loads all accounts, 64 bytes
    of memory each.

    For example:

    ```console
    venule ledger trial-balance build/replay-home
    venule ledger trial-balance build/replay-home --at 2013-12-31
    venule ledger trial-balance build/replay-home --seq 120345 --json
    ```

    Parameters
    ----------
    home
        Directory of the home, or `postgresql://...`.
    at
        As of the end of a day, or of an instant.
    seq
        As of this transfer, inclusive.
    """
    from venule.cli import ledger_answers

    return ledger_answers.trial_balance(home, at=at, seq=seq, json=json)


@app.command
def who_paid_whom(
    home: Place,
    /,
    *,
    since: str | None = None,
    until: str | None = None,
    by_owner: Switch = False,
    by_code: Switch = False,
    limit: int = LIMIT,
    json: Json = False,
) -> int:
    """Sum up who paid whom: the pairs of debited and credited account, the biggest sums first.

    Only money that was posted counts, less what was reversed: holds, their release, and accounts
    opened or closed do not. Sums are exact, and apart for each unit.

    For example:

    ```console
    venule ledger who-paid-whom build/replay-home --since 2014-06-01 --until 2014-06-30
    venule ledger who-paid-whom build/replay-home --by-code
    venule ledger who-paid-whom build/replay-home --by-owner --limit 10 --json
    ```

    Parameters
    ----------
    home
        Directory of the home, or `postgresql://...`.
    since
        A day (from its start) or an instant.
    until
        A day (to its end) or an instant, exclusive.
    by_owner
        Pairs of owners; all accounts without one count as the house.
    by_code
        Pairs of account codes.
    limit
        Show at most so many pairs of each unit.
    """
    from venule.cli import ledger_answers

    return ledger_answers.who_paid_whom(
        home, since=since, until=until, by_owner=by_owner, by_code=by_code, limit=limit, json=json
    )


@app.command
def export(
    home: Place,
    file: Path,
    /,
    *,
    what: Literal["transfers", "accounts"] = "transfers",
    since: str | None = None,
    until: str | None = None,
    json: Json = False,
) -> int:
    """Write transfers or accounts into a Parquet file, for DuckDB, pandas and others.

    Amounts are whole minor units, instants are UTC; what a column means stands in its metadata. The
    file is there whole or not at all; an existing one is never written over. Transfers are streamed
    and need little memory; accounts are loaded, 64 bytes each.

    For example:

    ```console
    venule ledger export build/replay-home transfers.parquet
    venule ledger export build/replay-home june.parquet --since 2014-06-01 --until 2014-06-30
    venule ledger export build/replay-home accounts.parquet --what accounts
    ```

    Parameters
    ----------
    home
        Directory of the home, or `postgresql://...`.
    file
        The file to make.
    what
        Transfers, or accounts as they stand.
    since
        Only transfers from a day (from its start) or an instant on.
    until
        Only transfers up to a day (to its end) or before an instant.
    """
    from venule.cli import ledger_answers

    return ledger_answers.export(home, file, what=what, since=since, until=until, json=json)

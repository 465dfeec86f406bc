"""The commands. Each opens a home, asks, shows the answer, and returns an exit code.

Rooms are imported inside the commands: `venule --help` answers before the ledger is loaded.
"""

import platform
import sqlite3
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Annotated

import msgspec
from cyclopts import App, Parameter

from venule import __version__
from venule.cli.books import app as books
from venule.cli.exits import Exit
from venule.cli.ledger import app as ledger
from venule.cli.options import LIMIT, Json, Place
from venule.cli.sandbox import app as sandbox
from venule.cli.staff import app as staff

app = App(
    name="venule",
    help="Keep books for very many people with very little money, and prove them.",
    version=f"venule {__version__}",
    help_format="markdown",
    default_parameter=Parameter(negative=""),
    suppress_keyboard_interrupt=False,
)


@app.command
def replay(
    *,
    flows: Path | None = None,
    yields: Path | None = None,
    users: Path | None = None,
    calendar: Path | None = None,
    home: Place = "replay-home",
    report: Path = Path("replay-report"),
    seed: int | None = None,
    users_max: int | None = None,
    days_max: int | None = None,
    json: Json = False,
) -> int:
    """Run days of a money-market fund through the wallet, the fund and the ledger.

    The members' purchases, payments and redemptions of each day add up to the day's totals to the
    fen. What no file gives comes with the package: the fund's published yields, a population drawn
    from the seed. Broken off at any moment, the same command continues where it stopped.

    For example:

    ```console
    venule replay --home build/home --report build/report
    venule replay --flows flows.csv --yields yields.csv --users users.csv.gz --calendar days.csv
    venule replay --users-max 500 --days-max 60 --json
    ```

    Parameters
    ----------
    flows
        Daily sums of all users (`daily_flows.csv`).
    yields
        The fund's published income and seven-day yield (`daily_yield.csv`).
    users
        One row a user (`users.csv`, `users.csv.gz`).
    calendar
        Bank days and fund open days (`calendar.csv`).
    home
        Directory for the books, or `postgresql://...`.
    report
        Directory for `report.json` and `report.html`.
    seed
        Draws who does how much.
    users_max
        Only the first so many users; the totals stay what they are.
    days_max
        Only the first so many days.
    """
    from venule.cli import replaying
    from venule.replay import ReplayOptions

    options = ReplayOptions(
        home=home,
        report=report,
        flows=flows,
        yields=yields,
        users=users,
        calendar=calendar,
        users_max=users_max,
        days_max=days_max,
    )
    if seed is not None:
        options = msgspec.structs.replace(options, seed=seed)
    return replaying.replay(options, json=json)


@app.command
def verify(home: Place, /, *, json: Json = False) -> int:
    """Prove the books from the files alone, or name the first fault.

    Checked are the hash chain of the journal, debits = credits in each unit, balances = replay of
    the journal, the chains of the statements, the checkpoints, the fund's register = the ledger,
    and what is owed to clients = their reserve + money in transit.

    For example:

    ```console
    venule verify build/replay-home
    venule verify build/replay-home --json
    ```

    Parameters
    ----------
    home
        Directory of the home, or `postgresql://...`.
    """
    from venule.cli import answers

    return answers.verify(home, json=json)


@app.command
def statement(
    home: Place,
    account: str,
    /,
    *,
    limit: int = LIMIT,
    since: str | None = None,
    until: str | None = None,
    before: int | None = None,
    json: Json = False,
) -> int:
    """Show an account's movements with running balances, newest first.

    For example:

    ```console
    venule statement build/replay-home 17
    venule statement build/replay-home 17 --since 2014-06-01 --until 2014-06-30
    venule statement build/replay-home 17 --before 120345 --json
    ```

    Parameters
    ----------
    home
        Directory of the home, or `postgresql://...`.
    account
        Number of the account, or the id of its owner.
    limit
        Show at most so many movements.
    since
        A day (from its start) or an instant; China time unless it carries an offset.
    until
        A day (to its end) or an instant, exclusive.
    before
        Only movements with a smaller sequence number: the next page.
    """
    from venule.cli import answers

    return answers.statement(
        home, account, limit=limit, since=since, until=until, before=before, json=json
    )


@app.command
def balances(home: Place, /, *, at: str | None = None, json: Json = False) -> int:
    """Show the trial balance: debit and credit balances per unit and account code.

    For example:

    ```console
    venule balances build/replay-home
    venule balances build/replay-home --at 2013-12-31
    venule balances build/replay-home --at 2014-05-14T15:00:00+08:00 --json
    ```

    Parameters
    ----------
    home
        Directory of the home, or `postgresql://...`.
    at
        As of the end of a day, or of an instant; China time unless it carries an offset.
    """
    from venule.cli import answers

    return answers.balances(home, at=at, json=json)


@app.command
def accounts(
    home: Place,
    /,
    *,
    code: int | None = None,
    unit: int | None = None,
    limit: int = LIMIT,
    after: int = 0,
    json: Json = False,
) -> int:
    """List accounts by number, with their balances and holds.

    For example:

    ```console
    venule accounts build/replay-home
    venule accounts build/replay-home --code 2010 --unit 156 --limit 10
    venule accounts build/replay-home --after 50 --json
    ```

    Parameters
    ----------
    home
        Directory of the home, or `postgresql://...`.
    code
        Only accounts of this code of the chart of accounts.
    unit
        Only accounts in this unit: the number of a currency (156 is the yuan) or of a share class.
    limit
        Show at most so many accounts.
    after
        Only accounts with a greater number: the next page.
    """
    from venule.cli import answers

    return answers.accounts(home, code=code, unit=unit, limit=limit, after=after, json=json)


@app.command
def backup(home: Place, file: Path, /, *, json: Json = False) -> int:
    """Copy a home into one file while it may be written to.

    The copy is the state at one commit. An existing file is never written over. Of a home in a
    database all rows are read in one transaction: right for a copy to look at or to take along;
    for every night and for a point in time there is PostgreSQL's own `pg_basebackup`.

    For example:

    ```console
    venule backup build/replay-home replay.backup
    venule backup 'postgresql://venule@db.example/books?schema=venule' books.backup
    ```

    Parameters
    ----------
    home
        Directory of the home, or the address of a database.
    file
        The file to make.
    """
    from venule.cli import answers

    return answers.backup(home, file, json=json)


@app.command
def restore(file: Path, home: Place, /, *, to_seq: int | None = None, json: Json = False) -> int:
    """Make a home from a backup. The place must be vacant.

    With `--to-seq` the books are as they were after that transfer. Such a home has the ledger
    alone, since the rooms' rows are of one moment, the backup's: `venule verify` and
    `venule ledger` work on it, and nobody writes to it.

    For example:

    ```console
    venule restore replay.backup build/restored-home
    venule verify build/restored-home
    venule restore replay.backup build/as-it-was --to-seq 120
    venule ledger trial-balance build/as-it-was
    ```

    Parameters
    ----------
    file
        A file that `venule backup` made.
    home
        Directory to make.
    to_seq
        The last transfer that the books shall have; the backup's last one restores all of it.
    """
    from venule.cli import answers
    from venule.cli.inputs import parse_directory

    instead = "restore to a directory, then `venule move` it"
    return answers.restore(file, parse_directory(home, "restore", instead), to_seq, json=json)


@app.command
def accept(
    home: Place,
    /,
    *,
    yes: Annotated[bool, Parameter(negative="", show_default=False)] = False,
    json: Json = False,
) -> int:
    """Say what a home that is refused has lost, and go on without it.

    A home is refused when its directory has seen more than its files hold: an older copy was put in
    its place, or its log was cut or taken away. The way out is the right file, or a backup. Where
    there is neither, this command shows from which transfer to which all is lost, and with `--yes`
    lets the home open as it stands. The commands of that time are forgotten with their idempotency
    keys: a client that repeats one has it done again.

    Nothing is deleted: what was in the way is moved to `set-aside` in the home, and the home's
    events tell of it (`home.accepted`). Damage, and files of another home, are not accepted. Broken
    off at any moment, the same command finishes.

    For example:

    ```console
    venule accept build/replay-home
    venule accept build/replay-home --yes
    venule verify build/replay-home
    ```

    Parameters
    ----------
    home
        Directory of the home.
    yes
        Do it. Without this the command only tells.
    """
    from venule.cli import accepting
    from venule.cli.inputs import parse_directory

    instead = "a database that was restored opens as it is"
    return accepting.accept(parse_directory(home, "accept", instead), yes=yes, json=json)


@app.command
def move(source: Place, target: Place, /, *, json: Json = False) -> int:
    """Move a home to another place: from a directory to a PostgreSQL database, back, or on.

    The old home is held for the whole time: stop its writer before. Every row is read back and
    compared, the books are proven at the new place, and then the old home takes no writer any
    more: it says where it has gone, and can still be looked at. Until that moment it is the home.
    Broken off at any moment, the same command continues; if the old home was written to meanwhile,
    it begins anew.

    The new place must be vacant: nothing, an empty directory, a schema without tables. Files of the
    archive go along; a database needs `&folder=/a/folder` for them.

    For example:

    ```console
    venule move build/replay-home 'postgresql://venule@db.example/books?schema=venule'
    venule move 'postgresql://venule@db.example/books' build/home-again --json
    ```

    Parameters
    ----------
    source
        The home: a directory, or the address of a database.
    target
        Where it goes: a directory, or the address of a database.
    """
    from venule.cli import moving

    return moving.move(source, target, json=json)


@app.command
def writer(
    home: Place,
    /,
    *,
    listen: str = "",
    announce: str = "",
    secret_file: Path | None = None,
    config: Path | None = None,
) -> int:
    """Write to a home for other processes, whenever it is this one's turn.

    Run it twice or more for the same home: one process is the writer, the others wait and one of
    them takes over within seconds when it ends. SIGTERM ends it in good order: what was taken is
    answered, and the next one need not wait. What happens is told on standard error.

    For example:

    ```console
    venule writer build/replay-home
    venule writer postgresql://venule@db/books --listen tcp:10.0.0.7:7001 --secret-file relay.key
    ```

    Parameters
    ----------
    home
        Directory of the home, or its address `postgresql://...`.
    listen
        Where to take commands: `tcp:HOST:PORT` or `unix:PATH`. If not said, a socket in the home's
        directory; of an address, any free port for processes of this machine alone.
    announce
        What to tell others instead, if they reach this machine by another name.
    secret_file
        32 to 64 random bytes that writers and askers share, in a file for its owner alone. If not
        said, `relay-secret` in the home's directory, which is made.
    config
        Settings of `venule serve`: with them, whoever writes also does the work beside the
        requests: jobs, deadlines, webhooks, notifications.
    """
    from venule.cli import writing

    return writing.write(
        home, listen=listen, announce=announce, secret_file=secret_file, config=config
    )


@app.command
def serve(
    home: str | None = None,
    /,
    *,
    listen: str | None = None,
    config: Path | None = None,
    public_url: str | None = None,
    writer: str | None = None,
    rail: str | None = None,
    sandboxes: str | None = None,
    check: bool = False,
    json: Json = False,
) -> int:
    """Serve a home over HTTP: for members, staff and partners.

    Of a directory, this process is the writer. Of a database, any number of these processes stand
    before a `venule writer`; with `--writer here` this one is it. Every setting can be in a file
    (`--config`, TOML) or in the environment (`VENULE_LISTEN=...`); what the command line says wins.
    SIGTERM ends it in good order: what was taken is answered, nothing new is taken.

    For example:

    ```console
    venule serve build/house
    venule serve build/house --listen 0.0.0.0:8080 --public-url https://pay.example
    venule serve build/house --sandboxes build/sandboxes
    venule serve --config /etc/venule.toml --check
    ```

    Parameters
    ----------
    home
        Directory of the home, which is made if nothing is there, or its address `postgresql://...`.
    listen
        `HOST:PORT`; `127.0.0.1:8080` if not said. Port 0: any that is free.
    config
        A file of settings.
    public_url
        What callers see, if something stands in front.
    writer
        Which process writes: `here`, `elsewhere`, or `auto`.
    rail
        The way to the bank: `none`, or `simulator`.
    sandboxes
        Directory of sandboxes that partners make for themselves, at `/sandbox/sign-up`.
    check
        Only show the settings, or what is wrong with them.
    """
    from venule.cli import serving

    said = {"home": home, "listen": listen, "public_url": public_url}
    said |= {"writer": writer, "rail": rail, "sandboxes": sandboxes}
    return serving.serve(config, said, check=check, json=json)


@app.command
def version(*, json: Json = False) -> int:
    """Show the versions of Venule and of what it stands on.

    For example:

    ```console
    venule version
    venule version --json
    ```
    """
    from venule.cli.show import print_json, print_line

    versions = {
        "venule": __version__,
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "psycopg": version_of("psycopg"),
        "numpy": version_of("numpy"),
        "numba": version_of("numba"),
    }
    if json:
        print_json(versions)
    else:
        for name, number in versions.items():
            print_line(f"{name} {number}")
    return Exit.OK


app.command(ledger)
app.command(books)
app.command(staff)
app.command(sandbox)

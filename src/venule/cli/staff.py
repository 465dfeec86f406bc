"""The commands `venule staff ...`: the first of the staff, and the way back when locked out."""

from typing import Annotated

from cyclopts import App, Parameter

from venule.cli.options import Json, Place

app = App(
    name="staff",
    help="""Name the first of the staff; later ones are added by two of them, through the service.

Whoever may write to the home's files may use these commands: they need nobody's approval, and each
leaves a line in the log of authentication.

For example:

```console
venule staff found build/house --add 'Desk 1:desk1:operator' --add 'Desk 2:desk2:operator,risk'
venule staff list build/house
venule staff code build/house desk1
```
""",
    help_format="markdown",
    default_parameter=Parameter(negative=""),
)

Adds = Annotated[tuple[str, ...], Parameter(name="--add", negative="", show_default=False)]


@app.command
def found(home: Place, /, *, add: Adds = (), json: Json = False) -> int:
    """Name the first of the staff of a house that has none, and print each one's enrolment code.

    At least two must be able to add others, so that one proposes and another one checks. A code is
    shown once, serves once, and is void after 72 hours.

    For example:

    ```console
    venule staff found build/house --add 'Desk 1:desk1:operator' --add 'Desk 2:desk2:operator'
    ```

    Parameters
    ----------
    home
        Directory of the home, or `postgresql://...`. No service may be writing to it.
    add
        `NAME:LOGIN:ROLE[,ROLE...]`, once for each. Roles: operator, finance, support, risk,
        auditor, regulator_reader.
    """
    from venule.cli import staff_answers

    return staff_answers.found(home, add, json=json)


@app.command(name="list")
def list_(home: Place, /, *, json: Json = False) -> int:
    """Show the staff, their roles, and the state of their logins.

    For example:

    ```console
    venule staff list build/house
    ```

    Parameters
    ----------
    home
        Directory of the home, or `postgresql://...`; it may be written to meanwhile.
    """
    from venule.cli import staff_answers

    return staff_answers.show(home, json=json)


@app.command
def code(home: Place, login: str, /, *, reset: str | None = None, json: Json = False) -> int:
    """Print a new enrolment code for one of the staff; the one before is void.

    A login that has credentials keeps them unless it is reset, which is for when nobody else can
    do it: then its passkeys, password and sessions are gone.

    For example:

    ```console
    venule staff code build/house desk1
    venule staff code build/house desk1 --reset 'lost the only key'
    ```

    Parameters
    ----------
    home
        Directory of the home, or `postgresql://...`. No service may be writing to it.
    login
        The login's name.
    reset
        Take all credentials away first; the text says why.
    """
    from venule.cli import staff_answers

    return staff_answers.code(home, login, reset=reset, json=json)

"""The commands `venule books ...`: a house of several books. ROOT is where it is kept."""

from typing import Annotated

from cyclopts import App, Parameter
from cyclopts.validators import Number

from venule.cli.options import LIMIT, Json

app = App(
    name="books",
    help="""Keep a house of several books: who is where, payments between them, their totals.

`list`, `where`, `payments` and `totals` only read, also while writers are at work.

For example:

```console
venule books init build/house --books 4
venule books serve build/house 1
venule books totals build/house
venule books reconcile build/house 2020-03-02
```
""",
    help_format="markdown",
    default_parameter=Parameter(negative=""),
)

Names = Annotated[tuple[str, ...], Parameter(negative="", show_default=False)]


@app.command
def init(
    root: str, /, *, books: Annotated[int, Parameter(validator=Number(gte=1, lte=256))] = 2
) -> int:
    """Make a house of books: a directory, and books that share all slots evenly.

    A member's slot is the last 16 bits of the id; a book gives its members ids in its own slots.

    For example:

    ```console
    venule books init build/house --books 4
    ```

    Parameters
    ----------
    root
        A directory, or the address of a PostgreSQL database.
    books
        So many books to begin with.
    """
    from venule.cli import books_answers

    return books_answers.init(root, books)


@app.command
def add(
    root: str,
    name: str,
    /,
    *,
    first_slot: int,
    last_slot: int,
    institution: Names = (),
    json: Json = False,
) -> int:
    """Take another book into the house, with slots that no book has yet.

    For example:

    ```console
    venule books add build/house county-bank --first-slot 0 --last-slot 99 --institution county
    ```

    Parameters
    ----------
    root
        Where the house is kept.
    name
        What people call the book.
    first_slot
        The first of its slots.
    last_slot
        The last of them.
    institution
        Whose new members go into it; again for one more.
    """
    from venule.cli import books_answers

    return books_answers.add(root, name, (first_slot, last_slot), institution, json=json)


@app.command(name="list")
def list_(root: str, /, *, json: Json = False) -> int:
    """Show the directory: the books, their slots, their institutions, where their writers listen.

    For example:

    ```console
    venule books list build/house
    ```

    Parameters
    ----------
    root
        Where the house is kept.
    """
    from venule.cli import books_answers

    return books_answers.list_books(root, json=json)


@app.command
def where(root: str, member: str, /, *, json: Json = False) -> int:
    """Say which book a member is in, or the new members of an institution go into.

    For example:

    ```console
    venule books where build/house 01709a6e-0c00-7000-8000-00000000beef
    venule books where build/house county
    ```

    Parameters
    ----------
    root
        Where the house is kept.
    member
        A member's id (any id that a book has made will do), or an institution.
    """
    from venule.cli import books_answers

    return books_answers.where(root, member, json=json)


@app.command
def serve(root: str, book: int, /, *, endpoint: str = "tcp:127.0.0.1:0") -> int:
    """Be the writer of a book: take commands of other processes, carry its payments to other books.

    It ends with the signal to terminate, after what was taken is answered.

    For example:

    ```console
    venule books serve build/house 1
    venule books serve build/house 2 --endpoint unix:book-2.socket
    ```

    Parameters
    ----------
    root
        Where the house is kept.
    book
        The book's number.
    endpoint
        Where to listen: unix:PATH or tcp:HOST:PORT; port 0 lets the system choose.
    """
    from venule.cli import books_answers

    return books_answers.serve(root, book, endpoint)


@app.command
def payments(
    root: str,
    book: int,
    /,
    *,
    state: str | None = None,
    limit: int = LIMIT,
    json: Json = False,
) -> int:
    """Show a book's payments to other books, the newest first.

    For example:

    ```console
    venule books payments build/house 1
    venule books payments build/house 1 --state held
    ```

    Parameters
    ----------
    root
        Where the house is kept.
    book
        The paying book's number.
    state
        Only those held, settled, returned or cancelled.
    limit
        At most so many.
    """
    from venule.cli import books_answers

    return books_answers.list_payments(root, book, state, limit, json=json)


@app.command
def dead(root: str, book: int, /, *, revive: Names = (), json: Json = False) -> int:
    """Show what a book has given up telling other books; revive what is to be told again.

    For example:

    ```console
    venule books dead build/house 1
    venule books dead build/house 1 --revive 01709a6e-0c00-7000-8000-00000000beef
    ```

    Parameters
    ----------
    root
        Where the house is kept.
    book
        The paying book's number.
    revive
        The id of a job that gave up; again for one more.
    """
    from venule.cli import books_answers

    return books_answers.dead(root, book, revive, json=json)


@app.command
def totals(root: str, /, *, json: Json = False) -> int:
    """Sum up all books at one consistent cut, while their writers go on; REFUSED if a fen is
    missing.

    A payment that is under way (received in one book, not yet posted in the other) counts once.

    For example:

    ```console
    venule books totals build/house
    ```

    Parameters
    ----------
    root
        Where the house is kept.
    """
    from venule.cli import books_answers

    return books_answers.totals(root, json=json)


@app.command
def reconcile(root: str, on: str, /, *, json: Json = False) -> int:
    """Close a day between the books: compare each pair's clearing accounts, item by item.

    Broken off at any moment, the same command goes on; done again, it changes nothing. REFUSED if a
    pair has a difference that payments under way do not explain.

    For example:

    ```console
    venule books reconcile build/house 2020-03-02
    ```

    Parameters
    ----------
    root
        Where the house is kept.
    on
        A day of China that is over.
    """
    from venule.cli import books_answers

    return books_answers.reconcile(root, on, json=json)


@app.command
def explain(root: str, book: int, peer: int, on: str, note: str, /, *, json: Json = False) -> int:
    """Note why a pair of books did not balance on a day. What was found stays.

    For example:

    ```console
    venule books explain build/house 1 2 2020-03-02 "restored from a backup, see case 17"
    ```

    Parameters
    ----------
    root
        Where the house is kept.
    book
        The book that keeps the note.
    peer
        The other book of the pair.
    on
        The day.
    note
        What an operator has found out.
    """
    from venule.cli import books_answers

    return books_answers.explain(root, (book, peer), on, note, json=json)

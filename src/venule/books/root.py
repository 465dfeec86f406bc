"""Where a house of books is kept: a root place, with a home for the directory and one for each
book.

A directory: `directory/`, `book-0001/`, `book-0002/`, ... Each is an ordinary home with a lock and
a writer of its own. A PostgreSQL address: the directory in its schema (`venule` if it names none),
each book in one of its own, `venule_b0001`, ...; with `folder=`, what is kept in files lies there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from venule.books import rules
from venule.books.directory import add_book, directory, set_endpoint
from venule.books.errors import HouseOfBooksExists, PlaceMalformed
from venule.books.ids import BookIds
from venule.books.model import AddBook, BookEntry, BookNumber, Directory, SetEndpoint
from venule.kit.home import Home
from venule.kit.homedir import fsync_directory, write_file
from venule.kit.ids import Ids, SystemIds
from venule.kit.place import is_address, shown
from venule.kit.relay import make_secret, read_secret
from venule.kit.time import Clock, SystemClock
from venule.ledger import Tx

SCHEMA: Final = "venule"
SECRET_FILE: Final = "secret"  # noqa: S105  the name of the file
ENDPOINT_BYTES_MAX: Final = 4_096
PATIENCE_US: Final = 30_000_000
"""How long to wait for another writer of a home in a database to end."""


class OpenHome(Protocol):
    """Opens a home of all rooms: `venule.app.open_home`."""

    def __call__(
        self,
        place: Path | str,
        *,
        readonly: bool = False,
        clock: Clock | None = None,
        ids: Ids | None = None,
        book: int | None = None,
        patience_us: int = 0,
    ) -> Home[Tx]: ...


def directory_place(root: str) -> str:
    """Return where a house's directory is kept. Raises: PlaceMalformed."""
    return _place(root, "directory", "")


def book_place(root: str, number: int) -> str:
    """Return where a book is kept. Raises: PlaceMalformed, BookNumberOutOfRange."""
    rules.check_number(number)
    return _place(root, f"book-{number:04}", f"_b{number:04}")


def _place(root: str, name: str, suffix: str) -> str:
    """Return the place of one home of a house: by its name as a folder, or as a schema."""
    if not is_address(root):
        return str(_folder(root).joinpath(name))
    parts = urlsplit(root)
    query = dict(parse_qsl(parts.query))
    schema = query.pop("schema", SCHEMA)
    if "folder" in query:
        query["folder"] = str(Path(query["folder"]).joinpath(name))
    query["schema"] = schema + suffix
    return urlunsplit(parts._replace(query=urlencode(query)))


def _folder(root: str) -> Path:
    if not root or "://" in root:
        raise PlaceMalformed(root.partition("://")[0])  # what follows may hold a password
    return Path(root)


class Root:
    """A house of books at its place."""

    def __init__(self, root: str, open_home: OpenHome, clock: Clock | None = None) -> None:
        """Raises: PlaceMalformed."""
        self.root = root
        self.place = directory_place(root)
        self.clock = SystemClock() if clock is None else clock
        self._open_home = open_home

    def create(self) -> None:
        """Make an empty house. Raises: HouseOfBooksExists, and as opening a home does."""
        with self._open_home(self.place, clock=self.clock) as home:
            known = home.read(directory)
        if known.version:
            raise HouseOfBooksExists(shown(self.root))
        self._beside().mkdir(parents=True, exist_ok=True)
        make_secret(self.secret_file())

    def open_directory(self, *, readonly: bool = False) -> Home[Tx]:
        """Open the directory's home. Raises: as opening a home does."""
        return self._open_home(self.place, readonly=readonly, clock=self.clock)

    def directory(self) -> Directory:
        """Return the directory as it stands. Raises: as opening a home does."""
        with self.open_directory(readonly=True) as home:
            return home.read(directory)

    def add(self, command: AddBook) -> BookEntry:
        """Take a book into the directory, and make its home. Raises: as `add_book`."""
        with self.open_directory() as home:
            entry = home.run(add_book, command)
        self.open_book(entry.number).close()
        return entry

    def open_book(self, number: int, *, readonly: bool = False, patience_us: int = 0) -> Home[Tx]:
        """Open a book; its ids are in its slots.

        patience_us: how long to wait for another writer of a database to end.
        Raises: BookUnknown, as opening a home does.
        """
        known = self.directory()
        rules.book_entry(known, number)
        place = book_place(self.root, number)
        if readonly:
            return self._open_home(place, readonly=True, clock=self.clock, book=number)
        slots = next(each for each in known.ranges if each.book == number)
        ids = BookIds(SystemIds(self.clock), slots.first, slots.last)
        return self._open_home(
            place, clock=self.clock, ids=ids, book=number, patience_us=patience_us
        )

    # Where writers listen

    def secret_file(self) -> Path:
        """Return the file with the secret that writers and askers of this house share."""
        return self._beside().joinpath(SECRET_FILE)

    def secret(self) -> bytes:
        """Return that secret. Raises: RelaySecretUnfit."""
        return read_secret(self.secret_file())

    def keep_endpoint(self, number: int, endpoint: str) -> None:
        """Write down where a book's writer listens: beside its home, for askers on this machine; in
        the directory, if that is in a database."""
        if is_address(self.root):
            said = SetEndpoint(BookNumber(number), endpoint)
            with self._open_home(self.place, clock=self.clock, patience_us=PATIENCE_US) as home:
                home.run(set_endpoint, said)
            return
        file = self._endpoint_file(number)
        new = file.with_name(f".{file.name}.new")
        new.unlink(missing_ok=True)
        write_file(new, endpoint.encode())
        new.replace(file)
        fsync_directory(file.parent)

    def find_endpoint(self, number: int) -> str | None:
        """Return where a book's writer listens: as the directory says, or as it wrote itself."""
        said = rules.book_entry(self.directory(), number).endpoint
        if said:
            return said
        file = self._endpoint_file(number)
        if is_address(self.root) or not file.exists():
            return None
        with open(file, "rb") as opened:
            return opened.read(ENDPOINT_BYTES_MAX).decode()

    def _endpoint_file(self, number: int) -> Path:
        return self._beside().joinpath(f"book-{number:04}.endpoint")

    def _beside(self) -> Path:
        """Return the directory of what is not in a home; of an address the `folder` that it names,
        or the working directory."""
        if not is_address(self.root):
            return _folder(self.root)
        return Path(dict(parse_qsl(urlsplit(self.root).query)).get("folder", "."))

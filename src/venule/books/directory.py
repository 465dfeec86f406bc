"""The directory: which book a member is in. Its home is one of its own."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock

from venule.books import directory_store as store
from venule.books import rules
from venule.books.errors import (
    BookNameTaken,
    InstitutionTaken,
    RangeNotMovable,
    SlotsTaken,
    SlotUnassigned,
)
from venule.books.model import (
    NAME_CHARS_MAX,
    AddBook,
    BookEntry,
    BookNumber,
    Directory,
    MoveRange,
    SetEndpoint,
    SlotRange,
)
from venule.ledger import Tx
from venule.members import MemberId, check_text


def directory(tx: Tx) -> Directory:
    """Return the directory as it stands."""
    return store.load_directory(tx.sql)


def add_book(tx: Tx, command: AddBook) -> BookEntry:
    """Take a new book into the directory, under the next number.

    Raises: TextMalformed, SlotsOutOfRange, BookNameTaken, SlotsTaken, InstitutionTaken,
    BookNumberOutOfRange.
    """
    check_text("name", command.name, NAME_CHARS_MAX)
    for institution in command.institutions:
        check_text("institution", institution, NAME_CHARS_MAX)
    rules.check_slots(command.first_slot, command.last_slot)
    known = directory(tx)
    for entry in known.books:
        if entry.name == command.name:
            raise BookNameTaken(command.name, entry.number)
    for each in known.ranges:
        if each.first <= command.last_slot and command.first_slot <= each.last:
            raise SlotsTaken(each.first, each.last, each.book)
    for institution in command.institutions:
        if institution in known.institutions:
            raise InstitutionTaken(institution, known.institutions[institution])
    number = BookNumber(max((entry.number for entry in known.books), default=0) + 1)
    rules.check_number(number)
    entry = BookEntry(number, command.name, "", tx.now)
    store.insert_book(tx.sql, entry)
    store.insert_range(tx.sql, SlotRange(command.first_slot, command.last_slot, number))
    for institution in dict.fromkeys(command.institutions):
        store.insert_institution(tx.sql, institution, number)
    store.save_version(tx.sql, known.version + 1)
    tx.emit("books.added", number.to_bytes(16, "big"), entry)
    return entry


def set_endpoint(tx: Tx, command: SetEndpoint) -> Directory:
    """Say where a book's writer listens; the same again changes nothing. Raises: BookUnknown."""
    known = directory(tx)
    if rules.book_entry(known, command.book).endpoint != command.endpoint:
        store.save_endpoint(tx.sql, command.book, command.endpoint)
        store.save_version(tx.sql, known.version + 1)
    return directory(tx)


def move_range(tx: Tx, command: MoveRange) -> Directory:
    """Refuse to give slots to another book: their members would have to move with them.

    Slots without a book go to a new one by `add_book`. Raises: SlotsOutOfRange, BookUnknown,
    RangeNotMovable.
    """
    rules.check_slots(command.first_slot, command.last_slot)
    known = directory(tx)
    rules.book_entry(known, command.book)
    for each in known.ranges:
        if each.first <= command.last_slot and command.first_slot <= each.last:
            raise RangeNotMovable(each.first, each.last, each.book)
    raise RangeNotMovable(command.first_slot, command.last_slot, 0)


class KnownDirectory:
    """A copy of the directory in a process, read again when it does not know an answer.

    Slots never move, so an old version is never wrong: it can only lack what is new.
    """

    def __init__(self, read: Callable[[], Directory]) -> None:
        self._read = read
        self._gate = Lock()
        self._copy = read()

    @property
    def copy(self) -> Directory:
        """The directory as it was last read."""
        return self._copy

    def renew(self) -> Directory:
        """Read the directory again."""
        with self._gate:
            found = self._read()
            if found.version > self._copy.version:
                self._copy = found
            return self._copy

    def where(self, member_id: MemberId) -> BookNumber:
        """Return the book that a member is in. Raises: SlotUnassigned."""
        try:
            return rules.where(self._copy, member_id)
        except SlotUnassigned:
            return rules.where(self.renew(), member_id)

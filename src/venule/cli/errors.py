"""What a command line may get wrong beyond its shape.

BadInput 422
|-- InstantMalformed      `--at`, `--since`, `--until`
|-- AccountMalformed      neither a number nor an owner's id
|-- ReferenceMalformed    `--ref`, `--owner`
|-- PlaceIsAddress        a command for directories, given a database
|-- OptionsConflict       two options that say different things
|-- LimitOutOfRange       `--limit`, `--scan-max`
|-- OrderNotNamed         `--trade-no`, `--token`
|-- StateUnknown          `--state`
`-- StaffMalformed        `--add` of `staff found`
NotFound 404
`-- AccountUnknown
Conflict 409
`-- AccountAmbiguous      an owner of several accounts
Refused 409
`-- SandboxRefused        what its API has said
Unavailable 503
`-- SandboxUnreachable    `--at`
"""

from dataclasses import dataclass

from venule.kit.errors import BadInput, Conflict, NotFound, Refused, Unavailable, shorten


@dataclass(eq=False)
class InstantMalformed(BadInput):
    """Text that is neither a day nor an instant."""

    option: str
    seen: str
    slug = "instant-malformed"

    @property
    def message(self) -> str:
        return (
            f"{self.option}: expected a day such as 2014-06-30 or an instant such as "
            f"2014-06-30T15:00:00+08:00, seen {shorten(self.seen)}"
        )


@dataclass(eq=False)
class AccountMalformed(BadInput):
    """Text that names no account."""

    seen: str
    slug = "account-malformed"

    @property
    def message(self) -> str:
        return f"expected an account's number or its owner's id (a UUID), seen {shorten(self.seen)}"


@dataclass(eq=False)
class ReferenceMalformed(BadInput):
    """Text that is no 16 bytes."""

    option: str
    seen: str
    slug = "reference-malformed"

    @property
    def message(self) -> str:
        return f"{self.option}: expected a UUID or 32 hexadecimal digits, seen {shorten(self.seen)}"


@dataclass(eq=False)
class OptionsConflict(BadInput):
    """Two options that do not go together."""

    option: str
    other: str
    slug = "options-conflict"

    @property
    def message(self) -> str:
        return f"expected either {self.option} or {self.other}, seen both"


class OrderNotNamed(BadInput):
    """An order is named in one way."""

    slug = "order-not-named"

    @property
    def message(self) -> str:
        return (
            "expected one of --trade-no, --token, or --app-id with --out-trade-no, "
            "seen none or several"
        )


@dataclass(eq=False)
class SandboxRefused(Refused):
    """The sandbox has refused it. code: the name of its error."""

    answered: int
    code: str
    said: str
    slug = "sandbox-refused"

    @property
    def message(self) -> str:
        return f"expected it to be done, seen {self.answered} {self.code}: {self.said}"


@dataclass(eq=False)
class SandboxUnreachable(Unavailable):
    """No sandbox answers at the address."""

    address: str
    seen: str
    slug = "sandbox-unreachable"

    @property
    def message(self) -> str:
        return f"expected a sandbox at {shorten(self.address)}, seen {self.seen}"


@dataclass(eq=False)
class AccountUnknown(NotFound):
    """The home has no such account."""

    seen: str
    accounts: int
    slug = "account-unknown"

    @property
    def message(self) -> str:
        return (
            f"expected one of the {self.accounts} accounts of this home, seen {shorten(self.seen)}"
        )


@dataclass(eq=False)
class AccountAmbiguous(Conflict):
    """The owner has several accounts; `accounts` holds the first of their numbers."""

    owner: str
    accounts: list[int]
    slug = "account-ambiguous"

    @property
    def message(self) -> str:
        numbers = ", ".join(map(str, self.accounts))
        return f"expected an owner of one account, seen {self.owner} with accounts {numbers}"


@dataclass(eq=False)
class LimitOutOfRange(BadInput):
    """A number of lines that no page has."""

    seen: int
    limit_max: int
    option: str = "--limit"
    slug = "limit-out-of-range"

    @property
    def message(self) -> str:
        return f"{self.option}: expected 1 to {self.limit_max}, seen {self.seen}"


@dataclass(eq=False)
class StateUnknown(BadInput):
    """Text that is no state of a payment."""

    seen: str
    expected: list[str]
    slug = "state-unknown"

    @property
    def message(self) -> str:
        return f"--state: expected one of {', '.join(self.expected)}, seen {shorten(self.seen)}"


@dataclass(eq=False)
class PlaceIsAddress(BadInput):
    """The command is for a home in a directory; a database has other means."""

    command: str
    instead: str
    slug = "place-is-address"

    @property
    def message(self) -> str:
        return (
            f"venule {self.command}: expected a directory, seen the address of a database: "
            f"{self.instead}"
        )


@dataclass(eq=False)
class StaffMalformed(BadInput):
    """Text that does not name somebody for the staff, or a role that there is none of."""

    seen: str
    slug = "staff-malformed"

    @property
    def message(self) -> str:
        return (
            "--add: expected NAME:LOGIN:ROLE[,ROLE...] with roles operator, finance, support, "
            f"risk, auditor or regulator_reader, seen {shorten(self.seen)}"
        )

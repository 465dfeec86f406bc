"""What can go wrong between a merchant's SDK and us.

AppError
|-- BadInput
|   `-- GatewayRefused, the protocol's own codes; WireFieldWrong
|-- NotFound
|   `-- GatewayAppUnknown, WireUserUnknown, WireOrderUnknown, NoticeUnknown
|-- Conflict
|   `-- WireRequestReused      a number that was used for something else
`-- Refused
    `-- GatewayNotSetUp, PaymentCodeInvalid, NotInSandbox, GrantInvalid, WireUserDiffers,
        KeyUnfit

What rooms below raise is translated for the wire in `codes.py`.
"""

from __future__ import annotations

from dataclasses import dataclass

from venule.kit.errors import BadInput, Conflict, NotFound, Refused, shorten


@dataclass(eq=False)
class GatewayRefused(BadInput):
    """A request is answered with a code of the protocol; `code` and `sub_code` are the wire's."""

    code: str
    sub_code: str
    detail: str
    slug = "gateway-refused"

    @property
    def message(self) -> str:
        return f"{self.sub_code}: {self.detail}"


@dataclass(eq=False)
class KeyUnfit(Refused):
    """A public key is not RSA, or has fewer bits than it must have."""

    expected: str
    seen: str
    slug = "key-unfit"

    @property
    def message(self) -> str:
        return f"expected {self.expected}, seen {shorten(self.seen)}"


@dataclass(eq=False)
class GatewayAppUnknown(NotFound):
    """No application has this number."""

    app_id: str
    slug = "gateway-app-unknown"

    @property
    def message(self) -> str:
        return f"expected the number of an application, seen {shorten(self.app_id)}"


@dataclass(eq=False)
class WireUserUnknown(NotFound):
    """No member is known to the gateway by this number or name."""

    seen: str
    slug = "wire-user-unknown"

    @property
    def message(self) -> str:
        return f"expected a user number or login, seen {shorten(self.seen)}"


@dataclass(eq=False)
class WireUserDiffers(Refused):
    """A user's name is not the one that the merchant gave."""

    seen: str
    slug = "wire-user-differs"

    @property
    def message(self) -> str:
        return f"expected the name of the user, seen {shorten(self.seen)}"


@dataclass(eq=False)
class WireOrderUnknown(NotFound):
    """An application has no order, transfer or operation of this number."""

    what: str
    seen: str
    slug = "wire-order-unknown"

    @property
    def message(self) -> str:
        return f"expected the number of a {self.what}, seen {shorten(self.seen)}"


@dataclass(eq=False)
class NoticeUnknown(NotFound):
    """No notification has this id."""

    seen: str
    slug = "notice-unknown"

    @property
    def message(self) -> str:
        return f"expected the id of a notification, seen {shorten(self.seen)}"


@dataclass(eq=False)
class WireRequestReused(Conflict):
    """A number of the merchant's was used for something else."""

    what: str
    number: str
    field: str
    slug = "wire-request-reused"

    @property
    def message(self) -> str:
        return (
            f"{self.what} {shorten(self.number)}: expected the first request again, "
            f"seen another {self.field}"
        )


@dataclass(eq=False)
class WireFieldWrong(BadInput):
    """A field of a request does not have the form that the protocol gives it."""

    field: str
    expected: str
    seen: str
    slug = "wire-field-wrong"

    @property
    def message(self) -> str:
        return f"{self.field}: expected {self.expected}, seen {shorten(self.seen)}"


class GatewayNotSetUp(Refused):
    """The gateway has no key of its own yet."""

    slug = "gateway-not-set-up"

    @property
    def message(self) -> str:
        return "expected a gateway with a key of its own, seen none"


@dataclass(eq=False)
class PaymentCodeInvalid(Refused):
    """A payment code is unknown, used, or too old."""

    seen: str
    slug = "payment-code-invalid"

    @property
    def message(self) -> str:
        return f"expected a payment code that is fresh and not used, seen one that is {self.seen}"


class NotInSandbox(Refused):
    """The buyer's side can be played in a sandbox alone."""

    slug = "not-in-sandbox"

    @property
    def message(self) -> str:
        return "expected a sandbox, seen a gateway with real buyers"


@dataclass(eq=False)
class GrantInvalid(Refused):
    """A code or token of an authorisation is unknown, used, or too old."""

    what: str
    seen: str
    slug = "grant-invalid"

    @property
    def message(self) -> str:
        return f"expected a {self.what} that is known and in force, seen one that is {self.seen}"

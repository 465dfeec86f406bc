"""Transfers on the screen and in JSON, as `venule ledger` shows them."""

from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from venule.cli.names import transfer_names
from venule.cli.reading import code_words, owner_words, unit_words
from venule.cli.show import amount, instant, iso, print_line, print_table
from venule.ledger import ZERO_REF, Found, TransferFlags, View

Records: TypeAlias = npt.NDArray[Any]
"""Journal records, of layout TRANSFER."""

_NO_MONEY: Final = TransferFlags.OPENS | TransferFlags.CLOSE | TransferFlags.REOPEN


def records_json(view: View, records: Records) -> list[dict[str, object]]:
    """Return everything that records say.

    An opening has `accounts_opened`, the first and the last of them as debit and credit, and no
    amount.
    """
    units = _units(view, records)
    return [_record_json(it, view, unit) for it, unit in zip(records, units, strict=True)]


def _record_json(record: np.void, view: View, unit: int) -> dict[str, object]:
    flags = _flags(record)
    number, unit_name, scale = unit_words(view.units, unit)
    told: dict[str, object] = {
        "seq": int(record["seq"]),
        "at": iso(int(record["at"])),
        "code": int(record["code"]),
        "code_name": _code_name(record),
        "flags": [flag.name for flag in flags],
        "debit": int(record["debit"]),
        "credit": int(record["credit"]),
        "unit": number,
        "unit_name": unit_name,
        "scale": scale,
        "amount_minor": None if flags & TransferFlags.OPENS else int(record["amount"]),
        "ref": _ref_hex(record),
        "related": int(record["related"]),
        "timeout_s": int(record["timeout_s"]),
    }
    if flags & TransferFlags.OPENS:
        told["accounts_opened"] = int(record["amount"])
    for side in ("debit", "credit"):
        for field in ("balance", "debits_pending", "credits_pending"):
            told[f"{side}_{field}_minor"] = int(record[f"{side}_{field}"])
    return told


def print_records(view: View, records: Records) -> None:
    """Print transfers with both their accounts."""
    print_table(
        ("seq", "at (China)", "why", "debit", "credit", "amount", "unit", "how", "ref"),
        [
            (
                int(record["seq"]),
                instant(int(record["at"])),
                _code_words(record),
                int(record["debit"]),
                int(record["credit"]) or "-",
                *_amount_words(record, view, unit),
                _how(record),
                owner_words(record["ref"].tobytes()) or "-",
            )
            for record, unit in zip(records, _units(view, records), strict=True)
        ],
        right=("seq", "debit", "credit", "amount"),
        cut=("ref",),
    )


def print_records_of(view: View, records: Records, account: int) -> None:
    """Print transfers from the side of one account: + credits it, - debits it."""
    kind = view.kind(account)
    _, unit, scale = unit_words(view.units, int(kind["unit"]))
    owner = owner_words(kind["ref"].tobytes()) or "the house"
    print_line(f"account {account}, {code_words(int(kind['code']))[1]} in {unit}, of {owner}")
    rows = []
    for record in records:
        debited = int(record["debit"]) == account
        side, other = ("debit", "credit") if debited else ("credit", "debit")
        moved = int(record["amount"])
        held = int(record[f"{side}_debits_pending"]) + int(record[f"{side}_credits_pending"])
        rows.append(
            (
                int(record["seq"]),
                instant(int(record["at"])),
                _code_words(record),
                amount(-moved if debited else moved, scale),
                amount(int(record[f"{side}_balance"]), scale),
                amount(held, scale),
                int(record[other]) or "-",
                _how(record),
                owner_words(record["ref"].tobytes()) or "-",
            )
        )
    print_table(
        ("seq", "at (China)", "why", "amount", "balance", "held", "counterparty", "how", "ref"),
        rows,
        right=("seq", "amount", "balance", "held", "counterparty"),
        cut=("ref",),
    )


# ---------------------------------------------------------------- one transfer


def print_transfer(
    view: View, record: np.void, chain: tuple[int, int], found: Found, *, looked_at_all: bool
) -> None:
    """Print one transfer in full; found: the later ones that name it."""
    [unit] = _units(view, np.array([record]))
    moved, unit_name = _amount_words(record, view, unit)
    first, last = chain
    rows = [
        ("transfer", f"{int(record['seq'])}"),
        ("at (China)", instant(int(record["at"]))),
        ("at (UTC)", iso(int(record["at"]))),
        ("why", f"{_code_words(record)} ({int(record['code'])})"),
        ("amount", f"{moved} {unit_name}" if moved != "-" else "-"),
        ("how", _how(record)),
        ("ref", owner_words(record["ref"].tobytes()) or "-"),
        ("refers to", _refers_to(record)),
    ]
    if int(record["timeout_s"]):
        until = int(record["at"]) + 1_000_000 * int(record["timeout_s"])
        rows.append(("held until", instant(until)))
    if first < last:
        rows.append(("linked chain", f"{first} to {last}"))
    print_table(("what", "value"), rows)
    print_line("")
    if not _flags(record) & TransferFlags.OPENS:
        _print_sides(view, record, unit)
        print_line("")
    for later in found.records:
        moved, unit_name = _amount_words(later, view, unit)
        did = _did(later)
        at = instant(int(later["at"]))
        print_line(f"{did} by {int(later['seq'])} at {at}: {moved} {unit_name}")
    if not looked_at_all:
        print_line(f"looked only at the {found.looked_at:,} transfers after it: see --scan-max")
    elif not len(found):
        print_line("no later transfer refers to it")


def side_json(view: View, record: np.void, side: str) -> dict[str, object] | None:
    """Return one of a transfer's accounts and how it stood afterwards; None if it has none."""
    account = int(record[side])
    if not account or _flags(record) & TransferFlags.OPENS:
        return None
    kind = view.kind(account)
    code, name = code_words(int(kind["code"]))
    return {
        "account": account,
        "code": code,
        "code_name": name,
        "owner": owner_words(kind["ref"].tobytes()),
        "balance_minor": int(record[f"{side}_balance"]),
        "debits_pending_minor": int(record[f"{side}_debits_pending"]),
        "credits_pending_minor": int(record[f"{side}_credits_pending"]),
        "previous_seq": int(record[f"prev_{side}"]),
    }


def _print_sides(view: View, record: np.void, unit: int) -> None:
    _, _, scale = unit_words(view.units, unit)
    rows = []
    for side in ("debit", "credit"):
        told = side_json(view, record, side)
        if told is None:
            continue
        minor = (told["balance_minor"], told["debits_pending_minor"], told["credits_pending_minor"])
        rows.append(
            (
                side,
                told["account"],
                told["code_name"],
                *(amount(int(str(it)), scale) for it in minor),
                told["previous_seq"] or "-",
                told["owner"] or "-",
            )
        )
    print_table(
        (
            "side",
            "account",
            "name",
            "balance after",
            "debits held",
            "credits held",
            "transfer before",
            "owner",
        ),
        rows,
        right=("account", "balance after", "debits held", "credits held", "transfer before"),
        cut=("owner",),
    )


def _refers_to(record: np.void) -> str:
    related, flags = int(record["related"]), _flags(record)
    if not related:
        return "-"
    if flags & TransferFlags.EXPIRED:
        return f"releases {related}, whose time was over"
    if flags & TransferFlags.POST_PENDING:
        return f"posts {related}"
    return f"voids {related}" if flags & TransferFlags.VOID_PENDING else f"reverses {related}"


def _did(record: np.void) -> str:
    flags = _flags(record)
    if flags & TransferFlags.EXPIRED:
        return "released, its time being over,"
    if flags & TransferFlags.POST_PENDING:
        return "posted"
    return "voided" if flags & TransferFlags.VOID_PENDING else "reversed"


# ---------------------------------------------------------------- words


def _units(view: View, records: Records) -> list[int]:
    """Return the unit of each transfer: that of its debit account."""
    units: list[int] = view.kinds(records["debit"].astype(np.int64))["unit"].tolist()
    return units


def _amount_words(record: np.void, view: View, unit: int) -> tuple[str, str]:
    """Return amount and unit; both '-' where no money is named."""
    if _flags(record) & _NO_MONEY:
        return "-", "-"
    _, name, scale = unit_words(view.units, unit)
    return amount(int(record["amount"]), scale), name


def _how(record: np.void) -> str:
    flags = _flags(record)
    if flags & TransferFlags.OPENS:
        count = int(record["amount"])
        return f"opens {count:,} account{'s' if count > 1 else ''}"
    return " ".join(flag.name or "" for flag in flags).lower().replace("_", " ") or "posted"


def _flags(record: np.void) -> TransferFlags:
    return TransferFlags(int(record["flags"]))


def _code_name(record: np.void) -> str:
    code = int(record["code"])
    return transfer_names().get(code, str(code))


def _code_words(record: np.void) -> str:
    return _code_name(record).lower().replace("_", " ")


def _ref_hex(record: np.void) -> str:
    ref: bytes = record["ref"].tobytes()
    return "" if ref == ZERO_REF else ref.hex()

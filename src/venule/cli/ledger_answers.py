"""What `venule ledger ...` answers."""

from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from venule.cli.answers import check_limit, show_accounts, show_trial_balance
from venule.cli.errors import LimitOutOfRange, OptionsConflict
from venule.cli.exits import Exit
from venule.cli.inputs import (
    parse_account,
    parse_end,
    parse_moment,
    parse_ref,
    parse_start,
)
from venule.cli.ledger import AccountsAsked, TransfersAsked
from venule.cli.ledger_rows import (
    print_records,
    print_records_of,
    print_transfer,
    records_json,
    side_json,
)
from venule.cli.options import Place
from venule.cli.reading import (
    Units,
    account_line,
    code_words,
    find_account_in,
    owner_words,
    trial_lines,
    unit_words,
)
from venule.cli.show import amount, iso, print_json, print_line, print_table
from venule.kit.time import MICROSECOND
from venule.ledger import (
    INT64_MAX,
    AccountFlags,
    AccountSearch,
    Found,
    Paid,
    Party,
    Search,
    TransferFlags,
    TransferNotFound,
    View,
    chain_of,
    find_accounts,
    find_transfers,
    open_readonly,
)
from venule.ledger import trial_balance as sum_up
from venule.ledger import who_paid_whom as sum_up_payments

REVERSALS_SHOWN_MAX: Final = 100


def accounts(home: Place, asked: AccountsAsked, *, limit: int, json: bool) -> int:
    """Find accounts."""
    check_limit(limit)
    search = AccountSearch(
        after=asked.after,
        codes=asked.codes,
        unit=asked.unit,
        owner=None if asked.owner is None else parse_ref("--owner", asked.owner),
        flags=_flags(asked.flag),
        flags_unset=_flags(asked.without),
        balance_min=asked.balance_minor_min,
        balance_max=asked.balance_minor_max,
    )
    with open_readonly(home) as view:
        everyone = view.load_accounts()
        lines = [
            account_line(everyone, number, view.units)
            for number in find_accounts(everyone, search, limit)
        ]
    return show_accounts(lines, limit, json=json)


def _flags(names: tuple[str, ...]) -> int:
    flags = AccountFlags.NONE
    for name in names:
        flags |= AccountFlags[name.replace("-", "_").upper()]
    return int(flags)


# ---------------------------------------------------------------- transfers


def transfers(
    home: Place,
    asked: TransfersAsked,
    *,
    newest_first: bool,
    limit: int,
    scan_max: int,
    json: bool,
) -> int:
    """Find transfers; INTERRUPTED shows what was found up to then."""
    check_limit(limit)
    _check_scan(scan_max)
    account = None if asked.account is None else parse_account(asked.account)
    ref = None if asked.ref is None else parse_ref("--ref", asked.ref)
    since, until = _times(asked.since, asked.until)
    with open_readonly(home) as view:
        number = None if account is None else find_account_in(view, account)
        first, last = view.span(since, until, asked.first_seq, asked.last_seq)
        search = Search(
            first_seq=first if asked.after is None else max(first, asked.after + 1),
            last_seq=last if asked.before is None else min(last, asked.before - 1),
            account=number,
            codes=asked.codes,
            ref=ref,
            amount_min=asked.amount_minor_min,
            amount_max=asked.amount_minor_max,
        )
        found, ended = _look(view, search, limit, scan_max, newest_first=newest_first)
        _show_found(view, found, number, newest_first=newest_first, ended=ended, json=json)
    return Exit.OK if ended else Exit.INTERRUPTED


def _look(
    view: View, search: Search, limit: int, scan_max: int, *, newest_first: bool
) -> tuple[Found, bool]:
    """Return what was found, and whether the search ended by itself: Ctrl-C keeps what it has."""
    found = Found()
    try:
        for step in find_transfers(
            view, search, newest_first=newest_first, limit=limit, scan_max=scan_max
        ):
            found = step
    except KeyboardInterrupt:
        return found, False
    return found, True


def _show_found(
    view: View, found: Found, account: int | None, *, newest_first: bool, ended: bool, json: bool
) -> None:
    cursor = None
    if found.next_seq is not None:
        cursor = found.next_seq + 1 if newest_first else found.next_seq - 1
    option = "before" if newest_first else "after"
    if json:
        print_json(
            {
                "account": account,
                "transfers": records_json(view, found.records),
                "looked_at": found.looked_at,
                "interrupted": not ended,
                f"next_{option}": cursor,
            }
        )
        return
    if account is None:
        print_records(view, found.records)
    else:
        print_records_of(view, found.records, account)
    how = "" if ended else "; interrupted"
    print_line(f"looked at {found.looked_at:,} of {view.last_seq:,} transfers{how}")
    if cursor is not None:
        print_line(f"more: --{option} {cursor}")


def transfer(home: Place, seq: int, *, scan_max: int, json: bool) -> int:
    """Show one transfer, what it refers to, and what refers to it."""
    _check_scan(scan_max)
    with open_readonly(home) as view:
        record = view.record(seq)
        chain = chain_of(view, seq)
        flags = TransferFlags(int(record["flags"]))
        search = Search(first_seq=seq + 1, related=seq)
        limit = 1 if flags & TransferFlags.PENDING else REVERSALS_SHOWN_MAX
        found, ended = _look(view, search, limit, scan_max, newest_first=False)
        looked_all = found.next_seq is None or len(found) == limit
        if json:
            print_json(
                {
                    **records_json(view, np.array([record]))[0],
                    "debit_account": side_json(view, record, "debit"),
                    "credit_account": side_json(view, record, "credit"),
                    "chain": {"first_seq": chain[0], "last_seq": chain[1]},
                    "related_by": records_json(view, found.records),
                    "looked_at": found.looked_at,
                    "looked_at_all": looked_all and ended,
                }
            )
        else:
            print_transfer(view, record, chain, found, looked_at_all=looked_all and ended)
    return Exit.OK if ended else Exit.INTERRUPTED


# ---------------------------------------------------------------- sums


def trial_balance(home: Place, *, at: str | None, seq: int | None, json: bool) -> int:
    """Show the trial balance now, at an instant, or after a transfer."""
    if at is not None and seq is not None:
        raise OptionsConflict("--at", "--seq")
    moment = None if at is None else parse_moment("--at", at)
    with open_readonly(home) as view:
        below = None
        if moment is not None:
            below = view.seq_at(moment + MICROSECOND)
        elif seq is not None:
            if not 0 <= seq <= view.last_seq:
                raise TransferNotFound(seq, view.last_seq)
            below = seq + 1
        lines = trial_lines(sum_up(view.load_accounts(), view, below), view.units)
        as_of = view.last_seq if below is None else below - 1
    code = show_trial_balance(
        lines, {"at": iso(moment) if moment else None, "seq": as_of}, json=json
    )
    if not json:
        print_line(f"as of transfer {as_of:,}")
    return code


def who_paid_whom(
    home: Place,
    *,
    since: str | None,
    until: str | None,
    by_owner: bool,
    by_code: bool,
    limit: int,
    json: bool,
) -> int:
    """Sum up posted money by pair."""
    check_limit(limit)
    if by_owner and by_code:
        raise OptionsConflict("--by-owner", "--by-code")
    by = Party.OWNER if by_owner else Party.CODE if by_code else Party.ACCOUNT
    since_at, until_at = _times(since, until)
    with open_readonly(home) as view:
        first, last = view.span(since_at, until_at)
        payments = sum_up_payments(view, first, last, by=by, limit=limit)
        names = _account_codes(view, payments.lines) if by is Party.ACCOUNT else {}
        units = view.units
    if json:
        print_json(
            {
                "by": by.value,
                "first_seq": first,
                "last_seq": last,
                "pairs": payments.pairs,
                "looked_at": payments.looked_at,
                "lines": [_paid_json(line, by, units) for line in payments.lines],
            }
        )
        return Exit.OK
    rows: list[tuple[object, ...]] = []
    for line in payments.lines:
        _, unit, scale = unit_words(units, line.unit)
        payer, payee = (_party(it, by, names) for it in (line.payer, line.payee))
        rows.append((unit, *payer, *payee, line.count, line.reversals, amount(line.amount, scale)))
    sides: tuple[str, ...] = ("payer", "payee")
    if by is not Party.OWNER:
        sides = (by.value, "payer", by.value, "payee")
    sums = ("transfers", "reversals", "amount")
    print_table(("unit", *sides, *sums), rows, right=(by.value, *sums))
    print_line(
        f"{len(payments.lines):,} of {payments.pairs:,} pairs, "
        f"in {payments.looked_at:,} of {view.last_seq:,} transfers"
    )
    return Exit.OK


def _account_codes(view: View, lines: list[Paid]) -> dict[int, str]:
    """Name the code of each account that is shown."""
    ids = {int(it) for line in lines for it in (line.payer, line.payee) if isinstance(it, int)}
    numbers = np.array(sorted(ids), dtype=np.int64)
    codes = view.kinds(numbers)["code"].tolist()
    return {n: code_words(code)[1] for n, code in zip(numbers.tolist(), codes, strict=True)}


def _party(party: int | bytes, by: Party, names: dict[int, str]) -> tuple[object, ...]:
    if isinstance(party, bytes):
        return (owner_words(party) or "the house",)
    if by is Party.CODE:
        return code_words(party)
    return party, names.get(party, "")


def _paid_json(line: Paid, by: Party, units: Units) -> dict[str, object]:
    unit, unit_name, scale = unit_words(units, line.unit)
    sides: dict[str, object] = {}
    for side, party in (("payer", line.payer), ("payee", line.payee)):
        sides[side] = owner_words(party) if isinstance(party, bytes) else party
        if by is Party.CODE and isinstance(party, int):
            sides[f"{side}_name"] = code_words(party)[1]
    return {
        "unit": unit,
        "unit_name": unit_name,
        "scale": scale,
        **sides,
        "transfers": line.count,
        "reversals": line.reversals,
        "amount_minor": line.amount,
    }


# ---------------------------------------------------------------- export


def export(
    home: Place, file: Path, *, what: str, since: str | None, until: str | None, json: bool
) -> int:
    """Write a Parquet file."""
    if what == "accounts" and (since is not None or until is not None):
        raise OptionsConflict("--what accounts", "--since" if since is not None else "--until")
    since_at, until_at = _times(since, until)
    with open_readonly(home) as view:
        if what == "accounts":
            done = view.export_accounts(file)
        else:
            done = view.export_transfers(file, since_at, until_at)
        position = view.position()
    if json:
        print_json(
            {
                "file": str(file),
                "what": what,
                **msgspec.to_builtins(done),
                "as_of_seq": position.seq,
                "hash": position.hash.hex(),
            }
        )
    else:
        print_line(
            f"{file}: {done.rows:,} {what}, {done.bytes:,} bytes, as of transfer {position.seq:,}"
        )
    return Exit.OK


def _times(since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    return (
        None if since is None else parse_start("--since", since),
        None if until is None else parse_end("--until", until),
    )


def _check_scan(scan_max: int) -> None:
    if not 0 < scan_max <= INT64_MAX:
        raise LimitOutOfRange(scan_max, INT64_MAX, "--scan-max")

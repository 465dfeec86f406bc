"""What the commands that look at a home answer."""

from dataclasses import asdict
from pathlib import Path
from typing import Final

import msgspec

from venule import app
from venule.cli.errors import LimitOutOfRange
from venule.cli.exits import Exit
from venule.cli.inputs import parse_account, parse_end, parse_moment, parse_start
from venule.cli.names import transfer_names
from venule.cli.options import Place
from venule.cli.reading import (
    AccountLine,
    TrialLine,
    account_line,
    find_account,
    trial_lines,
)
from venule.cli.show import amount, instant, iso, print_json, print_line, print_table
from venule.kit.backup import backup as copy_home
from venule.kit.backup import restore as make_home
from venule.kit.backup_rows import backup_rows
from venule.kit.place import is_address, shown
from venule.kit.time import MICROSECOND
from venule.ledger import (
    ZERO_REF,
    AccountSearch,
    StatementLine,
    Tx,
    Unit,
    find_accounts,
    restore_to,
    trial_balance,
)

LIMIT_MAX: Final = 100_000


def verify(home: Place, *, json: bool) -> int:
    """Prove a home; REFUSED if there is a fault."""
    report = app.verify(home)
    if json:
        print_json(
            {
                "ok": report.ok,
                "faults": [msgspec.to_builtins(fault) for fault in report.faults],
                "checked": msgspec.to_builtins(report.checked),
            }
        )
    else:
        print_table(
            ("checked", "count"),
            [(name.replace("_", " "), count) for name, count in report.checked.items()],
            right=("count",),
        )
        for fault in report.faults:
            print_line(f"fault: {fault.where}: {fault.message}")
        print_line("ok" if report.ok else f"not ok: {len(report.faults)} faults")
    return Exit.OK if report.ok else Exit.REFUSED


def statement(
    home: Place,
    account: str,
    *,
    limit: int,
    since: str | None,
    until: str | None,
    before: int | None,
    json: bool,
) -> int:
    """Show an account's movements, newest first."""
    asked = parse_account(account)
    since_at = parse_start("--since", since) if since else None
    until_at = parse_end("--until", until) if until else None
    check_limit(limit)

    def look(tx: Tx) -> int:
        everyone = tx.accounts_view()
        number = find_account(everyone, asked)
        owner = account_line(everyone, number, _units(tx))
        lines = tx.statement(number, limit=limit, before_seq=before, since=since_at, until=until_at)
        next_before = lines[-1].seq if len(lines) == limit else None
        if json:
            found = {"account": asdict(owner), "lines": [_line_json(it) for it in lines]}
            print_json({**found, "next_before": next_before})
            return Exit.OK
        print_line(
            f"account {number}, {owner.code_name} in {owner.unit_name}, "
            f"balance {amount(owner.balance_minor, owner.scale)}"
        )
        print_table(
            ("seq", "at (China)", "why", "amount", "balance", "held", "counterparty", "how"),
            [_line_row(it, owner.scale) for it in lines],
            right=("seq", "amount", "balance", "held", "counterparty"),
        )
        if next_before is not None:
            print_line(f"more: --before {next_before}")
        return Exit.OK

    with app.open_books(home) as opened:
        return opened.read(look)


def balances(home: Place, *, at: str | None, json: bool) -> int:
    """Show the trial balance, now or at an instant."""
    moment = parse_moment("--at", at) if at else None

    def look(tx: Tx) -> list[TrialLine]:
        below = None if moment is None else tx.seq_at(moment + MICROSECOND)
        return trial_lines(trial_balance(tx.accounts_view(), tx.book, below), _units(tx))

    with app.open_books(home) as opened:
        lines = opened.read(look)
    return show_trial_balance(lines, {"at": iso(moment) if moment else None}, json=json)


def show_trial_balance(lines: list[TrialLine], as_of: dict[str, object], *, json: bool) -> int:
    """Show a trial balance, a total for each unit; REFUSED if a unit's sides differ."""
    totals: dict[tuple[str, int], list[int]] = {}
    for line in lines:
        sums = totals.setdefault((line.unit_name, line.scale), [0, 0, 0, 0])
        for index, value in enumerate(
            (line.accounts, line.debit_minor, line.credit_minor, line.held_minor)
        ):
            sums[index] += value
    balanced = all(debit == credit for _, debit, credit, _ in totals.values())
    if json:
        print_json({**as_of, "balanced": balanced, "lines": [asdict(line) for line in lines]})
        return Exit.OK if balanced else Exit.REFUSED
    rows: list[tuple[object, ...]] = []
    for (unit, scale), (count, *sums) in totals.items():
        rows += [
            (
                unit,
                line.code,
                line.code_name,
                line.accounts,
                amount(line.debit_minor, scale),
                amount(line.credit_minor, scale),
                amount(line.held_minor, scale),
            )
            for line in lines
            if line.unit_name == unit
        ]
        rows.append((unit, "", "total", count, *(amount(value, scale) for value in sums)))
    columns = ("unit", "code", "name", "accounts", "debit", "credit", "held")
    print_table(columns, rows, right=("code", "accounts", "debit", "credit", "held"))
    if not balanced:
        print_line("debits and credits differ: run `venule verify`")
    return Exit.OK if balanced else Exit.REFUSED


def accounts(
    home: Place, *, code: int | None, unit: int | None, limit: int, after: int, json: bool
) -> int:
    """List accounts by number."""
    check_limit(limit)
    search = AccountSearch(after=after, codes=() if code is None else (code,), unit=unit)

    def look(tx: Tx) -> list[AccountLine]:
        everyone, units = tx.accounts_view(), _units(tx)
        return [account_line(everyone, it, units) for it in find_accounts(everyone, search, limit)]

    with app.open_books(home) as opened:
        lines = opened.read(look)
    return show_accounts(lines, limit, json=json)


def show_accounts(lines: list[AccountLine], limit: int, *, json: bool) -> int:
    """Show a page of accounts, and where the next one begins."""
    next_after = lines[-1].account if len(lines) == limit else None
    if json:
        print_json({"accounts": [asdict(line) for line in lines], "next_after": next_after})
        return Exit.OK
    print_table(
        (
            "account",
            "code",
            "name",
            "unit",
            "balance",
            "debits held",
            "credits held",
            "owner",
            "flags",
        ),
        [
            (
                line.account,
                line.code,
                line.code_name,
                line.unit_name,
                amount(line.balance_minor, line.scale),
                amount(line.debits_pending_minor, line.scale),
                amount(line.credits_pending_minor, line.scale),
                line.owner or "-",
                " ".join(line.flags).lower().replace("_", "-") or "-",
            )
            for line in lines
        ],
        right=("account", "code", "balance", "debits held", "credits held"),
        cut=("owner", "flags"),
    )
    if next_after is not None:
        print_line(f"more: --after {next_after}")
    return Exit.OK


def backup(home: str, file: Path, *, json: bool) -> int:
    """Copy a home into one new file."""
    if is_address(home):
        backup_rows(home, file, app.ROOMS)
    else:
        copy_home(home, file)
    size = file.stat().st_size
    if json:
        print_json({"home": shown(home), "file": str(file), "bytes": size})
    else:
        print_line(f"{file}: {size} bytes")
    return Exit.OK


def restore(file: Path, home: Path, to_seq: int | None, *, json: bool) -> int:
    """Make a home from a backup."""
    whole = True
    if to_seq is None:
        make_home(file, home)
    else:
        whole = restore_to(file, home, to_seq)
    if json:
        print_json({"file": str(file), "home": str(home), "to_seq": to_seq, "whole": whole})
    else:
        print_line(f"{home}: restored; `venule verify {home}` proves it")
        if not whole:
            print_line(f"It has the ledger up to transfer {to_seq}, and takes no writer.")
    return Exit.OK


def check_limit(limit: int) -> None:
    """Raises: LimitOutOfRange."""
    if not 0 < limit <= LIMIT_MAX:
        raise LimitOutOfRange(limit, LIMIT_MAX)


def _units(tx: Tx) -> dict[int, Unit]:
    return {unit.unit: unit for unit in tx.units()}


def _line_json(line: StatementLine) -> dict[str, object]:
    return {
        "seq": line.seq,
        "at": iso(line.at),
        "code": line.code,
        "code_name": transfer_names().get(line.code, str(line.code)),
        "amount_minor": line.amount,
        "balance_minor": line.balance,
        "debits_pending_minor": line.debits_pending,
        "credits_pending_minor": line.credits_pending,
        "counterparty": line.counterparty,
        "flags": _flag_names(line),
        "related": line.related,
        "ref": "" if line.ref == ZERO_REF else line.ref.hex(),
    }


def _line_row(line: StatementLine, scale: int) -> tuple[object, ...]:
    return (
        line.seq,
        instant(line.at),
        transfer_names().get(line.code, str(line.code)).lower().replace("_", " "),
        amount(line.amount, scale),
        amount(line.balance, scale),
        amount(line.debits_pending + line.credits_pending, scale),
        line.counterparty,
        " ".join(_flag_names(line)).lower().replace("_", " ") or "posted",
    )


def _flag_names(line: StatementLine) -> list[str]:
    return [flag.name or "" for flag in line.flags]

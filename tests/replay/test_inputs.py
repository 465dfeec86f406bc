"""Inputs are taken whole or refused, with file, line, what was expected and what was seen."""

import gzip
from datetime import date

import numpy as np
import pytest

from venule.kit.errors import (
    AppError,
    FileColumnsWrong,
    FileEmpty,
    FileRowWrong,
    FileUnreadable,
)
from venule.replay import (
    FlowIdentityBroken,
    FlowImpossible,
    ReplayDateWrong,
    ReplayDaysOutOfOrder,
    ReplayDayUncovered,
    ReplayOptionWrong,
    ReplayValueWrong,
    ReportNotWritable,
    UserDoubled,
    run,
)
from venule.replay.inputs import builtin_yields, read_flows, read_inputs, read_users, read_yields
from venule.replay.model import FLOW_COLUMNS


def no_home(*_args: object, **_options: object) -> object:
    raise AssertionError("a home must not be opened")


def _set(name, row, value):
    def spoil(tables):
        tables.flows[row][tables.column(name)] = value

    return spoil


def _missing_column(tables):
    tables.flows = [row[:-1] for row in tables.flows]


def _doubled_column(tables):
    tables.flows[0][-1] = "users"


def _unknown_column(tables):
    for row in tables.flows:
        row.append("more")


def _swap_days(tables):
    tables.flows[3], tables.flows[4] = tables.flows[4], tables.flows[3]


def _same_day_twice(tables):
    tables.flows[4][0] = tables.flows[3][0]


def _leave_out_a_day(tables):
    del tables.flows[4]


def _past_the_calendar(tables):
    shift = date(2014, 12, 28) - date(2013, 7, 1)
    for table in (tables.flows, tables.yields):
        for row in table[1:]:
            row[0] = str(date.fromisoformat(row[0]) + shift)


def _short_row(tables):
    tables.flows[2].pop()


def _no_rows(tables):
    del tables.flows[1:]


def _yield_ends_early(tables):
    del tables.yields[5:]


def _five_decimals(tables):
    tables.yields[2][1] = "1.54611"


def _negative_yield(tables):
    tables.yields[2][1] = "-1.5461"


def _user_twice(tables):
    tables.users[9][0] = tables.users[3][0]


def _negative_active_days(tables):
    tables.users[9][3] = "-1"


@pytest.mark.parametrize(
    "spoil, error, file, line, told",
    [
        (_missing_column, FileColumnsWrong, "flows.csv", 1, "income_fen"),
        (_doubled_column, FileColumnsWrong, "flows.csv", 1, "double 'users'"),
        (_unknown_column, FileColumnsWrong, "flows.csv", 1, "more"),
        (_set("redeem_consume_fen", 2, "7"), FlowIdentityBroken, "flows.csv", 3, "redeem_total"),
        (_set("income_fen", 2, "7"), FlowIdentityBroken, "flows.csv", 3, "purchase_total"),
        (_set("prev_balance_fen", 2, "7"), FlowIdentityBroken, "flows.csv", 3, "row before"),
        (_set("new_users", 2, "999999"), FlowIdentityBroken, "flows.csv", 3, "at most users"),
        (_set("purchase_direct_fen", 3, "-5"), ReplayValueWrong, "flows.csv", 4, "'-5'"),
        (_set("purchase_direct_fen", 3, "1e30"), ReplayValueWrong, "flows.csv", 4, "'1e30'"),
        (_set("balance_fen", 3, "1" + "0" * 32), ReplayValueWrong, "flows.csv", 4, "10000"),
        (_set("balance_fen", 3, "12.5"), ReplayValueWrong, "flows.csv", 4, "12.5"),
        (_set("balance_fen", 3, "٣"), ReplayValueWrong, "flows.csv", 4, "balance_fen"),
        (_set("balance_fen", 3, ""), ReplayValueWrong, "flows.csv", 4, "balance_fen"),
        (_set("date", 3, "2013-02-30"), ReplayDateWrong, "flows.csv", 4, "2013-02-30"),
        (_set("date", 3, "03/07/2013"), ReplayDateWrong, "flows.csv", 4, "03/07/2013"),
        (_swap_days, ReplayDaysOutOfOrder, "flows.csv", 4, "the day after 2013-07-02"),
        (_same_day_twice, ReplayDaysOutOfOrder, "flows.csv", 5, "2013-07-03"),
        (_leave_out_a_day, ReplayDaysOutOfOrder, "flows.csv", 5, "2013-07-05"),
        (_past_the_calendar, ReplayDayUncovered, "flows.csv", 2, "calendar covers"),
        (_short_row, FileRowWrong, "flows.csv", 3, "15 values"),
        (_no_rows, FileEmpty, "flows.csv", 0, "one row"),
        (_yield_ends_early, ReplayDayUncovered, "flows.csv", 6, "published yield"),
        (_five_decimals, ReplayValueWrong, "yields.csv", 3, "1.54611"),
        (_negative_yield, ReplayValueWrong, "yields.csv", 3, "-1.5461"),
        (_user_twice, UserDoubled, "users.csv", 10, "once"),
        (_negative_active_days, ReplayValueWrong, "users.csv", 10, "active_days"),
    ],
)
def test_bad_tables_are_refused_and_nothing_is_changed(tables, spoil, error, file, line, told):
    spoil(tables)
    options = tables.write()
    before = sorted(tables.folder.iterdir())

    with pytest.raises(error) as caught:
        run(options, no_home)

    assert (str(tables.folder / file), line) == (caught.value.path, caught.value.line)
    assert told in caught.value.message
    assert before == sorted(tables.folder.iterdir())


@pytest.mark.parametrize(
    "content, error",
    [
        (b"", FileEmpty),
        (b"\n", FileColumnsWrong),
        (b"\xff\xfe\x00", FileUnreadable),
        (b"\x1f\x8b not gzip after all", FileUnreadable),
        (gzip.compress(b"user_id,sex,city,active_days\n" * 50, mtime=0)[:-20], FileUnreadable),
        (b'user_id,sex,city,active_days\n"1,1,1,1\n', FileRowWrong),
    ],
)
def test_bad_bytes_are_refused(tmp_path, content, error):
    path = tmp_path / "users.csv"
    path.write_bytes(content)

    with pytest.raises(error) as caught:
        read_users(path)

    assert str(path) in caught.value.message


@pytest.mark.parametrize("name", ["flows", "yields", "users", "calendar"])
def test_a_file_that_is_not_there_is_refused(tables, name):
    options = tables.write(**{name: tables.folder / "absent.csv"})

    with pytest.raises(AppError) as caught:
        run(options, no_home)

    assert "absent.csv" in caught.value.message


def test_a_folder_is_no_file(tables):
    with pytest.raises(FileUnreadable):
        read_flows(tables.folder)


@pytest.mark.parametrize(
    "option, value",
    [("users_max", 0), ("users_max", -3), ("seed", -1), ("seed", 2**63), ("days_max", 0)],
)
def test_options_out_of_range_are_refused(tables, option, value):
    with pytest.raises(ReplayOptionWrong) as caught:
        run(tables.write(**{option: value}), no_home)

    assert option.replace("_", "-") in caught.value.option


def test_more_redeemed_than_anybody_holds_is_refused(tables):
    row = tables.flows[2]
    for name in ("redeem_total_fen", "redeem_transfer_fen", "redeem_to_bank_fen"):
        row[tables.column(name)] = str(10**12)
    for name in ("redeem_consume_fen", "redeem_to_wallet_fen"):
        row[tables.column(name)] = "0"

    with pytest.raises(FlowImpossible) as caught:
        run(tables.write(), no_home)

    assert 3 == caught.value.line
    assert "REDEEM_TO_BANK" in caught.value.message


def test_a_report_directory_that_cannot_be_written_is_refused_first(tables):
    (tables.folder / "file").write_text("in the way")
    options = tables.write(report=tables.folder / "file" / "report")

    with pytest.raises(ReportNotWritable):
        run(options, no_home)
    with pytest.raises(ReplayOptionWrong):
        run(tables.write(report=tables.folder / "home" / "report"), no_home)


def test_what_was_written_is_read_again(tables):
    options = tables.write()

    flows = read_flows(options.flows)

    assert [[str(day) for day in flows.days]] == [[row[0] for row in tables.flows[1:]]]
    for place, name in enumerate(FLOW_COLUMNS):
        assert [row[place + 1] for row in tables.flows[1:]] == [str(v) for v in flows[name]]
    assert 400 == len(read_users(options.users).active_days)


def test_gzip_and_a_byte_order_mark_are_seen_through(tables):
    options = tables.write()
    plain = options.flows.read_bytes()
    options.flows.write_bytes(gzip.compress(b"\xef\xbb\xbf" + plain.replace(b"\r\n", b"\n")))

    assert 12 == len(read_flows(options.flows).days)


def test_the_digest_knows_every_input_and_no_file_name(tables):
    first = read_inputs(tables.write()).digest
    (tables.folder / "other").mkdir()
    tables.folder = tables.folder / "other"
    same = read_inputs(tables.write()).digest
    seeded = read_inputs(tables.write(seed=1)).digest
    fewer = read_inputs(tables.write(users_max=9)).digest
    tables.users[5][3] = "77"
    active = read_inputs(tables.write()).digest
    tables.yields[14][1] = "1.0001"  # a day without flows
    priced = read_inputs(tables.write()).digest

    assert first == same
    assert 5 == len({first, seeded, fewer, active, priced})


def test_the_package_ships_the_published_yields(fund_data):
    ours, theirs = builtin_yields(), read_yields(fund_data / "daily_yield.csv")

    assert theirs.days == ours.days
    assert np.array_equal(theirs.per_10k_e4, ours.per_10k_e4)
    assert np.array_equal(theirs.yield_7d_milli, ours.yield_7d_milli)

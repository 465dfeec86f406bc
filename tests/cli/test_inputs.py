"""Days and instants, accounts and owners, as they are typed."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from venule.cli.errors import AccountMalformed, InstantMalformed
from venule.cli.inputs import parse_account, parse_end, parse_moment, parse_start


@pytest.mark.parametrize(
    "parse, text, expected",
    [
        (parse_start, "2014-06-30", datetime(2014, 6, 29, 16, tzinfo=UTC)),
        (parse_end, "2014-06-30", datetime(2014, 6, 30, 16, tzinfo=UTC)),
        (parse_moment, "2014-06-30", datetime(2014, 6, 30, 15, 59, 59, 999999, tzinfo=UTC)),
        (parse_start, "2014-06-30T15:00:00", datetime(2014, 6, 30, 7, tzinfo=UTC)),
        (parse_end, "2014-06-30T15:00:00", datetime(2014, 6, 30, 7, tzinfo=UTC)),
        (parse_moment, "2014-06-30T15:00:00Z", datetime(2014, 6, 30, 15, tzinfo=UTC)),
        (parse_moment, "2014-06-30 15:00:00.5+01:00", datetime(2014, 6, 30, 14, 0, 0, 500000, UTC)),
    ],
)
def test_instants(parse, text, expected):
    assert expected == parse("--at", text)


@pytest.mark.parametrize(
    "text", ["", "today", "2014-02-30", "2014-6-3", "30.06.2014", "0001-01-01", "2014-06-30T25:00"]
)
def test_what_is_no_instant(text):
    with pytest.raises(InstantMalformed, match="--at: expected a day"):
        parse_moment("--at", text)


def test_accounts():
    assert 17 == parse_account("17")
    owner = "00010203-0405-0607-0809-0a0b0c0d0e0f"
    assert UUID(owner) == parse_account(owner)


@pytest.mark.parametrize("text", ["", "x", "-1", "1.5", "٣", "1" * 11, "17 "])
def test_what_is_no_account(text):
    with pytest.raises(AccountMalformed):
        parse_account(text)

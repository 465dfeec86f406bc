"""Money: exact, of one currency, and whole after every split."""

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Decimal,
    localcontext,
)
from fractions import Fraction

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from venule.kit.currency import CURRENCIES
from venule.kit.errors import (
    INT64_MAX,
    INT64_MIN,
    AmountOutOfRange,
    CurrenciesDiffer,
    CurrencyWithoutMinorUnit,
    MalformedAmount,
    UnknownCurrency,
)
from venule.kit.money import (
    Money,
    Rounding,
    allocate_int,
    divide,
    format_minor,
    parse,
    parse_minor,
)

R = Rounding
DECIMAL_MODES = {
    R.DOWN: ROUND_DOWN,
    R.FLOOR: ROUND_FLOOR,
    R.CEILING: ROUND_CEILING,
    R.HALF_UP: ROUND_HALF_UP,
    R.HALF_EVEN: ROUND_HALF_EVEN,
}
minor = st.integers(INT64_MIN, INT64_MAX)
small = st.integers(-(2**62) + 1, 2**62 - 1)  # two of them fit
countable = st.sampled_from([c.alpha for c in CURRENCIES.values() if c.digits is not None])
weight_lists = st.lists(st.integers(0, 10**20), min_size=1, max_size=30).filter(any)


def cny(amount):
    return Money(amount, "CNY")


# Making


@pytest.mark.parametrize("amount", [True, False, 1.0, "1", None, Decimal(1), np.int64(1)])
def test_minor_units_must_be_int(amount):
    with pytest.raises(TypeError, match="must be int"):
        Money(amount, "CNY")


def test_minor_units_must_fit_64_bits():
    for amount in (INT64_MAX + 1, INT64_MIN - 1, 10**32, -(10**9000)):
        with pytest.raises(AmountOutOfRange) as caught:
            cny(amount)
        assert len(str(caught.value)) < 300


def test_money_needs_a_currency_with_minor_units():
    with pytest.raises(UnknownCurrency):
        Money(1, "RMB")
    with pytest.raises(CurrencyWithoutMinorUnit):
        Money(1, "XAU")


def test_money_is_a_value():
    assert cny(5) == cny(5)
    assert hash(cny(5)) == hash(cny(5))
    assert cny(5) != Money(5, "USD")
    with pytest.raises(AttributeError):
        cny(5).amount = 6


@given(minor, countable)
def test_money_travels(amount, currency):
    money = Money(amount, currency)

    assert money == msgspec.json.decode(msgspec.json.encode(money), type=Money)
    assert money == msgspec.msgpack.decode(msgspec.msgpack.encode(money), type=Money)


@pytest.mark.parametrize("text", ["true", "1.5", '"1"', "null"])
def test_money_from_the_wire_is_checked(text):
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(f'{{"amount": {text}, "currency": "CNY"}}', type=Money)


# Sums


@given(small, small)
def test_sums_and_differences(a, b):
    assert cny(a + b) == cny(a) + cny(b)
    assert cny(a - b) == cny(a) - cny(b) == cny(a) + -cny(b)
    assert cny(abs(a)) == abs(cny(a))


@given(minor, minor)
def test_order_is_that_of_the_amounts(a, b):
    assert (a < b, a <= b, a > b, a >= b) == (
        cny(a) < cny(b), cny(a) <= cny(b), cny(a) > cny(b), cny(a) >= cny(b),
    )  # fmt: skip


OPERATIONS = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "lt": lambda a, b: a < b,
    "le": lambda a, b: a <= b,
    "gt": lambda a, b: a > b,
    "ge": lambda a, b: a >= b,
}


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_two_currencies_never_meet(operation):
    with pytest.raises(CurrenciesDiffer) as caught:
        operation(cny(1), Money(1, "USD"))
    assert ("CNY", "USD") == (caught.value.expected, caught.value.seen)


@pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)
def test_money_meets_only_money(operation):
    with pytest.raises(TypeError, match="expected Money"):
        operation(cny(1), 1)


def test_a_sum_must_fit_too():
    for operation in (
        lambda: cny(INT64_MAX) + cny(1),
        lambda: cny(INT64_MIN) - cny(1),
        lambda: -cny(INT64_MIN),
        lambda: abs(cny(INT64_MIN)),
        lambda: cny(INT64_MAX).scale(2, 1, R.DOWN),
    ):
        with pytest.raises(AmountOutOfRange):
            operation()


# Dividing and scaling


@pytest.mark.parametrize(
    "numerator, denominator, down, floor, ceiling, half_up, half_even",
    [
        (6, 2, 3, 3, 3, 3, 3),
        (-6, 2, -3, -3, -3, -3, -3),
        (7, 2, 3, 3, 4, 4, 4),
        (5, 2, 2, 2, 3, 3, 2),
        (-5, 2, -2, -3, -2, -3, -2),
        (-7, 2, -3, -4, -3, -4, -4),
        (1, 2, 0, 0, 1, 1, 0),
        (-1, 2, 0, -1, 0, -1, 0),
        (7, 3, 2, 2, 3, 2, 2),
        (8, 3, 2, 2, 3, 3, 3),
        (-7, 3, -2, -3, -2, -2, -2),
        (-8, 3, -2, -3, -2, -3, -3),
        (5, -2, -2, -3, -2, -3, -2),
        (-5, -2, 2, 2, 3, 3, 2),
        (0, 9, 0, 0, 0, 0, 0),
    ],
)
def test_division_table(numerator, denominator, down, floor, ceiling, half_up, half_even):
    expected = [down, floor, ceiling, half_up, half_even]
    modes = [R.DOWN, R.FLOOR, R.CEILING, R.HALF_UP, R.HALF_EVEN]

    assert expected == [divide(numerator, denominator, mode) for mode in modes]


@given(
    st.integers(-(10**40), 10**40),
    st.integers(-(10**20), 10**20).filter(bool),
    st.sampled_from(Rounding),
)
def test_division_agrees_with_decimal(numerator, denominator, rounding):
    with localcontext() as context:
        context.prec = 200  # far more than the digits of either: a tie is seen as one
        quotient = Decimal(numerator) / Decimal(denominator)
        expected = int(quotient.quantize(Decimal(1), rounding=DECIMAL_MODES[rounding]))

    assert expected == divide(numerator, denominator, rounding)


@given(st.integers(-1000, 1000), st.integers(-12, 12).filter(bool), st.sampled_from(Rounding))
def test_division_agrees_with_decimal_on_ties(numerator, denominator, rounding):
    test_division_agrees_with_decimal.hypothesis.inner_test(numerator, denominator, rounding)


@given(st.integers(), st.integers().filter(bool), st.sampled_from(Rounding))
def test_division_is_off_by_less_than_one(numerator, denominator, rounding):
    error = Fraction(numerator, denominator) - divide(numerator, denominator, rounding)

    assert abs(error) <= Fraction(1, 2) if "HALF" in rounding.name else abs(error) < 1


def test_division_refuses_what_is_no_number():
    with pytest.raises(ZeroDivisionError):
        divide(1, 0, R.DOWN)
    for numerator, denominator in ((1.0, 2), (1, 2.0), (True, 2), (1, True)):
        with pytest.raises(TypeError, match="must be int"):
            divide(numerator, denominator, R.DOWN)


def test_scale_rounds_once():
    assert cny(333) == cny(1000).scale(1, 3, R.DOWN)
    assert cny(334) == cny(1000).scale(1, 3, R.CEILING)
    assert cny(-333) == cny(-1000).scale(1, 3, rounding=R.DOWN)
    assert cny(INT64_MAX) == cny(INT64_MAX).scale(10**30, 10**30, R.HALF_EVEN)
    with pytest.raises(TypeError, match="must be int"):
        cny(1).scale(0.5, 1, R.DOWN)
    with pytest.raises(TypeError, match="rounding"):
        cny(1).scale(1, 2)


# Allocating


@pytest.mark.parametrize(
    "total, weights, expected",
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (2, [1, 1, 1], [1, 1, 0]),
        (5, [3, 7], [2, 3]),
        (5, [7, 3], [4, 1]),
        (1, [0, 1, 0], [0, 1, 0]),
        (0, [3, 4], [0, 0]),
        (7, [5], [7]),
        (10, [0, 3, 3, 3], [0, 4, 3, 3]),
        # one day's income over four holdings: shares in fen, cut down 0, 6, 160, 0, then 2 fen left
        (168, [7600, 50000, 1234567, 90], [1, 7, 160, 0]),
        (-168, [7600, 50000, 1234567, 90], [-1, -7, -160, 0]),
    ],
)
def test_allocation_table(total, weights, expected):
    assert expected == allocate_int(total, weights)


@given(st.integers(-(10**20), 10**20), weight_lists)
def test_allocation_keeps_the_whole_and_is_fair(total, weights):
    parts = allocate_int(total, weights)

    assert total == sum(parts)
    exact = [Fraction(total * weight, sum(weights)) for weight in weights]
    assert all(abs(part - share) < 1 for part, share in zip(parts, exact, strict=True))
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


@given(st.integers(0, 10**20), weight_lists)
def test_allocation_of_a_loss_mirrors_that_of_a_gain(total, weights):
    assert [-part for part in allocate_int(total, weights)] == allocate_int(-total, weights)


@given(st.integers(0, 10**6), st.lists(st.integers(0, 99), min_size=1, max_size=12).filter(any))
def test_the_rest_goes_to_the_largest_remainders_then_the_lowest_index(total, weights):
    parts = allocate_int(total, weights)

    rank = [(-(total * w % sum(weights)), i) for i, w in enumerate(weights)]
    given_one = [part > total * w // sum(weights) for part, w in zip(parts, weights, strict=True)]
    in_rank = [one for _, one in sorted(zip(rank, given_one, strict=True))]
    assert sorted(given_one, reverse=True) == in_rank


@given(st.integers(0, 10**12), st.lists(st.integers(1, 10**9), min_size=1, max_size=9), st.data())
def test_allocation_does_not_depend_on_the_order_without_ties(total, weights, data):
    remainders = [total * weight % sum(weights) for weight in weights]
    if len(set(remainders)) < len(remainders):
        return
    order = data.draw(st.permutations(range(len(weights))))

    parts = allocate_int(total, weights)
    shuffled = allocate_int(total, [weights[i] for i in order])
    assert [parts[i] for i in order] == shuffled


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [-1], [3, -1], [-1, -2]])
def test_allocation_needs_a_positive_weight_and_no_negative_one(weights):
    with pytest.raises(ValueError, match="expected weights >= 0"):
        allocate_int(10, weights)


@pytest.mark.parametrize("weights", [[1.0], [True], ["1"], [1, None]])
def test_weights_must_be_int(weights):
    with pytest.raises(TypeError, match="weight must be int"):
        allocate_int(10, weights)


@given(minor, weight_lists)
def test_money_allocates_in_its_currency(amount, weights):
    parts = Money(amount, "JPY").allocate(weights)

    assert [Money(part, "JPY") for part in allocate_int(amount, weights)] == parts


# Text


@pytest.mark.parametrize(
    "text, currency, amount",
    [
        ("12.34", "CNY", 1234),
        ("12.3", "CNY", 1230),
        ("12", "CNY", 1200),
        ("0", "CNY", 0),
        ("0.01", "CNY", 1),
        ("-0.01", "CNY", -1),
        ("-0.00", "CNY", 0),
        ("1234", "JPY", 1234),
        ("1.234", "KWD", 1234),
        ("1.2345", "CLF", 12345),
        ("92233720368547758.07", "CNY", INT64_MAX),
        ("-92233720368547758.08", "CNY", INT64_MIN),
    ],
)
def test_reading(text, currency, amount):
    assert Money(amount, currency) == parse(text, currency) == Money.parse(text, currency)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "1 ", " 1", "1 000", "+1", "--1", "-", "1.", ".5", "1.2.3", "01", "00.1", "1,000",
        "1e3", "1E3", "1e30", "0x10", "1_000", "nan", "inf", "Infinity", "¥1", "1.234", "1.230",
        "１２", "٣", "²", "1\n", "\n1", "1\0", "-.5", "1/2", "12.3O",
    ],
)  # fmt: skip
def test_reading_is_strict(text):
    with pytest.raises(MalformedAmount) as caught:
        parse(text, "CNY")
    assert (text, 2) == (caught.value.seen, caught.value.digits)


def test_a_currency_without_decimals_takes_none():
    with pytest.raises(MalformedAmount, match="a whole number"):
        parse("1.0", "JPY")


@pytest.mark.parametrize(
    "text", ["92233720368547758.08", "-92233720368547758.09", "1" + "0" * 30, "9" * 10_000]
)
def test_reading_is_bounded(text):
    with pytest.raises(AmountOutOfRange) as caught:
        parse(text, "CNY")
    assert len(str(caught.value)) < 300


def test_reading_needs_a_currency():
    with pytest.raises(UnknownCurrency):
        parse("1", "RMB")
    with pytest.raises(CurrencyWithoutMinorUnit):
        parse("1", "XAU")
    with pytest.raises(TypeError):
        parse(12, "CNY")


@given(st.text(alphabet="0123456789.-+eE ,_\n", max_size=24), st.integers(0, 4))
def test_what_is_read_is_what_decimal_reads(text, digits):
    try:
        amount = parse_minor(text, digits)
    except (MalformedAmount, AmountOutOfRange):
        return
    assert Decimal(amount).scaleb(-digits) == Decimal(text)


@pytest.mark.parametrize(
    "amount, digits, text",
    [
        (0, 2, "0.00"),
        (5, 2, "0.05"),
        (-5, 2, "-0.05"),
        (1230, 2, "12.30"),
        (-1230, 2, "-12.30"),
        (7, 0, "7"),
        (-7, 0, "-7"),
        (7, 3, "0.007"),
        (INT64_MIN, 2, "-92233720368547758.08"),
    ],
)
def test_writing(amount, digits, text):
    assert text == format_minor(amount, digits)


def test_writing_money():
    assert ("12.30", "12.30 CNY") == (cny(1230).format(), str(cny(1230)))
    assert ("1230", "1.230") == (Money(1230, "JPY").format(), Money(1230, "KWD").format())
    with pytest.raises(TypeError, match="must be int"):
        format_minor(1.0, 2)


@given(minor, countable)
def test_what_is_written_is_read_again(amount, currency):
    money = Money(amount, currency)

    assert money == parse(money.format(), currency)

"""The ISO 4217 table: whole, consistent, and equal where other knowledge is at hand."""

import re

import pytest

from venule.kit.currency import CNY, CURRENCIES, Currency, currency, currency_of, minor_digits
from venule.kit.errors import CurrencyWithoutMinorUnit, UnknownCurrency


def test_the_yuan():
    assert Currency("CNY", 156, 2, "Yuan Renminbi") == CNY == currency("CNY") == currency_of(156)


def test_the_table_is_whole():
    assert 178 == len(CURRENCIES)
    assert list(CURRENCIES) == [each.alpha for each in CURRENCIES.values()]
    assert 178 == len({each.numeric for each in CURRENCIES.values()})
    for each in CURRENCIES.values():
        assert re.fullmatch("[A-Z]{3}", each.alpha)
        assert 1 <= each.numeric <= 999
        assert each.name == each.name.strip() != ""
        assert each == currency_of(each.numeric)


def _alphas(digits):
    return {each.alpha for each in CURRENCIES.values() if each.digits == digits}


def test_currencies_without_decimals():
    expected = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
    assert set(expected.split()) == _alphas(0)


def test_currencies_of_three_and_four_decimals():
    assert {"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"} == _alphas(3)
    assert {"CLF", "UYW"} == _alphas(4)


def test_codes_without_a_minor_unit():
    expected = "XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX"
    assert set(expected.split()) == _alphas(None)


def test_all_others_have_two_decimals():
    assert 178 - 17 - 7 - 2 - 13 == len(_alphas(2))


@pytest.mark.parametrize("code", ["", "cny", "RMB", "CNH", "DEM", "CNY ", "ABC", "156"])
def test_unknown_letters(code):
    with pytest.raises(UnknownCurrency) as caught:
        currency(code)
    assert code == caught.value.seen


@pytest.mark.parametrize("number", [0, -156, 157, 1000, 280])
def test_unknown_numbers(number):
    with pytest.raises(UnknownCurrency):
        currency_of(number)


def test_minor_digits():
    assert (2, 0, 3) == (minor_digits("CNY"), minor_digits("JPY"), minor_digits("KWD"))
    with pytest.raises(CurrencyWithoutMinorUnit):
        minor_digits("XAU")
    with pytest.raises(UnknownCurrency):
        minor_digits("XYZ")


def test_the_table_cannot_be_changed():
    with pytest.raises(TypeError):
        CURRENCIES["CNY"] = CNY

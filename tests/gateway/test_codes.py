"""Every error that a method can meet has a name on the wire, in every family."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, get_type_hints
from uuid import UUID

import pytest

from venule import escrow, gateway, ledger, members, wallet
from venule.gateway.codes import MESSAGES, TABLE, Family, wire_codes
from venule.gateway.errors import GatewayRefused
from venule.gateway.methods import METHODS
from venule.kit.errors import AppError, Unavailable, all_errors

NAME = re.compile(r"(ACQ\.)?[A-Z_]+|(isv|aop)\.[a-z-]+")

OURS: set[type[AppError]] = {
    # What no method meets, for it is checked before or belongs to other rooms' operations; if one
    # does all the same, it is a fault of ours: 20000.
    escrow.EscrowNotSetUp,
    escrow.ProductTermsWrong,
    escrow.ProductUnknown,
    escrow.ExtendedAlready,
    escrow.TradesOpen,
    escrow.EvidenceTooLarge,
    escrow.EvidenceTypeRefused,
    escrow.RulingUnbalanced,
    escrow.CaseOfTradeUnknown,
    escrow.EvidenceUnknown,
    escrow.RulingUnknown,
    escrow.SameOperator,
    escrow.EvidenceClosed,
    gateway.GatewayAppUnknown,
    gateway.NoticeUnknown,
    gateway.GatewayNotSetUp,
    gateway.NotInSandbox,
    GatewayRefused,
}


def sample(leaf: type[AppError]) -> AppError:
    values: dict[Any, Any] = {
        str: "x",
        int: 1,
        UUID: UUID(int=1),
        datetime: datetime(2026, 1, 1, tzinfo=UTC),
    }
    hints = get_type_hints(leaf)
    fields = getattr(leaf, "__dataclass_fields__", {})
    return leaf(*(values[hints[name]] for name in fields))


def test_every_error_of_escrow_and_gateway_has_its_words() -> None:
    met = {
        leaf
        for leaf in all_errors()
        if leaf.__module__.startswith(("venule.escrow.", "venule.gateway."))
        and not issubclass(leaf, Unavailable)
    }
    assert met == (set(TABLE) & met) | OURS
    assert not set(TABLE) & OURS


@pytest.mark.parametrize("leaf", list(TABLE), ids=lambda leaf: leaf.__name__)
def test_an_error_has_a_word_in_every_family(leaf: type[AppError]) -> None:
    assert set(Family) == set(TABLE[leaf])
    for family in Family:
        word = TABLE[leaf][family]
        if isinstance(word, str):
            assert NAME.fullmatch(word)
            error = AppError.__new__(leaf)
            code, sub_code = wire_codes(error, family)
            assert word == sub_code
            assert code in MESSAGES


@pytest.mark.parametrize(
    "state, event, word",
    [
        ("closed", "pay", "ACQ.TRADE_HAS_CLOSE"),
        ("success", "pay_instant", "ACQ.TRADE_HAS_SUCCESS"),
        ("finished", "pay", "ACQ.TRADE_HAS_SUCCESS"),
        ("finished", "refund_part", "ACQ.TRADE_HAS_FINISHED"),
        ("created", "refund_part", "ACQ.TRADE_STATUS_ERROR"),
        ("closed", "close", "ACQ.TRADE_STATUS_ERROR"),
    ],
)
def test_what_a_state_forbids(state: str, event: str, word: str) -> None:
    error = escrow.EscrowTransitionIllegal("TradeState", state, event)
    assert ("40004", word) == wire_codes(error, Family.TRADE)


def test_what_is_not_in_the_table_is_a_fault_of_ours() -> None:
    error = ledger.TransferRefused.__new__(ledger.TransferRefused)
    assert ("20000", "ACQ.SYSTEM_ERROR") == wire_codes(error, Family.TRADE)
    assert ("20000", "aop.unknow-error") == wire_codes(error, Family.TRANSFER)


def test_members_and_money_have_words_of_their_family() -> None:
    poor = wallet.InsufficientFunds(1, 2, 1)
    assert {
        Family.PAY: "ACQ.BUYER_BALANCE_NOT_ENOUGH",
        Family.REFUND: "ACQ.SELLER_BALANCE_NOT_ENOUGH",
        Family.TRANSFER: "PAYER_BALANCE_NOT_ENOUGH",
    } == {
        family: wire_codes(poor, family)[1]
        for family in (Family.PAY, Family.REFUND, Family.TRANSFER)
    }
    gone = members.MemberClosed.__new__(members.MemberClosed)
    assert "PAYEE_ACCOUNT_STATUS_ERROR" == wire_codes(gone, Family.TRANSFER)[1]


def test_methods_are_named_as_the_protocol_names_them() -> None:
    assert all(re.fullmatch(r"alipay(\.[a-z]+)+", name) for name in METHODS)
    assert 36 == len(METHODS)


def test_samples_are_whole() -> None:
    assert "x" in sample(escrow.TradeUnknown).message

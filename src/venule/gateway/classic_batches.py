"""Batches of the classic interface: many refunds, or many transfers, agreed to once on a page.

The partner's signature alone moves nothing: the merchant's own login and password do. Each line
has a number of its own, so that a batch that is agreed to again moves nothing twice; one line that
cannot be carried out does not keep the others from it.
"""

from __future__ import annotations

import re
from decimal import Decimal
from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec

from venule import escrow
from venule.escrow import RefundTrade
from venule.gateway import notice_store, trades, transfers
from venule.gateway.classic import ClassicAsked
from venule.gateway.errors import WireFieldWrong
from venule.gateway.fields import amount_of, note_of, request_no, url_of
from venule.gateway.model import Acting, Asked, Notice, NoticeId, NoticeState
from venule.gateway.requests import Participant, TradeName, UniTransfer
from venule.gateway.users import is_login_of, known_number
from venule.gateway.wire.money import show_amount, show_stamp
from venule.ledger import Tx
from venule.members import MemberId, member

REFUNDS: Final = "refund_fastpay_by_platform_pwd"
TRANSFERS: Final = "batch_trans_notify"
LINES_MAX: Final = 100
BATCH_CHARS_MAX: Final = 32
_SUM: Final = re.compile(r"[0-9]{1,12}(\.[0-9]{1,20})?", re.ASCII)
_HALF_A_FEN: Final = Decimal("0.005")
_USER: Final = re.compile(r"2088[0-9]{12}", re.ASCII)


class BatchLine(msgspec.Struct, frozen=True):
    """A refund or a transfer of a batch. target: the trade's number, or the payee.

    number: its own among all of the merchant's; name: the payee's.
    """

    number: str
    target: str
    amount_minor: int
    note: str
    name: str = ""


class Batch(msgspec.Struct, frozen=True):
    """What a merchant is to agree to, whole and checked for its form."""

    by: Acting
    service: str
    batch_no: str
    lines: list[BatchLine]
    notify_url: str

    @property
    def total_minor(self) -> int:
        """All lines together."""
        return sum(line.amount_minor for line in self.lines)


def read_batch(asked: ClassicAsked) -> Batch:
    """Return the batch that a browser brings. Raises: WireFieldWrong."""
    batch_no = request_no("batch_no", asked.get("batch_no"), BATCH_CHARS_MAX)
    if asked.service == REFUNDS:
        parts = asked.get("detail_data").split("#")
        lines = [_refund(batch_no, n, part) for n, part in enumerate(parts, 1)]
    else:
        parts = asked.get("detail_data").removesuffix("|").split("|")
        lines = [_transfer(part) for part in parts]
        _check_sum(asked.get("batch_fee"), sum(line.amount_minor for line in lines))
    if len(lines) > LINES_MAX or asked.get("batch_num") != str(len(lines)):
        raise WireFieldWrong(
            "batch_num", f"the number of lines, at most {LINES_MAX}", asked.get("batch_num")
        )
    if len({line.number for line in lines}) < len(lines):
        raise WireFieldWrong(
            "detail_data", "a number of its own for each line", "one that is twice"
        )
    notify_url = url_of("notify_url", asked.get("notify_url"))
    return Batch(asked.by, asked.service, batch_no, lines, notify_url)


def _refund(batch_no: str, number: int, text: str) -> BatchLine:
    parts = text.split("^")
    if len(parts) != 3 or "|" in text or "$" in text:
        raise WireFieldWrong("detail_data", "trade_no^fee^note, with # between", text[:64])
    trade_no, fee, note = parts
    return BatchLine(
        f"{batch_no}-{number}", trade_no, amount_of("detail_data", fee), _line(note, 256)
    )


def _transfer(text: str) -> BatchLine:
    parts = text.split("^")
    if len(parts) != 5:
        raise WireFieldWrong(
            "detail_data", "number^account^name^fee^note, with | between", text[:64]
        )
    number, account, name, fee, note = parts
    own = request_no("detail_data", number)
    return BatchLine(own, account, amount_of("detail_data", fee), _line(note, 128), name)


def _line(text: str, chars_max: int) -> str:
    note = note_of("detail_data", text, chars_max)
    return "".join(c if c.isprintable() else " " for c in note).strip()


def _check_sum(text: str, total_minor: int) -> None:
    """Programs of the time add with binary fractions: what rounds to the sum is the sum."""
    told = Decimal(text) if _SUM.fullmatch(text) else None
    if told is None or abs(told - Decimal(total_minor) / 100) >= _HALF_A_FEN:
        raise WireFieldWrong("batch_fee", show_amount(total_minor), text)


class DoLine(msgspec.Struct, frozen=True):
    """Carry out one line of a batch that the merchant has agreed to."""

    by: Acting
    service: str
    line: BatchLine


class LineDone(msgspec.Struct, frozen=True):
    """What became of a line. at: as the wire writes it; serial: our number of a transfer."""

    line: BatchLine
    error: str = ""
    at: str = ""
    serial: str = ""


def check_batch(tx: Tx, asked: ClassicAsked) -> Batch:
    """Return a batch, after a look at whether it names the partner as what it is.

    Raises: WireFieldWrong.
    """
    batch = read_batch(asked)
    own = member(tx, asked.by.seller_id)
    email = asked.get("email") or asked.get("seller_email")
    if email and not is_login_of(tx, own.id, email):
        raise WireFieldWrong("email", "the partner's own login", email)
    name = asked.get("account_name")
    if batch.service == TRANSFERS and name != (own.display_name or own.external_ref):
        raise WireFieldWrong("account_name", "the partner's own name", name)
    return batch


def do_line(tx: Tx, command: DoLine) -> LineDone:
    """Refund, or send: the same line again changes nothing.

    Raises: TradeUnknown, what `escrow.refund_trade` does; what `transfers.uni_transfer` does.
    """
    by, line = command.by, command.line
    if command.service == REFUNDS:
        order = trades.find(tx, by.for_app, TradeName(trade_no=line.target))
        made = escrow.refund_trade(
            tx,
            RefundTrade(order.trade_id, by.seller_id, line.number, line.amount_minor, line.note),
        )
        return LineDone(line, at=show_stamp(made.made_at))
    kind = "ALIPAY_USER_ID" if _USER.fullmatch(line.target) else "ALIPAY_LOGON_ID"
    request = UniTransfer(
        line.number,
        show_amount(line.amount_minor),
        transfers.TO_ACCOUNT,
        Participant(line.target, kind, line.name),
        order_title=line.note,
    )
    sent = transfers.uni_transfer(tx, Asked(by, request, TRANSFERS))
    return LineDone(line, at=str(sent["trans_date"]), serial=str(sent["order_id"]))


class TellBatch(msgspec.Struct, frozen=True):
    """Tell the merchant what became of a batch. partner: its number."""

    batch: Batch
    partner: str
    done: list[LineDone]


def tell_batch(tx: Tx, command: TellBatch) -> bool:
    """Write the notification of a batch's end; the same end again is not told again."""
    batch = command.batch
    if not batch.notify_url:
        return False
    said = _said(tx, command)
    # An end of a batch is known by what is said of it.
    ref = UUID(bytes=sha256(msgspec.msgpack.encode((batch.by.for_app, said))).digest()[:16])
    if notice_store.is_written(tx.sql, 0, ref):
        return False
    id_ = NoticeId(tx.new_id())
    said = {name: value for name, value in said.items() if value} | {"notify_id": id_.hex}
    notice = Notice(
        id_, batch.by.for_app, command.partner, ref, 0, batch.notify_url, said,
        NoticeState.WAITING, 0, tx.now, "", tx.now, None,
    )  # fmt: skip
    notice_store.insert_notice(tx.sql, notice)
    return True


def _said(tx: Tx, command: TellBatch) -> dict[str, str]:
    batch, own = command.batch, command.batch.by.seller_id
    if batch.service == REFUNDS:
        results = "#".join(
            f"{one.line.target}^{show_amount(one.line.amount_minor)}^{one.error or 'SUCCESS'}"
            for one in command.done
        )
        return {
            "notify_type": "batch_refund_notify",
            "batch_no": batch.batch_no,
            "success_num": str(sum(not one.error for one in command.done)),
            "result_details": results,
        }
    return {
        "notify_type": "batch_trans_notify",
        "batch_no": batch.batch_no,
        "pay_user_id": known_number(tx, own),
        "pay_user_name": member(tx, own).display_name or "",
        "success_details": "".join(_detail(one) for one in command.done if not one.error),
        "fail_details": "".join(_detail(one) for one in command.done if one.error),
    }


def _detail(one: LineDone) -> str:
    line, flag = one.line, "F" if one.error else "S"
    parts = (line.number, line.target, line.name, show_amount(line.amount_minor), flag, one.error)
    return "^".join((*parts, one.serial, one.at)) + "|"


def is_own(member_id: MemberId, batch: Batch) -> bool:
    """Say whether it is the merchant itself that agrees."""
    return member_id == batch.by.seller_id

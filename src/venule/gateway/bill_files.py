"""Bills as merchants' programs read them: CSV in GBK, two files in a ZIP with names in GBK.

Subjects and notes are merchants' own text: no line breaks, no commas, and no cell that a
spreadsheet would take for a formula.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from venule.escrow import EscrowTransferCode as Code
from venule.gateway.billing import BillRow, NamedLine
from venule.gateway.wire.money import show_amount, show_stamp
from venule.kit.time import CHINA

CHARSET: Final = "gbk"
TRADE_COLUMNS: Final = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,"
    "对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,"
    "券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,"
    "分润（元）,备注"
)
SUMMARY_COLUMNS: Final = (
    "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,支付宝优惠（元）,"
    "商家优惠（元）,卡消费金额（元）,服务费（元）,分润（元）,实收净额（元）"
)
ACCOUNT_COLUMNS: Final = (
    "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,"
    "账户余额（元）,交易渠道,业务类型,备注"
)
ACCOUNT_SUMMARY_COLUMNS: Final = "业务类型,收入笔数,收入金额（+元）,支出笔数,支出金额（-元）"
RULE: Final = "-" * 41
PID_TAIL: Final = "0156"
CHARS_MAX: Final = 256
_FORMULA: Final = ("=", "+", "-", "@")

SALE, FEE, BACK, SHARED = "在线支付", "收费", "退款（交易退款）", "分账"
KINDS: Final = {
    "payment": SALE,
    "transfer": "转账",
    "fee": FEE,
    "refund": BACK,
    "payout": "提现",
    "payout_sent": "提现",
    "payout_settled": "提现",
    "top_up": "充值",
    **{
        f"code_{int(code)}": name
        for name, codes in {
            SALE: (Code.INSTANT_PAID, Code.ESCROW_RELEASED, Code.PREAUTH_PAID, Code.ESCROW_PAID),
            FEE: (Code.TRADE_FEE, Code.TRADE_FEE_RETURNED),
            BACK: (Code.TRADE_REFUNDED, Code.ESCROW_REFUNDED),
            SHARED: (Code.ROYALTY_PAID, Code.ROYALTY_RETURNED, Code.SETTLED, Code.ESCROW_AWARDED),
        }.items()
        for code in codes
    },
}
OTHER: Final = "其它"
"""What the account's entries are called on a bill, by the names of `wallet_statement`."""


def _kind(each: NamedLine) -> str:
    return KINDS.get(each.line.kind, OTHER)


def clean(text: str) -> str:
    """Return a merchant's text as a cell."""
    line = "".join(c if c.isprintable() else " " for c in text)[:CHARS_MAX]
    line = line.replace(",", "，").replace('"', "”").strip()
    return f"'{line}" if line.startswith(_FORMULA) else line


def _long(text: str) -> str:
    """A long number or text: a TAB keeps spreadsheets from mangling it."""
    return f"{clean(text)}\t"


def _chinese(at: datetime) -> str:
    return at.astimezone(CHINA).strftime("%Y年%m月%d日 %H:%M:%S")


def _head(
    title: str, pid: str, span: tuple[datetime, datetime], marker: str, columns: str
) -> list[str]:
    first, last = (_chinese(each) for each in span)
    return [
        title,
        f"#账号：[{pid}]",
        f"#起始日期：[{first}]   终止日期：[{last}]",
        f"#{RULE}{marker}{RULE}",
        columns,
    ]


def _tail(marker: str, sums: Sequence[str], now: datetime) -> list[str]:
    return [f"#{RULE}{marker}结束{RULE}", *sums, f"#导出时间：[{_chinese(now)}]"]


def _text(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode(CHARSET, "replace")


# Trades


def _trade_row(row: BillRow) -> str:
    cells = (
        _long(row.trade_no),
        _long(row.out_trade_no),
        _long("退款" if row.is_refund else "交易"),
        clean(row.subject),
        show_stamp(row.created_at),
        show_stamp(row.ended_at),
        _long(row.details.store_id),
        "\t",
        _long(row.details.operator_id),
        _long(row.details.terminal_id),
        f"{row.other}\t",
        show_amount(row.amount_minor),
        show_amount(row.amount_minor),
        *["0.00"] * 5,
        "",
        "0.00",
        "0.00",
        _long(row.request_no),
        show_amount(row.fee_minor),
        show_amount(row.shared_minor),
        clean(row.note),
    )
    return ",".join(cells)


def trade_files(
    number: str, span: tuple[datetime, datetime], rows: Sequence[BillRow], now: datetime
) -> tuple[bytes, bytes]:
    """Return the detail and the summary of a trade bill."""
    pid = f"{number}{PID_TAIL}"
    sold = [row for row in rows if not row.is_refund]
    back = [row for row in rows if row.is_refund]
    got, gave = (sum(row.amount_minor for row in part) for part in (sold, back))
    sums = (
        f"#交易合计：{len(sold)}笔，商家实收共{show_amount(got)}元，商家优惠共0.00元",
        f"#退款合计：{len(back)}笔，商家实收退款共{show_amount(gave)}元，商家优惠退款共0.00元",
    )
    marker = "业务明细列表"
    detail = [
        *_head("#支付宝业务明细查询", pid, span, marker, TRADE_COLUMNS),
        *(_trade_row(row) for row in rows),
        *_tail(marker, sums, now),
    ]
    marker = "业务汇总列表"
    summary = [
        *_head("#支付宝业务汇总查询", pid, span, marker, SUMMARY_COLUMNS),
        *_summary_rows(rows),
        *_tail(marker, (), now),
    ]
    return _text(detail), _text(summary)


def _summary_rows(rows: Sequence[BillRow]) -> list[str]:
    stores = sorted({row.details.store_id for row in rows})
    lines = [
        _summary_row(store, [row for row in rows if row.details.store_id == store])
        for store in stores
    ]
    return [*lines, _summary_row("合计", rows)]


def _summary_row(name: str, rows: Sequence[BillRow]) -> str:
    amount = sum(row.amount_minor for row in rows)
    fee = sum(row.fee_minor for row in rows)
    shared = sum(row.shared_minor for row in rows)
    refunds = sum(row.is_refund for row in rows)
    cells = (
        _long(name),
        "\t",
        str(len(rows) - refunds),
        str(refunds),
        show_amount(amount),
        show_amount(amount),
        "0.00",
        "0.00",
        "0.00",
        show_amount(fee),
        show_amount(shared),
        show_amount(amount + fee + shared),
    )
    return ",".join(cells)


# The account


def _account_row(each: NamedLine) -> str:
    line = each.line
    fen = line.amount_minor
    cells = (
        _long(str(line.seq)),
        _long(each.number),
        _long(each.out_trade_no),
        clean(each.subject),
        show_stamp(line.at),
        "\t",
        show_amount(fen) if fen > 0 else "",
        show_amount(fen) if fen < 0 else "",
        show_amount(line.balance_minor),
        "账户余额",
        _kind(each),
        "",
    )
    return ",".join(cells)


def account_files(
    number: str, span: tuple[datetime, datetime], lines: Sequence[NamedLine], now: datetime
) -> tuple[bytes, bytes]:
    """Return the detail and the summary of an account bill; lines: the earliest first."""
    pid = f"{number}{PID_TAIL}"
    gone = [each.line.amount_minor for each in lines if each.line.amount_minor < 0]
    come = [each.line.amount_minor for each in lines if each.line.amount_minor > 0]
    sums = (
        f"#支出合计：{len(gone)}笔，共{show_amount(sum(gone))}元",
        f"#收入合计：{len(come)}笔，共{show_amount(sum(come))}元",
    )
    marker = "账务明细列表"
    detail = [
        *_head("#支付宝账务明细查询", pid, span, marker, ACCOUNT_COLUMNS),
        *(_account_row(each) for each in lines),
        *_tail(marker, sums, now),
    ]
    marker = "账务汇总列表"
    summary = [
        *_head("#支付宝账务汇总查询", pid, span, marker, ACCOUNT_SUMMARY_COLUMNS),
        *_kind_rows(lines),
        *_tail(marker, (), now),
    ]
    return _text(detail), _text(summary)


def _kind_rows(lines: Sequence[NamedLine]) -> list[str]:
    names = sorted({_kind(each) for each in lines})
    rows = []
    for name in names:
        own = [each.line.amount_minor for each in lines if _kind(each) == name]
        come, gone = [fen for fen in own if fen > 0], [fen for fen in own if fen < 0]
        cells = (name, str(len(come)), show_amount(sum(come)), str(len(gone)))
        rows.append(",".join((*cells, show_amount(sum(gone)))))
    return rows


# The archive


class _GbkName(zipfile.ZipInfo):
    """A name in GBK and without the flag of UTF-8, as the programs that read bills expect."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.filename.encode(CHARSET, "replace"), self.flag_bits & ~0x800


def archive(
    number: str, kind: str, period: str, files: tuple[bytes, bytes], now: datetime
) -> bytes:
    """Return the ZIP of a bill."""
    what = "业务明细" if kind == "trade" else "账务明细"
    stem = f"{number}{PID_TAIL}_{period.replace('-', '')}_{what}"
    at = now.astimezone(CHINA).timetuple()[:6]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        for name, content in zip((f"{stem}.csv", f"{stem}(汇总).csv"), files, strict=True):
            info = _GbkName(name, (at[0], at[1], at[2], at[3], at[4], at[5]))
            info.compress_type = zipfile.ZIP_DEFLATED
            zipped.writestr(info, content)
    return out.getvalue()

"""Pages that people see: the cashier, consents, refusals. Words in Chinese and English."""

from __future__ import annotations

import io
from functools import cache
from importlib import resources
from typing import Any, Final

import segno
from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound
from markupsafe import Markup

LANGUAGES: Final = ("zh", "en")

WORDS: Final[dict[str, tuple[str, str]]] = {
    "pay_to": ("付款给", "Pay to"),
    "subject": ("商品", "Goods"),
    "order_no": ("商户订单号", "Order number"),
    "kind": ("交易方式", "Kind"),
    "guaranteed": ("担保交易，确认收货后付给卖家", "Guaranteed: the seller is paid on receipt"),
    "login": ("账号", "Account"),
    "password": ("支付密码", "Payment password"),
    "code": ("动态码", "One-time code"),
    "source": ("付款方式", "Pay from"),
    "cash": ("账户余额", "Balance"),
    "cash_first": ("余额优先，不足部分用", "Balance first, the rest from"),
    "pay": ("确认付款", "Pay"),
    "sandbox": (
        "沙箱：账号为买家的编号，支付密码为 111111。",
        "Sandbox: the account is the buyer's reference, the payment password is 111111.",
    ),
    "scan": ("或用手机扫码付款", "Or scan with a phone"),
    "paid": ("付款成功", "Paid"),
    "back": ("返回商户", "Back to the shop"),
    "closed": ("交易已关闭", "This trade is closed"),
    "refused": ("请求未被接受", "The request was refused"),
    "not_known": ("账号或支付密码不正确", "The account or the payment password is wrong"),
    "allow_user": ("申请获取你的信息", "asks to know who you are"),
    "allow_app": ("申请代你的应用办理业务", "asks to act for your application"),
    "which_app": ("授权的应用", "Your application"),
    "allow": ("同意授权", "Allow"),
    "freeze": ("冻结资金", "Freeze"),
    "frozen": ("已冻结", "Frozen"),
    "batch_refunds": ("批量退款", "Refunds in a batch"),
    "batch_transfers": ("批量付款", "Transfers in a batch"),
    "batch_no": ("批次号", "Batch number"),
    "agree": ("确认支付", "Agree and pay"),
    "done": ("成功", "Done"),
    "sandbox_own": (
        "沙箱：账号为商户自己的编号，支付密码为 111111。",
        "Sandbox: the account is the merchant's own reference, the payment password is 111111.",
    ),
}


class _Loader(BaseLoader):
    def get_source(self, environment: Environment, template: str) -> tuple[str, None, Any]:
        try:
            return _asset(template), None, lambda: True
        except FileNotFoundError:
            raise TemplateNotFound(template) from None


@cache
def _asset(name: str) -> str:
    return (resources.files("venule.gateway") / "assets" / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    return Environment(
        autoescape=True,
        loader=_Loader(),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def language_of(accept: str) -> str:
    """Return the language that a browser asks for first, of those that we have."""
    for part in accept.lower().split(","):
        name = part.strip()[:2]
        if name in LANGUAGES:
            return name
    return LANGUAGES[0]


def word(name: str, lang: str) -> str:
    """Return a word in a language."""
    return WORDS[name][LANGUAGES.index(lang)]


def render(page: str, lang: str = "zh", **facts: Any) -> str:
    """Return a page; every text of a merchant's is escaped."""
    css = Markup(_asset("cashier.css"))  # noqa: S704  our own file
    return (
        _environment()
        .get_template(page)
        .render(say=lambda name: word(name, lang), lang=lang, css=css, **facts)
    )


def qr_code(text: str) -> Markup:
    """Return a QR code as an image in the page (ISO/IEC 18004, level M)."""
    out = io.BytesIO()
    segno.make(text, error="m", micro=False).save(
        out, kind="svg", xmldecl=False, svgns=True, scale=4, border=2, title="QR"
    )
    return Markup(out.getvalue().decode())  # noqa: S704  segno escapes what it writes

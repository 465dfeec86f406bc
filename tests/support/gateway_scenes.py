"""Something of everything that the gateway keeps."""

from __future__ import annotations

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization

from support.gateway_client import Merchant
from support.gateway_house import GatewayHouse
from venule.gateway.applications import LetClassicIn, let_classic_in, set_certificate
from venule.gateway.buying import TakeUp, take_up
from venule.gateway.classic import ClassicAsked, create_order
from venule.gateway.gateway import MD5_PURPOSE
from venule.gateway.grants import LetAppAct, LetUserIn, let_app_act, let_user_in
from venule.gateway.model import Acting
from venule.gateway.nonces import SeeNonce, see_nonce
from venule.gateway.platform import issue_for
from venule.kit.time import to_us

URL = "http://shop.test/notify"


def everything(house: GatewayHouse) -> None:
    """Live through every kind of row of the room."""
    shop = Merchant(house)
    _sales(house, shop)
    _shares(house, shop)
    _freezes(house, shop)
    shop.close()
    app = house.app.app_id
    house.run(let_user_in, LetUserIn(app, house.buyer, "auth_user", "user code"))
    house.run(let_app_act, LetAppAct(app, app, house.shop, "app code"))
    house.run(see_nonce, SeeNonce(app, "nonce", to_us(house.clock.now())))
    sealed = house.vault.seal(MD5_PURPOSE, b"k" * 32)
    house.run(let_classic_in, LetClassicIn(app, sealed))
    values = {
        "out_trade_no": "L1",
        "subject": "tea",
        "total_fee": "3.00",
        "notify_url": URL,
    }
    acting = Acting(app, app, house.shop)
    house.run(create_order, ClassicAsked(acting, "create_direct_pay_by_user", values))
    house.pay("L1")
    house.work()
    _certified(house)


def _sales(house: GatewayHouse, shop: Merchant) -> None:
    order = {"subject": "tea", "total_amount": "12.34"}
    for number in ("A1", "A2"):
        code = {"scene": "bar_code", "auth_code": house.code()}
        _done(shop, "alipay.trade.pay", {**order, **code, "out_trade_no": number}, notify_url=URL)
    _done(
        shop,
        "alipay.trade.refund",
        {"out_trade_no": "A1", "refund_amount": "2.34", "out_request_no": "R1"},
    )
    _done(shop, "alipay.trade.precreate", {**order, "out_trade_no": "A3"})
    house.work()
    house.code()


def _shares(house: GatewayHouse, shop: Merchant) -> None:
    number = house.number(house.person())
    receivers = [{"type": "userId", "account": number}]
    _done(
        shop,
        "alipay.trade.royalty.relation.bind",
        {"out_request_no": "B1", "receiver_list": receivers},
    )
    paid = _done(
        shop,
        "alipay.trade.pay",
        {
            "out_trade_no": "S1",
            "subject": "shared",
            "total_amount": "100.00",
            "scene": "bar_code",
            "auth_code": house.code(),
            "extend_params": {"royalty_freeze": "true"},
        },
    )
    part = {"trans_in_type": "userId", "trans_in": number, "amount": 30}
    _done(
        shop,
        "alipay.trade.order.settle",
        {"out_request_no": "ST1", "trade_no": paid["trade_no"], "royalty_parameters": [part]},
    )
    _done(
        shop,
        "alipay.fund.trans.uni.transfer",
        {
            "out_biz_no": "T1",
            "trans_amount": "3.12",
            "product_code": "TRANS_ACCOUNT_NO_PWD",
            "biz_scene": "DIRECT_TRANSFER",
            "payee_info": {"identity": number, "identity_type": "ALIPAY_USER_ID"},
        },
    )


def _freezes(house: GatewayHouse, shop: Merchant) -> None:
    order = {"order_title": "deposit", "amount": "50.00"}
    _done(
        shop,
        "alipay.fund.auth.order.freeze",
        {
            **order,
            "auth_code": house.code(),
            "auth_code_type": "bar_code",
            "out_order_no": "F1",
            "out_request_no": "FR1",
        },
        notify_url=URL,
    )
    made = _done(
        shop,
        "alipay.fund.auth.order.voucher.create",
        {**order, "out_order_no": "F2", "out_request_no": "FR2"},
    )
    token = str(made["code_value"]).rpartition("/")[2]
    house.run(take_up, TakeUp(token, house.buyer))


def _certified(house: GatewayHouse) -> None:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "shop")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name)
    signed = request.sign(house.key, hashes.SHA256())
    pem = signed.public_bytes(serialization.Encoding.PEM).decode()
    id_ = house.app.seller_id
    issued = issue_for(house.vault, house.platform, house.app, pem, id_, house.clock.now())
    house.run(set_certificate, issued)


def _done(shop: Merchant, method: str, fields: dict, **common: str) -> dict:
    answer = shop.call(method, fields, **common)
    assert "10000" == answer["code"], answer
    return answer

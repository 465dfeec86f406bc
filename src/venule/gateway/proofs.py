"""What must hold of what the wire keeps: each row names what stands in escrow and the wallet.

Money is proven there. Here it is proven that what merchants are told of is that money: the numbers
they know it by, the application it is of, its sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final
from uuid import UUID

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from venule import escrow
from venule.escrow import AuthorisationId, OperationKind, TradeId
from venule.gateway import app_store, notice_store, proof_store, store
from venule.gateway.following import CURSOR
from venule.gateway.numbers import USER_PREFIX, long_number, open_id
from venule.gateway.users import USER_DIGITS
from venule.gateway.wire import certificates, signing
from venule.kit.errors import AppError
from venule.kit.sql import Row
from venule.kit.time import to_us
from venule.ledger import Tx
from venule.members import Break, accounts_by_member, guarded
from venule.wallet import PaymentId, payment

ROOM: Final = "gateway"
BATCH: Final = 0
"""The number of the event of a notification that no event has caused."""

Fact = tuple[str, object, object]
"""A rule, what is expected and what is seen."""


class _Known:
    """Members, applications and whose they are: read once."""

    def __init__(self, tx: Tx) -> None:
        self.members = accounts_by_member(tx.sql)
        self.numbers = {bytes(who): str(number) for number, who in proof_store.users(tx.sql)}
        self.sellers: dict[str, bytes] = {}
        self.partners: dict[str, str | None] = {}
        for app_id, seller, _, _, _, partner in proof_store.apps(tx.sql):
            self.sellers[app_id] = bytes(seller)
            self.partners[app_id] = partner


def check(tx: Tx) -> list[Break]:
    """Return everything that does not hold; empty when all is well."""
    read: list[_Known] = []
    breaks = guarded(ROOM, partial(_read, tx, read), "members and applications")
    if not read:
        return breaks
    known = read[0]
    checks: tuple[tuple[str, Callable[[Tx, _Known], Iterable[Break]]], ...] = (
        ("keys of the gateway", _check_keys),
        ("numbers of members", _check_users),
        ("open ids", _check_open_ids),
        ("applications", _check_apps),
        ("orders", _check_orders),
        ("authorisations", _check_authorisations),
        ("settlements", _check_settlements),
        ("transfers", _check_transfers),
        ("payment codes", _check_codes),
        ("orders to freeze", _check_vouchers),
        ("notifications", _check_notices),
        ("grants", _check_grants),
    )
    for what, each in checks:
        breaks += guarded(ROOM, partial(_run, each, tx, known), what)
    return breaks


def _read(tx: Tx, into: list[_Known]) -> list[Break]:
    into.append(_Known(tx))
    return []


def _run(each: Callable[[Tx, _Known], Iterable[Break]], tx: Tx, known: _Known) -> list[Break]:
    return list(each(tx, known))


def _differ(subject: str, *facts: Fact) -> list[Break]:
    return [
        Break(ROOM, rule, subject, _shown(expected), _shown(seen))
        for rule, expected, seen in facts
        if expected != seen
    ]


def _shown(value: object) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _missing(subject: str, error: AppError) -> list[Break]:
    return [Break(ROOM, "names what there is", subject, "a row of another room", error.message)]


def _check_keys(tx: Tx, known: _Known) -> Iterable[Break]:
    """Certificates are of the keys, and signed by the root beside them."""
    for key in app_store.load_keys(tx.sql):
        cert = x509.load_pem_x509_certificate(key.cert.encode())
        roots = x509.load_pem_x509_certificates(key.root_cert.encode())
        public = cert.public_key()
        told = signing.told_key(public) if isinstance(public, RSAPublicKey) else ""
        yield from _differ(
            f"key {key.id}",
            ("the certificate is of the key", key.public_key, told),
            ("serial of the certificate", certificates.cert_sn(cert), key.cert_sn),
            ("serial of the root", certificates.root_sn(key.root_cert), key.root_cert_sn),
            ("signed by the root", True, any(_has_signed(root, cert) for root in roots)),
        )


def _has_signed(root: x509.Certificate, cert: x509.Certificate) -> bool:
    try:
        cert.verify_directly_issued_by(root)
    except Exception:
        return False
    return True


def _check_users(tx: Tx, known: _Known) -> Iterable[Break]:
    for who, number in known.numbers.items():
        sound = len(number) == len(USER_PREFIX) + USER_DIGITS and number.isdigit()
        yield from _differ(
            f"number {number}",
            ("a member's", True, who in known.members),
            ("of its form", True, sound and number.startswith(USER_PREFIX)),
        )


def _check_open_ids(tx: Tx, known: _Known) -> Iterable[Break]:
    for name, app_id, who in proof_store.open_ids(tx.sql):
        yield from _differ(
            f"open id {name}",
            ("of application and member", open_id(app_id, UUID(bytes=bytes(who))), name),
            ("an application's", True, app_id in known.sellers),
            ("a member's", True, bytes(who) in known.members),
        )


def _check_apps(tx: Tx, known: _Known) -> Iterable[Break]:
    for app_id, seller, keys, cert, cert_sn, partner in proof_store.apps(tx.sql):
        facts: list[Fact] = [("a member's", True, bytes(seller) in known.members)]
        facts += [
            ("keys as they are read", key, signing.told_key(signing.public_key(key)))
            for key in msgspec.json.decode(keys, type=list[str])
        ]
        if cert is not None:
            shown = x509.load_pem_x509_certificate(cert.split("\n\n")[0].encode())
            facts.append(("serial of its certificate", certificates.cert_sn(shown), cert_sn))
        if partner is not None:
            facts.append(("partner's number", known.numbers.get(bytes(seller)), partner))
        yield from _differ(f"application {app_id}", *facts)


def _of_app(known: _Known, app_id: str, acting: str, seller: bytes) -> list[Fact]:
    return [
        ("seller of the application", known.sellers.get(app_id), seller),
        ("who acted is an application", True, acting in known.sellers),
    ]


def _check_orders(tx: Tx, known: _Known) -> Iterable[Break]:
    """Every order names a trade of its application, with the number that comes of its id."""
    for id_, trade_no, app_id, acting, number, made in proof_store.orders(tx.sql):
        subject = f"order {trade_no}"
        try:
            trade = escrow.trade(tx, TradeId(UUID(bytes=bytes(id_))))
        except AppError as error:
            yield from _missing(subject, error)
            continue
        yield from _differ(
            subject,
            ("number of the trade", long_number(trade.id, trade.created_at), trade_no),
            ("application", trade.app, app_id),
            ("the merchant's number", trade.out_trade_no, number),
            ("when it was made", to_us(trade.created_at), made),
            *_of_app(known, app_id, acting, trade.seller_id.bytes),
        )


def _check_authorisations(tx: Tx, known: _Known) -> Iterable[Break]:
    for row in proof_store.authorisations(tx.sql):
        id_, auth_no, app_id, acting, order_no, request_no, made = row
        subject = f"authorisation {auth_no}"
        try:
            of = escrow.authorisation(tx, AuthorisationId(UUID(bytes=bytes(id_))))
        except AppError as error:
            yield from _missing(subject, error)
            continue
        yield from _differ(
            subject,
            ("number of the authorisation", long_number(of.id, of.created_at), auth_no),
            ("application", of.app, app_id),
            ("the merchant's number", of.out_order_no, order_no),
            ("the request's number", of.request_no, request_no),
            ("when it was made", to_us(of.created_at), made),
            *_of_app(known, app_id, acting, of.payee_id.bytes),
        )


def _check_settlements(tx: Tx, known: _Known) -> Iterable[Break]:
    for id_, settle_no, app_id, request_no, made in proof_store.settlements(tx.sql):
        subject = f"settlement {settle_no}"
        found = escrow.settlement_by_number(tx, app_id, request_no)
        if found is None:
            yield Break(ROOM, "names what there is", subject, "a settlement", request_no)
            continue
        number = long_number(found.id, found.settled_at)
        yield from _differ(
            subject,
            ("settlement", found.id.bytes, bytes(id_)),
            ("number of the settlement", number, settle_no),
            ("when it was made", to_us(found.settled_at), made),
        )


def _check_transfers(tx: Tx, known: _Known) -> Iterable[Break]:
    for id_, order_id, fund_order_id, app_id, amount, made in proof_store.transfers(tx.sql):
        subject = f"transfer {order_id}"
        try:
            paid = payment(tx, PaymentId(UUID(bytes=bytes(id_))))
        except AppError as error:
            yield from _missing(subject, error)
            continue
        yield from _differ(
            subject,
            ("number of the transfer", long_number(paid.id, paid.made_at), order_id),
            ("number of the payment", long_number(paid.id, paid.made_at, "fund"), fund_order_id),
            ("sum, fen", paid.amount_minor, amount),
            ("when it was made", to_us(paid.made_at), made),
            *_of_app(known, app_id, app_id, paid.payer_id.bytes),
        )


def _check_codes(tx: Tx, known: _Known) -> Iterable[Break]:
    """A code was used for what its owner has paid or frozen."""
    for who, used_for in proof_store.used_codes(tx.sql):
        id_ = UUID(bytes=bytes(used_for))
        payer = None
        if store.load_order(tx.sql, TradeId(id_)) is not None:
            payer = escrow.trade(tx, TradeId(id_)).buyer_id
        elif store.load_frozen(tx.sql, AuthorisationId(id_)) is not None:
            payer = escrow.authorisation(tx, AuthorisationId(id_)).payer_id
        seen = None if payer is None else payer.bytes
        yield from _differ(f"code used for {id_}", ("who paid", bytes(who), seen))


def _check_vouchers(tx: Tx, known: _Known) -> Iterable[Break]:
    """What was taken up was frozen with the sum that was shown."""
    for app_id, acting, order_no, request_no, amount in proof_store.vouchers(tx.sql):
        facts: list[Fact] = [
            ("an application's", True, app_id in known.sellers),
            ("who acted is an application", True, acting in known.sellers),
        ]
        for frozen in store.find_frozen_by_order(tx.sql, app_id, order_no):
            if frozen.request_no == request_no:
                operations = escrow.operations(tx, frozen.authorisation_id)
                first = next(each for each in operations if each.kind is OperationKind.FREEZE)
                facts.append(("sum frozen, fen", first.amount_minor, amount))
        yield from _differ(f"order to freeze {order_no} {request_no}", *facts)


def _check_notices(tx: Tx, known: _Known) -> Iterable[Break]:
    """A notification says what it is about by its own number, and repeats the event's."""
    for row in proof_store.notices(tx.sql):
        yield from _check_notice(tx, known, row)
    cursor, last = notice_store.load_cursor(tx.sql, CURSOR), notice_store.last_event(tx.sql)
    if cursor is not None and cursor > last:
        yield Break(ROOM, "events that were read", CURSOR, f"at most {last}", str(cursor))


def _check_notice(tx: Tx, known: _Known, row: Row) -> list[Break]:
    id_, app_id, partner, ref, seq, text = row
    said = msgspec.json.decode(text, type=dict[str, str])
    subject = f"notification {bytes(id_).hex()}"
    facts: list[Fact] = [
        ("its id is told", bytes(id_).hex(), said.get("notify_id")),
        ("an application's", True, app_id in known.sellers),
        ("a partner's", True, partner in (None, known.partners.get(app_id))),
    ]
    if seq != BATCH:
        facts.append(("what the event is about", proof_store.event_ref(tx.sql, seq), bytes(ref)))
    order = store.load_order(tx.sql, TradeId(UUID(bytes=bytes(ref))))
    frozen = store.load_frozen(tx.sql, AuthorisationId(UUID(bytes=bytes(ref))))
    if order is not None:
        facts += [
            ("whose order it is", order.app_id, app_id),
            ("the number that is told", order.trade_no, said.get("trade_no")),
        ]
    elif frozen is not None:
        facts += [
            ("whose authorisation it is", frozen.app_id, app_id),
            ("the number that is told", frozen.auth_no, said.get("auth_no")),
        ]
    else:
        facts.append(("about an order, an authorisation or a batch", BATCH, seq))
    return _differ(subject, *facts)


def _check_grants(tx: Tx, known: _Known) -> Iterable[Break]:
    for app_id, who, for_app in proof_store.grants(tx.sql):
        yield from _differ(
            f"grant of {app_id}",
            ("an application's", True, app_id in known.sellers),
            ("a member's", True, who is None or bytes(who) in known.members),
            ("for an application", True, for_app is None or for_app in known.sellers),
        )

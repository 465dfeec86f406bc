"""Products over HTTP: the terms that trades are made under. For staff."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

import msgspec

from venule.escrow import lists, service
from venule.escrow.api_shapes import OPERATE, READ, TAG, Number, Part
from venule.escrow.commands import SetProduct
from venule.escrow.errors import ProductUnknown
from venule.escrow.terms import PPM, FeeOnRefund, Product, RefundTo, Silence, Terms
from venule.kit.http import STAFF, Amount, Call, Route, Shape, fen

_DAY_S: Final = 86_400
Span = Annotated[int, msgspec.Meta(ge=60, le=365 * _DAY_S)]
Fee = Annotated[int, msgspec.Meta(ge=0, le=PPM // 2)]
Days = Annotated[int, msgspec.Meta(ge=1, le=60)]
Longer = Annotated[int, msgspec.Meta(ge=0, le=90 * _DAY_S)]
Years = Annotated[int, msgspec.Meta(ge=0, le=3_650 * _DAY_S)]
Settling = Annotated[int, msgspec.Meta(ge=60, le=3_650 * _DAY_S)]


class TermsBody(Shape, frozen=True, kw_only=True):
    """A product's terms. Spans named `..._s` are seconds, ship_days bank business days; fee_ppm is
    of what the seller is paid; above `two_people_above` a ruling needs a second operator."""

    fee_ppm: Fee
    fee_on_refund: FeeOnRefund
    refund_to: RefundTo
    silence: Silence
    pay_s: Span
    ship_days: Days
    confirm_express_s: Span
    confirm_post_s: Span
    confirm_virtual_s: Span
    extension_s: Longer
    answer_unshipped_s: Span
    answer_shipped_s: Span
    dispute_s: Span
    send_back_s: Span
    receive_s: Span
    appeal_s: Span
    guaranteed_refund_s: Years
    instant_refund_s: Years
    settle_s: Settling
    freeze_s: Span
    two_people_above: Part


class ProductPath(msgspec.Struct, frozen=True):
    """Which product."""

    product: Number


class ProductTerms(msgspec.Struct, frozen=True, kw_only=True):
    """A product's terms as they are now."""

    fee_ppm: int
    fee_on_refund: FeeOnRefund
    refund_to: RefundTo
    silence: Silence
    pay_s: int
    ship_days: int
    confirm_express_s: int
    confirm_post_s: int
    confirm_virtual_s: int
    extension_s: int
    answer_unshipped_s: int
    answer_shipped_s: int
    dispute_s: int
    send_back_s: int
    receive_s: int
    appeal_s: int
    guaranteed_refund_s: int
    instant_refund_s: int
    settle_s: int
    freeze_s: int
    two_people_above: Amount


class ProductView(msgspec.Struct, frozen=True):
    """A product: the version that trades are made under now."""

    name: str
    version: int
    terms: ProductTerms
    set_at: datetime


class ProductList(msgspec.Struct, frozen=True):
    """Every product, by name."""

    items: list[ProductView]


def _view(it: Product) -> ProductView:
    said = {name: getattr(it.terms, name) for name in Terms.__struct_fields__}
    two_people = fen(said.pop("two_people_minor"))
    return ProductView(
        it.name, it.version, ProductTerms(**said, two_people_above=two_people), it.set_at
    )


async def list_escrow_products(call: Call[None, None, None]) -> ProductList:
    """List all products."""
    return ProductList([_view(each) for each in await call.door.aread(lists.products)])


async def show_escrow_product(call: Call[None, None, ProductPath]) -> ProductView:
    """Show a product."""
    return _view(await call.door.aread(service.product, call.path.product))


async def set_escrow_product(call: Call[TermsBody, None, ProductPath]) -> ProductView:
    """Give a product its terms."""
    said = {name: getattr(call.body, name) for name in TermsBody.__struct_fields__}
    two_people = said.pop("two_people_above").minor
    command = SetProduct(call.path.product, Terms(**said, two_people_minor=two_people))
    return _view(await call.door.acall(service.set_product, command))


def _example() -> dict[str, object]:
    said = {name: msgspec.to_builtins(getattr(Terms(), name)) for name in Terms.__struct_fields__}
    del said["two_people_minor"]
    return {**said, "two_people_above": {"amount": "5000.00", "currency": "CNY"}}


_AT: Final = "/v1/escrow-products/{product}"

ROUTES: Final[list[Route]] = [
    Route(method="GET", path="/v1/escrow-products", handler=list_escrow_products, tag=TAG,
          summary="List products", answer=ProductList, who=STAFF, needs=READ),
    Route(method="GET", path=_AT, handler=show_escrow_product, tag=TAG, takes_path=ProductPath,
          summary="Show a product", answer=ProductView, who=STAFF, needs=READ,
          errors=(ProductUnknown,)),
    Route(method="PUT", path=_AT, handler=set_escrow_product, tag=TAG, takes_path=ProductPath,
          summary="Set a product's terms", body=TermsBody, answer=ProductView, who=STAFF,
          description="For the trades created from now on; a trade keeps the terms of its day.",
          needs=OPERATE, examples={"body": _example()}),
]  # fmt: skip
